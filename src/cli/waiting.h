/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What commands wait for beside their work: somebody who wants them to end, and their next turn. */
#ifndef WZP_CLI_WAITING_H
#define WZP_CLI_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "loop/loop.h"

/* SIGINT, SIGTERM and SIGHUP: a terminal that goes away is an interrupt, too. All zero: none. */
struct wzp_interrupts {
    struct wzp_signal_watch *watches[3];
};
/* Calls fire for each, until closed. WZP_E_MEMORY, WZP_E_IO with a sentence. */
int wzp_interrupts_start(struct wzp_interrupts *out, struct wzp_loop *l,
                         void (*fire)(void *context, int number), void *context,
                         struct wzp_error *err);
/* Did one come since any were first watched? True at once, also while the loop does not turn: for
 * programs in Lua that compute. */
bool wzp_interrupts_seen(void);
/* Also from inside fire, and of none. */
void wzp_interrupts_close(struct wzp_interrupts *interrupts);

/* A turn: *timer (NULL, or an earlier turn, which is over then) calls fire once, after delay ns.
 * WZP_E_MEMORY, WZP_E_IO: *timer is NULL. */
int wzp_turn_start(struct wzp_timer **timer, struct wzp_loop *l, uint64_t delay,
                   void (*fire)(void *context), void *context);
/* No turn any more. */
void wzp_turn_close(struct wzp_timer **timer);

#endif
