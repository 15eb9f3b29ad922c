/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Other relays (ours, existing ones and hostile ones), as stand-ins without QUIC: which are let in,
 * what they may say on a link, and that nobody else is affected. Numbers in test names are those of
 * the conformance list. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "lib_link.h"
#include "tap.h"

static struct wzp_relay_config config;
static struct wzp_relay *r;
static struct fake ours, old, ann, bob, room;
static unsigned log_lines;
static char log_last[512];

static void log_write(void *context, enum wzp_log_level level, const char *line)
{
    (void)context;
    if (level > WZP_LOG_INFO)
        return;
    log_lines++;
    snprintf(log_last, sizeof log_last, "%s", line);
}

static bool is_link(const struct fake *fake)
{
    return !fake->closed && fake->client->stage == WZP_RELAY_STAGE_LINK;
}

static void configure(void)
{
    wzp_relay_config_default(&config);
    config.trusted_count = 3;
    for (uint8_t i = 0; i < 3; i++)
        link_fingerprint(config.trusted[i].fingerprint, (uint8_t)(200 + i));
    snprintf(config.trusted[0].label, sizeof config.trusted[0].label, "Ours");
    snprintf(config.trusted[1].label, sizeof config.trusted[1].label, "Old");
    config.trusted[1].allow_unproven = true;
    config.global_room_count = 1;
    snprintf(config.global_rooms[0], sizeof config.global_rooms[0], "general");
}

/* Links to one relay of ours and to an existing one; Ann and Bob are registered; Ann is in the
 * room. */
