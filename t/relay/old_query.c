/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether somebody is registered at an existing relay. Such a relay never refuses an offer, but it
 * can be queried on a probe connection, and its answer is true when it does not check tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_client.h"
#include "lib_link.h"
#include "relay/state.h"
#include "tap.h"

#define PLACE "203.0.113.3:4433"
#define SEED 201
#define FAR "9999:1111:2222:3333:4444:5555:6666:7777"

/* A stand-in for an existing relay, with its link and its answers to queries. */
static struct stand {
    struct wzp_quic_endpoint *endpoint;
    struct wzp_certificate certificate;
    struct wzp_sim_host *host;
    struct wzp_quic_conn *link;
    bool wants_tokens, is_mute, is_like_ours;
    const char *chain; /* the relay chain in its answer; NULL: it knows nobody */
    unsigned probes;   /* connections that are open */
    unsigned trials, questions, offers, hangups;
} old;
static struct net net;
static struct peer ann;

static void answer(struct wzp_quic_conn *conn, const char *text, uint64_t now)
{
    (void)wzp_quic_conn_send_signal(conn, text, strlen(text), now);
}

static void on_trial(struct wzp_quic_conn *conn, uint64_t now)
{
    old.trials++;
    if (old.wants_tokens)
        wzp_quic_conn_close(conn, 0, "", true, now);
    else
        answer(conn,
               old.is_like_ours
                   ? "{\"RegisterPresenceAck\":{\"success\":true,\"watch_limit\":3}}"
                   : "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":\"9377a90\"}}",
               now);
}

static void on_question(struct wzp_quic_conn *conn, const char *text, uint64_t now)
{
    char said[512];
    old.questions++;
    if (old.is_mute || !strstr(text, FAR))
        return;
    snprintf(said, sizeof said,
             "{\"RouteResponse\":{\"fingerprint\":\"" FAR "\",\"found\":%s,"
             "\"relay_chain\":[%s]}}",
             old.chain ? "true" : "false", old.chain ? old.chain : "");
    answer(conn, said, now);
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    (void)owner;
    (void)user;
    (void)length;
    if (strcmp(wzp_quic_conn_sni(conn), "_federation") == 0) {
        old.link = conn;
        old.offers += strstr(text, "DirectCallOffer") && !strstr(text, "Hangup");
        old.hangups += strstr(text, "\"Hangup\"") != NULL;
    } else if (strstr(text, "RegisterPresence")) {
        on_trial(conn, now);
    } else if (strstr(text, "RouteQuery")) {
        on_question(conn, text, now);
    }
}

static void on_accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    (void)owner;
    (void)now;
    bool is_probe = strcmp(wzp_quic_conn_sni(conn), "_probe") == 0;
    wzp_quic_conn_set_user(conn, is_probe ? &old : NULL);
    old.probes += is_probe;
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    (void)owner;
    (void)conn;
    (void)why;
    (void)now;
    old.probes -= user != NULL;
}

static void raise_old(void)
{
    const struct wzp_quic_config config = {
        .callbacks = {.accepted = on_accepted, .signal = on_signal, .closed = on_closed},
        .random = net.random,
        .certificate = &old.certificate};
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
    struct wzp_driver driver;
    struct wzp_error err = {0};
    if (wzp_quic_endpoint_new(&old.endpoint, &config, &err))
        bail("no endpoint: %s", err.text);
    wzp_quic_endpoint_driver(&driver, old.endpoint);
    if (wzp_sim_attach(net.sim, &old.host, PLACE, &driver, &line, &line))
        bail("no place for an existing relay");
}

/* Ann is at our relay, which dials an existing one with these properties. */
static void begin(const struct stand *like)
{
    struct wzp_relay_config *config = malloc(sizeof *config);
    if (!config)
        bail("no memory");
    wzp_relay_config_default(config);
    config->peer_count = 1;
    snprintf(config->peers[0].url, sizeof config->peers[0].url, PLACE);
    snprintf(config->peers[0].label, sizeof config->peers[0].label, "Old");
    link_fingerprint(config->peers[0].fingerprint, SEED);
    net_init(&net, config);
    free(config);
    old = *like;
    link_certificate(&old.certificate, SEED);
    raise_old();
    net_run(&net, 5 * WZP_SECOND);
    if (!old.link)
        bail("no link");
    peer_dial(&net, &ann, "_signal", 1);
    if (!peer_register(&ann, WZP_REGISTRATION_PROVEN))
        bail("Ann is not registered");
}

