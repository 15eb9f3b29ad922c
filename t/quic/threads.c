/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connection IDs that carry a thread number, and a router in front of several endpoints. */
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

#define THREADS 3
#define CLIENTS 40

/* The address that the world knows; behind it each thread has its own in the net. */
struct front {
    struct wzp_addr address;
    struct node threads[THREADS];
    unsigned routed[THREADS], lost;
};

static bool through_the_front(struct net *net, struct wzp_addr *from, struct wzp_addr *to,
                              uint8_t *data, size_t *length)
{
    struct front *f = net->filter_context;
    if (wzp_addr_equal_ip(to, &f->address)) {
        int thread = wzp_quic_thread_of(data, *length);
        if (thread < 0) {
            f->lost++;
            return false;
        }
        f->routed[thread % THREADS]++;
        *to = f->threads[thread % THREADS].addr;
        return true;
    }
    for (int i = 0; i < THREADS; i++)
        if (wzp_addr_equal_ip(from, &f->threads[i].addr))
            *from = f->address;
    return true;
}

static void front_init(struct front *f, struct net *net, size_t half_open_limit)
{
    memset(f, 0, sizeof *f);
    wzp_addr_from_ip4(&f->address, (uint8_t[]){10, 0, 9, 9}, 4433);
    for (int i = 0; i < THREADS; i++) {
        const struct wzp_quic_config config = {.thread = (uint8_t)i,
                                               .half_open_limit = half_open_limit};
        node_init(&f->threads[i], net, true, 4433, &config);
        f->threads[i].certificate = f->threads[0].certificate; /* one relay, one key */
        node_restart(&f->threads[i], &config);
    }
    net->filter = through_the_front;
    net->filter_context = f;
}

static void dial_the_front(struct node *client, const struct front *f)
{
    struct wzp_quic_conn *conn;
    int result = wzp_quic_connect(&conn, client->ep, &client->addr, &f->address, "room", NULL,
                                  client->net->now);
    if (result < 0)
        bail("dial: %s", wzp_strerror(result));
}

/* half_open_limit 1: most must come back from a Retry, whose ID must lead to the same thread. */
static void test_router(size_t half_open_limit)
{
    struct net net;
    struct front f;
    struct node client;
    net_init(&net, 61);
    front_init(&f, &net, half_open_limit);
    node_init(&client, &net, false, 1000, NULL);
    for (int i = 0; i < CLIENTS; i++)
        dial_the_front(&client, &f);
    net_until(&net, &client.connected, CLIENTS, 5 * WZP_SECOND);
    is_int(client.connected, CLIENTS, "all clients connect through a router to %d threads",
           THREADS);
    net_run(&net, 12 * WZP_SECOND);
    unsigned accepted = 0, least = CLIENTS;
    struct wzp_quic_counters c;
    uint64_t unknown = 0, retries = 0;
    for (int i = 0; i < THREADS; i++) {
        accepted += f.threads[i].accepted;
        least = f.threads[i].accepted < least ? f.threads[i].accepted : least;
        wzp_quic_endpoint_counters(f.threads[i].ep, &c);
        unknown += c.dropped_unknown;
        retries += c.retries_sent;
    }
    is_int(accepted, CLIENTS, "each is accepted once");
    ok(least >= CLIENTS / THREADS / 3, "no thread is left out: %u on the emptiest", least);
    is_int(unknown, 0, "no packet reaches a thread that does not know it");
    ok(half_open_limit == 0 || retries > CLIENTS / 2, "%d were asked to come back", (int)retries);
    is_int(f.lost, 0, "the router reads each packet");
    net_fini(&net);
}

/* ---- newcomers of another thread's ---- */

static struct front placed;

/* By the last letter of the name. */
static int place(void *owner, const char *sni)
{
    (void)owner;
    return sni[0] ? (sni[strlen(sni) - 1] - '0') % THREADS : 0;
}

static unsigned passed;

static void pass(void *owner, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length)
{
    struct node *node = owner;
    (void)local;
    passed++;
    struct node *to = &placed.threads[thread];
    wzp_quic_endpoint_receive(to->ep, &to->addr, remote, ecn, data, length, node->net->now);
    wzp_sim_host_kick(to->host);
}

static unsigned wrong_place;

static void count_wrong(struct node *node, struct wzp_quic_conn *conn)
{
    wrong_place += &placed.threads[place(NULL, wzp_quic_conn_sni(conn))] != node;
}

