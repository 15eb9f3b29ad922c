/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Waiting, for commands: for a signal that ends them (interrupts), and for a delay on the loop
 * (turns). */
#ifndef WZP_CLI_WAITING_H
#define WZP_CLI_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "loop/loop.h"

/* Watches SIGINT, SIGTERM and SIGHUP (a closed terminal is an interrupt, too). All zero: none. */
struct wzp_interrupts {
    struct wzp_signal_watch *watches[3];
};
/* Calls fire for each of these signals, until closed. WZP_E_MEMORY, WZP_E_IO with a sentence. */
int wzp_interrupts_start(struct wzp_interrupts *out, struct wzp_loop *l,
                         void (*fire)(void *context, int number), void *context,
                         struct wzp_error *err);
/* Has one of these signals arrived since watching began? True at once, even while the loop does not
 * turn: for Lua programs that compute. */
bool wzp_interrupts_seen(void);
/* Stops watching; also from inside fire, and when all zero. */
void wzp_interrupts_close(struct wzp_interrupts *interrupts);

/* A turn: makes *timer (NULL, or an earlier turn, which is cancelled) call fire once, after delay
 * ns. WZP_E_MEMORY, WZP_E_IO: *timer is NULL. */
int wzp_turn_start(struct wzp_timer **timer, struct wzp_loop *l, uint64_t delay,
                   void (*fire)(void *context), void *context);
/* Cancels a turn. */
void wzp_turn_close(struct wzp_timer **timer);

#endif
