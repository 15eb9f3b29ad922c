/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A laptop is suspended and resumed: no time has passed for the phone, but its peers have given up
 * its connections. Measures how soon it can be called, and how soon a call is heard again. */
#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct home_plan usual = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};

static void idle(unsigned seconds)
{
    homes_open(&h, 70 + seconds, &usual, &usual, false);
    wzp_sim_phone_sleep(&h.a.phone);
    wzp_sim_run(h.sim, seconds * WZP_SECOND);
    wzp_sim_phone_wake(&h.a.phone);
    wzp_sim_run(h.sim, WZP_SECOND);
    uint64_t rang = wzp_sim_now(h.sim);
    wzp_session_id call;
    wzp_sim_phone_call(&h.b.phone, &call, &h.a.phone);
    bool rings = wzp_sim_phone_wait(&h.a.phone, WZP_EVENT_INCOMING, 1, 5 * WZP_SECOND);
    unsigned took = (unsigned)((wzp_sim_now(h.sim) - rang) / WZP_MILLISECOND);
    ok(rings && took < 1000,
       "a second after %u s of sleep a phone can be called, and rings after %u ms", seconds, took);
    is_int(wzp_sim_phone_count(&h.a.phone, WZP_EVENT_REGISTERED), seconds > 30 ? 2 : 1,
           "it is registered %s", seconds > 30 ? "anew" : "as before");
    homes_close(&h);
}

static void in_a_call(unsigned seconds)
{
    homes_open(&h, 80 + seconds, &usual, &usual, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    wzp_sim_phone_sleep(&h.a.phone);
    wzp_sim_run(h.sim, seconds * WZP_SECOND);
    wzp_sim_phone_wake(&h.a.phone);
    uint64_t woke = wzp_sim_now(h.sim);
    bool back = homes_wait_heard_again(&h, 20 * WZP_SECOND);
    unsigned took = (unsigned)((wzp_sim_now(h.sim) - woke) / WZP_MILLISECOND);
    ok(back && took <= 1000, "a call in which one slept %u s is heard again after %u ms", seconds,
       took);
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    idle(10);
    idle(300);
    in_a_call(3);
    in_a_call(15);
}
