/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A pool whose directory is unreachable, slow, forgetful, or full of what strangers wrote. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_pool.h"
#include "tap.h"

#define HERE "192.0.2.1:1000"
#define THERE "198.51.100.7:1000"

static struct pool p;
static struct fake ann, bob, eve;

static void go(size_t n, struct fake *fake)
{
    fake_gone(pool_relay(&p, n), fake, pool_now(&p));
}

static void all_go(void)
{
    go(0, &ann);
    go(1, &bob);
    go(0, &eve);
    pool_lower(&p);
}

/* Ann at relay 0, Bob at relay 1. */
static void begin(void)
{
    memset(&eve, 0, sizeof eve);
    pool_raise(&p, 2, NULL);
    if (!pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND) ||
        !pool_come(&p, 1, &bob, 2, WZP_REGISTRATION_PROVEN, THERE, WZP_SECOND))
        bail("nobody registers");
}

static void offer(const char *id)
{
    fake_offer(pool_relay(&p, 0), &ann, fake_name(2), id, pool_now(&p));
}

static void answer(const char *id)
{
    char text[300];
    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"%s\",\"accept_mode\":\"AcceptTrusted\"}}", id);
    fake_send(pool_relay(&p, 1), &bob, text, pool_now(&p));
}

static void hang_up(size_t n, struct fake *fake, const char *id)
{
    char text[200];
    snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"%s\"}}", id);
    fake_send(pool_relay(&p, n), fake, text, pool_now(&p));
}

static bool ready_says(const char *want)
{
    char *body;
    size_t length;
    const char *type;
    int status = wzp_relay_http(pool_relay(&p, 0), "/readyz", &body, &length, &type, pool_now(&p));
    bool same = status == 200 && body && strncmp(body, want, strlen(want)) == 0;
    wzp_free(body);
    return same;
}

static void set_away(bool away)
{
    wzp_sim_directory_set_away(&p.directory, away);
    pool_run(&p, 10 * WZP_MILLISECOND);
}

