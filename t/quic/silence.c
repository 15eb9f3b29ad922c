/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What acknowledgements cost: a side that only listens sends few of them, a side that speaks sends
 * none alone, and nothing that needs them sooner waits. */
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

#define FRAME (20 * WZP_MILLISECOND)
#define OVERHEAD 28 /* bytes of IPv4 and UDP */

static uint8_t frame[112];

/* Speech for that long, one or both ways. */
static void talk(struct net *net, struct node *from, struct node *to, uint64_t duration)
{
    uint64_t end = net->now + duration;
    while (net->now < end) {
        wzp_quic_conn_send_datagram(node_conn(from), frame, sizeof frame, 1, net->now);
        net_run(net, FRAME / 2);
        if (to)
            wzp_quic_conn_send_datagram(node_conn(to), frame, sizeof frame, 1, net->now);
        net_run(net, FRAME / 2);
    }
}

struct sample {
    uint64_t packets, bytes;
};

static struct sample sample_of(struct node *n)
{
    return (struct sample){n->packets, node_conn(n)->bytes_sent};
}

/* kbit/s on the wire since then. */
static double rate(struct node *n, struct sample since, uint64_t duration)
{
    struct sample s = sample_of(n);
    double bytes = (double)(s.bytes - since.bytes) + OVERHEAD * (double)(s.packets - since.packets);
    return bytes * 8e6 / (double)duration;
}

static void test_listener(uint64_t delay, bool client_speaks)
{
    struct net net;
    struct node client, server;
    net_init(&net, 121);
    net.delay = delay;
    net_pair(&net, &client, &server, "room");
    net_run(&net, 2 * WZP_SECOND);
    struct node *speaker = client_speaks ? &client : &server,
                *listener = client_speaks ? &server : &client;
    talk(&net, speaker, NULL, WZP_SECOND);
    struct sample before = sample_of(listener);
    talk(&net, speaker, NULL, 20 * WZP_SECOND);
    double kbit = rate(listener, before, 20 * WZP_SECOND);
    double packets = (double)(listener->packets - before.packets) / 20;
    note("%s listens at %.0f ms round trip: %.1f packets/s, %.1f kbit/s",
         client_speaks ? "relay" : "client", (double)delay / 5e5, packets, kbit);
    ok(kbit < 7, "a side that only listens sends %.1f kbit/s of acknowledgements", kbit);
    struct wzp_quic_stats stats;
    wzp_quic_conn_stats(node_conn(speaker), &stats);
    is_near((double)stats.rtt_smoothed / 1e6, (double)delay / 5e5, 3,
            "the speaker still knows the round trip");
    is_int(speaker->lost, 0, "and takes nothing for lost");
    net_fini(&net);
}

static void test_both_speak(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 122);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 2 * WZP_SECOND);
    talk(&net, &client, &server, WZP_SECOND);
    struct sample c = sample_of(&client), s = sample_of(&server);
    talk(&net, &client, &server, 20 * WZP_SECOND);
    ok(client.packets - c.packets <= 1010 && server.packets - s.packets <= 1010,
       "when both speak acknowledgements ride along: %d and %d packets for 1000 frames",
       (int)(client.packets - c.packets), (int)(server.packets - s.packets));
    net_fini(&net);
}

/* Packets that fill a sender's smallest window must not wait for the time of a few small ones. */
static void test_bulk(void)
{
    struct net net;
    struct node client, server;
    static uint8_t big[1100];
    net_init(&net, 123);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 2 * WZP_SECOND);
    unsigned got = client.datagram_count;
    uint64_t begin = net.now;
    for (int i = 0; i < 3000; i++) {
        wzp_quic_conn_send_datagram(node_conn(&server), big, sizeof big, 0, net.now);
        net_run(&net, WZP_MILLISECOND);
    }
    net_run(&net, 100 * WZP_MILLISECOND);
    double share = (double)(client.datagram_count - got) / 3000;
    note("9 Mbit/s for %.1f s: %.1f %% arrived", (double)(net.now - begin) / 1e9, share * 100);
    ok(share > 0.99, "a stream of full packets is not held up by late acknowledgements");
    net_fini(&net);
}

