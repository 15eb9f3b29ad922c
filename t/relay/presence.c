/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Registration classes and who replaces whom (wzp-protocol(7), Registration), slow readers, limits;
 * without QUIC. */
#include <stdio.h>
#include <string.h>

#include "lib_fake.h"
#include "tap.h"

static void test_names(void)
{
    struct wzp_relay_name a, b;
    char long_text[200];

    ok(wzp_relay_name_set(&a, "AB:cd") == 0 && wzp_relay_name_set(&b, "abCD") == 0,
       "two spellings");
    ok(wzp_relay_name_equal(&a, &b), "69: are one name");
    is_str(a.text, "AB:cd", "the original is kept");
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    is_int(wzp_relay_name_set(&a, long_text), WZP_E_SYNTAX, "too long");
    is_int(wzp_relay_name_set(&a, ""), WZP_E_SYNTAX, "empty");
    is_int(wzp_relay_name_set(&a, "::"), WZP_E_SYNTAX, "nothing but colons");
    is_int(wzp_relay_name_set(&a, "a\x1b[0m"), WZP_E_SYNTAX, "control characters");
}

/* Every class against every other. */
static void test_classes(void)
{
    static const char *const words[] = {"anonymous", "plain", "signed", "proven"};

    for (int first = 1; first <= 3; first++)
        for (int second = 0; second <= 3; second++) {
            struct wzp_relay *r = fake_relay(NULL);
            static struct fake a, b;
            bool wanted = second == 0 || second >= first;

            fake_open(r, &a, "_signal", 0);
            fake_open(r, &b, "_signal", 0);
            ok(fake_register(r, &a, 1, (enum wzp_registration_class)first, 0), "%s registers",
               words[first]);
            is_int(fake_register(r, &b, 1, (enum wzp_registration_class)second, 0), wanted,
                   "then %s", words[second]);
            wzp_relay_handle_expiry(r, WZP_RELAY_ASK_STEP);
            is_int(a.client->stage,
                   second > first    ? WZP_RELAY_STAGE_CLOSING
                   : second == first ? WZP_RELAY_STAGE_DISPLACED
                                     : WZP_RELAY_STAGE_REGISTERED,
                   "which %s the first",
                   second > first    ? "ends"
                   : second == first ? "displaces"
                                     : "leaves");
            is_int(r->presence.registered, 1, "one is registered");
            if (!wanted)
                ok(b.closed && strstr(b.last, "\"error\":"), "the loser is told: %s", b.reason);
            fake_gone(r, &a, 0);
            is_int(r->presence.registered, second && wanted ? 1 : 0,
                   "the first one's end removes its own registration only");
            fake_gone(r, &b, 0);
            is_int(r->presence.entries.count, 0, "and nothing is left");
            wzp_relay_free(r);
        }
}

static void test_wrong_proofs(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    static struct fake a;
    char text[1024], numbers[400] = "[1";

    for (int i = 1; i < 64; i++)
        strcat(numbers, ",1");
    strcat(numbers, "]");
    snprintf(text, sizeof text,
             "{\"RegisterPresence\":{\"identity_pub\":[3,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
             "1,1,1,1,1,1,1,1,1,1],\"signature\":%s}}",
             numbers);
    fake_open(r, &a, "_signal", 0);
    fake_send(r, &a, text, 0);
    ok(strstr(a.last, "\"success\":false") && a.closed, "a wrong signature is refused: %s",
       a.reason);
    fake_gone(r, &a, 0);
    wzp_relay_free(r);
}

static void test_many_connections(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    static struct fake fakes[6];

    for (int i = 0; i < 6; i++) {
        fake_open(r, &fakes[i], "_signal", 0);
        ok(fake_register(r, &fakes[i], 1, WZP_REGISTRATION_PLAIN, 0), "registration %d", i);
        if (fakes[0].closed)
            fake_gone(r, &fakes[0], 0);
    }
    ok(fakes[1].closed && !fakes[2].closed, "of one person, only the newest four are kept");
    for (int i = 5; i >= 1; i--)
        fake_gone(r, &fakes[i], 0);
    is_int(r->presence.entries.count, 0, "all are gone");
    wzp_relay_free(r);
}

static void test_required_and_full(void)
{
    static struct wzp_relay_config config;
    struct wzp_relay *r;
    static struct fake a, b, c;

    wzp_relay_config_default(&config);
    config.require_signed = true;
    config.max_signals = 2;
    r = fake_relay(&config);
    fake_open(r, &a, "_signal", 0);
    ok(!fake_register(r, &a, 1, WZP_REGISTRATION_PLAIN, 0),
       "plain is refused when signing is wanted");
    fake_gone(r, &a, 0);
    fake_open(r, &a, "_signal", 0);
    ok(fake_register(r, &a, 1, WZP_REGISTRATION_SIGNED, 0), "signed is enough");
    fake_open(r, &b, "_signal", 0);
    fake_open(r, &c, "_signal", 0);
    ok(fake_register(r, &b, 2, WZP_REGISTRATION_SIGNED, 0) &&
           !fake_register(r, &c, 3, WZP_REGISTRATION_SIGNED, 0) && c.closed,
       "one registration more than the limit is refused: %s", c.reason);
    fake_gone(r, &a, 0);
    fake_gone(r, &b, 0);
    fake_gone(r, &c, 0);
    wzp_relay_free(r);
}

static void test_slow_reader(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    static struct fake a, b;

    fake_open(r, &a, "_signal", 0);
    fake_open(r, &b, "_signal", 0);
    ok(fake_register(r, &a, 1, WZP_REGISTRATION_PLAIN, 0) &&
           fake_register(r, &b, 2, WZP_REGISTRATION_PLAIN, 0),
       "two register");
    a.result = WZP_E_LIMIT;
    fake_send(r, &a, "{\"Ping\":{\"timestamp_ms\":1}}", 0);
    is_str(a.reason, "slow reader", "a full queue closes that connection");
    fake_send(r, &a, "{\"Ping\":{\"timestamp_ms\":1}}", 0);
    fake_send(r, &b, "{\"Ping\":{\"timestamp_ms\":2}}", 0);
    is_str(b.last, "{\"Pong\":{\"timestamp_ms\":2}}", "and no other");
    is_int(r->total.slow_readers, 1, "it is counted once");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_names();
    test_classes();
    test_wrong_proofs();
    test_many_connections();
    test_required_and_full();
    test_slow_reader();
}
