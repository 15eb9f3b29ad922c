/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The quality reports of all members of a room (the "crowd"), kept by sender, and one report made
 * of them for the single stream that all of them get: what most of them say. A single member, who
 * may lie or have a bad line, counts only a little. Source: wzp-protocol(7), Quality report. */
#ifndef WZP_MEDIA_CROWD_H
#define WZP_MEDIA_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "media/feedback.h"

#define WZP_CROWD_MAX 32 /* senders whose reports are kept; the oldest makes room */

/* All zero is the initial state. */
struct wzp_crowd {
    struct wzp_crowd_report {
        uint8_t sender; /* byte 10; 0: all senders that the relay does not number */
        uint64_t at;    /* 0: none */
        struct wzp_feedback said;
    } reports[WZP_CROWD_MAX];
};
/* A report came. False: it is ignored, since the last one of this sender is too fresh. */
bool wzp_crowd_report(struct wzp_crowd *c, uint8_t sender, const struct wzp_feedback *said,
                      uint64_t now);
/* The number of senders with a report of the last seconds. */
unsigned wzp_crowd_senders(const struct wzp_crowd *c, uint64_t now);
/* Combines the reports of the last seconds: *out is the median over `others` (members beside us),
 * where a member that does not report has no loss. extended: only reports of that kind count. The
 * loss of a minority counts up to a small bound, so that it costs the others next to nothing.
 * least_kbps: the narrowest line that any member reported, 0 = none. */
void wzp_crowd_sum(const struct wzp_crowd *c, unsigned others, bool extended,
                   struct wzp_feedback *out, unsigned *least_kbps, uint64_t now);

#endif
