/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/stretch.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "media/sample.h"

#define COARSE 8 /* the first search looks at every eighth sample and lag */
#define ALIKE 0.75f
#define COUNT_MIN 960

/* Number of samples: those played before, and their continuation. */
#define ALL (WZP_STRETCH_STEP_MAX + WZP_STRETCH_SEAM)
#define JOINT 72   /* samples: a decoder's own joint lies behind its delay, within 1.5 ms */
#define AROUND 480 /* samples before and after that tell how rough the sound is */
#define CLICK 2.0f /* so much rougher than that is a click */

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

/* out[i] goes from a to b over the seam, without a bend at its ends. out may be a or b. */
static void cross_fade(int16_t *out, const int16_t *a, const int16_t *b)
{
    for (size_t i = 0; i < WZP_STRETCH_SEAM; i++) {
        float left = wzp_raised_cosine(((float)i + 0.5f) / WZP_STRETCH_SEAM);

        out[i] = (int16_t)lrintf(left * (float)a[i] + (1 - left) * (float)b[i]);
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

void wzp_stretch_played(struct wzp_stretch_played *p, const int16_t *pcm, size_t count)
{
    size_t take = count < ALL ? count : ALL;

    memmove(p->pcm, p->pcm + take, (ALL - take) * sizeof *pcm);
    memcpy(p->pcm + ALL - take, pcm + count - take, take * sizeof *pcm);
}

static float second_difference(int16_t a, int16_t b, int16_t c)
{
    return fabsf((float)a - 2.0f * (float)b + (float)c);
}

/* Is the beginning of pcm rougher than what is around it? */
static bool is_click(const struct wzp_stretch_played *p, const int16_t *pcm)
{
    const int16_t *end = p->pcm + ALL;
    int16_t joint[2 + JOINT] = {end[-2], end[-1]};
    float at = 0;
    float around = 1;

    memcpy(joint + 2, pcm, JOINT * sizeof *pcm);
    for (size_t i = 0; i < JOINT; i++)
        at = fmaxf(at, second_difference(joint[i], joint[i + 1], joint[i + 2]));
    for (size_t i = JOINT; i < AROUND; i++)
        around = fmaxf(around, second_difference(pcm[i], pcm[i - 1], pcm[i - 2]));
    for (const int16_t *x = end - AROUND; x < end; x++)
        around = fmaxf(around, second_difference(x[0], x[-1], x[-2]));
    return at > CLICK * around;
}

void wzp_stretch_go_on(const struct wzp_stretch_played *p, int16_t *pcm)
{
    int16_t back[ALL], on[WZP_STRETCH_SEAM];
    float value;

    if (!is_click(p, pcm))
        return;
    for (size_t i = 0; i < ALL; i++)
        back[i] = p->pcm[ALL - 1 - i];
    size_t lag = find_lag(&value, back, WZP_STRETCH_STEP_MAX);
    if (lag < WZP_STRETCH_SEAM)
        lag *= 2; /* two periods, so that none is gone through twice */
    const int16_t *periods = p->pcm + ALL - lag;
    float step = (float)back[0] - (float)back[lag];
    for (size_t i = 0; i < WZP_STRETCH_SEAM; i++)
        on[i] = wzp_sample_of((float)periods[i] + step * (1 - (float)i / WZP_STRETCH_SEAM));
    cross_fade(pcm, on, pcm);
}
