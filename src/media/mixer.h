/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sum of several speakers without clipping: a limiter turns the whole sum down at once when it
 * would overflow, and up again slowly. One voice alone passes unchanged. */
#ifndef WZP_MEDIA_MIXER_H
#define WZP_MEDIA_MIXER_H

#include <stddef.h>
#include <stdint.h>

#define WZP_MIXER_SAMPLES_MAX 1920
#define WZP_VOLUME_MAX 200 /* percent */

/* All zero is the initial state. */
struct wzp_mixer {
    float reduction; /* 0 = full gain; gain is 1 - reduction */
    int32_t sum[WZP_MIXER_SAMPLES_MAX];
};
/* Empties the sum of the next `samples`. */
void wzp_mixer_begin(struct wzp_mixer *m, size_t samples);
void wzp_mixer_add(struct wzp_mixer *m, const int16_t *pcm, size_t samples);
/* Adds with a gain that goes linearly from `from` at the first sample to `to` after the last
 * one. */
void wzp_mixer_add_scaled(struct wzp_mixer *m, const int16_t *pcm, size_t samples, float from,
                          float to);
/* Limited sum. */
void wzp_mixer_finish(struct wzp_mixer *m, int16_t *pcm, size_t samples);

#endif