static void begin(void)
{
    struct join_options who = {.seed = 1, .bound = true};
    configure();
    r = fake_relay(&config);
    fake_open_from(r, &ours, "_federation", "203.0.113.1:4433", 0);
    fake_open_from(r, &old, "_federation", "203.0.113.2:4433", 0);
    link_hello(r, &ours, 200, true, LINK_EXPORTER, 0);
    link_hello(r, &old, 201, false, 0, 0);
    fake_come(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
    fake_come(r, &bob, 2, WZP_REGISTRATION_PROVEN, 0);
    fake_open(r, &room, "general", 0);
    if (!is_link(&ours) || !is_link(&old) || !fake_join(r, &room, &who, 0))
        bail("no stage: %s %s", ours.reason, old.reason);
    wzp_relay_handle_expiry(r, WZP_SECOND);
}

static void end(void)
{
    wzp_relay_free(r);
}

/* Lets time pass while packets arrive on both links, so that both stay alive. */
static void pass_time(uint64_t now)
{
    ours.heard++;
    old.heard++;
    wzp_relay_handle_expiry(r, now);
}

static void test_silence(void)
{
    begin();
    uint64_t now = WZP_SECOND;
    for (; now < 60 * WZP_SECOND && !old.closed; now += WZP_SECOND) {
        ours.heard++;
        wzp_relay_handle_expiry(r, now);
    }
    note("a link from which nothing comes ends after %.0f s", (double)now / 1e9);
    ok(old.closed && now <= 15 * WZP_SECOND, "a link from which nothing comes ends: %s",
       old.reason);
    ok(is_link(&ours), "one from which something comes does not");
    end();
}

static void test_trust(void)
{
    static struct fake f[8];
    configure();
    snprintf(config.peers[0].url, sizeof config.peers[0].url, "203.0.113.7:4433");
    link_fingerprint(config.peers[0].fingerprint, 203);
    config.peer_count = 1;
    r = fake_relay(&config);
    for (int i = 0; i < 8; i++)
        fake_open_from(r, &f[i], "_federation", i == 4 ? "203.0.113.7:9" : "203.0.113.9:9", 0);
    link_hello(r, &f[0], 200, true, LINK_EXPORTER, 0);
    ok(is_link(&f[0]), "51: a trusted relay that proves its key is let in");
    is_int(f[0].by_type[WZP_SIGNAL_FEDERATION_HELLO], 1, "and told who we are, with proof");
    link_hello(r, &f[1], 202, true, 77, 0);
    ok(f[1].closed, "a proof from another connection is refused: %s", f[1].reason);
    link_hello(r, &f[2], 202, false, 0, 0);
    ok(f[2].closed, "a trusted fingerprint without proof from anywhere is refused: %s",
       f[2].reason);
    link_hello(r, &f[3], 201, false, 0, 0);
    ok(is_link(&f[3]), "unless the configuration says it may");
    link_hello(r, &f[4], 203, false, 0, 0);
    ok(is_link(&f[4]), "48: a peer of the old kind comes from its own address, whatever the port");
    link_hello(r, &f[5], 204, true, LINK_EXPORTER, 0);
    ok(f[5].closed, "52: an unknown relay is refused: %s", f[5].reason);
    link_hello(r, &f[6], 203, false, 0, 0);
    ok(f[6].closed, "the address alone, or the claim alone, is not enough");
    wzp_relay_handle_expiry(r, 5 * WZP_SECOND);
    ok(f[7].closed, "who says nothing for 5 s is let go: %s", f[7].reason);
    end();
}

static void test_own_name(void)
{
    configure();
    r = fake_relay(&config);
    char text[256], own[WZP_TLS_FINGERPRINT_TEXT_MAX];
    wzp_relay_tls_fingerprint(r, own);
    fake_open(r, &ours, "_federation", 0);
    snprintf(text, sizeof text, "{\"FederationHello\":{\"tls_fingerprint\":\"%s\"}}", own);
    fake_send(r, &ours, text, 0);
    ok(ours.closed, "somebody under this relay's own fingerprint is refused: %s", ours.reason);
    end();
}

/* An existing relay that is not trusted connects every five seconds for three hours. */
static void test_log(void)
{
    configure();
    r = fake_relay(&config);
    r->log = (struct wzp_log){.write = log_write, .level = WZP_LOG_INFO};
    log_lines = 0;
    for (uint64_t t = 0; t < 3 * 3600; t += 5) {
        fake_open_from(r, &old, "_federation", "203.0.113.66:9", t * WZP_SECOND);
        link_hello(r, &old, 210, false, 0, t * WZP_SECOND);
        if (t == 0)
            ok(strstr(log_last, "[[trusted]] fingerprint = \""), "the first time the log says how "
                                                                 "to let it in");
        fake_gone(r, &old, t * WZP_SECOND);
    }
    note("2 160 refused links: %u lines", log_lines);
    ok(log_lines <= 20, "a relay that comes every 5 s does not fill the log");
    ok(strstr(log_last, "refused ") && strstr(log_last, " times"), "it is counted: %s", log_last);
    is_int(r->total.links_refused, 2160, "each time");
    end();
}

#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define FAR "9999:1111:2222:3333:4444:5555:6666:7777"

static void forward(struct fake *from, const char *inner, const char *origin, uint64_t now)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"FederatedSignalForward\":{\"inner\":%s,\"origin_relay_fp\":\"%s\",\"hops\":3}}",
             inner, origin);
    fake_send(r, from, text, now);
}

static void forward_offer(struct fake *from, const char *target, const char *id, uint64_t now)
{
    char inner[2048];
    snprintf(
        inner, sizeof inner,
        "{\"DirectCallOffer\":{\"caller_fingerprint\":\"" FAR "\",\"caller_alias\":null,"
        "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":" ZEROS
        ",\"ephemeral_pub\":" ZEROS
        ",\"signature\":[],\"supported_profiles\":[],\"caller_reflexive_addr\":\"192.0.2.77:1\","
        "\"caller_seen_addr\":\"192.0.2.77:1\","
        "\"x_new\":1.50}}",
        target, id);
    forward(from, inner, "aa:bb", now);
}

