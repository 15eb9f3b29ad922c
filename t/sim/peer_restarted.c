/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A program that is killed in a call and soon restarted has forgotten the call. The other side
 * receives nothing, asks, gets that answer, and does not wait for the long time-out. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

#define AWAY (5 * WZP_SECOND)

static struct homes h;
static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};

static void open_call(const struct home_plan *plan)
{
    homes_open(&h, 31, plan, plan, false);
    homes_call(&h);
    wzp_sim_run(h.sim, 8 * WZP_SECOND);
    if (homes_stats(&h.a).direct == plan->relay_only)
        bail("the call is not on the path it is meant for");
}

/* When this was reported after `from`, in seconds; -1: never. */
static double told(const struct home_side *side, const char *words, uint64_t from)
{
    const struct wzp_sim_phone *p = &side->phone;
    for (size_t i = 0; i < p->diary_count; i++)
        if (p->diary[i]->type == WZP_EVENT_NOTICE && p->diary[i]->at >= from &&
            strstr(p->diary[i]->u.notice.text, words))
            return (double)(p->diary[i]->at - from) / 1e9;
    return -1;
}

/* Kills the program at one of the homes and starts it again. Returns when that was. */
static uint64_t restart(struct home_side *who, const struct home_plan *plan)
{
    wzp_sim_phone_stop(&who->phone);
    wzp_sim_run(h.sim, AWAY);
    uint64_t back = wzp_sim_now(h.sim);
    homes_start(&h, who, plan);
    return back;
}

static void callee_restarts(bool relay_only)
{
    const char *call = relay_only ? "over the relay" : "direct";
    const struct home_plan plan = {
        .nat = &restricted, .delay = 20 * WZP_MILLISECOND, .relay_only = relay_only};

    open_call(&plan);
    uint64_t back = restart(&h.b, &plan);
    h.b.phone.auto_answer = true;
    bool heard = homes_wait_heard_again(&h, 10 * WZP_SECOND);
    double took = (double)(wzp_sim_now(h.sim) - back) / 1e9;
    double at = told(&h.a, "or another one: it is called again", back);
    ok(at >= 0 && at < 4, "%s: the caller hears what became of the callee (%.1f s)", call, at);
    ok(heard && took < 5, "%s: and calls it again, both hear each other (%.1f s)", call, took);
    ok(!wzp_sim_phone_find(&h.a.phone, WZP_EVENT_ENDED, 0) &&
           wzp_sim_phone_count(&h.b.phone, WZP_EVENT_INCOMING) == 1,
       "%s: for the caller it is one call, at the callee it rings once", call);
    homes_close(&h);
}

static void caller_restarts(void)
{
    const struct home_plan plan = {
        .nat = &restricted, .delay = 20 * WZP_MILLISECOND, .relay_only = true};

    open_call(&plan);
    uint64_t back = restart(&h.a, &plan);
    wzp_sim_run(h.sim, 4 * WZP_SECOND);
    double at = told(&h.b, "or another one: the call is kept", back);
    ok(at >= 0 && at < 4, "the callee hears what became of the caller (%.1f s)", at);
    wzp_sim_phone_call(&h.a.phone, &h.call, &h.b.phone);
    ok(homes_wait_heard_again(&h, 5 * WZP_SECOND) &&
           wzp_sim_phone_count(&h.b.phone, WZP_EVENT_INCOMING) == 1 &&
           !wzp_sim_phone_find(&h.b.phone, WZP_EVENT_ENDED, 0),
       "when it calls again, the callee's call goes on without ringing");
    homes_close(&h);
}

