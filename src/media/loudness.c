/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/loudness.h"

#include <math.h>

#include "media/level.h"

#define TARGET 3500.0f /* RMS of loud parts: what our own gain control makes */
#define LEAST 0.25f
#define MOST 4.0f     /* 12 dB either way: more would be noise */
#define SPEECH 100.0f /* RMS: quieter parts say nothing of the voice */
#define RISE 0.10f    /* per 10 ms */
#define FALL 0.003f
#define MOVE 0.01f /* 1 dB in 120 ms */
#define NEAR_ENOUGH 1.2f

float wzp_loudness_follow(struct wzp_loudness *l, const int16_t *pcm, size_t samples)
{
    float rms = sqrtf((float)wzp_level_mean_square(pcm, samples));
    float steps = (float)samples / 480, wanted;

    if (l->gain <= 0)
        l->gain = 1;
    /* Pauses between words are no quieter speech. */
    if (rms < SPEECH || rms < l->level / 8)
        return l->gain;
    if (l->level <= 0)
        l->level = rms;
    l->level += fminf(1, (rms > l->level ? RISE : FALL) * steps) * (rms - l->level);
    wanted = fminf(MOST, fmaxf(LEAST, TARGET / l->level));
    if (wanted < l->gain * NEAR_ENOUGH && wanted * NEAR_ENOUGH > l->gain)
        return l->gain;
    l->gain *= 1 + (wanted > l->gain ? MOVE : -MOVE) * steps;
    return l->gain;
}
