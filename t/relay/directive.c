/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tiers of reports, hysteresis, probes (relay.md 3.5). */
#include "base/time.h"
#include "relay/directive.h"
#include "tap.h"

static struct wzp_quality_report report(unsigned loss_percent, unsigned rtt_ms)
{
    struct wzp_quality_report r;

    wzp_quality_report_make(&r, loss_percent, rtt_ms, 0, 0);
    /* Percent is truncated on the wire: 15 % is 38/255 = 14.9 %. */
    if (loss_percent)
        r.loss++;
    return r;
}

static void test_classify(void)
{
    static const struct {
        unsigned loss, rtt;
        enum wzp_tier tier;
    } rows[] = {
        {0, 0, WZP_TIER_STUDIO_64K},
        {0, 28, WZP_TIER_STUDIO_64K},
        {0, 32, WZP_TIER_STUDIO_48K},
        {0, 48, WZP_TIER_STUDIO_48K},
        {0, 52, WZP_TIER_STUDIO_32K},
        {1, 0, WZP_TIER_STUDIO_32K},
        {0, 80, WZP_TIER_GOOD},
        {2, 0, WZP_TIER_GOOD},
        {0, 100, WZP_TIER_DEGRADED},
        {5, 0, WZP_TIER_DEGRADED},
        {0, 200, WZP_TIER_CATASTROPHIC},
        {15, 0, WZP_TIER_CATASTROPHIC},
        {100, 1020, WZP_TIER_CATASTROPHIC},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_quality_report r = report(rows[i].loss, rows[i].rtt);

        if (rows[i].loss == 100)
            r.loss = 255;
        is_int(wzp_relay_quality_classify(&r), rows[i].tier, "%u %% and %u ms", rows[i].loss,
               rows[i].rtt);
    }
}

static unsigned feed(struct wzp_relay_quality *q, unsigned loss, unsigned rtt, unsigned times,
                     uint64_t *now)
{
    struct wzp_quality_report r = report(loss, rtt);
    unsigned changes = 0;

    for (unsigned i = 0; i < times; i++) {
        changes += wzp_relay_quality_report(q, &r, *now);
        *now += WZP_SECOND;
    }
    return changes;
}

TAP_MAIN
{
    struct wzp_relay_quality q;
    uint64_t now = 0;

    test_classify();
    wzp_relay_quality_init(&q);
    is_int(q.tier, WZP_TIER_GOOD, "starts good");
    is_int(feed(&q, 50, 300, 2, &now), 0, "two bad reports do nothing");
    is_int(feed(&q, 0, 80, 1, &now), 0, "a good one between");
    is_int(feed(&q, 50, 300, 2, &now), 0, "starts the count anew");
    is_int(feed(&q, 5, 0, 1, &now), 1, "the third in a row moves");
    is_int(q.tier, WZP_TIER_DEGRADED, "to the tier of the latest");
    is_int(feed(&q, 20, 0, 3, &now), 1, "and further down");
    is_int(q.tier, WZP_TIER_CATASTROPHIC, "to the last");
    is_int(feed(&q, 0, 0, 4, &now), 0, "up takes five");
    is_int(feed(&q, 0, 0, 1, &now), 1, "reports");
    is_int(q.tier, WZP_TIER_DEGRADED, "and goes one step");
    is_int(feed(&q, 0, 0, 5, &now), 1, "another five");
    is_int(q.tier, WZP_TIER_GOOD, "to good");
    is_int(feed(&q, 0, 0, 9, &now), 0, "from good it takes ten");
    is_int(feed(&q, 0, 0, 1, &now), 1, "to go up");
    is_int(q.tier, WZP_TIER_STUDIO_32K, "to studio");

    /* Reports at the tier for 30 s begin a probe; a second one below the probed tier within its
     * 5 s ends it. */
    wzp_relay_quality_init(&q);
    now = 0;
    is_int(feed(&q, 0, 80, 31, &now), 0, "30 s at the tier");
    ok(q.probing, "begin a probe");
    is_int(feed(&q, 0, 80, 2, &now), 0, "two reports below the probed tier");
    ok(!q.probing && q.quiet_until > now, "end it, and the next is far");
    is_int(feed(&q, 0, 80, 59, &now), 0, "60 s of rest");
    ok(!q.probing, "without a probe");
    is_int(feed(&q, 0, 80, 31, &now), 0, "and 30 s more");
    ok(q.probing, "until the next one");
    is_int(feed(&q, 0, 52, 6, &now), 1, "good reports during a probe");
    is_int(q.tier, WZP_TIER_STUDIO_32K, "move one step up");
}
