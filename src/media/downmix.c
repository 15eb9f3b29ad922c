/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/downmix.h"

#include "media/sample.h"

#define MEMORY 4800.0f /* frames */
#define LEAST 900.0f   /* power: quieter channels are noise */
#define CANCELS 0.30f  /* the mean has less than this of the louder one: that one alone */
#define AGREES 0.40f   /* and more than this: the mean again. Two strangers have 0.5 */

static float smooth(float old, float sum, size_t count)
{
    float share = (float)count / (MEMORY + (float)count);

    return old <= 0 ? sum / (float)count : old + share * (sum / (float)count - old);
}

static float wanted_share(const struct wzp_downmix *m)
{
    float louder = m->left > m->right ? m->left : m->right;

    if (louder < LEAST || m->both > AGREES * louder)
        return 0;
    if (m->share == 0 && m->both > CANCELS * louder)
        return 0;
    return m->left >= m->right ? 1 : -1;
}

static void mix_stereo(struct wzp_downmix *m, int16_t *mono, const float *frames, size_t count)
{
    float left = 0, right = 0, both = 0, before = m->share;

    for (size_t i = 0; i < count; i++) {
        float l = frames[2 * i], r = frames[2 * i + 1];

        left += l * l;
        right += r * r;
        both += (l + r) * (l + r) / 4;
    }
    m->left = smooth(m->left, left, count);
    m->right = smooth(m->right, right, count);
    m->both = smooth(m->both, both, count);
    m->share = wanted_share(m);
    for (size_t i = 0; i < count; i++) {
        float share = before + (m->share - before) * (float)(i + 1) / (float)count;

        mono[i] =
            wzp_sample_of(((1 + share) * frames[2 * i] + (1 - share) * frames[2 * i + 1]) / 2);
    }
}

void wzp_downmix(struct wzp_downmix *m, int16_t *mono, const float *frames, size_t count,
                 unsigned channels)
{
    if (channels == 2 && count > 0)
        mix_stereo(m, mono, frames, count);
    for (size_t i = 0; channels != 2 && i < count; i++) {
        float sum = 0;

        for (unsigned c = 0; c < channels; c++)
            sum += *frames++;
        mono[i] = wzp_sample_of(sum / (float)channels);
    }
}
