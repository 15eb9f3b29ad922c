/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/quality.h"

#include <string.h>

#include "base/time.h"

#define REPORTS_DOWN 3
#define REPORTS_UP_LOW 5   /* below Good */
#define REPORTS_UP_HIGH 10 /* Good and above */
#define PROBE_AFTER (30 * WZP_SECOND)
#define PROBE_TIME (5 * WZP_SECOND)
#define PROBE_PAUSE (60 * WZP_SECOND)
#define PROBE_BAD_MAX 1

enum wzp_tier wzp_quality_classify(const struct wzp_quality_report *report)
{
    double loss = wzp_quality_report_loss_percent(report);
    unsigned rtt = report->rtt_4ms * 4u;

    if (loss >= 15 || rtt >= 200)
        return WZP_TIER_CATASTROPHIC;
    if (loss >= 5 || rtt >= 100)
        return WZP_TIER_DEGRADED;
    if (loss >= 2 || rtt >= 80)
        return WZP_TIER_GOOD;
    if (loss >= 1 || rtt >= 50)
        return WZP_TIER_STUDIO_32K;
    if (rtt >= 30)
        return WZP_TIER_STUDIO_48K;
    return WZP_TIER_STUDIO_64K;
}

void wzp_quality_init(struct wzp_quality *q, uint64_t now)
{
    (void)now;
    memset(q, 0, sizeof *q);
    q->tier = WZP_TIER_GOOD;
}

static bool transition(struct wzp_quality *q, enum wzp_tier seen)
{
    if (seen == q->tier) {
        q->worse = q->better = 0;
        return false;
    }
    if (seen < q->tier) {
        q->better = 0;
        if (++q->worse < REPORTS_DOWN)
            return false;
        q->worse = 0;
        q->tier = seen;
        return true;
    }
    q->worse = 0;
    if (++q->better < (q->tier < WZP_TIER_GOOD ? REPORTS_UP_LOW : REPORTS_UP_HIGH))
        return false;
    q->better = 0;
    q->tier++;
    return true;
}

static void stop_probe(struct wzp_quality *q)
{
    q->probe_until = 0;
    q->probe_bad = 0;
}

/* The upward probe: a link whose reports are mixed may carry more. True when the tier rose. */
static bool probe(struct wzp_quality *q, enum wzp_tier seen, uint64_t now)
{
    if (q->tier == WZP_TIER_STUDIO_64K) {
        stop_probe(q);
        return false;
    }
    if (q->probe_until) {
        if (seen <= q->tier && ++q->probe_bad > PROBE_BAD_MAX) {
            stop_probe(q);
            q->stable_since = 0;
            q->probe_not_before = wzp_time_add(now, PROBE_PAUSE + PROBE_AFTER);
            return false;
        }
        if (now < q->probe_until)
            return false;
        stop_probe(q);
        q->tier++;
        q->better = 0;
        q->stable_since = now ? now : 1;
        return true;
    }
    if (seen < q->tier) {
        q->stable_since = 0;
        return false;
    }
    if (!q->stable_since)
        q->stable_since = now ? now : 1;
    if (wzp_time_since(now, q->stable_since) >= PROBE_AFTER && now >= q->probe_not_before)
        q->probe_until = wzp_time_add(now, PROBE_TIME);
    return false;
}

bool wzp_quality_feed(struct wzp_quality *q, const struct wzp_quality_report *report, uint64_t now)
{
    enum wzp_tier seen = wzp_quality_classify(report);

    if (transition(q, seen)) {
        stop_probe(q);
        q->stable_since = 0;
        return true;
    }
    return probe(q, seen, now);
}
