/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms without QUIC: sender numbers, rate limits, waiting for further frames before sending,
 * RoomUpdate during many changes, who may join the rooms of calls. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "tap.h"

static bool join(struct wzp_relay *r, struct fake *fake, uint8_t seed, uint64_t now)
{
    const struct join_options options = {
        .seed = seed, .bound = true, .version = WZP_RELAY_MEDIA_VERSION};
    return fake_join(r, fake, &options, now);
}

static void test_numbers(void)
{
    static struct wzp_relay_room room;

    for (int i = 1; i <= 255; i++)
        if (wzp_relay_room_take_number(&room, 0) != i)
            ok(false, "number %d comes in its turn", i);
    is_int(wzp_relay_room_take_number(&room, 0), 0, "after 255 there is none");
    wzp_relay_room_give_number(&room, 7, 1000);
    wzp_relay_room_give_number(&room, 9, 2000);
    is_int(wzp_relay_room_take_number(&room, 2000), 7,
           "the one that has rested longest is given when there is no other");
    is_int(wzp_relay_room_take_number(&room, 2000), 9, "and then the next");
    wzp_relay_room_give_number(&room, 3, 1000);
    wzp_relay_room_give_number(&room, 2, 2000);
    is_int(wzp_relay_room_take_number(&room, 1000 + 5 * WZP_SECOND), 3,
           "a number rests for 5 s while there is one that rested so long");
    is_int(wzp_relay_room_take_number(&room, 2000 + 5 * WZP_SECOND), 2, "and is given again then");
    wzp_relay_room_give_number(&room, 0, 1000);
    is_int(wzp_relay_room_take_number(&room, 100 * WZP_SECOND), 0, "no number is no number");
}

static void test_coming_and_going(void)
{
    static struct fake ann, eve, bob;
    struct wzp_relay *r = fake_relay(NULL);
    uint64_t now = WZP_SECOND;
    fake_open(r, &ann, "tea", now);
    (void)join(r, &ann, 1, now);
    for (int i = 0; i < 300; i++) {
        fake_open_from(r, &eve, "tea", "198.51.100.1:1", now);
        (void)join(r, &eve, 3, now);
        fake_gone(r, &eve, now);
        now += 10 * WZP_MILLISECOND;
    }
    fake_open_from(r, &bob, "tea", "192.0.2.2:1", now);
    ok(join(r, &bob, 2, now) && bob.client->member.number > ann.client->member.number,
       "who comes after somebody who came and went 300 times has a number");
    fake_gone(r, &ann, now);
    fake_gone(r, &bob, now);
    wzp_relay_free(r);
}

static void test_company(void)
{
    struct wzp_relay_slot slot = {0};

    is_int(wzp_relay_room_flush_at(&slot, 1, 3000, 100), 0, "one speaker: at once");
    is_int(wzp_relay_room_flush_at(&slot, 3, 3000, 100), 3100, "the first of three waits");
    is_int(wzp_relay_room_flush_at(&slot, 3, 3000, 200), 3100,
           "the second no longer than the first");
    is_int(wzp_relay_room_flush_at(&slot, 3, 3000, 300), 0, "the third takes all along");
    is_int(wzp_relay_room_flush_at(&slot, 3, 3000, 400), 3400, "and it begins again");
    is_int(wzp_relay_room_flush_at(&slot, 3, 3000, 3400), 6400, "what left by time counts no more");
    is_int(wzp_relay_room_flush_at(&slot, 3, 0, 3500), 0, "no waiting when none is allowed");
}

static void test_step(void)
{
    struct wzp_relay_slot sender = {.spoke_until = 500}, other = {.speaking_until = 520};

    ok(wzp_relay_room_in_step(&other, &sender, 20, 510), "who came just after comes again");
    ok(!wzp_relay_room_in_step(&other, &sender, 19, 510), "but not who came later than one waits");
    other.speaking_until = 480;
    ok(wzp_relay_room_in_step(&other, &sender, 20, 470), "who came just before may now be behind");
    ok(!wzp_relay_room_in_step(&other, &sender, 20, 480), "unless he has fallen silent");
    ok(!wzp_relay_room_in_step(&sender, &sender, 600, 0), "nobody waits for himself");
}

static void test_load(void)
{
    struct wzp_relay_load load = {0};
    uint64_t now = 100 * WZP_SECOND, frames = 0, most = 3 * WZP_MILLISECOND;
    is_int(wzp_relay_room_patience(&load, most, frames, now), WZP_MILLISECOND,
           "a relay that does little waits 1 ms for company");
    for (int i = 0; i < 1000; i++)
        wzp_relay_room_patience(&load, most, frames += 5, now += WZP_MILLISECOND);
    is_int(wzp_relay_room_patience(&load, most, frames, now), WZP_MILLISECOND,
           "so with 5 000 frames a second");
    is_int(wzp_relay_room_patience(&load, 500, frames, now), 500, "or less when less is allowed");
    for (int i = 0; i < 1000; i++)
        wzp_relay_room_patience(&load, most, frames += 40, now += WZP_MILLISECOND);
    is_int(wzp_relay_room_patience(&load, most, frames, now), most,
           "with 40 000 it waits as long as it may");
    is_int(wzp_relay_room_patience(&load, most, frames + 9, now + 10 * WZP_SECOND), WZP_MILLISECOND,
           "and after a pause 1 ms again");
    is_int(wzp_relay_room_patience(&load, 0, frames, now), 0, "without company nobody waits");
}

