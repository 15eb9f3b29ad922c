/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Capture side processing: echo is cancelled, then noise is suppressed where there is any, then the
 * gain is brought to what peers expect (speech near RMS 3000: otherwise their own gain control
 * pumps). Also resampling between device rates and 48 kHz. A clean microphone at the right level
 * goes through untouched. */
#ifndef WZP_MEDIA_DSP_H
#define WZP_MEDIA_DSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_DSP_BLOCK 480 /* 10 ms */

struct wzp_dsp_options {
    bool echo_cancel, gain, denoise;
};
struct wzp_dsp;
/* WZP_E_MEMORY. Nothing after this allocates. */
int wzp_dsp_new(struct wzp_dsp **out, const struct wzp_dsp_options *options);
void wzp_dsp_free(struct wzp_dsp *d);
/* One block that goes to the loudspeaker, in playing order. There is one for each captured block;
 * the two kinds of call may be up to 300 ms apart. */
void wzp_dsp_playback(struct wzp_dsp *d, const int16_t pcm[WZP_DSP_BLOCK]);
/* One block of microphone, processed in place. */
void wzp_dsp_capture(struct wzp_dsp *d, int16_t pcm[WZP_DSP_BLOCK]);
/* Current gain in dB; 0 when gain control is off. */
double wzp_dsp_gain_db(const struct wzp_dsp *d);
/* Is noise being suppressed now? */
bool wzp_dsp_denoises(const struct wzp_dsp *d);

/* Mono resampler. process returns output samples; *in_used says how many inputs were taken. new:
 * WZP_E_ARGUMENT for rates outside 4000..384000, WZP_E_MEMORY. */
struct wzp_resampler;
int wzp_resampler_new(struct wzp_resampler **out, unsigned from_rate, unsigned to_rate);
void wzp_resampler_free(struct wzp_resampler *r);
size_t wzp_resampler_process(struct wzp_resampler *r, int16_t *out, size_t out_capacity,
                             const int16_t *in, size_t in_count, size_t *in_used);

#endif
