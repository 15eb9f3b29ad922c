/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which sequence numbers of one stream arrived, and how bursty the losses are. A missing number
 * counts as lost once it is old. Pure arithmetic in fixed memory. */
#ifndef WZP_MEDIA_NUMBERS_H
#define WZP_MEDIA_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "media/lossrun.h"

#define WZP_NUMBERS_SEEN 128 /* numbers remembered */

/* All zero: nothing came yet. */
struct wzp_numbers {
    /* By number modulo WZP_NUMBERS_SEEN: 1 = received, 2 = known only from redundancy. */
    uint8_t seen[WZP_NUMBERS_SEEN];
    uint64_t gone; /* sequence numbers passed since the beginning */
    struct wzp_lossrun runs;
};
/* A sender begins with this number. The statistics of runs are kept. */
void wzp_numbers_begin(struct wzp_numbers *n, uint16_t sequence);
/* This number arrived; it is `distance` after the newest one so far, and becomes the newest if
 * distance > 0. False when it is a duplicate. */
bool wzp_numbers_take(struct wzp_numbers *n, uint16_t sequence, int distance);
/* The content of this number (`distance` after the newest) is known from redundancy although it did
 * not arrive. True when it was missing, and the first time only. */
bool wzp_numbers_know(struct wzp_numbers *n, uint16_t sequence, int distance);
/* True when none of the `count` numbers right before this one arrived. */
bool wzp_numbers_are_missing(const struct wzp_numbers *n, uint16_t sequence, int distance,
                             unsigned count);

#endif
