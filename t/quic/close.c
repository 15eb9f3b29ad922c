/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How connections end: codes and reasons both ways, flushing, late packets, restarts, limits,
 * Retry, versions. */
#include <stdio.h>
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

static void test_reasons(bool by_server)
{
    struct net net;
    struct node client, server;
    net_init(&net, 51);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 3 * WZP_SECOND);
    struct node *from = by_server ? &server : &client, *to = by_server ? &client : &server;
    struct wzp_quic_conn *conn = from->conn;
    wzp_quic_conn_close(conn, 42, "hang up\x1b[31m\n", false, net.now);
    wzp_quic_conn_close(conn, 43, "again", false, net.now);
    ok(!wzp_quic_conn_is_established(conn), "closing");
    is_int(wzp_quic_conn_send_datagram(conn, "x", 1, 0, net.now), WZP_E_CLOSED, "no datagrams");
    is_int(wzp_quic_conn_send_signal(conn, "x", 1, net.now), WZP_E_CLOSED, "no signals");
    is_int(from->closed, 0, "the owner is not called from inside its call");
    net_run(&net, WZP_SECOND);
    is_int(from->closed, 1, "closed here");
    is_int(from->why.kind, WZP_QUIC_CLOSE_LOCAL, "by us");
    is_int(from->why.code, 42, "our code");
    is_int(to->closed, 1, "closed there");
    is_int(to->why.kind, WZP_QUIC_CLOSE_PEER, "by the peer");
    is_int(to->why.code, 42, "with its code");
    is_str(to->why.reason, "hang up?[31m?", "and its reason, made safe");
    net_run(&net, 5 * WZP_SECOND);
    is_int(wzp_quic_endpoint_expiry(client.ep), WZP_NEVER, "nothing is left at the client");
    is_int(wzp_quic_endpoint_expiry(server.ep), WZP_NEVER, "nor at the server");
    is_int(server.ep->routes.count + client.ep->routes.count, 0, "no connection ID either");
    is_int(server.ep->tokens.count + client.ep->tokens.count, 0, "no reset token");
    net_fini(&net);
}

static void test_flush(void)
{
    struct net net;
    struct node client, server;
    static char text[20000];
    memset(text, 'q', sizeof text);
    net_init(&net, 52);
    net_pair(&net, &client, &server, "room");
    wzp_quic_conn_send_signal(node_conn(&client), text, sizeof text, net.now);
    wzp_quic_conn_send_signal(node_conn(&client), "\"Hangup\"", 8, net.now);
    wzp_quic_conn_close(node_conn(&client), 0, "bye", true, net.now);
    net_run(&net, 2 * WZP_SECOND);
    is_int(server.signal_count, 2, "what was queued is flushed before the end");
    is_str(server.why.reason, "bye", "then it ends");
    node_dial(&client, &server, "room");
    net_run(&net, WZP_SECOND);
    wzp_quic_conn_send_datagram(node_conn(&client), "last words", 10, 0, net.now);
    wzp_quic_conn_close(node_conn(&client), 0, "bye", true, net.now);
    net_run(&net, WZP_SECOND);
    ok(server.datagram_count == 1 && server.datagram_length == 10,
       "a datagram that was queued leaves before the end");
    is_int(server.closed, 2, "which does not wait for anything else");
    node_dial(&client, &server, "room");
    net_run(&net, WZP_SECOND);
    wzp_quic_conn_send_signal(node_conn(&client), "lost", 4, net.now);
    net.loss = 1;
    uint64_t start = net.now;
    wzp_quic_conn_close(node_conn(&client), 0, "bye", true, net.now);
    net_until(&net, &client.closed, 3, 5 * WZP_SECOND);
    is_near((double)(net.now - start) / 1e9, 1, 0.1, "flushing takes a second at most");
    net_fini(&net);
}