/* The same person's other program has been running: it cannot know what the first one does. */
static void another_program(void)
{
    static struct wzp_sim_phone tablet;
    const struct wzp_sim_phone_options o = {
        .address = "198.51.100.77:5000", .seed = 2, .relay = &h.relay};
    const struct home_plan plan = {
        .nat = &restricted, .delay = 20 * WZP_MILLISECOND, .relay_only = true};
    const struct wzp_sim_link line = {.delay = plan.delay}, cut = {.down = true};
    struct wzp_sim_host *box;

    homes_open(&h, 31, &plan, &plan, false);
    if (wzp_sim_phone_start(&tablet, h.sim, &o, false))
        bail("no tablet");
    homes_call(&h);
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    box = wzp_sim_nat_host(h.b.box);
    wzp_sim_host_link(box, wzp_sim_internet(h.sim), &cut, &cut);
    if (wzp_phone_register_start(tablet.phone, wzp_sim_now(h.sim), NULL))
        bail("the tablet does not register");
    wzp_sim_phone_kick(&tablet);
    wzp_sim_run(h.sim, 14 * WZP_SECOND);
    wzp_sim_host_link(box, wzp_sim_internet(h.sim), &line, &line);
    ok(told(&h.a, "still nothing from the other side", 0) > 0 && homes_wait_heard_again(&h, AWAY),
       "a callee's network is away while another program of hers registers: the call goes on");
    ok(told(&h.a, "started its program anew", 0) < 0 &&
           wzp_sim_phone_count(&tablet, WZP_EVENT_INCOMING) == 0,
       "and nothing else is told, nor rings");
    wzp_sim_phone_stop(&tablet);
    homes_close(&h);
}

/* A second device of the same person (a tablet) registers while the network of the phone that talks
 * is down. Nobody can tell it from a restart of that phone's program, so the call moves there; the
 * phone reports that, too, and does not wait any longer. */
static void takes_over(bool caller)
{
    static struct wzp_sim_phone tablet;
    const struct wzp_sim_phone_options o = {
        .address = "198.51.100.77:5000", .seed = caller ? 1 : 2, .relay = &h.relay};
    const struct home_plan plan = {
        .nat = &restricted, .delay = 20 * WZP_MILLISECOND, .relay_only = true};
    const struct wzp_sim_link line = {.delay = plan.delay}, cut = {.down = true};
    const char *who = caller ? "caller" : "callee";

    homes_open(&h, 31, &plan, &plan, false);
    struct home_side *first = caller ? &h.a : &h.b, *other = caller ? &h.b : &h.a;
    homes_call(&h);
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    wzp_sim_host_link(wzp_sim_nat_host(first->box), wzp_sim_internet(h.sim), &cut, &cut);
    wzp_sim_run(h.sim, WZP_SECOND);
    if (wzp_sim_phone_start(&tablet, h.sim, &o, true))
        bail("no tablet");
    tablet.auto_answer = true;
    wzp_sim_run(h.sim, 9 * WZP_SECOND);
    uint64_t back = wzp_sim_now(h.sim);
    wzp_sim_host_link(wzp_sim_nat_host(first->box), wzp_sim_internet(h.sim), &line, &line);
    ok(told(other, "started its program anew, or another one", 0) > 0 &&
           !wzp_sim_phone_find(&other->phone, WZP_EVENT_ENDED, 0),
       "the %s's tablet is switched on meanwhile: the other side hears what may be, in one call",
       who);
    is_int(wzp_sim_phone_count(&tablet, WZP_EVENT_INCOMING), caller ? 0 : 1,
           "a callee's tablet rings");
    ok(wzp_sim_phone_wait(&first->phone, WZP_EVENT_ENDED, 1, 20 * WZP_SECOND),
       "the phone's call ends when its network is back");
    const struct wzp_event *e = wzp_sim_phone_find(&first->phone, WZP_EVENT_ENDED, 0);
    ok(e && e->at - back < 5 * WZP_SECOND && e->u.ended.reason == WZP_END_LOST &&
           strstr(e->u.ended.text, "another program of ours"),
       "%.1f s later, and says that another program of its own is called now: %s",
       e ? (double)(e->at - back) / 1e9 : -1, e ? e->u.ended.text : "-");
    wzp_sim_phone_stop(&tablet);
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    callee_restarts(true);
    callee_restarts(false);
    caller_restarts();
    another_program();
    takes_over(false);
    takes_over(true);
}
