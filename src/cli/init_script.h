/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* init.lua beside config.toml: the person's own script, run beside a softphone that keeps running.
 * Its keys, commands, questions and status items appear wherever the person sits: at a terminal or
 * at the screen. */
#ifndef WZP_CLI_INIT_SCRIPT_H
#define WZP_CLI_INIT_SCRIPT_H

#include "script/script.h"

struct wzp_init_script {
    struct wzp_script *script; /* NULL: there is none, or it could not be read */
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_script_face face; /* what the program offers; its own functions stand before it */
    char path[2 * WZP_PATH_MAX];
    unsigned question; /* that is open; 0: none */
    bool there;        /* the file is */
    /* A sentence to the person; of bad news. The caller's. */
    void (*tell)(void *context, bool bad, const char *text);
    void *context;
};
/* Reads and starts init.lua. host is copied, as is face (bind, unbind, item; NULL where there is no
 * such thing). What is wrong with the file is told. */
void wzp_init_script_open(struct wzp_init_script *s, const struct wzp_host *host,
                          struct wzp_app *app, const struct wzp_script_face *face,
                          void (*tell)(void *context, bool bad, const char *text), void *context);
/* Before the softphone is freed; harmless on one that was not opened (all zero). */
void wzp_init_script_close(struct wzp_init_script *s);
/* A line that the softphone did not understand: `reload`, `reply TEXT`, `lua CODE`,
 * `script-key N`, a command of the script. WZP_E_UNKNOWN: it means nothing here either. */
int wzp_init_script_run(struct wzp_init_script *s, const char *line, wzp_session_id session,
                        struct wzp_error *err);

#endif
