/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/echo_filter.h"

#include <math.h>
#include <string.h>

#define BINS WZP_FFT_BINS
#define PARTS WZP_ECHO_PARTS
#define PART (WZP_ECHO_PART_HOPS * WZP_ECHO_HOP) /* samples */
/* Of the samples of a transform, this share is the newest hop. */
#define SHARE ((float)WZP_ECHO_HOP / WZP_FFT_SIZE)
#define DOUBT_DECAY 0.75f /* per part: a room dies away */
/* Of the weights, per hop: how fast a room changes, or how much two devices' clocks differ, is seen
 * by how much of the echo the filter leaves. */
#define KEEP_STILL 0.9995f
#define KEEP_MOVING 0.997f
#define LEAK_STILL 0.004f
#define LEAK_MOVING 0.04f
#define MODEST                                                                                     \
    0.25f /* doubt falls by so much of what theory says: speech excites few frequencies */
#define OTHERS_KEEP 0.8f
#define FLOOR 1.0f /* power below all that a microphone has */

void wzp_echo_filter_init(struct wzp_echo_filter *f, float strength)
{
    float doubt = (1 - DOUBT_DECAY) * strength;

    memset(f, 0, sizeof *f);
    for (int p = 0; p < PARTS; p++) {
        for (int k = 0; k < BINS; k++)
            f->doubt[p][k] = doubt;
        doubt *= DOUBT_DECAY;
    }
}

void wzp_echo_filter_guess(const struct wzp_echo_filter *f, const struct wzp_fft *fft,
                           float echo[WZP_ECHO_HOP], const struct wzp_spectrum *const *far)
{
    struct wzp_spectrum sum;
    float samples[WZP_FFT_SIZE];

    memset(&sum, 0, sizeof sum);
    for (int p = 0; p < PARTS; p++) {
        const struct wzp_spectrum *w = &f->weights[p], *x = far[p];

        for (int k = 0; k < BINS; k++) {
            sum.re[k] += w->re[k] * x->re[k] - w->im[k] * x->im[k];
            sum.im[k] += w->re[k] * x->im[k] + w->im[k] * x->re[k];
        }
    }
    wzp_fft_inverse(fft, samples, &sum);
    memcpy(echo, samples + WZP_FFT_SIZE - WZP_ECHO_HOP, WZP_ECHO_HOP * sizeof *echo);
}

/* What a part of the filter cannot be: longer than its part. */
static void constrain(const struct wzp_fft *fft, struct wzp_spectrum *s)
{
    float samples[WZP_FFT_SIZE];

    wzp_fft_inverse(fft, samples, s);
    memset(samples + PART, 0, (WZP_FFT_SIZE - PART) * sizeof *samples);
    wzp_fft_forward(fft, s, samples);
}

static float keep_of(float leak)
{
    float moving = logf(fmaxf(leak, LEAK_STILL) / LEAK_STILL) / logf(LEAK_MOVING / LEAK_STILL);

    return KEEP_STILL + (KEEP_MOVING - KEEP_STILL) * fminf(moving, 1);
}

void wzp_echo_filter_learn(struct wzp_echo_filter *f, const struct wzp_fft *fft,
                           float residue[BINS], const struct wzp_spectrum *error,
                           const struct wzp_spectrum *const *far, float leak)
{
    float keep = keep_of(leak), step[BINS];

    memset(residue, 0, BINS * sizeof *residue);
    for (int p = 0; p < PARTS; p++)
        for (int k = 0; k < BINS; k++)
            residue[k] += SHARE * f->doubt[p][k] *
                          (far[p]->re[k] * far[p]->re[k] + far[p]->im[k] * far[p]->im[k]);
    for (int k = 0; k < BINS; k++) {
        float power = error->re[k] * error->re[k] + error->im[k] * error->im[k];

        f->others[k] = OTHERS_KEEP * f->others[k] + (1 - OTHERS_KEEP) * power;
        step[k] = 1 / (residue[k] + f->others[k] + FLOOR);
    }
    for (int p = 0; p < PARTS; p++) {
        struct wzp_spectrum change;
        const struct wzp_spectrum *x = far[p];
        struct wzp_spectrum *w = &f->weights[p];
        float *doubt = f->doubt[p];

        for (int k = 0; k < BINS; k++) {
            float gain = doubt[k] * step[k];
            float loud = x->re[k] * x->re[k] + x->im[k] * x->im[k];

            change.re[k] = gain * (x->re[k] * error->re[k] + x->im[k] * error->im[k]);
            change.im[k] = gain * (x->re[k] * error->im[k] - x->im[k] * error->re[k]);
            doubt[k] = keep * keep * (1 - MODEST * SHARE * gain * loud) * doubt[k] +
                       (1 - keep * keep) * (w->re[k] * w->re[k] + w->im[k] * w->im[k]);
        }
        constrain(fft, &change);
        for (int k = 0; k < BINS; k++) {
            w->re[k] += change.re[k];
            w->im[k] += change.im[k];
        }
    }
}

void wzp_echo_filter_shift(struct wzp_echo_filter *f, int parts, float strength)
{
    struct wzp_echo_filter was = *f;

    wzp_echo_filter_init(f, strength);
    memcpy(f->others, was.others, sizeof f->others);
    for (int p = 0; p < PARTS; p++) {
        int from = p + parts;

        if (from < 0 || from >= PARTS)
            continue;
        f->weights[p] = was.weights[from];
        for (int k = 0; k < BINS; k++)
            if (was.doubt[from][k] > f->doubt[p][k])
                f->doubt[p][k] = was.doubt[from][k];
    }
}
