/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls through the whole relay: the message charts of wzp-protocol(7), A direct call that
 * involve one relay, and what strangers try. */
#include <stdio.h>
#include <string.h>

#include "lib_client.h"
#include "tap.h"

#define ID "18a5f3c2b1d0e000"
#define HANGUP(reason) "{\"Hangup\":{\"reason\":\"" reason "\",\"call_id\":\"" ID "\"}}"

static struct net net;
static struct peer a, b, c;
static struct wzp_relay_config config;

/* Three people are registered: a and b as existing clients are, c proven. */
static void begin(void)
{
    wzp_relay_config_default(&config);
    net_init(&net, &config);
    peer_dial(&net, &a, "_signal", 1);
    peer_dial(&net, &b, "_signal", 2);
    peer_dial(&net, &c, "_signal", 3);
    ok(peer_register(&a, WZP_REGISTRATION_PLAIN) && peer_register(&b, WZP_REGISTRATION_PLAIN) &&
           peer_register(&c, WZP_REGISTRATION_PROVEN),
       "three people register");
}

static void end(void)
{
    net_fini(&net);
}

static uint64_t calls(void)
{
    struct wzp_relay_counters counters;

    wzp_relay_counters(net.relay, &counters);
    return counters.calls;
}

static bool contains(const char *text, const char *part)
{
    return text && strstr(text, part);
}

/* The newest message of that type. */
static const char *peer_wait_last(struct peer *peer, enum wzp_signal_type type)
{
    const char *last = NULL;
    while (peer_has(peer, type))
        last = peer_wait(peer, type);
    return last;
}

/* Offer, ringing, answer, both setups. */
static void connect_call(const char *mode)
{
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) && peer_wait(&a, WZP_SIGNAL_CALL_RINGING),
       "it rings");
    peer_answer(&b, ID, mode);
    ok(peer_wait(&a, WZP_SIGNAL_DIRECT_CALL_ANSWER) && peer_wait(&a, WZP_SIGNAL_CALL_SETUP) &&
           peer_wait(&b, WZP_SIGNAL_CALL_SETUP),
       "the call is set up");
}

static void test_success(void)
{
    static struct peer media_a, media_b, again, third;
    struct wzp_signal setup = {0};
    const char *text;

    begin();
    peer_offer(&a, &b, ID);
    text = peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER);
    ok(contains(text, "\"x_future\":{\"a\":[1,2]}"), "the offer arrives as it was written");
    is_str(peer_wait(&a, WZP_SIGNAL_CALL_RINGING), "{\"CallRinging\":{\"call_id\":\"" ID "\"}}",
           "the caller hears that it rings");
    peer_answer(&b, ID, "AcceptTrusted");
    text = peer_wait(&a, WZP_SIGNAL_DIRECT_CALL_ANSWER);
    ok(contains(text, "\"x_future\":7") && contains(text, "203.0.113.5:1"),
       "the answer arrives as it was written, before CallSetup");
    ok(peer_wait_signal(&a, WZP_SIGNAL_CALL_SETUP, &setup), "CallSetup for the caller");
    is_str(setup.u.call_setup.room, "call-" ID, "with the room");
    is_str(setup.u.call_setup.relay_addr, "192.0.2.9:4433", "the relay's address");
    is_str(setup.u.call_setup.peer_direct_addr, "198.51.100.9:40002",
           "18, 7: the callee's address");
    is_str(setup.u.call_setup.peer_mapped_addr, "203.0.113.5:1", "9: and its mapped one");
    wzp_signal_fini(&setup);
    ok(peer_wait_signal(&b, WZP_SIGNAL_CALL_SETUP, &setup), "CallSetup for the callee");
    is_str(setup.u.call_setup.peer_direct_addr, "192.0.2.17:40001", "18: the caller's address");
    is_int(setup.u.call_setup.peer_local_addrs.count, 1, "its local one");
    ok(!setup.u.call_setup.peer_mapped_addr, "10, 11: what nobody told is absent");
    wzp_signal_fini(&setup);

    peer_dial(&net, &media_a, "call-" ID, 1);
    peer_dial(&net, &media_b, "call-" ID, 2);
    peer_dial(&net, &third, "call-" ID, 3);
    ok(peer_join(&media_a, true) && peer_join(&media_b, false), "both enter the call room");
    ok(!peer_join(&third, true) && third.closed, "a third person does not");
    peer_dial(&net, &again, "call-" ID, 2);
    ok(peer_join(&again, true), "the callee reconnects");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(media_b.closed && !media_a.closed, "the older entry made way");
    peer_frame(&media_a, 1, 50, NULL);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(again.frame_count, 1, "and media flows");

    peer_send(&a, "{\"MediaPathReport\":{\"call_id\":\"" ID
                  "\",\"direct_ok\":true,\"race_winner\":\"Direct\",\"y\":1}}");
    ok(contains(peer_wait(&b, WZP_SIGNAL_MEDIA_PATH_REPORT), "\"y\":1"), "a report is passed on");
    peer_send(&b, "{\"CandidateUpdate\":{\"call_id\":\"" ID "\",\"generation\":3}}");
    ok(contains(peer_wait(&a, WZP_SIGNAL_CANDIDATE_UPDATE), "\"generation\":3"),
       "so is a candidate update");
    peer_hangup(&b, "Normal", ID);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Normal"), "a hangup ends it");
    is_int(calls(), 0, "and the call is forgotten");
    end();
}