static void test_calls_in(void)
{
    char own[WZP_TLS_FINGERPRINT_TEXT_MAX];
    begin();
    wzp_relay_tls_fingerprint(r, own);
    forward_offer(&ours, bob.client->name.text, "c1", WZP_SECOND);
    ok(strstr(bob.last, "\"x_new\":1.50"), "22, X13: an offer arrives as it was written");
    ok(strstr(ours.last, "CallRinging") && strstr(ours.last, own),
       "our kind hears that it rings, from us");
    fake_send(r, &bob,
              "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptTrusted\","
              "\"callee_reflexive_addr\":\"192.0.2.88:1\"}}",
              WZP_SECOND);
    ok(strstr(ours.last, "DirectCallAnswer"), "23, X14: the answer goes back over the link");
    ok(strstr(bob.last, "CallSetup") && strstr(bob.last, "192.0.2.77:1"),
       "23, X13, X14: and the callee has the caller's address and this relay's");
    ok(strstr(bob.last, "\"peer_seen_addr\":\"192.0.2.77:1\""),
       "and hears that the other relay sees the caller there");
    forward(&ours, "{\"MediaPathReport\":{\"call_id\":\"c1\",\"direct_ok\":true,\"z\":7}}", "aa",
            WZP_SECOND);
    ok(strstr(bob.last, "\"z\":7"), "a path report arrives as it was written");
    fake_send(r, &bob, "{\"CandidateUpdate\":{\"call_id\":\"c1\",\"generation\":3}}", WZP_SECOND);
    ok(strstr(ours.last, "CandidateUpdate"), "candidates go to our kind");
    forward(&old, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}", "aa", WZP_SECOND);
    forward(&old, "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"Reject\"}}", "aa",
            WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "c1"), "another relay cannot end it");
    forward(&ours, "{\"Hangup\":{\"reason\":\"Normal\"}}", "aa", WZP_SECOND);
    ok(!wzp_relay_calls_get(&r->calls, "c1") && strstr(bob.last, "Hangup"),
       "a hangup without id counts when only one call can be meant");
    forward_offer(&ours, bob.client->name.text, "c2", 2 * WZP_SECOND);
    forward(&ours, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c2\"}}", own, 2 * WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "c2") && r->total.forwards_looped == 1,
       "24, X15: what claims to come from ourselves is dropped");
    end();
}

/* The caller's relay is an existing one; Bob, and the caller until now, are in the call's room.
 * After so many seconds without the caller, of which Bob sends nothing in `quiet` ones from the
 * third on: does the call still exist? */
static bool outlasts(unsigned quiet, unsigned seconds)
{
    static struct fake media;
    const struct join_options who = {.seed = 2, .bound = true};
    uint64_t now = 2 * WZP_SECOND;
    uint8_t frame[52] = {0};
    begin();
    forward_offer(&old, bob.client->name.text, "o1", WZP_SECOND);
    fake_send(r, &bob,
              "{\"DirectCallAnswer\":{\"call_id\":\"o1\",\"accept_mode\":\"AcceptGeneric\"}}",
              WZP_SECOND);
    fake_open(r, &media, "call-o1", now);
    if (!fake_join(r, &media, &who, now))
        bail("not in the room: %s", media.reason);
    fake_send(
        r, &old,
        "{\"GlobalRoomActive\":{\"room\":\"call-o1\",\"participants\":[{\"fingerprint\":\"" FAR
        "\",\"alias\":null}]}}",
        now);
    for (unsigned i = 0; i < 60 + 2 * seconds; i++) {
        if (i == 60)
            fake_send(r, &old, "{\"GlobalRoomInactive\":{\"room\":\"call-o1\"}}", now);
        bob.heard++;
        media.heard++;
        frame[3] = (uint8_t)i; /* its sequence */
        if (i < 66 || i >= 66 + 2 * quiet)
            wzp_relay_room_frame(r, media.client, frame, sizeof frame, now);
        pass_time(now += WZP_SECOND / 2);
    }
    bool is_there = wzp_relay_calls_get(&r->calls, "o1") != NULL;
    ok(is_there || strstr(bob.last, "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"o1\"}}"),
       "who is told of the end is told of which call");
    end();
    return is_there;
}

