/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Has the machine slept? One clock of the system stands still meanwhile, another goes on: what
 * lies between them grows. Pure arithmetic. Source: clock_gettime(2), CLOCK_BOOTTIME. */
#ifndef WZP_LOOP_SLEEP_H
#define WZP_LOOP_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: no look yet. */
struct wzp_sleep {
    uint64_t between; /* of the two clocks at the last look, ns */
    bool known;
};
/* True when it slept since the last look, for half a second at least. Both in ns. */
bool wzp_sleep_woke(struct wzp_sleep *s, uint64_t boottime, uint64_t monotonic);

#endif
