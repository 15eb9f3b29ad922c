/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Statistics of the packets that arrived in the last seconds, kept by quarter of a second: the
 * loss, whether every packet waited in a queue (a bottleneck's buffer), and the rate that a full
 * line carries. "The line" is the network path to this receiver. Pure arithmetic in fixed
 * memory. */
#ifndef WZP_MEDIA_ARRIVALS_H
#define WZP_MEDIA_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/width.h"

#define WZP_ARRIVALS_PIECES 24 /* quarters of a second */

/* All zero is the initial state. */
struct wzp_arrivals {
    struct {
        uint64_t index;
        uint32_t expected, received;
        uint32_t packets, bytes;
        uint32_t behind;       /* packets that arrived long after later ones */
        double from_ms, to_ms; /* first and last arrival; bytes excludes the first packet */
        double least_delay;    /* ms, from an arbitrary origin */
    } pieces[WZP_ARRIVALS_PIECES];
    double least_delay[2]; /* [1] will replace [0]; it is measured since least_since */
    uint64_t least_since;
    uint64_t full_at; /* when a queue last stood, 0 = long ago */
    unsigned full_looks;
    unsigned waited; /* packets in a row that waited in a queue */
    uint64_t waited_since;
    double since_full; /* greatest delay above the base since full_at, ms */
    struct wzp_width width;
};

/* The sender is another one, or its clock is: delay statistics begin anew. */
void wzp_arrivals_new_sender(struct wzp_arrivals *a);
/* `expected` sequence numbers passed, and packets of `received` of them arrived. */
void wzp_arrivals_number(struct wzp_arrivals *a, uint32_t expected, uint32_t received,
                         uint64_t now);
/* A packet arrived: its size, and its transit time (ms, from any origin that stays the same). */
void wzp_arrivals_packet(struct wzp_arrivals *a, size_t payload_bytes, double delay_ms,
                         uint64_t now);
/* A packet of frame_ms of audio had a transit time `above_ms` above the base. True when there was a
 * queue and it is gone; *most_ms is then the greatest delay above the base since. */
bool wzp_arrivals_queue_ended(struct wzp_arrivals *a, double above_ms, unsigned frame_ms,
                              double *most_ms, uint64_t now);
/* The rate that the line carries, in kbit/s with headers, when it is full: every packet of the last
 * quarter of a second, and of this one so far, waited in a queue, so that the rate received is the
 * rate of the bottleneck. In the first two seconds it is the estimate of width.h, if that found a
 * narrow line. 0 = the line is not full. */
unsigned wzp_arrivals_limit_kbps(const struct wzp_arrivals *a, unsigned frame_ms, uint64_t now);
/* True while nothing has arrived, and while the first packets do not tell yet how wide the line is.
 * False for good once they do, or after a second. */
bool wzp_arrivals_is_unsure(const struct wzp_arrivals *a, uint64_t now);
/* A packet arrived so long after later ones that it is as good as lost to its listener; and the
 * percentage of such packets over the last `halves` half seconds. */
void wzp_arrivals_behind(struct wzp_arrivals *a, uint64_t now);
double wzp_arrivals_behind_percent(const struct wzp_arrivals *a, uint64_t halves, uint64_t now);
/* Percent lost over the last `halves` half seconds and the current piece. */
double wzp_arrivals_loss_percent(const struct wzp_arrivals *a, uint64_t halves, uint64_t now);

#endif
