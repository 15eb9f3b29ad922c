/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Claimed identities: captured offers, plain registrations under somebody else's fingerprint, and
 * what others are told about them; and claimed protocol versions. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "tap.h"

static struct wzp_relay *r;
static struct fake ann, again, room, other;

static void test_captured(void)
{
    struct join_options who = {.seed = 1};
    r = fake_relay(NULL);
    fake_open(r, &ann, "_signal", 0);
    ok(fake_register(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0), "Ann is registered and proven");
    fake_open(r, &room, "lounge", 0);
    ok(!fake_join(r, &room, &who, 0), "an offer of hers without a proof of this connection");
    is_str(room.reason, "this registration wants a bound CallOffer", "does not enter a room");
    who.bound = true;
    fake_open(r, &room, "lounge", 0);
    ok(fake_join(r, &room, &who, 0), "she herself does");
    who = (struct join_options){.seed = 2};
    fake_open(r, &other, "lounge", 0);
    ok(fake_join(r, &other, &who, 0), "a person of an existing client too");
    ok(strstr(room.last, "\"relay_label\":null,\"proven\":true,") &&
           strstr(room.last, "\"relay_label\":null,\"sender\""),
       "and the list says who proved the key: %s", room.last);
    wzp_relay_free(r);
}

static void test_plain(void)
{
    r = fake_relay(NULL);
    fake_open_from(r, &ann, "_signal", "192.0.2.7:1000", 0);
    ok(fake_register(r, &ann, 1, WZP_REGISTRATION_PLAIN, 0), "Ann is registered, plainly");
    fake_open_from(r, &other, "_signal", "198.51.100.9:1", 0);
    unsigned before = ann.sent;
    ok(!fake_register(r, &other, 1, WZP_REGISTRATION_PLAIN, WZP_SECOND) && !other.closed,
       "a stranger from elsewhere under her fingerprint has to wait");
    ok(ann.sent == before + 1 && strstr(ann.last, "Ping"), "she is asked");
    ann.heard++;
    wzp_relay_handle_expiry(r, WZP_SECOND + 250 * WZP_MILLISECOND);
    ok(other.closed && strstr(other.last, "\"success\":false"), "and lives: he is refused (%s)",
       other.reason);
    is_str(other.reason, WZP_RELAY_GIVES_WAY, "in words that say nothing of her");
    ok(!ann.closed && ann.client->stage == WZP_RELAY_STAGE_REGISTERED, "she stays");
    fake_gone(r, &other, 0);

    fake_open_from(r, &again, "_signal", "203.0.113.1:1", 0);
    ok(!fake_register(r, &again, 1, WZP_REGISTRATION_PLAIN, 10 * WZP_SECOND), "she moved");
    fake_send(r, &again, "\"Reflect\"", 10 * WZP_SECOND);
    for (uint64_t t = 1; t <= 8; t++)
        wzp_relay_handle_expiry(r, 10 * WZP_SECOND + t * 250 * WZP_MILLISECOND);
    ok(ann.closed, "her old connection was silent for 2 s: it ends");
    ok(again.client->stage == WZP_RELAY_STAGE_REGISTERED && strstr(again.last, "ReflectResponse"),
       "the new one is registered, and what it said meanwhile is answered");
    fake_gone(r, &ann, 13 * WZP_SECOND);
    ok(wzp_relay_presence_find(&r->presence, &again.client->name) == again.client,
       "it is the one that gets her calls");

    fake_open_from(r, &ann, "_signal", "203.0.113.1:2", 0);
    ok(fake_register(r, &ann, 1, WZP_REGISTRATION_PLAIN, 14 * WZP_SECOND),
       "from the same address a newer one needs no wait");
    ok(strstr(again.last, "\"success\":false") &&
           strstr(again.last, "a newer registration from 203.0.113.1:2 gets the calls now"),
       "the older one is told so");
    fake_open_from(r, &other, "_signal", "198.51.100.9:1", 0);
    ok(fake_register(r, &other, 1, WZP_REGISTRATION_PROVEN, 15 * WZP_SECOND),
       "who proves the key needs none either");
    ok(ann.closed && again.closed, "and nobody else stays");
    wzp_relay_free(r);
}

static bool has_heard(const struct fake *fake, const char *word)
{
    return strstr(fake->last, word) || strstr(fake->earlier[0], word) ||
           strstr(fake->earlier[1], word) || strstr(fake->reason, word);
}

/* Someone who only knows a person's public key is not told when that person comes and goes, nor
 * from where. */
