/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One peer must not cost others: spoofed addresses, bytes with gaps between them. What the attacker
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

/* ---- spoofed Initials ---- */

#define SPOOFED 300 /* per second */
#define DIALS 39

static struct {
    uint8_t data[1200];
    size_t length;
} initials[SPOOFED];
static size_t initial_count;

static bool collect(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                    size_t *length)
{
    (void)net;
    (void)from;
    (void)to;
    if (initial_count < SPOOFED && *length <= sizeof initials[0].data) {
        initials[initial_count].length = *length;
        memcpy(initials[initial_count++].data, data, *length);
    }
    return false;
}

static uint64_t towards_victim; /* bytes that reach the victim's address but no socket of his */

/* What goes to a port of the victim that he has not opened is lost there. */
static bool closed_ports(struct net *net, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                         size_t *length)
{
    const struct node *victim = net->filter_context;
    (void)from;
    (void)data;
    if (!wzp_addr_equal_ip(to, &victim->addr) || wzp_addr_equal(to, &victim->addr))
        return true;
    towards_victim += *length;
    return false;
}

static void test_spoofed(void)
{
    struct net net;
    struct node attacker, server, victim;
    const struct wzp_quic_config config = {.per_address_limit = 8};
    net_init(&net, 101);
    node_init(&attacker, &net, false, 666, NULL);
    node_init(&server, &net, true, 4433, &config);
    node_init(&victim, &net, false, 1000, NULL);
    net.filter = collect;
    for (int i = 0; i < SPOOFED; i++)
        node_dial(&attacker, &server, "room");
    net_flush(&net);
    node_fini(&attacker);
    net.filter = closed_ports;
    net.filter_context = &victim;
    struct wzp_addr claimed = victim.addr;
    uint64_t sent = 0, begin = net.now, slowest = 0;
    for (int i = 0; i < 10 * SPOOFED; i++) {
        const size_t k = (size_t)i % SPOOFED;
        wzp_addr_set_port(&claimed, (uint16_t)(2000 + i));
        net_inject(&net, &claimed, &server.addr, initials[k].data, initials[k].length);
        sent += initials[k].length;
        if (i % (10 * SPOOFED / DIALS) == 0 && victim.connected < DIALS) {
            unsigned before = victim.connected;
            uint64_t start = net.now;
            node_dial(&victim, &server, "_signal");
            net_until(&net, &victim.connected, before + 1, 500 * WZP_MILLISECOND);
            slowest = slowest > net.now - start ? slowest : net.now - start;
            net_run(&net, 20 * WZP_MILLISECOND);
            if (victim.conn)
                wzp_quic_conn_close(victim.conn, 0, "", false, net.now);
        }
        net_run(&net, WZP_SECOND / SPOOFED);
    }
    struct wzp_quic_counters c = counters_of(&server);
    note("attacker: %.0f Initials/s, %.0f kbit/s; relay answers %llu with Retry, %.0f kbit/s go to "
         "the victim's address",
         10.0 * SPOOFED / ((double)(net.now - begin) / 1e9),
         (double)sent * 8e6 / (double)(net.now - begin), (unsigned long long)c.retries_sent,
         (double)towards_victim * 8e6 / (double)(net.now - begin));
    note("victim: %u of %d handshakes, the slowest took %.0f ms at 20 ms round trip",
         victim.connected, DIALS, (double)slowest / 1e6);
    is_int(victim.connected, DIALS, "the owner of a spoofed address connects as ever");
    is_int(c.refused_limit, 0, "nothing is refused");
    ok(slowest <= 70 * WZP_MILLISECOND, "a Retry is all it costs him");
    ok(server.ep->half_open <= WZP_QUIC_UNVALIDATED_MAX, "few spoofed handshakes are kept: %zu",
       server.ep->half_open);
    ok(towards_victim * 3 < sent, "he is hit by less than a third of what the attacker sends");
    net_fini(&net);
}

/* ---- a limit that only validated addresses fill ---- */

static void test_limit_of_the_validated(void)
{
    struct net net;
    struct node server, client;
    const struct wzp_quic_config config = {.per_address_limit = 5};
    net_init(&net, 102);
    node_init(&server, &net, true, 4433, &config);
    node_init(&client, &net, false, 1000, NULL);
    for (int i = 0; i < 40; i++)
        node_dial(&client, &server, "room");
    net_run(&net, 3 * WZP_SECOND);
    is_int(wzp_quic_endpoint_connections(server.ep), 5,
           "one who receives at his address has his share and no more");
    is_int(server.accepted, 5, "the owner hears of no other");
    ok(counters_of(&server).retries_sent > 20, "most of them were asked to come back");
    net_fini(&net);
}

/* ---- bytes with gaps between them ---- */

/* Fills packets with one-byte frames at every second offset. crypto: handshake data, else the
 * streams that there is credit for. */
static void test_gaps(bool crypto)
{
    struct net net;
    struct node server, attacker;
    net_init(&net, 106);
    net_pair(&net, &attacker, &server, "room");
    net_run(&net, WZP_SECOND);
    struct wzp_quic_conn *conn = node_conn(&attacker);
    int64_t streams = 0;
    while (attacker_open(conn) >= 0)
        streams++;
    size_t spent = 0, most = 0, quiet = node_conn(&server)->memory.used;
    uint32_t offset = 1, reach = crypto ? 65000 : 4096;
    for (int64_t s = 0; s < (crypto ? 1 : streams) && server.conn; s++)
        for (offset = 1; offset < reach && server.conn;) {
            uint8_t frames[1100], *p = frames;
            for (; p + 16 < frames + sizeof frames && offset < reach; offset += 2) {
                if (crypto) {
                    *p++ = 0x06;
                } else {
                    *p++ = 0x0e; /* STREAM with offset and length */
                    p = attacker_number(p, (uint32_t)(4 * s));
                }
                p = attacker_number(p, offset);
                *p++ = 1;
                *p++ = 'x';
            }
            bool sent = attacker_frames(&net, conn, &server.addr, frames, (size_t)(p - frames));
            spent += sent ? 1200 : 0;
            net_run(&net, 25 * WZP_MILLISECOND);
            size_t used = server.conn ? server.conn->memory.used : 0;
            most = used > most ? used : most;
        }
    note("attacker: %zu KiB sent; a quiet connection takes %zu KiB of the library, this one %zu",
         spent >> 10, quiet >> 10, most >> 10);
    ok(most <= (size_t)(128 + 2 * 64) * 1024, "gaps between %s bytes cost no more than the limit",
       crypto ? "handshake" : "stream");
    is_int(server.closed, 1, "who goes beyond it is closed");
    is_int(counters_of(&server).over_budget, 1, "and counted");
    net_fini(&net);
}

TAP_MAIN
{
    test_spoofed();
    test_limit_of_the_validated();
    test_gaps(false);
    test_gaps(true);
}
