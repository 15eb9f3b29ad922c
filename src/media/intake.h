/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What arrives of one speaker: packets go into the jitter buffer, what they tell of lost frames
 * too; and what waiting for redundancy would have saved is noted there. */
#ifndef WZP_MEDIA_INTAKE_H
#define WZP_MEDIA_INTAKE_H

#include <stdint.h>

#include "media/decoder.h"
#include "media/jitter.h"
#include "media/repair.h"

/* All zero is the initial state. */
struct wzp_intake {
    struct wzp_repair repair;
    uint64_t repair_epoch;  /* the timeline that it knows */
    uint8_t codec;          /* last seen */
    unsigned dred_reach_ms; /* of the newest packet looked at */
};
/* A packet with plain payload arrived. No allocation. */
void wzp_intake_put(struct wzp_intake *in, struct wzp_jitter *jitter, struct wzp_decoder *decoder,
                    const struct wzp_media_packet *packet, uint64_t now);

#endif
