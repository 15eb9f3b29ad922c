/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ends of calls with somebody at an existing relay: what that relay is told, so that its client
 * learns of the end, and what a refused caller there learns of the reason. */
#include <stdio.h>
#include <string.h>

#include "lib_join.h"
#include "lib_link.h"
#include "tap.h"
#include "wire/media.h"

#define FAR "9999:1111:2222:3333:4444:5555:6666:7777"
#define NEAR "8888:1111:2222:3333:4444:5555:6666:7777"
#define KEY "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"

static struct wzp_relay *r;
static struct fake old, ann, room;

static void begin(void)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    config.trusted_count = 2;
    link_fingerprint(config.trusted[0].fingerprint, 201);
    link_fingerprint(config.trusted[1].fingerprint, 202);
    snprintf(config.trusted[0].label, sizeof config.trusted[0].label, "Old");
    config.trusted[0].allow_unproven = true;
    r = fake_relay(&config);
    fake_open_from(r, &old, "_federation", "203.0.113.2:4433", 0);
    link_hello(r, &old, 201, false, 0, 0);
    fake_come(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
}

static void forward(const char *inner, uint64_t now)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{\"FederatedSignalForward\":{\"inner\":%s,\"origin_relay_fp\":\"aa:bb\"}}", inner);
    fake_send(r, &old, text, now);
}

static void ann_says(const char *text)
{
    fake_send(r, &ann, text, WZP_SECOND);
}

/* Ann calls somebody there, who answers and joins the room. */
static void call_up(void)
{
    const struct join_options who = {.seed = 1, .bound = true};
    fake_offer(r, &ann, FAR, "c1", 0);
    forward("{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptGeneric\"}}", 0);
    fake_open(r, &room, "call-c1", 0);
    if (!fake_join(r, &room, &who, 0))
        bail("not in the room: %s", room.reason);
    fake_send(r, &old,
              "{\"GlobalRoomActive\":{\"room\":\"call-c1\",\"participants\":[{\"fingerprint\":"
              "\"" FAR "\",\"alias\":null}]}}",
              0);
    for (unsigned i = 0; i < 4; i++)
        wzp_relay_handle_expiry(r, WZP_SECOND / 2 * i);
}

/* True when the last three messages to the existing relay are an offer of the call in the callee's
 * own name and its refusal. */
static bool is_told(void)
{
    return strstr(old.earlier[1], "DirectCallOffer") &&
           strstr(old.earlier[1], "\"caller_fingerprint\":\"" FAR "\"") &&
           strstr(old.earlier[1], "\"target_fingerprint\":\"" FAR "\"") &&
           strstr(old.earlier[1], "\"call_id\":\"c1\"") &&
           strstr(old.earlier[0], "DirectCallAnswer") && strstr(old.earlier[0], "Reject") &&
           strstr(old.earlier[0], "\"call_id\":\"c1\"") && strstr(old.last, "Hangup");
}

static void test_callee(void)
{
    begin();
    fake_offer(r, &ann, FAR, "c1", 0);
    ann_says("{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}");
    ok(is_told(), "the caller gives up: an existing relay hears of a call of the callee's own, "
                  "refused, of which it tells the callee the end");
    wzp_relay_free(r);
    begin();
    call_up();
    ann_says("{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}");
    ok(is_told(), "the same when a call ends");
    wzp_relay_free(r);
    begin();
    call_up();
    fake_send(r, &old, "{\"GlobalRoomInactive\":{\"room\":\"call-c1\"}}", WZP_SECOND);
    unsigned before = old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD];
    ann_says("{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}");
    ok(old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD] == before + 1 && strstr(old.last, "Hangup"),
       "but not after the callee left the room: no phone is to ring for what is over");
    wzp_relay_free(r);
}

/* An offer from somebody at a relay of ours beyond this one. */
static const char offer_beyond[] =
    "{\"FederatedSignalForward\":{\"inner\":{\"DirectCallOffer\":{\"caller_fingerprint\":\"" NEAR
    "\",\"caller_alias\":null,\"target_fingerprint\":\"" FAR "\",\"call_id\":\"c1\","
    "\"identity_pub\":[" KEY "],\"ephemeral_pub\":[" KEY "],\"signature\":[],"
    "\"supported_profiles\":[]}},\"origin_relay_fp\":\"aa\",\"hops\":3}}";