static void test_followed(enum wzp_registration_class standing)
{
    static struct fake late, second;
    r = fake_relay(NULL);
    fake_come_from(r, &other, "198.51.100.9:1", 1, standing, 0);
    unsigned sent = other.sent;
    fake_come_from(r, &ann, "203.0.113.77:5000", 1, WZP_REGISTRATION_PROVEN, 3600 * WZP_SECOND);
    ok(other.closed && other.sent == sent && strcmp(other.reason, WZP_RELAY_GIVES_WAY) == 0,
       "who proved less is closed when she registers, and hears no more than: %s", other.reason);
    ok(!has_heard(&other, "203.0.113.77"), "no address of hers");
    ok(!has_heard(&other, WZP_DISPLACED_WORD), "and nothing of another registration");

    uint64_t now = 3601 * WZP_SECOND;
    fake_open_from(r, &late, "_signal", "198.51.100.9:2", now);
    ok(!fake_register(r, &late, 1, standing, now), "another attempt while she is there");
    if (standing == WZP_REGISTRATION_PLAIN)
        ok(late.sent == 0 && ann.by_type[WZP_SIGNAL_PING] == 0,
           "takes as long as with anybody else, and does not reach her");
    wzp_relay_handle_expiry(r, now + WZP_RELAY_ASK_STEP);
    ok(late.closed && strcmp(late.reason, WZP_RELAY_GIVES_WAY) == 0 &&
           strstr(late.last, WZP_RELAY_GIVES_WAY),
       "is refused in the same words");

    fake_come_from(r, &second, "192.0.2.8:5000", 1, WZP_REGISTRATION_PROVEN, now);
    ok(!ann.closed && has_heard(&ann, "a newer registration from 192.0.2.8:5000 gets the calls"),
       "she herself is told of her second program");
    fake_gone(r, &second, now);
    ok(has_heard(&ann, "\"success\":true") && ann.client->stage == WZP_RELAY_STAGE_REGISTERED,
       "and that the calls come back when that ends");
    fake_gone(r, &ann, now);
    ok(other.sent == sent && wzp_relay_presence_find(&r->presence, &other.client->name) == NULL,
       "when she went, who was closed is not registered again, also while its close is under way");
    wzp_relay_free(r);
}

/* A signature that is not bound to a connection can be replayed by anybody who saw it. */
static void test_captured_twice(void)
{
    r = fake_relay(NULL);
    fake_come_from(r, &other, "198.51.100.9:1", 1, WZP_REGISTRATION_SIGNED, 0);
    fake_come_from(r, &ann, "203.0.113.77:5000", 1, WZP_REGISTRATION_SIGNED, WZP_SECOND);
    ok(other.closed && strcmp(other.reason, WZP_RELAY_GIVES_WAY) == 0,
       "of two that sign and prove nothing, from different places, the older gives way unasked");
    fake_come_from(r, &again, "203.0.113.77:5001", 1, WZP_REGISTRATION_SIGNED, WZP_SECOND);
    ok(!ann.closed && strstr(ann.last, "a newer registration from 203.0.113.77:5001"),
       "of two from the same place it is told");
    wzp_relay_free(r);
}

static void test_versions(void)
{
    struct join_options who = {.seed = 1, .version = 2};
    uint8_t frame[40] = {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x22};
    r = fake_relay(NULL);
    fake_open(r, &ann, "lounge", 0);
    ok(fake_join(r, &ann, &who, 0) && ann.client->version == 2, "somebody of version 2 joins");
    who = (struct join_options){.seed = 2, .version = 1};
    fake_open(r, &other, "lounge", 0);
    ok(fake_join(r, &other, &who, 0) && other.client->version == 1, "somebody of version 1");
    who.version = 0;
    who.seed = 3;
    fake_open(r, &again, "lounge", 0);
    ok(fake_join(r, &again, &who, 0) && again.client->version == 1,
       "who says nothing speaks version 1");
    frame[1] = 0xff; /* no codec of version 1 */
    wzp_relay_room_frame(r, ann.client, frame, sizeof frame, WZP_SECOND);
    ok(r->total.frames_in == 1 && r->total.frames_malformed == 0,
       "frames of version 2 are not read as something else");
    frame[0] = 0x3c;
    wzp_relay_room_frame(r, other.client, frame, sizeof frame, WZP_SECOND);
    is_int(r->total.frames_malformed, 1, "the same bytes are malformed in version 1");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_captured();
    test_plain();
    test_followed(WZP_REGISTRATION_PLAIN);
    test_followed(WZP_REGISTRATION_SIGNED);
    test_captured_twice();
    test_versions();
}