/* An existing relay does not say that its caller hung up, only that the room is empty there. */
static void test_old_leaves(void)
{
    ok(outlasts(0, 8), "a caller at an existing relay may leave the room for eight seconds");
    ok(!outlasts(0, 12), "after twelve the call is over");
    ok(!outlasts(2, 12), "also when the line of who sends to them is quiet for two seconds");
    ok(outlasts(40, 40), "but not where nothing is sent to them: that call took a direct path");
}

static unsigned kinds[WZP_RELAY_EVENT_KINDS];
static struct wzp_relay_event last_event;

static void take_events(uint64_t now)
{
    memset(kinds, 0, sizeof kinds);
    for (struct wzp_relay_event event; wzp_relay_event_take(r, &event, now);) {
        kinds[event.kind]++;
        if (event.kind != WZP_RELAY_EVENT_LOST)
            last_event = event;
    }
}

/* The event log reports what happened to frames from a link, and uses a ring of bounded size. */
static void test_event_log(void)
{
    struct wzp_relay_event event;
    uint8_t datagram[30] = {0};
    begin();
    const struct wzp_relay_global *global = r->federation.first;
    memcpy(datagram, global->tag, WZP_FEDERATION_TAG_SIZE);
    datagram[8 + 3] = 7; /* sequence */
    wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, WZP_SECOND);
    ok(!wzp_relay_event_take(r, &event, 0), "nothing is kept before it is asked for");
    if (wzp_relay_events_start(r))
        bail("no memory");
    datagram[8 + 3] = 8;
    wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 2 * WZP_SECOND);
    take_events(0);
    ok(kinds[WZP_RELAY_EVENT_INGRESS] == 1 && kinds[WZP_RELAY_EVENT_DELIVER] == 1,
       "a frame comes in, and goes to those here");
    ok(last_event.to_count == 1 && last_event.header.sequence == 8, "so many, and which one");
    is_str(last_event.room, "general", "in that room");
    wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 2 * WZP_SECOND);
    take_events(0);
    ok(kinds[WZP_RELAY_EVENT_AGAIN] == 1 && kinds[WZP_RELAY_EVENT_DELIVER] == 0,
       "a frame that comes twice is dropped");
    wzp_relay_carry_in(r, old.client, datagram, 12, 2 * WZP_SECOND);
    take_events(0);
    ok(kinds[WZP_RELAY_EVENT_MALFORMED] == 1 && last_event.length == 12, "so is half a one");
    datagram[0] ^= 1;
    wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 2 * WZP_SECOND);
    take_events(0);
    ok(kinds[WZP_RELAY_EVENT_NO_ROOM] == 1 && last_event.header.sequence == 8 &&
           last_event.peer == old.client->neighbour,
       "and one for a room that is none, with whose it was");
    for (unsigned i = 0; i < WZP_RELAY_EVENTS_MAX; i++)
        wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 2 * WZP_SECOND);
    is_int(r->events.count, WZP_RELAY_EVENTS_MAX, "nobody makes it grow");
    take_events(0);
    is_int(kinds[WZP_RELAY_EVENT_LOST], 1, "and that something is missing is said once");
    end();
}

static void test_collisions(void)
{
    begin();
    fake_offer(r, &ann, bob.client->name.text, "same", WZP_SECOND);
    unsigned before = bob.sent;
    forward_offer(&ours, bob.client->name.text, "same", WZP_SECOND);
    ok(bob.sent == before && strstr(ours.last, "\"found\":false"),
       "an id that a call here has is refused");
    ok(wzp_relay_calls_get(&r->calls, "same")->party[0].route.way == &wzp_relay_way_local,
       "and that call stays as it is");
    forward_offer(&ours, bob.client->name.text, "twice", WZP_SECOND);
    before = bob.sent;
    forward_offer(&ours, bob.client->name.text, "twice", WZP_SECOND);
    forward_offer(&old, bob.client->name.text, "twice", WZP_SECOND);
    is_int(bob.sent, before, "an offer that comes twice, or by two ways, rings once");
    forward_offer(&ours, FAR, "nowhere", WZP_SECOND);
    ok(strstr(ours.last, "\"found\":false") || old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD],
       "an offer for somebody unknown is passed on or answered");
    before = old.sent;
    forward_offer(&old, FAR, "nowhere2", WZP_SECOND);
    is_int(old.sent, before, "but an old relay hears nothing it does not know");
    /* Somebody here claims the far caller's name. */
    fake_send(r, &ann, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"twice\"}}", WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "twice"), "nobody here speaks for somebody at another relay");
    end();
}

