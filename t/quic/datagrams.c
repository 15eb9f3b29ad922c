/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Datagrams: fate, packing, waiting for company, sizes, full queues, and no allocation on their
 * way. */
#include <string.h>

#include "base/alloc.h"
#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

static uint8_t frame[1500];

static void test_fate(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 31);
    net_pair(&net, &client, &server, "room");
    net.loss = 0.2;
    for (uint64_t i = 1; i <= 1000; i++) {
        wzp_quic_conn_send_datagram(node_conn(&client), frame, 100, i, net.now);
        wzp_quic_conn_send_datagram(node_conn(&server), frame, 120, 0, net.now);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    net.loss = 0;
    net_run(&net, 2 * WZP_SECOND);
    note("1000 sent, %u arrived, %u acknowledged, %u lost", server.datagram_count, client.acked,
         client.lost);
    ok(client.acked + client.lost >= 1000, "each has its fate");
    is_near(client.lost, 200, 60, "about one in five is reported lost");
    is_near(server.datagram_count, 800, 60, "the rest arrived");
    ok(client.acked <= server.datagram_count, "what was acknowledged arrived");
    is_int(server.acked + server.lost, 0, "nobody asked the server's");
    struct wzp_quic_stats stats;
    wzp_quic_conn_stats(node_conn(&client), &stats);
    is_near(stats.packets_lost, 200, 80, "the path's losses are counted");
    ok(stats.rtt_smoothed >= 20 * WZP_MILLISECOND && stats.rtt_smoothed < 60 * WZP_MILLISECOND,
       "round trip %.1f ms", (double)stats.rtt_smoothed / 1e6);
    ok(stats.packets_sent > 900 && stats.bytes_sent > 90000 && stats.packets_received > 500,
       "packets and bytes too");
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), frame, 10, UINT64_C(1) << 61, net.now),
           WZP_E_ARGUMENT, "an id that is too large");
    net_fini(&net);
}

/* Something that does not fit has the path searched for larger packets. */
static void want_more(struct node *n)
{
    wzp_quic_conn_send_datagram(node_conn(n), frame, 1440, 0, n->net->now);
    net_run(n->net, WZP_SECOND);
}

static void test_packing(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 32);
    net_pair(&net, &client, &server, "room");
    want_more(&client);
    net_run(&net, 5 * WZP_SECOND);
    uint64_t packets = client.packets;
    for (uint64_t i = 1; i <= 4; i++)
        wzp_quic_conn_send_datagram(node_conn(&client), frame, 150, i, net.now);
    net_flush(&net);
    is_int(client.packets - packets, 1, "four datagrams in one packet");
    net_run(&net, WZP_SECOND);
    is_int(server.datagram_count, 4, "four arrive");
    is_int(client.acked, 4, "four are acknowledged");
    /* More than fits. */
    packets = client.packets;
    for (int i = 0; i < 20; i++)
        wzp_quic_conn_send_datagram(node_conn(&client), frame, 150, 0, net.now);
    net_flush(&net);
    is_int(client.packets - packets, 3, "twenty of them in three");
    net_run(&net, WZP_SECOND);
    is_int(server.datagram_count, 24, "all arrive");
    /* A signal goes along. */
    packets = client.packets;
    wzp_quic_conn_send_datagram(node_conn(&client), frame, 150, 0, net.now);
    wzp_quic_conn_send_signal(node_conn(&client), "\"Hold\"", 6, net.now);
    net_flush(&net);
    is_int(client.packets - packets, 1, "datagram and signal in one packet");
    net_run(&net, WZP_SECOND);
    is_int(server.signal_count, 1, "the signal arrived");
    net_fini(&net);
}

static void test_company(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 33);
    net_pair(&net, &client, &server, "room");
    want_more(&client);
    net_run(&net, 5 * WZP_SECOND);
    struct wzp_quic_buffer *b = wzp_quic_buffer_new(client.ep, frame, 200);
    if (!b)
        bail("no buffer");
    uint64_t packets = client.packets, start = net.now;
    for (uint64_t i = 0; i < 3; i++) {
        wzp_quic_conn_send_buffer(node_conn(&client), b, 0, start + 3 * WZP_MILLISECOND, net.now);
        net_run(&net, WZP_MILLISECOND / 2);
    }
    is_int(client.packets - packets, 0, "they wait for company");
    is_int(wzp_quic_endpoint_expiry(client.ep), start + 3 * WZP_MILLISECOND, "until their time");
    net_run(&net, 10 * WZP_MILLISECOND);
    is_int(client.packets - packets, 1, "and leave together");
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(server.datagram_count, 3, "all three");
    packets = client.packets;
    for (int i = 0; i < 8; i++)
        wzp_quic_conn_send_buffer(node_conn(&client), b, 0, net.now + WZP_SECOND, net.now);
    net_flush(&net);
    is_int(client.packets - packets, 1, "a packet full does not wait");
    net_run(&net, WZP_SECOND + 20 * WZP_MILLISECOND);
    is_int(server.datagram_count, 11, "what did not fit comes at its time at the latest");
    is_int(b->references, 1, "the connection gave its references back");
    wzp_quic_buffer_unref(client.ep, b);
    net_fini(&net);
}

