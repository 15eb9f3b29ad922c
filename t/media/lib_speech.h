/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Synthetic speech-like sound, deterministic: syllables of voiced harmonics under moving formants,
 * fricative noise between them, pauses between phrases. Speech coders and their loss models treat
 * it as speech. */
#ifndef WZP_T_MEDIA_LIB_SPEECH_H
#define WZP_T_MEDIA_LIB_SPEECH_H

#include <stddef.h>
#include <stdint.h>

/* Fills pcm (48 kHz mono); RMS of the loud parts near 3000. seed picks the voice. pauses = 0:
 * speech without pauses. */
void speech_fill(int16_t *pcm, size_t samples, uint32_t seed, int pauses);

/* Mean distance (dB, lower is more alike) of the short-time spectra of two signals in 16 bands;
 * both start aligned to within a few ms. */
double speech_distance(const int16_t *a, const int16_t *b, size_t samples);

#endif
