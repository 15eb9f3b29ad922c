/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The operator of a relay kicks somebody who is in a call: a call over the relay ends, both sides
 * are told who did it, and neither reconnects by itself; a call on a direct path continues. A
 * kicked person may call again, a banned one may not. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "relay/order.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static void open_call(bool relay_only)
{
    static const struct wzp_sim_nat_config restricted = {
        .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    const struct home_plan plan = {
        .nat = &restricted, .delay = 20 * WZP_MILLISECOND, .relay_only = relay_only};

    homes_open(&h, 41, &plan, &plan, false);
    homes_call(&h);
    wzp_sim_run(h.sim, 8 * WZP_SECOND);
    if (homes_stats(&h.a).direct == relay_only)
        bail("the call is not on the path it is meant for");
}

static void order(enum wzp_relay_order what, const struct home_side *whom)
{
    struct wzp_error err = {0};
    size_t ended;
    if (wzp_relay_order(h.relay.relay, what, whom->phone.identity.fingerprint_text, &ended,
                        wzp_sim_now(h.sim), &err))
        bail("the order is not taken: %s", err.text);
    wzp_sim_host_kick(h.relay.host);
}

static bool is_told(const struct home_side *side)
{
    const struct wzp_event *end = wzp_sim_phone_find(&side->phone, WZP_EVENT_ENDED, 0);
    if (end)
        note("%s", end->u.ended.text);
    return end && end->u.ended.reason == WZP_END_REFUSED &&
           strstr(end->u.ended.text, "operator") != NULL;
}

/* Kicks one of the two sides, with the same result for either of them. */
static void kick(struct home_side *whom, const char *who)
{
    open_call(true);
    order(WZP_RELAY_ORDER_KICK, whom);
    wzp_sim_run(h.sim, WZP_SECOND);
    ok(is_told(&h.a) && is_told(&h.b),
       "the %s is kicked: the call ends for both within a second, and both hear who did it", who);
    wzp_sim_run(h.sim, 60 * WZP_SECOND);
    ok(wzp_sim_phone_count(&h.a.phone, WZP_EVENT_ENDED) == 1 &&
           wzp_sim_phone_count(&h.b.phone, WZP_EVENT_ENDED) == 1 &&
           wzp_sim_phone_count(&h.b.phone, WZP_EVENT_INCOMING) == 1,
       "the %s is kicked: neither makes the call again by itself", who);
    size_t answered = wzp_sim_phone_count(&h.a.phone, WZP_EVENT_ANSWERED);
    wzp_sim_phone_call(&h.a.phone, &h.call, &h.b.phone);
    ok(wzp_sim_phone_wait(&h.a.phone, WZP_EVENT_ANSWERED, answered + 1, 5 * WZP_SECOND),
       "the %s was kicked: a new call is set up", who);
    homes_close(&h);
}

static void ban(void)
{
    open_call(true);
    order(WZP_RELAY_ORDER_BAN, &h.b);
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    ok(is_told(&h.a) && is_told(&h.b), "a ban ends a call as well");
    wzp_sim_phone_call(&h.b.phone, &h.call, &h.a.phone);
    wzp_sim_run(h.sim, 10 * WZP_SECOND);
    is_int(wzp_sim_phone_count(&h.a.phone, WZP_EVENT_INCOMING), 0, "and no other follows");
    homes_close(&h);
}

static void direct(void)
{
    open_call(false);
    order(WZP_RELAY_ORDER_KICK, &h.b);
    wzp_sim_run(h.sim, 30 * WZP_SECOND);
    ok(!wzp_sim_phone_find(&h.a.phone, WZP_EVENT_ENDED, 0) &&
           !wzp_sim_phone_find(&h.b.phone, WZP_EVENT_ENDED, 0) &&
           homes_wait_heard_again(&h, WZP_SECOND),
       "a call on a direct path goes on: it does not need the relay");
    homes_cut_path(&h, true);
    uint64_t cut = wzp_sim_now(h.sim);
    bool back = homes_wait_heard_again(&h, 60 * WZP_SECOND);
    ok(back && !wzp_sim_phone_find(&h.a.phone, WZP_EVENT_ENDED, 0),
       "and when that path is cut it is made again over the relay (after %.1f s)",
       (double)(wzp_sim_now(h.sim) - cut) / 1e9);
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    kick(&h.a, "caller");
    kick(&h.b, "callee");
    ban();
    direct();
}
