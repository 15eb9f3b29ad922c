/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reports and candidates of a call whose two sides are at two relays of a pool: they pass through
 * the directory unchanged, in both directions, only between the two sides of that call, and at a
 * limited rate. */
#include <stdio.h>
#include <string.h>

#include "lib_pool.h"
#include "relay/dispatch.h"
#include "tap.h"

#define REPORT(more) "{\"MediaPathReport\":{\"call_id\":\"c1\",\"direct_ok\":true," more "}}"
#define UPDATE(more) "{\"CandidateUpdate\":{\"call_id\":\"c1\"," more "}}"

static struct pool p;
static struct fake ann, bob, eve;

static void say(size_t n, struct fake *fake, const char *text)
{
    fake_send(pool_relay(&p, n), fake, text, pool_now(&p));
    pool_run(&p, 20 * WZP_MILLISECOND);
}

static void answer(void)
{
    say(1, &bob, "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptTrusted\"}}");
}

/* Ann at relay 0 calls Bob at relay 1, whose phone rings; Eve is at relay 1, too. */
static void begin(void)
{
    pool_raise(&p, 3, NULL);
    if (!pool_come(&p, 0, &ann, 1, WZP_REGISTRATION_PROVEN, "192.0.2.1:1000", WZP_SECOND) ||
        !pool_come(&p, 1, &bob, 2, WZP_REGISTRATION_PROVEN, "192.0.2.2:1000", WZP_SECOND) ||
        !pool_come(&p, 1, &eve, 3, WZP_REGISTRATION_PROVEN, "192.0.2.3:1000", WZP_SECOND))
        bail("nobody registers");
    fake_offer(pool_relay(&p, 0), &ann, fake_name(2), "c1", pool_now(&p));
    pool_run(&p, 50 * WZP_MILLISECOND);
}

static void end(void)
{
    fake_gone(pool_relay(&p, 0), &ann, pool_now(&p));
    fake_gone(pool_relay(&p, 1), &bob, pool_now(&p));
    fake_gone(pool_relay(&p, 1), &eve, pool_now(&p));
    pool_lower(&p);
}

static void test_both_ways(void)
{
    begin();
    say(0, &ann, REPORT("\"race_winner\":\"Direct\""));
    is_int(bob.by_type[WZP_SIGNAL_MEDIA_PATH_REPORT], 0, "no report goes before the answer");
    say(0, &ann, UPDATE("\"generation\":1"));
    is_int(bob.by_type[WZP_SIGNAL_CANDIDATE_UPDATE], 1, "but candidates do");
    answer();
    say(0, &ann, REPORT("\"race_winner\":\"Direct\",\"x_future\":[1,{\"y\":2}]"));
    is_str(bob.last, REPORT("\"race_winner\":\"Direct\",\"x_future\":[1,{\"y\":2}]"),
           "the caller's report arrives as it was written");
    say(1, &bob, REPORT("\"race_winner\":\"Relay\",\"z\":null"));
    is_str(ann.last, REPORT("\"race_winner\":\"Relay\",\"z\":null"), "so does the callee's");
    say(0, &ann, UPDATE("\"local_addrs\":[\"10.1.1.3:4433\"],\"generation\":2,\"x\":[]"));
    is_str(bob.last, UPDATE("\"local_addrs\":[\"10.1.1.3:4433\"],\"generation\":2,\"x\":[]"),
           "the caller's candidates do");
    say(1, &bob, UPDATE("\"reflexive_addr\":\"192.0.2.2:1000\",\"generation\":3"));
    ok(strstr(ann.last, "\"reflexive_addr\":\"192.0.2.2:1000\",\"generation\":3") &&
           strstr(ann.last, "\"seen_addr\":\"192.0.2.2:1000\""),
       "and the callee's, with what their own relay sees of it: %s", ann.last);
    say(1, &bob,
        UPDATE("\"reflexive_addr\":\"203.0.113.9:1\",\"seen_addr\":\"203.0.113.9:1\","
               "\"generation\":4"));
    ok(strstr(ann.last, "203.0.113.9:1") && !strstr(ann.last, "seen_addr"),
       "which nobody can say for their relay: %s", ann.last);
    end();
}

