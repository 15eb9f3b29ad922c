/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What arithmetic made, as a sample of 16 bit. */
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

#endif
