/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Repair packets (FEC, raptorq.h) of one Codec2 stream: collects the packets of the last blocks,
 * and returns frames that were lost. A block is identified by its number and by the sequence number
 * and timestamp of its first frame, so that a reused number, or another sender's packet, does not
 * join it. Fixed memory, and work bounded by each packet. Source: wzp-protocol(7), Codecs. */
#ifndef WZP_MEDIA_REPAIR_H
#define WZP_MEDIA_REPAIR_H

#include "media/raptorq.h"
#include "wire/media.h"

#define WZP_REPAIR_BLOCKS 4

struct wzp_repair_block {
    bool used, solved;
    uint8_t codec, number;
    uint16_t sequence; /* of its first frame */
    uint32_t timestamp;
    struct wzp_raptorq code;
};
/* All zero is the initial state. */
struct wzp_repair {
    struct wzp_repair_block blocks[WZP_REPAIR_BLOCKS];
    unsigned next;
    uint64_t rejected;              /* packets that no valid sender makes */
    uint64_t rebuilt, contradicted; /* frames; blocks */
    double need;                    /* share of frames that were rebuilt lately */
    bool waits;                     /* it pays to wait for repairs */
    unsigned span_ms; /* of a block: from the end of its first frame to its repair packets */
};
/* A packet arrived, frame or repair. Returns how many lost frames it made known, 0 for packets that
 * are not Codec2. out (room for WZP_RAPTORQ_SOURCES_MAX) gets them in the form of received packets;
 * their payloads point into r and are valid until the next call. No allocation. */
size_t wzp_repair_put(struct wzp_repair *r, const struct wzp_media_packet *packet,
                      struct wzp_media_packet *out);
/* How long playout should wait for repairs: the length of a block while enough is lost that it
 * pays, else 0. */
unsigned wzp_repair_wait_ms(const struct wzp_repair *r);

#endif
