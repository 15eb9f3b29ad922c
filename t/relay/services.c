/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Other functions of the whole relay: dispatch by server name, registration classes, tokens,
 * deadlines, bad input, HTTP, draining. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_client.h"
#include "relay/presence.h"
#include "tap.h"

static struct net net;
static struct wzp_relay_config config;

static void begin(void)
{
    net_init(&net, &config);
}

static void test_names(void)
{
    static struct peer ping, version, federation, unknown;

    wzp_relay_config_default(&config);
    begin();
    peer_dial(&net, &ping, "ping", 1);
    ok(ping.connected, "\"ping\" finishes the handshake");
    net_run(&net, 50 * WZP_MILLISECOND);
    ok(ping.closed && ping.why.code == 0, "and is closed at once, code 0");
    peer_dial(&net, &version, "version", 1);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_str(version.uni, "test-build", "\"version\" tells the build");
    ok(!version.closed, "and lingers");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(version.closed, "but not for long");
    peer_dial(&net, &federation, "_federation", 1);
    net_run(&net, 50 * WZP_MILLISECOND);
    ok(federation.connected && federation.closed, "\"_federation\" is closed");
    is_str(federation.why.reason, "federation not configured", "with a reason");
    peer_dial(&net, &unknown, "_relay", 1);
    net_run(&net, 50 * WZP_MILLISECOND);
    ok(unknown.connected && !unknown.closed, "another name with _ is a room like any other");
    net_fini(&net);
}

static void test_deadlines(void)
{
    static struct peer silent, wrong, broken, member;

    begin();
    peer_dial(&net, &silent, "_signal", 1);
    peer_dial(&net, &member, "lounge", 1);
    net_run(&net, 9 * WZP_SECOND);
    ok(!silent.closed && !member.closed, "9 s of silence are allowed");
    net_run(&net, 2 * WZP_SECOND);
    ok(silent.closed && member.closed, "113: more than 10 s are not");
    is_str(silent.why.reason, "no first message in time", "and the reason is told");
    peer_dial(&net, &wrong, "_signal", 1);
    peer_send(&wrong, "\"Reflect\"");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(wrong.closed, "another first message ends it");
    peer_dial(&net, &broken, "lounge", 1);
    peer_send(&broken, "{\"CallOffer\":{\"identity_pub\":[1,2,3]}}");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(broken.closed, "so does a malformed one");
    net_fini(&net);
}

static void test_bad_signature(void)
{
    static struct peer peer;
    struct wzp_signal offer = {0};
    struct wzp_handshake state;
    uint8_t signature[64], exporter[32];

    begin();
    peer_dial(&net, &peer, "lounge", 1);
    if (peer.conn &&
        wzp_quic_conn_export(peer.conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0) == 0) {
        wzp_handshake_offer(&state, &offer, signature, &peer.identity, exporter, "lounge",
                            &net.random);
        signature[5] ^= 1;
        peer_send_signal(&peer, &offer);
    }
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(peer.closed, "17: a CallOffer with a wrong signature is refused");
    net_fini(&net);
}

/* True when a later RegisterPresenceAck arrives with this content. */
static bool told(struct peer *peer, bool success, const char *error)
{
    struct wzp_signal ack = {0};
    if (!peer_wait_signal(peer, WZP_SIGNAL_REGISTER_PRESENCE_ACK, &ack))
        return false;
    const char *why = ack.u.register_presence_ack.error;
    bool good = ack.u.register_presence_ack.success == success &&
                strncmp(why ? why : "", error, strlen(error)) == 0;
    wzp_signal_fini(&ack);
    return good;
}

