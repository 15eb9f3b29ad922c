/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/feedback.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* High and low half of the last byte. A limit is rounded down, a run to the next one. */
static const uint8_t limits[16] = {0, 8, 10, 12, 14, 16, 18, 20, 22, 25, 29, 34, 41, 50, 63, 80};
static const double runs[16] = {0,   1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0,
                                2.5, 3.0, 4.0, 5.0, 6.5,  8.0, 12.0, 20.0};

#define URGENT_LOSS 5.0 /* percent more than was told */
#define LIMIT_MOST 100  /* kbit/s: more is no narrow line */
/* Packets that came too late are reported as loss, up to this percentage: that makes the sender
 * send one copy, and keeps its tier. */
#define BEHIND_MOST 1.5

static unsigned limit_class(unsigned kbps)
{
    unsigned i = 15;

    if (kbps == 0 || kbps > LIMIT_MOST)
        return 0;
    while (i > 1 && limits[i] > kbps)
        i--;
    return i;
}

static unsigned run_class(double run)
{
    unsigned best = 0;

    for (unsigned i = 1; run > 0 && i < 16; i++)
        if (best == 0 ||
            (run - runs[i]) * (run - runs[i]) < (run - runs[best]) * (run - runs[best]))
            best = i;
    return best;
}

void wzp_feedback_write(struct wzp_quality_report *out, const struct wzp_playout_stats *heard,
                        unsigned rtt_ms)
{
    const struct wzp_jitter_stats *j = &heard->jitter;
    /* Five seconds are calm; one second tells at once when it has become bad. */
    double loss = j->loss_percent_5s;
    if (j->loss_percent_1s > 5 && j->loss_percent_1s > 2 * loss)
        loss = j->loss_percent_1s;
    loss = fmax(loss, fmin(j->behind_percent_5s, BEHIND_MOST));
    unsigned last = limit_class(j->limit_kbps) << 4 | run_class(j->runs.mean_run);

    wzp_quality_report_make(out, loss, rtt_ms, (uint32_t)j->jitter_ms,
                            (uint8_t)(last == WZP_FEEDBACK_UNKNOWN ? last - 1 : last));
}

bool wzp_feedback_is_urgent(const struct wzp_playout_stats *heard, double told_loss_percent)
{
    return heard->jitter.limit_kbps != 0 ||
           heard->jitter.loss_percent_1s >= told_loss_percent + URGENT_LOSS;
}

void wzp_feedback_read(struct wzp_feedback *out, const struct wzp_quality_report *report)
{
    memset(out, 0, sizeof *out);
    out->loss_percent = wzp_quality_report_loss_percent(report);
    out->rtt_ms = report->rtt_4ms * 4u;
    out->jitter_ms = report->jitter_ms;
    out->extended = report->bitrate_cap_kbps != WZP_FEEDBACK_UNKNOWN;
    if (!out->extended)
        return;
    unsigned limit = report->bitrate_cap_kbps >> 4;
    out->limit_kbps = limits[limit];
    out->limit_next = limit == 0 ? 0 : limit < 15 ? limits[limit + 1] : LIMIT_MOST;
    out->run = runs[report->bitrate_cap_kbps & 15];
}
