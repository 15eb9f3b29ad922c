/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A phone in a direct call loses its network for a while: how soon the call is heard again. */
#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct home_plan usual = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};

static void outage(unsigned seconds, bool callee)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND}, cut = {.down = true};
    struct wzp_sim_host *box;
    homes_open(&h, 10 + seconds + callee, &usual, &usual, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    box = wzp_sim_nat_host(callee ? h.b.box : h.a.box);
    wzp_sim_host_link(box, wzp_sim_internet(h.sim), &cut, &cut);
    wzp_sim_run(h.sim, seconds * WZP_SECOND);
    wzp_sim_host_link(box, wzp_sim_internet(h.sim), &line, &line);
    uint64_t whole = wzp_sim_now(h.sim);
    bool back = homes_wait_heard_again(&h, 20 * WZP_SECOND);
    unsigned took = (unsigned)((wzp_sim_now(h.sim) - whole) / WZP_MILLISECOND);
    ok(back && took <= 1000, "the %s is %u s without network: heard again after %u ms",
       callee ? "callee" : "caller", seconds, took);
    is_int(wzp_sim_phone_count(&h.b.phone, WZP_EVENT_INCOMING), 1, "in the same call");
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    outage(2, true);
    outage(9, false);
    outage(20, true);
    outage(28, false);
    outage(35, true);
    outage(41, false);
    outage(120, true);
}