/* Messages that an existing relay must never receive, whatever happens here. */
static void check_old(const char *when)
{
    unsigned known = old.by_type[WZP_SIGNAL_FEDERATION_HELLO] +
                     old.by_type[WZP_SIGNAL_GLOBAL_ROOM_ACTIVE] +
                     old.by_type[WZP_SIGNAL_GLOBAL_ROOM_INACTIVE] +
                     old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD];
    is_int(old.sent, known, "%s an existing relay got only what it knows", when);
}

static void test_old(void)
{
    begin();
    forward_offer(&old, bob.client->name.text, "c1", WZP_SECOND / 2);
    fake_send(r, &bob, "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"Reject\"}}",
              WZP_SECOND);
    ok(old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD] == 2 && strstr(old.last, "Hangup"),
       "a reject goes to an existing relay as the answer it understands, and as a hangup");
    forward_offer(&old, bob.client->name.text, "c2", WZP_SECOND / 2);
    fake_send(r, &bob,
              "{\"DirectCallAnswer\":{\"call_id\":\"c2\",\"accept_mode\":\"AcceptTrusted\"}}",
              WZP_SECOND);
    unsigned before = old.sent;
    fake_send(r, &bob, "{\"CandidateUpdate\":{\"call_id\":\"c2\",\"generation\":3}}", WZP_SECOND);
    is_int(old.sent, before, "candidates do not: they could end the link");
    fake_send(r, &bob, "{\"MediaPathReport\":{\"call_id\":\"c2\",\"direct_ok\":true}}", WZP_SECOND);
    is_int(old.sent, before + 1, "path reports do");
    fake_send(r, &bob, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c2\"}}", WZP_SECOND);
    is_int(old.sent, before + 3, "a hangup by the callee too, in both forms");
    fake_offer(r, &ann, FAR, "c3", 2 * WZP_SECOND);
    ok(strstr(ann.last, "CallRinging"),
       "a call that an existing relay may have rings, since it never says no");
    fake_send(r, &ours,
              "{\"RouteResponse\":{\"fingerprint\":\"" FAR "\",\"found\":false,"
              "\"relay_chain\":[]}}",
              2 * WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "c3"), "also when all others said no");
    forward(&old, "{\"DirectCallAnswer\":{\"call_id\":\"c3\",\"accept_mode\":\"AcceptGeneric\"}}",
            "cc", 3 * WZP_SECOND);
    ok(strstr(ann.last, "CallSetup"), "and is set up when it answers");
    check_old("in all that");
    for (uint64_t t = 4; t < 40; t++)
        pass_time(t * WZP_SECOND);
    ok(old.by_type[WZP_SIGNAL_FEDERATION_HELLO] >= 3,
       "it gets a sign of life, so that it does not forget silent people after 15 s");
    fake_send(r, &old, "{\"Whatever\":{\"x\":1}}", 40 * WZP_SECOND);
    fake_send(r, &old, "not even JSON", 40 * WZP_SECOND);
    ok(is_link(&old), "what we do not know does not end a link");
    check_old("afterwards");
    end();
}

