/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/lossrun.h"

#include <math.h>
#include <string.h>

#define KEEP 0.996 /* per packet: runs are remembered for some five seconds */

static void end_period(struct wzp_lossrun *l)
{
    if (l->period_lost > 1) {
        l->bursts++;
        l->burst_packets += l->period_length;
        l->burst_lost += l->period_lost;
    } else {
        l->gap_packets += l->period_length;
        l->gap_lost += l->period_lost;
    }
    l->gap_packets += l->since_loss;
    l->in_period = false;
    l->period_length = l->period_lost = l->since_loss = 0;
}

void wzp_lossrun_packet(struct wzp_lossrun *l, bool received)
{
    l->runs *= KEEP;
    l->run_losses *= KEEP;
    if (!received) {
        l->run++;
        l->in_period = true;
        l->period_length += l->since_loss + 1;
        l->period_lost++;
        l->since_loss = 0;
        return;
    }
    if (l->run > 0) {
        l->runs += 1;
        l->run_losses += l->run;
        l->run = 0;
    }
    if (!l->in_period)
        l->gap_packets++;
    else if (++l->since_loss >= WZP_LOSSRUN_GMIN)
        end_period(l);
}

double wzp_lossrun_at_random(double loss_percent)
{
    return 1 / (1 - fmin(loss_percent, 80) / 100);
}

void wzp_lossrun_metrics(const struct wzp_lossrun *l, unsigned packet_ms,
                         struct wzp_lossrun_metrics *out)
{
    memset(out, 0, sizeof *out);
    if (l->runs > 0.05)
        out->mean_run = l->run_losses / l->runs;
    if (l->burst_packets > 0)
        out->burst_density = 100.0 * (double)l->burst_lost / (double)l->burst_packets;
    if (l->gap_packets > 0)
        out->gap_density = 100.0 * (double)l->gap_lost / (double)l->gap_packets;
    if (l->bursts > 0)
        out->burst_duration_ms = (double)l->burst_packets / (double)l->bursts * packet_ms;
    out->gap_duration_ms = (double)l->gap_packets / (double)(l->bursts + 1) * packet_ms;
}
