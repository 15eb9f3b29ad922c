/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The program of the setting `hook`, run when somebody calls: to blink a light, to send a message.
 * No shell is involved; the caller is described in environment variables, whose text is
 * filtered. */
#ifndef WZP_CLI_HOOK_H
#define WZP_CLI_HOOK_H

#include "loop/spawn.h"
#include "wzp/app.h"

#define WZP_HOOKS_MAX 4      /* at once: who calls without end starts no crowd of programs ... */
#define WZP_HOOKS_STRANGER 2 /* ... and who is no proven contact leaves places to those who are */

struct wzp_hook {
    struct wzp_loop *loop;
    struct wzp_app *app;
    struct wzp_listener listener;
    struct wzp_hook_run {
        struct wzp_hook *hook;
        struct wzp_spawn *spawn; /* NULL: the place is free */
        bool is_stranger;        /* for whom it runs */
    } runs[WZP_HOOKS_MAX];
    /* what is wrong: it could not be run, or said so */
    void (*complain)(void *context, const char *sentence);
    void *context;
};
/* Listens from now on; loop and app outlive it. */
void wzp_hook_open(struct wzp_hook *h, struct wzp_loop *l, struct wzp_app *app,
                   void (*complain)(void *context, const char *sentence), void *context);
/* Programs that run go on. */
void wzp_hook_close(struct wzp_hook *h);
#endif