static void test_rooms(void)
{
    static char text[400 * 100];
    size_t n;
    begin();
    ok(strstr(ours.last, "GlobalRoomActive") || ours.by_type[WZP_SIGNAL_GLOBAL_ROOM_ACTIVE] == 1,
       "a link that comes up is told who is here");
    fake_send(r, &ours,
              "{\"GlobalRoomActive\":{\"room\":\"private\",\"participants\":["
              "{\"fingerprint\":\"" FAR "\",\"alias\":null,\"relay_label\":null}]}}",
              WZP_SECOND);
    fake_send(r, &ours, "{\"GlobalRoomInactive\":{\"room\":\"kitchen\"}}", WZP_SECOND);
    fake_send(r, &ours, "{\"GlobalRoomActive\":{\"room\":\"call-none\",\"participants\":[]}}",
              WZP_SECOND);
    is_int(r->federation.by_name.count, 2, "a room that is not global here makes nothing");
    n = (size_t)snprintf(text, sizeof text,
                         "{\"GlobalRoomActive\":{\"room\":\"general\",\"participants\":[");
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "%s{\"fingerprint\":\"%04x\",\"alias\":\"\\u001b]0;x\","
                              "\"relay_label\":null}",
                              i ? "," : "", i);
    snprintf(text + n, sizeof text - n, "]}}");
    fake_send(r, &ours, text, WZP_SECOND);
    is_int(r->federation.first->best.count, WZP_RELAY_GUESTS_MAX, "a list has an end");
    wzp_relay_handle_expiry(r, 2 * WZP_SECOND);
    ok(strstr(room.last, "\"count\":257") && !strstr(room.last, "\\u001b") &&
           strstr(room.last, "\"relay_label\":\"Ours\""),
       "people here see them, filtered, with the relay they are at");
    snprintf(
        text, sizeof text,
        "{\"GlobalRoomActive\":{\"room\":\"general\",\"participants\":[{\"fingerprint\":\"%s\","
        "\"alias\":\"Ann?\",\"relay_label\":null}]}}",
        ann.client->name.text);
    for (uint64_t t = 2; t < 20; t++)
        pass_time(t * WZP_SECOND);
    fake_send(r, &ours, text, 20 * WZP_SECOND);
    for (uint64_t i = 0; i < 100; i++)
        pass_time(20 * WZP_SECOND + i * 100 * WZP_MILLISECOND);
    ok(strstr(room.last, "\"count\":1,") && !strstr(room.last, "Ann?"),
       "who is here is not seen a second time from elsewhere");
    unsigned told = old.by_type[WZP_SIGNAL_GLOBAL_ROOM_ACTIVE];
    for (int i = 0; i < 50; i++)
        fake_send(r, &ours, text, 31 * WZP_SECOND + (uint64_t)i * WZP_MILLISECOND);
    pass_time(32 * WZP_SECOND);
    is_int(old.by_type[WZP_SIGNAL_GLOBAL_ROOM_ACTIVE], told,
           "a list that says nothing new is not passed on");
    fake_gone(r, &room, 33 * WZP_SECOND);
    pass_time(34 * WZP_SECOND);
    ok(old.by_type[WZP_SIGNAL_GLOBAL_ROOM_ACTIVE] > told, "news is");
    fake_gone(r, &ours, 35 * WZP_SECOND);
    pass_time(36 * WZP_SECOND);
    ok(strstr(old.last, "{\"GlobalRoomInactive\":{\"room\":\"general\"}}"),
       "a link that ends takes its people with it, also for others");
    end();
}

static void tell_active(struct fake *by, const char *label, uint64_t now)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"GlobalRoomActive\":{\"room\":\"general\",\"participants\":["
             "{\"fingerprint\":\"" FAR "\",\"alias\":null,\"relay_label\":%s}]}}",
             label);
    fake_send(r, by, text, now);
    pass_time(now + 500 * WZP_MILLISECOND);
}

