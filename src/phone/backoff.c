/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/backoff.h"

static const uint8_t seconds[] = {0, 1, 2, 4, 8, 15, 30};
#define STEPS (sizeof seconds / sizeof seconds[0])
#define FIRST_SHAKEN 4 /* 8 s */

uint64_t wzp_backoff_next(struct wzp_backoff *b, const struct wzp_random *random)
{
    unsigned step = b->tries < STEPS ? b->tries : STEPS - 1;
    uint64_t delay = seconds[step] * WZP_SECOND;

    if (b->tries < STEPS)
        b->tries++;
    if (step >= FIRST_SHAKEN)
        delay += wzp_random_below(random, delay / 10);
    return delay;
}

void wzp_backoff_reset(struct wzp_backoff *b)
{
    b->tries = 0;
}
