/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls whose rooms are on another thread than the call registry: the registry's thread decides who
 * may join, and knows who is still in the room. */
#include <stdio.h>
#include <string.h>

#include "lib_join.h"
#include "lib_threads.h"
#include "relay/federation.h"
#include "tap.h"

#define STEP (WZP_SECOND / 10)

static struct fake ann, bob, ann_media, bob_media;

static size_t visits(void)
{
    return threads[0]->visits.parties.count;
}

static void answer(uint64_t now)
{
    fake_send(threads[0], &bob,
              "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptTrusted\"}}", now);
}

/* Ann calls Bob, whose phone rings, at a relay with so many places. */
static void begin_with(unsigned max_sessions)
{
    threads_begin(max_sessions);
    fake_open(threads[0], &ann, "_signal", 0);
    fake_open(threads[0], &bob, "_signal", 0);
    if (!fake_register(threads[0], &ann, 1, WZP_REGISTRATION_PROVEN, 0) ||
        !fake_register(threads[0], &bob, 2, WZP_REGISTRATION_PROVEN, 0))
        bail("nobody registers");
    fake_offer(threads[0], &ann, bob.client->name.text, "c1", 0);
}

static void begin(void)
{
    begin_with(100);
}

/* Opens a connection and asks to join; true when it is let in. */
static bool enter(struct fake *fake, const char *room, uint8_t seed, bool bound, uint64_t now)
{
    const struct join_options who = {.seed = seed, .bound = bound};
    fake_open(threads[1], fake, room, now);
    (void)fake_join(threads[1], fake, &who, now);
    threads_deliver(now);
    return !fake->closed && fake->client->stage == WZP_RELAY_STAGE_MEMBER;
}

static void test_entry(void)
{
    static struct fake other, liar, again, nowhere;
    begin();
    answer(0);
    ok(enter(&ann_media, "call-c1", 1, true, 0) && enter(&bob_media, "call-c1", 2, true, 0),
       "both sides of a call enter its room on another thread");
    ok(strstr(ann_media.last, "\"count\":2") != NULL, "and see each other there");
    is_int(visits(), 2, "the first thread knows of both");
    ok(!enter(&other, "call-c1", 3, true, 0) && strstr(other.reason, "no such call"),
       "a third is refused: %s", other.reason);
    ok(!enter(&liar, "call-c1", 2, false, 0) && strstr(liar.reason, "bound"),
       "so is who plays one of them: %s", liar.reason);
    ok(!enter(&nowhere, "call-c2", 1, true, 0) && strstr(nowhere.reason, "no such call"),
       "a room of no call has no members: %s", nowhere.reason);
    ok(enter(&again, "call-c1", 2, true, 0) && bob_media.closed,
       "who comes again takes their own place");
    fake_gone(threads[1], &bob_media, 0);
    threads_deliver(0);
    is_int(visits(), 2, "and is known by the newer connection");
    is_int(threads[0]->threads.visitors, 2, "each is counted once");
    fake_gone(threads[1], &again, 0);
    threads_deliver(0);
    is_int(visits(), 1, "until it ends");
    fake_send(threads[0], &ann, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}", 0);
    is_int(visits(), 0, "a call that is over has no visits");
    fake_gone(threads[1], &ann_media, 0);
    threads_deliver(0);
    is_int(threads[0]->threads.visitors, 0, "and its last member leaves as any other");
    threads_end();
}

static void test_full(void)
{
    static struct fake again, third;
    begin_with(2);
    answer(0);
    if (!enter(&ann_media, "call-c1", 1, true, 0) || !enter(&bob_media, "call-c1", 2, true, 0))
        bail("nobody enters");
    ok(enter(&again, "call-c1", 2, true, 0) && bob_media.closed,
       "in a full relay, too, who comes again takes their own place: %s", again.reason);
    fake_gone(threads[1], &bob_media, 0);
    threads_deliver(0);
    is_int(threads[0]->threads.visitors, 2, "there are no more than before");
    ok(!enter(&third, "lounge", 3, true, 0) && strstr(third.reason, "full"),
       "which helps nobody else: %s", third.reason);
    threads_end();
}

