/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a receiver tells the sender in the four bytes of a quality report. Three are as everywhere
 * (loss, round trip, jitter). The last one every existing program sets to 200 and none reads: ours
 * tell in it how much the line carries, and how many packets are lost in a row. Source:
 * wzp-protocol(7), Quality report. */
#ifndef WZP_MEDIA_FEEDBACK_H
#define WZP_MEDIA_FEEDBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "media/playout.h"
#include "wire/media.h"

#define WZP_FEEDBACK_UNKNOWN 200 /* the last byte of a program that says nothing in it */

struct wzp_feedback {
    double loss_percent;
    unsigned rtt_ms, jitter_ms;
    bool extended;       /* the rest is there */
    unsigned limit_kbps; /* what arrives while a queue builds up, headers included; 0 = no queue */
    unsigned limit_next; /* it is less than this: the byte knows 15 limits */
    double run;          /* packets lost in a row, mean; 0 = none lost */
};

/* A report about what `heard` says. rtt_ms: of our own connection. */
void wzp_feedback_write(struct wzp_quality_report *out, const struct wzp_playout_stats *heard,
                        unsigned rtt_ms);
/* Is it worth a report at once? A line that is full, or that loses much more than was told last. */
bool wzp_feedback_is_urgent(const struct wzp_playout_stats *heard, double told_loss_percent);
void wzp_feedback_read(struct wzp_feedback *out, const struct wzp_quality_report *report);

#endif