/* Publishes a message (letter) in the name of relay n. */
static void letter(size_t n, const char *text)
{
    struct wzp_relay *from = pool_relay(&p, n);
    (void)wzp_relay_pool_send(from, pool_relay(&p, 1)->pool.own, WZP_RELAY_POOL_SAY, 0, NULL, text,
                              strlen(text));
    pool_run(&p, 20 * WZP_MILLISECOND);
}

static void test_others(void)
{
    begin();
    answer();
    unsigned before = bob.sent + ann.sent;
    uint64_t foreign = pool_relay(&p, 1)->total.foreign_messages;
    say(1, &eve, REPORT("\"race_winner\":\"\""));
    say(1, &eve, UPDATE("\"generation\":9"));
    letter(2, REPORT("\"race_winner\":\"\""));
    letter(2, UPDATE("\"generation\":9"));
    letter(0, "{\"CandidateUpdate\":{\"call_id\":\"c2\",\"generation\":9}}");
    is_int(bob.sent + ann.sent, before, "neither a third person is heard nor a third relay");
    is_int(pool_relay(&p, 1)->total.foreign_messages - foreign, 5, "which is counted");
    uint64_t malformed = pool_relay(&p, 1)->total.pool_malformed;
    letter(0, "{\"CandidateUpdate\":{\"generation\":9}}");
    letter(0, "{\"CandidateUpdate\":");
    letter(0, "{\"NewThing\":{\"call_id\":\"c1\"}}");
    is_int(bob.sent + ann.sent, before, "nor what makes no sense");
    is_int(pool_relay(&p, 1)->total.pool_malformed - malformed, 3, "which is counted, too");
    end();
}

static void test_flood(void)
{
    begin();
    answer();
    for (int i = 0; i < 100; i++)
        fake_send(pool_relay(&p, 0), &ann, UPDATE("\"generation\":1"), pool_now(&p));
    for (int i = 0; i < 1000; i++)
        (void)wzp_relay_pool_send(pool_relay(&p, 0), pool_relay(&p, 1)->pool.own,
                                  WZP_RELAY_POOL_SAY, 0, NULL, UPDATE("\"generation\":1"),
                                  strlen(UPDATE("\"generation\":1")));
    pool_run(&p, 100 * WZP_MILLISECOND);
    ok(bob.by_type[WZP_SIGNAL_CANDIDATE_UPDATE] <= WZP_RELAY_PARTY_BURST + WZP_RELAY_PARTY_RATE,
       "of a flood so many arrive: %u", bob.by_type[WZP_SIGNAL_CANDIDATE_UPDATE]);
    ok(!bob.closed, "and whom it is meant for stays");
    say(0, &ann, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}");
    is_int(bob.by_type[WZP_SIGNAL_HANGUP], 1, "a hangup passes");
    end();
}

static void test_outage(void)
{
    begin();
    answer();
    wzp_sim_directory_set_away(&p.directory, true);
    pool_run(&p, WZP_SECOND);
    say(0, &ann, REPORT("\"race_winner\":\"\""));
    is_int(bob.by_type[WZP_SIGNAL_MEDIA_PATH_REPORT], 0, "without the directory nothing passes");
    ok(!ann.closed && !ann.by_type[WZP_SIGNAL_HANGUP] && !bob.by_type[WZP_SIGNAL_HANGUP],
       "and the call goes on");
    wzp_sim_directory_set_away(&p.directory, false);
    pool_run(&p, 5 * WZP_SECOND);
    say(0, &ann, REPORT("\"race_winner\":\"\""));
    is_int(bob.by_type[WZP_SIGNAL_MEDIA_PATH_REPORT], 1, "when it is back it passes again");
    end();
}

TAP_MAIN
{
    test_both_ways();
    test_others();
    test_flood();
    test_outage();
}
