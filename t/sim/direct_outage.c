/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A phone in a direct call loses its network for a while: how soon the call is heard again. */
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct home_plan usual = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};

struct hearing {
    uint64_t a, b;
};

static uint64_t decoded(struct home_side *s)
{
    struct wzp_session_stats stats;
    memset(&stats, 0, sizeof stats);
    wzp_phone_session_stats(s->phone.phone, wzp_phone_session(s->phone.phone, 0), &stats,
                            wzp_sim_now(h.sim));
    return stats.heard.frames_decoded;
}

static bool both_hear(void *context)
{
    const struct hearing *before = context;
    return decoded(&h.a) >= before->a + 5 && decoded(&h.b) >= before->b + 5;
}

static void outage(unsigned seconds)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND}, cut = {.down = true};
    struct wzp_sim_host *box;
    homes_open(&h, 10 + seconds, &usual, &usual, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    box = wzp_sim_nat_host(h.a.box);
    wzp_sim_host_link(box, wzp_sim_internet(h.sim), &cut, &cut);
    wzp_sim_run(h.sim, seconds * WZP_SECOND);
    wzp_sim_host_link(box, wzp_sim_internet(h.sim), &line, &line);
    struct hearing before = {decoded(&h.a), decoded(&h.b)};
    uint64_t whole = wzp_sim_now(h.sim);
    bool back = wzp_sim_run_for(h.sim, both_hear, &before, 20 * WZP_SECOND);
    unsigned took = (unsigned)((wzp_sim_now(h.sim) - whole) / WZP_MILLISECOND);
    ok(back && took <= 1000, "%u s without network: heard again after %u ms", seconds, took);
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    outage(2);
    outage(4);
    outage(9);
    outage(20);
}