static void test_registration(void)
{
    static struct peer anonymous, plain, proven, proven_again, third, late;
    struct wzp_relay_counters counters;
    struct wzp_signal reply = {0};
    char address[WZP_ADDR_TEXT_MAX];

    snprintf(config.region, sizeof config.region, "eu-west");
    config.peer_count = 1;
    snprintf(config.peers[0].url, sizeof config.peers[0].url, "10.0.0.5:4433");
    snprintf(config.peers[0].label, sizeof config.peers[0].label, "Relay B");
    memset(config.peers[0].fingerprint, 0x61, 64);
    begin();
    peer_dial(&net, &anonymous, "_signal", 1);
    ok(peer_register(&anonymous, WZP_REGISTRATION_ANONYMOUS), "28: a zero key gets its ack");
    peer_send(&anonymous, "\"Reflect\"");
    ok(peer_wait_signal(&anonymous, WZP_SIGNAL_REFLECT_RESPONSE, &reply),
       "25, 28: and its address");
    is_str(reply.u.reflect_response.observed_addr, wzp_addr_format(address, &anonymous.address),
           "the right one");
    wzp_signal_fini(&reply);
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.registered, 0, "but is not listed");
    peer_offer(&anonymous, &anonymous, "abc");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(!anonymous.closed && anonymous.inbox_read == anonymous.inbox_count,
       "what it may not send is ignored");

    peer_dial(&net, &plain, "_signal", 2);
    ok(peer_register(&plain, WZP_REGISTRATION_PLAIN), "a plain registration");
    peer_dial(&net, &proven, "_signal", 2);
    ok(peer_register(&proven, WZP_REGISTRATION_PROVEN), "gives way to a proven one");
    net_run(&net, 100 * WZP_MILLISECOND);
    is_str(plain.closed ? plain.why.reason : "", WZP_RELAY_GIVES_WAY, "and is closed");
    peer_dial(&net, &late, "_signal", 2);
    ok(!peer_register(&late, WZP_REGISTRATION_PLAIN), "which no plain one displaces");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(late.closed && !proven.closed, "the loser is closed");
    peer_dial(&net, &proven_again, "_signal", 2);
    ok(peer_register(&proven_again, WZP_REGISTRATION_PROVEN), "an equal one takes over");
    ok(told(&proven, false, WZP_DISPLACED_WORD), "and the first one is told");
    peer_dial(&net, &third, "_signal", 2);
    ok(peer_register(&third, WZP_REGISTRATION_PROVEN), "then a third one");
    peer_close(&proven);
    peer_offer(&third, &plain, "abc");
    net_run(&net, 100 * WZP_MILLISECOND);
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.registered, 1, "the end of the oldest one removes nothing");
    peer_forget(&proven_again);
    peer_close(&third);
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.registered, 1, "the end of the newest one gives the second its place back");
    ok(told(&proven_again, true, ""), "which is told");
    peer_close(&proven_again);
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.registered, 0, "the end of the last one leaves nobody");
    net_fini(&net);
}

static void test_ack(void)
{
    static struct peer peer;
    struct wzp_signal message = {.type = WZP_SIGNAL_REGISTER_PRESENCE}, ack;
    uint8_t signature[64], exporter[32] = {0};
    int proven = 0;

    begin();
    peer_dial(&net, &peer, "_signal", 1);
    if (peer.conn)
        (void)wzp_quic_conn_export(peer.conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0);
    wzp_register_make(&message, signature, &peer.identity, exporter);
    peer_send_signal(&peer, &message);
    if (!peer_wait_signal(&peer, WZP_SIGNAL_REGISTER_PRESENCE_ACK, &ack))
        bail("no ack");
    ok(ack.u.register_presence_ack.success, "success");
    is_str(ack.u.register_presence_ack.relay_build, "test-build", "build");
    is_str(ack.u.register_presence_ack.relay_region, "eu-west", "region");
    is_int(ack.u.register_presence_ack.available_relays.count, 1, "other relays");
    is_str(ack.u.register_presence_ack.available_relays.items[0], "Relay B|10.0.0.5:4433",
           "as label and address");
    ok(wzp_register_ack_check(&proven, &ack, exporter, NULL) == 0 && proven,
       "and the relay's proof of identity");
    wzp_signal_fini(&ack);
    net_fini(&net);
    wzp_relay_config_default(&config);
}

