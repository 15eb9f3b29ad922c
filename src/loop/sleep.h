/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Detects that the machine was suspended: CLOCK_MONOTONIC stops meanwhile while CLOCK_BOOTTIME goes
 * on, so the difference between them grows. Pure arithmetic. Source: clock_gettime(2),
 * CLOCK_BOOTTIME. */
#ifndef WZP_LOOP_SLEEP_H
#define WZP_LOOP_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: no look yet. */
struct wzp_sleep {
    uint64_t between; /* difference of the two clocks at the last call, ns */
    bool known;
};
/* True when the machine was suspended since the last call, for at least half a second. Both clocks
 * in ns. */
bool wzp_sleep_woke(struct wzp_sleep *s, uint64_t boottime, uint64_t monotonic);

#endif