static void test_storm(void)
{
    static struct wzp_relay_config config;
    static struct fake fakes[60];
    struct wzp_relay *r;
    uint64_t now = WZP_SECOND;

    wzp_relay_config_default(&config);
    config.max_per_address = 0; /* all clients have the same address */
    r = fake_relay(&config);
    for (uint8_t i = 0; i < 60; i++) {
        fake_open(r, &fakes[i], "stadium", now);
        ok(join(r, &fakes[i], (uint8_t)(i + 1), now), "member %u joins", i);
    }
    ok(fakes[0].sent < 20, "60 joins at once are %u messages for the first", fakes[0].sent);
    ok(wzp_relay_expiry(r) <= now + 50 * WZP_MILLISECOND, "the last list follows soon");
    wzp_relay_handle_expiry(r, now + 50 * WZP_MILLISECOND);
    ok(strstr(fakes[0].last, "{\"RoomUpdate\":{\"count\":60,") != NULL, "and is complete");
    ok(strstr(fakes[59].last, "{\"RoomUpdate\":{\"count\":60,") != NULL, "for the last one too");
    for (int i = 0; i < 60; i++)
        fake_gone(r, &fakes[i], now + WZP_SECOND);
    is_int(r->rooms.count, 0, "94: an empty room is gone");
    is_int(r->presence.entries.count, 0, "and so are its people");
    wzp_relay_free(r);
}

static void test_call_room(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    static struct fake a, b, media[4];
    struct wzp_relay_call *call;

    fake_open(r, &media[0], "call-abc", 0);
    ok(!join(r, &media[0], 1, 0), "no call, no room: %s", media[0].reason);
    fake_gone(r, &media[0], 0);
    fake_open(r, &a, "_signal", 0);
    fake_open(r, &b, "_signal", 0);
    ok(fake_register(r, &a, 1, WZP_REGISTRATION_PLAIN, 0) &&
           fake_register(r, &b, 2, WZP_REGISTRATION_PLAIN, 0),
       "two register");
    const struct wzp_relay_route caller = {.name = a.client->name,
                                           .standing = WZP_REGISTRATION_PLAIN};
    const struct wzp_relay_route callee = {.name = b.client->name,
                                           .standing = WZP_REGISTRATION_PLAIN};
    if (wzp_relay_calls_add(&call, &r->calls, "abc", &caller, &callee, 0) < 0)
        bail("no call");
    for (int i = 0; i < 4; i++)
        fake_open(r, &media[i], "call-abc", 0);
    ok(join(r, &media[0], 1, 0) && join(r, &media[1], 2, 0), "both enter");
    ok(!join(r, &media[2], 3, 0), "a third person does not: %s", media[2].reason);
    ok(join(r, &media[3], 1, 0) && media[0].closed, "a reconnect replaces: %s", media[0].reason);
    is_int(r->members, 2, "114: there are two");
    wzp_relay_free(r);
}

static void test_flood(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    static struct fake a, b;
    const uint8_t frame[20] = {0};

    fake_open(r, &a, "lounge", 0);
    fake_open(r, &b, "lounge", 0);
    ok(join(r, &a, 1, 0) && join(r, &b, 2, 0), "two join");
    for (int i = 0; i < 2000; i++)
        wzp_relay_room_frame(r, a.client, frame, sizeof frame, 0);
    ok(!a.closed && r->total.frames_over_rate > 1000, "a burst is cut short");
    for (int i = 0; i < 2000; i++)
        wzp_relay_room_frame(r, a.client, frame, sizeof frame, 0);
    ok(a.closed && !b.closed, "who never stops is closed: %s", a.reason);
    is_int(r->total.floods, 1, "and counted");
    wzp_relay_free(r);
}

static void test_advertised(void)
{
    static struct wzp_relay_config config;
    struct wzp_relay *r = fake_relay(NULL);
    char text[WZP_ADDR_TEXT_MAX];

    wzp_relay_advertised(r, text);
    is_str(text, "[2001:db8::1]:4433", "an IPv6 address has its brackets");
    wzp_relay_free(r);
    wzp_relay_config_default(&config);
    snprintf(config.advertised_addr, sizeof config.advertised_addr, "203.0.113.7:4433");
    r = fake_relay(&config);
    wzp_relay_advertised(r, text);
    is_str(text, "203.0.113.7:4433", "what is configured wins");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_numbers();
    test_coming_and_going();
    test_company();
    test_step();
    test_load();
    test_storm();
    test_call_room();
    test_flood();
    test_advertised();
}