static void test_sizes(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 34);
    net.mtu = 1200;
    net_pair(&net, &client, &server, "room");
    size_t most = wzp_quic_conn_datagram_max(node_conn(&client));
    is_int(most, 1200 - 1 - 8 - 4 - 16 - 3 - 3, "largest datagram at 1200");
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), frame, most + 1, 0, net.now),
           WZP_E_TOO_BIG, "one more is too big");
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), frame, 5000, 0, net.now), WZP_E_TOO_BIG,
           "so is any size");
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), frame, most, 1, net.now), 0, "it fits");
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), frame, 0, 2, net.now), 0,
           "an empty one too");
    net_run(&net, WZP_SECOND);
    is_int(server.datagram_count, 2, "both arrive");
    is_int(server.datagram_bytes, most, "whole");
    struct wzp_quic_stats stats;
    wzp_quic_conn_stats(node_conn(&client), &stats);
    is_int(stats.datagrams_dropped, 2, "the others are counted");
    net_fini(&net);
}

static void test_full_queue(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 35);
    net_pair(&net, &client, &server, "room");
    for (uint64_t i = 1; i <= 100; i++) {
        frame[0] = (uint8_t)i;
        wzp_quic_conn_send_datagram(node_conn(&client), frame, 50, i, net.now);
    }
    is_int(client.lost, 36, "the oldest are dropped, and said to be");
    is_int(client.last_id, 36, "in order");
    struct wzp_quic_stats stats;
    wzp_quic_conn_stats(node_conn(&client), &stats);
    is_int(stats.datagram_queue, 64, "the rest waits");
    is_int(stats.datagrams_dropped, 36, "counted");
    net_run(&net, WZP_SECOND);
    is_int(server.datagram_count, 64, "and arrives");
    is_int(server.datagram[0], 100, "the newest last");
    net_fini(&net);
}

static void test_not_taken(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 36);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    server.ep->parameters.max_datagram_frame_size = 0;
    node_dial(&client, &server, "room");
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), frame, 50, 0, net.now), 0,
           "before the handshake nobody knows");
    net_run(&net, WZP_SECOND);
    is_int(client.connected, 1, "connected");
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), frame, 50, 0, net.now), WZP_E_STATE,
           "a peer that takes none");
    is_int(wzp_quic_conn_datagram_max(node_conn(&client)), 0, "has no size");
    net_run(&net, WZP_SECOND);
    is_int(client.closed, 0, "and the connection lives");
    net_fini(&net);
}

/* Early datagrams wait for the handshake. */
static void test_early(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 37);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    node_dial(&client, &server, "room");
    wzp_quic_conn_send_datagram(node_conn(&client), frame, 50, 1, net.now);
    wzp_quic_conn_send_signal(node_conn(&client), "\"Hold\"", 6, net.now);
    net_run(&net, WZP_SECOND);
    is_int(server.datagram_count, 1, "a datagram queued before the handshake arrives");
    is_int(server.signal_count, 1, "and a signal");
    net_fini(&net);
}

/* Speech on a long and lossy path: the congestion window must not hold it back. */
static uint64_t worst;
static void measure(struct node *n, struct wzp_quic_conn *conn, const uint8_t *data, size_t length)
{
    uint64_t sent;
    (void)conn;
    (void)length;
    memcpy(&sent, data, sizeof sent);
    if (n->net->now - sent > worst)
        worst = n->net->now - sent;
}

