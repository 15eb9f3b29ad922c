/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How long the longest step of long work takes. The same work is done several times, and of each
 * step the shortest time counts, in CPU time: what it does it does each time, and what other work
 * of the machine (cold caches, an interrupt) adds to one of them is not its own. */
#ifndef WZP_T_RELAY_LIB_STEPS_H
#define WZP_T_RELAY_LIB_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "machine.h"

#define STEPS_MAX 4096

struct steps {
    double began, shortest[STEPS_MAX]; /* us */
    size_t at, count;
};

/* Whether there is another run to do, after so many: five, and more while a busy machine keeps the
 * longest step above what it may take (us). */
bool steps_again(const struct steps *s, unsigned runs, double most);
/* Around each step, the first one of a run with first. */
void steps_begin(struct steps *s, bool first);
void steps_end(struct steps *s);
/* Microseconds. */
double steps_longest(const struct steps *s);

#endif