static void test_away(void)
{
    begin();
    offer("c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    answer("c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(strstr(ann.last, "CallSetup") && strstr(bob.last, "CallSetup"), "a call between two relays");
    ok(strstr(bob.last, "10.0.0.1:4433"), "the callee's phone is sent to the caller's relay");
    ok(ready_says("ok"), "the relay is ready");
    unsigned before = ann.sent + bob.sent;
    set_away(true);
    ok(ready_says("degraded"), "with the directory away it says that it is degraded");
    pool_run(&p, 30 * WZP_SECOND);
    ok(pool_relay(&p, 0)->calls.by_id.count == 1 && pool_relay(&p, 1)->calls.by_id.count == 1 &&
           !ann.by_type[WZP_SIGNAL_HANGUP] && !bob.by_type[WZP_SIGNAL_HANGUP],
       "the call goes on for 30 s without it");
    note("%u messages came meanwhile", ann.sent + bob.sent - before);
    ok(pool_come(&p, 0, &eve, 3, WZP_REGISTRATION_PLAIN, HERE, 0) ||
           strstr(eve.last, "\"success\":true"),
       "somebody registers at once");
    fake_offer(pool_relay(&p, 0), &eve, fake_name(1), "c2", pool_now(&p));
    ok(strstr(ann.last, "DirectCallOffer") && strstr(eve.last, "CallRinging"),
       "and calls somebody at the same relay");
    fake_offer(pool_relay(&p, 0), &eve, fake_name(2), "c3", pool_now(&p));
    ok(strstr(eve.last, "{\"Hangup\":{\"reason\":\"Error\",\"call_id\":\"c3\"}}"),
       "whoever may be elsewhere is not said to be offline");
    set_away(false);
    pool_run(&p, 100 * WZP_MILLISECOND);
    ok(pool_has(&p, 0, 3), "0.1 s after it is back it knows who came");
    ok(ready_says("ok"), "and the relay is ready");
    is_int(pool_relay(&p, 0)->total.pool_outages, 1, "one outage is counted");
    hang_up(0, &ann, "c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(strstr(bob.last, "Hangup"), "the call is hung up as any");
    is_int(pool_relay(&p, 1)->calls.by_id.count, 0, "at both relays");
    all_go();
}

static void test_ends_meanwhile(void)
{
    begin();
    offer("c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    answer("c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    set_away(true);
    hang_up(1, &bob, "c1");
    go(1, &bob);
    pool_run(&p, 5 * WZP_SECOND);
    is_int(pool_relay(&p, 0)->calls.by_id.count, 1, "a hangup does not get through then");
    set_away(false);
    pool_run(&p, 100 * WZP_MILLISECOND);
    ok(pool_relay(&p, 0)->calls.by_id.count == 0 && strstr(ann.last, "Hangup"),
       "when the directory is back the relays compare, and the other side hears of it");
    ok(!pool_text(&p, 'p', 2) && !pool_text(&p, 'c', 1) && !pool_text(&p, 'c', 2),
       "nobody who left meanwhile, and no call, is left in the directory");
    all_go();
}

static void few(struct wzp_relay_config *config)
{
    config->max_signals = 8;
}

static void test_many_meanwhile(void)
{
    static struct fake guest;
    pool_raise(&p, 1, few);
    if (!pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND))
        bail("nobody registers");
    set_away(true);
    for (unsigned i = 0; i < 100; i++) {
        (void)pool_come(&p, 0, &guest, (uint8_t)(100 + i), WZP_REGISTRATION_PLAIN, THERE, 0);
        pool_run(&p, 10 * WZP_MILLISECOND);
        go(0, &guest);
        pool_run(&p, 100 * WZP_MILLISECOND);
    }
    size_t kept = pool_relay(&p, 0)->pool.records.count;
    is_int(kept, 1, "of a hundred who came and went while it was away nothing is kept");
    (void)pool_come(&p, 0, &bob, 2, WZP_REGISTRATION_PROVEN, THERE, 0);
    pool_run(&p, 10 * WZP_SECOND);
    set_away(false);
    pool_run(&p, 100 * WZP_MILLISECOND);
    ok(pool_has(&p, 0, 1) && pool_has(&p, 0, 2), "and who is here then stands in it");
    go(0, &ann);
    go(0, &bob);
    pool_run(&p, 100 * WZP_MILLISECOND);
    ok(!pool_text(&p, 'p', 1) && !pool_text(&p, 'p', 2) &&
           pool_relay(&p, 0)->pool.records.count == 0,
       "until they go");
    pool_lower(&p);
}

static void test_pending_end(void)
{
    begin();
    wzp_sim_relay_crash(&p.relays[1]);
    memset(&bob, 0, sizeof bob);
    uint64_t from = pool_now(&p);
    offer("c1");
    pool_run(&p, 50 * WZP_MILLISECOND);
    ok(strstr(ann.last, "Hangup") && pool_now(&p) - from < 100 * WZP_MILLISECOND,
       "a call to a relay that nobody hears at ends at once");
    all_go();
}

static void test_forgets(void)
{
    begin();
    wzp_sim_directory_put(&p.directory, NULL, NULL);
    pool_run(&p, 61 * WZP_SECOND);
    ok(pool_has(&p, 0, 1) && pool_has(&p, 1, 2),
       "what the directory forgot stands there again within a minute");
    pool_run(&p, 600 * WZP_SECOND);
    ok(pool_has(&p, 0, 1) && pool_has(&p, 1, 2), "and does not expire while they are here");
    offer("c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(strstr(ann.last, "CallRinging"), "and they are called");
    all_go();
}

static void test_slow(void)
{
    begin();
    p.directory.delay = 1500 * WZP_MILLISECOND;
    ann.sent = 0;
    offer("c1");
    pool_run(&p, 1900 * WZP_MILLISECOND);
    is_int(ann.sent, 0, "a slow directory is waited for");
    pool_run(&p, 200 * WZP_MILLISECOND);
    ok(ann.sent == 1 && strstr(ann.last, "{\"Hangup\":{\"reason\":\"Error\""),
       "for 2 s; then the caller is told the truth: that it failed");
    uint64_t late = pool_relay(&p, 0)->total.pool_late;
    pool_run(&p, 2 * WZP_SECOND);
    ok(pool_relay(&p, 0)->total.pool_late > late && ann.sent == 1,
       "the answer that comes later is dropped, and counted");
    fake_open_from(pool_relay(&p, 0), &eve, "_signal", HERE, pool_now(&p));
    (void)fake_register(pool_relay(&p, 0), &eve, 3, WZP_REGISTRATION_PROVEN, pool_now(&p));
    pool_run(&p, 2100 * WZP_MILLISECOND);
    ok(strstr(eve.last, "\"success\":true"), "whoever registers is registered after 2 s");
    p.directory.delay = WZP_MILLISECOND;
    pool_run(&p, 5 * WZP_SECOND);
    ok(pool_has(&p, 0, 3), "and stands in the directory when it is fast again");
    all_go();
}

static void drop(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                 const char *value, size_t length, uint64_t now)
{
    (void)r;
    (void)result;
    (void)value;
    (void)length;
    (void)now;
    wzp_free(wait);
}

static void test_bounded(void)
{
    const struct wzp_pool_request request = {.verb = WZP_POOL_GET, .key = "wzp:p:x"};
    unsigned taken = 0, refused = 0;
    begin();
    p.directory.delay = 600 * WZP_SECOND;
    for (unsigned i = 0; i < WZP_RELAY_POOL_WAITING_MAX + 100; i++) {
        struct wzp_relay_pool_wait *wait =
            wzp_relay_pool_ask(pool_relay(&p, 0), &request, pool_now(&p));
        taken += wait != NULL;
        refused += wait == NULL;
        if (wait)
            wait->answered = drop;
    }
    ok(taken <= WZP_RELAY_POOL_WAITING_MAX && refused >= 100, "at most %u questions wait (%u)",
       WZP_RELAY_POOL_WAITING_MAX, taken);
    offer("c1");
    ok(strstr(ann.last, "{\"Hangup\":{\"reason\":\"Error\""), "a call is refused then");
    pool_run(&p, 2100 * WZP_MILLISECOND);
    is_int(pool_relay(&p, 0)->pool.waiting.count, 0, "and all of them end in time");
    all_go();
}

/* ---- entries written by strangers ---- */

static void test_garbage(void)
{
    static char big[4000];
    memset(big, 'x', sizeof big - 1);
    static const char *const texts[] = {"",
                                        "1",
                                        "garbage",
                                        "2 00000000000000aa 3 0 1",
                                        "1 00000000000000aa 9 0 1",
                                        "1 00000000000000aa 3 0 1 ",
                                        "1 \x1b[2J 3 0 1",
                                        "1 zzzzzzzzzzzzzzzz 3 0 1",
                                        big};
    pool_raise(&p, 2, NULL);
    memset(&bob, 0, sizeof bob);
    memset(&eve, 0, sizeof eve);
    pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND);
    pool_run(&p, 5 * WZP_SECOND);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        pool_write(&p, 'p', 2, texts[i]);
        offer("c1");
        pool_run(&p, 20 * WZP_MILLISECOND);
        ok(strstr(ann.last, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}"),
           "text %zu of a stranger names nobody", i);
        ok(pool_come(&p, 1, &bob, 2, WZP_REGISTRATION_PLAIN, THERE, 20 * WZP_MILLISECOND) &&
               pool_has(&p, 1, 2),
           "and keeps nobody from registering");
        go(1, &bob);
        pool_run(&p, 20 * WZP_MILLISECOND);
    }
    pool_write(&p, 'p', 2, "1 00000000000000aa 3 0 1");
    offer("c2");
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(strstr(ann.last, "Hangup"), "a relay that does not live has nobody");
    pool_write(&p, 'p', 1, "1 00000000000000aa 3 0 1");
    pool_run(&p, 61 * WZP_SECOND);
    ok(pool_has(&p, 0, 1), "what is written over a text of ours is written over");
    all_go();
}

static void test_letters(void)
{
    static char big[100000];
    char own[64], body[400];
    memset(big, 'x', sizeof big - 1);
    begin();
    (void)wzp_relay_pool_channel(pool_relay(&p, 0), 1, own);
    const char *const letters[] = {
        "",
        "1",
        "hello",
        "1 00000000000000aa dance 0 -",
        "1 00000000000000aa say 0 -\n{",
        "1 00000000000000aa say 0 -\n{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}",
        "1 00000000000000aa offer 3 -\n{\"Ping\":{\"timestamp_ms\":1}}",
        "1 00000000000000aa still 0 c1",
        "1 00000000000000aa join 3 x\nc1",
        big};
    offer("c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    answer("c1");
    pool_run(&p, 20 * WZP_MILLISECOND);
    snprintf(body, sizeof body, "1 00000000000000aa moved 1 %s", fake_name(1));
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        wzp_sim_directory_say(&p.directory, own, letters[i], strlen(letters[i]));
    wzp_sim_directory_say(&p.directory, own, body, strlen(body));
    pool_run(&p, WZP_SECOND);
    ok(pool_relay(&p, 0)->calls.by_id.count == 1 && !ann.by_type[WZP_SIGNAL_HANGUP] &&
           pool_relay(&p, 0)->presence.registered == 1,
       "letters of strangers end no call, and take nobody's place");
    ok(pool_relay(&p, 0)->total.pool_malformed >= 5 &&
           pool_relay(&p, 0)->total.foreign_messages > 0,
       "they are counted");
    all_go();
}

/* Strangers at two relays call somebody at a third, whose phone already rings for a friend's call.
 */
static void test_ringing(void)
{
    static struct fake crowd[30];
    char text[1024], id[32];
    memset(&eve, 0, sizeof eve);
    pool_raise(&p, 3, NULL);
    if (!pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND) ||
        !pool_come(&p, 1, &bob, 2, WZP_REGISTRATION_PROVEN, THERE, WZP_SECOND))
        bail("nobody registers");
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"good\","
             "\"caller_reflexive_addr\":\"" HERE "\","
             "\"identity_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"
             "\"ephemeral_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"
             "\"signature\":[],\"supported_profiles\":[]}}",
             ann.client->name.text, fake_name(2));
    fake_send(pool_relay(&p, 0), &ann, text, pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    for (unsigned i = 0; i < 30; i++) {
        size_t at = i % 2 ? 2 : 0;
        if (!pool_come(&p, at, &crowd[i], (uint8_t)(40 + i), WZP_REGISTRATION_PROVEN,
                       "203.0.113.7:1000", WZP_SECOND))
            bail("nobody registers");
        snprintf(id, sizeof id, "bad-%u", i);
        fake_offer(pool_relay(&p, at), &crowd[i], fake_name(2), id, pool_now(&p));
        pool_run(&p, 20 * WZP_MILLISECOND);
    }
    struct wzp_relay_calls *calls = &pool_relay(&p, 1)->calls;
    is_int((int)calls->by_id.count, WZP_RELAY_RINGING_MAX, "so many calls ring at one person");
    ok(wzp_relay_calls_get(calls, "good"),
       "strangers at other relays make way for each other, not a friend who is there too");
    for (unsigned i = 0; i < 30; i++)
        go(i % 2 ? 2 : 0, &crowd[i]);
    all_go();
}

TAP_MAIN
{
    test_ringing();
    test_away();
    test_ends_meanwhile();
    test_many_meanwhile();
    test_pending_end();
    test_forgets();
    test_slow();
    test_bounded();
    test_garbage();
    test_letters();
}
