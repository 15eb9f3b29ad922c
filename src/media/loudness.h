/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes the members of a room equally loud: a slowly changing gain for each voice, which moves only
 * while that voice speaks. Pure. */
#ifndef WZP_MEDIA_LOUDNESS_H
#define WZP_MEDIA_LOUDNESS_H

#include <stddef.h>
#include <stdint.h>

/* All zero: nothing heard yet. */
struct wzp_loudness {
    float level; /* RMS of speech */
    float gain;  /* current gain; 0 counts as 1 */
};
/* The gain at the end of these samples of 48 kHz, 0.25 to 4. */
float wzp_loudness_follow(struct wzp_loudness *l, const int16_t *pcm, size_t samples);

#endif