static void test_tokens(void)
{
    static struct peer named, refused, early, forgotten, mismatch;
    static struct peer target;
    struct wzp_relay_counters counters;

    wzp_relay_config_default(&config);
    snprintf(config.auth_url, sizeof config.auth_url, "https://chat.example/validate");
    begin();
    peer_dial(&net, &early, "_signal", 1);
    ok(!peer_register(&early, WZP_REGISTRATION_PLAIN) && early.closed && early.why.code == 2,
       "no token, no entry, and the number says why");

    peer_dial(&net, &named, "_signal", 2);
    peer_send(&named, "{\"AuthToken\":{\"token\":\"secret\"}}");
    net_run(&net, 20 * WZP_MILLISECOND);
    is_str(net.token, "secret", "16: the host is asked with the token as it came");
    peer_send(&named, "{\"RegisterPresence\":{\"identity_pub\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                      "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"signature\":[],\"alias\":null}}");
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(named.inbox_count, 0, "what comes meanwhile waits");
    wzp_relay_auth_result(net.relay, net.request + 1000, "x", net.now);
    wzp_relay_auth_result(net.relay, net.request, "MANWE-1", net.now);
    ok(peer_wait(&named, WZP_SIGNAL_REGISTER_PRESENCE_ACK) != NULL, "and is then done");

    peer_dial(&net, &target, "_signal", 4);
    peer_send(&target, "{\"AuthToken\":{\"token\":\"t\"}}");
    net_run(&net, 20 * WZP_MILLISECOND);
    wzp_relay_auth_result(net.relay, net.request, target.identity.fingerprint_text, net.now);
    ok(peer_register(&target, WZP_REGISTRATION_PROVEN), "a token for one's own key");
    peer_offer(&named, &target, "abc");
    {
        const char *text = peer_wait(&target, WZP_SIGNAL_DIRECT_CALL_OFFER);

        ok(text && strstr(text, "\"caller_fingerprint\":\"MANWE-1\"") && strstr(text, "x_future"),
           "the token's name replaces the one in the offer");
    }

    peer_dial(&net, &mismatch, "_signal", 5);
    peer_send(&mismatch, "{\"AuthToken\":{\"token\":\"t\"}}");
    net_run(&net, 20 * WZP_MILLISECOND);
    wzp_relay_auth_result(net.relay, net.request, "somebody-else", net.now);
    ok(!peer_register(&mismatch, WZP_REGISTRATION_PROVEN), "a proof for another name is refused");

    peer_dial(&net, &refused, "lounge", 3);
    peer_send(&refused, "{\"AuthToken\":{\"token\":\"bad\"}}");
    net_run(&net, 20 * WZP_MILLISECOND);
    wzp_relay_auth_result(net.relay, net.request, NULL, net.now);
    net_run(&net, 50 * WZP_MILLISECOND);
    ok(refused.closed && refused.why.code == 2,
       "a refused token ends the connection, with its number");
    peer_dial(&net, &forgotten, "lounge", 3);
    peer_send(&forgotten, "{\"AuthToken\":{\"token\":\"slow\"}}");
    net_run(&net, 11 * WZP_SECOND);
    ok(forgotten.closed, "no result in 10 s is a refusal");
    wzp_relay_auth_result(net.relay, net.request, "late", net.now);
    wzp_relay_counters(net.relay, &counters);
    is_int(counters.registered, 2, "two are registered");
    net_fini(&net);
    wzp_relay_config_default(&config);
}

static void test_bad_messages(void)
{
    static struct peer peer, other;
    static char long_text[70000];
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "null",
        "\"Ping\"",
        "{\"Ping\":{\"timestamp_ms\":-1}}",
        "{\"Ping\":{\"timestamp_ms\":1,\"timestamp_ms\":1}}",
        "{\"Hangup\":{\"reason\":\"Whatever\"}}",
        "{\"DirectCallAnswer\":{\"call_id\":\"\",\"accept_mode\":\"AcceptTrusted\"}}",
        "{\"RegisterPresence\":{\"identity_pub\":[],\"signature\":[]}}",
        "{\"FederationHello\":{\"tls_fingerprint\":\"x\"}}",
        "{\"Unknown\":{\"x\":1}}",
        "\"\\ud800\"",
        "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"\\u0000\"}}",
    };

    begin();
    peer_dial(&net, &peer, "_signal", 1);
    peer_dial(&net, &other, "_signal", 2);
    ok(peer_register(&peer, WZP_REGISTRATION_PLAIN) &&
           peer_register(&other, WZP_REGISTRATION_PLAIN),
       "two register");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        peer_send(&peer, texts[i]);
        net_run(&net, 100 * WZP_MILLISECOND);
    }
    memset(long_text, ' ', sizeof long_text - 1);
    memcpy(long_text, "\"Reflect\"", 9);
    peer_send(&peer, long_text);
    ok(!peer_wait(&peer, WZP_SIGNAL_REFLECT_RESPONSE),
       "Reflect in 70 kB is too long for what it is");
    peer_send(&peer, "\"Reflect\"");
    ok(peer_wait(&peer, WZP_SIGNAL_REFLECT_RESPONSE) != NULL, "after all that it is answered");
    snprintf(long_text, sizeof long_text, "{\"Hangup\":{\"reason\":\"Normal\",\"x\":\"%060000d\"}}",
             0);
    peer_send(&peer, long_text);
    net_run(&net, 500 * WZP_MILLISECOND);
    ok(!peer.closed && other.inbox_read == other.inbox_count, "nobody else noticed");
    for (unsigned i = 0; i < 500; i++) {
        peer_send(&peer, "{\"Ping\":{\"timestamp_ms\":1}}");
        net_run(&net, WZP_MILLISECOND);
    }
    net_run(&net, WZP_SECOND);
    ok(peer.closed, "who never stops is cut off");
    ok(!other.closed, "others are not");
    net_fini(&net);
}

