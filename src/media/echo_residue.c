/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/echo_residue.h"

#include <math.h>
#include <string.h>

#include "media/sample.h"

#define BINS WZP_FFT_BINS
#define HOP WZP_SPLIT_LOW
#define REACH WZP_RESIDUE_DELAY
#define OVER 3.0f        /* overestimation factor of the echo */
#define GAIN_LEAST 0.08f /* -22 dB */
#define SMOOTH 0.6f      /* of powers, per hop */
#define ECHO_FADE 0.8f   /* decay of the reverberation, per hop */
#define LEAK_RATE 0.03f
#define LEAK_LEAST 0.002f
#define LEAK_MOST 1.0f
#define ROOM_RISE 1.003f /* per hop: 1.3 dB a second */
#define TINY 1.0f

static float power_of(const struct wzp_spectrum *s, int k)
{
    return s->re[k] * s->re[k] + s->im[k] * s->im[k];
}

/* How much of the guessed echo is left, by how the two go up and down together: a near talker
 * does so by himself. Source: J.-M. Valin, "On adjusting the learning rate in frequency domain echo
 * cancellation with double-talk", IEEE Transactions on Audio, Speech and Language Processing 15
 * (2007). */
static void learn_leak(struct wzp_echo_residue *r, const struct wzp_spectrum *error,
                       const struct wzp_spectrum *echo)
{
    float together = 0, alone = 0;

    for (int k = 4; k < BINS; k++) {
        float e = power_of(error, k) - r->error[k], y = power_of(echo, k) - r->echo[k];

        together += e * y;
        alone += y * y;
    }
    r->together += LEAK_RATE * (together - r->together);
    r->echo_alone += LEAK_RATE * (alone - r->echo_alone);
    r->leak = r->together > 0 ? r->together / (r->echo_alone + TINY) : 0;
    r->leak = r->leak < LEAK_LEAST ? LEAK_LEAST : r->leak > LEAK_MOST ? LEAK_MOST : r->leak;
}

static float gain_of(struct wzp_echo_residue *r, int k, float doubt)
{
    float leaked = r->leak * r->echo[k];
    float now = leaked > doubt ? leaked : doubt;
    float rest = r->residue[k] * ECHO_FADE;
    float gain, least;

    r->residue[k] = now > rest ? now : rest;
    gain = 1 - OVER * r->residue[k] / (r->error[k] + TINY);
    /* What is left is not quieter than the room. */
    least = r->room[k] < r->error[k] ? r->room[k] / (r->error[k] + TINY) : 1;
    least = sqrtf(least);
    least = least < GAIN_LEAST ? GAIN_LEAST : least;
    return gain > least ? gain : least;
}

/* The gains as a filter of linear phase: its middle and one side. */
static void make_taps(const struct wzp_fft *fft, float taps[REACH + 1],
                      const struct wzp_spectrum *gains)
{
    float samples[WZP_FFT_SIZE];

    wzp_fft_inverse(fft, samples, gains);
    for (int i = 0; i <= REACH; i++)
        taps[i] = samples[i] * wzp_raised_cosine((float)i / (REACH + 1));
}

/* From the filter of the hop before to the new one, in a straight line. */
static void apply(struct wzp_echo_residue *r, float hop[HOP], const float taps[REACH + 1])
{
    float all[2 * REACH + HOP];

    memcpy(all, r->past, sizeof r->past);
    memcpy(all + 2 * REACH, hop, HOP * sizeof *hop);
    for (int i = 0; i < HOP; i++) {
        const float *middle = all + REACH + i;
        float share = (float)(i + 1) / HOP;
        float old = r->taps[0] * middle[0], new = taps[0] * middle[0];

        for (int k = 1; k <= REACH; k++) {
            float pair = middle[k] + middle[-k];

            old += r->taps[k] * pair;
            new += taps[k] * pair;
        }
        hop[i] = old + (new - old) * share;
    }
    memcpy(r->past, all + HOP, sizeof r->past);
    memcpy(r->taps, taps, sizeof r->taps);
}

void wzp_echo_residue_run(struct wzp_echo_residue *r, const struct wzp_fft *fft, float hop[HOP],
                          const struct wzp_spectrum *error, const struct wzp_spectrum *echo,
                          const float doubt[BINS], bool far_speaks)
{
    struct wzp_spectrum gains;
    float taps[REACH + 1];

    if (far_speaks)
        learn_leak(r, error, echo);
    memset(gains.im, 0, sizeof gains.im);
    for (int k = 0; k < BINS; k++) {
        float e = power_of(error, k);

        r->error[k] = SMOOTH * r->error[k] + (1 - SMOOTH) * e;
        r->echo[k] = SMOOTH * r->echo[k] + (1 - SMOOTH) * power_of(echo, k);
        if (r->room[k] <= 0 || r->error[k] < r->room[k])
            r->room[k] = r->error[k];
        else
            r->room[k] *= ROOM_RISE;
        gains.re[k] = gain_of(r, k, doubt[k]);
    }
    make_taps(fft, taps, &gains);
    apply(r, hop, taps);
}
