/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The path: MTU discovery, black holes, NAT rebinding, migration, keep-alive, idle timeout. */
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

static size_t mtu_of(const struct wzp_quic_conn *conn)
{
    struct wzp_quic_stats stats;
    wzp_quic_conn_stats(conn, &stats);
    return stats.mtu;
}

/* A datagram that does not fit makes larger packets worth a search. */
static void want_more(struct node *n)
{
    static const uint8_t big[1440];
    wzp_quic_conn_send_datagram(node_conn(n), big, sizeof big, 0, n->net->now);
}

static unsigned larger_than_base;

static bool watch_size(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                       size_t *length)
{
    (void)net;
    (void)from;
    (void)to;
    (void)data;
    larger_than_base += *length > WZP_QUIC_MTU_BASE;
    return true;
}

static void test_no_need(void)
{
    struct net net;
    struct node client, server;
    static char text[20000];
    memset(text, 's', sizeof text);
    net_init(&net, 40);
    net.filter = watch_size;
    larger_than_base = 0;
    net_pair(&net, &client, &server, "room");
    wzp_quic_conn_send_signal(node_conn(&server), text, sizeof text, net.now);
    for (int i = 0; i < 1000; i++) {
        wzp_quic_conn_send_datagram(node_conn(&client), text, 200, 0, net.now);
        wzp_quic_conn_send_datagram(node_conn(&server), text, 200, 0, net.now);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    is_int(larger_than_base, 0, "nobody probes a path for larger packets that nobody needs");
    for (int i = 0; i < 8; i++)
        wzp_quic_conn_send_datagram(node_conn(&server), text, 200, 0, net.now);
    net_run(&net, WZP_SECOND);
    is_int(mtu_of(node_conn(&server)), 1452, "more than a packet full is worth the search");
    is_int(mtu_of(node_conn(&client)), 1200, "in that direction");
    net_fini(&net);
}

static void test_mtu(void)
{
    struct net net;
    struct node client, server;
    struct wzp_quic_stats stats;
    net_init(&net, 41);
    net.mtu = 1300;
    net_pair(&net, &client, &server, "room");
    is_int(mtu_of(node_conn(&client)), 1200, "starts at 1200");
    want_more(&client);
    want_more(&server);
    for (int i = 0; i < 100; i++) {
        wzp_quic_conn_send_datagram(node_conn(&client), "voice", 5, (uint64_t)i + 1, net.now);
        net_run(&net, 100 * WZP_MILLISECOND);
    }
    note("client %zu, server %zu, %u probes too big", mtu_of(node_conn(&client)),
         mtu_of(node_conn(&server)), net.too_big);
    ok(mtu_of(node_conn(&client)) >= 1260 && mtu_of(node_conn(&client)) <= 1300,
       "finds what 1300 carries");
    ok(mtu_of(node_conn(&server)) >= 1260 && mtu_of(node_conn(&server)) <= 1300, "on both sides");
    ok(net.too_big <= 10, "with few losses");
    is_int(server.datagram_count, 100, "no voice was lost by it");
    is_int(client.lost, 0, "and none is said to be");
    wzp_quic_conn_stats(node_conn(&client), &stats);
    ok(stats.congestion_window >= 6 * 1452, "the congestion window stays open: %llu",
       (unsigned long long)stats.congestion_window);
    ok(wzp_quic_conn_datagram_max(node_conn(&client)) > 1200, "larger datagrams fit");
    net.mtu = 0;
    net_run(&net, 200 * WZP_SECOND);
    ok(mtu_of(node_conn(&client)) <= 1300, "the path grew, nobody knows yet");
    net_run(&net, 120 * WZP_SECOND);
    is_int(mtu_of(node_conn(&client)), 1452, "probed again after 300 s");
    is_int(mtu_of(node_conn(&server)), 1452, "by the server too");
    is_int(client.datagram_count + server.datagram_count, 100, "no probe was taken for a datagram");
    net_fini(&net);
}

static void test_mtu_fast(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 42);
    net_pair(&net, &client, &server, "room");
    want_more(&client);
    net_run(&net, 500 * WZP_MILLISECOND);
    is_int(mtu_of(node_conn(&client)), 1452, "a clear path is known in half a second");
    is_int(wzp_quic_conn_datagram_max(node_conn(&client)), 1452 - 1 - 8 - 4 - 16 - 3 - 3,
           "largest datagram at 1452");
    uint64_t packets = client.packets;
    static uint8_t big[1417];
    is_int(wzp_quic_conn_send_datagram(node_conn(&client), big, sizeof big, 1, net.now), 0, "sent");
    net_run(&net, WZP_SECOND);
    is_int(server.datagram_length, sizeof big, "and arrives");
    ok(client.packets - packets < 5, "in one packet");
    net_fini(&net);
}