/* An existing relay still lists somebody because we, or others, once told it of them. */
static void test_ghosts(void)
{
    begin();
    tell_active(&ours, "null", 2 * WZP_SECOND);
    tell_active(&old, "\"Elsewhere\"", 3 * WZP_SECOND);
    ok(strstr(room.last, FAR), "somebody at another relay is seen");
    fake_send(r, &ours, "{\"GlobalRoomInactive\":{\"room\":\"general\"}}", 4 * WZP_SECOND);
    pass_time(5 * WZP_SECOND);
    ok(!strstr(room.last, FAR), "58: who left their relay is gone, whatever others heard of them");
    tell_active(&old, "\"Elsewhere\"", 6 * WZP_SECOND);
    ok(!strstr(room.last, FAR), "58: also when an existing relay hears of them late");
    tell_active(&old, "null", 7 * WZP_SECOND);
    ok(strstr(room.last, FAR), "but not when they now are at that relay");
    fake_send(r, &old, "{\"GlobalRoomInactive\":{\"room\":\"general\"}}", 8 * WZP_SECOND);
    pass_time(9 * WZP_SECOND);
    ok(!strstr(room.last, FAR), "they leave that one, too");
    tell_active(&old, "\"Elsewhere\"", 14 * WZP_SECOND);
    ok(strstr(room.last, FAR), "and are believed to be behind it later");
    end();
}

static void test_media(void)
{
    uint8_t datagram[8 + 12 + 40] = {0};
    begin();
    wzp_room_tag(datagram, "general");
    static const uint8_t vector[8] = {0x0f, 0xea, 0xe1, 0x6d, 0x55, 0x36, 0x5a, 0xcf};
    is_bytes(datagram, 8, vector, 8, "40: the tag of a room");
    for (unsigned i = 0; i < 3; i++)
        wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, WZP_SECOND);
    is_int(r->total.carried_again, 2, "a frame counts once");
    wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 4 * WZP_SECOND);
    is_int(r->total.carried_again, 2, "for two seconds");
    for (unsigned i = 0; i < 2000; i++) {
        datagram[8 + 2] = (uint8_t)(i >> 8);
        datagram[8 + 3] = (uint8_t)i;
        datagram[8 + 12] = 1;
        wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 5 * WZP_SECOND);
    }
    is_int(r->total.carried_over_rate, 1500, "one neighbour sends 500 frames a second and room");
    for (size_t length = 0; length < 20; length++)
        wzp_relay_carry_in(r, old.client, datagram, length, 7 * WZP_SECOND);
    ok(r->total.carried_malformed + r->total.carried_unknown == 20, "stumps are dropped");
    datagram[0] ^= 1;
    wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 8 * WZP_SECOND);
    is_int(r->total.carried_unknown, 9, "a room that is not known is dropped");
    memcpy(datagram, r->federation.first->origin_tag, 8);
    wzp_relay_carry_in(r, old.client, datagram, sizeof datagram, 9 * WZP_SECOND);
    is_int(r->total.carried_unknown, 10, "our own form counts only from our own kind");
    end();
}

static bool is_global(const char *name)
{
    return wzp_relay_global_find(r, name) != NULL;
}