/* The first CONNECTION_CLOSE is lost; the peer's next packets bring it again, not without end. */
static void test_late_packets(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 53);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 3 * WZP_SECOND);
    wzp_quic_conn_close(node_conn(&server), 7, "full", false, net.now);
    net.loss = 1;
    net_flush(&net);
    net.loss = 0;
    wzp_quic_conn_send_datagram(node_conn(&client), "still here", 10, 0, net.now);
    net_until(&net, &client.closed, 1, 200 * WZP_MILLISECOND);
    is_int(client.why.code, 7, "a late packet is told again");
    is_str(client.why.reason, "full", "with the reason");
    net_fini(&net);

    net_init(&net, 54);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 3 * WZP_SECOND);
    wzp_quic_conn_close(node_conn(&server), 7, "full", false, net.now);
    net.loss = 1;
    net_flush(&net);
    uint64_t packets = server.packets;
    net.loss = 0;
    net.delay = 0;
    struct wzp_addr nowhere;
    wzp_addr_from_ip4(&nowhere, (uint8_t[]){10, 99, 0, 1}, 1);
    uint8_t junk[100] = {0x40};
    memcpy(junk + 1, server.ep->tombstones->cids[1].data, 8);
    for (int i = 0; i < 1000; i++) {
        net_inject(&net, &nowhere, &server.addr, junk, sizeof junk);
        net_run(&net, WZP_MILLISECOND / 100);
    }
    note("%llu answers", (unsigned long long)(server.packets - packets));
    ok(server.packets - packets <= 9, "a thousand late packets get few answers");
    net_fini(&net);
}

static void test_restart(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 55);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 3 * WZP_SECOND);
    node_restart(&server, NULL);
    wzp_quic_conn_send_datagram(node_conn(&client), "are you there", 13, 0, net.now);
    net_until(&net, &client.closed, 1, 60 * WZP_SECOND);
    is_int(client.why.kind, WZP_QUIC_CLOSE_RESET, "a restarted server resets old connections");
    uint64_t start = net.now;
    ok(start < 1010 * WZP_SECOND, "at the next packet");
    node_dial(&client, &server, "room");
    ok(net_until(&net, &client.connected, 2, WZP_SECOND), "and takes new ones");
    /* A reset that somebody made up. */
    uint8_t forged[60] = {0x41};
    net_inject(&net, &server.addr, &client.addr, forged, sizeof forged);
    net_run(&net, WZP_SECOND);
    is_int(client.closed, 1, "a forged reset does nothing");
    net_fini(&net);
}

static void test_silence(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 56);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    net.loss = 1;
    uint64_t start = net.now;
    node_dial(&client, &server, "room");
    net_until(&net, &client.closed, 1, 60 * WZP_SECOND);
    is_int(client.why.kind, WZP_QUIC_CLOSE_HANDSHAKE, "a dial that nobody answers");
    is_near((double)(net.now - start) / 1e9, 10, 0.5, "ends after ten seconds");
    /* Closing before the first packet left. */
    node_dial(&client, &server, "room");
    wzp_quic_conn_close(node_conn(&client), 0, "changed my mind", false, net.now);
    net_run(&net, WZP_SECOND);
    is_int(client.closed, 2, "a dial given up at once");
    is_int(client.why.kind, WZP_QUIC_CLOSE_LOCAL, "is our own end");
    is_int(wzp_quic_endpoint_connections(client.ep), 0, "nothing is left");
    net_fini(&net);
}

