/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A peer that is killed, in a call over the relay and in a direct one: what is reported while
 * nothing is received; and when the peer is back in the call, the statistics are about what is
 * heard then, not about the silence before. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

#define AWAY (40 * WZP_SECOND)

static struct homes h;
static uint64_t died;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};

/* When the caller was told this, in seconds after the peer died; -1: not since then. */
static double told(const char *words)
{
    const struct wzp_sim_phone *p = &h.a.phone;

    for (size_t i = 0; i < p->diary_count; i++)
        if (p->diary[i]->type == WZP_EVENT_NOTICE && p->diary[i]->at >= died &&
            strstr(p->diary[i]->u.notice.text, words))
            return (double)(p->diary[i]->at - died) / 1e9;
    return -1;
}

static void silence_is_told(const char *call)
{
    double at = told("nothing has been heard from the other side for a second");
    ok(at >= 1 && at < 1.6, "%s: a dead peer is told of after a second (%.2f s)", call, at);
    at = told("still nothing from the other side");
    ok(at >= 3 && at < 3.6, "%s: and after three, that it is waited for (%.2f s)", call, at);
    at = told("the call is kept for five minutes");
    ok(at > 0 && at < 30, "%s: then, that the call is kept (%.1f s)", call, at);
    struct wzp_session_stats stats = homes_stats(&h.a);
    ok(stats.heard.jitter.loss_percent_5s > 99 && stats.mos < 1.5,
       "%s: meanwhile all is lost (%.0f %%, MOS %.1f)", call, stats.heard.jitter.loss_percent_5s,
       stats.mos);
}

static void return_is_told(const char *call)
{
    if (!homes_wait_heard_again(&h, 10 * WZP_SECOND))
        bail("%s: not heard again", call);
    wzp_sim_run(h.sim, WZP_SECOND);
    double at = told("the other side is heard again");
    ok(at > (double)AWAY / 1e9, "%s: the end of the silence is told (%.2f s)", call, at);
    struct wzp_session_stats stats = homes_stats(&h.a);
    ok(stats.heard.jitter.loss_percent_1s < 1 && stats.heard.jitter.loss_percent_5s < 1,
       "%s: what is heard well has no loss (%.0f %% in 1 s, %.0f %% in 5 s)", call,
       stats.heard.jitter.loss_percent_1s, stats.heard.jitter.loss_percent_5s);
    ok(stats.mos > 4, "%s: and a good MOS a second later (%.1f)", call, stats.mos);
    ok(stats.datagrams_received > 300, "%s: what the call has counted goes on (%u packets)", call,
       (unsigned)stats.datagrams_received);
}

static void killed_and_restarted(bool relay_only)
{
    const char *call = relay_only ? "over the relay" : "direct";
    const struct home_plan plan = {
        .nat = &restricted, .delay = 20 * WZP_MILLISECOND, .relay_only = relay_only};

    homes_open(&h, 31, &plan, &plan, false);
    homes_call(&h);
    wzp_sim_run(h.sim, 8 * WZP_SECOND);
    struct wzp_session_stats stats = homes_stats(&h.a);
    if (stats.direct == relay_only || stats.mos < 4)
        bail("no good call");
    died = wzp_sim_now(h.sim);
    wzp_sim_phone_stop(&h.b.phone);
    wzp_sim_run(h.sim, AWAY);
    silence_is_told(call);
    homes_start(&h, &h.b, &plan);
    h.b.phone.auto_answer = true;
    return_is_told(call);
    homes_close(&h);
}

/* A long round trip, so that media arrive over the relay for a while before the direct path is
 * used. */
static void far_away(void)
{
    const struct home_plan plan = {.nat = &restricted, .delay = 150 * WZP_MILLISECOND};

    homes_open(&h, 32, &plan, &plan, false);
    homes_call(&h);
    wzp_sim_run(h.sim, 20 * WZP_SECOND);
    struct wzp_session_stats stats = homes_stats(&h.a);
    ok(stats.direct, "a direct path of 600 ms is used");
    ok(stats.heard.jitter.loss_percent_5s < 1, "and what is heard on it is not lost (%.0f %%)",
       stats.heard.jitter.loss_percent_5s);
    homes_close(&h);
}

/* A call without end-to-end encryption, which the peer cannot rejoin, as with other programs: it
 * ends by itself. */
static void in_the_clear(void)
{
    static struct wzp_sim_relay relay;
    static struct wzp_sim_phone ann, bob;
    struct wzp_sim *sim;
    struct wzp_sim_phone_options o = {
        .address = "10.0.0.2:5000", .seed = 1, .relay = &relay, .e2e = WZP_E2E_OFF};
    wzp_session_id call;

    if (wzp_sim_new(&sim, 33) || wzp_sim_relay_start(&relay, sim, "10.0.0.1:4433", 9, NULL) ||
        wzp_sim_phone_start(&ann, sim, &o, true))
        bail("no stage");
    o.address = "10.0.0.3:5000";
    o.seed = 2;
    if (wzp_sim_phone_start(&bob, sim, &o, true))
        bail("nobody to call");
    bob.auto_answer = true;
    ann.card.voice = bob.card.voice = h.tone;
    ann.card.voice_samples = bob.card.voice_samples = sizeof h.tone / sizeof h.tone[0];
    wzp_sim_run(sim, WZP_SECOND);
    wzp_sim_phone_call(&ann, &call, &bob);
    if (!wzp_sim_phone_wait(&ann, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND))
        bail("no call in the clear");
    wzp_sim_run(sim, 5 * WZP_SECOND);
    size_t before = wzp_sim_phone_count(&ann, WZP_EVENT_NOTICE);
    uint64_t from = wzp_sim_now(sim);
    wzp_sim_phone_stop(&bob);
    wzp_sim_run(sim, 3500 * WZP_MILLISECOND);
    is_int(wzp_sim_phone_count(&ann, WZP_EVENT_NOTICE) - before, 2,
           "in the clear: a dead peer is told of twice in the first three seconds");
    bool ended = wzp_sim_phone_wait(&ann, WZP_EVENT_ENDED, 1, 60 * WZP_SECOND);
    const struct wzp_event *end = wzp_sim_phone_find(&ann, WZP_EVENT_ENDED, 0);
    ok(ended && end->u.ended.reason == WZP_END_LOST && end->at - from < 30 * WZP_SECOND,
       "in the clear: and the call ends as lost (%.1f s: %s)",
       ended ? (double)(end->at - from) / 1e9 : -1, ended ? end->u.ended.text : "-");
    wzp_sim_phone_stop(&ann);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    killed_and_restarted(true);
    killed_and_restarted(false);
    far_away();
    in_the_clear();
}
