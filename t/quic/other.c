/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What shares the socket with QUIC: told apart by the first byte, answered by nobody, handed to the
 * owner, sent for the owner. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

/* A STUN Binding request (RFC 8489 5). */
static const uint8_t stun[20] = {0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 1,  2,
                                 3,    4,    5,    6,    7,    8,    9,    10,   11, 12};

/* What RFC 9443 4 says, written down a second time. */
static bool rfc_9443_quic(unsigned first)
{
    return (first >= 64 && first <= 127) || first >= 192;
}

struct state {
    size_t connections, half_open, routes, tombstones, replies, addresses;
    long blocks;
};

static struct state state_of(const struct wzp_quic_endpoint *ep)
{
    return (struct state){ep->conn_count,      ep->half_open,   ep->routes.count,
                          ep->tombstone_count, ep->reply_count, ep->addresses.count,
                          wzp_alloc_live()};
}

static void test_every_first_byte(bool server)
{
    struct net net;
    struct node node;
    struct wzp_addr from;
    uint8_t junk[1500];
    net_init(&net, 81);
    node_init(&node, &net, server, 4433, NULL);
    wzp_addr_from_ip4(&from, (uint8_t[]){10, 0, 0, 77}, 7);
    unsigned wrong = 0, sent = 0;
    for (unsigned first = 0; first < 256; first++) {
        static const size_t lengths[] = {1, 2, 8, 9, 20, 22, 43, 100, 1200, 1500};
        if (rfc_9443_quic(first))
            continue;
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            wzp_random_bytes(&net.random, junk, sizeof junk);
            junk[0] = (uint8_t)first;
            junk[1] |= 1; /* no version 0 */
            struct state before = state_of(node.ep), after;
            unsigned heard = node.other_count;
            wzp_quic_endpoint_receive(node.ep, &node.addr, &from, 0, junk, lengths[i], net.now);
            after = state_of(node.ep);
            wrong += memcmp(&before, &after, sizeof before) != 0;
            wrong += node.other_count != heard + 1 || node.other_length != lengths[i] ||
                     memcmp(node.other, junk, lengths[i]) != 0;
            sent++;
        }
    }
    net_flush(&net);
    is_int(wrong, 0, "%u packets that are not QUIC reach the owner of a %s and nothing else", sent,
           server ? "server" : "client");
    is_int(node.packets, 0, "none of them is answered");
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(node.ep, &c);
    is_int(c.other_in, sent, "each is counted");
    is_int(c.dropped_unknown + c.dropped_malformed, 0, "as what it is");
    unsigned heard = node.other_count;
    for (unsigned first = 0; first < 256; first++) {
        memset(junk, 0x55, sizeof junk);
        junk[0] = (uint8_t)first;
        if (rfc_9443_quic(first))
            wzp_quic_endpoint_receive(node.ep, &node.addr, &from, 0, junk, 50, net.now);
    }
    wzp_quic_endpoint_receive(node.ep, &node.addr, &from, 0, junk, 0, net.now);
    is_int(node.other_count, heard, "what looks like QUIC, or is empty, does not reach the owner");
    net_fini(&net);
}

static void test_within_a_connection(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 82);
    net_pair(&net, &client, &server, "room");
    net_run(&net, WZP_SECOND);
    uint64_t received = node_conn(&server)->packets_received;
    /* The connection's ID where QUIC has it, the peer's address, the fixed bit cleared. */
    uint8_t packet[60] = {0x20};
    memcpy(packet + 1, node_conn(&server)->cids[1].data, WZP_QUIC_CID_SIZE);
    uint64_t packets = server.packets;
    for (int i = 0; i < 100; i++) {
        net_inject(&net, &client.addr, &server.addr, i % 2 ? stun : packet,
                   i % 2 ? sizeof stun : sizeof packet);
        net_run(&net, WZP_MILLISECOND);
    }
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(server.other_count, 100, "STUN from a connected peer reaches the owner");
    is_int(node_conn(&server)->packets_received, received, "not the connection");
    is_int(server.packets, packets, "and nobody answers");
    is_int(ngtcp2_conn_get_remote_transport_params(node_conn(&client)->quic)->grease_quic_bit, 0,
           "no peer is asked to clear the fixed bit");
    net_fini(&net);
}

