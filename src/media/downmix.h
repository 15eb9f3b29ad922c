/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels to one: their mean. But of two not where they cancel each other (a microphone with one
 * side wired the wrong way round) or only one of them carries sound: then the louder one alone. */
#ifndef WZP_MEDIA_DOWNMIX_H
#define WZP_MEDIA_DOWNMIX_H

#include <stddef.h>
#include <stdint.h>

/* All zero: nothing heard yet. */
struct wzp_downmix {
    float left, right, both; /* power, smoothed */
    float share;             /* of the left channel, -1..1: 0 = the mean */
};
/* frames: a sample of each channel, and again; finite, in the unit of 16 bit samples. Where two
 * channels go from one to the other, that takes the whole of `count`. */
void wzp_downmix(struct wzp_downmix *m, int16_t *mono, const float *frames, size_t count,
                 unsigned channels);

#endif
