/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How long to wait before the next try of a lost connection: 0 1 2 4 8 15 30 30 ... seconds, as
 * existing programs do, the later ones with a little jitter, so that the phones of a restarted
 * relay do not all return at the same moment. Source: wzp-protocol(7), Registration. */
#ifndef WZP_PHONE_BACKOFF_H
#define WZP_PHONE_BACKOFF_H

#include <stdint.h>

#include "base/random.h"
#include "base/time.h"

/* A connection that lived this long was a good one: the next loss begins at 0 s again. */
#define WZP_BACKOFF_GOOD_TIME (10 * WZP_SECOND)

/* Caller owned; all zero is the beginning. */
struct wzp_backoff {
    unsigned tries;
};

/* Returns the delay in ns before the next try and advances by one step. From 8 s on, up to 10 % is
 * added. */
uint64_t wzp_backoff_next(struct wzp_backoff *b, const struct wzp_random *random);
/* Returns to the first step. */
void wzp_backoff_reset(struct wzp_backoff *b);

#endif
