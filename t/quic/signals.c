/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals between two endpoints: order, size, stalls, credit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

/* Sends count numbered messages as fast as the queue takes them. */
static void send_numbered(struct net *net, struct wzp_quic_conn *conn, int count)
{
    for (int i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"n\":%d}", i);
        int result;
        int tries = 0;
        while ((result = wzp_quic_conn_send_signal(conn, text, strlen(text), net->now)) ==
                   WZP_E_LIMIT &&
               tries++ < 1000)
            net_run(net, 10 * WZP_MILLISECOND);
        if (result < 0)
            bail("signal %d: %s", i, wzp_strerror(result));
    }
}

static int in_order(const struct node *n)
{
    for (unsigned i = 0; i < n->signal_count && i < TEXTS_MAX; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"n\":%u}", i);
        if (strcmp(n->signals[i], text) != 0)
            return (int)i;
    }
    return -1;
}

static void test_order(bool from_server, double loss)
{
    struct net net;
    struct node client, server;
    net_init(&net, 21);
    net_pair(&net, &client, &server, "_signal");
    net.jitter = 60 * WZP_MILLISECOND;
    net.loss = loss;
    struct node *from = from_server ? &server : &client, *to = from_server ? &client : &server;
    send_numbered(&net, node_conn(from), 500);
    net_until(&net, &to->signal_count, 500, 60 * WZP_SECOND);
    is_int(to->signal_count, 500, "500 signals %s under reordering and %g loss",
           from_server ? "to the client" : "to the server", loss);
    is_int(in_order(to), -1, "in order");
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(to->ep, &c);
    is_int(c.signals_in, 500, "counted");
    is_int(c.signals_discarded, 0, "none discarded");
    net_fini(&net);
}

static void test_large(void)
{
    struct net net;
    struct node client, server;
    char *text = malloc(WZP_FRAME_MAX + 1);
    net_init(&net, 22);
    net_pair(&net, &client, &server, "_signal");
    wzp_quic_conn_set_budget(node_conn(&server), 3 * 1024 * 1024);
    for (size_t i = 0; i < WZP_FRAME_MAX; i++)
        text[i] = (char)('a' + i % 26);
    text[WZP_FRAME_MAX] = '\0';
    is_int(wzp_quic_conn_send_signal(node_conn(&client), text, WZP_FRAME_MAX + 1, net.now),
           WZP_E_TOO_BIG, "more than 1 MiB is refused at once");
    is_int(wzp_quic_conn_send_signal(node_conn(&client), text, WZP_FRAME_MAX, net.now), 0, "1 MiB");
    is_int(wzp_quic_conn_send_signal(node_conn(&client), "after", 5, net.now), WZP_E_LIMIT,
           "fills the queue");
    net_until(&net, &server.signal_count, 1, 20 * WZP_SECOND);
    ok(server.signals[0] != NULL && memcmp(server.signals[0], text, WZP_FRAME_MAX + 1) == 0,
       "arrives as it was");
    is_int(wzp_quic_conn_send_signal(node_conn(&client), "after", 5, net.now), 0,
           "then there is room");
    net_run(&net, WZP_SECOND);
    is_str(server.signals[1], "after", "and the next arrives");
    ok(client.conn != NULL && !node_conn(&client)->outbox.flying &&
           !node_conn(&client)->outbox.waiting,
       "nothing is kept");
    free(text);
    net_fini(&net);
}

static void test_too_big(void)
{
    struct net net;
    struct node client, server;
    struct wzp_quic_config config;
    memset(&config, 0, sizeof config);
    config.signal_limit = 1000;
    char text[1500];
    memset(text, 'x', sizeof text);
    net_init(&net, 23);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, &config);
    node_dial(&client, &server, "_signal");
    net_run(&net, WZP_SECOND);
    wzp_quic_conn_send_signal(node_conn(&client), text, 1001, net.now);
    wzp_quic_conn_send_signal(node_conn(&client), "ok", 2, net.now);
    wzp_quic_conn_send_signal(node_conn(&client), text, 1000, net.now);
    net_run(&net, WZP_SECOND);
    is_int(server.signal_count, 2, "a message above the limit is discarded, the others arrive");
    is_str(server.signals[0], "ok", "in order");
    is_int(server.closed + client.closed, 0, "the connection lives");
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(server.ep, &c);
    is_int(c.signals_discarded, 1, "counted");
    net_fini(&net);
}

