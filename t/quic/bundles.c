/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bundles on connections: who gets them, who does not, and what comes of bad ones. */
#include <string.h>

#include "lib_attacker.h"
#include "quic/internal.h"
#include "tap.h"

#define ITEMS 40
#define FRAME_DATAGRAM 0x30 /* RFC 9221 4: up to the end of the packet */

/* What a node's owner heard, in order. */
static struct {
    unsigned count;
    size_t length[ITEMS];
    uint8_t first[ITEMS], second[ITEMS];
} heard;

static void hear(struct node *node, struct wzp_quic_conn *conn, const uint8_t *data, size_t length)
{
    (void)node;
    (void)conn;
    if (heard.count == ITEMS)
        bail("more than %d datagrams", ITEMS);
    heard.length[heard.count] = length;
    heard.first[heard.count] = length > 0 ? data[0] : 0;
    heard.second[heard.count++] = length > 1 ? data[1] : 0;
}

/* Twenty datagrams of different lengths, as a relay sends them; the last but one begins like a
 * bundle. */
static void send_twenty(struct node *from, uint8_t mark)
{
    uint8_t data[200];
    memset(&heard, 0, sizeof heard);
    memset(data, 7, sizeof data);
    for (uint8_t i = 0; i < 20; i++) {
        data[0] = i == 18 ? mark : 1;
        data[1] = i;
        is_int(wzp_quic_conn_send_datagram(node_conn(from), data, i * 10U, 0, from->net->now), 0,
               "%u bytes are queued", i * 10U);
    }
}

static void check_twenty(uint8_t mark)
{
    is_int(heard.count, 20, "twenty arrive");
    for (unsigned i = 0; i < 20; i++)
        ok(heard.length[i] == i * 10 && (i == 0 || heard.second[i] == i),
           "number %u is itself and in its place", i);
    is_int(heard.first[18], mark, "also the one with the mark of bundles");
}

static void test_between_ours(void)
{
    struct net net;
    struct node client, server;
    struct wzp_quic_load load;
    static const uint8_t large[1440];
    net_init(&net, 61);
    net_pair(&net, &client, &server, "room");
    wzp_quic_conn_send_datagram(node_conn(&server), large, sizeof large, 0, net.now);
    net_run(&net, 5 * WZP_SECOND); /* the path is searched for larger packets */
    client.on_datagram = server.on_datagram = hear;
    ok(node_conn(&client)->takes_bundles && node_conn(&server)->takes_bundles,
       "two of ours agree on bundles");
    uint64_t packets = server.packets;
    send_twenty(&server, WZP_BUNDLE_MARK);
    wzp_quic_datagrams_load(node_conn(&server), &load);
    ok(load.count > 10, "%u of them go in one frame", load.count);
    is_int(load.vec_count, 2 * load.count, "each behind its length, the empty one without bytes");
    is_bytes(load.vec[0].base, load.vec[0].len, "\xbc", 1, "the whole behind the mark");
    ok(load.length > 500 && load.length < 1452, "in %zu bytes", load.length);
    net_flush(&net);
    is_int(server.packets - packets, 2, "in two packets");
    net_run(&net, WZP_SECOND);
    check_twenty(WZP_BUNDLE_MARK);
    net_fini(&net);
}

/* What is asked for by number travels alone, since a frame has one number. */
static void test_numbered(void)
{
    struct net net;
    struct node client, server;
    struct wzp_quic_load load;
    uint8_t data[100] = {WZP_BUNDLE_MARK};
    net_init(&net, 62);
    net_pair(&net, &client, &server, "room");
    net_run(&net, WZP_SECOND);
    memset(&heard, 0, sizeof heard);
    server.on_datagram = hear;
    for (uint64_t id = 1; id <= 3; id++)
        wzp_quic_conn_send_datagram(node_conn(&client), data, sizeof data, id, net.now);
    wzp_quic_datagrams_load(node_conn(&client), &load);
    is_int(load.count, 1, "a datagram whose fate matters has no company");
    is_int(load.id, 1, "its number is the frame's");
    is_int(load.length, sizeof data + 3, "its own mark makes it a bundle of one");
    net_run(&net, WZP_SECOND);
    is_int(client.acked, 3, "three have their fate");
    is_int(heard.count, 3, "three arrive");
    ok(heard.length[2] == sizeof data && heard.first[2] == WZP_BUNDLE_MARK, "as they were");
    net_fini(&net);
}

