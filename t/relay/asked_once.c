/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An existing relay sends the answer to the relay that asked it last. That must be the relay which
 * the caller's relay believes to have the callee. So each existing relay is asked by only one relay
 * of ours: an offer says which relays were asked, and these are tests of that. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "lib_join.h"
#include "lib_link.h"
#include "tap.h"

#define FAR "9999:1111:2222:3333:4444:5555:6666:7777"
#define CALLER "8888:1111:2222:3333:4444:5555:6666:7777"
#define KEY "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"

static struct wzp_relay *r;
static struct fake ann, ours[2], old[2];

/* Links to two relays of ours and to `olds` existing ones. One of ours is dialled first, and is so
 * the first in every list. */
static void begin(unsigned olds)
{
    static struct wzp_relay_config config;
    char from[32];
    wzp_relay_config_default(&config);
    config.trusted_count = 2 + olds;
    for (uint8_t i = 0; i < 2 + olds; i++) {
        link_fingerprint(config.trusted[i].fingerprint, (uint8_t)(200 + i));
        snprintf(config.trusted[i].label, sizeof config.trusted[i].label, "R%u", i);
        config.trusted[i].allow_unproven = i >= 2;
    }
    r = fake_relay(&config);
    for (uint8_t i = 0; i < 2 + olds; i++) {
        struct fake *fake = i < 2 ? &ours[i] : &old[i - 2];
        snprintf(from, sizeof from, "203.0.113.%u:4433", i + 1u);
        fake_open_from(r, fake, "_federation", from, 0);
        link_hello(r, fake, (uint8_t)(200 + i), i < 2, i < 2 ? LINK_EXPORTER : 0, 0);
    }
    fake_come(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
}

static void end(void)
{
    wzp_relay_free(r);
}

/* The name of an existing relay; static memory, valid for two calls. */
static const char *name_of(unsigned index)
{
    static char text[2][17];
    struct wzp_certificate certificate;
    link_certificate(&certificate, (uint8_t)(202 + index));
    wzp_hex_encode(text[index], certificate.sha256, 8);
    text[index][16] = '\0';
    return text[index];
}

static bool is_asked(const struct fake *fake)
{
    return strstr(fake->last, "DirectCallOffer") != NULL;
}

/* A forwarded offer arrives from a relay of ours, which has asked those relays. */
static void comes(const char *asked)
{
    char text[8192];
    snprintf(text, sizeof text,
             "{\"FederatedSignalForward\":{\"inner\":{\"DirectCallOffer\":{"
             "\"caller_fingerprint\":\"" CALLER "\",\"target_fingerprint\":\"" FAR "\","
             "\"caller_alias\":null,\"call_id\":\"c1\",\"identity_pub\":[" KEY "],"
             "\"ephemeral_pub\":[" KEY "],\"signature\":[],\"supported_profiles\":[]}},"
             "\"origin_relay_fp\":\"aa\",\"hops\":3%s}}",
             asked);
    fake_send(r, &ours[0], text, 0);
}

static void test_first(void)
{
    char want[64];
    begin(1);
    snprintf(want, sizeof want, "\"asked\":[\"%s\"]", name_of(0));
    fake_offer(r, &ann, FAR, "c1", 0);
    ok(is_asked(&old[0]) && !strstr(old[0].last, "\"asked\""),
       "an existing relay gets the offer as ever");
    ok(strstr(ours[0].last, want) && strstr(ours[1].last, want),
       "relays of ours hear that it was asked: %s", strstr(ours[0].last, "\"origin"));
    end();
    begin(0);
    fake_offer(r, &ann, FAR, "c1", 0);
    ok(is_asked(&ours[0]) && !strstr(ours[0].last, "\"asked\""),
       "where there is none, nothing is said of it");
    end();
}

static void test_between(void)
{
    char said[64], want[64];
    begin(2);
    snprintf(said, sizeof said, ",\"asked\":[\"%s\"]", name_of(0));
    snprintf(want, sizeof want, "\"asked\":[\"%s\",\"%s\"]", name_of(0), name_of(1));
    comes(said);
    ok(!is_asked(&old[0]), "an existing relay that was asked is not asked again");
    ok(is_asked(&old[1]), "another one is");
    ok(strstr(ours[1].last, want), "a relay of ours further on hears of both");
    end();
    begin(1);
    fake_gone(r, &ours[1], 0);
    comes(said);
    ok(!wzp_relay_calls_get(&r->calls, "c1") && strstr(ours[0].last, "\"found\":false"),
       "a relay that has only such to ask says that the callee is not there");
    end();
}

/* The callee is believed to be at a relay of ours, which does not have them any more. */
static void test_moved(void)
{
    begin(1);
    fake_send(r, &ours[0],
              "{\"PresenceUpdate\":{\"fingerprints\":[\"" FAR "\"],\"relay_addr\":\"\"}}", 0);
    fake_offer(r, &ann, FAR, "c1", 0);
    ok(is_asked(&ours[0]) && !is_asked(&old[0]),
       "a callee known to be at one relay is asked for there");
    is_int(ann.by_type[WZP_SIGNAL_CALL_RINGING], 0, "and nobody says yet that it rings");
    fake_send(r, &ours[0],
              "{\"RouteResponse\":{\"fingerprint\":\"" FAR "\",\"found\":false,"
              "\"relay_chain\":[]}}",
              0);
    ok(is_asked(&old[0]) && ann.by_type[WZP_SIGNAL_CALL_RINGING] == 1,
       "is no more: an existing one is asked, and as it may ring there, the caller hears so");
    end();
}

static void test_strange(void)
{
    static char said[4096];
    size_t n = (size_t)snprintf(said, sizeof said, ",\"asked\":[\"\",\"no name\"");
    for (unsigned i = 0; i < 100; i++)
        n += (size_t)snprintf(said + n, sizeof said - n, ",\"%016x\"", i);
    snprintf(said + n, sizeof said - n, "]");
    begin(1);
    comes(said);
    ok(is_asked(&old[0]), "names of nobody keep nobody from being asked");
    unsigned names = 0;
    for (const char *p = ours[1].last; (p = strstr(p, "\"00000000")); p++)
        names++;
    ok(is_asked(&ours[1]) && names > 0 && names <= WZP_RELAY_NAMED_MAX,
       "and so many are not all told further (%u)", names);
    end();
    begin(1);
    char own[64];
    struct wzp_certificate certificate;
    char home[17] = {0};
    link_certificate(&certificate, 201);
    wzp_hex_encode(home, certificate.sha256, 8);
    snprintf(own, sizeof own, ",\"asked\":[\"%s\"]", home);
    comes(own);
    ok(is_asked(&ours[1]), "one of ours is asked also where somebody names it: it answers each");
    end();
}

TAP_MAIN
{
    test_first();
    test_between();
    test_moved();
    test_strange();
}