/* First bytes 128 to 191 are RTP's, but for Version Negotiation, whose low bits are free. */
static void test_version_negotiation(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 83);
    net.keep_trace = true;
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    net.loss = 1; /* the server hears nothing */
    node_dial(&client, &server, "room");
    net_flush(&net);
    if (net.trace_count == 0)
        bail("no Initial");
    const uint8_t *initial = net.trace[0].data;
    uint8_t packet[64] = {0x80};
    size_t to = initial[5], from = initial[6 + to], n = 5;
    packet[n++] = (uint8_t)from;
    memcpy(packet + n, initial + 7 + to, from);
    n += from;
    packet[n++] = (uint8_t)to;
    memcpy(packet + n, initial + 6, to);
    n += to;
    wzp_put_be32(packet + n, 0x1a2a3a4a);
    n += 4;
    net_inject(&net, &server.addr, &client.addr, packet, n);
    net_until(&net, &client.closed, 1, WZP_SECOND);
    is_int(client.closed, 1, "a Version Negotiation packet without the fixed bit ends a dial");
    is_str(client.why.reason, "the peer speaks no QUIC version 1", "with the reason");
    is_int(client.other_count, 0, "the owner does not hear of it");
    packet[1] = 1;
    net_inject(&net, &server.addr, &client.addr, packet, n);
    net_run(&net, 50 * WZP_MILLISECOND);
    is_int(client.other_count, 1, "with another version it is none");
    net_fini(&net);
}

static void answer(struct node *node, const struct wzp_addr *local, const struct wzp_addr *remote,
                   const uint8_t *data, size_t length)
{
    (void)data;
    (void)length;
    is_int(wzp_quic_endpoint_send_raw(node->ep, local, remote, "\1\1answer", 8), 0,
           "the owner may answer at once");
}

static void test_send(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 84);
    net_pair(&net, &client, &server, "_signal");
    net_run(&net, WZP_SECOND);
    server.on_other = answer;
    is_int(wzp_quic_endpoint_send_raw(client.ep, &client.addr, &server.addr, stun, sizeof stun), 0,
           "STUN goes out by the socket that QUIC uses");
    wzp_quic_conn_send_signal(node_conn(&client), "meanwhile", 9, net.now);
    net_until(&net, &client.other_count, 1, WZP_SECOND);
    is_bytes(server.other, server.other_length, stun, sizeof stun, "arrives as it was");
    is_bytes(client.other, client.other_length, "\1\1answer", 8, "and so does the answer");
    net_until(&net, &server.signal_count, 1, WZP_SECOND);
    is_str(server.signals[0], "meanwhile", "QUIC goes on beside it");
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(client.ep, &c);
    is_int(c.raw_out, 1, "counted");
    net_fini(&net);
}

static void test_send_limits(void)
{
    struct net net;
    struct node node, other;
    struct wzp_addr none, v6;
    uint8_t bytes[WZP_QUIC_RAW_MAX + 1] = {0};
    net_init(&net, 85);
    node_init(&node, &net, false, 1000, NULL);
    node_init(&other, &net, false, 1000, NULL);
    memset(&none, 0, sizeof none);
    wzp_addr_parse(&v6, "[2001:db8::1]:9", 15);
    struct wzp_addr *to = &other.addr;
    is_int(wzp_quic_endpoint_send_raw(node.ep, &node.addr, &none, bytes, 1), WZP_E_ARGUMENT,
           "nowhere to send to is refused");
    is_int(wzp_quic_endpoint_send_raw(node.ep, &node.addr, &v6, bytes, 1), WZP_E_ARGUMENT,
           "two families are refused");
    is_int(wzp_quic_endpoint_send_raw(node.ep, &node.addr, to, bytes, 0), WZP_E_ARGUMENT,
           "an empty packet is refused");
    is_int(wzp_quic_endpoint_send_raw(node.ep, &node.addr, to, bytes, sizeof bytes), WZP_E_TOO_BIG,
           "a packet above the limit is refused");
    unsigned taken = 0;
    int result;
    do {
        memcpy(bytes, (uint8_t[2]){0, (uint8_t)taken}, 2);
        result = wzp_quic_endpoint_send_raw(node.ep, &node.addr, to, bytes, WZP_QUIC_RAW_MAX);
        taken += result == 0;
    } while (result == 0);
    ok(result == WZP_E_LIMIT || tap_oom_mode(), "a full queue refuses");
    is_int(taken, WZP_QUIC_RAW_QUEUE, "after %d", WZP_QUIC_RAW_QUEUE);
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(node.ep, &c);
    is_int(c.raw_dropped, 2, "what was dropped is counted");
    net_until(&net, &other.other_count, taken, WZP_SECOND);
    is_int(other.other_count, taken, "all that were taken leave");
    is_int(other.other[1], (int)taken - 1, "in their order");
    is_int(wzp_quic_endpoint_send_raw(node.ep, &node.addr, to, bytes, 8), 0,
           "then there is room again, and what waits is freed with the endpoint");
    net_fini(&net);
}

TAP_MAIN
{
    test_every_first_byte(true);
    test_every_first_byte(false);
    test_within_a_connection();
    test_version_negotiation();
    test_send();
    test_send_limits();
}
