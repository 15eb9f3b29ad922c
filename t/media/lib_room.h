/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Real speech, and a simulated acoustic path from a loudspeaker through a room to a microphone. */
#ifndef WZP_T_MEDIA_LIB_ROOM_H
#define WZP_T_MEDIA_LIB_ROOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills pcm with t/vectors/speech.wav, repeated, at 48 kHz, beginning at from_ms. Bails when the
 * file cannot be read. */
void room_voice(int16_t *pcm, size_t samples, unsigned from_ms);
/* Adds to `echo` the echo of the samples [from, to) of far, delayed and attenuated. Impulse
 * response of the room: the direct path, and from 3 ms on a tail of noise that decays by 60 dB in
 * tail_ms; each seed gives another tail; up to 8 kHz. */
void room_echo(float *echo, const int16_t *far, size_t samples, size_t from, size_t to,
               unsigned delay_ms, unsigned tail_ms, double gain_db, uint32_t seed);

#endif
