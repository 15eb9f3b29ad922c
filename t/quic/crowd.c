/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One peer must not cost others by what it leaves unfinished: messages, streams. What the attacker
 * spends and what it costs us is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "lib_attacker.h"
#include "quic/internal.h"
#include "tap.h"

static struct wzp_quic_counters counters_of(const struct node *n)
{
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(n->ep, &c);
    return c;
}

/* ---- unfinished messages ---- */

static uint8_t letters[1 << 20];

static void fill_letters(uint32_t announced)
{
    memset(letters, 'm', sizeof letters);
    wzp_put_be32(letters, announced);
}

struct hoarder {
    struct wzp_quic_conn *conn;
    unsigned streams;
    int64_t id[WZP_QUIC_INBOX_STREAMS];
    size_t sent[WZP_QUIC_INBOX_STREAMS];
};

/* Sends all but the last byte of a message on each stream it can get. */
static void hoard(struct net *net, struct hoarder *h, const struct wzp_addr *to, size_t length)
{
    int64_t id;
    while (h->streams < WZP_QUIC_INBOX_STREAMS && (id = attacker_open(h->conn)) >= 0)
        h->id[h->streams++] = id;
    for (unsigned i = 0; i < h->streams; i++)
        h->sent[i] += attacker_write(net, h->conn, to, h->id[i], letters + h->sent[i],
                                     length - 1 - h->sent[i], false);
}

#define HOARDERS 50

static void register_on_accept(struct node *node, struct wzp_quic_conn *conn)
{
    (void)node;
    wzp_quic_conn_set_budget(conn, WZP_QUIC_BUDGET_REGISTERED);
}

static void test_unfinished(bool registered)
{
    struct net net;
    struct node server, attacker, honest;
    static struct hoarder h[HOARDERS];
    memset(h, 0, sizeof h);
    net_init(&net, 103);
    node_init(&server, &net, true, 4433, NULL);
    node_init(&attacker, &net, false, 666, NULL);
    node_init(&honest, &net, false, 1000, NULL);
    server.on_accept = registered ? register_on_accept : NULL;
    for (int i = 0; i < HOARDERS; i++)
        h[i].conn = node_dial(&attacker, &server, "room");
    node_dial(&honest, &server, "_signal");
    net_until(&net, &server.accepted, HOARDERS + 1, 5 * WZP_SECOND);
    size_t budget = registered ? WZP_QUIC_BUDGET_REGISTERED : WZP_QUIC_BUDGET_NEWCOMER;
    size_t message = budget / 8 * 3, sent = 0, most = 0;
    fill_letters((uint32_t)message - WZP_FRAME_PREFIX);
    for (int turn = 0; turn < 20; turn++) {
        for (int i = 0; i < HOARDERS; i++)
            hoard(&net, &h[i], &server.addr, message);
        net_run(&net, 50 * WZP_MILLISECOND);
        for (const struct wzp_quic_conn *c = server.ep->conns; c; c = c->next)
            most = c->inbox.held > most ? c->inbox.held : most;
        wzp_quic_conn_send_signal(node_conn(&honest), "honest", 6, net.now);
    }
    size_t library = 0;
    for (const struct wzp_quic_conn *c = server.ep->conns; c; c = c->next)
        library += c->memory.used;
    for (int i = 0; i < HOARDERS; i++)
        for (unsigned k = 0; k < h[i].streams; k++)
            sent += h[i].sent[k];
    note("attacker: %d connections from one address sent %zu KiB; held: %zu KiB in all, %zu KiB of "
         "one, %zu KiB by the library",
         HOARDERS, sent >> 10, server.ep->held >> 10, most >> 10, library >> 10);
    ok(most <= budget, "a %s peer holds %zu bytes of unfinished messages, %zu at most",
       registered ? "registered" : "new", most, budget);
    ok(server.ep->held <= WZP_QUIC_ADDRESS_HELD, "all of one address hold %zu bytes",
       server.ep->held);
    node_fini(&attacker);
    net_run(&net, 2 * WZP_QUIC_IDLE_TIME);
    is_int(server.ep->held, 0, "when the attacker is gone nothing is held");
    ok(server.signal_count >= 20, "another peer's messages came through: %u", server.signal_count);
    net_fini(&net);
}

/* ---- many long messages side by side ---- */

#define TALKERS 8
#define MESSAGES 55
#define LONG 15000

