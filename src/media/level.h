/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Level meters and simple sound measures, used by screens, tests and scripts: RMS and peak in
 * dBFS, power of one frequency (Goertzel), best alignment of two recordings. Pure arithmetic. */
#ifndef WZP_MEDIA_LEVEL_H
#define WZP_MEDIA_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#define WZP_LEVEL_SILENCE (-127.0)

/* Power, in the unit of samples; 0 for none. */
double wzp_level_mean_square(const int16_t *pcm, size_t samples);
/* RMS and peak against full scale (32768), WZP_LEVEL_SILENCE for silence or no samples. */
double wzp_level_rms_dbfs(const int16_t *pcm, size_t samples);
double wzp_level_peak_dbfs(const int16_t *pcm, size_t samples);
/* Smoothed meter: 10 ms attack, 300 ms release. Zero-init. */
struct wzp_meter {
    double mean_square;
};
void wzp_meter_feed(struct wzp_meter *m, const int16_t *pcm, size_t samples);
double wzp_meter_dbfs(const struct wzp_meter *m);
/* Share (0..1) of the signal's power that sits at frequency_hz (48 kHz mono). */
double wzp_level_tone_share(const int16_t *pcm, size_t samples, double frequency_hz);
/* Lag (samples, b later than a) in 0..max_lag that maximises the correlation of the envelopes of
 * two bands. *correlation is that correlation (-1..1; the same speech through a codec is above 0.9,
 * other speech of the same rhythm below 0.8). Steps of 10 ms, so codecs do not matter; the first 30
 * s of a are compared. */
size_t wzp_level_align(double *correlation, const int16_t *a, size_t a_samples, const int16_t *b,
                       size_t b_samples, size_t max_lag);

/* Sine generator for tone sources, continuous over calls. */
struct wzp_tone {
    double phase, step;
    int16_t amplitude;
};
void wzp_tone_init(struct wzp_tone *t, double frequency_hz, double dbfs);
void wzp_tone_fill(struct wzp_tone *t, int16_t *pcm, size_t samples);

#endif
