/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/sleep.h"

#include "base/time.h"

#define SHORTEST (500 * WZP_MILLISECOND)

bool wzp_sleep_woke(struct wzp_sleep *s, uint64_t boottime, uint64_t monotonic)
{
    uint64_t between = wzp_time_since(boottime, monotonic);
    bool woke = s->known && wzp_time_since(between, s->between) >= SHORTEST;
    /* What is too short to count is counted with what follows. */
    if (!s->known || woke)
        s->between = between;
    s->known = true;
    return woke;
}
