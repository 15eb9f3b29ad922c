/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Jitter buffer of one stream, keyed by unwrapped timestamp. It keeps packet bytes (decoding and
 * DRED parsing are deferred), estimates the spread of relative one-way delay, and says when a
 * piece of audio is due. Fixed memory, no allocation after init.
 *
 * Time: "lag" of a timestamp is how long after the arrival of an undelayed packet its audio plays.
 * The target is the lag that lets nearly all packets, and those that rescue lost ones, arrive in
 * time. */
#ifndef WZP_MEDIA_JITTER_H
#define WZP_MEDIA_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/copies.h"
#include "media/slots.h"
#include "wire/media.h"
#include "wzp/stats.h"

#define WZP_JITTER_TARGET_MIN_MS 1 /* between arrival and pull */
#define WZP_JITTER_TARGET_MAX_MS 450

struct wzp_jitter;
/* WZP_E_MEMORY. The caller frees; nothing but new allocates. */
int wzp_jitter_new(struct wzp_jitter **out);
void wzp_jitter_free(struct wzp_jitter *j);
/* Stores one source packet (payload plain); of repair packets it notes only the sequence number.
 * Infers whether the sender counts ms or samples (wzp-protocol(7), Media header). A packet that
 * does not fit the stream's timeline (new sender, jump) waits until the next one confirms it; then
 * the buffer starts anew. Returns 1 stored, 0 dropped (late, duplicate, stray). */
int wzp_jitter_put(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now);
/* Stores a lost packet that was rebuilt from repair packets, if it is missing and still of use.
 * Returns as wzp_jitter_put. The packet counts as lost all the same. */
int wzp_jitter_put_repaired(struct wzp_jitter *j, const struct wzp_media_packet *packet);
/* Stores the copy of an earlier packet that `carrier` holds, if the earlier packet is missing and
 * still of use. carrier is the packet of the last put, which was stored. The copy counts for the
 * choice of a target that waits for copies. Returns as above. */
int wzp_jitter_put_copy(struct wzp_jitter *j, const struct wzp_media_packet *carrier,
                        const struct wzp_copy *copy);
/* Sets how long playout waits for repair packets, apart from the wait for other redundancy; 0 =
 * does not wait. */
void wzp_jitter_set_repair_wait(struct wzp_jitter *j, unsigned wait_ms);
/* Number of timelines begun so far: when it changes, timestamps have a new origin. 0 = no packet
 * yet. */
uint64_t wzp_jitter_epoch(const struct wzp_jitter *j);
/* Lag of this timestamp if it plays now, in ms. Comparable with the target. */
double wzp_jitter_lag_ms(const struct wzp_jitter *j, int64_t timestamp, uint64_t now);
/* The origin of lags: the least delay of the last seconds, in ms from an arbitrary origin. */
double wzp_jitter_base_ms(const struct wzp_jitter *j, uint64_t now);
/* Lag with which the redundancy of lost packets comes in time; 0 = none is waited for. */
double wzp_jitter_rescue_ms(const struct wzp_jitter *j);
/* Lag with which nearly all packets come in time, and that redundancy as well:
 * WZP_JITTER_TARGET_MIN_MS..WZP_JITTER_TARGET_MAX_MS. */
double wzp_jitter_target_ms(const struct wzp_jitter *j);
/* Should the oldest packet be played now? True once its lag has reached the target. */
bool wzp_jitter_ready(const struct wzp_jitter *j, uint64_t now);
/* Oldest timestamp held (false when empty). */
bool wzp_jitter_oldest(const struct wzp_jitter *j, int64_t *timestamp);
/* Packet whose audio covers [timestamp, ...): NULL when missing. Stays stored until
 * wzp_jitter_release. */
const struct wzp_jitter_packet *wzp_jitter_find(const struct wzp_jitter *j, int64_t timestamp);
/* The earliest stored packet after timestamp, whose redundancy may fill a gap. NULL when none. */
const struct wzp_jitter_packet *wzp_jitter_next_after(const struct wzp_jitter *j,
                                                      int64_t timestamp);
/* After a put that stored the newest packet behind a loss: that packet, and through *gap_ms the
 * audio missing right before it. NULL when the last put left no gap. */
const struct wzp_jitter_packet *wzp_jitter_gap(const struct wzp_jitter *j, unsigned *gap_ms);
/* The packet of the last put can rebuild a frame that begins `back_ms` before it. Unless that
 * frame's own packet arrives after all, this counts for a target that waits `wait_ms` for
 * redundancy. */
void wzp_jitter_note_rescue(struct wzp_jitter *j, unsigned back_ms, unsigned wait_ms);
/* Playout passed this point: the memory of everything before may be reused, and packets older than
 * it are late from now on. */
void wzp_jitter_release(struct wzp_jitter *j, int64_t timestamp);
/* True while the first packets do not tell yet how wide the line is (arrivals.h). */
bool wzp_jitter_is_unsure(const struct wzp_jitter *j, uint64_t now);
void wzp_jitter_stats(const struct wzp_jitter *j, struct wzp_jitter_stats *out, uint64_t now);

#endif
