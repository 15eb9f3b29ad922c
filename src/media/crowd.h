/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the members of a room report of what they hear, kept apart by sender, and what follows for
 * the one stream that all of them get: what most of them say. One alone, who lies or whose line is
 * bad, is heard for a little. Source: wzp-protocol(7), Quality report. */
#ifndef WZP_MEDIA_CROWD_H
#define WZP_MEDIA_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "media/feedback.h"

#define WZP_CROWD_MAX 32 /* senders whose reports are kept; the oldest makes room */

/* All zero is the initial state. */
struct wzp_crowd {
    struct wzp_crowd_report {
        uint8_t sender; /* byte 10; 0: of all whom the relay does not number */
        uint64_t at;    /* 0: none */
        struct wzp_feedback said;
    } reports[WZP_CROWD_MAX];
};
/* A report came. False: the last one of this sender is so fresh that this one is left out. */
bool wzp_crowd_report(struct wzp_crowd *c, uint8_t sender, const struct wzp_feedback *said,
                      uint64_t now);
/* Of how many senders there are reports of the last seconds. */
unsigned wzp_crowd_senders(const struct wzp_crowd *c, uint64_t now);
/* What more than half of `others` (members beside us) say at least, of the last seconds; who is
 * silent has nothing to complain about. extended: only reports of that kind count. What a minority
 * loses is taken for so little that it costs the others next to nothing. least_kbps: the narrowest
 * line that anybody told, 0 = none. */
void wzp_crowd_sum(const struct wzp_crowd *c, unsigned others, bool extended,
                   struct wzp_feedback *out, unsigned *least_kbps, uint64_t now);

#endif
