/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two threads of one relay, simulated in one (lib_threads.h): the first thread decides who may join
 * a room of the second, and knows of all members. The queue between them may be full, and answers
 * come later. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "lib_join.h"
#include "lib_threads.h"
#include "tap.h"

static bool is_in(const struct fake *fake)
{
    return !fake->closed && fake->client->stage == WZP_RELAY_STAGE_MEMBER;
}

static void test_claims(void)
{
    static struct fake ann, liar, herself;
    struct join_options who = {.seed = 1};
    threads_begin(100);
    fake_open(threads[0], &ann, "_signal", 0);
    ok(fake_register(threads[0], &ann, 1, WZP_REGISTRATION_PROVEN, 0),
       "Ann is registered and proven");
    fake_open(threads[1], &liar, "lounge", 0);
    fake_join(threads[1], &liar, &who, 0);
    ok(!liar.closed && !is_in(&liar), "somebody who plays her on another thread waits");
    threads_deliver(0);
    ok(liar.closed && strstr(liar.reason, "bound"), "and is refused: %s", liar.reason);
    who.bound = true;
    fake_open(threads[1], &herself, "lounge", 0);
    fake_join(threads[1], &herself, &who, 0);
    threads_deliver(0);
    ok(is_in(&herself), "she herself gets in");
    is_int(threads[0]->threads.visitors, 1, "the first thread knows");
    fake_gone(threads[1], &liar, 0);
    fake_gone(threads[1], &herself, 0);
    threads_deliver(0);
    is_int(threads[0]->threads.visitors, 0, "and when she leaves");
    fake_gone(threads[0], &ann, 0);
    is_int(threads[0]->presence.entries.count, 0, "nothing of her stays");
    threads_end();
}

/* The operator's bans apply on every thread. */
static void test_orders(void)
{
    static struct fake ann, again, later;
    struct join_options who = {.seed = 1};
    struct wzp_error err = {0};
    char name[WZP_RELAY_KEY_MAX + 1];
    size_t ended;
    threads_begin(100);
    fake_open(threads[1], &ann, "lounge", 0);
    fake_join(threads[1], &ann, &who, 0);
    threads_deliver(0);
    snprintf(name, sizeof name, "%s", ann.client->name.text);
    is_int(wzp_relay_order(threads[0], WZP_RELAY_ORDER_BAN, name, &ended, 0, &err), 0,
           "Ann is banned");
    threads_deliver(0);
    ok(ann.closed && strcmp(ann.reason, WZP_RELAY_BANNED) == 0,
       "which ends her connection to another thread");
    fake_gone(threads[1], &ann, 0);
    fake_open(threads[1], &again, "lounge", 0);
    fake_join(threads[1], &again, &who, 0);
    threads_deliver(0);
    ok(again.closed && !is_in(&again), "where she is not let in again");
    is_int(threads[0]->threads.visitors, 0, "nor counted");
    threads_full[0] = true;
    ok(wzp_relay_order(threads[0], WZP_RELAY_ORDER_UNBAN, name, &ended, 0, &err) == WZP_E_LIMIT,
       "a thread that cannot be told is no secret: %s", err.text);
    threads_full[0] = false;
    is_int(wzp_relay_order(threads[0], WZP_RELAY_ORDER_UNBAN, name, &ended, 0, &err),
           WZP_E_NOT_FOUND, "told again, it is nothing new to the first");
    threads_deliver(0);
    fake_open(threads[1], &later, "lounge", 0);
    fake_join(threads[1], &later, &who, 0);
    threads_deliver(0);
    ok(is_in(&later), "but to the other");
    threads_end();
}

/* So do the operator's access rules of rooms. */
static void test_access(void)
{
    static struct fake ann, again, bob;
    struct join_options who = {.seed = 1}, other = {.seed = 2};
    struct wzp_error err = {0};
    uint8_t bytes[WZP_ROOM_KEY_SIZE];
    char key[2 * WZP_ROOM_KEY_SIZE + 1];
    size_t ended;
    threads_begin(100);
    wzp_room_key(bytes, "lounge", "tea");
    wzp_hex_encode(key, bytes, sizeof bytes);
    is_int(
        wzp_relay_access_order(threads[0], WZP_RELAY_ACCESS_LOCK, "lounge", key, &ended, 0, &err),
        0, "a room is locked on the first thread");
    threads_deliver(0);
    fake_open(threads[1], &ann, "lounge", 0);
    fake_join(threads[1], &ann, &who, 0);
    threads_deliver(0);
    ok(ann.closed && ann.code == WZP_CLOSE_PASSWORD, "it is on the other: %s", ann.reason);
    is_int(threads[0]->threads.visitors, 0, "whose first question is who may enter, not whether");
    who.password = "tea";
    fake_open(threads[1], &again, "lounge", 0);
    fake_join(threads[1], &again, &who, 0);
    threads_deliver(0);
    ok(is_in(&again), "with the password she is let in there");
    threads_full[0] = true;
    ok(wzp_relay_access_order(threads[0], WZP_RELAY_ACCESS_UNLOCK, "lounge", "", &ended, 0, &err) ==
           WZP_E_LIMIT,
       "a thread that cannot be told is no secret: %s", err.text);
    threads_full[0] = false;
    is_int(
        wzp_relay_access_order(threads[0], WZP_RELAY_ACCESS_UNLOCK, "lounge", "", &ended, 0, &err),
        WZP_E_NOT_FOUND, "told again, it is nothing new to the first");
    threads_deliver(0);
    fake_open(threads[1], &bob, "lounge", 0);
    fake_join(threads[1], &bob, &other, 0);
    threads_deliver(0);
    ok(is_in(&bob), "but to the other, where the room is open again");
    threads_end();
}

