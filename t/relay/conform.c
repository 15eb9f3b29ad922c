/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Assertions of the existing relay's own tests that no other test here covers: addresses that only
 * one side tells, Reflect for two clients, presence queries, counters. Numbers in test names are
 * those of the conformance list. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_client.h"
#include "lib_fake.h"
#include "tap.h"

#define ID "18a5f3c2b1d0e000"
#define KEY "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define SESSION_DRED "wzp_relay_session_dred_reconstructions_total"
#define CALLER "192.0.2.17:40001"
#define CALLEE "198.51.100.9:40002"

static struct net net;
static struct wzp_relay_config config;

/* One call between two registered people; an address that is NULL is left out. */
static void cross(const char *caller, const char *mode, const char *callee,
                  struct wzp_signal *to_caller, struct wzp_signal *to_callee)
{
    static struct peer a, b;
    char text[1024], address[64] = "";
    net_of_two(&net, &a, &b);
    if (caller)
        snprintf(address, sizeof address, ",\"caller_reflexive_addr\":\"%s\"", caller);
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"" ID "\",\"identity_pub\":" KEY
             ",\"ephemeral_pub\":" KEY ",\"signature\":[],\"supported_profiles\":[]%s}}",
             a.identity.fingerprint_text, b.identity.fingerprint_text, address);
    peer_send(&a, text);
    if (!peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER))
        bail("no offer arrives");
    address[0] = '\0';
    if (callee)
        snprintf(address, sizeof address, ",\"callee_reflexive_addr\":\"%s\"", callee);
    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"" ID "\",\"accept_mode\":\"%s\"%s}}", mode,
             address);
    peer_send(&b, text);
    if (!peer_wait_signal(&a, WZP_SIGNAL_CALL_SETUP, to_caller) ||
        !peer_wait_signal(&b, WZP_SIGNAL_CALL_SETUP, to_callee))
        bail("the call is not set up");
    net_fini(&net);
}

static const char *or_none(const char *text)
{
    return text ? text : "(none)";
}