/* Signals between the frames are acknowledged as if there were none. */
static void test_signals(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 124);
    net_pair(&net, &client, &server, "room");
    net_run(&net, 2 * WZP_SECOND);
    uint64_t slowest = 0;
    for (int i = 0; i < 50; i++) {
        talk(&net, &server, NULL, 100 * WZP_MILLISECOND);
        wzp_quic_conn_send_signal(node_conn(&server), "update", 6, net.now);
        uint64_t begin = net.now;
        while (node_conn(&server)->outbox.waiting || node_conn(&server)->outbox.flying)
            net_run(&net, WZP_MILLISECOND);
        slowest = slowest > net.now - begin ? slowest : net.now - begin;
    }
    ok(slowest < 35 * WZP_MILLISECOND, "a signal is acknowledged after %.0f ms at most",
       (double)slowest / 1e6);
    net_fini(&net);
}

static bool rebound(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                    size_t *length)
{
    const struct node *client = net->filter_context;
    (void)data;
    (void)length;
    if (wzp_addr_equal(from, &client->addr))
        wzp_addr_set_port(from, 5555);
    if (wzp_addr_equal_ip(to, &client->addr))
        *to = client->addr;
    return true;
}

/* A NAT gives the listener another port: the relay asks, and the answer does not wait for media. */
static void test_path_challenge(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 126);
    net_pair(&net, &client, &server, "room");
    talk(&net, &server, NULL, 2 * WZP_SECOND);
    net.filter = rebound;
    net.filter_context = &client;
    uint64_t packets = client.packets, moved = 0, begin = net.now;
    while (!server.path_changed && net.now - begin < WZP_SECOND) {
        talk(&net, &server, NULL, FRAME);
        if (!moved && client.packets > packets)
            moved = net.now;
    }
    ok(server.path_changed == 1 && net.now - begin <= 160 * WZP_MILLISECOND,
       "the relay has validated a listener's new address after %.0f ms",
       (double)(net.now - begin) / 1e6);
    ok(net.now - moved <= 60 * WZP_MILLISECOND, "%.0f ms after his first packet from there",
       (double)(net.now - moved) / 1e6);
    net_fini(&net);
}

/* A packet of media puts off all that ngtcp2 could have to do: its sender's appointment, which is
 * dear to ask for, may stay where it is. */
static void test_appointments(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 127);
    net_pair(&net, &client, &server, "room");
    talk(&net, &server, NULL, 2 * WZP_SECOND);
    unsigned moved = 0;
    uint64_t key = 0, slip = 0;
    for (int i = 0; i < 500; i++) {
        talk(&net, &server, NULL, FRAME);
        const struct wzp_quic_conn *conn = node_conn(&server);
        moved += conn->timer.key != key;
        key = conn->timer.key;
        uint64_t late = wzp_time_since(net.now, ngtcp2_conn_get_expiry(conn->quic));
        slip = late > slip ? late : slip;
    }
    ok(moved < 100, "500 packets of media move their sender's appointment %u times", moved);
    ok(slip <= WZP_QUIC_ACK_DELAY_MEDIA, "and it is kept within %.0f ms", (double)slip / 1e6);
    net_fini(&net);
}

static void test_announced(const char *sni, unsigned milliseconds)
{
    struct net net;
    struct node client, server;
    net_init(&net, 125);
    net_pair(&net, &client, &server, sni);
    struct node *sides[] = {&client, &server};
    for (int i = 0; i < 2; i++)
        is_int(ngtcp2_conn_get_remote_transport_params(node_conn(sides[i])->quic)->max_ack_delay /
                   WZP_MILLISECOND,
               milliseconds, "%s: %s is told to expect them after %u ms", sni,
               i ? "the server" : "the client", milliseconds);
    net_fini(&net);
}

TAP_MAIN
{
    test_listener(WZP_MILLISECOND, false);
    test_listener(20 * WZP_MILLISECOND, false);
    test_listener(20 * WZP_MILLISECOND, true);
    test_listener(200 * WZP_MILLISECOND, false);
    test_both_speak();
    test_bulk();
    test_signals();
    test_path_challenge();
    test_appointments();
    test_announced("room", 135);
    test_announced("call-call-a1", 135);
    test_announced("_signal", 25);
}
