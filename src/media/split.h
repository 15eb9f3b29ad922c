/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Splits a block of 48 kHz into a low band at 16 kHz (where speech is) and the rest above it, and
 * joins both again. Unchanged bands give the input, WZP_SPLIT_DELAY samples later. */
#ifndef WZP_MEDIA_SPLIT_H
#define WZP_MEDIA_SPLIT_H

#include <stdint.h>

#define WZP_SPLIT_BLOCK 480
#define WZP_SPLIT_RATIO 3
enum { WZP_SPLIT_LOW = WZP_SPLIT_BLOCK / WZP_SPLIT_RATIO }; /* samples of a block at 16 kHz */
#define WZP_SPLIT_TAPS 97
#define WZP_SPLIT_DELAY (WZP_SPLIT_TAPS - 1) /* samples at 48 kHz: 2 ms */

/* All zero: silence before. */
struct wzp_split {
    float past[WZP_SPLIT_TAPS - 1];                       /* input before the block */
    float low_past[WZP_SPLIT_TAPS / WZP_SPLIT_RATIO];     /* low band before the block, as it was */
    float changed_past[WZP_SPLIT_TAPS / WZP_SPLIT_RATIO]; /* and as it was passed to join */
};
/* Splits a block: the low band, and the rest, already delayed by WZP_SPLIT_DELAY. high may be
 * NULL. */
void wzp_split_take(struct wzp_split *s, float low[WZP_SPLIT_LOW], float high[WZP_SPLIT_BLOCK],
                    const float in[WZP_SPLIT_BLOCK]);
/* Joins the low band, which may have been changed meanwhile, and the rest into out. */
void wzp_split_join(struct wzp_split *s, float out[WZP_SPLIT_BLOCK], const float low[WZP_SPLIT_LOW],
                    const float high[WZP_SPLIT_BLOCK]);

#endif