static void test_limits(void)
{
    struct net net;
    struct node server, client[4];
    struct wzp_quic_config config;
    struct wzp_quic_counters counters;
    memset(&config, 0, sizeof config);
    config.connection_limit = 2;
    net_init(&net, 57);
    node_init(&server, &net, true, 4433, &config);
    for (int i = 0; i < 4; i++) {
        node_init(&client[i], &net, false, 1000, NULL);
        node_dial(&client[i], &server, "room");
        net_run(&net, WZP_SECOND);
    }
    is_int(client[0].connected + client[1].connected, 2, "two fit");
    is_int(client[2].connected + client[3].connected, 0, "more do not");
    is_int(client[2].why.kind, WZP_QUIC_CLOSE_TRANSPORT, "they are told");
    is_int(client[2].why.code, 2, "connection refused");
    wzp_quic_endpoint_counters(server.ep, &counters);
    is_int(counters.refused_limit, 2, "and counted");
    wzp_quic_conn_close(node_conn(&client[0]), 0, "", false, net.now);
    net_run(&net, WZP_SECOND);
    node_dial(&client[2], &server, "room");
    net_run(&net, WZP_SECOND);
    is_int(client[2].connected, 1, "one leaves, one comes");
    wzp_quic_endpoint_set_accepting(server.ep, false);
    wzp_quic_conn_close(node_conn(&client[1]), 0, "", false, net.now);
    node_dial(&client[3], &server, "room");
    net_run(&net, WZP_SECOND);
    is_int(client[3].why.code, 2, "not while draining");
    net_fini(&net);

    memset(&config, 0, sizeof config);
    config.per_address_limit = 3;
    net_init(&net, 58);
    node_init(&server, &net, true, 4433, &config);
    node_init(&client[0], &net, false, 1000, NULL);
    node_init(&client[1], &net, false, 1000, NULL);
    struct wzp_quic_conn *conns[5];
    for (int i = 0; i < 5; i++)
        conns[i] = node_dial(&client[0], &server, "room");
    net_run(&net, WZP_SECOND);
    is_int(client[0].connected - client[0].closed, 3, "three from one address stay");
    is_int(client[0].why.code, 2, "the others are refused");
    node_dial(&client[1], &server, "room");
    net_run(&net, WZP_SECOND);
    is_int(client[1].connected, 1, "another address has its own share");
    wzp_quic_conn_close(conns[0], 0, "", false, net.now);
    net_run(&net, WZP_SECOND);
    node_dial(&client[0], &server, "room");
    net_run(&net, WZP_SECOND);
    is_int(client[0].connected - client[0].closed, 3, "a place that gets free is given again");
    net_fini(&net);
}

/* Initials of many clients whose second flight never comes fill the half-open places. */
static bool only_first_flights(struct net *net, struct wzp_addr *from, struct wzp_addr *to,
                               uint8_t *data, size_t *length)
{
    (void)data;
    (void)length;
    /* What the server says to the attacker's address is lost. */
    (void)from;
    return !wzp_addr_equal_ip(to, &net->nodes[1]->addr);
}

static void test_retry(void)
{
    struct net net;
    struct node server, attacker, client;
    struct wzp_quic_config config;
    struct wzp_quic_counters counters;
    memset(&config, 0, sizeof config);
    config.half_open_limit = 6;
    net_init(&net, 59);
    node_init(&server, &net, true, 4433, &config);
    node_init(&attacker, &net, false, 666, NULL);
    node_init(&client, &net, false, 1000, NULL);
    net.filter = only_first_flights;
    for (int i = 0; i < 50; i++)
        node_dial(&attacker, &server, "room");
    net_run(&net, 200 * WZP_MILLISECOND);
    is_int(wzp_quic_endpoint_connections(server.ep), 6, "half-open connections are bounded");
    wzp_quic_endpoint_counters(server.ep, &counters);
    ok(counters.retries_sent >= 44, "the others are asked to prove their address");
    uint64_t start = net.now;
    node_dial(&client, &server, "_signal");
    ok(net_until(&net, &client.connected, 1, 2 * WZP_SECOND), "an honest client comes through");
    ok(net.now - start < 100 * WZP_MILLISECOND, "with one more round trip");
    ok(ngtcp2_conn_after_retry(node_conn(&client)->quic), "by way of Retry");
    net_until(&net, &server.accepted, 1, WZP_SECOND);
    is_str(wzp_quic_conn_sni(node_conn(&server)), "_signal", "its name is known");
    wzp_quic_conn_send_signal(node_conn(&client), "hello", 5, net.now);
    net_run(&net, WZP_SECOND);
    is_int(server.signal_count, 1, "and it works");
    net_run(&net, 15 * WZP_SECOND);
    is_int(wzp_quic_endpoint_connections(server.ep), 1, "the half-open ones are forgotten");
    is_int(server.ep->half_open, 0, "all of them");
    net_fini(&net);
}