static void test_black_hole(void)
{
    struct net net;
    struct node client, server;
    static uint8_t big[1400];
    net_init(&net, 43);
    net_pair(&net, &client, &server, "room");
    want_more(&client);
    net_run(&net, WZP_SECOND);
    is_int(mtu_of(node_conn(&client)), 1452, "1452");
    net.mtu = 1250;
    int refused = 0;
    for (int i = 0; i < 100 && !refused; i++) {
        refused = wzp_quic_conn_send_datagram(node_conn(&client), big, sizeof big, 0, net.now);
        wzp_quic_conn_send_datagram(node_conn(&client), big, 50, 0, net.now);
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    is_int(refused, WZP_E_TOO_BIG, "a path that shrank is noticed");
    is_int(mtu_of(node_conn(&client)), 1200, "back to 1200");
    net_run(&net, 60 * WZP_SECOND);
    is_int(mtu_of(node_conn(&client)), 1232, "and searched again after a rest");
    net_fini(&net);
}

/* A signal larger than a packet on a path that shrank: streams carry no fate, yet must not hang. */
static void test_black_hole_stream(void)
{
    struct net net;
    struct node client, server;
    static char text[20000];
    memset(text, 'a', sizeof text);
    net_init(&net, 44);
    net_pair(&net, &client, &server, "room");
    want_more(&client);
    net_run(&net, WZP_SECOND);
    net.mtu = 1250;
    wzp_quic_conn_send_signal(node_conn(&client), text, sizeof text, net.now);
    net_until(&net, &server.signal_count, 1, 9 * WZP_SECOND);
    is_int(server.signal_count, 1, "a large signal gets through a path that shrank");
    is_int(mtu_of(node_conn(&client)) < 1300, 1, "after falling back");
    net_fini(&net);
}

/* NAT: the client's source port becomes another one at some moment. */
static uint16_t outside_port;
static bool nat(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                size_t *length)
{
    const struct node *client = net->nodes[0];
    (void)data;
    (void)length;
    if (wzp_addr_equal_ip(from, &client->addr)) {
        wzp_addr_set_port(from, outside_port);
    } else if (wzp_addr_equal_ip(to, &client->addr)) {
        if (wzp_addr_port(to) != outside_port)
            return false; /* the old mapping is gone */
        wzp_addr_set_port(to, wzp_addr_port(&client->addr));
    }
    return true;
}

static void test_rebinding(void)
{
    struct net net;
    struct node client, server;
    struct wzp_addr remote;
    net_init(&net, 45);
    net.filter = nat;
    outside_port = 50000;
    net_pair(&net, &client, &server, "room");
    want_more(&server);
    net_run(&net, WZP_SECOND);
    wzp_quic_conn_path(node_conn(&server), NULL, &remote);
    is_int(wzp_addr_port(&remote), 50000, "the server sees the mapped port");
    for (int i = 0; i < 3; i++) {
        outside_port = (uint16_t)(50001 + i);
        for (int k = 0; k < 20; k++) {
            wzp_quic_conn_send_datagram(node_conn(&client), "up", 2, 0, net.now);
            wzp_quic_conn_send_datagram(node_conn(&server), "down", 4, 0, net.now);
            net_run(&net, 20 * WZP_MILLISECOND);
        }
        wzp_quic_conn_path(node_conn(&server), NULL, &remote);
        is_int(wzp_addr_port(&remote), outside_port, "it follows a new mapping");
        is_int(server.path_changed, i + 1, "and says so once");
    }
    is_int(server.datagram_count, 60, "nothing from the client was lost");
    ok(client.datagram_count >= 50, "little to it: %u of 60", client.datagram_count);
    outside_port = 50000;
    wzp_quic_conn_send_signal(node_conn(&client), "again", 5, net.now);
    net_run(&net, 2 * WZP_SECOND);
    is_int(server.signal_count, 1, "also back to an old one");
    is_int(client.closed + server.closed, 0, "the connection lives");
    is_int(mtu_of(node_conn(&server)), 1452, "the MTU was searched again");
    net_fini(&net);
}

/* Somebody else's address on a copied packet must not take the connection. */
static uint8_t copy[1500];
static size_t copy_length;
static bool copy_packets(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                         size_t *length)
{
    (void)to;
    if (wzp_addr_equal_ip(from, &net->nodes[0]->addr) && *length < sizeof copy) {
        memcpy(copy, data, *length);
        copy_length = *length;
    }
    return true;
}

static void test_stolen_packet(void)
{
    struct net net;
    struct node client, server;
    struct wzp_addr thief, remote;
    uint8_t ip[4] = {10, 9, 9, 9};
    net_init(&net, 46);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 2 * WZP_SECOND);
    wzp_addr_from_ip4(&thief, ip, 666);
    net.filter = copy_packets;
    for (int i = 0; i < 50; i++) {
        wzp_quic_conn_send_datagram(node_conn(&client), "up", 2, 0, net.now);
        net_flush(&net);
        net.delay = WZP_MILLISECOND; /* the copy is faster */
        net_inject(&net, &thief, &server.addr, copy, copy_length);
        net.delay = 10 * WZP_MILLISECOND;
        net_run(&net, 20 * WZP_MILLISECOND);
    }
    net_run(&net, 5 * WZP_SECOND);
    wzp_quic_conn_path(node_conn(&server), NULL, &remote);
    ok(wzp_addr_equal(&remote, &client.addr), "an address that cannot answer is never the path");
    is_int(server.path_changed, 0, "nor announced");
    wzp_quic_conn_send_datagram(node_conn(&server), "down", 4, 0, net.now);
    net_run(&net, WZP_SECOND);
    is_int(client.datagram_count, 1, "the client is still served");
    net_fini(&net);
}