/* Raw bytes on a stream of their own, by our own outbox: not what a message looks like. */
static void send_raw(struct wzp_quic_conn *conn, const void *bytes, size_t length)
{
    if (wzp_quic_outbox_push(&conn->outbox, bytes, length, false, false) < 0)
        bail("no room");
    wzp_quic_ready(conn);
}

/* A stream that gets some bytes and no end. */
static void send_half(struct net *net, struct node *from, const void *bytes, size_t length)
{
    uint8_t packet[1452];
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
    ngtcp2_ssize taken;
    int64_t id;
    ngtcp2_vec vec = {(uint8_t *)(uintptr_t)bytes, length};
    ngtcp2_path_storage_zero(&path);
    if (ngtcp2_conn_open_bidi_stream(node_conn(from)->quic, &id, NULL) != 0)
        bail("no stream");
    ngtcp2_ssize n = ngtcp2_conn_writev_stream(node_conn(from)->quic, &path.path, &info, packet,
                                               1200, &taken, 0, id, &vec, 1, net->now);
    if (n <= 0)
        bail("no packet");
    net_inject(net, &from->addr, &net->nodes[1]->addr, packet, (size_t)n);
}

static void test_malformed(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 24);
    net_pair(&net, &client, &server, "_signal");
    send_raw(node_conn(&client), "\0\0\0\x09short", 9);
    send_raw(node_conn(&client), "\0\0", 2);
    send_raw(node_conn(&client), "", 0);
    send_raw(node_conn(&client), "\0\0\0\0", 4);
    send_raw(node_conn(&client), "\xff\xff\xff\xffxxxx", 8);
    send_raw(node_conn(&client), "\0\0\0\x02okand more", 14);
    wzp_quic_conn_send_signal(node_conn(&client), "last", 4, net.now);
    net_run(&net, WZP_SECOND);
    is_int(server.signal_count, 2, "malformed ones are left out");
    is_str(server.signals[0], "ok", "bytes after a message are ignored");
    is_str(server.signals[1], "last", "and the connection goes on");
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(server.ep, &c);
    is_int(c.signals_discarded, 5, "each is counted");
    is_int(c.signals_cut, 3, "as cut short");
    is_int(c.signals_malformed, 1, "as without text");
    is_int(c.signals_too_big, 1, "or as too big");
    for (int i = 0; i < 300; i++) {
        send_raw(node_conn(&client), "\0\0\0\x09short", 9);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    wzp_quic_conn_send_signal(node_conn(&client), "end", 3, net.now);
    net_run(&net, WZP_SECOND);
    is_int(server.signal_count, 3, "their stream credit comes back");
    net_fini(&net);
}

static void test_stall(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 25);
    net_pair(&net, &client, &server, "_signal");
    wzp_quic_conn_send_signal(node_conn(&client), "one", 3, net.now);
    net_run(&net, 100 * WZP_MILLISECOND);
    send_half(&net, &client, "\0\0\0\x20half", 8);
    wzp_quic_conn_send_signal(node_conn(&client), "two", 3, net.now);
    wzp_quic_conn_send_signal(node_conn(&server), "back", 4, net.now);
    net_run(&net, 9 * WZP_SECOND);
    is_int(server.signal_count, 1, "a stream without end holds what comes after it");
    is_int(client.signal_count, 1, "but not the other direction");
    net_run(&net, 2 * WZP_SECOND);
    is_int(server.signal_count, 2, "for ten seconds");
    is_str(server.signals[1], "two", "then only its own message is lost");
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(server.ep, &c);
    is_int(c.signals_stalled, 1, "and counted as stalled");
    is_int(client.closed + server.closed, 0, "and the connection lives");
    net_run(&net, 60 * WZP_SECOND);
    is_int(client.closed + server.closed, 0, "for long");
    net_fini(&net);
}

