/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay at which people with ever new names come and go for hours: its memory does not grow, and
 * a new client is served as the first one was. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "lib_fake.h"
#include "lib_join.h"
#include "relay/state.h"
#include "tap.h"

#define ROUNDS 1500
#define WARM 300

static struct wzp_relay *r;
static uint64_t now = WZP_SECOND;

static void pass(uint64_t time)
{
    uint64_t until = now + time;
    while (wzp_relay_expiry(r) <= until) {
        uint64_t next = wzp_relay_expiry(r);
        now = next > now ? next : now;
        wzp_relay_handle_expiry(r, now);
    }
    now = until;
}

/* Registers without proof under a key that is new. */
static void come(struct fake *fake, uint32_t number)
{
    char text[512], address[64];
    size_t n;
    snprintf(address, sizeof address, "10.%u.%u.%u:%u", number >> 16 & 255, number >> 8 & 255,
             number & 255, 1000 + number % 50000);
    fake_open_from(r, fake, "_signal", address, now);
    n = (size_t)snprintf(text, sizeof text, "{\"RegisterPresence\":{\"identity_pub\":[");
    for (unsigned i = 0; i < 32; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%u", i ? "," : "",
                              number >> 8 * (i % 4) & 255);
    snprintf(text + n, sizeof text - n, "],\"signature\":[],\"alias\":\"guest %u\"}}", number);
    fake_send(r, fake, text, now);
}

/* parts: the text before the number and after it. */
static void say(struct fake *fake, const char *const parts[2], uint32_t number)
{
    char text[512];
    snprintf(text, sizeof text, "%s%08x%s", parts[0], number, parts[1]);
    if (!fake->closed)
        fake_send(r, fake, text, now);
}

static void visit(uint32_t number)
{
    static struct fake one, two, member;
    static const char *const said[][2] = {
        {"{\"WzpWatch\":{\"add\":[\"", "\",\"1234\"]}}"},
        {"{\"CallRinging\":{\"call_id\":\"", "\"}}"},
        {"{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"", "\"}}"},
        {"{\"PresenceQuery\":{\"fingerprint\":\"", "\",\"ttl\":3}}"},
        {"{\"CandidateUpdate\":{\"call_id\":\"", "\",\"local_addrs\":[],\"generation\":1}}"},
        {"{\"NoSuchThing\":\"", "\"}"},
        {"not even JSON", ""}};
    static const char *const accept[2] = {"{\"DirectCallAnswer\":{\"call_id\":\"",
                                          "\",\"accept_mode\":\"AcceptTrusted\"}}"};
    char room[64], id[64];
    struct join_options options = {.seed = (uint8_t)number, .alias = "guest", .version = 1};
    come(&one, 2 * number);
    come(&two, 2 * number + 1);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        say(&one, said[i], number);
    snprintf(room, sizeof room, "room-%u", number);
    fake_open_from(r, &member, room, "198.51.100.9:1", now);
    (void)fake_join(r, &member, &options, now);
    if (one.client && two.client && !one.closed && !two.closed) {
        snprintf(id, sizeof id, "%08x", number);
        fake_offer(r, &one, two.client->name.text, id, now);
        if (number % 3)
            say(&two, accept, number);
        fake_offer(r, &one, "00ff:00ff", "to-nobody", now);
    }
    pass(50 * WZP_MILLISECOND);
    fake_gone(r, number % 2 ? &one : &two, now);
    pass(50 * WZP_MILLISECOND);
    fake_gone(r, number % 2 ? &two : &one, now);
    fake_gone(r, &member, now);
}

TAP_MAIN
{
    static struct wzp_relay_config config;
    static struct fake ann, bob;
    long warm = 0;
    wzp_relay_config_default(&config);
    r = fake_relay(&config);
    if (!r)
        bail("no relay");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        visit(i);
        if (i == WARM) {
            pass(600 * WZP_SECOND);
            warm = wzp_alloc_live();
        }
        if (i % 500 == 0)
            note("%u: %ld blocks", i, wzp_alloc_live());
    }
    pass(600 * WZP_SECOND);
    note("%llu registered, %llu joined, %llu offers, %llu answers",
         (unsigned long long)r->total.registrations, (unsigned long long)r->total.joins,
         (unsigned long long)r->total.offers, (unsigned long long)r->total.answers);
    ok(wzp_alloc_live() <= warm, "after %u visits it holds what it held after %u: %ld blocks, %ld",
       ROUNDS, WARM, wzp_alloc_live(), warm);
    fake_come(r, &ann, 1, WZP_REGISTRATION_PROVEN, now);
    fake_come_from(r, &bob, "192.0.2.77:1", 2, WZP_REGISTRATION_PROVEN, now);
    fake_offer(r, &ann, fake_name(2), "good", now);
    ok(strstr(bob.last, "DirectCallOffer"), "and people call each other");
    now += UINT64_C(315360000) * WZP_SECOND;
    unsigned looks = 0;
    for (; wzp_relay_expiry(r) <= now && looks < 1000; looks++)
        wzp_relay_handle_expiry(r, now);
    ok(looks < 10, "a machine that slept for ten years has caught up after %u looks", looks);
    ok(!ann.closed && !bob.closed, "and who is still there is");
    fake_gone(r, &ann, now);
    fake_gone(r, &bob, now);
    wzp_relay_free(r);
}
