/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Presence subscriptions (wzp-protocol(7), Presence): what is told to whom, and how much may be
 * asked; without QUIC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_fake.h"
#include "tap.h"

static struct fake ann, bob, eve;

static void come(struct wzp_relay *r, struct fake *fake, uint8_t seed,
                 enum wzp_registration_class standing, uint64_t now)
{
    fake_come(r, fake, seed, standing, now);
    fake->last[0] = '\0';
}

/* Handles all timers that are due until then. */
static void pass(struct wzp_relay *r, uint64_t until)
{
    for (uint64_t at; (at = wzp_relay_expiry(r)) <= until;)
        wzp_relay_handle_expiry(r, at);
}

/* Ann (seed 1) watches the presence of Bob (seed 2). */
static struct wzp_relay *ann_watches(uint64_t now)
{
    struct wzp_relay *r = fake_relay(NULL);
    come(r, &ann, 1, WZP_REGISTRATION_PROVEN, now);
    fake_watch(r, &ann, 2, now);
    return r;
}

static void all_go(struct wzp_relay *r, uint64_t now)
{
    fake_gone(r, &bob, now);
    fake_gone(r, &eve, now);
    fake_gone(r, &ann, now);
    wzp_relay_free(r);
}

static void test_coming_and_going(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    uint64_t now = WZP_SECOND;
    fake_open(r, &ann, "_signal", now);
    ok(fake_register(r, &ann, 1, WZP_REGISTRATION_PROVEN, now) &&
           strstr(ann.last, "\"watch_limit\":256"),
       "a proven registration is told that the relay tells who is there");
    fake_watch(r, &ann, 2, now);
    fake_is_told(&ann, 2, "Offline", "nobody is there: told at once");
    unsigned before = ann.sent;
    come(r, &bob, 2, WZP_REGISTRATION_PROVEN, now);
    pass(r, now + WZP_SECOND);
    fake_is_told(&ann, 2, "Online", "who comes is told of");
    is_int(ann.sent, before + 1, "once");
    fake_gone(r, &bob, now += WZP_SECOND);
    come(r, &bob, 2, WZP_REGISTRATION_PROVEN, now);
    before = ann.sent;
    pass(r, now += WZP_SECOND);
    is_int(ann.sent, before, "gone and back within half a second is no news");
    come(r, &eve, 2, WZP_REGISTRATION_PROVEN, now);
    pass(r, now += WZP_SECOND);
    is_int(ann.sent, before, "nor is another program of the same person");
    fake_gone(r, &bob, now);
    fake_gone(r, &eve, now);
    pass(r, now += WZP_SECOND);
    fake_is_told(&ann, 2, "Offline", "who went is told of");
    fake_gone(r, &ann, now);
    is_int(r->watched.interests, 0, "the list ends with the connection");
    is_int(r->watched.people.count, 0, "and leaves nothing");
    wzp_relay_free(r);
}

static void test_truth(void)
{
    uint64_t now = WZP_SECOND;
    struct wzp_relay *r = ann_watches(now);
    come(r, &bob, 2, WZP_REGISTRATION_PLAIN, now);
    pass(r, now += WZP_SECOND);
    fake_is_told(&ann, 2, "Unproven", "who proves nothing is not told as that person");
    come(r, &eve, 2, WZP_REGISTRATION_PROVEN, now);
    pass(r, now += WZP_SECOND);
    fake_is_told(&ann, 2, "Online", "until the true one comes");
    eve.client->hidden = true;
    fake_watch(r, &ann, 2, now);
    fake_is_told(&ann, 2, "Offline", "who hides is not to be told from who is not there");
    unsigned before = bob.sent;
    fake_watch(r, &bob, 1, now);
    is_int(bob.sent, before, "who proved nothing is told nothing");
    is_int(r->watched.interests, 1, "and watches nobody");
    all_go(r, now);
}

static void test_displaced(void)
{
    uint64_t now = WZP_SECOND;
    struct wzp_relay *r = ann_watches(now);
    come(r, &eve, 1, WZP_REGISTRATION_PROVEN, now);
    is_int(r->watched.interests, 0, "who is displaced watches nobody any more");
    unsigned before = ann.sent;
    fake_watch(r, &ann, 2, now);
    come(r, &bob, 2, WZP_REGISTRATION_PROVEN, now);
    pass(r, now + WZP_SECOND);
    is_int(ann.sent, before, "and hears nothing");
    all_go(r, now);
}

static void test_neighbours(void)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    config.trusted_count = 1;
    strcpy(config.trusted[0].label, "other");
    memset(config.trusted[0].fingerprint, 'a', 95);
    for (size_t i = 2; i < 95; i += 3)
        config.trusted[0].fingerprint[i] = ':';
    struct wzp_relay *r = fake_relay(&config);
    come(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
    unsigned before = ann.sent;
    fake_watch(r, &ann, 2, 0);
    is_int(ann.sent, before, "where other relays may have somebody, nobody is said to be offline");
    come(r, &bob, 2, WZP_REGISTRATION_PROVEN, 0);
    pass(r, WZP_SECOND);
    fake_is_told(&ann, 2, "Online", "who is here is told all the same");
    bob.client->hidden = true;
    fake_watch(r, &ann, 2, WZP_SECOND);
    before = ann.sent;
    pass(r, WZP_SECOND + WZP_SECOND / 2);
    is_int(ann.sent, before, "who hides is not told");
    is_int(strstr(ann.last, "Offline") != NULL, 0, "nor said to be offline, as nobody else is");
    bob.client->hidden = false;
    fake_watch(r, &ann, 2, WZP_SECOND);
    before = ann.sent;
    fake_gone(r, &bob, WZP_SECOND);
    pass(r, 2 * WZP_SECOND);
    fake_is_told(&ann, 2, "Unknown", "and who went may be anywhere");
    fake_gone(r, &ann, 2 * WZP_SECOND);
    wzp_relay_free(r);
}

