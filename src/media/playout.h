/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One speaker's receive side: jitter buffer -> decoder (DRED, LBRR, concealment) -> clock-drift
 * correction -> samples, pulled at the pace of the caller (the sound card). */
#ifndef WZP_MEDIA_PLAYOUT_H
#define WZP_MEDIA_PLAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "media/decoder.h"
#include "media/jitter.h"
#include "wzp/stats.h"

struct wzp_playout;
/* WZP_E_MEMORY. The caller frees; nothing but new allocates. */
int wzp_playout_new(struct wzp_playout **out);
void wzp_playout_free(struct wzp_playout *p);
/* As wzp_decoder_set_complexity. */
void wzp_playout_set_complexity(struct wzp_playout *p, unsigned complexity);
/* A packet with plain payload arrived. Repair packets of Codec2 are used, others ignored. */
void wzp_playout_put(struct wzp_playout *p, const struct wzp_media_packet *packet, uint64_t now);
/* Always writes exactly `samples` (any multiple of 48, at most 1920). Returns 1 when they hold a
 * voice, 0 when silence. No allocation. */
int wzp_playout_pull(struct wzp_playout *p, int16_t *pcm, size_t samples, uint64_t now);
/* As wzp_jitter_is_unsure. */
bool wzp_playout_is_unsure(const struct wzp_playout *p, uint64_t now);
/* Counters since wzp_playout_new, and the current state. */
void wzp_playout_stats(const struct wzp_playout *p, struct wzp_playout_stats *out, uint64_t now);

#endif
