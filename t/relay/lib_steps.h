/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Measures the longest step of work that is done in steps, in CPU time. The same work is done
 * several times and the shortest time of each step counts: what other work of the machine (cold
 * caches, an interrupt) adds to one run is left out. */
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

/* Whether another run is needed after so many: at least five, and more while the longest step takes
 * more than `most` us because the machine is busy. */
bool steps_again(const struct steps *s, unsigned runs, double most);
/* Called before and after each step; first: it is the first step of a run. */
void steps_begin(struct steps *s, bool first);
void steps_end(struct steps *s);
/* Microseconds. */
double steps_longest(const struct steps *s);

#endif
