/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How soon calls are heard and direct: behind routers with endpoint-independent mapping, in one
 * network, where a port must be predicted on both sides, and where a port search is needed. Virtual
 * time, lines of 20 ms each; one JSON object per line. */
#include <stdio.h>

/* Benchmarks are built from one file each; this includes the tests' homes. */
#include "../sim/lib_homes.c"

#define CALLS 20

static struct homes h;

static void say(const char *name, double value, double goal)
{
    printf("{\"name\":\"direct.%s\",\"value\":%.1f,\"unit\":\"ms\"", name, value);
    if (goal > 0)
        printf(",\"goal\":%g", goal);
    printf("}\n");
    fflush(stdout);
}

struct figures {
    double heard[CALLS], direct[CALLS];
};

static void play(struct figures *f, const struct wzp_sim_nat_config *a,
                 const struct wzp_sim_nat_config *b, bool one_lan)
{
    for (unsigned i = 0; i < CALLS; i++) {
        const struct home_plan here = {.nat = a, .delay = 20 * WZP_MILLISECOND},
                               there = {.nat = b, .delay = 20 * WZP_MILLISECOND};
        homes_open(&h, 900 + i, &here, &there, one_lan);
        homes_call(&h);
        wzp_sim_run_for(h.sim, homes_both_heard, &h, 5 * WZP_SECOND);
        f->heard[i] = (double)(wzp_sim_now(h.sim) - h.answered_at) / 1e6;
        f->direct[i] = (double)homes_wait_direct(&h, 15 * WZP_SECOND) / 1e6;
        homes_close(&h);
    }
}

int main(void)
{
    static struct figures f;
    const struct wzp_sim_nat_config easy = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                            .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT},
                                    steps = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                             .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                             .ports = WZP_SIM_PORTS_SEQUENTIAL},
                                    random = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                              .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                              .ports = WZP_SIM_PORTS_RANDOM};
    const double trip = 80; /* ms, from phone to phone and back */
    play(&f, &easy, &easy, false);
    say("relay.heard.p50", homes_part(f.heard, CALLS, 0.5), 1.5 * trip + 50);
    say("usual.p50", homes_part(f.direct, CALLS, 0.5), 2 * trip + 100);
    say("usual.p95", homes_part(f.direct, CALLS, 0.95), 1000);
    play(&f, &easy, &easy, true);
    say("lan.p95", homes_part(f.direct, CALLS, 0.95), 100);
    play(&f, &steps, &steps, false);
    say("both_step.p95", homes_part(f.direct, CALLS, 0.95), 0);
    play(&f, &random, &easy, false);
    say("searched.p50", homes_part(f.direct, CALLS, 0.5), 0);
    say("searched.p95", homes_part(f.direct, CALLS, 0.95), 0);
    return 0;
}
