/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Registrations at the relays of a pool: moves between relays follow the same rules as at one
 * relay; and presence subscriptions. */
#include <stdio.h>
#include <string.h>

#include "lib_pool.h"
#include "tap.h"

#define HERE "192.0.2.1:1000"
#define THERE "198.51.100.7:1000"

static struct pool p;
static struct fake ann, other, third, bob;

static void go(size_t n, struct fake *fake)
{
    fake_gone(pool_relay(&p, n), fake, pool_now(&p));
}

static void test_move(void)
{
    pool_raise(&p, 2, NULL);
    ok(pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND),
       "somebody registers at one relay");
    ok(pool_has(&p, 0, 1), "which the directory knows");
    ok(pool_come(&p, 1, &other, 1, WZP_REGISTRATION_PROVEN, THERE, 10 * WZP_MILLISECOND),
       "and, with the same proof, at the other");
    ok(pool_has(&p, 1, 1), "which has them now");
    pool_run(&p, 10 * WZP_MILLISECOND);
    ok(strstr(ann.last, WZP_DISPLACED_WORD) && !ann.closed,
       "the older connection is told that it gets no calls, and stays");
    is_int(pool_relay(&p, 0)->presence.registered, 0, "it is not registered there any more");

    pool_come(&p, 0, &bob, 2, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND);
    fake_offer(pool_relay(&p, 0), &bob, fake_name(1), "c1", pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(other.by_type[WZP_SIGNAL_DIRECT_CALL_OFFER] == 1 &&
           !ann.by_type[WZP_SIGNAL_DIRECT_CALL_OFFER],
       "calls reach the newer one only");
    ok(strstr(bob.last, "CallRinging"), "and ring");

    go(1, &other);
    pool_run(&p, WZP_SECOND);
    ok(strstr(ann.last, "\"success\":true"), "when that goes, the older one is told it is back");
    ok(pool_has(&p, 0, 1), "and the directory knows that");
    ok(pool_relay(&p, 0)->presence.registered == 2 && pool_relay(&p, 0)->pool.moved.count == 0,
       "it is registered again");
    go(0, &ann);
    go(0, &bob);
    pool_run(&p, WZP_SECOND);
    is_int(p.directory.texts.count, 0, "whoever goes leaves nothing in the directory");
    pool_lower(&p);
}

static void test_standing(void)
{
    pool_raise(&p, 2, NULL);
    pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND);
    ok(!pool_come(&p, 1, &other, 1, WZP_REGISTRATION_PLAIN, THERE, WZP_SECOND) && other.closed,
       "who proves nothing is refused at the other relay: %s", other.reason);
    is_str(other.reason, WZP_RELAY_GIVES_WAY, "in words that say nothing of the other");
    ok(!pool_come(&p, 1, &third, 1, WZP_REGISTRATION_SIGNED, THERE, WZP_SECOND) && third.closed,
       "so is who proves less");
    ok(pool_has(&p, 0, 1) && !strstr(ann.last, WZP_DISPLACED_WORD), "the first one stays");
    go(0, &ann);
    go(1, &other);
    go(1, &third);
    pool_run(&p, WZP_SECOND);
    pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PLAIN, HERE, WZP_SECOND);
    ok(pool_come(&p, 1, &other, 1, WZP_REGISTRATION_PROVEN, THERE, 10 * WZP_MILLISECOND),
       "who proves more takes the place at once");
    pool_run(&p, WZP_SECOND);
    ok(ann.closed && ann.sent == 1 && strcmp(ann.reason, WZP_RELAY_GIVES_WAY) == 0,
       "who proved less is closed, and hears no more than: %s", ann.reason);
    go(1, &other);
    pool_run(&p, WZP_SECOND);
    ok(ann.sent == 1 && pool_relay(&p, 0)->presence.registered == 0,
       "nor is it registered again when that one went");
    go(0, &ann);
    pool_lower(&p);
}

