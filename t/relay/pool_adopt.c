/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls whose people reconnect to another relay of the pool: because theirs died, or because their
 * network led them there. */
#include <stdio.h>
#include <string.h>

#include "lib_pool.h"
#include "tap.h"

#define HERE "192.0.2.1:1000"
#define THERE "198.51.100.7:1000"

static struct pool p;
static struct fake ann, bob, other;
static size_t ann_at, bob_at;

/* Ann calls Bob, who answers. */
static void begin(size_t anns, size_t bobs)
{
    char text[300];
    memset(&other, 0, sizeof other);
    pool_raise(&p, 3, NULL);
    ann_at = anns;
    bob_at = bobs;
    if (!pool_come(&p, anns, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND) ||
        !pool_come(&p, bobs, &bob, 2, WZP_REGISTRATION_PROVEN, THERE, WZP_SECOND))
        bail("nobody registers");
    fake_offer(pool_relay(&p, anns), &ann, fake_name(2), "c1", pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptTrusted\"}}");
    fake_send(pool_relay(&p, bobs), &bob, text, pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    if (!strstr(ann.last, "CallSetup") || !strstr(bob.last, "CallSetup"))
        bail("no call");
}

static void go(size_t n, struct fake *fake)
{
    if (p.relays[n].relay)
        fake_gone(pool_relay(&p, n), fake, pool_now(&p));
}

static void end(void)
{
    go(ann_at, &ann);
    go(bob_at, &bob);
    pool_lower(&p);
}

/* The relay dies without closing connections; its clients are gone, and 1 s passes. */
static void crash(size_t n)
{
    wzp_sim_relay_crash(&p.relays[n]);
    if (ann_at == n)
        memset(&ann, 0, sizeof ann);
    if (bob_at == n)
        memset(&bob, 0, sizeof bob);
    pool_run(&p, WZP_SECOND);
}

static void come(struct fake *fake, uint8_t seed, size_t n)
{
    if (!pool_come(&p, n, fake, seed, WZP_REGISTRATION_PROVEN, HERE, 5 * WZP_SECOND))
        bail("not registered: %s", fake->reason);
    pool_run(&p, 20 * WZP_MILLISECOND);
    if (fake == &ann)
        ann_at = n;
    else
        bob_at = n;
}

/* Ann hangs up: the Hangup reaches Bob, and no relay keeps the call. */
static void hang_up(const char *what)
{
    ok(!bob.by_type[WZP_SIGNAL_HANGUP] && !ann.by_type[WZP_SIGNAL_HANGUP],
       "%s: nobody is told that it is over", what);
    fake_send(pool_relay(&p, ann_at), &ann,
              "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}", pool_now(&p));
    pool_run(&p, 50 * WZP_MILLISECOND);
    ok(bob.by_type[WZP_SIGNAL_HANGUP] == 1, "%s: a hangup reaches the other side", what);
    size_t calls = 0;
    for (size_t i = 0; i < p.count; i++)
        calls += p.relays[i].relay ? pool_relay(&p, i)->calls.by_id.count : 0;
    is_int(calls, 0, "%s: no relay has the call then", what);
    ok(!pool_text(&p, 'c', 1) && !pool_text(&p, 'c', 2), "%s: nor has the directory", what);
}

static void test_one_comes(void)
{
    begin(0, 1);
    crash(0);
    come(&ann, 1, 1);
    hang_up("one of two comes to the other's relay");
    end();
    begin(0, 1);
    crash(0);
    come(&ann, 1, 2);
    hang_up("one of two comes to a third relay");
    end();
}

static void test_both_come(void)
{
    begin(0, 0);
    crash(0);
    come(&ann, 1, 1);
    come(&bob, 2, 1);
    hang_up("both come to one relay");
    end();
    begin(0, 0);
    crash(0);
    come(&bob, 2, 2);
    come(&ann, 1, 1);
    hang_up("both come to two relays");
    end();
}

static void test_move(void)
{
    begin(0, 1);
    memcpy(&other, &bob, sizeof other); /* the old connection */
    static struct fake bobs_second;
    memset(&bobs_second, 0, sizeof bobs_second);
    ok(pool_come(&p, 2, &bobs_second, 2, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND),
       "somebody in a call registers at another relay, theirs lives");
    pool_run(&p, 50 * WZP_MILLISECOND);
    is_int(pool_relay(&p, 2)->calls.by_id.count, 1, "the call is there");
    is_int(pool_relay(&p, 0)->calls.by_id.count, 1, "and at the relay of the other side");
    fake_send(pool_relay(&p, 0), &ann, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}",
              pool_now(&p));
    pool_run(&p, 50 * WZP_MILLISECOND);
    ok(bobs_second.by_type[WZP_SIGNAL_HANGUP] == 1, "a hangup reaches them there");
    pool_run(&p, 20 * WZP_SECOND);
    size_t calls = 0;
    for (size_t i = 0; i < p.count; i++)
        calls += pool_relay(&p, i)->calls.by_id.count;
    is_int(calls, 0, "20 s later no relay has the call");
    go(2, &bobs_second);
    end();
}

