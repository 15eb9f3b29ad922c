/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs in Lua beside the screen: init.lua from the beginning, others when the person says so;
 * their keys, status items, questions and output. */
#ifndef WZP_CLI_TUI_SCRIPTS_H
#define WZP_CLI_TUI_SCRIPTS_H

#include "loop/loop.h"
#include "script/script.h"
#include "tui/tui.h"
#include "tui/view.h"

#define WZP_TUI_SCRIPTS_MAX 8
#define WZP_TUI_SCRIPT_LINES 60 /* of output that are kept */

struct wzp_tui_scripts;
struct wzp_tui_script {
    struct wzp_tui_scripts *owner;
    char name[64];             /* of the file, without its folder; "" = the place is free */
    char path[512];            /* "" of what was typed */
    char folder[1200];         /* where require looks */
    const char *state;         /* "running", "ended", "failed", "stopped" */
    struct wzp_script *script; /* NULL: it is over */
    char lines[WZP_TUI_SCRIPT_LINES][160];
    size_t line_count; /* so far */
};
struct wzp_tui_scripts {
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_tui *tui; /* NULL: line by line */
    struct wzp_tui_script items[WZP_TUI_SCRIPTS_MAX];
    struct wzp_timer *reaper; /* of what ended inside its own call */
    bool closing;
    struct wzp_tui_script *asks; /* without a screen: who waits for a reply, NULL */
    unsigned question;
    /* A sentence for the person. */
    void (*tell)(void *context, enum wzp_style style, const char *sentence);
    void *context;
};
/* app, host's context and tui outlive it. */
void wzp_tui_scripts_open(struct wzp_tui_scripts *s, struct wzp_loop *l,
                          const struct wzp_host *host, struct wzp_app *app);
/* The screen is there (NULL: line by line). With init, runs init.lua beside the configuration when
 * there is one; what is wrong in it is told. */
void wzp_tui_scripts_begin(struct wzp_tui_scripts *s, struct wzp_tui *tui, bool init);
/* Ends all of them. */
void wzp_tui_scripts_close(struct wzp_tui_scripts *s);
/* "run FILE", "stop NAME", "lua CODE", "reload" (init.lua), "reply TEXT" to a question when there
 * is no screen, "script-key PLACE NUMBER", or a command of a script.
 * WZP_E_UNKNOWN: none of these. */
int wzp_tui_scripts_run(struct wzp_tui_scripts *s, const char *line, wzp_session_id focus,
                        struct wzp_error *err);
/* What could stand in place of the last word of a line "lua CODE"; 0 for other lines. */
size_t wzp_tui_scripts_complete(struct wzp_tui_scripts *s, const char *line,
                                void (*each)(void *context, const char *candidate,
                                             const char *help),
                                void *context);
/* Rows of the screen: those that ran, then files that could. */
bool wzp_tui_scripts_row(struct wzp_tui_scripts *s, size_t i, struct wzp_view_script *out);
/* Line n of a row's output, 0 the newest. */
bool wzp_tui_scripts_line(struct wzp_tui_scripts *s, size_t i, size_t n, char *out,
                          size_t capacity);
/* Row i of the commands above, for help and completion; false past the end. */
bool wzp_tui_scripts_command(size_t i, struct wzp_view_command *out);

#endif
