/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All speakers of one call or room: tells streams apart (by the sender number our relay stamps in
 * byte 10; without it by continuity of sequence and timestamp), one playout per stream, mixed with
 * a soft limiter. Bounded: when all places are taken, a new stream replaces the one that was silent
 * longest, a few times a second at most. Source: wzp-protocol(7), Media header, Old peers. */
#ifndef WZP_MEDIA_RECEIVER_H
#define WZP_MEDIA_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/playout.h"

#define WZP_RECEIVER_STREAMS_MAX 32
/* Voices without a stamped number get numbers from here on; no number is used twice. */
#define WZP_VOICE_UNSTAMPED 256

struct wzp_receiver;
/* Begins without streams; they are made as speakers appear. WZP_E_MEMORY. The caller frees. */
int wzp_receiver_new(struct wzp_receiver **out);
void wzp_receiver_free(struct wzp_receiver *r);
/* How many other people there are: 1 for a call, where every unstamped packet belongs to one
 * stream; 0 (initially) = unknown, tell streams apart. */
void wzp_receiver_set_expected(struct wzp_receiver *r, unsigned people);
/* As wzp_decoder_set_complexity, for all streams, also those to come; while more than four speak at
 * once no voice gets more than WZP_DECODER_LOW. */
void wzp_receiver_set_complexity(struct wzp_receiver *r, unsigned complexity);
/* Takes a parsed packet with plain payload. All-zero headers of browser senders are dropped
 * (wzp-protocol(7), Relay rules). Allocates only when a new speaker appears. */
void wzp_receiver_put(struct wzp_receiver *r, const struct wzp_media_packet *packet, uint64_t now);
/* Mixed samples, voices of a room as loud as each other, exactly `samples` (multiple of 48, at most
 * 1920). Returns the number of speakers heard. */
int wzp_receiver_pull(struct wzp_receiver *r, int16_t *pcm, size_t samples, uint64_t now);
/* Sets how loud a voice is mixed, 0 (not heard) to WZP_VOLUME_MAX percent. The volume of a stamped
 * number also holds before and after its stream exists, that of another number while its stream
 * exists. In a call (one person) the voice is 0. WZP_E_NOT_FOUND, WZP_E_RANGE. */
int wzp_receiver_set_volume(struct wzp_receiver *r, unsigned voice, unsigned percent);
/* Voice i < stream_count: its number as above, its volume, and its level before the volume is
 * applied. speaking: packets arrive, and they are not silence. WZP_E_RANGE. */
struct wzp_receiver_voice {
    unsigned voice, volume_percent;
    bool speaking;
    double level_dbfs;
};
int wzp_receiver_voice(const struct wzp_receiver *r, size_t i, struct wzp_receiver_voice *out,
                       uint64_t now);
size_t wzp_receiver_stream_count(const struct wzp_receiver *r);
/* i < stream_count. sender: stamped number, 0 when told apart by heuristics. */
int wzp_receiver_stream_stats(const struct wzp_receiver *r, size_t i, uint8_t *sender,
                              struct wzp_playout_stats *out, uint64_t now);
/* True while it is unknown how wide the line is, because nothing arrived yet, or too little
 * (width.h). It is asked of the stream whose packet came last. */
bool wzp_receiver_is_unsure(const struct wzp_receiver *r, uint64_t now);
/* For a call: the sum over all streams, ended ones included (counters), and the worst of them
 * (jitter, loss, delay). */
void wzp_receiver_stats(const struct wzp_receiver *r, struct wzp_playout_stats *out, uint64_t now);

#endif
