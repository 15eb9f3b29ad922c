/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/level.h"

#include <math.h>
#include <string.h>

#include "media/encoder.h"

#define TWO_PI 6.283185307179586
#define FULL_SCALE 32768.0
#define ATTACK_SECONDS 0.010
#define RELEASE_SECONDS 0.300
#define ENVELOPE_STEP 480 /* 10 ms */
/* Recordings longer than this are compared by their first part: the envelopes live on the stack. */
#define ENVELOPE_MAX 3000

static double decibels(double mean_square)
{
    double result;

    if (mean_square <= 0)
        return WZP_LEVEL_SILENCE;
    result = 10.0 * log10(mean_square / (FULL_SCALE * FULL_SCALE));
    return result < WZP_LEVEL_SILENCE ? WZP_LEVEL_SILENCE : result;
}

double wzp_level_mean_square(const int16_t *pcm, size_t samples)
{
    double sum = 0;

    for (size_t i = 0; i < samples; i++)
        sum += (double)pcm[i] * pcm[i];
    return samples ? sum / (double)samples : 0;
}

double wzp_level_rms_dbfs(const int16_t *pcm, size_t samples)
{
    return decibels(wzp_level_mean_square(pcm, samples));
}

double wzp_level_peak_dbfs(const int16_t *pcm, size_t samples)
{
    int peak = 0;

    for (size_t i = 0; i < samples; i++) {
        int size = pcm[i] < 0 ? -(int)pcm[i] : pcm[i];

        if (size > peak)
            peak = size;
    }
    return decibels((double)peak * peak);
}

void wzp_meter_feed(struct wzp_meter *m, const int16_t *pcm, size_t samples)
{
    double power = wzp_level_mean_square(pcm, samples);
    double seconds = (double)samples / WZP_SAMPLE_RATE;
    double keep = exp(-seconds / (power > m->mean_square ? ATTACK_SECONDS : RELEASE_SECONDS));

    if (samples)
        m->mean_square = keep * m->mean_square + (1 - keep) * power;
}

double wzp_meter_dbfs(const struct wzp_meter *m)
{
    return decibels(m->mean_square);
}

/* Power of the sine of that frequency that fits best (least squares on sine and cosine). */
static double tone_power(const int16_t *pcm, size_t samples, double frequency_hz)
{
    double step = TWO_PI * frequency_hz / WZP_SAMPLE_RATE;
    double cc = 0, ss = 0, cs = 0, xc = 0, xs = 0;
    double determinant;
    double a;
    double b;

    for (size_t i = 0; i < samples; i++) {
        double c = cos(step * (double)i);
        double s = sin(step * (double)i);

        cc += c * c;
        ss += s * s;
        cs += c * s;
        xc += pcm[i] * c;
        xs += pcm[i] * s;
    }
    determinant = cc * ss - cs * cs;
    if (determinant < 1e-9)
        return 0;
    a = (xc * ss - xs * cs) / determinant;
    b = (xs * cc - xc * cs) / determinant;
    return (a * xc + b * xs) / (double)samples;
}

double wzp_level_tone_share(const int16_t *pcm, size_t samples, double frequency_hz)
{
    double total = 0;
    double tone = 0;
    /* In pieces of 100 ms: a clock a little off, or one jump of phase, must not hide the tone. */
    const size_t piece = WZP_SAMPLE_RATE / 10;

    for (size_t at = 0; at < samples; at += piece) {
        size_t count = samples - at < piece ? samples - at : piece;

        if (count < piece && at > 0)
            break;
        total += wzp_level_mean_square(pcm + at, count) * (double)count;
        tone += tone_power(pcm + at, count, frequency_hz) * (double)count;
    }
    if (total <= 0)
        return 0;
    return tone > total ? 1 : tone / total;
}

/* Envelopes of the part below about 800 Hz and of the rest, in steps of 10 ms, compressed to the
 * square root of the amplitude: soft parts count, silences do not dominate. Two bands, because the
 * rhythm of any two speakers is alike. */
struct envelope {
    float low[ENVELOPE_MAX], high[ENVELOPE_MAX];
    size_t count;
};

static void envelope(struct envelope *out, const int16_t *pcm, size_t samples)
{
    float low = 0;

    out->count = samples / ENVELOPE_STEP;
    if (out->count > ENVELOPE_MAX)
        out->count = ENVELOPE_MAX;
    for (size_t i = 0; i < out->count; i++) {
        float low_power = 0;
        float high_power = 0;

        for (size_t k = 0; k < ENVELOPE_STEP; k++) {
            float x = pcm[i * ENVELOPE_STEP + k];

            low += 0.1f * (x - low);
            low_power += low * low;
            high_power += (x - low) * (x - low);
        }
        out->low[i] = sqrtf(sqrtf(low_power / ENVELOPE_STEP));
        out->high[i] = sqrtf(sqrtf(high_power / ENVELOPE_STEP));
    }
}

static double correlate(const float *a, const float *b, size_t count)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;

    for (size_t i = 0; i < count; i++) {
        ma += a[i];
        mb += b[i];
    }
    ma /= (double)count;
    mb /= (double)count;
    for (size_t i = 0; i < count; i++) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return aa > 1e-9 && bb > 1e-9 ? ab / sqrt(aa * bb) : 0;
}

size_t wzp_level_align(double *correlation, const int16_t *a, size_t a_samples, const int16_t *b,
                       size_t b_samples, size_t max_lag)
{
    struct envelope of_a;
    struct envelope of_b;
    size_t best_lag = 0;
    double best = -1;

    envelope(&of_a, a, a_samples);

    /* The grid of b's envelope slides in quarters of a step, so the lag comes out to 2.5 ms. */
    for (size_t fine = 0; fine < ENVELOPE_STEP; fine += ENVELOPE_STEP / 4) {
        if (b_samples <= fine)
            break;
        envelope(&of_b, b + fine, b_samples - fine);
        for (size_t lag = 0; lag * ENVELOPE_STEP + fine <= max_lag && lag < of_b.count; lag++) {
            size_t count = of_b.count - lag < of_a.count ? of_b.count - lag : of_a.count;
            double value;

            /* At least half of a must lie under b, else chance wins. */
            if (count < 10 || count * 2 < of_a.count)
                break;
            value = (correlate(of_a.low, of_b.low + lag, count) +
                     correlate(of_a.high, of_b.high + lag, count)) /
                    2;
            if (value > best) {
                best = value;
                best_lag = lag * ENVELOPE_STEP + fine;
            }
        }
    }
    if (correlation)
        *correlation = best;
    return best_lag;
}

void wzp_tone_init(struct wzp_tone *t, double frequency_hz, double dbfs)
{
    double amplitude = FULL_SCALE * pow(10.0, dbfs / 20.0);

    t->phase = 0;
    t->step = TWO_PI * frequency_hz / WZP_SAMPLE_RATE;
    t->amplitude = (int16_t)(amplitude > 32767 ? 32767 : amplitude < 0 ? 0 : amplitude);
}

void wzp_tone_fill(struct wzp_tone *t, int16_t *pcm, size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        pcm[i] = (int16_t)lrint(t->amplitude * sin(t->phase));
        t->phase += t->step;
        if (t->phase >= TWO_PI)
            t->phase -= TWO_PI * floor(t->phase / TWO_PI);
    }
}
