/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Places in rooms when the relay is full: who gets one, who is removed for whom and when, and what
 * the others are told. */
#include <stdio.h>
#include <string.h>

#include "lib_join.h"
#include "lib_threads.h"
#include "tap.h"
#include "wzp/types.h"

#define LACKING_MAX 200 /* more allocations than any join makes */

static struct wzp_relay_config config;
static struct wzp_relay *r;
static struct fake ann, bob;

static void begin(unsigned sessions)
{
    wzp_relay_config_default(&config);
    config.max_sessions = sessions;
    r = fake_relay(&config);
    fake_come_from(r, &ann, "192.0.2.7:1000", 1, WZP_REGISTRATION_PROVEN, 0);
    fake_come_from(r, &bob, "192.0.2.8:1000", 2, WZP_REGISTRATION_PROVEN, 0);
}

/* Bob calls Ann, who answers. */
static void stand_call(void)
{
    fake_offer(r, &bob, ann.client->name.text, "good", WZP_SECOND);
    fake_send(r, &ann,
              "{\"DirectCallAnswer\":{\"call_id\":\"good\",\"accept_mode\":\"AcceptTrusted\"}}",
              WZP_SECOND);
}

static void test_places(void)
{
    static struct fake crowd[120], guests[60], late, caller;
    unsigned in = 0, others = 0;
    struct join_options who = {.seed = 50};
    begin(100);
    for (unsigned i = 0; i < 100; i++) {
        char room[16];
        snprintf(room, sizeof room, "room%u", i);
        fake_open_from(r, &crowd[i], room, "198.51.100.9:1000", 0);
        in += fake_join(r, &crowd[i], &who, 0);
    }
    is_int(in, 25, "of 100 places one address takes a quarter");
    is_str(crowd[99].reason, "too many room members from this address", "and is told why");
    for (unsigned i = 100; i < 120; i++) {
        char address[32];
        snprintf(address, sizeof address, "203.0.113.%u:1000", i);
        fake_open_from(r, &crowd[i], "lounge", address, 0);
        others += fake_join(r, &crowd[i], &who, 0);
    }
    is_int(others, 20, "everybody else gets in");
    for (unsigned i = 0; i < 60; i++) {
        char address[32];
        snprintf(address, sizeof address, "203.0.114.%u:1000", i);
        fake_open_from(r, &guests[i], "cellar", address, 0);
        others += fake_join(r, &guests[i], &who, WZP_SECOND);
    }
    is_int(r->members, 88, "an eighth of the places is not for ordinary rooms");

    stand_call();
    fake_open_from(r, &caller, "call-good", "192.0.2.8:1000", WZP_SECOND);
    who = (struct join_options){.seed = 2, .bound = true};
    ok(fake_join(r, &caller, &who, WZP_SECOND), "but for calls");

    who = (struct join_options){.seed = 99};
    fake_open_from(r, &late, "lounge", "203.0.115.1:1000", 40 * WZP_SECOND);
    ok(!fake_join(r, &late, &who, 40 * WZP_SECOND), "a stranger finds the relay full");
    fake_gone(r, &late, 40 * WZP_SECOND);
    who.bound = true;
    fake_open_from(r, &late, "lounge", "203.0.115.1:1000", 40 * WZP_SECOND);
    ok(fake_join(r, &late, &who, 40 * WZP_SECOND),
       "for somebody who proves who they are an idle guest makes way");
    is_int(r->members, 89, "one for one");
    wzp_relay_free(r);
    ok(1, "all places are given back");
}

/* Lets somebody join as `who` again and again, with each allocation of the relay failing once. True
 * when everybody who was refused was told that memory is lacking. */
static bool told_truth(const char *room, struct join_options who, uint64_t now)
{
    static struct fake late;
    unsigned refused = 0;
    for (who.lacking = 1; who.lacking < LACKING_MAX; who.lacking++) {
        fake_open_from(r, &late, room, "203.0.115.1:1000", now);
        bool is_in = fake_join(r, &late, &who, now);
        if (!is_in && strcmp(late.reason, wzp_strerror(WZP_E_MEMORY)) != 0) {
            note("allocation %ld: %s", who.lacking, late.reason);
            return false;
        }
        refused += !is_in;
        fake_gone(r, &late, now);
    }
    return refused > 2;
}

