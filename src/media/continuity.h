/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which stream does a packet without a sender number belong to? Packets of several existing clients
 * in one room of an existing relay look alike. They are told apart by continuity: the sequence
 * numbers and timestamps of one sender advance with real time, and it never sends two different
 * payloads under one number. */
#ifndef WZP_MEDIA_CONTINUITY_H
#define WZP_MEDIA_CONTINUITY_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/media.h"

#define WZP_CONTINUITY_NUMBERS 128 /* sequence numbers remembered */

/* What is known of one stream. All zero: nothing yet. */
struct wzp_continuity {
    bool started;
    uint16_t first;     /* first sequence number; lower ones are not of this stream */
    bool is_long;       /* the stream is so long that `first` no longer rules out any */
    bool is_repair;     /* the newest packet is a repair packet */
    uint8_t block;      /* fec_block of the newest packet */
    uint16_t sequence;  /* of the newest packet */
    uint32_t timestamp; /* of the newest packet */
    uint8_t codec;
    uint64_t arrival;
    unsigned per_ms; /* 1 or 48, see wzp-protocol(7), Media header */
    bool unit_sure;
    double base;       /* least transit: arrival - timestamp, ms */
    int64_t unwrapped; /* newest timestamp without wrap, the sender's unit */
    struct {
        uint16_t sequence;
        bool used;
        uint32_t hash;
    } seen[WZP_CONTINUITY_NUMBERS];
};
/* How badly the packet fits the stream: 0 = it is the very next one, more = farther away, negative
 * = not of this stream. is_sure: accepts only what hardly any other sender can have sent. Without
 * it packets that are early, or have another codec after a gap, are accepted too: for when no other
 * stream fits. */
int wzp_continuity_match(const struct wzp_continuity *c, const struct wzp_media_packet *packet,
                         bool is_sure, uint64_t now);
/* Records that the packet was assigned to this stream. */
void wzp_continuity_take(struct wzp_continuity *c, const struct wzp_media_packet *packet,
                         uint64_t now);

#endif