/* A message about the people first..first+count-1, who do not exist. */
static char *many(const char *verb, unsigned first, unsigned count)
{
    static char text[16 * 1024];
    size_t at = (size_t)snprintf(text, sizeof text, "{\"WzpWatch\":{\"%s\":[", verb);
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "%s\"%04x:0000:0000:0000:0000:0000:0000:0000\"", i ? "," : "",
                               first + i);
    snprintf(text + at, sizeof text - at, "]}}");
    return text;
}

static void test_bounds(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    uint64_t now = WZP_SECOND;
    come(r, &ann, 1, WZP_REGISTRATION_PROVEN, now);
    fake_send(r, &ann, many("add", 0, 80), now);
    is_int(ann.client->interests.count, 64, "of a message 64 people count");
    is_int(ann.by_type[WZP_SIGNAL_WZP_SEEN], 1, "and are answered in one");
    for (unsigned i = 1; i < 6; i++)
        fake_send(r, &ann, many("add", 64 * i, 64), now);
    is_int(ann.client->interests.count, 256, "256 in all");
    fake_send(r, &ann, many("drop", 0, 64), now);
    is_int(ann.client->interests.count, 192, "who is dropped makes room");
    fake_send(r, &ann, many("add", 1000, 64), now);
    is_int(ann.client->interests.count, 256, "for others");
    fake_send(r, &ann, many("add", 2000, 64), now);
    is_int(ann.client->interests.count, 256, "but not for more");
    fake_send(r, &ann, many("drop", 64, 64), now);
    is_int(ann.client->interests.count, 256, "who asked too much is not heard for a while");
    fake_send(r, &ann, many("drop", 64, 16), now + WZP_SECOND);
    is_int(ann.client->interests.count, 240, "and then at 16 a second");
    fake_send(r, &ann, "{\"WzpWatch\":{\"add\":[\"\",\"a b\",\"\\u0007\"]}}", now + 9 * WZP_SECOND);
    fake_send(r, &ann, "{\"WzpWatch\":{}}", now + 9 * WZP_SECOND);
    is_int(ann.client->interests.count, 240, "what is no name is nobody");
    ok(!ann.closed, "and nothing of that ends the connection");
    fake_gone(r, &ann, now);
    is_int(r->watched.interests, 0, "all of it goes");
    wzp_relay_free(r);
}

/* Nothing is sent about people whom nobody watches; when many watch one person they are told in
 * turn. */
static void test_crowd(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    static struct fake crowd[20];
    uint64_t now = WZP_SECOND;
    for (unsigned i = 0; i < 20; i++) {
        come(r, &crowd[i], (uint8_t)(10 + i), WZP_REGISTRATION_PROVEN, now);
        fake_watch(r, &crowd[i], 2, now);
    }
    is_int(r->watched.people.count, 1, "twenty watch one");
    come(r, &bob, 2, WZP_REGISTRATION_PROVEN, now);
    pass(r, now += WZP_SECOND);
    unsigned told = 0;
    for (unsigned i = 0; i < 20; i++)
        told += strstr(crowd[i].last, "Online") != NULL;
    is_int(told, 20, "and all are told");
    crowd[3].result = WZP_E_LIMIT;
    fake_gone(r, &bob, now);
    pass(r, now += WZP_SECOND);
    is_str(crowd[3].reason, "slow reader", "who does not read is closed");
    ok(strstr(crowd[4].last, "Offline"), "and nobody else");
    for (unsigned i = 0; i < 20; i++)
        fake_gone(r, &crowd[i], now);
    is_int(r->watched.people.count, 0, "nothing is left");
    wzp_relay_free(r);
}

/* About as many connections as one address may have, each watching as many people as it may. */
static void test_shares(void)
{
    static struct fake crowd[250];
    size_t count = tap_oom_mode() ? 2 : 250;
    uint64_t now = WZP_SECOND;
    struct wzp_relay *r = fake_relay(NULL);
    for (unsigned i = 0; i < count; i++) {
        come(r, &crowd[i], (uint8_t)(i + 3), WZP_REGISTRATION_PROVEN, now);
        for (unsigned k = 0; k < 4; k++)
            fake_send(r, &crowd[i], many("add", 64 * k, 64), now);
    }
    come(r, &ann, 1, WZP_REGISTRATION_PROVEN, now);
    note("%zu connections watch %zu of %d people", count, r->watched.interests,
         WZP_RELAY_INTERESTS_ALL_MAX);
    ok(r->watched.interests < WZP_RELAY_INTERESTS_ALL_MAX / 6 * 5,
       "a crowd that watches all it can leaves a sixth of the places");
    for (unsigned k = 0; k < 2; k++)
        fake_send(r, &ann, many("add", 64 * k, 64), now);
    ok(ann.client->interests.count >= 90, "and who comes afterwards gets a good part of them (%zu)",
       ann.client->interests.count);
    fake_gone(r, &ann, now);
    for (unsigned i = 0; i < count; i++)
        fake_gone(r, &crowd[i], now);
    is_int(r->watched.interests, 0, "nothing is left of it");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_shares();
    test_coming_and_going();
    test_truth();
    test_displaced();
    test_neighbours();
    test_bounds();
    test_crowd();
}