/* The largest that may be sent fits whatever it begins with. */
static void test_largest(void)
{
    static uint8_t data[1500] = {WZP_BUNDLE_MARK};
    struct net net;
    struct node client, server;
    net_init(&net, 63);
    net_pair(&net, &client, &server, "room");
    net_run(&net, WZP_SECOND);
    size_t most = wzp_quic_conn_datagram_max(node_conn(&client));
    memset(&heard, 0, sizeof heard);
    server.on_datagram = hear;
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), data, most, 0, net.now), 0,
           "%zu bytes are queued", most);
    net_run(&net, WZP_SECOND);
    is_int(heard.length[0], most, "and arrive");
    net_fini(&net);
}

static void test_existing_peer(void)
{
    struct net net;
    struct node client, server;
    struct wzp_quic_load load;
    net_init(&net, 64);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    session_offer(node_dial(&client, &server, "room"), WZP_QUIC_ALPN);
    net_run(&net, WZP_SECOND);
    ok(!node_conn(&client)->takes_bundles && !node_conn(&server)->takes_bundles,
       "a peer that knows the existing protocol alone gets no bundles");
    client.on_datagram = hear;
    send_twenty(&server, WZP_BUNDLE_MARK);
    wzp_quic_datagrams_load(node_conn(&server), &load);
    is_int(load.count, 1, "each is a frame of its own");
    net_run(&net, WZP_SECOND);
    check_twenty(WZP_BUNDLE_MARK);
    net_fini(&net);
}

static void test_bad(void)
{
    static const struct {
        const char *name;
        size_t length;
        uint8_t frames[8];
    } bad[] = {
        {"a mark alone", 2, {FRAME_DATAGRAM, 0xbc}},
        {"half a length", 3, {FRAME_DATAGRAM, 0xbc, 0}},
        {"an item that runs past the end", 6, {FRAME_DATAGRAM, 0xbc, 0, 3, 1, 2}},
        {"an item with half of another", 6, {FRAME_DATAGRAM, 0xbc, 0, 1, 1, 2}},
    };
    uint8_t many[2 + 2 * (WZP_BUNDLE_ITEMS_MAX + 1)] = {FRAME_DATAGRAM, WZP_BUNDLE_MARK};
    size_t count = sizeof bad / sizeof bad[0];
    struct wzp_quic_counters counters;
    struct net net;
    struct node client, server;
    net_init(&net, 65);
    net_pair(&net, &client, &server, "room");
    net_run(&net, WZP_SECOND);
    memset(&heard, 0, sizeof heard);
    server.on_datagram = hear;
    for (size_t i = 0; i < count; i++)
        ok(attacker_frames(&net, node_conn(&client), &server.addr, bad[i].frames, bad[i].length),
           "sent: %s", bad[i].name);
    ok(attacker_frames(&net, node_conn(&client), &server.addr, many, sizeof many),
       "sent: more items than there may be");
    net_run(&net, WZP_SECOND);
    wzp_quic_endpoint_counters(server.ep, &counters);
    is_int(heard.count, 0, "nothing of a bad bundle is heard");
    is_int(counters.dropped_malformed, count + 1, "each is counted");
    is_int(server.closed, 0, "and harms nobody");
    net_fini(&net);
}

static void hang_up(struct node *node, struct wzp_quic_conn *conn, const uint8_t *data,
                    size_t length)
{
    hear(node, conn, data, length);
    wzp_quic_conn_close(conn, 0, "enough", false, node->net->now);
}

static void test_closed_between(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 66);
    net_pair(&net, &client, &server, "room");
    net_run(&net, WZP_SECOND);
    client.on_datagram = hang_up;
    send_twenty(&server, 1);
    net_run(&net, WZP_SECOND);
    is_int(heard.count, 1, "who closes at the first of a bundle hears none of the others");
    is_int(client.closed, 1, "and is closed");
    net_fini(&net);
}

TAP_MAIN
{
    test_between_ours();
    test_numbered();
    test_largest();
    test_existing_peer();
    test_bad();
    test_closed_between();
}
