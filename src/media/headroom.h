/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Has the line room for copies, which double what is sent and more? It is asked only where packets
 * are lost that no queue dropped, and told no by any sign of a full line, for longer each time. A
 * line that drops what is too much without a queue shows in that as much comes through as before;
 * to be sure, copies stop for a moment. Congestion so never gets more than it had. Pure
 * arithmetic. */
#ifndef WZP_MEDIA_HEADROOM_H
#define WZP_MEDIA_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is the initial state. */
struct wzp_headroom {
    bool used, has_lost, checking;
    uint64_t since, from, pause; /* copies began; none before; so long after trouble */
    uint64_t report_at;          /* last looked at */
    unsigned high;               /* reports in a row that fit a full line */
    double lost_without, lost_with; /* percent */
};
/* What is known of the line. */
struct wzp_headroom_line {
    bool full;                /* less is sent, or should be, than the tier asks for */
    uint64_t report_at;       /* of the last report; 0 = none yet */
    double lost;              /* in it, percent */
    double without_kbps;      /* what is sent without copies, */
    double with_kbps;         /* and with those of now; headers included */
};
/* May copies be sent? A few times a second. */
bool wzp_headroom_look(struct wzp_headroom *h, const struct wzp_headroom_line *line, uint64_t now);

#endif
