/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The call registry and the timers, without a relay. */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "relay/calls.h"
#include "tap.h"

static struct wzp_relay_timers timers;
static struct wzp_relay_calls calls;
static struct wzp_relay_name alice, bob, carol;

static void begin(size_t limit)
{
    static struct wzp_random_seeded seeded;
    struct wzp_random random;

    wzp_random_seeded_init(&seeded, 3);
    random = wzp_random_seeded_source(&seeded);
    memset(&timers, 0, sizeof timers);
    timers.delay[WZP_RELAY_TIMER_RING] = 60 * WZP_SECOND;
    timers.delay[WZP_RELAY_TIMER_GRACE] = 15 * WZP_SECOND;
    timers.delay[WZP_RELAY_TIMER_WATCH] = WZP_NEVER;
    wzp_relay_calls_init(&calls, limit, &timers, &random);
    wzp_relay_name_set(&alice, "alice");
    wzp_relay_name_set(&bob, "bob");
    wzp_relay_name_set(&carol, "carol");
}

static int add(struct wzp_relay_call **call, const char *id, const struct wzp_relay_name *from,
               const struct wzp_relay_name *to, uint64_t now)
{
    const struct wzp_relay_route caller = {.name = *from, .standing = WZP_REGISTRATION_SIGNED};
    const struct wzp_relay_route callee = {.name = *to, .standing = WZP_REGISTRATION_PLAIN};

    return wzp_relay_calls_add(call, &calls, id, &caller, &callee, now);
}

static void test_life(void)
{
    struct wzp_relay_call *call, *second;
    struct wzp_relay_party *party;

    begin(10);
    ok(add(&call, "c1", &alice, &bob, 100) == 0, "a call");
    if (!call)
        bail("no call");
    is_int(call->state, WZP_RELAY_CALL_PENDING, "4: is pending");
    is_int(wzp_relay_timers_expiry(&timers), 100 + 60 * WZP_SECOND,
           "5: and rings for 60 s, no shorter");
    is_int(add(&second, "c1", &alice, &carol, 100), WZP_E_DUPLICATE, "its id is taken");
    is_int(add(&second, "c9", &alice, &alice, 100), WZP_E_ARGUMENT, "nobody calls herself");
    is_int(add(&second, "C1", &alice, &carol, 100), WZP_E_ARGUMENT, "capitals are no id");
    ok(wzp_relay_calls_get(&calls, "c1") == call, "it is found");
    ok(!wzp_relay_calls_get(&calls, "c2"), "another is not");
    party = wzp_relay_call_party(call, &alice, WZP_REGISTRATION_SIGNED);
    ok(party && wzp_relay_party_peer(party) == &call->party[WZP_RELAY_CALLEE],
       "6: the peer of the caller is the callee");
    ok(!wzp_relay_call_party(call, &alice, WZP_REGISTRATION_PLAIN),
       "who proves less is not the caller");
    ok(!wzp_relay_call_party(call, &carol, WZP_REGISTRATION_PROVEN), "a third one is no party");
    wzp_relay_calls_activate(&calls, call, 100);
    is_int(call->state, WZP_RELAY_CALL_ACTIVE, "4: an answer makes it active");
    is_int(wzp_relay_timers_expiry(&timers), WZP_NEVER, "nothing rings any more");
    wzp_relay_party_lose(&calls, party, 1000);
    is_int(wzp_relay_timers_expiry(&timers), 1000 + 15 * WZP_SECOND, "a lost party has 15 s");
    wzp_relay_calls_return(&calls, &alice, WZP_REGISTRATION_PLAIN);
    ok(party->absent, "who proves less does not come back");
    wzp_relay_calls_return(&calls, &alice, WZP_REGISTRATION_PROVEN);
    ok(!party->absent && wzp_relay_timers_expiry(&timers) == WZP_NEVER, "who proves more does");
    is_int(party->route.standing, WZP_REGISTRATION_PROVEN, "and raises what is wanted");
    wzp_relay_calls_remove(&calls, call);
    ok(!wzp_relay_calls_get(&calls, "c1") && !wzp_relay_calls_of(&calls, &alice), "it is gone");
    wzp_relay_calls_fini(&calls);
}

static void test_lists_and_limits(void)
{
    struct wzp_relay_call *made[12] = {0};
    char id[16];
    unsigned count = 0;

    begin(10);
    for (int i = 0; i < 8; i++) {
        snprintf(id, sizeof id, "a%d", i);
        ok(add(&made[i], id, &alice, i & 1 ? &bob : &carol, (uint64_t)i) == 0, "call %d", i);
    }
    is_int(add(&made[8], "a8", &alice, &bob, 9), WZP_E_LIMIT, "alice calls enough people");
    ok(add(&made[8], "b1", &bob, &alice, 9) == 0, "but can be called");
    ok(add(&made[9], "b2", &bob, &alice, 9) == 0, "twice");
    is_int(add(&made[10], "b3", &bob, &alice, 9), WZP_E_LIMIT, "the registry is full");
    for (struct wzp_relay_party *p = wzp_relay_calls_of(&calls, &alice); p; p = p->next)
        count++;
    is_int(count, 10, "all of alice's calls are in her list");
    if (!made[4] || !made[9] || !made[0])
        bail("calls are missing");
    /* The middle, the head, the tail of the list. */
    wzp_relay_calls_remove(&calls, made[4]);
    wzp_relay_calls_remove(&calls, made[9]);
    wzp_relay_calls_remove(&calls, made[0]);
    count = 0;
    for (struct wzp_relay_party *p = wzp_relay_calls_of(&calls, &alice); p; p = p->next)
        count++;
    is_int(count, 7, "removal keeps the rest");
    is_int(wzp_relay_timers_expiry(&timers), 1 + 60 * WZP_SECOND, "the next to ring out is call 1");
    wzp_relay_calls_fini(&calls);
}

static void test_timers(void)
{
    struct wzp_relay_timers t = {0};
    struct wzp_relay_timer a = {0}, b = {0}, c = {0};
    int owner;

    t.delay[WZP_RELAY_TIMER_FIRST] = 10;
    t.delay[WZP_RELAY_TIMER_LINGER] = 1;
    is_int(wzp_relay_timers_expiry(&t), WZP_NEVER, "nothing is due");
    wzp_relay_timer_arm(&t, &a, WZP_RELAY_TIMER_FIRST, &owner, 5);
    wzp_relay_timer_arm(&t, &b, WZP_RELAY_TIMER_FIRST, &owner, 3); /* a clock that stepped back */
    wzp_relay_timer_arm(&t, &c, WZP_RELAY_TIMER_LINGER, &owner, 13);
    is_int(wzp_relay_timers_expiry(&t), 13, "the earliest counts");
    ok(!wzp_relay_timers_due(&t, 12), "not before its time");
    ok(wzp_relay_timers_due(&t, 14) == &b, "then it");
    ok(wzp_relay_timers_due(&t, 14) == &c, "and the other kind");
    wzp_relay_timer_arm(&t, &a, WZP_RELAY_TIMER_LINGER, &owner, 20);
    is_int(wzp_relay_timers_expiry(&t), 21, "arming again moves it, even to another kind");
    wzp_relay_timer_disarm(&t, &a);
    wzp_relay_timer_disarm(&t, &a);
    is_int(wzp_relay_timers_expiry(&t), WZP_NEVER, "disarming twice is harmless");
}

TAP_MAIN
{
    test_life();
    test_lists_and_limits();
    test_timers();
}
