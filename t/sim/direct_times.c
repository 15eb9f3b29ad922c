/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How soon calls are heard and direct, over many of them: routers with endpoint-independent mapping
 * and every kind of filter, lines of 5 to 60 ms with jitter and 1 % loss. */
#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

#define CALLS 280 /* five of each delay: of 60 the median is anything from 90 to 115 */

static struct homes h;

static struct wzp_sim_nat_config easy(unsigned kind)
{
    return (struct wzp_sim_nat_config){
        .mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
        .filtering = (enum wzp_sim_dependence)(WZP_SIM_ENDPOINT_INDEPENDENT + (int)kind % 3)};
}

/* Makes the line bad, after everything has been set up. */
static void spoil(struct home_side *s, uint64_t delay)
{
    const struct wzp_sim_link line = {.delay = delay, .jitter = 5 * WZP_MILLISECOND, .loss = 0.01};
    wzp_sim_host_link(wzp_sim_nat_host(s->box), wzp_sim_internet(h.sim), &line, &line);
}

/* Makes one call; results in ms; *trip: the round trip from phone to phone. */
static void play(unsigned i, double *heard, double *direct, double *trip)
{
    const struct wzp_sim_nat_config a = easy(i), b = easy(i / 3);
    uint64_t delay_a = (5 + i * 7 % 56) * WZP_MILLISECOND, delay_b = delay_a;
    const struct home_plan here = {.nat = &a, .delay = delay_a},
                           there = {.nat = &b, .delay = delay_b};
    homes_open(&h, 500 + i, &here, &there, false);
    spoil(&h.a, delay_a);
    spoil(&h.b, delay_b);
    homes_call(&h);
    bool is_heard = wzp_sim_run_for(h.sim, homes_both_heard, &h, 5 * WZP_SECOND);
    *heard = is_heard ? (double)(wzp_sim_now(h.sim) - h.answered_at) / 1e6 : 9999;
    uint64_t took = homes_wait_direct(&h, 5 * WZP_SECOND);
    *direct = took > 0 ? (double)took / 1e6 : 9999;
    *trip = 2 * (double)(delay_a + delay_b) / 1e6;
    homes_close(&h);
}

TAP_MAIN
{
    static double heard[CALLS], direct[CALLS], heard_over[CALLS], direct_over[CALLS];
    if (tap_oom_mode())
        skip_all("whole calls, over and over");
    for (unsigned i = 0; i < CALLS; i++) {
        double trip;
        play(i, &heard[i], &direct[i], &trip);
        heard_over[i] = heard[i] - 1.5 * trip;
        direct_over[i] = direct[i] - 2 * trip;
    }
    note("heard  after the answer: p50 %4.0f ms, p95 %4.0f ms; beyond 1.5 round trips: p50 %3.0f "
         "ms, "
         "p95 %3.0f ms",
         homes_part(heard, CALLS, 0.5), homes_part(heard, CALLS, 0.95),
         homes_part(heard_over, CALLS, 0.5), homes_part(heard_over, CALLS, 0.95));
    note("direct after the answer: p50 %4.0f ms, p95 %4.0f ms; beyond 2 round trips:   p50 %3.0f "
         "ms, "
         "p95 %3.0f ms",
         homes_part(direct, CALLS, 0.5), homes_part(direct, CALLS, 0.95),
         homes_part(direct_over, CALLS, 0.5), homes_part(direct_over, CALLS, 0.95));
    ok(homes_part(heard_over, CALLS, 0.5) <= 50,
       "half of the calls are heard within 1.5 round trips and 50 ms");
    /* The goal is 100 ms, the figure 96; but TLS does not wholly obey the seeds. */
    ok(homes_part(direct_over, CALLS, 0.5) <= 110,
       "half of them are direct within two round trips and 110 ms");
    ok(homes_part(direct, CALLS, 0.95) <= 1000, "and 95 in 100 within a second");
}
