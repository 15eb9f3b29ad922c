/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Voices for simulated phones (real speech from a file, tones), and analysis of what was heard. */
#ifndef WZP_T_SIM_LIB_VOICE_H
#define WZP_T_SIM_LIB_VOICE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/card.h"

/* t/vectors/speech.wav at 48 kHz; free with wzp_free. Bails when it cannot be read. */
int16_t *voice_speech(size_t *samples);
/* Some seconds of a sine of whole periods per second, so that it repeats without a click; free with
 * wzp_free. */
int16_t *voice_tone(double frequency, double dbfs, size_t samples);
/* Longest silence (below -60 dBFS, in 10 ms blocks) in ms between the first and the last loud
 * block. */
unsigned voice_longest_gap_ms(const int16_t *pcm, size_t samples);
/* What share of the last samples that were heard is a tone of that frequency; 0 when there are
 * fewer samples. */
double voice_share(const struct wzp_sim_recording *heard, size_t samples, double frequency);
/* The largest root mean square of any 20 ms. */
double voice_loudest(const int16_t *pcm, size_t samples);

#endif