/* Lets time pass; living clients send packets. Returns early when the call ends. */
static uint64_t run(uint64_t from, uint64_t until, bool ann_lives)
{
    uint64_t now = from;
    for (; now < until && wzp_relay_calls_get(&threads[0]->calls, "c1"); now += STEP) {
        ann_media.heard += ann_lives;
        bob_media.heard++;
        bob.heard++;
        for (int i = 0; i < 2; i++)
            wzp_relay_handle_expiry(threads[i], now);
        threads_deliver(now);
    }
    return now;
}

static void test_silence(void)
{
    begin();
    answer(0);
    if (!enter(&ann_media, "call-c1", 1, true, 0) || !enter(&bob_media, "call-c1", 2, true, 0))
        bail("nobody enters");
    wzp_relay_threads_tell(threads[1], 0);
    uint64_t now = run(0, 60 * WZP_SECOND, true);
    ok(strstr(bob_media.last, "\"count\":2") && wzp_relay_calls_get(&threads[0]->calls, "c1"),
       "a minute in which both are heard there changes nothing");
    now = run(now, now + 11 * WZP_SECOND, false);
    ok(strstr(bob_media.last, "\"count\":1") != NULL,
       "who is not heard any more is out of the room's list within eleven seconds");
    now = run(now, now + 3 * WZP_SECOND, true);
    ok(strstr(bob_media.last, "\"count\":2") != NULL, "and in it again when they are heard");
    uint64_t silent = now;
    now = run(now, now + 60 * WZP_SECOND, false);
    ok(!wzp_relay_calls_get(&threads[0]->calls, "c1") && now - silent < 26 * WZP_SECOND,
       "who stays silent loses the call (%.1f s)", (double)(now - silent) / 1e9);
    is_int(visits(), 0, "and visits nobody");
    threads_end();
}

static void test_places(void)
{
    unsigned used[2] = {0}, said_twice = 0;
    begin();
    for (int i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "call-%d", i);
        unsigned thread = wzp_relay_threads_place(threads[0], name);
        used[thread]++;
        said_twice += thread == wzp_relay_threads_place(threads[1], name);
    }
    ok(used[0] > 60 && used[1] > 60 && said_twice == 200,
       "rooms of calls are spread, and all threads say the same: %u and %u", used[0], used[1]);
    threads_end();
}

/* Calls with another relay: the links belong to the first thread. */
static void test_held(void)
{
    char id[16];
    int other = 0;
    begin();
    while (snprintf(id, sizeof id, "call-k%d", other) > 0 &&
           wzp_relay_threads_place(threads[1], id) == 0)
        other++;
    fake_offer(threads[0], &ann, bob.client->name.text, id + 5, 0);
    struct wzp_relay_call *call = wzp_relay_calls_get(&threads[0]->calls, id + 5);
    if (!call)
        bail("no call");
    ok(wzp_relay_threads_place(threads[0], id) == 1 && wzp_relay_threads_place(threads[1], id) == 1,
       "a room that the other thread has");
    call->party[WZP_RELAY_CALLER].route.way = &wzp_relay_way_federation;
    static struct fake early;
    ok(!enter(&early, id, 2, true, 0) && strstr(early.reason, "come again"),
       "whose call turns out to lead to another relay is entered there by nobody: %s",
       early.reason);
    char text[128];
    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"%s\",\"accept_mode\":\"AcceptTrusted\"}}",
             id + 5);
    fake_send(threads[0], &bob, text, 0);
    threads_deliver(0);
    ok(wzp_relay_threads_place(threads[0], id) == 0 && wzp_relay_threads_place(threads[1], id) == 0,
       "it is the first thread's before its clients are told to come");
    wzp_relay_call_end(threads[0], call, WZP_HANGUP_NORMAL, NULL, 0);
    threads_deliver(0);
    is_int(threads[1]->visits.held.count, 0, "and nothing of it stays");
    threads_end();
}

TAP_MAIN
{
    test_entry();
    test_full();
    test_silence();
    test_places();
    test_held();
}