static void test_reject_and_offline(void)
{
    static struct peer nobody;

    begin();
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "an offer comes");
    peer_answer(&b, ID, "Reject");
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Normal"), "a reject is a Hangup with the id");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(!peer_has(&b, WZP_SIGNAL_HANGUP), "the one who rejected hears nothing");
    is_int(calls(), 0, "the call is gone");
    memset(nobody.identity.fingerprint_text, 0, sizeof nobody.identity.fingerprint_text);
    snprintf(nobody.identity.fingerprint_text, sizeof nobody.identity.fingerprint_text,
             "0000:1111:2222:3333:4444:5555:6666:7777");
    peer_offer(&a, &nobody, ID);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Normal"), "nobody there: Hangup with the id");
    is_int(calls(), 0, "and nothing is kept");
    end();
}

static void test_hangup_while_ringing(void)
{
    begin();
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "an offer comes");
    peer_hangup(&a, "Normal", NULL);
    is_str(peer_wait(&b, WZP_SIGNAL_HANGUP), HANGUP("Normal"),
           "a hangup without id ends the caller's calls, and the callee learns which");
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "another offer comes");
    peer_hangup(&b, "Busy", ID);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Busy"), "the callee is busy");
    is_int(calls(), 0, "no call is left");
    end();
}

static void test_private_answer(void)
{
    struct wzp_signal setup = {0};
    const char *text;

    begin();
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "an offer comes");
    peer_answer(&b, ID, "AcceptGeneric");
    text = peer_wait(&a, WZP_SIGNAL_DIRECT_CALL_ANSWER);
    ok(text && !strstr(text, "addr") && strstr(text, "\"x_future\":7"),
       "the answer lost its addresses and nothing else: %s", text ? text : "(none)");
    ok(peer_wait_signal(&a, WZP_SIGNAL_CALL_SETUP, &setup), "CallSetup comes");
    ok(!setup.u.call_setup.peer_direct_addr && !setup.u.call_setup.peer_mapped_addr &&
           !setup.u.call_setup.peer_local_addrs.count,
       "without addresses of the callee");
    wzp_signal_fini(&setup);
    ok(peer_wait_signal(&b, WZP_SIGNAL_CALL_SETUP, &setup), "CallSetup for the callee");
    is_str(setup.u.call_setup.peer_direct_addr, "192.0.2.17:40001", "with the caller's address");
    wzp_signal_fini(&setup);
    end();
}