static void test_addresses(void)
{
    static const struct {
        const char *what, *caller, *mode, *callee, *told_caller, *told_callee;
    } rows[] = {
        {"18: both tell", CALLER, "AcceptTrusted", CALLEE, CALLEE, CALLER},
        {"19: only the caller tells", CALLER, "AcceptGeneric", NULL, "(none)", CALLER},
        {"20: only the callee tells", NULL, "AcceptTrusted", CALLEE, CALLEE, "(none)"},
        {"21: neither tells", NULL, "AcceptTrusted", NULL, "(none)", "(none)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_signal caller = {0}, callee = {0};
        cross(rows[i].caller, rows[i].mode, rows[i].callee, &caller, &callee);
        is_str(or_none(caller.u.call_setup.peer_direct_addr), rows[i].told_caller,
               "%s: what the caller learns", rows[i].what);
        is_str(or_none(callee.u.call_setup.peer_direct_addr), rows[i].told_callee,
               "%s: what the callee learns", rows[i].what);
        ok(or_none(caller.u.call_setup.relay_addr)[0] && or_none(callee.u.call_setup.relay_addr)[0],
           "%s: both learn the relay", rows[i].what);
        wzp_signal_fini(&caller);
        wzp_signal_fini(&callee);
    }
}

/* Two clients of one relay ask from which address they are seen. */
static void test_reflection(void)
{
    static struct peer peers[2];
    net_init(&net, NULL);
    for (size_t i = 0; i < 2; i++) {
        struct wzp_signal reply = {0};
        char own[WZP_ADDR_TEXT_MAX];
        peer_dial(&net, &peers[i], "_signal", (uint8_t)(i + 1));
        if (!peer_register(&peers[i], WZP_REGISTRATION_PLAIN))
            bail("nobody registers");
        peer_send(&peers[i], "\"Reflect\"");
        if (!peer_wait_signal(&peers[i], WZP_SIGNAL_REFLECT_RESPONSE, &reply))
            bail("no answer");
        is_str(reply.u.reflect_response.observed_addr, wzp_addr_format(own, &peers[i].address),
               "26: each of two learns the own address and port");
        wzp_signal_fini(&reply);
    }
    net_fini(&net);
}

static struct wzp_relay *r;

static char shown[64 * 1024];

/* The HTTP answer for that path; valid until the next call. */
static const char *page(const char *path, uint64_t now)
{
    const char *type;
    char *body;
    size_t length;
    int status = wzp_relay_http(r, path, &body, &length, &type, now);
    if (status != 200 || length >= sizeof shown)
        bail("%s: %d", path, status);
    memcpy(shown, body, length + 1);
    wzp_free(body);
    return shown;
}

static void page_has(const char *path, const char *part, bool wanted, uint64_t now,
                     const char *what)
{
    ok((strstr(page(path, now), part) != NULL) == wanted, "%s", what);
}

static void route_is(const char *name, const char *part, uint64_t now, const char *what)
{
    char path[WZP_RELAY_KEY_MAX + 16];
    snprintf(path, sizeof path, "/route/%s", name);
    page_has(path, part, true, now, what);
}

static void open_mesh(void)
{
    wzp_relay_config_default(&config);
    config.probe_target_count = 2;
    snprintf(config.probe_targets[0], sizeof config.probe_targets[0], "198.51.100.1:4433");
    snprintf(config.probe_targets[1], sizeof config.probe_targets[1], "198.51.100.2:4433");
    r = fake_relay(&config);
}

static void test_who_is_where(void)
{
    static struct fake ann, bob, peer;
    static const char both[] = "{\"PresenceUpdate\":{\"fingerprints\":[\"aa:bb\",\"cc:dd\"],"
                               "\"relay_addr\":\"198.51.100.1:4433\"}}";
    char own[WZP_RELAY_KEY_MAX + 1], gossip[256];
    r = fake_relay(NULL);
    page_has("/mesh", "Target", true, 0, "84: the table of probes has its headings");
    page_has("/mesh", "(no probe targets configured)", true, 0, "84, 86: and the note of none");
    wzp_relay_free(r);
    open_mesh();
    page_has("/presence", "fingerprint", false, 0, "119: at the start nobody is here");
    fake_come(r, &ann, 1, WZP_REGISTRATION_SIGNED, 0);
    fake_come(r, &bob, 2, WZP_REGISTRATION_SIGNED, 0);
    fake_open_from(r, &peer, "_probe", "198.51.100.1:9", 0);
    snprintf(own, sizeof own, "%s", ann.client->name.text);
    route_is(own, "\"route\":\"local\"", 0, "69, 104, 109: who registered is local");
    route_is("ee:ff", "\"route\":\"not_found\",\"relay_chain\":[]", 0,
             "69, 106, 110: somebody unknown is nowhere");
    page_has("/presence", own, true, 0, "73: everybody is in the list");
    page_has("/presence", bob.client->name.text, true, 0, "73: the second one too");

    fake_send(r, &peer, both, 0);
    route_is("aabb", "\"route\":\"direct_peer\"", 0, "71, 105: whom a peer has is at that peer");
    route_is("ccdd", ",\"198.51.100.1:4433\"]", 0,
             "71, 107, 110: each of them, by a chain of two: more hops are never told");
    snprintf(gossip, sizeof gossip,
             "{\"PresenceUpdate\":{\"fingerprints\":[\"%s\"],\"relay_addr\":\"x\"}}", own);
    fake_send(r, &peer, gossip, 0);
    route_is(own, "\"route\":\"local\"", 0,
             "75: who is here is local, whoever else claims to have her");
    route_is("aabb", "not_found", 0, "76: a newer list replaces the older one");
    page_has("/peers", own, true, 0, "74: what a peer said is listed under it");
    page_has("/presence", "198.51.100.1", false, 0, "74: and she once, as ours");
    fake_send(r, &peer, both, 0);
    route_is("aabb", "not_found", 120 * WZP_SECOND,
             "72: what was said two minutes ago is forgotten");
    page_has("/peers", "aa:bb", false, 120 * WZP_SECOND, "72: with all that peer said");
    fake_gone(r, &ann, 0);
    route_is(own, "not_found", 0, "70: who leaves is no longer local");
    fake_gone(r, &bob, 0);
    fake_gone(r, &peer, 0);
    wzp_relay_free(r);
}

/* Reports of losses that a member's decoder repaired: they are totals, and an older one may arrive
 * late. */
static void test_recovered(void)
{
    static struct peer a;
    static const struct {
        unsigned dred, plc, want_dred, want_plc;
    } rows[] = {{10, 2, 10, 2}, {25, 5, 25, 5}, {5, 1, 25, 5}, {30, 8, 30, 8}};
    char text[300], session[40] = "";
    wzp_relay_config_default(&config);
    config.metrics_compat = true;
    net_init(&net, &config);
    peer_dial(&net, &a, "lounge", 1);
    if (!peer_join(&a, true))
        bail("nobody joins");
    r = net.relay;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text,
                 "{\"LossRecoveryUpdate\":{\"dred_reconstructions\":%u,"
                 "\"classical_plc_invocations\":%u,\"frames_decoded\":100}}",
                 rows[i].dred, rows[i].plc);
        peer_send(&a, text);
        net_run(&net, 100 * WZP_MILLISECOND);
        const char *at = strstr(page("/metrics", net.now), SESSION_DRED "{session_id=\"");
        unsigned dred = 0, plc = 0;
        if (at)
            sscanf(at, SESSION_DRED "{session_id=\"%39[0-9a-f]\"} %u", session, &dred);
        at = strstr(shown, "wzp_relay_session_classical_plc_total{");
        if (at && (at = strchr(at, '}')) != NULL)
            sscanf(at, "} %u", &plc);
        ok(dred == rows[i].want_dred && plc == rows[i].want_plc,
           "63: of a report of %u and %u, %u and %u are counted", rows[i].dred, rows[i].plc, dred,
           plc);
    }
    page_has("/metrics", session, true, net.now, "62: a session has series");
    peer_close(&a);
    net_run(&net, 3 * WZP_SECOND);
    page_has("/metrics", session, false, net.now, "62: which go with it");
    net_fini(&net);
}

TAP_MAIN
{
    test_addresses();
    test_reflection();
    test_who_is_where();
    test_recovered();
}
