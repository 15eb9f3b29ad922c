/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs the program of the setting `hook` when somebody calls, for example to blink a light or to
 * send a message. No shell is involved; environment variables, whose text is filtered, describe the
 * caller. */
#ifndef WZP_CLI_HOOK_H
#define WZP_CLI_HOOK_H

#include "loop/spawn.h"
#include "wzp/app.h"

/* At once, so that repeated calls cannot start ever more programs; and of those at most so many for
 * callers that are no proven contacts. */
#define WZP_HOOKS_MAX 4
#define WZP_HOOKS_STRANGER 2

struct wzp_hook {
    struct wzp_loop *loop;
    struct wzp_app *app;
    struct wzp_listener listener;
    struct wzp_hook_run {
        struct wzp_hook *hook;
        struct wzp_spawn *spawn; /* NULL: the place is free */
        bool is_stranger;        /* the caller is no proven contact */
    } runs[WZP_HOOKS_MAX];
    /* an error: the program could not be run, or failed */
    void (*complain)(void *context, const char *sentence);
    void *context;
};
/* Starts listening for calls; loop and app must outlive it. */
void wzp_hook_open(struct wzp_hook *h, struct wzp_loop *l, struct wzp_app *app,
                   void (*complain)(void *context, const char *sentence), void *context);
/* Stops listening. Programs that run are not ended. */
void wzp_hook_close(struct wzp_hook *h);
#endif
