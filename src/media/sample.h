/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shared arithmetic on samples: conversion to 16 bit, and the shape of fades. */
#ifndef WZP_MEDIA_SAMPLE_H
#define WZP_MEDIA_SAMPLE_H

#include <math.h>
#include <stdint.h>

/* Rounds and clips; NaN becomes silence. */
static inline int16_t wzp_sample_of(float value)
{
    if (!(value > -32768.0f))
        return isnan(value) ? 0 : INT16_MIN;
    return value < 32767.0f ? (int16_t)lrintf(value) : INT16_MAX;
}

/* Goes from 1 (at = 0) to 0 (at = 1), with slope 0 at both ends. */
static inline float wzp_raised_cosine(float at)
{
    return 0.5f + 0.5f * cosf(3.14159265f * at);
}

#endif
