/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two channels to one. Their mean, but not where they cancel each other (a microphone with one side
 * wired the wrong way round) or only one of them carries sound: then the louder one alone. */
#ifndef WZP_MEDIA_DOWNMIX_H
#define WZP_MEDIA_DOWNMIX_H

#include <stddef.h>

/* All zero: nothing heard yet. */
struct wzp_downmix {
    float left, right, both; /* power, smoothed */
    float share;             /* of the left channel, -1..1: 0 = the mean */
};
/* frames: left, right, left, ... in any unit near that of 16 bit samples. */
void wzp_downmix_stereo(struct wzp_downmix *m, float *mono, const float *frames, size_t count);

#endif
