/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What came in the last seconds, by half seconds: how much of it was lost, whether all of it waited
 * in a queue, and what a line that is full carries. Pure arithmetic in fixed memory. */
#ifndef WZP_MEDIA_ARRIVALS_H
#define WZP_MEDIA_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/width.h"

#define WZP_ARRIVALS_PIECES 24 /* of a quarter of a second */

/* All zero is the initial state. */
struct wzp_arrivals {
    struct {
        uint64_t index;
        uint32_t expected, received;
        uint32_t packets, bytes;
        uint32_t behind;       /* packets that came long behind later ones */
        double from_ms, to_ms; /* first and last arrival; bytes are those behind the first */
        double least_delay;    /* ms, from an arbitrary origin */
    } pieces[WZP_ARRIVALS_PIECES];
    double least_delay[2]; /* ever since, and since the last change of the guard */
    uint64_t least_since;
    uint64_t full_at; /* when the line was full last, 0 = long ago */
    unsigned full_looks;
    unsigned waited; /* packets in a row that did */
    uint64_t waited_since;
    double since_full; /* greatest delay above the base since, ms */
    struct wzp_width width;
};

/* Somebody else sends, or with another clock: delays begin anew. */
void wzp_arrivals_new_sender(struct wzp_arrivals *a);
/* That many numbers went by, so many of them with a packet. */
void wzp_arrivals_number(struct wzp_arrivals *a, uint32_t expected, uint32_t received,
                         uint64_t now);
/* The size of a packet, and how long it was under way (ms, from any origin that stays). */
void wzp_arrivals_packet(struct wzp_arrivals *a, size_t payload_bytes, double delay_ms,
                         uint64_t now);
/* A packet of so many ms was `above_ms` above the base under way. True when a queue was there and
 * is gone; *most_ms is then what packets wait since, at most. */
bool wzp_arrivals_queue_ended(struct wzp_arrivals *a, double above_ms, unsigned frame_ms,
                              double *most_ms, uint64_t now);
/* While all of the last quarter of a second, and of this one so far, waited: what comes through is
 * what the line carries, in kbit/s with headers; or, in the first two seconds, what the sizes of
 * packets tell of it. 0 = it is not full. */
unsigned wzp_arrivals_limit_kbps(const struct wzp_arrivals *a, unsigned frame_ms, uint64_t now);
/* Nothing came yet; or the first packets came but do not tell yet how wide the line is. False for
 * good when that is told, or a second went by without. */
bool wzp_arrivals_is_unsure(const struct wzp_arrivals *a, uint64_t now);
/* A packet came so long behind later ones that to its listener it is as good as lost; and percent
 * of those over that many half seconds. */
void wzp_arrivals_behind(struct wzp_arrivals *a, uint64_t now);
double wzp_arrivals_behind_percent(const struct wzp_arrivals *a, uint64_t halves, uint64_t now);
/* Percent lost over that many half seconds and what is under way. */
double wzp_arrivals_loss_percent(const struct wzp_arrivals *a, uint64_t halves, uint64_t now);

#endif
