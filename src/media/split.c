/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/split.h"

#include <string.h>

#define TAPS WZP_SPLIT_TAPS
#define RATIO WZP_SPLIT_RATIO
#define LOW_PAST (TAPS / RATIO)

/* Low pass at 7.4 kHz of 48: sin(x) / x under a Kaiser window (beta 6), gain 1 at 0 Hz; its second
 * half mirrors the first. */
static const float taps[TAPS / 2 + 1] = {
    0.00005797f,  0.00014166f,  0.00010541f,  -0.00009763f, -0.00032038f, -0.00029878f,
    0.00007969f,  0.00056082f,  0.00064868f,  0.00007013f,  -0.00082168f, -0.00118983f,
    -0.00044696f, 0.00101995f,  0.00192729f,  0.00115569f,  -0.00102632f, -0.00281858f,
    -0.00229398f, 0.00066676f,  0.00375781f,  0.00393183f,  0.00026986f,  -0.00456370f,
    -0.00609102f, -0.00202161f, 0.00497118f,  0.00872894f,  0.00484844f,  -0.00462062f,
    -0.01173079f, -0.00904876f, 0.00302688f,  0.01491291f,  0.01503554f,  0.00052250f,
    -0.01803836f, -0.02358088f, -0.00730597f, 0.02084318f,  0.03665084f,  0.02046209f,
    -0.02306981f, -0.06125708f, -0.05223609f, 0.02450214f,  0.14785796f,  0.26197824f,
    0.30828887f};

static float tap(unsigned i)
{
    return taps[i <= TAPS / 2 ? i : TAPS - 1 - i];
}

/* One in three: the low pass of past and in. */
static void lower(float low[WZP_SPLIT_LOW], const float all[TAPS - 1 + WZP_SPLIT_BLOCK])
{
    for (unsigned i = 0; i < WZP_SPLIT_LOW; i++) {
        const float *newest = all + TAPS - 1 + RATIO * i;
        float sum = taps[TAPS / 2] * newest[-(TAPS / 2)];

        for (int k = 0; k < TAPS / 2; k++)
            sum += taps[k] * (newest[-k] + newest[k - (TAPS - 1)]);
        low[i] = sum;
    }
}

/* The same low pass over the samples with two zeros behind each. */
static void raise(float out[WZP_SPLIT_BLOCK], float past[LOW_PAST], const float low[WZP_SPLIT_LOW])
{
    float all[LOW_PAST + WZP_SPLIT_LOW];

    memcpy(all, past, LOW_PAST * sizeof *all);
    memcpy(all + LOW_PAST, low, WZP_SPLIT_LOW * sizeof *all);
    for (unsigned i = 0; i < WZP_SPLIT_BLOCK; i++) {
        const float *newest = all + LOW_PAST + i / RATIO;
        float sum = 0;

        for (unsigned k = i % RATIO, back = 0; k < TAPS; k += RATIO, back++)
            sum += tap(k) * newest[-(int)back];
        out[i] = RATIO * sum;
    }
    memcpy(past, all + WZP_SPLIT_LOW, LOW_PAST * sizeof *all);
}

void wzp_split_take(struct wzp_split *s, float low[WZP_SPLIT_LOW], float high[WZP_SPLIT_BLOCK],
                    const float in[WZP_SPLIT_BLOCK])
{
    float all[TAPS - 1 + WZP_SPLIT_BLOCK];
    float again[WZP_SPLIT_BLOCK];

    memcpy(all, s->past, sizeof s->past);
    memcpy(all + TAPS - 1, in, WZP_SPLIT_BLOCK * sizeof *all);
    memcpy(s->past, all + WZP_SPLIT_BLOCK, sizeof s->past);
    lower(low, all);
    if (!high)
        return;
    raise(again, s->low_past, low);
    /* Both low passes together are late by TAPS - 1 samples: so old are the first of `all`. */
    for (unsigned i = 0; i < WZP_SPLIT_BLOCK; i++)
        high[i] = all[i] - again[i];
}

void wzp_split_join(struct wzp_split *s, float out[WZP_SPLIT_BLOCK], const float low[WZP_SPLIT_LOW],
                    const float high[WZP_SPLIT_BLOCK])
{
    raise(out, s->changed_past, low);
    for (unsigned i = 0; i < WZP_SPLIT_BLOCK; i++)
        out[i] += high[i];
}