/* Tokens are good for one address and a short time. */
static uint8_t initial[1500];
static size_t initial_length;
static bool keep_token(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                       size_t *length)
{
    (void)net;
    (void)to;
    /* The client's second Initial carries the token. */
    if (wzp_addr_port(from) == 1000 && (data[0] & 0xf0) == 0xc0 && data[6 + 8 + 1 + 8] != 0 &&
        data[5] == 8) {
        memcpy(initial, data, *length);
        initial_length = *length;
        return false;
    }
    return true;
}

static void test_token(void)
{
    struct net net;
    struct node server, client;
    struct wzp_quic_config config;
    struct wzp_addr thief;
    memset(&config, 0, sizeof config);
    config.half_open_limit = 1;
    net_init(&net, 60);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, &config);
    server.ep->half_open = 1; /* as if somebody were there */
    net.filter = keep_token;
    initial_length = 0;
    node_dial(&client, &server, "room");
    net_run(&net, 100 * WZP_MILLISECOND);
    ok(initial_length >= 1200, "the client came back with a token");
    thief = client.addr;
    thief.u.in.sin_addr.s_addr ^= 0x01000000;
    net_inject(&net, &thief, &server.addr, initial, initial_length);
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(wzp_quic_endpoint_connections(server.ep), 0, "of no use from another address");
    net_run(&net, 11 * WZP_SECOND);
    net_inject(&net, &client.addr, &server.addr, initial, initial_length);
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(wzp_quic_endpoint_connections(server.ep), 0, "nor after ten seconds");
    server.ep->half_open = 0;
    net_fini(&net);
}

static void test_version(void)
{
    struct net net;
    struct node server, client;
    uint8_t packet[1200] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 9, 9};
    net_init(&net, 61);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    net.keep_trace = true;
    net_inject(&net, &client.addr, &server.addr, packet, sizeof packet);
    net_run(&net, WZP_SECOND);
    is_int(net.trace_count, 1, "another version is answered");
    const uint8_t *v = net.trace[0].data;
    ok((v[0] & 0x80) != 0 && memcmp(v + 1, "\0\0\0\0", 4) == 0, "with Version Negotiation");
    is_bytes(v + 5, 3, "\2\11\11", 3, "to its source ID");
    is_bytes(v + net.trace[0].length - 4, 4, "\0\0\0\1", 4, "that offers version 1");
    net_inject(&net, &client.addr, &server.addr, packet, 1199);
    net_run(&net, WZP_SECOND);
    is_int(net.trace_count, 1, "a small packet is not: no amplification");
    is_int(wzp_quic_endpoint_connections(server.ep), 0, "no state");
    /* A client that is told so gives up. */
    net.trace_count = 0;
    net.loss = 1;
    node_dial(&client, &server, "room");
    net_flush(&net);
    net.loss = 0;
    const uint8_t *i = net.trace[0].data;
    uint8_t answer[64] = {0xc0, 0, 0, 0, 0, 8};
    memcpy(answer + 6, i + 6 + i[5] + 1, 8);
    answer[14] = i[5];
    memcpy(answer + 15, i + 6, i[5]);
    memcpy(answer + 15 + i[5], "\x1a\x2a\x3a\x4a", 4);
    net_inject(&net, &server.addr, &client.addr, answer, 19u + i[5]);
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(client.closed, 1, "a client that is told so gives up");
    is_int(client.why.kind, WZP_QUIC_CLOSE_TRANSPORT, "as a transport error: %s",
           client.why.reason);
    net_fini(&net);
}

TAP_MAIN
{
    test_reasons(false);
    test_reasons(true);
    test_flush();
    test_late_packets();
    test_restart();
    test_silence();
    test_limits();
    test_retry();
    test_token();
    test_version();
}
