/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The round trip that people are shown: the path's, not what the handshake took to compute and not
 * how long acknowledgements waited for media to ride with. */
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

#define FRAME (20 * WZP_MILLISECOND)

static uint8_t frame[112];

static double shown(struct node *n)
{
    struct wzp_quic_stats stats;
    wzp_quic_conn_stats(node_conn(n), &stats);
    return (double)stats.rtt_smoothed / 1e6;
}

static void speak(struct node *n)
{
    (void)wzp_quic_conn_send_datagram(node_conn(n), frame, sizeof frame, 0, n->net->now);
}

/* `slow`: round trip of the handshake, key exchange included; `real`: of the path. One or both
 * speak for two seconds. */
static void test_media(uint64_t slow, uint64_t real, bool client_speaks, bool server_speaks)
{
    struct net net;
    struct node client, server;
    net_init(&net, 77);
    net.delay = slow / 2;
    net_pair(&net, &client, &server, "room");
    net_run(&net, slow);
    net.delay = real / 2;
    for (uint64_t end = net.now + 2 * WZP_SECOND; net.now < end;) {
        if (client_speaks)
            speak(&client);
        net_run(&net, FRAME / 3);
        if (server_speaks)
            speak(&server);
        net_run(&net, FRAME - FRAME / 3);
    }
    struct node *who = client_speaks ? &client : &server;
    double ms = (double)real / 1e6;
    is_near(shown(who), ms, 0.1 * ms + 0.1,
            "%s%s: %.1f ms are shown as %.2f after a handshake of %.0f",
            client_speaks ? "a client speaks" : "a server speaks",
            client_speaks && server_speaks ? " and hears" : "", ms, shown(who), (double)slow / 1e6);
    net_fini(&net);
}

/* Signals alone: a ping a second. */
static void test_signals(void)
{
    struct net net;
    struct node client, server;
    net_init(&net, 78);
    net.delay = 5 * WZP_MILLISECOND;
    net_pair(&net, &client, &server, "_signal");
    net_run(&net, 10 * WZP_MILLISECOND);
    net.delay = 150 * WZP_MICROSECOND;
    for (int i = 0; i < 4; i++) {
        (void)wzp_quic_conn_send_signal(node_conn(&client), "\"Ping\"", 6, net.now);
        net_run(&net, WZP_SECOND);
    }
    ok(shown(&client) < 1.5, "four signals after a handshake of 10 ms %.2f ms are shown for 0.3",
       shown(&client));
    net_fini(&net);
}

TAP_MAIN
{
    test_media(13 * WZP_MILLISECOND, 300 * WZP_MICROSECOND, true, false);
    test_media(13 * WZP_MILLISECOND, 300 * WZP_MICROSECOND, false, true);
    test_media(13 * WZP_MILLISECOND, 300 * WZP_MICROSECOND, true, true);
    test_media(60 * WZP_MILLISECOND, 40 * WZP_MILLISECOND, true, true);
    test_media(41 * WZP_MILLISECOND, 40 * WZP_MILLISECOND, true, false);
    test_signals();
}
