/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Takes the packets of one speaker: puts them into the jitter buffer, along with the lost frames
 * that they carry or repair, and notes there which lost frames waiting for redundancy would have
 * saved. */
#ifndef WZP_MEDIA_INTAKE_H
#define WZP_MEDIA_INTAKE_H

#include <stdint.h>

#include "media/decoder.h"
#include "media/jitter.h"
#include "media/repair.h"

/* All zero is the initial state. */
struct wzp_intake {
    struct wzp_repair repair;
    uint64_t repair_epoch;  /* the jitter buffer's epoch that repair belongs to */
    uint8_t codec;          /* last seen */
    unsigned dred_reach_ms; /* of the newest packet that was parsed for DRED */
};
/* A packet with plain payload arrived. No allocation. */
void wzp_intake_put(struct wzp_intake *in, struct wzp_jitter *jitter, struct wzp_decoder *decoder,
                    const struct wzp_media_packet *packet, uint64_t now);

#endif
