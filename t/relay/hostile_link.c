/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A linked relay that has proved itself and is hostile: it sends whatever a link allows, as often
 * as it can. That must exhaust only its own budgets, and not affect others' calls, others' lists or
 * the relay's time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "lib_link.h"
#include "relay/federation.h"
#include "tap.h"

#define ANSWER "{\"DirectCallAnswer\":{\"call_id\":\"%s\",\"accept_mode\":\"AcceptTrusted\"}}"

static struct wzp_relay_config config;
static struct wzp_relay *r;
static struct fake bad, good, ann, bob, room;
static char *text; /* a message under construction */

static void begin(void)
{
    struct join_options who = {.seed = 9};
    wzp_relay_config_default(&config);
    config.max_sessions = 100;
    config.max_signals = 300;
    config.trusted_count = 2;
    link_fingerprint(config.trusted[0].fingerprint, 200);
    link_fingerprint(config.trusted[1].fingerprint, 201);
    snprintf(config.trusted[0].label, sizeof config.trusted[0].label, "Bad");
    snprintf(config.trusted[1].label, sizeof config.trusted[1].label, "Good");
    config.global_room_count = 1;
    snprintf(config.global_rooms[0], sizeof config.global_rooms[0], "general");
    r = fake_relay(&config);
    fake_open_from(r, &bad, "_federation", "203.0.113.1:4433", 0);
    fake_open_from(r, &good, "_federation", "203.0.113.2:4433", 0);
    link_hello_of(r, &bad, 200, "0000000000000001", 0);
    link_hello_of(r, &good, 201, "0000000000000002", 0);
    fake_come(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
    fake_come(r, &bob, 2, WZP_REGISTRATION_PROVEN, 0);
    fake_open(r, &room, "general", 0);
    if (!fake_join(r, &room, &who, 0))
        bail("no stage");
    wzp_relay_handle_expiry(r, WZP_SECOND);
    text = malloc(1024 * 1024);
    if (!text)
        bail("no memory");
}

static void end(const char *what)
{
    ok(!good.closed && good.client->stage == WZP_RELAY_STAGE_LINK, "%s: the other link stays",
       what);
    free(text);
    wzp_relay_free(r);
}

/* Time passes in small steps. */
static void run(uint64_t from, uint64_t until)
{
    for (uint64_t now = from; now <= until; now += 5 * WZP_MILLISECOND) {
        good.heard++;
        bad.heard++;
        wzp_relay_handle_expiry(r, now);
    }
}

static const char *ann_name(void)
{
    return ann.client->name.text;
}

/* An offer to somebody here, in the name of `caller`. */
static void offer(const char *caller, const char *target, const char *id, uint64_t now)
{
    snprintf(
        text, 1024,
        "{\"FederatedSignalForward\":{\"inner\":{\"DirectCallOffer\":{"
        "\"caller_fingerprint\":\"%s\",\"caller_alias\":null,\"target_fingerprint\":\"%s\","
        "\"call_id\":\"%s\",\"identity_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,0,0,0,0,0,0],\"ephemeral_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,0,0,0,0,0],\"signature\":[],\"supported_profiles\":[]}},"
        "\"origin_relay_fp\":\"aa\",\"hops\":2}}",
        caller, target, id);
    fake_send(r, &bad, text, now);
}

/* It claims to have people of this relay. */
static void test_names(void)
{
    static struct fake others[20];
    char id[32], answer[128];
    begin();
    fake_offer(r, &ann, bob.client->name.text, "real", WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "real") != NULL, "Ann's call rings at Bob's");
    offer(ann_name(), bob.client->name.text, "false", WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "real") != NULL,
       "a relay that calls in her name does not end it");
    ok(!ann.by_type[WZP_SIGNAL_HANGUP], "nor is she told so");
    snprintf(answer, sizeof answer, ANSWER, "real");
    fake_send(r, &bob, answer, WZP_SECOND);
    ok(strstr(ann.last, "CallSetup") != NULL, "it is answered");
    fake_send(r, &ann, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"real\"}}", WZP_SECOND);
    for (size_t i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "198.51.100.%zu:1", i + 1);
        fake_open_from(r, &others[i], "_signal", id, 0);
        if (!fake_register(r, &others[i], (uint8_t)(20 + i), WZP_REGISTRATION_PLAIN, 0))
            bail("nobody registers");
        snprintf(id, sizeof id, "false-%zu", i);
        offer(ann_name(), others[i].client->name.text, id, 2 * WZP_SECOND);
    }
    fake_offer(r, &ann, bob.client->name.text, "more", 2 * WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "more") != NULL,
       "however many calls it begins in her name, she begins hers");
    end("names");
}