/* This relay only forwards a call, and the caller's relay found the callee by another way, perhaps
 * at the same existing relay. */
static void test_elsewhere(void)
{
    static struct fake ours;
    begin();
    fake_open_from(r, &ours, "_federation", "203.0.113.1:4433", 0);
    link_hello(r, &ours, 202, true, LINK_EXPORTER, 0);
    fake_send(r, &ours, offer_beyond, 0);
    ok(strstr(old.last, "DirectCallOffer"), "a call of a neighbour's is passed on");
    fake_send(r, &ours,
              "{\"FederatedSignalForward\":{\"inner\":{\"Hangup\":{\"reason\":\"Normal\","
              "\"call_id\":\"c1\",\"cause\":\"elsewhere\"}},\"origin_relay_fp\":\"aa\"}}",
              0);
    ok(!wzp_relay_calls_get(&r->calls, "c1") && strstr(old.last, "Hangup") &&
           strstr(old.earlier[0], "DirectCallOffer") &&
           strstr(old.earlier[0], "\"caller_fingerprint\":\"8888"),
       "when it is settled elsewhere, nothing is said to the existing relay that ends it there");
    wzp_relay_free(r);
}

static void offer_at(const char *id, uint64_t now)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"" FAR "\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":[" KEY "],"
             "\"ephemeral_pub\":[" KEY "],\"signature\":[],\"supported_profiles\":[]}}",
             ann.client->name.text, id);
    forward(text, now);
}

static void offer_from_there(const char *id)
{
    offer_at(id, 0);
}

static void test_caller(void)
{
    begin();
    offer_from_there("c1");
    ann_says("{\"Hangup\":{\"reason\":\"Busy\",\"call_id\":\"c1\"}}");
    ok(strstr(old.earlier[1], "MediaPathReport") && strstr(old.earlier[1], "\"Busy\"") &&
           strstr(old.earlier[1], "\"c1\"") && strstr(old.earlier[0], "Reject") &&
           strstr(old.last, "Hangup"),
       "a caller at an existing relay is given the reason of a refusal in a path report before it");
    offer_from_there("c2");
    unsigned before = old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD];
    ann_says("{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c2\"}}");
    is_int(old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD], before + 2,
           "an end that is no refusal has none");
    wzp_relay_free(r);
}

/* The caller there gives up: a phone of ours says so in a message that an existing relay forwards.
 */
static void test_cancelled(void)
{
    char text[1024];
    begin();
    offer_from_there("c1");
    const char *ids[] = {"c1", "c2"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text,
                 "{\"DirectCallOffer\":{\"caller_fingerprint\":\"" FAR "\",\"caller_alias\":null,"
                 "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":[" KEY "],"
                 "\"ephemeral_pub\":[" KEY "],\"signature\":[],\"supported_profiles\":[],"
                 "\"caller_reflexive_addr\":\"cancelled\"}}",
                 ann.client->name.text, ids[i]);
        unsigned offers = ann.by_type[WZP_SIGNAL_DIRECT_CALL_OFFER];
        forward(text, 0);
        is_int(ann.by_type[WZP_SIGNAL_DIRECT_CALL_OFFER], offers, "it rings no more for that");
    }
    is_str(ann.last, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}",
           "a caller at an existing relay gave up: the callee hears that at once");
    ok(!wzp_relay_calls_get(&r->calls, "c1") && !wzp_relay_calls_get(&r->calls, "c2"),
       "and there is no call left, nor another one");
    offer_from_there("c3");
    offer_from_there("c3");
    ok(wzp_relay_calls_get(&r->calls, "c3"), "an offer that only comes again ends nothing");
    wzp_relay_free(r);
}

/* The caller at the existing relay gave up without being able to tell us, and Ann answers. Does the
 * call still exist after so many half seconds, when she sends, or does not send, media into its
 * room? */