static void end(void)
{
    wzp_sim_detach(net.sim, old.host);
    wzp_quic_endpoint_free(old.endpoint);
    net_fini(&net);
}

static void call(const char *id)
{
    char text[1024];
    static const char zeros[] = "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]";
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"" FAR "\",\"call_id\":\"%s\",\"identity_pub\":%s,"
             "\"ephemeral_pub\":%s,\"signature\":[],\"supported_profiles\":[]}}",
             ann.identity.fingerprint_text, id, zeros, zeros);
    peer_forget(&ann);
    peer_send(&ann, text);
}

/* Waits until Ann is told something of that type, at most `limit`; returns the ms it took, or -1.
 */
static int told_after(enum wzp_signal_type type, uint64_t limit)
{
    uint64_t began = net.now;
    while (!peer_has(&ann, type) && wzp_time_since(net.now, began) < limit)
        net_run(&net, 5 * WZP_MILLISECOND);
    return peer_has(&ann, type) ? (int)(wzp_time_since(net.now, began) / WZP_MILLISECOND) : -1;
}

static bool is_told_normal(void)
{
    const char *text = peer_wait(&ann, WZP_SIGNAL_HANGUP);
    return text && strstr(text, "\"Normal\"");
}

static void test_unknown(void)
{
    begin(&(struct stand){0});
    is_int(old.trials, 1, "an existing relay that is linked is tried once");
    is_int(old.questions, 0, "and asked nothing before somebody calls");
    call("c1");
    int after = told_after(WZP_SIGNAL_HANGUP, 2 * WZP_SECOND);
    ok(after >= 0 && after <= 300,
       "a callee whom no relay knows, an existing one among them: the caller hears so (%d ms)",
       after);
    ok(!peer_has(&ann, WZP_SIGNAL_CALL_RINGING), "and not that it rings");
    ok(is_told_normal() && !wzp_relay_calls_get(&net.relay->calls, "c1"), "the call is over");
    is_int(old.offers, 1, "though it had the offer");
    net_run(&net, WZP_SECOND);
    is_int(old.probes, 0, "and the connection that was asked by");
    call("c2");
    call("c3");
    after = told_after(WZP_SIGNAL_HANGUP, 2 * WZP_SECOND);
    ok(after >= 0 && after <= 300 && is_told_normal() && is_told_normal(),
       "two who call at once hear it, too (%d ms)", after);
    is_int(old.trials, 1, "and for that nothing is tried again");
    end();
}

static void test_known(void)
{
    begin(&(struct stand){.chain = "\"0.0.0.0:4433\""});
    call("c1");
    int after = told_after(WZP_SIGNAL_CALL_RINGING, 2 * WZP_SECOND);
    ok(after >= 0 && after <= 300, "a callee whom it knows rings (%d ms)", after);
    net_run(&net, 10 * WZP_SECOND);
    ok(wzp_relay_calls_get(&net.relay->calls, "c1") && !peer_has(&ann, WZP_SIGNAL_HANGUP),
       "for as long as anybody's");
    end();
    begin(&(struct stand){.chain = "\"0.0.0.0:4433\",\"192.0.2.77:4433\""});
    call("c1");
    ok(told_after(WZP_SIGNAL_HANGUP, 2 * WZP_SECOND) >= 0,
       "one whom it only knows to be elsewhere does not: it passes no offer on");
    end();
}

/* The call rings as it does without a query: at once, or when the answer to the query is late. */
static void test_unsure(const struct stand *like, int latest, const char *when)
{
    begin(like);
    call("c1");
    int after = told_after(WZP_SIGNAL_CALL_RINGING, 2 * WZP_SECOND);
    ok(after >= 0 && after <= latest, "%s: it rings (%d ms)", when, after);
    net_run(&net, 10 * WZP_SECOND);
    ok(wzp_relay_calls_get(&net.relay->calls, "c1") && !peer_has(&ann, WZP_SIGNAL_HANGUP),
       "and goes on, whatever it says");
    end();
}

TAP_MAIN
{
    test_unknown();
    test_known();
    test_unsure(&(struct stand){.wants_tokens = true}, 50,
                "an existing relay with tokens may know nothing of who has left a room");
    test_unsure(&(struct stand){.is_like_ours = true}, 50,
                "one of ours that is taken for an existing one tells strangers nothing");
    test_unsure(&(struct stand){.is_mute = true}, 800, "one that does not answer");
}
