/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Garbage, duplicates, altered packets, and many connections at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

static void test_garbage(void)
{
    struct net net;
    struct node client, server;
    struct wzp_addr from;
    uint8_t junk[1500];
    struct wzp_quic_counters before, after;
    net_init(&net, 71);
    net_pair(&net, &client, &server, "room");
    net_run(&net, WZP_SECOND);
    wzp_addr_from_ip4(&from, (uint8_t[]){10, 0, 0, 77}, 7);
    wzp_quic_endpoint_counters(server.ep, &before);
    long live = wzp_alloc_live();
    for (int i = 0; i < 5000; i++) {
        size_t length = (size_t)wzp_random_below(&net.random, sizeof junk);
        wzp_random_bytes(&net.random, junk, length);
        if (i % 3 == 0 && length > 6) { /* looks like version 1 */
            junk[0] |= 0xc0;
            memcpy(junk + 1, "\0\0\0\1", 4);
            junk[5] = (uint8_t)(i % 22);
        }
        if (i % 5 == 0 && length > 9) { /* looks like the running connection's */
            junk[0] &= 0x7f;
            memcpy(junk + 1, node_conn(&server)->cids[node_conn(&server)->cid_count - 1].data, 8);
        }
        net_inject(&net, i % 2 ? &from : &client.addr, &server.addr, junk, length);
        if (i % 50 == 0)
            net_run(&net, 20 * WZP_MILLISECOND);
    }
    net_run(&net, 15 * WZP_SECOND);
    wzp_quic_endpoint_counters(server.ep, &after);
    note("%llu malformed, %llu unknown", (unsigned long long)after.dropped_malformed,
         (unsigned long long)after.dropped_unknown);
    ok(after.dropped_malformed > before.dropped_malformed &&
           after.dropped_unknown > before.dropped_unknown,
       "garbage is counted");
    is_int(client.closed + server.closed, 0, "it harms nobody");
    is_int(wzp_quic_endpoint_connections(server.ep), 1, "and leaves no connection");
    ok(wzp_alloc_live() - live < 100, "nor memory: %ld blocks", wzp_alloc_live() - live);
    wzp_quic_conn_send_signal(node_conn(&client), "fine", 4, net.now);
    net_run(&net, WZP_SECOND);
    is_int(server.signal_count, 1, "the running connection works");
    net_fini(&net);
}

static void test_duplicates(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 72);
    net.duplicate = 1;
    net.jitter = 20 * WZP_MILLISECOND;
    net_pair(&net, &client, &server, "room");
    for (int i = 0; i < 100; i++) {
        wzp_quic_conn_send_datagram(node_conn(&client), "once", 4, (uint64_t)i + 1, net.now);
        wzp_quic_conn_send_signal(node_conn(&server), "once", 4, net.now);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    net_run(&net, 2 * WZP_SECOND);
    is_int(server.accepted, 1, "one connection, though every packet comes twice");
    is_int(server.datagram_count, 100, "each datagram once");
    is_int(client.signal_count, 100, "each signal once");
    is_int(client.acked, 100, "each acknowledged once");
    net_fini(&net);
}

/* One bit of every third packet is flipped. */
static bool flip(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                 size_t *length)
{
    (void)from;
    (void)to;
    if (net->packets % 3 == 0)
        data[wzp_random_below(&net->random, *length)] ^=
            (uint8_t)(1u << wzp_random_below(&net->random, 8));
    return true;
}

static void test_flips(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 73);
    net_pair(&net, &client, &server, "room");
    net.filter = flip;
    for (int i = 0; i < 300; i++) {
        wzp_quic_conn_send_datagram(node_conn(&client), "whole", 5, 0, net.now);
        if (i % 10 == 0)
            wzp_quic_conn_send_signal(node_conn(&client), "whole", 5, net.now);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    net.filter = NULL;
    net_run(&net, 3 * WZP_SECOND);
    is_int(client.closed + server.closed, 0, "altered packets end nothing");
    is_int(server.signal_count, 30, "signals come through");
    ok(server.datagram_count > 150 && server.datagram_count < 300, "what was altered is lost");
    is_bytes(server.datagram, server.datagram_length, "whole", 5, "nothing altered is delivered");
    net_fini(&net);
}

static unsigned seen;
static void count_accept(struct node *n, struct wzp_quic_conn *conn)
{
    (void)n;
    wzp_quic_conn_set_user(conn, &seen);
    seen += wzp_quic_conn_user(conn) == &seen;
}

#define MANY 1000
static void test_many(void)
{
    struct net net;
    struct node client, server;
    static struct wzp_quic_conn *conns[MANY];
    struct wzp_quic_config config;
    memset(&config, 0, sizeof config);
    config.half_open_limit = MANY;
    net_init(&net, 74);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, &config);
    server.on_accept = count_accept;
    for (int i = 0; i < MANY; i++) {
        conns[i] = node_dial(&client, &server, "room");
        if (i % 50 == 49)
            net_run(&net, 50 * WZP_MILLISECOND);
    }
    net_until(&net, &server.accepted, MANY, 5 * WZP_SECOND);
    is_int(server.accepted, MANY, "%d connections", MANY);
    is_int(seen, MANY, "each with its user");
    is_int(wzp_quic_endpoint_connections(server.ep), MANY, "counted");
    note("our own bytes per connection: %zu and %zu of connection IDs",
         sizeof(struct wzp_quic_conn), (size_t)64 * conns[0]->cid_count);
    ok(sizeof(struct wzp_quic_conn) + 64 * WZP_QUIC_CIDS_MAX <= 8192,
       "a connection takes %zu bytes of ours", sizeof(struct wzp_quic_conn));
    for (int i = 0; i < MANY; i += 10)
        wzp_quic_conn_send_datagram(conns[i], "x", 1, 0, net.now);
    net_run(&net, 100 * WZP_MILLISECOND);
    is_int(server.datagram_count, MANY / 10, "a datagram on every tenth");
    for (int i = 0; i < MANY; i++)
        wzp_quic_conn_close(conns[i], 0, "end", false, net.now);
    net_run(&net, 10 * WZP_SECOND);
    is_int(server.closed, MANY, "all closed");
    is_int(wzp_quic_endpoint_connections(server.ep) + wzp_quic_endpoint_connections(client.ep), 0,
           "none left");
    is_int(server.ep->routes.count + server.ep->heap.reserved + server.ep->tombstone_count, 0,
           "nor anything of them");
    net_fini(&net);
}

TAP_MAIN
{
    test_garbage();
    test_duplicates();
    test_flips();
    test_many();
}
