/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Speech-like sound made from nothing, the same at each run: syllables of voiced harmonics under
 * moving formants, fricative noise between, pauses between phrases. Speech coders and their loss
 * models treat it as speech. */
#ifndef WZP_T_MEDIA_LIB_SPEECH_H
#define WZP_T_MEDIA_LIB_SPEECH_H

#include <stddef.h>
#include <stdint.h>

/* Fills pcm (48 kHz mono), RMS of the loud parts near 3000. seed picks the voice. With pauses = 0
 * it talks without one. */
void speech_fill(int16_t *pcm, size_t samples, uint32_t seed, int pauses);

/* Mean distance (dB, lower is more alike) of the short-time spectra in 16 bands of two pieces;
 * pieces start aligned to within a few ms. */
double speech_distance(const int16_t *a, const int16_t *b, size_t samples);

#endif
