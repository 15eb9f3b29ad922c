/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs in Lua beside a softphone that stays, with a screen or line by line: init.lua from the
 * beginning, others when the person says so; their keys, status items, questions and output. */
#ifndef WZP_CLI_SCRIPTS_H
#define WZP_CLI_SCRIPTS_H

#include "cli/script_stand.h"
#include "tui/tui.h"
#include "tui/view.h"

#define WZP_SCRIPTS_MAX 8
#define WZP_SCRIPTS_LINES 60 /* of output that are kept */

struct wzp_scripts;
struct wzp_scripts_item {
    struct wzp_scripts *owner;
    char name[64];                    /* of the file, without its folder; "" = the place is free */
    char path[512];                   /* "" of what was typed */
    char folder[WZP_SCRIPT_PATH_MAX]; /* where require looks */
    const char *state;                /* "running", "ended", "failed", "stopped" */
    struct wzp_script *script;        /* NULL: it is over */
    char lines[WZP_SCRIPTS_LINES][160];
    size_t line_count; /* so far */
};
struct wzp_scripts {
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_tui *tui; /* NULL: line by line */
    struct wzp_scripts_item items[WZP_SCRIPTS_MAX];
    struct wzp_timer *reaper; /* of what ended inside its own call */
    bool closing;
    struct wzp_scripts_item *asks; /* without a screen: who waits for a reply, NULL */
    unsigned question;
    void (*tell)(void *context, enum wzp_style style, const char *sentence);
    void *context;
};
/* app, host's context and, later, tui outlive it; tell gives a sentence to the person. */
void wzp_scripts_open(struct wzp_scripts *s, struct wzp_loop *l, const struct wzp_host *host,
                      struct wzp_app *app,
                      void (*tell)(void *context, enum wzp_style style, const char *sentence),
                      void *context);
/* The screen is there (NULL: line by line). With init, runs init.lua beside the configuration when
 * there is one; what is wrong in it is told. */
void wzp_scripts_begin(struct wzp_scripts *s, struct wzp_tui *tui, bool init);
/* Ends all of them; harmless on one that was not opened (all zero). */
void wzp_scripts_close(struct wzp_scripts *s);
/* "run FILE", "stop NAME", "lua CODE", "reload" (init.lua), "reply TEXT" to a question when there
 * is no screen, "script-key PLACE NUMBER", or a command of a script.
 * WZP_E_UNKNOWN: none of these. */
int wzp_scripts_run(struct wzp_scripts *s, const char *line, wzp_session_id focus,
                    struct wzp_error *err);
/* What could stand in place of the last word of a line "lua CODE"; 0 for other lines. */
size_t wzp_scripts_complete(struct wzp_scripts *s, const char *line,
                            void (*each)(void *context, const char *candidate, const char *help),
                            void *context);
/* Rows of the screen: those that ran, then files that could. */
bool wzp_scripts_row(struct wzp_scripts *s, size_t i, struct wzp_view_script *out);
/* Line n of a row's output, 0 the newest. */
bool wzp_scripts_line(struct wzp_scripts *s, size_t i, size_t n, char *out, size_t capacity);
/* Row i of the commands above, for help and completion; false past the end. */
bool wzp_scripts_command(size_t i, struct wzp_view_command *out);

#endif
