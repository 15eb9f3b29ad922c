/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A peer that dies while it rings: the caller is told soon. A peer that dies in a call without
 * closing: that is reported at once, the call is kept for five minutes in case only its network is
 * down, and then ends by itself. A peer that is only silent, muted or on hold keeps the call. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct wzp_sim_phone a, b;

/* A relay and two phones. */
static void start(uint64_t seed)
{
    static struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
    struct wzp_sim_phone_options oa = {
        .address = "10.0.0.2:5000", .seed = 1, .relay = &relay, .up = &line, .down = &line};
    struct wzp_sim_phone_options ob = oa;
    ob.address = "10.0.0.3:5000";
    ob.seed = 2;
    if (wzp_sim_new(&sim, seed) || wzp_sim_relay_start(&relay, sim, "10.0.0.1:4433", 9, NULL) ||
        wzp_sim_phone_start(&a, sim, &oa, true) || wzp_sim_phone_start(&b, sim, &ob, true))
        bail("no stage");
}

/* Measures how soon the caller is told that the peer died while it rang. */
static void dies_ringing(void)
{
    wzp_session_id call;
    start(22);
    wzp_sim_run(sim, 30 * WZP_SECOND);
    wzp_sim_phone_call(&a, &call, &b);
    ok(wzp_sim_phone_wait(&a, WZP_EVENT_RINGING, 1, 5 * WZP_SECOND), "it rings");
    wzp_sim_run(sim, 20 * WZP_SECOND);
    ok(!wzp_sim_phone_find(&a, WZP_EVENT_ENDED, 0), "for as long as nobody answers");
    uint64_t died = wzp_sim_now(sim);
    wzp_sim_phone_stop(&b);
    ok(wzp_sim_phone_wait(&a, WZP_EVENT_ENDED, 1, 60 * WZP_SECOND), "B dies: it ends");
    const struct wzp_event *end = wzp_sim_phone_find(&a, WZP_EVENT_ENDED, 0);
    double after = end ? (double)(end->at - died) / 1e9 : -1;
    ok(after > 5 && after <= 10.1, "within ten seconds (%.1f s)", after);
    ok(end && end->u.ended.reason == WZP_END_OFFLINE && strstr(end->u.ended.text, "went away"),
       "and A is told that B went away: %s", end ? end->u.ended.text : "-");
    wzp_sim_phone_stop(&a);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    dies_ringing();
    wzp_session_id call;
    start(21);
    int16_t *tone = voice_tone(500, -20, 48000);
    a.card.voice = b.card.voice = tone;
    a.card.voice_samples = b.card.voice_samples = 48000;
    b.auto_answer = true;
    wzp_sim_phone_wait(&a, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    wzp_sim_phone_wait(&b, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    wzp_sim_phone_call(&a, &call, &b);
    ok(wzp_sim_phone_wait(&a, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND), "a call is up");
    wzp_phone_hold(b.phone, b.last_incoming, true, wzp_sim_now(b.sim));
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(!wzp_sim_phone_find(&a, WZP_EVENT_ENDED, 0), "a minute on hold does not end it");
    wzp_phone_hold(b.phone, b.last_incoming, false, wzp_sim_now(b.sim));
    b.card.voice = NULL;
    wzp_sim_run(sim, 60 * WZP_SECOND);
    ok(!wzp_sim_phone_find(&a, WZP_EVENT_ENDED, 0), "nor does a minute of silence");
    uint64_t died = wzp_sim_now(sim);
    wzp_sim_phone_stop(&b);
    size_t told = wzp_sim_phone_count(&a, WZP_EVENT_NOTICE);
    bool heard = wzp_sim_phone_wait(&a, WZP_EVENT_NOTICE, told + 1, 60 * WZP_SECOND);
    double after = (double)(wzp_sim_now(sim) - died) / 1e9;
    ok(heard && after < 2, "B dies: A is told that nothing is heard (%.1f s)", after);
    heard = wzp_sim_phone_wait(&a, WZP_EVENT_NOTICE, told + 2, 60 * WZP_SECOND);
    after = (double)(wzp_sim_now(sim) - died) / 1e9;
    ok(heard && after < 30, "and within half a minute that the call is kept (%.1f s)", after);
    ok(wzp_sim_phone_wait(&a, WZP_EVENT_ENDED, 1, 400 * WZP_SECOND), "then it ends");
    const struct wzp_event *end = wzp_sim_phone_find(&a, WZP_EVENT_ENDED, 0);
    ok(end && end->u.ended.reason == WZP_END_LOST, "as lost: %s", end ? end->u.ended.text : "-");
    ok(end && end->at - died < 330 * WZP_SECOND, "after five minutes (%.1f s)",
       end ? (double)(end->at - died) / 1e9 : -1);
    wzp_sim_phone_stop(&a);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
    wzp_free(tone);
}
