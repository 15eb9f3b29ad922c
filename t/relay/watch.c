/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A phone that dies without closing its connection: the other side is told within ten seconds, and
 * nobody is told so about a phone that is alive. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "tap.h"

static struct wzp_relay *r;
static struct fake ann, bob, ann_media, bob_media;

/* Ann's call rings at Bob's. */
static void begin_ringing(void)
{
    r = fake_relay(NULL);
    fake_open(r, &ann, "_signal", 0);
    fake_open(r, &bob, "_signal", 0);
    if (!fake_register(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0) ||
        !fake_register(r, &bob, 2, WZP_REGISTRATION_PROVEN, 0))
        bail("nobody registers");
    fake_offer(r, &ann, bob.client->name.text, "c1", 0);
}

static void begin(bool with_media)
{
    struct join_options who = {.seed = 1, .bound = true};
    begin_ringing();
    fake_send(r, &bob,
              "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptTrusted\"}}", 0);
    fake_open(r, &ann_media, "call-c1", 0);
    fake_open(r, &bob_media, "call-c1", 0);
    if (with_media && !fake_join(r, &ann_media, &who, 0))
        bail("Ann cannot enter");
    who.seed = 2;
    if (with_media && !fake_join(r, &bob_media, &who, 0))
        bail("Bob cannot enter");
}

/* Seconds until the call ended, at most `limit`. A living phone sends packets on its signal
 * connection every 5 s, and media every 100 ms. */
static double run(bool ann_signal, bool ann_speaks, bool bob_lives, unsigned limit)
{
    uint64_t now = 0;
    for (; now < limit * WZP_SECOND; now += 100 * WZP_MILLISECOND) {
        wzp_relay_handle_expiry(r, now);
        if (!wzp_relay_calls_get(&r->calls, "c1"))
            break;
        if (now % (5 * WZP_SECOND) == 0) {
            ann.heard += ann_signal;
            bob.heard += bob_lives;
        }
        ann_media.heard += ann_speaks;
        bob_media.heard += bob_lives;
    }
    return (double)now / 1e9;
}

/* Measures the seconds until Ann is missing in Bob's member list of the call's room; then she is
 * heard again. */
static void test_list(void)
{
    uint64_t now = 0;
    begin(true);
    for (; now < 60 * WZP_SECOND && strstr(bob_media.last, "\"count\":2"); now += WZP_SECOND / 10) {
        wzp_relay_handle_expiry(r, now);
        bob_media.heard++;
    }
    note("the list lacks a phone that dies after %.1f s", (double)now / 1e9);
    ok(now <= 10 * WZP_SECOND, "the other side sees a phone that dies go within ten seconds");
    ok(strstr(bob_media.last, "{\"RoomUpdate\":{\"count\":1,"), "in the list of the room");
    for (uint64_t end = now + 4 * WZP_SECOND; now < end; now += WZP_SECOND / 10) {
        wzp_relay_handle_expiry(r, now);
        bob_media.heard++;
        ann_media.heard++;
    }
    ok(strstr(bob_media.last, "{\"RoomUpdate\":{\"count\":2,"), "and come back when it does");
    wzp_relay_free(r);
}

/* Seconds until a call that rings at Bob's phone ended, at most 60. Ann sends packets every
 * ann_pause seconds, Bob every two from bob_from until bob_until. */
static double ring(uint64_t steady, unsigned ann_pause, double bob_from, double bob_until)
{
    uint64_t now = 0;
    begin_ringing();
    bob.steady = steady;
    for (; now < 50 * WZP_SECOND && wzp_relay_calls_get(&r->calls, "c1");
         now += 100 * WZP_MILLISECOND) {
        double t = (double)now / 1e9;
        ann.heard += ann_pause && now % (ann_pause * WZP_SECOND) == 0;
        bob.heard += now % (2 * WZP_SECOND) == 0 && t >= bob_from && t < bob_until;
        wzp_relay_handle_expiry(r, now);
    }
    return (double)now / 1e9;
}

/* One of the two dies while the phone rings. */
static void test_ringing(void)
{
    double took = ring(20 * WZP_SECOND, 2, 0, 5);
    note("the call that rings at a phone that dies after 5 s ends after %.1f s", took);
    ok(took > 11 && took <= 15.1, "a phone that dies while it rings is found out in ten seconds");
    ok(strstr(ann.last, "{\"Hangup\":{\"reason\":\"Error\",\"call_id\":\"c1\"}}"),
       "and the caller is told, as of one who went away: %s", ann.last);
    is_int(bob.by_type[WZP_SIGNAL_PING], 1, "after it was asked");
    ok(strstr(bob.last, "\"Hangup\""), "so is the phone, should it live after all");
    wzp_relay_free(r);
    is_int(ring(20 * WZP_SECOND, 5, 0, 5), took, "also where the caller is slower");
    wzp_relay_free(r);
    is_int(ring(9 * WZP_SECOND, 2, 0, 5), 50,
           "one that was silent for longer before is waited for");
    wzp_relay_free(r);
    is_int(ring(20 * WZP_SECOND, 2, 0, 99), 50, "one that lives rings on");
    wzp_relay_free(r);
    is_int(ring(20 * WZP_SECOND, 2, 8, 99), 50, "so does one that was away for some seconds");
    wzp_relay_free(r);
    is_int(ring(20 * WZP_SECOND, 0, 0, 5), 50, "and when nothing comes from the caller either");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_ringing();
    test_list();
    begin(true);
    double took = run(false, false, true, 60);
    note("the call of a phone that dies ends after %.1f s", took);
    ok(took > 18 && took <= 24, "a network may be away for a while; then the call ends");
    ok(strstr(bob.last, "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"c1\"}}"),
       "and the other side is told so, with the reason");
    wzp_relay_free(r);

    begin(true);
    is_int(run(true, true, true, 120), 120, "who lives is not thought dead");
    wzp_relay_free(r);
    begin(true);
    is_int(run(true, false, true, 60), 60, "who is silent but acknowledges lives");
    wzp_relay_free(r);
    begin(true);
    is_int(run(false, true, true, 60), 60, "who lost the signal connection but speaks lives");
    wzp_relay_free(r);
    begin(true);
    is_int(run(false, false, false, 60), 60,
           "when nothing comes from anybody, the relay blames its own line");
    wzp_relay_free(r);
    begin(false);
    is_int(run(false, false, true, 29), 29,
           "a call without media here is on a direct path: the phones know better");
    wzp_relay_free(r);

    begin(true);
    fake_gone(r, &ann, 0);
    took = run(false, true, true, 60);
    note("a lost signal connection alone ends the call after %.1f s", took);
    ok(took >= 15 && took <= 16, "a signal connection that ends has its grace time");
    wzp_relay_free(r);
}
