/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <string.h>

#include "media/lossrun.h"

/* 'x' is lost, anything else received. */
static void feed(struct wzp_lossrun *l, const char *fates)
{
    for (; *fates; fates++)
        wzp_lossrun_packet(l, *fates != 'x');
}

static void many(struct wzp_lossrun *l, unsigned received)
{
    while (received-- > 0)
        wzp_lossrun_packet(l, true);
}

TAP_MAIN
{
    struct wzp_lossrun l = {0};
    struct wzp_lossrun_metrics m;

    wzp_lossrun_metrics(&l, 20, &m);
    ok(m.mean_run == 0 && m.burst_density == 0 && m.gap_density == 0, "nothing yet");
    many(&l, 100);
    feed(&l, "x");
    many(&l, 99);
    wzp_lossrun_metrics(&l, 20, &m);
    is_near(m.mean_run, 1, 1e-9, "a single loss is a run of one");
    is_near(m.burst_density, 0, 1e-9, "and no burst");
    is_near(m.gap_density, 0.5, 1e-9, "but half a percent of the gap");
    is_near(m.gap_duration_ms, 4000, 1e-9, "of four seconds");
    /* 10 packets from the first to the last loss, 6 of them lost, then 16 received. */
    feed(&l, "xxx..x..xx................");
    wzp_lossrun_metrics(&l, 20, &m);
    is_near(m.burst_density, 60, 1e-9, "a burst is as dense as its losses");
    is_near(m.burst_duration_ms, 200, 1e-9, "and as long as from the first to the last");
    is_near(m.gap_density, 100.0 / 216, 1e-9, "what follows it belongs to the gap");
    ok(m.mean_run > 1.8 && m.mean_run < 2.1, "runs of 3, 1 and 2 after a 1 (%.2f)", m.mean_run);
    many(&l, 2000);
    wzp_lossrun_metrics(&l, 20, &m);
    is_near(m.mean_run, 0, 1e-9, "runs are forgotten");
    is_near(m.burst_density, 60, 1e-9, "bursts are counted for the whole call");
}
