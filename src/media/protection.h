/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Chooses the redundancy for the reported loss (profile.h). Programs that can rebuild lost frames
 * from DRED only get the redundancy that they would send themselves (tuner.h). Pure arithmetic. */
#ifndef WZP_MEDIA_PROTECTION_H
#define WZP_MEDIA_PROTECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "media/encoder.h"
#include "media/headroom.h"
#include "media/tuner.h"

struct wzp_protection {
    bool tuned; /* redundancy as the existing programs understand it */
    struct wzp_tuner tuner;
    struct wzp_tuning tuning;
    double loss, run; /* the loss that redundancy is chosen for: percent, packets in a row */
    struct wzp_headroom headroom;
};

/* best: the tier for a good line. */
void wzp_protection_init(struct wzp_protection *p, enum wzp_codec best);
/* The peer reported this loss (percent), in runs of that mean length. congested: a full queue
 * dropped the packets, which is no reason for redundancy. */
void wzp_protection_report(struct wzp_protection *p, double loss, double run, bool congested);
/* Adds redundancy to a plan that has none. before: the plan in use. line: every member but
 * with_kbps is set. */
void wzp_protection_apply(struct wzp_protection *p, struct wzp_encoder_plan *plan,
                          const struct wzp_encoder_plan *before, struct wzp_headroom_line line,
                          uint64_t now);

#endif