static void test_nobody_comes(void)
{
    begin(0, 1);
    crash(0);
    uint64_t from = pool_now(&p);
    while (!bob.by_type[WZP_SIGNAL_HANGUP] && pool_now(&p) < from + 60 * WZP_SECOND)
        pool_run(&p, 100 * WZP_MILLISECOND);
    ok(bob.by_type[WZP_SIGNAL_HANGUP] == 1 && pool_now(&p) - from < 25 * WZP_SECOND,
       "whose friend's relay died is told when they do not come back (%.1f s)",
       (double)(pool_now(&p) - from) / 1e9);
    is_int(pool_relay(&p, 1)->calls.by_id.count, 0, "and the call is over");
    end();
}

static void test_lesser(void)
{
    begin(0, 1);
    crash(0);
    pool_run(&p, 10 * WZP_SECOND);
    ok(pool_come(&p, 2, &other, 1, WZP_REGISTRATION_PLAIN, HERE, 5 * WZP_SECOND),
       "somebody who proves nothing takes a name that is free");
    pool_run(&p, WZP_SECOND);
    is_int(pool_relay(&p, 2)->calls.by_id.count, 0, "but not the call of who proved it");
    go(2, &other);
    end();
}

static void test_two_calls(void)
{
    static struct fake eve;
    begin(0, 1);
    pool_come(&p, 1, &eve, 3, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND);
    fake_offer(pool_relay(&p, 1), &eve, fake_name(2), "c2", pool_now(&p));
    fake_send(pool_relay(&p, 1), &bob,
              "{\"DirectCallAnswer\":{\"call_id\":\"c2\",\"accept_mode\":\"AcceptTrusted\"}}",
              pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(pool_text(&p, 'c', 2) && strstr(pool_text(&p, 'c', 2), " c2 "),
       "of two calls the later one stands in the directory");
    fake_send(pool_relay(&p, 1), &eve, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c2\"}}",
              pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(pool_text(&p, 'c', 2) && strstr(pool_text(&p, 'c', 2), " c1 "),
       "when it ends, the one that still runs");
    go(1, &eve);
    end();
}

static void test_ringing(void)
{
    pool_raise(&p, 2, NULL);
    ann_at = 0;
    bob_at = 1;
    pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND);
    pool_come(&p, 1, &bob, 2, WZP_REGISTRATION_PROVEN, THERE, WZP_SECOND);
    fake_offer(pool_relay(&p, 0), &ann, fake_name(2), "c1", pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(strstr(ann.last, "CallRinging"), "a call rings at another relay");
    crash(1);
    pool_run(&p, 10 * WZP_SECOND);
    ok(strstr(ann.last, "{\"Hangup\":{\"reason\":\"Error\",\"call_id\":\"c1\"}}"),
       "which dies: the caller is told within 10 s");
    end();
}

TAP_MAIN
{
    test_one_comes();
    test_both_come();
    test_move();
    test_nobody_comes();
    test_lesser();
    test_two_calls();
    test_ringing();
}
