/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The packets a jitter buffer keeps, by timestamp. Fixed memory. */
#ifndef WZP_MEDIA_SLOTS_H
#define WZP_MEDIA_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/encoder.h"

#define WZP_JITTER_SLOTS 64 /* packets kept */

struct wzp_jitter_packet {
    uint8_t codec;
    uint8_t frame_ms;
    bool is_repaired; /* the packet was lost, and its content comes from repair packets or a copy */
    uint16_t length;
    uint16_t sequence;
    int64_t timestamp; /* unwrapped, in ms of the stream's own clock after unit inference */
    uint64_t id;       /* unique per stream, for the decoder's DRED cache; never 0 */
    uint8_t data[WZP_FRAME_BYTES_MAX];
};
/* All zero: empty. */
struct wzp_slots {
    /* Bit i: slot i holds a packet. Slots are large: only those in use are looked at. */
    uint64_t used;
    struct wzp_jitter_packet packets[WZP_JITTER_SLOTS];
};
void wzp_slots_clear(struct wzp_slots *s);
/* These look a packet up. exact: it begins exactly there. find: its audio covers that point. after:
 * the earliest that begins after that point. by_id: it has this id. NULL: none. */
struct wzp_jitter_packet *wzp_slots_exact(struct wzp_slots *s, int64_t timestamp);
const struct wzp_jitter_packet *wzp_slots_find(const struct wzp_slots *s, int64_t timestamp);
const struct wzp_jitter_packet *wzp_slots_after(const struct wzp_slots *s, int64_t timestamp);
const struct wzp_jitter_packet *wzp_slots_by_id(const struct wzp_slots *s, uint64_t id);
/* A place for a packet of that time: a free one, else the oldest packet's, and *overflow is set.
 * NULL when the new packet would itself be the oldest. */
struct wzp_jitter_packet *wzp_slots_take(struct wzp_slots *s, int64_t timestamp, bool *overflow);
/* Frees the packets that end before that point. */
void wzp_slots_release(struct wzp_slots *s, int64_t timestamp);
/* Audio kept, ms. */
unsigned wzp_slots_ms(const struct wzp_slots *s);

#endif
