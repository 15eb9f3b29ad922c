/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone's screen as a model: what is shown, where the focus is, what a key does. It knows
 * no terminal: keys, sizes, events and the time come in, a canvas of cells comes out, and what a
 * terminal is asked for beside it (bell, title, notification). */
#ifndef WZP_TUI_TUI_H
#define WZP_TUI_TUI_H

#include "base/buffer.h"
#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/view.h"

struct wzp_tui;
struct wzp_tui_config {
    const struct wzp_view *view; /* outlives the tui */
    bool ascii;                  /* the terminal shows nothing else */
    bool releases;               /* it tells when a key is released */
    const char *theme;           /* name; NULL: dark */
    /* Bytes a second that pictures may take that change by themselves, 0: no limit. A slow line
     * gets fewer pictures, and none of them late. */
    unsigned bytes_per_second;
    /* Asked by the person: leave (polite), stop for the shell. May be NULL. */
    void (*quit)(void *context);
    void (*suspend)(void *context);
    int (*take_over)(void *context, struct wzp_error *err); /* ends another softphone of theirs */
    void *context;
};
/* WZP_E_MEMORY. */
int wzp_tui_new(struct wzp_tui **out, const struct wzp_tui_config *config, uint64_t now);
void wzp_tui_free(struct wzp_tui *t);

/* ---- what comes in ---- */
/* The terminal's size, 1x1 and up. WZP_E_MEMORY: the old size stays. */
int wzp_tui_resize(struct wzp_tui *t, int width, int height);
void wzp_tui_event(struct wzp_tui *t, const struct wzp_event *event, uint64_t now);
void wzp_tui_key(struct wzp_tui *t, struct wzp_key key, uint64_t now);
void wzp_tui_paste(struct wzp_tui *t, const char *text, size_t length, uint64_t now);
/* A button of the mouse, as the decoder tells it: screens by their names, rows of lists (once more:
 * what Enter does), the wheel. Nothing that is asked is answered by it. */
void wzp_tui_click(struct wzp_tui *t, unsigned button, int x, int y, uint64_t now);
/* A line for the log view: of a library, of the log. */
void wzp_tui_log(struct wzp_tui *t, enum wzp_log_level level, const char *line);
/* A sentence for the line at the bottom, and for the log. */
void wzp_tui_notice(struct wzp_tui *t, enum wzp_style style, const char *text, uint64_t now);
/* keys.conf as read; what is wrong in it is told in the log and as a notice. */
void wzp_tui_keys(struct wzp_tui *t, const char *text, size_t length, uint64_t now);
/* Runs a command line as typed behind ':'. WZP_E_* with a sentence, which is not told yet. */
int wzp_tui_run(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err);
/* Begins with the pages of the first run. */
void wzp_tui_first_run(struct wzp_tui *t);

/* ---- for programs beside the screen ---- */
/* An item of the bar at the top; text "" takes it away. What is too much has no place. */
void wzp_tui_item(struct wzp_tui *t, const char *name, const char *text);
/* Takes away all whose name begins so. */
void wzp_tui_drop_items(struct wzp_tui *t, const char *begin);
/* Asks the person; answer is called once, text NULL: none. WZP_E_STATE: somebody else asks, or the
 * person types. */
int wzp_tui_ask(struct wzp_tui *t, const char *question, unsigned number,
                void (*answer)(void *context, unsigned number, const char *text), void *context);
/* The same for what nobody else should read: it is drawn as stars. */
int wzp_tui_ask_secret(struct wzp_tui *t, const char *question, unsigned number,
                       void (*answer)(void *context, unsigned number, const char *text),
                       void *context);
/* Who asked is gone: the question goes, too. */
void wzp_tui_ask_no_more(struct wzp_tui *t, const void *context);
/* The call that keys mean, 0: none. */
wzp_session_id wzp_tui_focus(struct wzp_tui *t);
/* Binds a key of a context, by their names, to a line: command goes behind no words of others.
 * Errors of wzp_keymap_bind_name. */
int wzp_tui_bind(struct wzp_tui *t, const char *context, const char *key, const char *command,
                 struct wzp_error *err);
/* Takes back all keys that stand for a line that begins so. */
void wzp_tui_unbind_line(struct wzp_tui *t, const char *begin);

/* ---- what goes out ---- */
/* When something changes by itself: call wzp_tui_tick then. */
uint64_t wzp_tui_expiry(const struct wzp_tui *t);
void wzp_tui_tick(struct wzp_tui *t, uint64_t now);
/* When the next picture is due: now (or before) when a person waits for it, later when it only
 * changed by itself; WZP_NEVER: it shows what is. */
uint64_t wzp_tui_due(const struct wzp_tui *t);
/* Draws; the canvas is the tui's and stays as it is until the next call. */
const struct wzp_canvas *wzp_tui_draw(struct wzp_tui *t, uint64_t now);
/* The picture was written: that many bytes. */
void wzp_tui_drawn(struct wzp_tui *t, size_t bytes, uint64_t now);
const struct wzp_theme *wzp_tui_theme(const struct wzp_tui *t);
/* Where the cursor stands while a line is typed; false: nowhere. */
bool wzp_tui_cursor(const struct wzp_tui *t, int *x, int *y);
/* What is to be told beside the picture, once: true when there is something. */
struct wzp_tui_signal {
    bool bell;
    bool title_changed;
    char title[128];
    char notification[160]; /* "" = none */
    bool redraw;            /* the whole screen anew */
};
bool wzp_tui_signal(struct wzp_tui *t, struct wzp_tui_signal *out);

/* ---- tables, for help, manual pages and tests ---- */
struct wzp_tui_command {
    const char *name, *arguments, *help;
    int (*run)(struct wzp_tui *t, const char *rest, uint64_t now, struct wzp_error *err);
};
/* Row i of the commands that are about the screen; NULL past the end. */
const struct wzp_tui_command *wzp_tui_command(size_t i);
struct wzp_tui_screen;
/* Name and title of screen i, NULL past the end. */
const char *wzp_tui_screen_name(size_t i);
const char *wzp_tui_screen_title(size_t i);

#endif
