/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A server gives the TLS session of a connection back when its owner has asked what it wanted:
 * everything but the exporter goes on, key changes too. */
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

static void exchange(struct net *net, struct node *client, struct node *server, const char *when)
{
    static const uint8_t frame[100] = {1};
    unsigned to_server = server->datagram_count, to_client = client->datagram_count,
             signals = server->signal_count + client->signal_count;
    for (int i = 0; i < 50; i++) {
        (void)wzp_quic_conn_send_datagram(node_conn(client), frame, sizeof frame, 0, net->now);
        (void)wzp_quic_conn_send_datagram(node_conn(server), frame, sizeof frame, 0, net->now);
        net_run(net, 20 * WZP_MILLISECOND);
    }
    (void)wzp_quic_conn_send_signal(node_conn(client), "\"Ping\"", 6, net->now);
    (void)wzp_quic_conn_send_signal(node_conn(server), "\"Ping\"", 6, net->now);
    net_run(net, WZP_SECOND);
    ok(server->datagram_count - to_server == 50 && client->datagram_count - to_client == 50,
       "%s: media flow both ways", when);
    is_int(server->signal_count + client->signal_count - signals, 2, "and signals");
}

TAP_MAIN
{
    struct net net;
    struct node client, server;
    uint8_t key[32];
    net_init(&net, 131);
    net_pair(&net, &client, &server, "room");
    is_int(wzp_quic_conn_export(node_conn(&server), key, "test", NULL, 0), 0,
           "the owner asks what it wants to know");
    wzp_quic_conn_forget_tls(node_conn(&server));
    wzp_quic_conn_forget_tls(node_conn(&client));
    is_int(wzp_quic_conn_export(node_conn(&server), key, "test", NULL, 0), WZP_E_STATE,
           "afterwards there is no answer any more");
    is_int(wzp_quic_conn_export(node_conn(&client), key, "test", NULL, 0), 0,
           "who dialled keeps its session");
    exchange(&net, &client, &server, "without the session");
    is_int(ngtcp2_conn_initiate_key_update(node_conn(&client)->quic, net.now), 0,
           "the client changes its keys");
    exchange(&net, &client, &server, "with the next keys");
    net_run(&net, 5 * WZP_SECOND);
    is_int(ngtcp2_conn_initiate_key_update(node_conn(&server)->quic, net.now), 0,
           "and the server");
    exchange(&net, &client, &server, "with the keys after those");
    struct wzp_addr moved = client.addr;
    wzp_addr_set_port(&moved, 2000);
    is_int(wzp_quic_conn_migrate(node_conn(&client), &moved, net.now), 0, "the client moves");
    net_run(&net, WZP_SECOND);
    is_int(server.path_changed, 1, "and is found there");
    wzp_quic_conn_close(node_conn(&client), 5, "bye", true, net.now);
    net_run(&net, WZP_SECOND);
    ok(server.closed == 1 && server.why.code == 5, "and parts in order");
    net_fini(&net);
}
