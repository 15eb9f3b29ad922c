/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An attacker who can write to and publish in the directory of a pool, and plays thousands of
 * relays. People at a relay keep their connections and calls, and the relay keeps its time. */
#include <stdio.h>
#include <string.h>

#include "lib_pool.h"
#include "relay/dispatch.h"
#include "tap.h"

#define PEOPLE 60

static struct pool p;
static struct fake ann, bob;

static void small(struct wzp_relay_config *config)
{
    config->max_sessions = 100;
    config->max_signals = 300;
}

static struct wzp_relay *victim(void)
{
    return pool_relay(&p, 0);
}

/* Ann and Bob are at relay 0; the attacker acts as relay 1. */
static void begin(void)
{
    pool_raise(&p, 2, small);
    if (!pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, "192.0.2.1:1000", WZP_SECOND) ||
        !pool_come(&p, 0, &bob, 2, WZP_REGISTRATION_PROVEN, "192.0.2.2:1000", WZP_SECOND))
        bail("nobody registers");
    pool_run(&p, 3 * WZP_SECOND);
}

static void end(void)
{
    fake_gone(victim(), &ann, pool_now(&p));
    fake_gone(victim(), &bob, pool_now(&p));
    pool_lower(&p);
}

/* Publishes a message (letter) to the victim in the name of the relay `from`. */
static void say(uint64_t from, enum wzp_relay_pool_kind kind, uint64_t number, const char *word,
                const char *body)
{
    struct wzp_relay *hostile = pool_relay(&p, 1);
    uint64_t own = hostile->pool.own;
    hostile->pool.own = from;
    (void)wzp_relay_pool_send(hostile, victim()->pool.own, kind, number, word, body, strlen(body));
    hostile->pool.own = own;
}

static void test_relays(void)
{
    begin();
    uint64_t lost = victim()->total.pool_lost, letters = p.directory.letters;
    for (uint64_t i = 0; i < 2000; i++) {
        say(1000 + i, WZP_RELAY_POOL_BEAT, 1, "192.0.2.9:1", "hello");
        say(1000 + i, WZP_RELAY_POOL_BYE, 0, "", "");
    }
    pool_run(&p, 100 * WZP_MILLISECOND);
    lost = victim()->total.pool_lost - lost;
    letters = p.directory.letters - letters - 4000;
    ok(lost >= 10 && lost <= 130, "of relays that come and go by the thousand so many do: %u",
       (unsigned)lost);
    ok(letters <= 130, "and so many are answered: %u", (unsigned)letters);
    is_int(victim()->pool.siblings.count, 1, "the other relay is still one");
    pool_run(&p, 30 * WZP_SECOND);
    say(5000, WZP_RELAY_POOL_BEAT, 1, "192.0.2.9:1", "hello");
    pool_run(&p, 100 * WZP_MILLISECOND);
    ok(wzp_relay_pool_sibling(victim(), 5000) != NULL, "a relay that comes later is one");
    end();
}

static void test_questions(void)
{
    begin();
    say(pool_relay(&p, 1)->pool.own, WZP_RELAY_POOL_ALIVE, 1, fake_name(1), "");
    pool_run(&p, 50 * WZP_MILLISECOND);
    ann.heard++;
    say(pool_relay(&p, 1)->pool.own, WZP_RELAY_POOL_ALIVE, 2, fake_name(1), "");
    pool_run(&p, 600 * WZP_MILLISECOND);
    is_int(victim()->pool.inquiry_count, 0,
           "who asks when she has just answered is answered by that, and not after two seconds");
    unsigned before = ann.by_type[WZP_SIGNAL_PING];
    for (uint64_t i = 0; i < 1000; i++)
        say(pool_relay(&p, 1)->pool.own, WZP_RELAY_POOL_ALIVE, i, fake_name(1), "");
    for (uint64_t i = 0; i < 1000; i++)
        say(77 + i, WZP_RELAY_POOL_ALIVE, i, fake_name(2), "");
    pool_run(&p, 100 * WZP_MILLISECOND);
    is_int(ann.by_type[WZP_SIGNAL_PING] - before, 1,
           "who is asked for a thousand times is asked once");
    is_int(bob.by_type[WZP_SIGNAL_PING], 0, "and not for who is no relay of the pool");
    for (int i = 0; i < 30; i++) {
        ann.heard++;
        pool_run(&p, 100 * WZP_MILLISECOND);
    }
    is_int(victim()->pool.inquiry_count, 0, "all questions end");
    ok(ann.client && !ann.closed && ann.client->stage == WZP_RELAY_STAGE_REGISTERED,
       "and she stays registered");
    end();
}

static void test_calls(void)
{
    static struct fake people[PEOPLE];
    char id[32], text[1024];
    size_t refused = 0;
    begin();
    for (size_t i = 0; i < PEOPLE; i++) {
        snprintf(text, sizeof text, "198.51.100.%zu:1", i + 1);
        if (!pool_come(&p, 0, &people[i], (uint8_t)(10 + i), WZP_REGISTRATION_PLAIN, text,
                       WZP_SECOND))
            bail("nobody registers");
    }
    for (uint64_t i = 0; i < 40; i++)
        say(1000 + i, WZP_RELAY_POOL_BEAT, 1, "192.0.2.9:1", "");
    for (unsigned n = 0; n < 3000; n++) {
        snprintf(
            text, sizeof text,
            "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%08x\",\"caller_alias\":null,"
            "\"target_fingerprint\":\"%s\",\"call_id\":\"bad-%u\",\"identity_pub\":[0,0,0,0,0,"
            "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"ephemeral_pub\":[0,0,0,0,"
            "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"signature\":[],"
            "\"supported_profiles\":[]}}",
            n, people[n % PEOPLE].client->name.text, n);
        say(1000 + n % 40, WZP_RELAY_POOL_OFFER, WZP_REGISTRATION_PROVEN, "192.0.2.9:1", text);
    }
    pool_run(&p, 100 * WZP_MILLISECOND);
    note("%zu of at most 401 calls ring", victim()->calls.by_id.count);
    ok(victim()->calls.by_id.count >= 50 && victim()->calls.by_id.count <= 200,
       "calls of the pool's other relays leave half of the places");
    for (size_t i = 0; i < PEOPLE / 2; i++) {
        snprintf(id, sizeof id, "good-%zu", i);
        fake_offer(victim(), &people[i], people[i + PEOPLE / 2].client->name.text, id,
                   pool_now(&p));
        pool_run(&p, 20 * WZP_MILLISECOND);
        refused += !wzp_relay_calls_get(&victim()->calls, id);
    }
    is_int(refused, 0, "people here go on calling each other");
    for (size_t i = 0; i < PEOPLE; i++)
        fake_gone(victim(), &people[i], pool_now(&p));
    end();
}

/* A directory that never stores what is written. */
static void test_texts(void)
{
    char text[WZP_RELAY_POOL_VALUE_MAX];
    begin();
    uint64_t asked = victim()->total.pool_asked;
    for (unsigned ms = 0; ms < 70000; ms++) {
        snprintf(text, sizeof text, "something else, %u", ms);
        pool_write(&p, 'p', 1, text);
        pool_run(&p, WZP_MILLISECOND);
    }
    asked = victim()->total.pool_asked - asked;
    ok(asked <= 200, "it is asked a few times a second, not at once again and again: %u in 70 s",
       (unsigned)asked);
    pool_run(&p, 2 * WZP_SECOND);
    ok(pool_has(&p, 0, 1), "and when it does keep it again, who is here stands there");
    end();
}

TAP_MAIN
{
    test_texts();
    test_relays();
    test_questions();
    test_calls();
}