static void test_round_robin(void)
{
    struct net net;
    struct node server, client;
    struct wzp_quic_conn *conns[TALKERS];
    static int64_t id[TALKERS][MESSAGES];
    static size_t sent[TALKERS][MESSAGES];
    memset(sent, 0, sizeof sent);
    net_init(&net, 104);
    net.delay = 20 * WZP_MILLISECOND;
    node_init(&server, &net, true, 4433, NULL);
    node_init(&client, &net, false, 1000, NULL);
    server.on_accept = register_on_accept;
    for (int c = 0; c < TALKERS; c++) {
        conns[c] = node_dial(&client, &server, "_signal");
        for (int i = 0; i < MESSAGES; i++)
            id[c][i] = -1;
    }
    net_until(&net, &server.accepted, TALKERS, 5 * WZP_SECOND);
    net_run(&net, 200 * WZP_MILLISECOND);
    fill_letters(LONG - WZP_FRAME_PREFIX);
    uint64_t begin = net.now;
    /* A slice of each stream in turn, as a scheduler that treats all streams alike. */
    while (server.signal_count < TALKERS * MESSAGES && net.now - begin < 20 * WZP_SECOND) {
        for (int c = 0; c < TALKERS; c++)
            for (int i = 0; i < MESSAGES; i++) {
                if (id[c][i] < 0)
                    id[c][i] = attacker_open(conns[c]);
                size_t slice = LONG - sent[c][i] < 1000 ? LONG - sent[c][i] : 1000;
                if (id[c][i] >= 0 && slice > 0)
                    sent[c][i] += attacker_write(&net, conns[c], &server.addr, id[c][i],
                                                 letters + sent[c][i], slice, slice < 1000);
            }
        net_run(&net, 5 * WZP_MILLISECOND);
    }
    struct wzp_quic_counters counters = counters_of(&server);
    note("%u of %d messages of %d bytes read in %.0f ms at 40 ms round trip; %llu thrown away",
         server.signal_count, TALKERS * MESSAGES, LONG, (double)(net.now - begin) / 1e6,
         (unsigned long long)counters.signals_discarded);
    is_int(server.signal_count, TALKERS * MESSAGES, "messages sent side by side are all read");
    ok(net.now - begin < 3 * WZP_SECOND, "without one waiting for another's time to be over");
    net_fini(&net);
}

/* ---- reply streams that are never ended ---- */

static void keep_open(void *context, int64_t id, bool abandon)
{
    (void)context;
    (void)id;
    (void)abandon;
}

static void take_and_ask_for_more(void *context, const char *text, size_t length)
{
    struct wzp_quic_conn *conn = context;
    (void)text;
    (void)length;
    ngtcp2_conn_extend_max_streams_bidi(conn->quic, 1);
}

static void ignore_size(void *context, size_t bytes)
{
    (void)context;
    (void)bytes;
}
static void ignore_grant(void *context, int64_t id, size_t bytes)
{
    (void)context;
    (void)id;
    (void)bytes;
}
static void ignore_stream(void *context)
{
    (void)context;
}
static bool hold_any(void *context, size_t bytes)
{
    (void)context;
    (void)bytes;
    return true;
}
static void ignore_loss(void *context, enum wzp_quic_inbox_loss why)
{
    (void)context;
    (void)why;
}

/* Reads messages and never ends its side of their streams. */
static const struct wzp_quic_inbox_host never_ends = {
    .credit = ignore_size,
    .grant = ignore_grant,
    .finish = keep_open,
    .stream_credit = ignore_stream,
    .hold = hold_any,
    .deliver = take_and_ask_for_more,
    .discarded = ignore_loss,
};

static unsigned answered, unanswered;

static void answer(struct node *node, struct wzp_quic_conn *conn, const char *text, size_t length)
{
    if (wzp_quic_conn_send_signal(conn, text, length, node->net->now) == 0)
        answered++;
    else
        unanswered++;
}

static void test_streams_left_open(void)
{
    struct net net;
    struct node server, attacker;
    answered = unanswered = 0;
    net_init(&net, 105);
    net_pair(&net, &attacker, &server, "_signal");
    server.on_signal = answer;
    net_run(&net, WZP_SECOND);
    node_conn(&attacker)->inbox.host = &never_ends;
    size_t before = node_conn(&server)->memory.used, most = 0;
    for (int i = 0; i < 1000; i++) {
        wzp_quic_conn_send_signal(node_conn(&attacker), "\"Ping\"", 6, net.now);
        net_run(&net, 5 * WZP_MILLISECOND);
        size_t used = node_conn(&server)->memory.used;
        most = used > most ? used : most;
    }
    net_run(&net, WZP_SECOND);
    note("1000 pings, %u answers queued, %u refused, %u streams open, %zu bytes of the library",
         answered, unanswered, node_conn(&server)->local_streams, most - before);
    is_int(node_conn(&server)->local_streams, WZP_QUIC_LOCAL_STREAMS,
           "a peer that ends none of our streams gets no more of them");
    is_int(answered, WZP_QUIC_LOCAL_STREAMS + WZP_QUIC_SIGNAL_QUEUE,
           "the owner hears that it reads too slowly");
    ok(most - before < 80 * 1024, "what it costs is bounded");
    net_fini(&net);
}

static void test_streams_ended(void)
{
    struct net net;
    struct node server, honest;
    answered = unanswered = 0;
    net_init(&net, 107);
    net_pair(&net, &honest, &server, "_signal");
    wzp_quic_conn_set_budget(node_conn(&server), WZP_QUIC_BUDGET_REGISTERED);
    server.on_signal = answer;
    size_t half = 0;
    for (int i = 0; i < 1000; i++) {
        wzp_quic_conn_send_signal(node_conn(&honest), "\"Ping\"", 6, net.now);
        net_run(&net, 5 * WZP_MILLISECOND);
        if (i == 500)
            half = node_conn(&server)->memory.used;
    }
    net_run(&net, WZP_SECOND);
    is_int(honest.signal_count, 1000, "a peer that ends our streams is answered for ever");
    is_int(node_conn(&server)->local_streams, 0, "and leaves no stream behind");
    ok(node_conn(&server)->memory.used <= half, "nor memory");
    net_fini(&net);
}

TAP_MAIN
{
    test_unfinished(false);
    test_unfinished(true);
    test_round_robin();
    test_streams_left_open();
    test_streams_ended();
}