static bool waits_for_nobody(bool sends, unsigned halves)
{
    const struct join_options who = {.seed = 1, .bound = true};
    uint8_t frame[52] = {0};
    uint64_t now = 100 * WZP_SECOND;
    begin();
    old.heard++;
    ann.heard++;
    wzp_relay_handle_expiry(r, now);
    offer_at("c1", now);
    fake_send(r, &ann,
              "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptGeneric\"}}", now);
    fake_open(r, &room, "call-c1", now);
    if (!fake_join(r, &room, &who, now))
        bail("not in the room: %s", room.reason);
    for (unsigned i = 0; i < halves; i++, now += WZP_SECOND / 2) {
        frame[3] = (uint8_t)i; /* its sequence */
        if (sends)
            wzp_relay_room_frame(r, room.client, frame, sizeof frame, now);
        ann.heard++;
        room.heard++;
        old.heard++;
        wzp_relay_handle_expiry(r, now);
    }
    bool is_there = wzp_relay_calls_get(&r->calls, "c1") != NULL;
    ok(is_there || strstr(ann.last, "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"c1\"}}"),
       "who waits for nobody is told so");
    wzp_relay_free(r);
    return is_there;
}

static void test_never_came(void)
{
    ok(waits_for_nobody(true, 18), "a caller at an existing relay has nine seconds to come");
    ok(!waits_for_nobody(true, 26), "then they never do, and the call ends");
    ok(waits_for_nobody(false, 26), "but not where they may have a direct path");
}

/* The callee there refuses: an existing relay forwards the reason, as a MediaPathReport, before the
 * refusal. */
static bool is_told_why(const char *word, const char *refusal)
{
    char text[256];
    begin();
    fake_offer(r, &ann, FAR, "c1", 0);
    snprintf(text, sizeof text,
             "{\"MediaPathReport\":{\"call_id\":\"c1\",\"direct_ok\":false,"
             "\"race_winner\":\"%s\"}}",
             word);
    forward(text, 0);
    forward(refusal, 0);
    snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"%s\",\"call_id\":\"c1\"}}", word);
    bool told = strcmp(ann.last, text) == 0;
    if (!told)
        note("%s", ann.last);
    wzp_relay_free(r);
    return told;
}

static void test_reason(void)
{
    static const char hangup[] = "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}";
    static const char reject[] =
        "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"Reject\"}}";
    ok(is_told_why("Busy", hangup), "a callee at an existing relay is busy: the caller hears that");
    ok(is_told_why("Declined", reject), "or does not want to talk, in whatever form that comes");
    ok(!is_told_why("Relay", hangup), "other words of a path report are no reason");
}

/* The caller is at a relay of ours beyond, the callee at an existing one, and both are in the
 * call's room until the callee leaves. Does the call still exist twelve seconds later, when the
 * caller sends, or does not send, media? */
static bool outlasts(bool sends)
{
    static struct fake ours;
    uint8_t frame[8 + 12 + 40] = {0};
    uint64_t now = 0;
    begin();
    fake_open_from(r, &ours, "_federation", "203.0.113.1:4433", 0);
    link_hello(r, &ours, 202, true, LINK_EXPORTER, 0);
    fake_send(r, &ours, offer_beyond, 0);
    forward("{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptGeneric\"}}", 0);
    wzp_room_tag(frame, "call-c1");
    for (unsigned i = 0; i < 40; i++, now += WZP_SECOND / 2) {
        if (i == 1)
            fake_send(r, &ours,
                      "{\"GlobalRoomActive\":{\"room\":\"call-c1\",\"participants\":"
                      "[{\"fingerprint\":\"" NEAR "\",\"alias\":null}]}}",
                      now);
        if (i == 1)
            fake_send(r, &old,
                      "{\"GlobalRoomActive\":{\"room\":\"call-c1\",\"participants\":"
                      "[{\"fingerprint\":\"" FAR "\",\"alias\":null}]}}",
                      now);
        if (i == 12)
            fake_send(r, &old, "{\"GlobalRoomInactive\":{\"room\":\"call-c1\"}}", now);
        frame[8 + 3] = (uint8_t)i; /* its sequence */
        if (i < 12 || sends)
            wzp_relay_carry_in(r, ours.client, frame, sizeof frame, now);
        ours.heard++;
        old.heard++;
        wzp_relay_handle_expiry(r, now);
    }
    bool is_there = wzp_relay_calls_get(&r->calls, "c1") != NULL;
    ok(is_there || strstr(ours.last, "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"c1\"}}") ||
           strstr(ours.earlier[0], "{\"Hangup\":{\"reason\":\"Timeout\",\"call_id\":\"c1\"}}"),
       "the relay of the caller is told of the end");
    is_int(ours.by_type[WZP_SIGNAL_GLOBAL_ROOM_INACTIVE], is_there ? 0 : 1,
           "and to send no more to the room only with it");
    wzp_relay_free(r);
    return is_there;
}