/* Two connections of one person at two relays; lives: the older one answers a Ping. */
static bool rivals(bool lives)
{
    pool_raise(&p, 2, NULL);
    if (!pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PLAIN, HERE, WZP_SECOND))
        bail("not registered");
    fake_open_from(pool_relay(&p, 1), &other, "_signal", THERE, pool_now(&p));
    (void)fake_register(pool_relay(&p, 1), &other, 1, WZP_REGISTRATION_PLAIN, pool_now(&p));
    pool_run(&p, 100 * WZP_MILLISECOND);
    ok(!other.by_type[WZP_SIGNAL_REGISTER_PRESENCE_ACK] && ann.by_type[WZP_SIGNAL_PING] == 1,
       "the older one is asked for a sign of life");
    if (lives)
        ann.heard++;
    pool_run(&p, 2500 * WZP_MILLISECOND);
    return strstr(other.last, "\"success\":true");
}

static void test_rivals(void)
{
    ok(!rivals(true) && other.closed,
       "of two that prove nothing the one that was there stays, if it lives: %s", other.reason);
    ok(pool_has(&p, 0, 1), "in the directory too");
    go(0, &ann);
    go(1, &other);
    pool_lower(&p);
    ok(rivals(false), "if it does not, the newer one is registered");
    ok(pool_has(&p, 1, 1) && pool_relay(&p, 0)->presence.registered == 0, "in its place");
    go(0, &ann);
    go(1, &other);
    pool_lower(&p);
}

static void test_leaves_while_asking(void)
{
    pool_raise(&p, 2, NULL);
    fake_open_from(pool_relay(&p, 0), &ann, "_signal", HERE, pool_now(&p));
    (void)fake_register(pool_relay(&p, 0), &ann, 1, WZP_REGISTRATION_PROVEN, pool_now(&p));
    fake_send(pool_relay(&p, 0), &ann, "\"Reflect\"", pool_now(&p));
    is_int(ann.sent, 0, "while the directory is asked nothing is answered");
    pool_run(&p, 10 * WZP_MILLISECOND);
    ok(ann.by_type[WZP_SIGNAL_REGISTER_PRESENCE_ACK] == 1 &&
           ann.by_type[WZP_SIGNAL_REFLECT_RESPONSE] == 1,
       "what was said meanwhile is answered afterwards");
    fake_open_from(pool_relay(&p, 1), &bob, "_signal", THERE, pool_now(&p));
    (void)fake_register(pool_relay(&p, 1), &bob, 2, WZP_REGISTRATION_PROVEN, pool_now(&p));
    go(1, &bob);
    pool_run(&p, WZP_SECOND);
    ok(!pool_text(&p, 'p', 2), "who leaves while the directory is asked is not left in it");
    go(0, &ann);
    pool_lower(&p);
}

/* ---- presence ---- */

static void hello_hidden(size_t n, struct fake *fake, uint8_t seed)
{
    fake_open_from(pool_relay(&p, n), fake, "_signal", THERE, pool_now(&p));
    (void)fake_register(pool_relay(&p, n), fake, seed, WZP_REGISTRATION_PROVEN, pool_now(&p));
    fake->client->hidden = true; /* set here, since the registration has not been answered yet */
    pool_run(&p, 10 * WZP_MILLISECOND);
}