static void test_place(size_t half_open_limit, double loss)
{
    struct net net;
    struct node client;
    passed = wrong_place = 0;
    net_init(&net, 63);
    net.loss = loss;
    net_place = place;
    net_pass = pass;
    front_init(&placed, &net, half_open_limit);
    net_place = NULL;
    net_pass = NULL;
    for (int i = 0; i < THREADS; i++)
        placed.threads[i].on_accept = count_wrong;
    node_init(&client, &net, false, 1000, NULL);
    for (int i = 0; i < CLIENTS; i++) {
        struct wzp_quic_conn *conn;
        char name[] = "room-0";
        name[5] = (char)('0' + i % 10);
        if (wzp_quic_connect(&conn, client.ep, &client.addr, &placed.address, name, NULL, net.now))
            bail("dial");
    }
    net_until(&net, &client.connected, CLIENTS, 20 * WZP_SECOND);
    is_int(client.connected, CLIENTS, "with %.0f %% loss%s all clients connect", loss * 100,
           half_open_limit ? " and Retry" : "");
    is_int(wrong_place, 0, "each at the thread that its name belongs to");
    ok(passed > CLIENTS / 3, "most were handed over (%u packets)", passed);
    net_run(&net, 15 * WZP_SECOND);
    size_t left = 0, conns = 0;
    for (int i = 0; i < THREADS; i++) {
        left += placed.threads[i].ep->passed_count + placed.threads[i].ep->half_open;
        conns += wzp_quic_endpoint_connections(placed.threads[i].ep);
    }
    is_int(conns, CLIENTS, "each is known to one thread");
    is_int(left, 0, "and nothing of it stays where it came first");
    net_fini(&net);
}

static void test_all_ids(void)
{
    struct net net;
    struct node client, server;
    const struct wzp_quic_config mine = {.thread = 7}, theirs = {.thread = 255};
    net_init(&net, 62);
    node_init(&client, &net, false, 1000, &mine);
    node_init(&server, &net, true, 4433, &theirs);
    node_dial(&client, &server, "room");
    net_run(&net, WZP_SECOND);
    struct wzp_addr moved = client.addr;
    unsigned ids = 0, wrong = 0;
    for (uint16_t port = 1001; port < 1011; port++) {
        wzp_addr_set_port(&moved, port);
        wzp_quic_conn_migrate(node_conn(&client), &moved, net.now);
        net_run(&net, 2 * WZP_SECOND);
        /* Until it is retired, one ID of the server is what the client made up. */
        const struct wzp_quic_conn *conns[] = {node_conn(&client), node_conn(&server)};
        for (int side = 0; side < 2; side++)
            for (size_t i = 0; i < conns[side]->cid_count; i++) {
                if (conns[side]->cids[i].length != WZP_QUIC_CID_SIZE)
                    continue;
                ids++;
                wrong += conns[side]->cids[i].data[0] != (side ? 255 : 7);
            }
    }
    ok(ids > 40, "%u IDs seen on ten moves", ids);
    is_int(wrong, 0, "each carries the number of its thread");
    const struct wzp_quic_cid *a = &node_conn(&server)->cids[0], *b = &node_conn(&server)->cids[1];
    ok(memcmp(a->data + 1, b->data + 1, WZP_QUIC_CID_SIZE - 1) != 0, "and is random behind it");
    net_fini(&net);
}

static void test_bytes(void)
{
    uint8_t packet[30] = {0x40, 9};
    is_int(wzp_quic_thread_of(packet, sizeof packet), 9, "read from a short header");
    is_int(wzp_quic_thread_of(packet, 8), -1, "not from one that is cut off");
    memcpy(packet, (uint8_t[]){0xc0, 0, 0, 0, 1, 8, 200}, 7);
    is_int(wzp_quic_thread_of(packet, sizeof packet), 200, "read from a long header");
    is_int(wzp_quic_thread_of(packet, 13), -1, "not from one that is cut off");
    packet[5] = 0;
    is_int(wzp_quic_thread_of(packet, sizeof packet), -1, "not without an ID");
    packet[0] = 0;
    is_int(wzp_quic_thread_of(packet, sizeof packet), -1, "not from what is not QUIC");
    is_int(wzp_quic_thread_of(packet, 0), -1, "nor from nothing");
}

TAP_MAIN
{
    test_router(0);
    test_router(1);
    test_place(0, 0);
    test_place(1, 0);
    test_place(0, 0.1);
    test_all_ids();
    test_bytes();
}
