/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/stretch.h"

#include <math.h>
#include <string.h>

#define COARSE 8 /* the first search looks at every eighth sample and lag */
#define ALIKE 0.75f
#define COUNT_MIN 960

/* Likeness (-1..1) of pcm[0..SEAM) and pcm[lag..lag + SEAM), every `step`-th sample. Two silences
 * are alike. */
static float likeness(const int16_t *pcm, size_t lag, size_t step)
{
    float ab = 0;
    float aa = 1000;
    float bb = 1000;

    for (size_t i = 0; i < WZP_STRETCH_SEAM; i += step) {
        float a = pcm[i];
        float b = pcm[i + lag];

        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    return (ab + 1000) / sqrtf(aa * bb);
}

/* The lag in MIN..most whose wave is most like the beginning of pcm. */
static size_t find_lag(float *best, const int16_t *pcm, size_t most)
{
    size_t lag = WZP_STRETCH_STEP_MIN;
    size_t from;
    size_t to;

    *best = -2;
    for (size_t i = WZP_STRETCH_STEP_MIN; i <= most; i += COARSE) {
        float value = likeness(pcm, i, COARSE);

        if (value > *best) {
            *best = value;
            lag = i;
        }
    }
    from = lag >= WZP_STRETCH_STEP_MIN + COARSE ? lag - COARSE : WZP_STRETCH_STEP_MIN;
    to = lag + COARSE <= most ? lag + COARSE : most;
    *best = -2;
    for (size_t i = from; i <= to; i++) {
        float value = likeness(pcm, i, 2);

        if (value > *best) {
            *best = value;
            lag = i;
        }
    }
    return lag;
}

/* out[i] goes from a to b over the seam. out may be a or b. */
static void cross_fade(int16_t *out, const int16_t *a, const int16_t *b)
{
    for (size_t i = 0; i < WZP_STRETCH_SEAM; i++) {
        float share = ((float)i + 0.5f) / WZP_STRETCH_SEAM;

        out[i] = (int16_t)lrintf((1 - share) * (float)a[i] + share * (float)b[i]);
    }
}

/* 0 when nothing fits. */
static size_t choose(const int16_t *pcm, size_t count, size_t wanted, bool force)
{
    size_t most = count - WZP_STRETCH_SEAM;
    float value;
    size_t lag;

    if (count < COUNT_MIN || wanted < WZP_STRETCH_STEP_MIN)
        return 0;
    if (most > WZP_STRETCH_STEP_MAX)
        most = WZP_STRETCH_STEP_MAX;
    if (most > wanted)
        most = wanted;
    lag = find_lag(&value, pcm, most);
    return force || value >= ALIKE ? lag : 0;
}

size_t wzp_stretch_shorten(int16_t *pcm, size_t count, size_t wanted, bool force)
{
    size_t lag = choose(pcm, count, wanted, force);

    if (lag == 0)
        return count;
    cross_fade(pcm, pcm, pcm + lag);
    memmove(pcm + WZP_STRETCH_SEAM, pcm + lag + WZP_STRETCH_SEAM,
            (count - lag - WZP_STRETCH_SEAM) * sizeof *pcm);
    return count - lag;
}

size_t wzp_stretch_lengthen(int16_t *pcm, size_t count, size_t wanted, bool force)
{
    int16_t seam[WZP_STRETCH_SEAM];
    size_t lag = choose(pcm, count, wanted, force);

    if (lag == 0)
        return count;
    /* pcm[0..lag), then from what comes at lag back to the beginning, and on from there. */
    cross_fade(seam, pcm + lag, pcm);
    memmove(pcm + lag, pcm, count * sizeof *pcm);
    memcpy(pcm + lag, seam, sizeof seam);
    return count + lag;
}

/* Likeness of a[0..SEAM) and b[0..SEAM), every `step`-th sample. */
static float likeness_of(const int16_t *a, const int16_t *b, size_t step)
{
    float ab = 0;
    float aa = 1000;
    float bb = 1000;

    for (size_t i = 0; i < WZP_STRETCH_SEAM; i += step) {
        ab += (float)a[i] * (float)b[i];
        aa += (float)a[i] * (float)a[i];
        bb += (float)b[i] * (float)b[i];
    }
    return (ab + 1000) / sqrtf(aa * bb);
}

/* A shift of MERGE_MOST costs this much likeness: among equals the smallest wins. */
#define SHIFT_PRICE 0.15f

static float value_of(const int16_t *pcm, const int16_t *before, int shift, size_t step)
{
    size_t size = (size_t)(shift < 0 ? -shift : shift);
    float value =
        shift < 0 ? likeness_of(pcm + size, before, step) : likeness_of(pcm, before + size, step);

    return value - SHIFT_PRICE * (float)size / WZP_STRETCH_STEP_MAX;
}

size_t wzp_stretch_merge(int16_t *pcm, size_t count, const int16_t *before)
{
    float best = -2;
    int at = 0;

    if (count < COUNT_MIN)
        return count;
    for (int shift = -WZP_STRETCH_STEP_MAX; shift <= WZP_STRETCH_STEP_MAX; shift += COARSE) {
        float value = value_of(pcm, before, shift, COARSE);

        if (value > best) {
            best = value;
            at = shift;
        }
    }
    int from = at - COARSE < -WZP_STRETCH_STEP_MAX ? -WZP_STRETCH_STEP_MAX : at - COARSE;
    int to = at + COARSE > WZP_STRETCH_STEP_MAX ? WZP_STRETCH_STEP_MAX : at + COARSE;
    best = -2;
    for (int shift = from; shift <= to; shift++) {
        float value = value_of(pcm, before, shift, 2);

        if (value > best) {
            best = value;
            at = shift;
        }
    }
    if (at < 0) {
        size_t drop = (size_t)-at;

        memmove(pcm, pcm + drop, (count - drop) * sizeof *pcm);
        cross_fade(pcm, before, pcm);
        return count - drop;
    }
    size_t put = (size_t)at;
    memmove(pcm + put, pcm, count * sizeof *pcm);
    cross_fade(pcm + put, before + put, pcm + put);
    memcpy(pcm, before, put * sizeof *pcm);
    return count + put;
}