static void test_strangers(void)
{
    begin();
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) && peer_wait(&a, WZP_SIGNAL_CALL_RINGING),
       "a call rings");
    peer_answer(&c, ID, "AcceptTrusted");
    peer_hangup(&c, "Normal", ID);
    peer_hangup(&c, "Normal", NULL);
    peer_send(&c, "{\"MediaPathReport\":{\"call_id\":\"" ID "\",\"direct_ok\":true}}");
    peer_send(&c, "{\"CandidateUpdate\":{\"call_id\":\"" ID "\",\"generation\":3}}");
    peer_offer(&c, &a, ID);
    is_str(peer_wait(&c, WZP_SIGNAL_HANGUP), HANGUP("Error"), "an id that is taken is refused");
    peer_offer(&a, &b, ID);
    peer_offer(&a, &c, ID);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Error"),
           "to its own caller too, for somebody else");
    peer_answer(&a, ID, "AcceptTrusted");
    net_run(&net, WZP_SECOND);
    ok(a.inbox_read == a.inbox_count && b.inbox_read == b.inbox_count,
       "a third person, and the caller as answerer, change nothing");
    is_int(calls(), 1, "the call still rings");
    peer_answer(&b, ID, "AcceptTrusted");
    ok(peer_wait(&a, WZP_SIGNAL_CALL_SETUP) && peer_wait(&b, WZP_SIGNAL_CALL_SETUP),
       "the callee answers");
    peer_answer(&b, ID, "AcceptTrusted");
    peer_answer(&b, ID, "Reject");
    net_run(&net, WZP_SECOND);
    ok(!peer_has(&a, WZP_SIGNAL_CALL_SETUP) && !peer_has(&a, WZP_SIGNAL_HANGUP),
       "a second answer changes nothing");
    end();
}

static void test_bad_offers(void)
{
    static struct peer liar;
    char too_long[80];

    begin();
    liar = c;
    memcpy(liar.identity.fingerprint_text, a.identity.fingerprint_text,
           sizeof liar.identity.fingerprint_text);
    peer_offer(&liar, &b, ID);
    net_run(&net, WZP_SECOND);
    ok(!peer_has(&b, WZP_SIGNAL_DIRECT_CALL_OFFER), "an offer in another's name is dropped");
    for (char *p = c.identity.fingerprint_text; *p; p++)
        if (*p >= 'a' && *p <= 'f')
            *p = (char)(*p - 'a' + 'A');
    peer_offer(&c, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "another spelling of one's own is not");
    peer_hangup(&c, "Normal", ID);
    peer_offer(&a, &b, "Bad Id");
    ok(contains(peer_wait(&a, WZP_SIGNAL_HANGUP), "Error"),
       "an id that is no SNI label is refused");
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    peer_offer(&a, &b, too_long);
    ok(contains(peer_wait(&a, WZP_SIGNAL_HANGUP), "Error"), "a long one too");
    peer_offer(&a, &a, ID);
    ok(contains(peer_wait(&a, WZP_SIGNAL_HANGUP), "Busy"), "one cannot call oneself");
    for (unsigned i = 0; i < 10; i++) {
        char id[32];

        snprintf(id, sizeof id, "many-%u", i);
        peer_offer(&a, &b, id);
    }
    net_run(&net, WZP_SECOND);
    ok(contains(peer_wait(&a, WZP_SIGNAL_HANGUP), "many-0"), "who calls again and again");
    is_int(calls(), 1, "has one call that rings");
    for (unsigned i = 0; i < 40; i++) {
        char id[32];

        snprintf(id, sizeof id, "more-%u", i);
        peer_offer(&a, &b, id);
    }
    net_run(&net, WZP_SECOND);
    ok(contains(peer_wait_last(&a, WZP_SIGNAL_HANGUP), "Busy"),
       "too many calls at once are refused");
    end();
}

static void test_ring_timeout(void)
{
    begin();
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "an offer comes");
    net_run(&net, 58 * WZP_SECOND);
    ok(!peer_has(&a, WZP_SIGNAL_HANGUP), "58 s later it still rings");
    net_run(&net, 2 * WZP_SECOND);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Timeout"), "after 60 s the caller hears it");
    is_str(peer_wait(&b, WZP_SIGNAL_HANGUP), HANGUP("Timeout"), "and the callee");
    is_int(calls(), 0, "no call is left");
    end();
}

