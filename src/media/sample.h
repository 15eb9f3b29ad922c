/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What arithmetic on samples shares: back to 16 bit, and how to fade. */
#ifndef WZP_MEDIA_SAMPLE_H
#define WZP_MEDIA_SAMPLE_H

#include <math.h>
#include <stdint.h>

/* Rounded and bounded; NaN is silence. */
static inline int16_t wzp_sample_of(float value)
{
    if (!(value > -32768.0f))
        return isnan(value) ? 0 : INT16_MIN;
    return value < 32767.0f ? (int16_t)lrintf(value) : INT16_MAX;
}

/* From 1 at 0 to 0 at 1, level at both. */
static inline float wzp_raised_cosine(float at)
{
    return 0.5f + 0.5f * cosf(3.14159265f * at);
}

#endif
