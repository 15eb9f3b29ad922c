/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All speakers of one call or room: tells streams apart (by the sender number our relay stamps in
 * byte 10; without it by continuity of sequence and timestamp), one playout per stream, mixed with
 * a soft limiter. Bounded: the stream silent for longest makes room, for a few newcomers a second.
 * Source: wzp-protocol(7), Media header, Old peers. */
#ifndef WZP_MEDIA_RECEIVER_H
#define WZP_MEDIA_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

#include "media/playout.h"

#define WZP_RECEIVER_STREAMS_MAX 32

struct wzp_receiver;
/* Without streams; they are made as speakers appear. WZP_E_MEMORY. The caller frees. */
int wzp_receiver_new(struct wzp_receiver **out);
void wzp_receiver_free(struct wzp_receiver *r);
/* How many other people there are: 1 for a call, where every unstamped packet belongs to one
 * stream; 0 (initially) = unknown, tell streams apart. */
void wzp_receiver_set_expected(struct wzp_receiver *r, unsigned people);
/* Takes a parsed packet with plain payload. All-zero headers of browser senders are dropped
 * (wzp-protocol(7), Relay rules). Allocates only when a new speaker appears. */
void wzp_receiver_put(struct wzp_receiver *r, const struct wzp_media_packet *packet, uint64_t now);
/* Mixed samples, exactly `samples` (multiple of 48, at most 1920). Returns the number of speakers
 * heard. */
int wzp_receiver_pull(struct wzp_receiver *r, int16_t *pcm, size_t samples, uint64_t now);
size_t wzp_receiver_stream_count(const struct wzp_receiver *r);
/* i < stream_count. sender: stamped number, 0 when told apart by heuristics. */
int wzp_receiver_stream_stats(const struct wzp_receiver *r, size_t i, uint8_t *sender,
                              struct wzp_playout_stats *out, uint64_t now);
/* Sum over streams, ended ones too (counters), and worst (jitter, loss, delay): for a call. */
void wzp_receiver_stats(const struct wzp_receiver *r, struct wzp_playout_stats *out, uint64_t now);

#endif
