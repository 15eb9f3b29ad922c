/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone's screen as a model: what is shown, where the focus is, what a key does. It does
 * not know the terminal: its inputs are keys, sizes, events and the time; its outputs are a canvas
 * of cells, and requests to the terminal (bell, title, notification). */
#ifndef WZP_TUI_TUI_H
#define WZP_TUI_TUI_H

#include "base/buffer.h"
#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/view.h"

struct wzp_tui;
struct wzp_tui_config {
    const struct wzp_view *view; /* must outlive the tui */
    bool ascii;                  /* the terminal shows only ASCII */
    bool releases;               /* the terminal reports key releases */
    const char *theme;           /* name; NULL: dark */
    /* Most bytes a second for pictures that change by themselves, 0: no limit. On a slow line there
     * are fewer pictures, but none is late. */
    unsigned bytes_per_second;
    /* The person asks to leave (politely), or to stop for the shell (ctrl-z). May be NULL. */
    void (*quit)(void *context);
    void (*suspend)(void *context);
    /* ends another softphone of the same person */
    int (*take_over)(void *context, struct wzp_error *err);
    void *context;
};
/* WZP_E_MEMORY. */
int wzp_tui_new(struct wzp_tui **out, const struct wzp_tui_config *config, uint64_t now);
void wzp_tui_free(struct wzp_tui *t);

/* ---- inputs ---- */
/* The terminal's size, 1x1 and up. WZP_E_MEMORY: the old size stays. */
int wzp_tui_resize(struct wzp_tui *t, int width, int height);
void wzp_tui_event(struct wzp_tui *t, const struct wzp_event *event, uint64_t now);
void wzp_tui_key(struct wzp_tui *t, struct wzp_key key, uint64_t now);
void wzp_tui_paste(struct wzp_tui *t, const char *text, size_t length, uint64_t now);
/* A mouse button, as the decoder reports it: selects screens by their names and rows of lists (a
 * second click acts like Enter), and scrolls by the wheel. It never answers a question. */
void wzp_tui_click(struct wzp_tui *t, unsigned button, int x, int y, uint64_t now);
/* Adds a line to the log screen, from a library or the log. */
void wzp_tui_log(struct wzp_tui *t, enum wzp_log_level level, const char *line);
/* Shows a sentence in the line at the bottom, and adds it to the log. */
void wzp_tui_notice(struct wzp_tui *t, enum wzp_style style, const char *text, uint64_t now);
/* Applies the text of keys.conf; errors in it are shown in the log and as a notice. */
void wzp_tui_keys(struct wzp_tui *t, const char *text, size_t length, uint64_t now);
/* Runs a command line as typed after ':'. WZP_E_* with a sentence, which the caller has to show. */
int wzp_tui_run(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err);
/* Shows the pages of the first run. */
void wzp_tui_first_run(struct wzp_tui *t);

/* ---- for programs beside the screen ---- */
/* Sets a status item of the bar at the top; text "" removes it. Items beyond the limit are not
 * shown. */
void wzp_tui_item(struct wzp_tui *t, const char *name, const char *text);
/* Removes all items whose names begin with this. */
void wzp_tui_drop_items(struct wzp_tui *t, const char *begin);
/* Asks the person a question; answer is called once, text NULL: no answer. WZP_E_STATE: another
 * question is open, or the person is typing. */
int wzp_tui_ask(struct wzp_tui *t, const char *question, unsigned number,
                void (*answer)(void *context, unsigned number, const char *text), void *context);
/* The same for a secret: the answer is drawn as stars. */
int wzp_tui_ask_secret(struct wzp_tui *t, const char *question, unsigned number,
                       void (*answer)(void *context, unsigned number, const char *text),
                       void *context);
/* Withdraws a question when the program that asked has ended. */
void wzp_tui_ask_no_more(struct wzp_tui *t, const void *context);
/* The call that keys act on, 0: none. */
wzp_session_id wzp_tui_focus(struct wzp_tui *t);
/* Binds a key in a context, both given by name, to a command line. Errors of
 * wzp_keymap_bind_name. */
int wzp_tui_bind(struct wzp_tui *t, const char *context, const char *key, const char *command,
                 struct wzp_error *err);
/* Removes all bindings to lines that begin with this. */
void wzp_tui_unbind_line(struct wzp_tui *t, const char *begin);

/* ---- outputs ---- */
/* When something changes by itself: wzp_tui_tick is to be called then. */
uint64_t wzp_tui_expiry(const struct wzp_tui *t);
void wzp_tui_tick(struct wzp_tui *t, uint64_t now);
/* When the next picture is due: now (or before) when a person waits for it, later when something
 * only changed by itself; WZP_NEVER: the picture is up to date. */
uint64_t wzp_tui_due(const struct wzp_tui *t);
/* Draws the picture; the canvas belongs to the tui and stays unchanged until the next call. */
const struct wzp_canvas *wzp_tui_draw(struct wzp_tui *t, uint64_t now);
/* To be called when the picture was written, with its number of bytes. */
void wzp_tui_drawn(struct wzp_tui *t, size_t bytes, uint64_t now);
const struct wzp_theme *wzp_tui_theme(const struct wzp_tui *t);
/* The cursor's position while a line is typed; false: no cursor. */
bool wzp_tui_cursor(const struct wzp_tui *t, int *x, int *y);
/* The requests to the terminal besides the picture, each returned once: true when there is one. */
struct wzp_tui_signal {
    bool bell;
    bool title_changed;
    char title[128];
    char notification[160]; /* "" = none */
    bool redraw;            /* draw the whole screen again */
};
bool wzp_tui_signal(struct wzp_tui *t, struct wzp_tui_signal *out);

/* ---- tables, for help, manual pages and tests ---- */
struct wzp_tui_command {
    const char *name, *arguments, *help;
    int (*run)(struct wzp_tui *t, const char *rest, uint64_t now, struct wzp_error *err);
};
/* Row i of the commands that act on the screen; NULL past the end. */
const struct wzp_tui_command *wzp_tui_command(size_t i);
struct wzp_tui_screen;
/* Name and title of screen i, NULL past the end. */
const char *wzp_tui_screen_name(size_t i);
const char *wzp_tui_screen_title(size_t i);

#endif