static void test_speech(void)
{
    struct net net;
    struct node client, server;
    struct wzp_quic_stats stats;
    net_init(&net, 39);
    net.delay = 150 * WZP_MILLISECOND;
    net.jitter = 10 * WZP_MILLISECOND;
    net_pair(&net, &client, &server, "room");
    server.on_datagram = measure;
    net.loss = 0.2;
    worst = 0;
    for (int i = 0; i < 1500; i++) {
        memcpy(frame, &net.now, sizeof net.now);
        wzp_quic_conn_send_datagram(node_conn(&client), frame, 250, 0, net.now);
        wzp_quic_conn_send_datagram(node_conn(&server), frame, 250, 0, net.now);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    wzp_quic_conn_stats(node_conn(&client), &stats);
    is_near(server.datagram_count, 1200, 80, "speech at 20 %% loss and 300 ms: the rest arrives");
    ok(worst <= 170 * WZP_MILLISECOND, "without waiting at the sender: %.0f ms at worst",
       (double)worst / 1e6);
    is_int(stats.datagrams_dropped, 0, "nothing is dropped there");
    net_fini(&net);
}

static struct node room[4];

static void forward(struct node *server, struct wzp_quic_conn *from, const uint8_t *data,
                    size_t length)
{
    struct wzp_quic_buffer *b = wzp_quic_buffer_new(server->ep, data, length);
    if (!b)
        return;
    for (struct wzp_quic_conn *c = server->ep->conns; c != NULL; c = c->next)
        if (c != from)
            wzp_quic_conn_send_buffer(c, b, 0, 0, server->net->now);
    wzp_quic_buffer_unref(server->ep, b);
}

static void run_room(struct net *net, int ticks)
{
    for (int t = 0; t < ticks; t++) {
        for (int i = 1; i < 4; i++)
            wzp_quic_conn_send_datagram(node_conn(&room[i]), frame, 90 + (size_t)(t * i) % 60, 0,
                                        net->now);
        net_run(net, 20 * WZP_MILLISECOND);
    }
}

static void test_forwarding(double loss)
{
    struct net net;
    net_init(&net, 38);
    net.jitter = 5 * WZP_MILLISECOND;
    node_init(&room[0], &net, true, 4433, NULL);
    room[0].on_datagram = forward;
    for (int i = 1; i < 4; i++) {
        node_init(&room[i], &net, false, (uint16_t)(1000 + i), NULL);
        node_dial(&room[i], &room[0], "room");
    }
    /* Warm: ngtcp2's pools grow to what the worst moment so far needed. */
    net.loss = 6 * loss;
    run_room(&net, loss > 0 ? 4000 : 100);
    net.loss = loss;
    run_room(&net, 500);
    struct wzp_quic_counters before, after;
    uint64_t calls = wzp_alloc_calls(), packets = room[0].packets;
    wzp_quic_endpoint_counters(room[0].ep, &before);
    run_room(&net, 1700);
    wzp_quic_endpoint_counters(room[0].ep, &after);
    uint64_t forwarded = after.datagrams_out - before.datagrams_out;
    note("%llu frames in %llu packets", (unsigned long long)forwarded,
         (unsigned long long)(room[0].packets - packets));
    ok(forwarded >= (loss > 0 ? 7000u : 10000u), "10000 frames forwarded, %g loss", loss);
    is_int(wzp_alloc_calls() - calls, 0, "without one allocation");
    ok(after.datagrams_dropped == before.datagrams_dropped, "and without dropping one");
    net_fini(&net);
}

/* Three connections of one endpoint whose datagrams wait, each for another time; the one that was
 * last is due first. */
static void test_turns(void)
{
    static const unsigned waits[] = {3, 2, 1}; /* ms */
    struct net net;
    unsigned before[4], arrived[4] = {0};
    net_init(&net, 39);
    node_init(&room[0], &net, true, 4433, NULL);
    for (int i = 1; i < 4; i++) {
        node_init(&room[i], &net, false, (uint16_t)(1000 + i), NULL);
        node_dial(&room[i], &room[0], "room");
        net_run(&net, WZP_SECOND);
    }
    struct wzp_quic_buffer *b = wzp_quic_buffer_new(room[0].ep, frame, 100);
    if (!b)
        bail("no buffer");
    uint64_t start = net.now, key[3];
    struct wzp_quic_conn *conns[3], *conn = room[0].ep->conns;
    for (int i = 2; i >= 0; i--, conn = conn->next)
        conns[i] = conn;
    for (int i = 0; i < 3; i++) {
        before[i + 1] = room[i + 1].datagram_count;
        key[i] = conns[i]->timer.key;
        wzp_quic_conn_send_buffer(conns[i], b, 0, start + waits[i] * WZP_MILLISECOND, net.now);
        is_int(conns[i]->timer.key, key[i], "a datagram that waits moves no appointment");
        is_int(wzp_quic_endpoint_expiry(room[0].ep), start + waits[i] * WZP_MILLISECOND,
               "the endpoint wants to be woken for the first of them");
    }
    for (unsigned ms = 1; ms <= 3; ms++) {
        uint64_t sent = room[0].packets;
        net_run(&net, WZP_MILLISECOND);
        arrived[ms] = (unsigned)(room[0].packets - sent);
    }
    ok(arrived[1] == 1 && arrived[2] == 1 && arrived[3] == 1, "each leaves at its time");
    net_run(&net, WZP_SECOND);
    for (int i = 1; i < 4; i++)
        is_int(room[i].datagram_count - before[i], 1, "and arrives");
    /* One that ends while it waits. */
    wzp_quic_conn_send_buffer(conns[1], b, 0, net.now + WZP_MILLISECOND, net.now);
    wzp_quic_conn_close(conns[1], 0, "enough", false, net.now);
    net_run(&net, WZP_SECOND);
    is_int(b->references, 1, "one that ended holds nothing");
    wzp_quic_buffer_unref(room[0].ep, b);
    net_fini(&net);
}

TAP_MAIN
{
    test_fate();
    test_packing();
    test_company();
    test_turns();
    test_sizes();
    test_full_queue();
    test_not_taken();
    test_early();
    test_speech();
    test_forwarding(0);
    test_forwarding(0.05);
}
