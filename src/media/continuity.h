/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which stream does a packet without sender number belong to? Several existing clients in one room
 * of an existing relay look alike; what tells them apart is that one sender's sequence numbers and
 * timestamps go on from each other in real time, and that it never sends two different payloads
 * under one number. */
#ifndef WZP_MEDIA_CONTINUITY_H
#define WZP_MEDIA_CONTINUITY_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/media.h"

#define WZP_CONTINUITY_NUMBERS 128 /* sequence numbers remembered */

/* What is known of one stream. All zero: nothing yet. */
struct wzp_continuity {
    bool started;
    uint16_t first;     /* the first number; none before it is of this stream */
    bool is_long;       /* it goes on for so long that `first` says nothing any more */
    bool is_repair;     /* the newest was one */
    uint8_t block;      /* fec_block of the newest */
    uint16_t sequence;  /* newest */
    uint32_t timestamp; /* of it */
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
/* How badly the packet fits: 0 = the very next one, more = farther, negative = not of it. is_sure:
 * only what hardly anybody else can have sent; without it also what comes before its time or with
 * another codec after a gap, for a stream that has nothing else. */
int wzp_continuity_match(const struct wzp_continuity *c, const struct wzp_media_packet *packet,
                         bool is_sure, uint64_t now);
/* The packet was given to this stream. */
void wzp_continuity_take(struct wzp_continuity *c, const struct wzp_media_packet *packet,
                         uint64_t now);

#endif
