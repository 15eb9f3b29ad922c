/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_speech.h"

#include <math.h>
#include <string.h>

#define RATE 48000.0
#define TWO_PI 6.283185307179586
#define FORMANTS 3
#define BANDS 16
#define WINDOW 960

struct resonator {
    double y1, y2, a1, a2, gain;
};

static void tune(struct resonator *r, double hz, double width)
{
    double pole = exp(-3.14159265 * width / RATE);

    r->a1 = 2 * pole * cos(TWO_PI * hz / RATE);
    r->a2 = -pole * pole;
    r->gain = (1 - pole) * sqrt(1 - 2 * pole * cos(2 * TWO_PI * hz / RATE) + pole * pole);
}

static double ring(struct resonator *r, double x)
{
    double y = r->gain * x + r->a1 * r->y1 + r->a2 * r->y2;

    r->y2 = r->y1;
    r->y1 = y;
    return y;
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static double unit(uint32_t *state)
{
    return (double)next(state) / 16777216.0;
}

struct syllable {
    size_t length, voiced_from;
    double pitch_from, pitch_to;
    double formant_from[FORMANTS], formant_to[FORMANTS];
    int pause;
};

static void compose(struct syllable *s, uint32_t *state, unsigned number, int pauses)
{
    static const double vowels[5][FORMANTS] = {{730, 1090, 2440},
                                               {270, 2290, 3010},
                                               {300, 870, 2240},
                                               {530, 1840, 2480},
                                               {570, 840, 2410}};
    const double *from = vowels[next(state) % 5];
    const double *to = vowels[next(state) % 5];

    memset(s, 0, sizeof *s);
    s->pause = pauses && number % 7 == 6;
    s->length = (size_t)(RATE * (s->pause ? 0.35 : 0.14 + 0.10 * unit(state)));
    s->voiced_from = next(state) % 3 == 0 ? (size_t)(RATE * 0.05) : 0;
    s->pitch_from = 105 + 50 * unit(state);
    s->pitch_to = s->pitch_from * (0.85 + 0.25 * unit(state));
    for (int i = 0; i < FORMANTS; i++) {
        s->formant_from[i] = from[i];
        s->formant_to[i] = from[i] + 0.6 * (to[i] - from[i]);
    }
}

void speech_fill(int16_t *pcm, size_t samples, uint32_t seed, int pauses)
{
    static const double widths[FORMANTS] = {80, 110, 170};
    static const double levels[FORMANTS] = {1.0, 0.6, 0.35};
    struct resonator voice[FORMANTS];
    struct resonator hiss = {0};
    struct syllable s;
    uint32_t state = seed * 2654435761u + 1;
    unsigned number = 0;
    size_t at = 0;
    double phase = 0;

    memset(voice, 0, sizeof voice);
    compose(&s, &state, number, pauses);
    tune(&hiss, 4200, 1800);
    for (size_t i = 0; i < samples; i++, at++) {
        double share;
        double pulse = 0;
        double value = 0;
        double loud;

        if (at == s.length) {
            compose(&s, &state, ++number, pauses);
            at = 0;
        }
        share = (double)at / (double)s.length;
        if (at % 48 == 0)
            for (int f = 0; f < FORMANTS; f++)
                tune(&voice[f], s.formant_from[f] + share * (s.formant_to[f] - s.formant_from[f]),
                     widths[f]);
        phase += (s.pitch_from + share * (s.pitch_to - s.pitch_from)) / RATE;
        if (phase >= 1) {
            phase -= 1;
            pulse = 1;
        }
        loud = s.pause ? 0.0 : sin(3.14159265 * share);
        loud = loud > 0 ? sqrt(loud) : 0;
        if (at < s.voiced_from)
            pulse = 0;
        for (int f = 0; f < FORMANTS; f++)
            value += levels[f] * ring(&voice[f], pulse * loud * 0.8e6);
        value += ring(&hiss, (unit(&state) - 0.5) * (at < s.voiced_from ? 9000 : 500) * loud);
        value += (unit(&state) - 0.5) * 12;
        pcm[i] = (int16_t)(value > 30000 ? 30000 : value < -30000 ? -30000 : value);
    }
}

/* Log power in bands of equal width on a bark-like scale, by Goertzel at the band centres (three
 * each). */
static void spectrum(double out[BANDS], const int16_t *pcm)
{
    double hann[WINDOW / 2];

    for (int i = 0; i < WINDOW / 2; i++)
        hann[i] = 0.5 - 0.5 * cos(TWO_PI * i / (WINDOW / 2));
    for (int band = 0; band < BANDS; band++) {
        double sum = 30.0;

        for (int part = 0; part < 3; part++) {
            double bark = (band + (part + 0.5) / 3) * 17.5 / BANDS + 1;
            double hz = 600 * sinh(bark / 6);
            double w = 2 * cos(2 * TWO_PI * hz / RATE); /* every second sample */
            double s1 = 0, s2 = 0;

            for (int i = 0; i < WINDOW; i += 2) {
                double x = hann[i / 2] * ((double)pcm[i] + pcm[i + 1]) / 2;
                double s0 = x + w * s1 - s2;

                s2 = s1;
                s1 = s0;
            }
            sum += (s1 * s1 + s2 * s2 - w * s1 * s2) / WINDOW;
        }
        out[band] = 10 * log10(sum);
    }
}

double speech_distance(const int16_t *a, const int16_t *b, size_t samples)
{
    double sum = 0;
    size_t windows = 0;

    for (size_t at = 0; at + WINDOW <= samples; at += WINDOW / 2) {
        double x[BANDS];
        double y[BANDS];
        double one = 0;

        spectrum(x, a + at);
        spectrum(y, b + at);
        for (int i = 0; i < BANDS; i++)
            one += (x[i] - y[i]) * (x[i] - y[i]);
        sum += sqrt(one / BANDS);
        windows++;
    }
    return windows ? sum / (double)windows : 0;
}