static void test_presence(void)
{
    pool_raise(&p, 3, NULL);
    pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND);
    fake_watch(pool_relay(&p, 0), &ann, 2, pool_now(&p));
    pool_run(&p, WZP_SECOND);
    fake_is_told(&ann, 2, "Offline", "whoever is at none of the relays is offline");
    pool_come(&p, 1, &bob, 2, WZP_REGISTRATION_PROVEN, THERE, WZP_SECOND);
    pool_run(&p, 1100 * WZP_MILLISECOND);
    fake_is_told(&ann, 2, "Online", "who comes to another relay is seen within about a second");
    pool_come(&p, 2, &other, 2, WZP_REGISTRATION_PROVEN, THERE, WZP_SECOND);
    unsigned told = ann.by_type[WZP_SIGNAL_WZP_SEEN];
    pool_run(&p, 3 * WZP_SECOND);
    is_int(ann.by_type[WZP_SIGNAL_WZP_SEEN], told, "a move from relay to relay is none to them");
    pool_come(&p, 1, &third, 3, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND);
    fake_watch(pool_relay(&p, 1), &third, 2, pool_now(&p));
    pool_run(&p, WZP_SECOND);
    fake_is_told(&third, 2, "Online", "who begins to watch is told of people elsewhere");
    wzp_sim_relay_crash(&p.relays[2]);
    memset(&other, 0, sizeof other);
    uint64_t from = pool_now(&p);
    while (!pool_has(&p, 1, 2) && pool_now(&p) < from + 20 * WZP_SECOND)
        pool_run(&p, 100 * WZP_MILLISECOND);
    ok(pool_now(&p) - from < 10 * WZP_SECOND,
       "10 s after a relay died its people are not taken for there (%.1f s)",
       (double)(pool_now(&p) - from) / 1e9);
    ok(strstr(bob.last, "\"success\":true"), "who had made way for one there is back");
    fake_is_told(&ann, 2, "Online", "and stays seen");
    go(1, &bob);
    pool_run(&p, 1100 * WZP_MILLISECOND);
    fake_is_told(&ann, 2, "Offline", "whoever goes is seen to go");
    hello_hidden(1, &bob, 2);
    told = ann.by_type[WZP_SIGNAL_WZP_SEEN];
    pool_run(&p, 2 * WZP_SECOND);
    is_int(ann.by_type[WZP_SIGNAL_WZP_SEEN], told, "who hides is not seen to come");
    fake_watch(pool_relay(&p, 0), &ann, 3, pool_now(&p));
    pool_run(&p, WZP_SECOND);
    fake_is_told(&ann, 3, "Online", "somebody else is there");
    wzp_sim_relay_crash(&p.relays[1]);
    memset(&bob, 0, sizeof bob);
    memset(&third, 0, sizeof third);
    pool_run(&p, 10 * WZP_SECOND);
    fake_is_told(&ann, 3, "Offline", "a relay that dies takes its people with it");
    go(0, &ann);
    pool_lower(&p);
}

/* Somebody watches many people at once while another one calls. */
static void test_many_watched(void)
{
    static struct fake crowd[20];
    char text[4096];
    pool_raise(&p, 2, NULL);
    for (unsigned i = 0; i < 20; i++)
        if (!pool_come(&p, 0, &crowd[i], (uint8_t)(40 + i), WZP_REGISTRATION_PROVEN, HERE,
                       WZP_SECOND))
            bail("nobody registers");
    memset(&ann, 0, sizeof ann);
    memset(&bob, 0, sizeof bob);
    if (!pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, HERE, WZP_SECOND) ||
        !pool_come(&p, 1, &bob, 2, WZP_REGISTRATION_PROVEN, THERE, WZP_SECOND))
        bail("nobody registers");
    struct wzp_relay *r = pool_relay(&p, 0);
    uint64_t asked = r->total.pool_asked;
    for (unsigned i = 0; i < 20 * 4; i++) {
        size_t at = (size_t)snprintf(text, sizeof text, "{\"WzpWatch\":{\"add\":[");
        for (unsigned k = 0; k < 64; k++)
            at += (size_t)snprintf(text + at, sizeof text - at,
                                   "%s\"%04x:%04x:0000:0000:0000:0000:0000:0000\"", k ? "," : "", i,
                                   k);
        snprintf(text + at, sizeof text - at, "]}}");
        fake_send(r, &crowd[i / 4], text, pool_now(&p));
    }
    note("20 people ask for 5120: %zu questions at a time", r->pool.waiting.count);
    ok(r->pool.waiting.count <= 300, "who watches many does not fill the directory's queue");
    fake_offer(r, &ann, fake_name(2), "c1", pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
    ok(strstr(bob.last, "DirectCallOffer"), "and whoever calls meanwhile is not refused");
    pool_run(&p, WZP_SECOND);
    ok(r->total.pool_asked - asked >= 5120, "all of them are looked for in the end (%u questions)",
       (unsigned)(r->total.pool_asked - asked));
    is_int((int)r->pool.looks, 0, "and then nobody is");
    for (unsigned i = 0; i < 20; i++)
        go(0, &crowd[i]);
    go(0, &ann);
    go(1, &bob);
    pool_lower(&p);
}

TAP_MAIN
{
    test_many_watched();
    test_move();
    test_standing();
    test_rivals();
    test_leaves_while_asking();
    test_presence();
}
