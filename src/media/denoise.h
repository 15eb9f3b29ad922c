/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Suppresses steady background noise with SpeexDSP, but only while there is so much noise that this
 * is worth its cost: 10 ms of delay and some damage to the voice. */
#ifndef WZP_MEDIA_DENOISE_H
#define WZP_MEDIA_DENOISE_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_DENOISE_BLOCK 480 /* 10 ms */

struct wzp_denoise;
/* WZP_E_MEMORY. Nothing after this allocates. */
int wzp_denoise_new(struct wzp_denoise **out);
void wzp_denoise_free(struct wzp_denoise *d);
/* Processes one block in place. level: RMS of the talker (0: not heard yet); room: RMS of the
 * background noise. */
void wzp_denoise_run(struct wzp_denoise *d, int16_t pcm[WZP_DENOISE_BLOCK], float level,
                     float room);
bool wzp_denoise_works(const struct wzp_denoise *d);

#endif