static void test_migration(void)
{
    struct net net;
    struct node client, server;
    struct wzp_addr other, remote, local;
    net_init(&net, 47);
    net_pair(&net, &client, &server, "room");
    is_int(wzp_quic_conn_migrate(node_conn(&client), &client.addr, net.now), WZP_E_STATE,
           "to the same address");
    is_int(wzp_quic_conn_migrate(node_conn(&server), &client.addr, net.now), WZP_E_STATE,
           "by a server");
    net_run(&net, 2 * WZP_SECOND);
    other = client.addr;
    wzp_addr_set_port(&other, 2000);
    is_int(wzp_quic_conn_migrate(node_conn(&client), &other, net.now), 0, "the client moves");
    wzp_quic_conn_send_signal(node_conn(&client), "moved", 5, net.now);
    net_run(&net, 2 * WZP_SECOND);
    is_int(server.signal_count, 1, "its signal arrives");
    wzp_quic_conn_path(node_conn(&server), NULL, &remote);
    is_int(wzp_addr_port(&remote), 2000, "from the new address");
    wzp_quic_conn_path(node_conn(&client), &local, NULL);
    is_int(wzp_addr_port(&local), 2000, "the client knows its own");
    ok(server.path_changed >= 1, "the server says so");
    ok(client.path_changed >= 1, "the client too");
    wzp_quic_conn_send_signal(node_conn(&server), "seen", 4, net.now);
    net_run(&net, WZP_SECOND);
    is_int(client.signal_count, 1, "and the answer comes");
    net_fini(&net);
}

static bool cut(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                size_t *length)
{
    (void)net;
    (void)from;
    (void)to;
    (void)data;
    (void)length;
    return false;
}

static void test_idle(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 48);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 10 * WZP_SECOND);
    uint64_t packets = client.packets + server.packets;
    net_run(&net, 600 * WZP_SECOND);
    is_int(client.closed + server.closed, 0, "keep-alive: ten silent minutes");
    packets = client.packets + server.packets - packets;
    note("%llu packets in ten silent minutes", (unsigned long long)packets);
    ok(packets >= 200 && packets < 800, "about one each five seconds");
    net.filter = cut;
    uint64_t start = net.now;
    net_until(&net, &client.closed, 1, 100 * WZP_SECOND);
    is_int(client.why.kind, WZP_QUIC_CLOSE_IDLE, "a dead path ends it");
    is_near((double)(net.now - start) / 1e9, 30, 6, "after about 30 s");
    net_run(&net, 10 * WZP_SECOND);
    is_int(server.why.kind, WZP_QUIC_CLOSE_IDLE, "on both sides");
    is_int(wzp_quic_endpoint_connections(server.ep), 0, "nothing is left");
    is_int(wzp_quic_endpoint_expiry(server.ep), WZP_NEVER, "and nothing due");
    net_fini(&net);
}

TAP_MAIN
{
    test_no_need();
    test_mtu();
    test_mtu_fast();
    test_black_hole();
    test_black_hole_stream();
    test_rebinding();
    test_stolen_packet();
    test_migration();
    test_idle();
}