static void test_probe(void)
{
    static struct peer stranger, known, person;
    const char *type;
    char *body;
    size_t length;

    wzp_relay_config_default(&config);
    config.probe_target_count = 1;
    snprintf(config.probe_targets[0], sizeof config.probe_targets[0], "198.51.100.250:4433");
    begin();
    peer_dial(&net, &person, "_signal", 7);
    ok(peer_register(&person, WZP_REGISTRATION_PLAIN), "somebody is here");
    peer_dial(&net, &stranger, "_probe", 1);
    peer_send(&stranger, "{\"Ping\":{\"timestamp_ms\":7}}");
    ok(peer_wait(&stranger, WZP_SIGNAL_PONG) != NULL, "a stranger's Ping is answered");
    peer_send(&stranger,
              "{\"PresenceUpdate\":{\"fingerprints\":[\"aa:bb\"],\"relay_addr\":\"1.2.3.4:5\"}}");
    peer_send(&stranger, "{\"RouteQuery\":{\"fingerprint\":\"aa:bb\",\"ttl\":1}}");
    net_run(&net, 200 * WZP_MILLISECOND);
    is_str(peer_wait(&stranger, WZP_SIGNAL_PRESENCE_UPDATE),
           "{\"PresenceUpdate\":{\"fingerprints\":[],\"relay_addr\":\"192.0.2.9:4433\"}}",
           "its gossip is answered with nobody");
    is_str(peer_wait(&stranger, WZP_SIGNAL_ROUTE_RESPONSE),
           "{\"RouteResponse\":{\"fingerprint\":\"aa:bb\",\"found\":false,\"relay_chain\":[]}}",
           "106: and its question with no route");
    /* The known relay connects from the configured IP. Peers are numbered in order, so the
     * configuration is made to fit the next one. */
    snprintf(config.probe_targets[0], sizeof config.probe_targets[0], "%s", "");
    net_fini(&net);

    {
        char address[WZP_ADDR_TEXT_MAX];
        struct wzp_addr next = stranger.address;

        next.u.in.sin_addr.s_addr =
            htonl(ntohl(next.u.in.sin_addr.s_addr) + 1); /* the address of the next peer */
        snprintf(config.probe_targets[0], sizeof config.probe_targets[0], "%s",
                 wzp_addr_format(address, &next));
    }
    begin();
    peer_dial(&net, &known, "_probe", 1);
    peer_dial(&net, &person, "_signal", 7);
    ok(peer_register(&person, WZP_REGISTRATION_PLAIN), "somebody is here");
    peer_send(&known,
              "{\"PresenceUpdate\":{\"fingerprints\":[\"aa:bb\"],\"relay_addr\":\"1.2.3.4:5\"}}");
    {
        const char *text = peer_wait(&known, WZP_SIGNAL_PRESENCE_UPDATE);

        ok(text && strstr(text, person.identity.fingerprint_text) && strstr(text, "192.0.2.9:4433"),
           "a configured relay learns who is here, under our own address");
    }
    peer_send(&known, "{\"RouteQuery\":{\"fingerprint\":\"AABB\",\"ttl\":1}}");
    ok(peer_wait(&known, WZP_SIGNAL_ROUTE_RESPONSE) != NULL, "and routes");
    is_int(wzp_relay_http(net.relay, "/route/aa%3Abb", &body, &length, &type, net.now), 200,
           "which HTTP shows");
    ok(strstr(body, "direct_peer") != NULL, "105, 109: as a direct peer");
    wzp_free(body);
    net_fini(&net);
    wzp_relay_config_default(&config);
}

