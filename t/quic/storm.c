/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connections that end while media run and appointments stand: from either side, from inside a
 * callback for another one, in an order that no design foresaw. Nothing of them may stay behind in
 * the heap of appointments, the list of the ready or the pool. */
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

#define CLIENTS 3
#define PEERS 100 /* of the server at a time */
#define STEPS 600

static struct node server, clients[CLIENTS];

/* Any connection of an endpoint, NULL when it has none. */
static struct wzp_quic_conn *any(struct net *net, const struct node *node)
{
    struct wzp_quic_conn *conn = node->ep->conns;
    for (uint64_t skip = wzp_random_below(&net->random, PEERS); conn && conn->next && skip > 0;
         skip--)
        conn = conn->next;
    return conn;
}

/* What came goes on to three others, some of it later; now and then somebody is thrown out. */
static void forward(struct node *node, struct wzp_quic_conn *conn, const uint8_t *data,
                    size_t length)
{
    struct net *net = node->net;
    struct wzp_quic_buffer *buffer = wzp_quic_buffer_new(node->ep, data, length);
    if (!buffer)
        return;
    for (int i = 0; i < 3; i++) {
        struct wzp_quic_conn *to = any(net, node);
        uint64_t wait = wzp_random_below(&net->random, 2) * 3 * WZP_MILLISECOND;
        (void)wzp_quic_conn_send_buffer(to, buffer, 0, wait > 0 ? net->now + wait : 0, net->now);
    }
    wzp_quic_buffer_unref(node->ep, buffer);
    if (wzp_random_below(&net->random, 12) == 0)
        wzp_quic_conn_close(any(net, node), 7, "out", wzp_random_below(&net->random, 2), net->now);
    if (wzp_random_below(&net->random, 40) == 0)
        wzp_quic_conn_close(conn, 7, "you too", false, net->now);
}

static void step(struct net *net)
{
    static const uint8_t frame[300] = {1, 2, 3};
    struct node *client = &clients[wzp_random_below(&net->random, CLIENTS)];
    if (client->ep->conn_count < PEERS / CLIENTS)
        node_dial(client, &server, "room");
    for (struct wzp_quic_conn *c = client->ep->conns; c; c = c->next)
        (void)wzp_quic_conn_send_datagram(c, frame, sizeof frame, 0, net->now);
    if (wzp_random_below(&net->random, 3) == 0)
        wzp_quic_conn_close(any(net, client), 0, "bye", true, net->now);
    net_flush(net);
    net_run(net, wzp_random_below(&net->random, 4) * WZP_MILLISECOND);
}

static void test_storm(void)
{
    struct net net;
    net_init(&net, 911);
    net.delay = 2 * WZP_MILLISECOND;
    net.jitter = 3 * WZP_MILLISECOND;
    net.loss = 0.02;
    node_init(&server, &net, true, 4433, NULL);
    server.on_datagram = forward;
    for (int i = 0; i < CLIENTS; i++)
        node_init(&clients[i], &net, false, (uint16_t)(1000 + i), NULL);
    for (int i = 0; i < STEPS; i++)
        step(&net);
    unsigned ended = server.closed;
    ok(ended > 100, "%u connections of a server end while frames are forwarded", ended);
    for (int i = 0; i < CLIENTS; i++)
        for (struct wzp_quic_conn *c = clients[i].ep->conns; c; c = c->next)
            wzp_quic_conn_close(c, 0, "end", false, net.now);
    net_run(&net, 2 * WZP_QUIC_IDLE_TIME);
    is_int(server.closed, server.accepted, "each is told of once");
    is_int(server.ep->heap.reserved, 0, "no appointment is left");
    is_int(server.ep->heap.count, 0, "nor a place for one");
    ok(!server.ep->ready_head, "nobody is left in the list of those that have something to say");
    unsigned free_buffers = 0;
    for (const struct wzp_quic_buffer *b = server.ep->free_buffers; b; b = b->next_free)
        free_buffers++;
    is_int(free_buffers, server.ep->buffer_count, "all frames are back in the pool");
    net_fini(&net);
}

TAP_MAIN
{
    test_storm();
}
