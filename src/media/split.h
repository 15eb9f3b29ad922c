/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A block of 48 kHz taken apart into 16 kHz (where speech is) and the rest above it, and put
 * together again: untouched halves give what came, WZP_SPLIT_DELAY samples later. */
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
    float past[WZP_SPLIT_TAPS - 1];                       /* what came before the block */
    float low_past[WZP_SPLIT_TAPS / WZP_SPLIT_RATIO];     /* its lower half as it was */
    float changed_past[WZP_SPLIT_TAPS / WZP_SPLIT_RATIO]; /* and as it was given back */
};
/* The lower half of the block, and the rest, already late by WZP_SPLIT_DELAY. high may be NULL. */
void wzp_split_take(struct wzp_split *s, float low[WZP_SPLIT_LOW], float high[WZP_SPLIT_BLOCK],
                    const float in[WZP_SPLIT_BLOCK]);
/* out = the lower half, as changed meanwhile, and the rest. */
void wzp_split_join(struct wzp_split *s, float out[WZP_SPLIT_BLOCK], const float low[WZP_SPLIT_LOW],
                    const float high[WZP_SPLIT_BLOCK]);

#endif