static void test_http(void)
{
    static struct peer a, b;
    static const char *const names[] = {
        "wzp_relay_active_sessions 2\n",
        "wzp_relay_active_rooms 1\n",
        "# TYPE wzp_relay_packets_forwarded_total counter\nwzp_relay_packets_forwarded_total 1\n",
        "wzp_relay_bytes_forwarded_total 60\n",
        "wzp_relay_auth_attempts_total{result=\"ok\"} 0\n",
        "wzp_relay_handshake_duration_seconds_bucket{le=\"+Inf\"} 2\n",
        "wzp_relay_handshake_duration_seconds_count 2\n",
        "wzp_relay_session_rtt_ms{session_id=\"0100000000000000",
        "wzp_relay_session_loss_pct{",
        "wzp_relay_reported_rtt_ms{stat=\"mean\"} 100\n",
        "wzp_relay_session_dred_reconstructions_total{",
        "wzp_relay_udp_packets_in_total ",
        "# TYPE wzp_federation_peer_status gauge\n",
        "# TYPE wzp_federation_peer_rtt_ms gauge\n",
        "# TYPE wzp_federation_packets_forwarded_total counter\n",
        "# TYPE wzp_federation_packets_deduped_total counter\n",
        "# TYPE wzp_federation_packets_rate_limited_total counter\n",
        "wzp_federation_active_rooms 0\n"};
    struct wzp_quality_report report = {128, 25, 0, 0};
    const char *type;
    char *body;
    size_t length;

    config.metrics_compat = true;
    begin();
    peer_dial(&net, &a, "lounge", 1);
    peer_dial(&net, &b, "lounge", 2);
    ok(peer_join(&a, true) && peer_join(&b, true), "two join");
    peer_frame(&a, 1, 60, &report);
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(wzp_relay_http(net.relay, "/metrics", &body, &length, &type, net.now), 200, "/metrics");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ok(strstr(body, names[i]) != NULL, "60, 64: has %.60s", names[i]);
    ok(strstr(body, "} 100\n") != NULL, "61: a round trip of 25 units is 100 ms");
    is_int(length, strlen(body), "length is right");
    wzp_free(body);
    is_int(wzp_relay_http(net.relay, "/healthz", &body, &length, &type, net.now), 200, "/healthz");
    is_str(body, "ok\n", "is fine");
    wzp_free(body);
    is_int(wzp_relay_http(net.relay, "/presence?x=1", &body, &length, &type, net.now), 200,
           "/presence");
    ok(strstr(body, a.identity.fingerprint_text) != NULL, "lists members of rooms");
    wzp_free(body);
    is_int(wzp_relay_http(net.relay, "/presence/nobody", &body, &length, &type, net.now), 200,
           "/presence/<fp>");
    is_str(body, "{\"fingerprint\":\"nobody\",\"location\":null}\n", "unknown");
    wzp_free(body);
    is_int(wzp_relay_http(net.relay, "/mesh", &body, &length, &type, net.now), 200, "/mesh");
    wzp_free(body);
    is_int(wzp_relay_http(net.relay, "/peers", &body, &length, &type, net.now), 200, "/peers");
    is_str(body, "[]\n", "none");
    wzp_free(body);
    is_int(wzp_relay_http(net.relay, "/metricsx", &body, &length, &type, net.now), 404, "no path");
    wzp_free(body);
    wzp_relay_drain(net.relay, net.now);
    is_int(wzp_relay_http(net.relay, "/readyz", &body, &length, &type, net.now), 503,
           "not ready while draining");
    wzp_free(body);
    net_fini(&net);
    config.metrics_compat = false;
}

static void test_drain(void)
{
    static struct peer a, b, room, late, frozen;
    uint64_t from;

    begin();
    peer_dial(&net, &a, "_signal", 1);
    peer_dial(&net, &b, "_signal", 2);
    ok(peer_register(&a, WZP_REGISTRATION_PLAIN) && peer_register(&b, WZP_REGISTRATION_PLAIN),
       "two register");
    peer_dial(&net, &room, "lounge", 3);
    ok(peer_join(&room, true), "one is in a room");
    peer_dial(&net, &frozen, "lounge", 4);
    ok(peer_join(&frozen, true), "and one that will not answer");
    frozen.frozen = true;
    peer_offer(&a, &b, "abc");
    ok(peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER) != NULL, "a call rings");
    from = net.now;
    wzp_relay_drain(net.relay, net.now);
    ok(!wzp_relay_drained(net.relay), "draining takes a moment");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(peer_has(&b, WZP_SIGNAL_HANGUP) && peer_has(&a, WZP_SIGNAL_HANGUP), "the call is hung up");
    ok(a.closed && b.closed && room.closed, "everybody is closed");
    is_str(room.why.reason, "shutdown", "with a reason");
    is_int(room.why.code, 3, "and its number");
    net_run(&net, 2 * WZP_SECOND);
    ok(wzp_relay_drained(net.relay), "it is done after 2 s at the latest (%.1f s)",
       (double)(net.now - from) / 1e9);
    peer_dial(&net, &late, "lounge", 5);
    ok(!late.connected || late.closed, "newcomers are refused");
    net_fini(&net);
}

TAP_MAIN
{
    test_names();
    test_deadlines();
    test_bad_signature();
    test_registration();
    test_ack();
    test_tokens();
    test_bad_messages();
    test_probe();
    test_http();
    test_drain();
}
