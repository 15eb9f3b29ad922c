/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Missing frames that redundancy rebuilt, or could have rebuilt had playout waited for it
 * ("rescues"). Each is kept until it is certain that the frame's own packet was lost and not late.
 * Fixed memory. */
#ifndef WZP_MEDIA_RESCUES_H
#define WZP_MEDIA_RESCUES_H

#include <stdint.h>

#include "media/wait.h"

#define WZP_RESCUES 32

/* All zero: none. */
struct wzp_rescues {
    struct {
        int64_t timestamp;
        unsigned wait_ms; /* 0 = free */
        enum wzp_wait_worth worth;
        double at_ms; /* since when its exact content is known */
    } kept[WZP_RESCUES];
    unsigned next;
};
/* Notes the frame that begins at `timestamp`. A packet that can rebuild it came now, wait_ms after
 * the frame's own time. Of several notes the least wait and the greatest worth count. */
void wzp_rescues_note(struct wzp_rescues *r, int64_t timestamp, unsigned wait_ms,
                      enum wzp_wait_worth worth, double now_ms);
/* The frame was only late: its own packet came now. Returns since when its exact content has been
 * known. */
double wzp_rescues_take_back(struct wzp_rescues *r, int64_t timestamp, double now_ms);
/* Frames before `timestamp` are certainly lost: counts them in `wait`. */
void wzp_rescues_settle(struct wzp_rescues *r, struct wzp_wait *wait, int64_t timestamp);

#endif