/* It makes calls ring for everybody. */
static void test_calls(void)
{
    static struct fake people[120];
    char id[32], caller[64];
    size_t refused = 0;
    begin();
    for (size_t i = 0; i < 120; i++) {
        snprintf(id, sizeof id, "198.51.100.%zu:1", i + 1);
        fake_open_from(r, &people[i], "_signal", id, 0);
        if (!fake_register(r, &people[i], (uint8_t)(10 + i), WZP_REGISTRATION_PLAIN, 0))
            bail("nobody registers");
    }
    /* As fast as it is allowed to, for as long as a call rings. */
    for (unsigned n = 0; n < 3000; n++) {
        snprintf(id, sizeof id, "bad-%u", n);
        snprintf(caller, sizeof caller, "%08x", n);
        offer(caller, people[n % 120].client->name.text, id, WZP_SECOND + n * (WZP_SECOND / 50));
    }
    note("%zu of at most %u calls ring", r->calls.by_id.count,
         config.max_sessions + config.max_signals + 1);
    ok(r->calls.by_id.count <= (config.max_sessions + config.max_signals + 1) / 4,
       "a relay that calls everybody lets a quarter of all possible calls ring, not more");
    for (size_t i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "good-%zu", i);
        fake_offer(r, &people[i], people[i + 60].client->name.text, id, 61 * WZP_SECOND);
        refused += !wzp_relay_calls_get(&r->calls, id);
    }
    is_int(refused, 0, "people here go on calling each other");
    end("calls");
}

/* Sends one of two presence lists of so many people, which have nobody in common, in turn. */
static void list(size_t people, unsigned turn, uint64_t now)
{
    int at = sprintf(text, "{\"GlobalRoomActive\":{\"room\":\"general\",\"participants\":[");
    for (size_t i = 0; i < people; i++)
        at += sprintf(text + at,
                      "%s{\"fingerprint\":\"aaaa:bbbb:cccc:dddd:eeee:ffff:%04x:%04zx\","
                      "\"alias\":null,\"relay_label\":null}",
                      i ? "," : "", turn % 2, i);
    sprintf(text + at, "]}}");
    fake_send(r, &bad, text, now);
}

static void test_lists(void)
{
    begin();
    unsigned before = good.by_type[WZP_SIGNAL_GLOBAL_ROOM_ACTIVE];
    uint64_t updates = r->total.room_updates;
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t now = WZP_SECOND + i * 5 * WZP_MILLISECOND;
        list(2, i, now);
        wzp_relay_handle_expiry(r, now);
        good.heard++;
        bad.heard++;
    }
    unsigned told = good.by_type[WZP_SIGNAL_GLOBAL_ROOM_ACTIVE] - before;
    ok(told >= 10 && told <= 70, "a list that changes 200 times a second is told on 5 times (%u)",
       told / 10);
    ok(r->total.room_updates - updates <= 220, "and people here 20 times (%llu)",
       (unsigned long long)(r->total.room_updates - updates) / 10);
    list(1, 0, 12 * WZP_SECOND);
    run(12 * WZP_SECOND, 13 * WZP_SECOND);
    ok(strstr(good.last, ":0000:0000") && !strstr(good.last, ":0001:") &&
           !strstr(good.last, ":0000:0001"),
       "what was said last is told, some time later");
    end("lists");
}

static void test_crowds(void)
{
    begin();
    uint64_t over = r->total.signals_over_rate;
    for (unsigned i = 0; i < 3000; i++)
        list(WZP_RELAY_GUESTS_MAX, i, WZP_SECOND + i * WZP_MILLISECOND);
    uint64_t taken = 3000 - (r->total.signals_over_rate - over);
    ok(taken >= 256 && taken <= 700,
       "of lists of 256 people a thousand times a second %llu are read, and what they cost",
       (unsigned long long)taken / 3);
    end("crowds");
}

/* Its presence lists. */
static void test_people(void)
{
    begin();
    int at = sprintf(text, "{\"PresenceUpdate\":{\"fingerprints\":[");
    for (unsigned i = 0; i < 4096; i++)
        at += sprintf(text + at, "%s\"%04x\"", i ? "," : "", i);
    sprintf(text + at, "],\"relay_addr\":\"\"}}");
    uint64_t over = r->total.signals_over_rate;
    for (unsigned i = 0; i < 1000; i++)
        fake_send(r, &bad, text, WZP_SECOND + i * 5 * WZP_MILLISECOND);
    ok(1000 - (r->total.signals_over_rate - over) <= 25,
       "who is registered there is heard twice a second (%llu of 1000 in five)",
       (unsigned long long)(1000 - (r->total.signals_over_rate - over)));
    /* The same person is listed by the good relay. */
    fake_send(r, &good, "{\"PresenceUpdate\":{\"fingerprints\":[\"c0ffee\"],\"relay_addr\":\"\"}}",
              10 * WZP_SECOND);
    fake_send(r, &bad, "{\"PresenceUpdate\":{\"fingerprints\":[\"c0ffee\"],\"relay_addr\":\"\"}}",
              20 * WZP_SECOND);
    unsigned before = bad.sent;
    fake_offer(r, &ann, "c0ffee", "to-her", 20 * WZP_SECOND);
    ok(bad.sent == before && strstr(good.last, "to-her"),
       "who is at another relay does not become its own by saying so");
    fake_send(r, &good, "{\"PresenceUpdate\":{\"fingerprints\":[],\"relay_addr\":\"\"}}",
              30 * WZP_SECOND);
    fake_offer(r, &ann, "c0ffee", "again", 30 * WZP_SECOND);
    ok(strstr(bad.last, "again") != NULL, "but when that one has them no more");
    end("people");
}

