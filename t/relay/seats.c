/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Places for registrations: who gets one in a full relay, who is removed for it, and who may still
 * authenticate. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_fake.h"
#include "tap.h"

#define PLACES 40

static struct wzp_relay_config config;
static struct wzp_relay *r;
static struct fake crowd[PLACES + WZP_RELAY_ANTEROOM + 20], ann, late;

static void begin(void)
{
    wzp_relay_config_default(&config);
    config.max_signals = PLACES;
    r = fake_relay(&config);
}

/* Client i connects at second i, from the address before + number + after, and registers. */
static void come(unsigned i, const char *before, unsigned number, const char *after,
                 enum wzp_registration_class standing)
{
    char address[64];
    snprintf(address, sizeof address, "%s%u%s", before, number, after);
    fake_come_from(r, &crowd[i], address, (uint8_t)(100 + i), standing, i * WZP_SECOND);
}

static unsigned closed(unsigned from, unsigned to)
{
    unsigned count = 0;
    for (unsigned i = from; i < to; i++)
        count += crowd[i].closed;
    return count;
}

static bool comes(struct fake *fake, uint8_t seed, enum wzp_registration_class standing)
{
    fake_open_from(r, fake, "_signal", "203.0.113.5:5000", 3600 * WZP_SECOND);
    return fake_register(r, fake, seed, standing, 3600 * WZP_SECOND);
}

static void test_one_network(void)
{
    begin();
    for (unsigned i = 0; i < PLACES; i++)
        come(i, "[2001:db8:77:ff", i / 10, "::1]:666", WZP_REGISTRATION_PLAIN);
    ok(!comes(&late, 2, WZP_REGISTRATION_PLAIN) && strcmp(late.reason, "relay is full") == 0,
       "in a full relay somebody without proof gets no place");
    ok(!comes(&late, 2, WZP_REGISTRATION_SIGNED) && late.closed, "nor who only signs");
    is_int(closed(0, PLACES), 0, "and nobody is sent away for them");
    ok(comes(&ann, 1, WZP_REGISTRATION_PROVEN), "who proves the key gets one");
    ok(crowd[0].closed && closed(1, PLACES) == 0 &&
           strcmp(crowd[0].reason,
                  "the relay is full, and this registration does not prove its key") == 0,
       "of the one without proof that was there longest, which is told why");
    ok(r->presence.registered == PLACES && r->seats.taken == PLACES &&
           r->total.registrations_evicted == 1,
       "one for one, which is counted");
    fake_gone(r, &crowd[0], 0);
    is_int(r->seats.taken, PLACES, "its end gives no second place");
    fake_gone(r, &crowd[1], 0);
    ok(comes(&late, 2, WZP_REGISTRATION_PLAIN), "a place that was left is anybody's");
    wzp_relay_free(r);
}

static void test_fullest_network(void)
{
    begin();
    for (unsigned i = 0; i < 10; i++)
        come(i, "192.0.2.", i + 1, ":1000", WZP_REGISTRATION_PROVEN);
    for (unsigned i = 10; i < 25; i++)
        come(i, "198.51.", i, ".1:1000", WZP_REGISTRATION_PLAIN);
    for (unsigned i = 25; i < 27; i++)
        come(i, "198.51.10.", i, ":1000", WZP_REGISTRATION_SIGNED);
    for (unsigned i = 27; i < 30; i++)
        come(i, "198.51.200.", i, ":1000", WZP_REGISTRATION_ANONYMOUS);
    for (unsigned i = 30; i < PLACES; i++)
        come(i, "192.0.2.", i, ":2000", WZP_REGISTRATION_PROVEN);
    fake_gone(r, &crowd[28], 0);
    come(28, "198.51.200.", 28, ":1000", WZP_REGISTRATION_ANONYMOUS);
    ok(comes(&ann, 1, WZP_REGISTRATION_PROVEN) && closed(0, PLACES) == 1,
       "somebody who proves the key comes");
    ok(crowd[10].closed || crowd[27].closed, "one of the networks with most of those makes way");
    ok(comes(&late, 2, WZP_REGISTRATION_PROVEN) && crowd[10].closed && crowd[27].closed,
       "then one of the other");
    ok(!closed(0, 10) && !closed(30, PLACES), "and none that proved its key, however many of them");
    static struct fake more[18];
    unsigned in = 0;
    for (uint8_t i = 0; i < 18; i++)
        in += comes(&more[i], (uint8_t)(3 + i), WZP_REGISTRATION_PROVEN);
    is_int(in, 18, "as long as there is one without proof, there is a place");
    static struct fake none;
    ok(!comes(&none, 50, WZP_REGISTRATION_PROVEN) && strcmp(none.reason, "relay is full") == 0,
       "and then no more");
    is_int(r->seats.networks.count, 0, "nothing is kept of networks that nobody is from");
    wzp_relay_free(r);
}

static void test_waiting(void)
{
    const unsigned all = PLACES + WZP_RELAY_ANTEROOM;
    begin();
    for (unsigned i = 0; i < PLACES; i++)
        come(i, "[2001:db8:77:ff", i / 10, "::1]:666", WZP_REGISTRATION_PLAIN);
    for (unsigned i = PLACES; i < all + 10; i++)
        fake_open_from(r, &crowd[i], "_signal", "[2001:db8:77::1]:666", 3600 * WZP_SECOND);
    ok(closed(PLACES, PLACES + 10) == 10 && closed(PLACES + 10, all + 10) == 0,
       "of too many that do not say who they are, those who waited longest are sent away");
    ok(comes(&ann, 1, WZP_REGISTRATION_PROVEN), "whoever comes can still say it");
    wzp_relay_free(r);
}

static void test_memory(void)
{
    begin();
    come(0, "198.51.", 0, ".1:1000", WZP_REGISTRATION_PLAIN);
    struct wzp_signal plain = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    struct wzp_identity identity;
    char *text;
    size_t length;
    unsigned refused = 0;
    fake_identity(&identity, 2);
    memcpy(plain.u.register_presence.identity_pub, identity.public_key, WZP_KEY_SIZE);
    if (wzp_signal_write(&text, &length, &plain))
        bail("cannot write");
    for (long n = 1; n < 60; n++) {
        fake_open_from(r, &late, "_signal", "203.0.113.5:5000", WZP_SECOND);
        wzp_alloc_fail_after(n);
        fake_send(r, &late, text, WZP_SECOND);
        wzp_alloc_fail_after(0);
        refused += late.closed;
        fake_gone(r, &late, WZP_SECOND);
        if (r->seats.taken != 1 || r->seats.networks.count != 1 || r->seats.by_count.reserved != 1)
            break;
    }
    ok(refused > 2 && r->seats.taken == 1 && r->seats.networks.count == 1 &&
           r->seats.by_count.reserved == 1,
       "who is refused for lack of memory leaves nothing behind (%u times)", refused);
    wzp_free(text);
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_one_network();
    test_fullest_network();
    test_waiting();
    test_memory();
}
