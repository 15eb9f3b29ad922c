/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How bursty losses are: the mean run of lost packets, and the burst and gap metrics of RFC 3611
 * 4.7.2. The caller tells, in order of sequence numbers, whether each packet arrived. Pure
 * arithmetic. */
#ifndef WZP_MEDIA_LOSSRUN_H
#define WZP_MEDIA_LOSSRUN_H

#include <stdbool.h>
#include <stdint.h>

#include "wzp/stats.h"

#define WZP_LOSSRUN_GMIN 16 /* so many received in a row end a burst */

/* All zero is the initial state. */
struct wzp_lossrun {
    unsigned run;            /* current run of lost packets */
    double runs, run_losses; /* exponentially weighted: runs, and packets lost in them */
    /* RFC 3611: a period that begins and ends with a loss and has fewer than GMIN received in a
     * row is a burst when it has more than one loss. */
    bool in_period;
    uint64_t period_length, period_lost; /* packets; length up to the last loss */
    uint64_t since_loss;                 /* packets received since the last loss */
    uint64_t bursts, burst_packets, burst_lost;
    uint64_t gap_packets, gap_lost; /* everything else */
};
/* The next number was received, or is lost for sure. */
void wzp_lossrun_packet(struct wzp_lossrun *l, bool received);
/* The mean run of random, independent losses at this loss rate (percent, clipped to 80). */
double wzp_lossrun_at_random(double loss_percent);
void wzp_lossrun_metrics(const struct wzp_lossrun *l, unsigned packet_ms,
                         struct wzp_lossrun_metrics *out);

#endif