static void test_signal_lost(void)
{
    static struct peer again, impostor;

    begin();
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "an offer comes");
    peer_close(&a);
    is_str(peer_wait(&b, WZP_SIGNAL_HANGUP), HANGUP("Normal"),
           "the caller is gone: what only rings ends at once");
    end();

    begin();
    peer_offer(&a, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "an offer comes");
    peer_close(&b);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Error"),
           "the callee is gone: the caller is not told that it was declined");
    end();

    begin();
    connect_call("AcceptTrusted");
    peer_close(&a);
    net_run(&net, 10 * WZP_SECOND);
    ok(!peer_has(&b, WZP_SIGNAL_HANGUP), "a running call waits");
    peer_dial(&net, &again, "_signal", 1);
    ok(peer_register(&again, WZP_REGISTRATION_PLAIN), "the caller comes back");
    net_run(&net, 10 * WZP_SECOND);
    ok(!peer_has(&b, WZP_SIGNAL_HANGUP) && calls() == 1, "and the call goes on");
    peer_hangup(&b, "Normal", ID);
    ok(peer_wait(&again, WZP_SIGNAL_HANGUP) != NULL, "until it is hung up");
    end();

    begin();
    connect_call("AcceptTrusted");
    peer_close(&b);
    net_run(&net, 16 * WZP_SECOND);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Timeout"), "who stays away is hung up");
    end();

    begin();
    peer_offer(&c, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "a proven person calls");
    peer_answer(&b, ID, "AcceptTrusted");
    ok(peer_wait(&c, WZP_SIGNAL_CALL_SETUP) != NULL, "and is answered");
    peer_close(&c);
    peer_dial(&net, &impostor, "_signal", 3);
    ok(peer_register(&impostor, WZP_REGISTRATION_PLAIN), "somebody without proof takes the name");
    peer_hangup(&impostor, "Normal", ID);
    peer_hangup(&impostor, "Normal", NULL);
    net_run(&net, WZP_SECOND);
    ok(!peer_has(&b, WZP_SIGNAL_HANGUP) && calls() == 1, "but not the call");
    end();
}

static void test_proven_needs_binding(void)
{
    static struct peer plain, bound;

    begin();
    peer_offer(&c, &b, ID);
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "a proven person calls");
    peer_dial(&net, &plain, "call-" ID, 3);
    ok(!peer_join(&plain, false) && plain.closed, "an unbound CallOffer in its name is refused");
    peer_dial(&net, &bound, "call-" ID, 3);
    ok(peer_join(&bound, true), "a bound one is not");
    end();
}

static void test_slow_reader(void)
{
    struct wzp_relay_counters counters;

    begin();
    connect_call("AcceptTrusted");
    b.frozen = true;
    peer_forget(&a);
    /* The rate is within what one sender may send; the frozen peer's queue still fills. */
    for (unsigned i = 0; i < 260; i++) {
        peer_send(&a, "{\"CandidateUpdate\":{\"call_id\":\"" ID "\",\"generation\":3}}");
        net_run(&net, 55 * WZP_MILLISECOND);
        if (i % 20 == 0) {
            uint64_t asked = net.now;

            peer_send(&a, "\"Reflect\"");
            if (!peer_wait(&a, WZP_SIGNAL_REFLECT_RESPONSE) || net.now - asked > 3 * net.delay)
                ok(false, "others are not delayed");
        }
    }
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.registered, 2, "who does not read is closed");
    net_run(&net, 16 * WZP_SECOND);
    is_str(peer_wait(&a, WZP_SIGNAL_HANGUP), HANGUP("Timeout"), "and its call ends");
    end();
}

TAP_MAIN
{
    test_success();
    test_reject_and_offline();
    test_hangup_while_ringing();
    test_private_answer();
    test_strangers();
    test_bad_offers();
    test_ring_timeout();
    test_signal_lost();
    test_proven_needs_binding();
    test_slow_reader();
}