/* Hellos with ever new instance numbers on one connection, and endless proofs to verify. */
static void test_hellos(void)
{
    char instance[17];
    begin();
    list(3, 0, WZP_SECOND);
    run(WZP_SECOND, 2 * WZP_SECOND);
    uint64_t up = bad.client->neighbour->up_since;
    for (unsigned i = 0; i < 500; i++) {
        snprintf(instance, sizeof instance, "%016x", 100 + i);
        link_hello_of(r, &bad, 200, instance, 3 * WZP_SECOND);
    }
    is_int(bad.client->neighbour->up_since, up, "one connection has one life");
    ok(strstr(room.last, "\"count\":4") != NULL, "and what was told on it stands");
    end("hellos");
}

/* A frame for a room here, from one of very many senders. */
static size_t frame_of(uint8_t *out, unsigned n, const uint8_t origin[4], uint8_t number)
{
    uint8_t tag[8];
    struct wzp_media_packet packet = {.header.sequence = (uint16_t)n,
                                      .header.timestamp = n,
                                      .header.sender = number,
                                      .payload = (const uint8_t *)&n,
                                      .payload_length = sizeof n};
    memcpy(tag, r->federation.first->origin_tag, sizeof tag);
    memcpy(out, tag, sizeof tag);
    memcpy(out + 8, origin, 4);
    return 12 + (size_t)wzp_media_write(out + 12, 100, &packet);
}

static void test_frames(void)
{
    uint8_t frame[128];
    begin();
    list(WZP_RELAY_GUESTS_MAX, 0, WZP_SECOND);
    for (unsigned i = 0; i < 40000; i++) {
        size_t length = frame_of(frame, i, bad.client->neighbour->sha256, 1);
        wzp_relay_carry_in(r, bad.client, frame, length, 2 * WZP_SECOND + i * 25 * WZP_MICROSECOND);
    }
    uint64_t taken = 40000 - r->total.carried_over_rate;
    ok(taken >= 4000 && taken <= 8100,
       "whoever it says is there, it sends 4000 frames a second and room (%llu in the first)",
       (unsigned long long)taken);
    end("frames");
}

/* Hundreds of speakers must not use up the sender numbers of others. */
static void test_numbers(void)
{
    uint8_t frame[128], origin[4] = {1, 2, 3, 0};
    unsigned told_apart = 0;
    begin();
    struct wzp_relay_global *global = r->federation.first;
    for (unsigned i = 0; i < 400; i++) {
        origin[3] = (uint8_t)i;
        size_t length = frame_of(frame, i, origin, (uint8_t)(1 + i % 200));
        wzp_relay_carry_in(r, bad.client, frame, length, 2 * WZP_SECOND + i * WZP_MILLISECOND);
    }
    for (unsigned i = 0; i < 8; i++) {
        size_t length = frame_of(frame, 1000 + i, good.client->neighbour->sha256, (uint8_t)(1 + i));
        wzp_relay_carry_in(r, good.client, frame, length, 3 * WZP_SECOND);
        for (size_t k = 0; k < WZP_RELAY_NUMBERS_MAX; k++)
            told_apart += global->numbers[k].ours && global->numbers[k].theirs == 1 + i &&
                          memcmp(global->numbers[k].origin, good.client->neighbour->sha256, 4) == 0;
    }
    is_int(told_apart, 8, "speakers of another relay are told apart all the same");
    end("numbers");
}

/* A Hangup without a call id makes the relay look through all calls. */
static void test_hangups(void)
{
    begin();
    offer("cafe", bob.client->name.text, "one", WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "one") != NULL, "a call over a link");
    fake_send(r, &bad,
              "{\"FederatedSignalForward\":{\"inner\":{\"Hangup\":{\"reason\":\"Normal\"}},"
              "\"origin_relay_fp\":\"aa\"}}",
              WZP_SECOND);
    ok(!wzp_relay_calls_get(&r->calls, "one"), "a hangup without an id ends the only one");
    uint64_t over = r->total.signals_over_rate;
    for (unsigned i = 0; i < 1000; i++)
        fake_send(r, &bad,
                  "{\"FederatedSignalForward\":{\"inner\":{\"Hangup\":{\"reason\":\"Normal\"}},"
                  "\"origin_relay_fp\":\"aa\"}}",
                  2 * WZP_SECOND);
    ok(r->total.signals_over_rate - over >= 700, "a flood of them is not looked at");
    end("hangups");
}

TAP_MAIN
{
    test_names();
    test_calls();
    test_lists();
    test_crowds();
    test_people();
    test_hellos();
    test_frames();
    test_numbers();
    test_hangups();
}
