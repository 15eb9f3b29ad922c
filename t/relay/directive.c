/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tiers of reports, hysteresis, probes (wzp-protocol(7), Quality directive), and their vectors. */
#include "base/time.h"
#include "relay/directive.h"
#include "tap.h"

static struct wzp_quality_report report(double loss, unsigned rtt)
{
    struct wzp_quality_report r;

    wzp_quality_report_make(&r, loss, rtt, 0, 200);
    return r;
}

static uint64_t clock_now;

/* One report a second; true when the tier changed. */
static bool feed(struct wzp_relay_quality *q, double loss, unsigned rtt)
{
    struct wzp_quality_report r = report(loss, rtt);

    clock_now += WZP_SECOND;
    return wzp_relay_quality_report(q, &r, clock_now);
}

static void test_classes(void)
{
    static const struct {
        double loss;
        unsigned rtt;
        enum wzp_tier tier;
    } rows[] = {{0.5, 20, WZP_TIER_STUDIO_64K},  {0.5, 40, WZP_TIER_STUDIO_48K},
                {1.5, 60, WZP_TIER_STUDIO_32K},  {3, 90, WZP_TIER_GOOD},
                {6, 120, WZP_TIER_DEGRADED},     {16, 120, WZP_TIER_CATASTROPHIC},
                {5, 200, WZP_TIER_CATASTROPHIC}, {0.9, 28, WZP_TIER_STUDIO_64K},
                {0.9, 32, WZP_TIER_STUDIO_48K},  {1.5, 40, WZP_TIER_STUDIO_32K},
                {2.5, 40, WZP_TIER_GOOD},        {0.5, 80, WZP_TIER_GOOD}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wzp_quality_report r = report(rows[i].loss, rows[i].rtt);

        is_int(wzp_relay_quality_classify(&r), rows[i].tier, "%.1f %% and %u ms are %s",
               rows[i].loss, rows[i].rtt, wzp_tier_name(rows[i].tier));
    }
    struct wzp_quality_report edge = {.loss = 3};
    is_int(wzp_relay_quality_classify(&edge), WZP_TIER_STUDIO_32K, "loss byte 3 is over 1 %%");
    edge.loss = 2;
    is_int(wzp_relay_quality_classify(&edge), WZP_TIER_STUDIO_64K, "loss byte 2 is not");
    edge.loss = 38;
    is_int(wzp_relay_quality_classify(&edge), WZP_TIER_DEGRADED, "loss byte 38 is under 15 %%");
    edge.loss = 39;
    is_int(wzp_relay_quality_classify(&edge), WZP_TIER_CATASTROPHIC, "loss byte 39 is over it");
}

static void test_down_and_up(void)
{
    struct wzp_relay_quality q;
    int changes = 0;

    wzp_relay_quality_init(&q);
    is_int(q.tier, WZP_TIER_GOOD, "101: starts Good");
    ok(!feed(&q, 50, 300), "one bad report");
    ok(!feed(&q, 50, 300), "two");
    ok(feed(&q, 50, 300), "the third changes");
    is_int(q.tier, WZP_TIER_CATASTROPHIC, "straight to Catastrophic");
    for (int i = 0; i < 4; i++)
        changes += feed(&q, 0.5, 20);
    is_int(changes, 0, "four good reports change nothing");
    ok(feed(&q, 0.5, 20), "the fifth does");
    is_int(q.tier, WZP_TIER_DEGRADED, "one step");
    for (int i = 0; i < 5; i++)
        feed(&q, 0.5, 20);
    is_int(q.tier, WZP_TIER_GOOD, "five more: Good");
    changes = 0;
    for (int i = 0; i < 9; i++)
        changes += feed(&q, 0.5, 20);
    is_int(changes, 0, "from Good on, nine change nothing");
    ok(feed(&q, 0.5, 20), "the tenth does");
    is_int(q.tier, WZP_TIER_STUDIO_32K, "to Studio32k");
}

static void test_reset_of_counters(void)
{
    struct wzp_relay_quality q;
    bool changed = false;

    wzp_relay_quality_init(&q);
    for (int i = 0; i < 20; i++) {
        changed |= feed(&q, 50, 300);
        changed |= feed(&q, 50, 300);
        changed |= feed(&q, 3, 20); /* exactly Good */
    }
    ok(!changed, "a report equal to the tier resets the count");
    feed(&q, 50, 300);
    feed(&q, 50, 300);
    ok(feed(&q, 6, 120), "the latest of three");
    is_int(q.tier, WZP_TIER_DEGRADED, "says how far down");
}

static void test_probe(void)
{
    struct wzp_relay_quality q;
    bool changed = false;

    wzp_relay_quality_init(&q);
    /* Mixed reports, never ten better ones in a row. */
    for (int i = 0; i < 31; i++)
        changed |= feed(&q, i % 3 == 0 ? 3 : 0.5, 20);
    ok(!changed && q.probing, "after 30 s at or above the tier, a probe");
    for (int i = 0; i < 5; i++)
        changed |= feed(&q, 0.5, 20);
    ok(changed, "which succeeds after 5 s of good reports");
    is_int(q.tier, WZP_TIER_STUDIO_32K, "one step");

    wzp_relay_quality_init(&q);
    for (int i = 0; i < 40 && !q.probing; i++)
        feed(&q, 3, 20);
    ok(q.probing, "steady at the tier: a probe too");
    feed(&q, 3, 20);
    ok(q.probing, "one report below the tested tier");
    ok(!feed(&q, 3, 20) && !q.probing, "a second one ends it");
    is_int(q.tier, WZP_TIER_GOOD, "the tier stays");
    for (int i = 0; i < 88; i++)
        feed(&q, 3, 20);
    ok(!q.probing, "no other probe for 90 s");
    feed(&q, 3, 20);
    feed(&q, 3, 20);
    ok(q.probing, "then again");
    for (int i = 0; i < 3; i++)
        changed = feed(&q, 50, 300);
    ok(changed && !q.probing, "a transition ends a probe");

    wzp_relay_quality_init(&q);
    for (int i = 0; i < 100; i++)
        feed(&q, 0, 10);
    is_int(q.tier, WZP_TIER_STUDIO_64K, "the top is reached");
    ok(!q.probing, "and not probed beyond");
}

TAP_MAIN
{
    clock_now = 77 * WZP_SECOND;
    test_classes();
    test_down_and_up();
    test_reset_of_counters();
    test_probe();
}