static void test_between(void)
{
    ok(!outlasts(true), "a callee at an existing relay hung up: a relay in between sees it");
    ok(outlasts(false), "but not where the caller sends nothing: that call took a direct path");
}

#define MS(n) ((n)*WZP_MILLISECOND)

static unsigned told_old(void)
{
    return old.by_type[WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD];
}

/* What Ann answers 2 ms after the offer arrived is sent to the existing relay only 100 ms after the
 * offer. */
static void test_early(void)
{
    static const char answer[] =
        "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptGeneric\"}}";
    static const char busy[] = "{\"Hangup\":{\"reason\":\"Busy\",\"call_id\":\"c1\"}}";
    static const char reject[] =
        "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"Reject\"}}";
    begin();
    offer_at("c1", WZP_SECOND);
    fake_send(r, &ann, answer, WZP_SECOND + MS(2));
    fake_send(r, &ann, answer, WZP_SECOND + MS(3));
    wzp_relay_handle_expiry(r, WZP_SECOND + MS(99));
    ok(told_old() == 0 && ann.by_type[WZP_SIGNAL_CALL_SETUP] == 0,
       "an existing relay gets no answer before it can know the call that it offered");
    wzp_relay_handle_expiry(r, WZP_SECOND + MS(100));
    ok(told_old() == 1 && strstr(old.last, "AcceptGeneric") && strstr(ann.last, "CallSetup"),
       "then it does, once, and the call is set up");
    wzp_relay_free(r);
    begin();
    offer_at("c1", WZP_SECOND);
    fake_send(r, &ann, busy, WZP_SECOND + MS(2));
    ok(told_old() == 0, "nor is it told so soon that somebody is busy");
    fake_send(r, &ann, reject, WZP_SECOND + MS(3));
    wzp_relay_handle_expiry(r, WZP_SECOND + MS(100));
    ok(strstr(old.earlier[1], "\"Busy\"") && strstr(old.earlier[0], "Reject") &&
           !wzp_relay_calls_get(&r->calls, "c1"),
       "but then, and with the reason, whatever follows it");
    wzp_relay_free(r);
    begin();
    offer_at("c1", WZP_SECOND);
    fake_send(r, &ann, answer, WZP_SECOND + MS(2));
    fake_send(r, &ann, busy, WZP_SECOND + MS(4));
    wzp_relay_handle_expiry(r, WZP_SECOND + MS(100));
    ok(!wzp_relay_calls_get(&r->calls, "c1") && strstr(old.earlier[0], "Reject"),
       "an end that comes after the answer counts");
    wzp_relay_free(r);
    begin();
    offer_at("c1", WZP_SECOND);
    fake_send(r, &ann, answer, WZP_SECOND + MS(100));
    is_int(told_old(), 1, "a later answer goes at once");
    wzp_relay_free(r);
}

/* There is no such delay for a caller at a relay of ours. */
static void test_early_ours(void)
{
    static struct fake ours;
    char text[1024];
    begin();
    fake_open_from(r, &ours, "_federation", "203.0.113.1:4433", 0);
    link_hello(r, &ours, 202, true, LINK_EXPORTER, 0);
    snprintf(text, sizeof text,
             "{\"FederatedSignalForward\":{\"inner\":{\"DirectCallOffer\":{"
             "\"caller_fingerprint\":\"" NEAR "\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"c1\",\"identity_pub\":[" KEY "],"
             "\"ephemeral_pub\":[" KEY "],\"signature\":[],\"supported_profiles\":[]}},"
             "\"origin_relay_fp\":\"aa\",\"hops\":3}}",
             ann.client->name.text);
    fake_send(r, &ours, text, WZP_SECOND);
    fake_send(r, &ann,
              "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptGeneric\"}}",
              WZP_SECOND + MS(1));
    ok(strstr(ours.last, "AcceptGeneric"), "one of ours gets an answer as soon as there is one");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_early();
    test_early_ours();
    test_callee();
    test_elsewhere();
    test_caller();
    test_cancelled();
    test_never_came();
    test_reason();
    test_between();
}