static void test_no_credit(void)
{
    struct net net;
    struct node stingy, server, client;
    net_init(&net, 26);
    node_init(&stingy, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    node_init(&client, &net, false, 1001, NULL);
    stingy.ep->parameters.initial_max_streams_bidi = 0;
    node_dial(&stingy, &server, "room");
    net_run(&net, WZP_SECOND);
    struct wzp_quic_conn *to_stingy = node_conn(&server);
    node_dial(&client, &server, "room");
    net_run(&net, WZP_SECOND);
    struct wzp_quic_conn *to_client = node_conn(&server);
    int sent = 0, result = 0;
    for (int i = 0; i < 200; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"n\":%d}", i);
        result = wzp_quic_conn_send_signal(to_stingy, text, strlen(text), net.now);
        sent += result == 0;
        if (wzp_quic_conn_send_signal(to_client, text, strlen(text), net.now) < 0)
            bail("the other client is held up");
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    is_int(result, WZP_E_LIMIT, "a peer that grants no streams: the queue fills");
    is_int(sent, WZP_QUIC_SIGNAL_QUEUE, "up to its cap");
    is_int(client.signal_count, 200, "the other client hears everything");
    is_int(in_order(&client), -1, "in order");
    wzp_quic_conn_send_datagram(to_stingy, "media", 5, 0, net.now);
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(stingy.datagram_count, 1, "media still gets through to the stingy one");
    wzp_quic_conn_close(to_stingy, 3, "too slow", true, net.now);
    net_run(&net, 2 * WZP_SECOND);
    is_str(stingy.why.reason, "too slow", "and it can be closed");
    net_fini(&net);
}

/* 17 messages of 50 kB beside each other, while the first is missing. */
static void test_window(void)
{
    struct net net;
    struct node client, server;
    static char text[50000];
    memset(text, 'y', sizeof text);
    net_init(&net, 27);
    net_pair(&net, &client, &server, "_signal");
    wzp_quic_conn_set_budget(node_conn(&server), WZP_QUIC_BUDGET_REGISTERED);
    send_half(&net, &client, "\0\0\0\x20half", 8);
    size_t sent = 0;
    for (int i = 0; i < 17; i++)
        sent += wzp_quic_conn_send_signal(node_conn(&client), text, sizeof text, net.now) == 0;
    net_run(&net, 5 * WZP_SECOND);
    is_int(server.signal_count, 0, "all wait for the first");
    size_t held = node_conn(&server)->inbox.held;
    ok(held > 17 * 4000 && held <= WZP_QUIC_BUDGET_REGISTERED, "%zu bytes are held, %d may be",
       held, WZP_QUIC_BUDGET_REGISTERED);
    net_run(&net, 20 * WZP_SECOND);
    is_int(server.signal_count, sent, "then all arrive");
    net_fini(&net);
}

static void test_uni(void)
{
    struct net net;
    struct node client, server;
    uint8_t many[600];
    memset(many, 'z', sizeof many);
    net_init(&net, 28);
    net_pair(&net, &client, &server, "version");
    wzp_quic_conn_send_uni(node_conn(&server), "8fcf1be", 7);
    net_run(&net, WZP_SECOND);
    is_bytes(client.uni, client.uni_length, "8fcf1be", 7, "the version comes on its own stream");
    wzp_quic_conn_send_uni(node_conn(&server), many, sizeof many);
    net_run(&net, WZP_SECOND);
    is_int(client.uni_count, 2, "one more");
    is_int(client.uni_length, 256, "at most 256 bytes of it");
    for (int i = 0; i < 150; i++) {
        wzp_quic_conn_send_uni(node_conn(&server), "x", 1);
        net_run(&net, 30 * WZP_MILLISECOND);
    }
    is_int(client.uni_count, 152, "their credit grows too");
    net_fini(&net);
}

static void echo(struct node *node, struct wzp_quic_conn *conn, const char *text, size_t length)
{
    wzp_quic_conn_send_signal(conn, text, length, node->net->now);
    wzp_quic_conn_send_datagram(conn, text, length, 0, node->net->now);
}

static void test_from_callbacks(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 29);
    net_pair(&net, &client, &server, "_signal");
    server.on_signal = echo;
    uint64_t start = net.now;
    wzp_quic_conn_send_signal(node_conn(&client), "ping", 4, net.now);
    net_until(&net, &client.signal_count, 1, WZP_SECOND);
    is_str(client.signals[0], "ping", "an answer from inside a callback");
    ok(net.now - start <= 21 * WZP_MILLISECOND, "leaves at once");
    net_run(&net, WZP_SECOND);
    is_int(client.datagram_count, 1, "a datagram too");
    net_fini(&net);
}

TAP_MAIN
{
    test_order(false, 0);
    test_order(true, 0);
    test_order(false, 0.05);
    test_large();
    test_too_big();
    test_malformed();
    test_stall();
    test_no_credit();
    test_window();
    test_uni();
    test_from_callbacks();
}