static void test_names(void)
{
    static const char *const rooms[] = {"general", "podcast", "android"};
    uint8_t tags[3][8], again[8], empty[8], capital[8];
    struct wzp_relay_route route;
    struct wzp_relay_name name;
    char own[WZP_TLS_FINGERPRINT_TEXT_MAX];
    configure();
    config.global_room_count = 3;
    for (size_t i = 0; i < 3; i++) {
        snprintf(config.global_rooms[i], sizeof config.global_rooms[i], "%s", rooms[i]);
        wzp_room_tag(tags[i], rooms[i]);
    }
    wzp_room_tag(again, "general");
    wzp_room_tag(empty, "");
    wzp_room_tag(capital, "General");
    is_bytes(again, 8, tags[0], 8, "31, 33: the tag of a name is 8 bytes, always the same");
    ok(memcmp(tags[0], tags[1], 8) && memcmp(tags[1], tags[2], 8) && memcmp(tags[0], tags[2], 8),
       "32, 41, 58: three rooms have three tags, configured or not");
    ok(memcmp(empty, tags[0], 8) != 0, "34: the empty name has another");
    ok(memcmp(capital, tags[0], 8) != 0, "35: capitals count");
    r = fake_relay(&config);
    ok(is_global("general") && is_global("podcast"), "36: configured rooms are global");
    ok(!is_global("") && !is_global("kitchen"), "36: the empty name and others are not");
    ok(!is_global("genera") && !is_global("generals") && !is_global("my-general"),
       "59: nor are parts of a configured name, or names it is a part of");
    ok(!is_global("call-abc123") && !is_global("call-") && !is_global("callback"),
       "37, better: a call's room leaves this relay only if the call does");
    const struct wzp_relay_global *podcast = wzp_relay_global_find(r, "podcast");
    if (!podcast)
        bail("no room of the configuration");
    is_str(podcast->name, "podcast", "38: a room resolves to its name");
    is_bytes(podcast->tag, 8, tags[1], 8, "40: and has its tag");
    wzp_relay_carry_out(r, wzp_relay_global_find(r, "general"), (const uint8_t *)"123456789012", 12,
                        0);
    is_int(r->total.carried_refused, 0, "43: a frame for nobody goes nowhere, at once");
    wzp_relay_name_set(&name, FAR);
    ok(!wzp_relay_federation_route(r, &route, &name), "46, 55: without links there is no way");
    is_int(wzp_relay_global_guests(wzp_relay_global_find(r, "general"), NULL, 0), 0,
           "56: and nobody at other relays");
    wzp_relay_tls_fingerprint(r, own);
    is_int(strlen(own), 95, "53: one's own fingerprint is readable");
    end();

    configure();
    char *p = config.trusted[0].fingerprint;
    for (const char *q = p; *q; q++)
        if (*q != ':')
            *p++ = (char)(*q >= 'a' && *q <= 'f' ? *q - 'a' + 'A' : *q);
    *p = '\0';
    r = fake_relay(&config);
    fake_open(r, &ours, "_federation", 0);
    link_hello(r, &ours, 200, true, LINK_EXPORTER, 0);
    ok(is_link(&ours), "47, 49: colons and capitals of a configured fingerprint do not count");
    fake_open(r, &ann, "_signal", 0);
    fake_register(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
    fake_offer(r, &ann, FAR, "far", 0);
    forward(&ours, "{\"CallRinging\":{\"call_id\":\"far\"}}", "aa", 0);
    ok(strstr(ann.last, "CallRinging"), "a call leads over the link");
    if (!ok(is_global("call-far"), "39: then its room is global, under its own name"))
        bail("no such room");
    uint8_t tag[8];
    wzp_room_tag(tag, "call-far");
    const struct wzp_relay_global *far = wzp_relay_global_find(r, "call-far");
    ok(far && memcmp(far->tag, tag, sizeof tag) == 0, "42: and has the tag of that");
    fake_send(r, &ann, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"far\"}}", 0);
    wzp_relay_handle_expiry(r, WZP_SECOND);
    ok(!is_global("call-far"), "and goes with the call");
    end();
}

/* Thirty people here call somebody at another relay twenty times each, all at once. */
static void test_burst(void)
{
    static struct fake crowd[30];
    char id[32];
    begin();
    for (unsigned i = 0; i < 30; i++) {
        fake_open(r, &crowd[i], "_signal", WZP_SECOND);
        if (!fake_register(r, &crowd[i], (uint8_t)(30 + i), WZP_REGISTRATION_PROVEN, WZP_SECOND))
            bail("not registered");
    }
    unsigned before = ours.sent;
    for (unsigned n = 0; n < 20; n++)
        for (unsigned i = 0; i < 30; i++) {
            snprintf(id, sizeof id, "burst-%u-%u", i, n);
            fake_offer(r, &crowd[i], FAR, id, WZP_SECOND);
        }
    note("600 offers at once are %u messages on the link", ours.sent - before);
    ok(ours.sent - before <= 40, "nobody fills a link's queue of 64 messages");
    ok(strstr(crowd[29].last, "Hangup"), "who finds it busy is told at once");
    end();
}

TAP_MAIN
{
    test_names();
    test_trust();
    test_own_name();
    test_log();
    test_calls_in();
    test_old_leaves();
    test_collisions();
    test_old();
    test_burst();
    test_silence();
    test_rooms();
    test_ghosts();
    test_media();
    test_event_log();
}
