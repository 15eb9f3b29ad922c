/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lost frames that something rebuilt, or could have, had playout waited for it: kept until it is
 * sure that they were lost and not late. Fixed memory. */
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
        double at_ms; /* since when it is known as it was */
    } kept[WZP_RESCUES];
    unsigned next;
};
/* The frame that begins there; the wait is of the packet that can rebuild it, which came now. Of
 * several the least wait and the greatest worth count. */
void wzp_rescues_note(struct wzp_rescues *r, int64_t timestamp, unsigned wait_ms,
                      enum wzp_wait_worth worth, double now_ms);
/* It was not lost, only late: it came now. Returns since when it has been known as it was. */
double wzp_rescues_take_back(struct wzp_rescues *r, int64_t timestamp, double now_ms);
/* Time has come to that point: what was surely lost is counted. */
void wzp_rescues_settle(struct wzp_rescues *r, struct wzp_wait *wait, int64_t timestamp);

#endif
