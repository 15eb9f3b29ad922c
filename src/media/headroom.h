/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Has the line room for copies (copies.h), which double what is sent, or more? Copies are
 * considered only when packets are lost without a queue. Any sign of a full line forbids them, for
 * longer each time. A policer, which drops what is over its rate without a queue, is recognised by
 * a throughput that does not grow with the copies; to be sure, copies stop for a moment. So copies
 * never add to congestion for long. Pure arithmetic. */
#ifndef WZP_MEDIA_HEADROOM_H
#define WZP_MEDIA_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is the initial state. */
struct wzp_headroom {
    bool used, has_lost, checking;
    uint64_t since, from, pause;    /* copies began; none before; length of the pause */
    uint64_t report_at;             /* of the last report seen */
    unsigned high;                  /* reports in a row that look like a full line */
    double lost_without, lost_with; /* percent */
};
/* What is known of the line. */
struct wzp_headroom_line {
    bool full;           /* less is sent, or should be, than the tier's rate */
    uint64_t report_at;  /* of the last report; 0 = none yet */
    double lost;         /* loss in that report, percent */
    double without_kbps; /* rate without copies, */
    double with_kbps;    /* and with the present copies; headers included */
};
/* May copies be sent? Call it a few times a second. */
bool wzp_headroom_look(struct wzp_headroom *h, const struct wzp_headroom_line *line, uint64_t now);

#endif
