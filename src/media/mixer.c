/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/mixer.h"

#include <string.h>

#include "media/sample.h"

#define CEILING 32000.0f
#define BLOCK 48       /* samples: the gain goes in a straight line over each */
#define RELEASE 0.004f /* share of the reduction given back per block: about 250 ms */

void wzp_mixer_begin(struct wzp_mixer *m, size_t samples)
{
    memset(m->sum, 0, samples * sizeof *m->sum);
}

void wzp_mixer_add(struct wzp_mixer *m, const int16_t *pcm, size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        m->sum[i] += pcm[i];
}

void wzp_mixer_add_scaled(struct wzp_mixer *m, const int16_t *pcm, size_t samples, float from,
                          float to)
{
    float step = (to - from) / (float)samples;

    for (size_t i = 0; i < samples; i++)
        m->sum[i] += (int32_t)((float)pcm[i] * (from + step * (float)i));
}

void wzp_mixer_finish(struct wzp_mixer *m, int16_t *pcm, size_t samples)
{
    for (size_t at = 0; at < samples; at += BLOCK) {
        size_t count = samples - at < BLOCK ? samples - at : BLOCK;
        int32_t peak = 0;
        float before = m->reduction;
        float needed;

        for (size_t i = 0; i < count; i++) {
            int32_t size = m->sum[at + i] < 0 ? -m->sum[at + i] : m->sum[at + i];

            if (size > peak)
                peak = size;
        }
        needed = peak > 32767 ? 1.0f - CEILING / (float)peak : 0.0f;
        m->reduction = needed > before ? needed : before - RELEASE * before;
        if (m->reduction < 1e-4f)
            m->reduction = 0;
        if (m->reduction < needed)
            m->reduction = needed;
        for (size_t i = 0; i < count; i++) {
            /* Turning down happens within a quarter of the block, turning up over all of it. */
            float share = (float)(i + 1) * (m->reduction > before ? 4.0f : 1.0f) / BLOCK;
            float reduction = before + (m->reduction - before) * (share > 1 ? 1 : share);
            float value = (float)m->sum[at + i] * (1.0f - reduction);

            pcm[at + i] = wzp_sample_of(value);
        }
    }
}