static void test_memory(void)
{
    begin(100);
    stand_call();
    ok(told_truth("lounge", (struct join_options){.seed = 50}, WZP_SECOND),
       "who gets no place in a room for lack of memory is told that, and of no limit");
    ok(told_truth("call-good", (struct join_options){.seed = 2, .bound = true}, WZP_SECOND),
       "nor in a call's room");
    wzp_relay_free(r);
    wzp_relay_config_default(&config);
    snprintf(config.remote_relay, sizeof config.remote_relay, "[2001:db8::7]:4433");
    r = fake_relay(&config);
    ok(told_truth("lounge", (struct join_options){.seed = 50}, WZP_SECOND),
       "nor in a remote relay's room");
    wzp_relay_free(r);
}

/* The same for allocations of the relay's first thread. */
static void test_memory_of_threads(void)
{
    static struct fake late;
    struct join_options who = {.seed = 50};
    unsigned refused = 0;
    bool is_true = true;
    threads_begin(100);
    for (long lacking = 1; lacking < 20; lacking++) {
        fake_open(threads[1], &late, "lounge", 0);
        fake_join(threads[1], &late, &who, 0);
        threads_deliver_lacking(lacking, 0);
        if (late.closed) {
            refused++;
            is_true = is_true && strcmp(late.reason, wzp_strerror(WZP_E_MEMORY)) == 0;
            note("allocation %ld: %s", lacking, late.reason);
        }
        fake_gone(threads[1], &late, 0);
        threads_deliver(0);
    }
    ok(is_true && refused > 1, "nor on another thread, whichever of the two lacks it");
    is_int(threads[0]->threads.visitors, 0, "and the first thread counts nobody who is not there");
    threads_end();
}

/* Fills the relay with guests who send nothing; the one in the room "cellar" is alone there. */
static struct fake guests[14];
static void fill(void)
{
    begin(16);
    for (unsigned i = 0; i < 14; i++) {
        char address[32];
        struct join_options who = {.seed = (uint8_t)(60 + i)};
        snprintf(address, sizeof address, "203.0.113.%u:1000", i);
        fake_open_from(r, &guests[i], i ? "lounge" : "cellar", address, i);
        if (!fake_join(r, &guests[i], &who, i))
            bail("a guest is not let in: %s", guests[i].reason);
    }
}

static void test_makes_way_last(void)
{
    static struct fake late;
    struct join_options who = {.seed = 99, .bound = true};
    unsigned refused = 0, lost = 0;
    const uint64_t now = 40 * WZP_SECOND;
    fill();
    for (who.lacking = 1; who.lacking < LACKING_MAX; who.lacking++) {
        fake_open_from(r, &late, "lounge", "203.0.115.1:1000", now);
        if (fake_join(r, &late, &who, now))
            break;
        refused++;
        for (unsigned i = 0; i < 14; i++)
            lost += guests[i].closed;
        fake_gone(r, &late, now);
    }
    note("%u joins failed at one allocation each", refused);
    ok(refused > 2 && !lost, "while newcomers fail, no idle guest of a full relay makes way");
    is_int(r->members, 14, "when one is in, one has");
    ok(guests[0].closed && r->total.idle_evicted == 1, "it is who was silent longest");
    wzp_relay_free(r);
}

static void test_same_room(void)
{
    static struct fake late;
    struct join_options who = {.seed = 99, .bound = true};
    fill();
    fake_open_from(r, &late, "cellar", "203.0.115.1:1000", 40 * WZP_SECOND);
    ok(fake_join(r, &late, &who, 40 * WZP_SECOND) && guests[0].closed,
       "a guest who was alone makes way for who comes into that very room");
    ok(strstr(late.last, "\"count\":1,"), "who then sees nobody but himself");
    wzp_relay_free(r);
}

/* In a call's room an older connection of the same person is replaced, but not by one that fails to
 * join. */
static void test_call_kept(void)
{
    static struct fake first, second;
    struct join_options who = {.seed = 2, .bound = true};
    begin(100);
    stand_call();
    fake_open_from(r, &first, "call-good", "192.0.2.8:1000", WZP_SECOND);
    if (!fake_join(r, &first, &who, WZP_SECOND))
        bail("not in the call: %s", first.reason);
    unsigned refused = 0;
    for (who.lacking = 1; who.lacking < LACKING_MAX && !first.closed; who.lacking++) {
        fake_open_from(r, &second, "call-good", "192.0.2.8:2000", WZP_SECOND);
        if (fake_join(r, &second, &who, WZP_SECOND))
            break;
        refused++;
        fake_gone(r, &second, WZP_SECOND);
    }
    ok(refused > 2 && first.closed && !second.closed,
       "an older connection makes way in a call's room for the one that gets in, for no other");
    is_int(r->members, 1, "and for that one's place");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_places();
    test_memory();
    test_memory_of_threads();
    test_makes_way_last();
    test_same_room();
    test_call_kept();
}
