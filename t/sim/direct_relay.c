/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls whose relay forgets them, shuts down, or comes back: the peers continue, end the
 * call between themselves, and never show a safety code or a warning of the previous call. */
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
    .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
    .filtering6 = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct home_plan slow = {.nat = &restricted, .delay = 200 * WZP_MILLISECOND};
static const struct home_plan usual = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};

static void direct_call(uint64_t seed, const struct home_plan *callee)
{
    homes_open(&h, seed, &usual, callee, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 3 * WZP_SECOND);
}

static size_t told(const struct wzp_sim_phone *p, const char *words)
{
    size_t count = 0;

    for (size_t i = 0; i < p->diary_count; i++) {
        char sentence[512];
        wzp_event_sentence(sentence, sizeof sentence, p->diary[i]);
        count += strstr(sentence, words) != NULL;
    }
    return count;
}

static bool registered(void *context)
{
    (void)context;
    return wzp_phone_registered(h.a.phone.phone) && wzp_phone_registered(h.b.phone.phone);
}

static bool goes_on(const struct home_side *s)
{
    return wzp_phone_session(s->phone.phone, 0) != 0 && homes_is_direct(s, NULL);
}

/* One side hangs up: the other is told at once, and nobody reconnects. */
static void ends_for_both(struct home_side *one, struct home_side *other, const char *who)
{
    uint64_t from = wzp_sim_now(h.sim);

    wzp_sim_phone_hangup(&one->phone, wzp_phone_session(one->phone.phone, 0));
    bool ended = wzp_sim_phone_wait(&other->phone, WZP_EVENT_ENDED, 1, 5 * WZP_SECOND);
    const struct wzp_event *end = wzp_sim_phone_find(&other->phone, WZP_EVENT_ENDED, 0);
    ok(ended && end->at - from < 1500 * WZP_MILLISECOND, "%s hangs up: the other knows (%.2f s)",
       who, ended ? (double)(end->at - from) / 1e9 : -1);
    is_int(end ? (int)end->u.ended.reason : -1, WZP_END_NORMAL, "as a normal end");
    wzp_sim_run(h.sim, 10 * WZP_SECOND);
    is_int(wzp_sim_phone_count(&h.a.phone, WZP_EVENT_INCOMING), 0, "nothing rings at the caller");
    is_int(wzp_sim_phone_count(&h.b.phone, WZP_EVENT_INCOMING), 1, "nor again at the callee");
    is_int(told(&h.a.phone, "made again") + told(&h.b.phone, "made again"), 0,
           "nobody makes the call again");
    ok(!wzp_phone_session(h.a.phone.phone, 0) && !wzp_phone_session(h.b.phone.phone, 0),
       "both are free");
}

static void forgotten(bool caller_ends)
{
    direct_call(caller_ends ? 31 : 32, &usual);
    wzp_sim_relay_crash(&h.relay);
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    if (wzp_sim_relay_restart(&h.relay))
        bail("no relay");
    wzp_sim_run(h.sim, 20 * WZP_SECOND);
    ok(wzp_sim_run_for(h.sim, registered, NULL, 60 * WZP_SECOND), "both are registered again");
    ok(goes_on(&h.a) && goes_on(&h.b), "and talk directly all the time");
    if (caller_ends)
        ends_for_both(&h.a, &h.b, "the caller");
    else
        ends_for_both(&h.b, &h.a, "the callee");
    homes_close(&h);
}

static bool stopped(void *context)
{
    (void)context;
    return wzp_relay_drained(h.relay.relay);
}

static void drained(void)
{
    direct_call(33, &usual);
    wzp_relay_drain(h.relay.relay, wzp_sim_now(h.sim));
    wzp_sim_host_kick(h.relay.host);
    ok(wzp_sim_run_for(h.sim, stopped, NULL, 5 * WZP_SECOND), "a relay is stopped in order");
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    wzp_sim_relay_crash(&h.relay);
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    ok(goes_on(&h.a) && goes_on(&h.b), "a direct call goes on");
    if (wzp_sim_relay_restart(&h.relay))
        bail("no relay");
    ok(wzp_sim_run_for(h.sim, registered, NULL, 60 * WZP_SECOND), "both are registered again");
    wzp_sim_run(h.sim, 20 * WZP_SECOND);
    ok(goes_on(&h.a) && goes_on(&h.b), "and it still does");
    ends_for_both(&h.a, &h.b, "the caller");
    homes_close(&h);
}

/* ---- the relay and the direct path die together ---- */

static bool both_go_on(void *context)
{
    (void)context;
    return told(&h.a.phone, "the call goes on") > 0 && told(&h.b.phone, "the call goes on") > 0;
}

/* How many of the recorded events after the first `from` still show that code. */
static size_t stale(const struct wzp_sim_phone *p, size_t from, const char *code)
{
    size_t count = 0;

    for (size_t i = from; i < p->diary_count; i++)
        count += p->diary[i]->type == WZP_EVENT_SECURITY &&
                 strcmp(p->diary[i]->u.security.sas, code) == 0;
    return count;
}

static void remade(uint64_t seed, const struct home_plan *callee)
{
    direct_call(seed, callee);
    const struct wzp_event *e = wzp_sim_phone_find(&h.a.phone, WZP_EVENT_SECURITY, 0);
    char before[sizeof e->u.security.sas];
    memcpy(before, e->u.security.sas, sizeof before);
    size_t from_a = h.a.phone.diary_count, from_b = h.b.phone.diary_count;
    wzp_sim_relay_crash(&h.relay);
    homes_cut_path(&h, true);
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    wzp_sim_network_set_filter(wzp_sim_internet(h.sim), NULL, NULL);
    if (wzp_sim_relay_restart(&h.relay))
        bail("no relay");
    ok(wzp_sim_run_for(h.sim, both_go_on, NULL, 10 * WZP_SECOND), "the call is made again");
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    is_int(stale(&h.a.phone, from_a, before), 0, "the caller never sees the old code");
    is_int(stale(&h.b.phone, from_b, before), 0, "nor does the callee");
    const struct wzp_event *a = wzp_sim_phone_find(&h.a.phone, WZP_EVENT_SECURITY, 0);
    const struct wzp_event *b = wzp_sim_phone_find(&h.b.phone, WZP_EVENT_SECURITY, 0);
    is_str(a->u.security.sas, b->u.security.sas, "both have one code");
    ok(a->u.security.e2e && a->u.security.confirmed && b->u.security.confirmed &&
           a->u.security.sas[0] != '\0',
       "that was confirmed");
    is_int(told(&h.a.phone, "could not prove") + told(&h.b.phone, "could not prove"), 0,
           "nobody is suspected");
    ok(goes_on(&h.a) && goes_on(&h.b), "and it is direct again");
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls, over and over");
    forgotten(true);
    forgotten(false);
    drained();
    remade(34, &usual);
    remade(35, &slow); /* the sides switch to their new keys at different times */
    remade(36, &slow);
}
