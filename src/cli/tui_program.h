/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-tui as one object: what its files share. Others do not include this. */
#ifndef WZP_CLI_TUI_PROGRAM_H
#define WZP_CLI_TUI_PROGRAM_H

#include "base/buffer.h"
#include "cli/client_options.h"
#include "cli/control.h"
#include "cli/hook.h"
#include "cli/scripts.h"
#include "cli/tui_demo.h"
#include "cli/tui_face.h"
#include "cli/tui_netcheck.h"
#include "cli/tui_settings.h"
#include "cli/waiting.h"
#include "loop/host.h"
#include "tui/app_view.h"
#include "tui/plain.h"

/* Values of the command line. */
struct wzp_tui_values {
    struct wzp_client_options client;
    const char *theme, *keys;
    bool demo, plain, ascii, mouse;
};
#define WZP_TUI_DEVICES_MAX 64
struct wzp_tui_program {
    const char *name;
    struct wzp_tui_values values;
    struct wzp_settings settings;
    struct wzp_tui_wrong wrong; /* errors in the settings */
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_log log;
    struct wzp_tui_demo demo;
    struct wzp_tui_netcheck netcheck;
    struct wzp_app *app;
    struct wzp_app_view view;
    struct wzp_listener listener;
    struct wzp_control control;
    struct wzp_hook hook;
    struct wzp_scripts scripts;
    struct wzp_face face;
    struct wzp_plain plain;
    struct wzp_lines *lines;
    struct wzp_interrupts interrupts;
    struct wzp_timer *retry; /* tries again to open the control socket */
    struct wzp_timer *start; /* starts the softphone after the first picture */
    struct wzp_view_device devices[WZP_TUI_DEVICES_MAX];
    size_t device_count;
    int (*run_line)(void *context, const char *line, char *told, size_t capacity,
                    struct wzp_error *err); /* the view's own, like: */
    bool (*command)(void *context, size_t i, struct wzp_view_command *out);
    size_t (*complete)(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner);
    bool devices_known, on_screen, started, stopping, sound_replaced, begun;
    int status;
};

/* The program of a view's context, its struct wzp_app_view. */
struct wzp_tui_program *wzp_tui_program_of(void *context);
/* Shows a sentence to the person, on the screen or as a line. */
void wzp_tui_tell(struct wzp_tui_program *p, enum wzp_style style, const char *text);
/* Writes b to standard output; b is empty afterwards. */
void wzp_tui_write_out(struct wzp_buffer *b);
/* The person leaves: ends all calls, then the loop. context: the program. */
void wzp_tui_stop(void *context);

#endif
