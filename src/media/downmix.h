/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mixes channels down to mono: their mean. Of two channels that cancel each other (a microphone
 * with one side wired in reverse), or of which only one carries sound, the louder one alone is
 * used. */
#ifndef WZP_MEDIA_DOWNMIX_H
#define WZP_MEDIA_DOWNMIX_H

#include <stddef.h>
#include <stdint.h>

/* All zero: nothing heard yet. */
struct wzp_downmix {
    float left, right, both; /* power, smoothed */
    float share;             /* of the left channel, -1..1: 0 = the mean */
};
/* frames: interleaved samples of all channels; finite, in the unit of 16 bit samples. A change from
 * the mean to one channel, or back, is faded over the whole of `count`. */
void wzp_downmix(struct wzp_downmix *m, int16_t *mono, const float *frames, size_t count,
                 unsigned channels);

#endif
