/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen (src/tui) on a real terminal and a real loop: keyboard, size, timers, and drawing no
 * faster than the terminal's line can carry. */
#ifndef WZP_CLI_TUI_FACE_H
#define WZP_CLI_TUI_FACE_H

#include "loop/loop.h"
#include "loop/watch.h"
#include "tui/decoder.h"
#include "tui/render.h"
#include "tui/tui.h"
#include "wzp/host.h"

#define WZP_FACE_SIGNALS 6
struct wzp_face_config {
    const struct wzp_view *view;
    const char *theme; /* NULL: dark, or mono where there are no colours */
    bool ascii;        /* whatever the locale says */
    bool mouse;        /* mouse buttons are to be reported */
    bool no_colours;
    void (*stop)(void *context); /* the person, or a signal, asks to end */
    /* Ends another softphone of this person, NULL: not possible. */
    int (*take_over)(void *context, struct wzp_error *err);
    void *context;
};
struct wzp_face {
    struct wzp_face_config config;
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_tui *tui;
    struct wzp_render *render;
    struct wzp_decoder decoder;
    struct wzp_watch *keyboard, *screen, *errors;
    struct wzp_host_timer *timer;
    struct wzp_signal_watch *signals[WZP_FACE_SIGNALS];
    struct wzp_buffer out; /* bytes not yet written to the terminal */
    size_t out_done;
    uint64_t drawn_at;
    int errors_fd, screen_fd;
    char error_line[512];
    size_t error_length;
    bool gone;    /* the terminal was closed */
    bool suspend; /* suspending was asked for */
    bool resumed; /* we continued ourselves: SIGCONT needs no more handling */
    unsigned stops;
};
/* Takes the terminal and draws the first picture. WZP_E_UNSUPPORTED with a sentence where there is
 * no terminal, or none that can place its cursor; then (and after every other error) nothing is
 * left. */
int wzp_face_open(struct wzp_face *f, struct wzp_loop *l, const struct wzp_host *host,
                  const struct wzp_face_config *config, struct wzp_error *err);
/* Restores the terminal. */
void wzp_face_close(struct wzp_face *f);
/* To be called for an event of the softphone. */
void wzp_face_event(struct wzp_face *f, const struct wzp_event *event);
/* To be called after commands to the tui from outside: a picture may be due. */
void wzp_face_kick(struct wzp_face *f);

#endif
