/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Repair packets of Codec2 senders, of one stream: collects what came of the last blocks, and gives
 * back frames that were lost. A block is told apart by its number and by where its first frame
 * stands in sequence and time, so that a number used again, or a packet of somebody else, joins no
 * block. Fixed memory, and work bounded by each packet. Source: wzp-protocol(7), Codecs. */
#ifndef WZP_MEDIA_REPAIR_H
#define WZP_MEDIA_REPAIR_H

#include "media/raptorq.h"
#include "wire/media.h"

#define WZP_REPAIR_BLOCKS 4

struct wzp_repair_block {
    bool used, solved;
    uint8_t codec, number;
    uint16_t sequence; /* of its first frame, */
    uint32_t timestamp;
    struct wzp_raptorq code;
};
/* All zero is the initial state. */
struct wzp_repair {
    struct wzp_repair_block blocks[WZP_REPAIR_BLOCKS];
    unsigned next;
    uint64_t rejected;              /* packets that no sender of repairs makes */
    uint64_t rebuilt, contradicted; /* frames; blocks */
    double need;                    /* share of frames that were rebuilt, of the last time */
    bool waits;                     /* it pays to wait for repairs */
    unsigned span_ms;               /* of a block: from the end of its first frame to its repairs */
};
/* A packet came, frame or repair. Returns how many lost frames are known now; with out (room for
 * WZP_RAPTORQ_SOURCES_MAX) they look as if they had come; payloads point into r and are valid until
 * the next call. 0 of all packets that are not Codec2. No allocation. */
size_t wzp_repair_put(struct wzp_repair *r, const struct wzp_media_packet *packet,
                      struct wzp_media_packet *out);
/* How long playout should wait for repairs: the length of a block while enough is lost that it
 * pays, else 0. */
unsigned wzp_repair_wait_ms(const struct wzp_repair *r);

#endif
