/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Real speech, and the way of sound from a loudspeaker through a room to a microphone. */
#ifndef WZP_T_MEDIA_LIB_ROOM_H
#define WZP_T_MEDIA_LIB_ROOM_H

#include <stddef.h>
#include <stdint.h>

/* t/vectors/speech.wav over and over at 48 kHz, beginning at from_ms. Bails when it cannot be
 * read. */
void room_voice(int16_t *pcm, size_t samples, unsigned from_ms);
/* Adds to `echo` what comes of the samples [from, to) of far through a room, so much later and
 * quieter. The room: a direct way, and from 3 ms on a tail of noise that falls by 60 dB in tail_ms,
 * other noise for another seed; up to 8 kHz. */
void room_echo(float *echo, const int16_t *far, size_t samples, size_t from, size_t to,
               unsigned delay_ms, unsigned tail_ms, double gain_db, uint32_t seed);

#endif
