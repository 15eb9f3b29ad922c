/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a receiver tells the sender in the four bytes of a quality report. Three have their usual
 * meaning (loss, round trip, jitter). Every existing program sets the last one to 200, and none
 * reads it: this program puts into it how much the line carries, and how many packets are lost in a
 * row. Source: wzp-protocol(7), Quality report. */
#ifndef WZP_MEDIA_FEEDBACK_H
#define WZP_MEDIA_FEEDBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "media/playout.h"
#include "wire/media.h"

#define WZP_FEEDBACK_UNKNOWN 200 /* last byte of programs without this extension */

struct wzp_feedback {
    double loss_percent;
    unsigned rtt_ms, jitter_ms;
    bool extended;       /* the members below are set */
    unsigned limit_kbps; /* what arrives while a queue builds up, headers included; 0 = no queue */
    unsigned limit_next; /* upper end of the class: the byte can express 15 limits */
    double run;          /* packets lost in a row, mean; 0 = none lost */
};

/* Makes a report of the statistics in `heard`. rtt_ms: of our own connection. */
void wzp_feedback_write(struct wzp_quality_report *out, const struct wzp_playout_stats *heard,
                        unsigned rtt_ms);
/* Should a report be sent at once? When the line is full, or loses much more than was last
 * reported. */
bool wzp_feedback_is_urgent(const struct wzp_playout_stats *heard, double told_loss_percent);
void wzp_feedback_read(struct wzp_feedback *out, const struct wzp_quality_report *report);

#endif
