/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs in Lua beside a running softphone, with a screen or in line mode: init.lua from the
 * start, others when the person runs them; their keys, status items, questions and output. */
#ifndef WZP_CLI_SCRIPTS_H
#define WZP_CLI_SCRIPTS_H

#include "cli/script_stand.h"
#include "tui/tui.h"
#include "tui/view.h"

#define WZP_SCRIPTS_MAX 8
#define WZP_SCRIPTS_LINES 60 /* most lines of output kept */

struct wzp_scripts;
struct wzp_scripts_item {
    struct wzp_scripts *owner;
    /* the file's name without its folder; "" = the place is free */
    char name[64];
    char path[512];                   /* "" for typed code */
    char folder[WZP_SCRIPT_PATH_MAX]; /* search path of require */
    const char *state;                /* "running", "ended", "failed", "stopped" */
    struct wzp_script *script;        /* NULL: it has ended */
    char lines[WZP_SCRIPTS_LINES][160];
    size_t line_count; /* so far */
};
struct wzp_scripts {
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_tui *tui; /* NULL: line mode */
    struct wzp_scripts_item items[WZP_SCRIPTS_MAX];
    struct wzp_timer *reaper; /* frees scripts that ended inside their own call */
    bool closing;
    struct wzp_scripts_item *asks; /* in line mode: the script that waits for a reply, NULL */
    unsigned question;
    void (*tell)(void *context, enum wzp_style style, const char *sentence);
    void *context;
};
/* app, host's context and, later, tui must outlive it; tell shows a sentence to the person. */
void wzp_scripts_open(struct wzp_scripts *s, struct wzp_loop *l, const struct wzp_host *host,
                      struct wzp_app *app,
                      void (*tell)(void *context, enum wzp_style style, const char *sentence),
                      void *context);
/* To be called when the screen exists (NULL: line mode). init: runs init.lua beside the
 * configuration if it exists; its errors are reported. */
void wzp_scripts_begin(struct wzp_scripts *s, struct wzp_tui *tui, bool init);
/* Ends all scripts; harmless on one that was not opened (all zero). */
void wzp_scripts_close(struct wzp_scripts *s);
/* "run FILE", "stop NAME", "lua CODE", "reload" (init.lua), "reply TEXT" to a question when there
 * is no screen, "script-key PLACE NUMBER", or a command of a script.
 * WZP_E_UNKNOWN: none of these. */
int wzp_scripts_run(struct wzp_scripts *s, const char *line, wzp_session_id focus,
                    struct wzp_error *err);
/* Completion for the last word of a line "lua CODE"; 0 for other lines. */
size_t wzp_scripts_complete(struct wzp_scripts *s, const char *line,
                            void (*each)(void *context, const char *candidate, const char *help),
                            void *context);
/* Rows of the screen: scripts that have run, then files that could be run. */
bool wzp_scripts_row(struct wzp_scripts *s, size_t i, struct wzp_view_script *out);
/* Line n of a row's output, 0 the newest. */
bool wzp_scripts_line(struct wzp_scripts *s, size_t i, size_t n, char *out, size_t capacity);
/* Row i of the commands above, for help and completion; false past the end. */
bool wzp_scripts_command(size_t i, struct wzp_view_command *out);

#endif