/* The first thread's whole listing, with letters delivered between the steps. Returns the text. */
static const char *list(struct wzp_relay_listing *l, struct wzp_buffer *all, unsigned parts,
                        uint64_t now, uint64_t step)
{
    wzp_buffer_init(all, 1 << 20);
    wzp_relay_listing_begin(l, threads[0], parts);
    for (int i = 0; i < 100 && wzp_relay_listing_step(l, all, now); i++) {
        threads_deliver(now);
        now += step;
    }
    threads_deliver(now);
    return all->text;
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

/* The operator's listing covers all threads. */
static void test_lists(void)
{
    static struct fake people[70];
    static struct wzp_relay_listing l, other;
    struct wzp_buffer all, some;
    char name[32], address[32];
    threads_begin(100);
    for (uint8_t i = 0; i < 70; i++) {
        const struct join_options who = {.seed = (uint8_t)(i + 1)};
        snprintf(name, sizeof name, "room%d", i);
        snprintf(address, sizeof address, "192.0.2.%d:1000", i + 1);
        fake_open_from(threads[1], &people[i], name, address, 0);
        fake_join(threads[1], &people[i], &who, 0);
        threads_deliver(0);
    }
    const char *text = list(&l, &all, WZP_RELAY_LISTING_ROOMS, WZP_SECOND, WZP_MILLISECOND);
    ok(count_of(text, "{\"kind\":\"room\",") == 70 && strstr(text, "\"room\":\"room69\"") &&
           count_of(text, "\"kind\":\"more\"") == 0,
       "rooms of the other thread are listed with their members, in several steps");
    wzp_buffer_fini(&all);
    wzp_relay_threads_tell(threads[1], WZP_SECOND);
    threads_deliver(WZP_SECOND);
    text = list(&l, &all, WZP_RELAY_LISTING_COUNTERS, WZP_SECOND, WZP_MILLISECOND);
    ok(strstr(text, "\"connections\":70,") && strstr(text, "\"members\":70,") &&
           strstr(text, "\"joins\":70,"),
       "counters are those of both: %.90s", text);
    wzp_buffer_fini(&all);
    threads_full[1] = true;
    text = list(&l, &all, WZP_RELAY_LISTING_ROOMS, WZP_SECOND, 50 * WZP_MILLISECOND);
    ok(strcmp(text, "{\"kind\":\"more\",\"of\":\"room\",\"count\":70}\n") == 0,
       "a thread that does not answer is left out after a second, with the number of its rooms");
    wzp_buffer_fini(&all);
    threads_full[1] = false;
    /* Two listings at once: the later one is completed, the earlier one ends. */
    wzp_buffer_init(&some, 1 << 20);
    wzp_relay_listing_begin(&other, threads[0], WZP_RELAY_LISTING_ROOMS);
    wzp_relay_listing_step(&other, &some, 0);
    text = list(&l, &all, WZP_RELAY_LISTING_ROOMS, 0, WZP_MILLISECOND);
    is_int(count_of(text, "{\"kind\":\"room\","), 70, "a second list meanwhile is whole");
    ok(wzp_relay_listing_step(&other, &some, WZP_MILLISECOND) &&
           !wzp_relay_listing_step(&other, &some, 3 * WZP_SECOND),
       "the first one does not wait for ever");
    wzp_buffer_fini(&some);
    wzp_buffer_fini(&all);
    threads_end();
}

static void test_limit(void)
{
    static struct fake people[3], late;
    struct join_options who = {.seed = 9};
    unsigned in = 0;
    threads_begin(2);
    for (uint8_t i = 0; i < 3; i++) {
        struct join_options one = {.seed = (uint8_t)(i + 1)};
        fake_open(threads[1], &people[i], "lounge", 0);
        fake_join(threads[1], &people[i], &one, 0);
        threads_deliver(0);
        in += is_in(&people[i]);
    }
    is_int(in, 2, "there is one limit for the rooms of all threads");
    ok(people[2].closed && strstr(people[2].reason, "full"), "the third hears: %s",
       people[2].reason);
    fake_open(threads[0], &late, "cellar", 0);
    ok(!fake_join(threads[0], &late, &who, 0) && strstr(late.reason, "full"),
       "so does who wants into a room of the first thread: %s", late.reason);
    fake_gone(threads[0], &late, 0);
    for (int i = 0; i < 3; i++)
        fake_gone(threads[1], &people[i], 0);
    threads_deliver(0);
    is_int(threads[0]->threads.visitors, 0, "all leave");
    fake_open(threads[0], &late, "cellar", 0);
    ok(fake_join(threads[0], &late, &who, 0), "which makes room there, too");
    threads_end();
}

static void test_way(void)
{
    static struct fake a, b, c, d;
    struct join_options who = {.seed = 1};
    threads_begin(100);
    fake_open(threads[1], &a, "lounge", 0);
    fake_join(threads[1], &a, &who, 0);
    fake_gone(threads[1], &a, 0);
    threads_deliver(0);
    threads_deliver(0);
    is_int(threads[0]->threads.visitors, 0,
           "who goes before the answer comes is not counted for ever");

    fake_open(threads[1], &b, "lounge", 0);
    fake_join(threads[1], &b, &who, 0);
    threads_full[0] = true;
    threads_deliver(0);
    threads_full[0] = false;
    is_int(threads[0]->threads.visitors, 0, "nor whose answer is lost");
    wzp_relay_handle_expiry(threads[1], 3 * WZP_SECOND);
    ok(b.closed && strstr(b.reason, "busy"), "who waits in vain is sent away: %s", b.reason);

    threads_full[1] = true;
    fake_open(threads[1], &c, "lounge", 4 * WZP_SECOND);
    fake_join(threads[1], &c, &who, 4 * WZP_SECOND);
    ok(c.closed && strstr(c.reason, "busy"), "and at once whose question cannot be asked");
    threads_full[1] = false;

    fake_open(threads[1], &d, "lounge", 5 * WZP_SECOND);
    fake_join(threads[1], &d, &who, 5 * WZP_SECOND);
    threads_deliver(5 * WZP_SECOND);
    threads_full[1] = true;
    fake_gone(threads[1], &d, 6 * WZP_SECOND);
    threads_deliver(6 * WZP_SECOND);
    is_int(threads[0]->threads.visitors, 1, "that somebody left cannot be told now");
    threads_full[1] = false;
    wzp_relay_threads_tell(threads[1], 7 * WZP_SECOND);
    threads_deliver(7 * WZP_SECOND);
    is_int(threads[0]->threads.visitors, 0, "but with the next counts");
    is_int(threads[0]->total.joins, threads[1]->total.joins, "which add up");
    wzp_relay_threads_tell(threads[1], 8 * WZP_SECOND);
    threads_deliver(8 * WZP_SECOND);
    is_int(threads[0]->total.joins, threads[1]->total.joins, "and are told once");
    fake_gone(threads[1], &b, 0);
    fake_gone(threads[1], &c, 0);
    threads_end();
}

static void test_places(void)
{
    unsigned used[2] = {0};
    threads_begin(100);
    for (int i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "room-%d", i);
        unsigned thread = wzp_relay_threads_place(threads[0], name);
        used[thread]++;
        if (thread != wzp_relay_threads_place(threads[1], name))
            ok(false, "both say the same of %s", name);
    }
    ok(used[0] > 60 && used[1] > 60, "rooms are spread: %u and %u", used[0], used[1]);
    static const char *const first[] = {"_signal", "_probe", "_federation", "version"};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        is_int(wzp_relay_threads_place(threads[1], first[i]), 0, "%s is the first thread's",
               first[i]);
    threads_end();
}

/* A packet is handed to another thread at most once, also when a client uses one connection ID
 * twice and names a room of another thread the second time. */
static void test_to_and_fro(void)
{
    const struct wzp_addr addr = {0};
    uint8_t packet[64] = {0xc0, 0, 0, 0, 1, 8}; /* Initial, 8 bytes of an ID whose first is 0 */
    threads_begin(100);
    threads_passed = 0;
    wzp_relay_threads_give(threads[0], 1, &addr, &addr, 0, packet, sizeof packet);
    is_int(threads_passed, 1, "the thread that an ID leads to gives a packet away");
    wzp_relay_threads_give(threads[1], 0, &addr, &addr, 0, packet, sizeof packet);
    is_int(threads_passed, 1, "the one that was given it does not give it back");
    threads_end();
}

TAP_MAIN
{
    test_to_and_fro();
    test_claims();
    test_limit();
    test_orders();
    test_access();
    test_lists();
    test_way();
    test_places();
}
