/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which sequence numbers of one stream came, and how the others, lost for sure once they are old,
 * lie together. Pure arithmetic in fixed memory. */
#ifndef WZP_MEDIA_NUMBERS_H
#define WZP_MEDIA_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "media/lossrun.h"

#define WZP_NUMBERS_SEEN 128 /* numbers remembered */

/* All zero: nothing came yet. */
struct wzp_numbers {
    uint8_t seen[WZP_NUMBERS_SEEN]; /* by number modulo that: 1 = received, 2 = only known */
    uint64_t gone;                  /* numbers gone by since the beginning */
    struct wzp_lossrun runs;
};
/* A sender begins, with this number. The runs so far stay. */
void wzp_numbers_begin(struct wzp_numbers *n, uint16_t sequence);
/* This number came, `distance` after the newest so far, which it is from now on if distance > 0.
 * False when it came before. */
bool wzp_numbers_take(struct wzp_numbers *n, uint16_t sequence, int distance);
/* What this number held, `distance` after the newest, is known though it did not come. True the
 * first time, and when it was missing. */
bool wzp_numbers_know(struct wzp_numbers *n, uint16_t sequence, int distance);
/* None of the `count` numbers right before it came, either. */
bool wzp_numbers_are_missing(const struct wzp_numbers *n, uint16_t sequence, int distance,
                             unsigned count);

#endif
