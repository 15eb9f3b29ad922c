/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The network in memory. */
#include "lib_link.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

struct flying_packet {
    struct flying_packet *next;
    uint64_t at, sequence;
    struct wzp_addr from, to;
    uint8_t ecn;
    size_t length;
    uint8_t data[];
};

void (*net_qlog)(void *owner, const struct wzp_quic_conn *conn, const void *data, size_t length);
void (*net_keys)(void *owner, const char *line, size_t length);

void net_init(struct net *net, uint64_t seed)
{
    memset(net, 0, sizeof *net);
    wzp_random_seeded_init(&net->seed, seed);
    net->random = wzp_random_seeded_source(&net->seed);
    net->now = 1000 * WZP_SECOND;
    net->delay = 10 * WZP_MILLISECOND;
}

void net_fini(struct net *net)
{
    while (net->node_count > 0)
        node_fini(net->nodes[net->node_count - 1]);
    while (net->flying != NULL) {
        struct flying_packet *p = net->flying;
        net->flying = p->next;
        free(p);
    }
}

/* ---- what owners hear ---- */

static bool admit(void *owner, const char *sni, const struct wzp_addr *remote, uint64_t now)
{
    struct node *n = owner;
    (void)remote;
    (void)now;
    return !n->admitted || strcmp(n->admitted, sni) == 0;
}

static void accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    struct node *n = owner;
    (void)now;
    n->accepted++;
    n->conn = conn;
    if (n->on_accept != NULL)
        n->on_accept(n, conn);
}

static void connected(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    struct node *n = owner;
    (void)user;
    (void)now;
    n->connected++;
    if (n->on_connect != NULL)
        n->on_connect(n, conn);
}

static void signal_in(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    struct node *n = owner;
    (void)user;
    (void)now;
    if (n->signal_count < TEXTS_MAX) {
        n->signals[n->signal_count] = malloc(length + 1);
        memcpy(n->signals[n->signal_count], text, length + 1);
    }
    n->signal_count++;
    n->signal_bytes += length;
    if (n->on_signal != NULL)
        n->on_signal(n, conn, text, length);
}

static void datagram_in(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct node *n = owner;
    (void)user;
    (void)now;
    n->datagram_count++;
    n->datagram_length = length;
    n->datagram_bytes += length;
    memcpy(n->datagram, data, length < sizeof n->datagram ? length : sizeof n->datagram);
    if (n->on_datagram != NULL)
        n->on_datagram(n, conn, data, length);
}

static void datagram_fate(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t id,
                          bool acknowledged, uint64_t now)
{
    struct node *n = owner;
    (void)conn;
    (void)user;
    (void)now;
    n->last_id = id;
    if (acknowledged)
        n->acked++;
    else
        n->lost++;
}

static void uni_in(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                   size_t length, uint64_t now)
{
    struct node *n = owner;
    (void)conn;
    (void)user;
    (void)now;
    n->uni_count++;
    n->uni_length = length;
    memcpy(n->uni, data, length < sizeof n->uni ? length : sizeof n->uni);
}

static void other_in(void *owner, const struct wzp_addr *local, const struct wzp_addr *remote,
                     const uint8_t *data, size_t length, uint64_t now)
{
    struct node *n = owner;
    (void)now;
    n->other_count++;
    n->other_length = length;
    memcpy(n->other, data, length < sizeof n->other ? length : sizeof n->other);
    if (n->on_other)
        n->on_other(n, local, remote, data, length);
}

static void path_changed(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    struct node *n = owner;
    (void)conn;
    (void)user;
    (void)now;
    n->path_changed++;
}

static void closed(void *owner, struct wzp_quic_conn *conn, void *user,
                   const struct wzp_quic_close *why, uint64_t now)
{
    struct node *n = owner;
    (void)user;
    (void)now;
    n->closed++;
    n->why = *why;
    /* Without memory a connection may end at any moment, and the tests below cannot go on. */
    if (tap_oom_mode() && why->kind != WZP_QUIC_CLOSE_LOCAL && why->kind != WZP_QUIC_CLOSE_PEER)
        bail("a connection ended: %s", why->reason);
    if (n->conn == conn)
        n->conn = NULL;
}

static const struct wzp_quic_callbacks all_callbacks = {
    .admit = admit,
    .accepted = accepted,
    .connected = connected,
    .signal = signal_in,
    .datagram = datagram_in,
    .datagram_fate = datagram_fate,
    .uni = uni_in,
    .path_changed = path_changed,
    .closed = closed,
    .other = other_in,
};

/* ---- nodes ---- */

static void make_endpoint(struct node *n, bool server, const struct wzp_quic_config *config)
{
    struct wzp_quic_config c;
    struct wzp_error err = {0, ""};
    if (config != NULL)
        c = *config;
    else
        memset(&c, 0, sizeof c);
    c.callbacks = all_callbacks;
    c.callbacks.qlog = net_qlog;
    c.callbacks.keys = net_keys;
    c.owner = n;
    c.random = n->net->random;
    c.certificate = server ? &n->certificate : NULL;
    int result = wzp_quic_endpoint_new(&n->ep, &c, &err);
    if (result < 0)
        bail("endpoint: %s", err.text);
}

void node_init(struct node *n, struct net *net, bool server, uint16_t port,
               const struct wzp_quic_config *config)
{
    uint8_t ip[4] = {10, 0, 0, (uint8_t)(net->node_count + 1)};
    uint8_t secret[32];
    memset(n, 0, sizeof *n);
    n->net = net;
    wzp_addr_from_ip4(&n->addr, ip, port);
    wzp_random_bytes(&net->random, secret, sizeof secret);
    wzp_certificate_make(&n->certificate, secret);
    make_endpoint(n, server, config);
    net->nodes[net->node_count++] = n;
}

void node_restart(struct node *n, const struct wzp_quic_config *config)
{
    wzp_quic_endpoint_free(n->ep);
    n->conn = NULL;
    make_endpoint(n, true, config);
}

void node_fini(struct node *n)
{
    struct net *net = n->net;
    wzp_quic_endpoint_free(n->ep);
    n->ep = NULL;
    for (size_t i = 0; i < TEXTS_MAX; i++)
        free(n->signals[i]);
    memset(n->signals, 0, sizeof n->signals);
    for (size_t i = 0; i < net->node_count; i++)
        if (net->nodes[i] == n) {
            net->nodes[i] = net->nodes[--net->node_count];
            break;
        }
}

struct wzp_quic_conn *node_conn(struct node *n)
{
    if (!n->conn)
        bail("no connection");
    return n->conn;
}

struct wzp_quic_conn *node_dial(struct node *from, struct node *to, const char *sni)
{
    struct wzp_quic_conn *conn = NULL;
    int result =
        wzp_quic_connect(&conn, from->ep, &from->addr, &to->addr, sni, NULL, from->net->now);
    if (result < 0)
        bail("dial: %s", wzp_strerror(result));
    from->conn = conn;
    return conn;
}

/* ---- the net ---- */

static void enqueue(struct net *net, const struct wzp_addr *from, const struct wzp_addr *to,
                    uint8_t ecn, const uint8_t *data, size_t length)
{
    struct flying_packet *p = malloc(sizeof *p + length);
    uint64_t jitter = net->jitter > 0 ? wzp_random_below(&net->random, net->jitter) : 0;
    p->at = net->now + net->delay + jitter;
    p->sequence = net->sequence++;
    p->from = *from;
    p->to = *to;
    p->ecn = ecn;
    p->length = length;
    memcpy(p->data, data, length);
    struct flying_packet **link = &net->flying;
    while (*link != NULL && (*link)->at <= p->at)
        link = &(*link)->next;
    p->next = *link;
    *link = p;
}

static void send_one(struct net *net, struct wzp_addr from, struct wzp_addr to, uint8_t ecn,
                     const uint8_t *data, size_t length)
{
    uint8_t copy[2048];
    if (length > sizeof copy)
        bail("a packet of %zu bytes", length);
    memcpy(copy, data, length);
    if (net->filter != NULL && !net->filter(net, &from, &to, copy, &length))
        return;
    if (net->mtu > 0 && length > net->mtu) {
        net->too_big++;
        return;
    }
    if (net->keep_trace && net->trace_count < 32) {
        net->trace[net->trace_count].from = from;
        net->trace[net->trace_count].to = to;
        net->trace[net->trace_count].length = length;
        memcpy(net->trace[net->trace_count++].data, copy, length);
    }
    if (wzp_random_unit(&net->random) < net->loss) {
        net->dropped++;
        return;
    }
    enqueue(net, &from, &to, ecn, copy, length);
    if (wzp_random_unit(&net->random) < net->duplicate)
        enqueue(net, &from, &to, ecn, copy, length);
}

void net_inject(struct net *net, const struct wzp_addr *from, const struct wzp_addr *to,
                const uint8_t *data, size_t length)
{
    enqueue(net, from, to, 0, data, length);
}

static void flush_node(struct net *net, struct node *n)
{
    static uint8_t buffer[65536];
    struct wzp_packet p;
    memset(&p, 0, sizeof p);
    p.data = buffer;
    p.capacity = sizeof buffer;
    while (n->ep != NULL && wzp_quic_endpoint_next_packet(n->ep, &p, net->now) > 0) {
        for (size_t at = 0; at < p.length; at += p.segment) {
            size_t length = p.length - at < p.segment ? p.length - at : p.segment;
            n->packets++;
            send_one(net, p.local, p.remote, p.ecn, p.data + at, length);
        }
    }
}

void net_flush(struct net *net)
{
    for (size_t i = 0; i < net->node_count; i++)
        flush_node(net, net->nodes[i]);
}

static uint64_t next_event(const struct net *net)
{
    uint64_t at = net->flying != NULL ? net->flying->at : WZP_NEVER;
    for (size_t i = 0; i < net->node_count; i++)
        if (net->nodes[i]->ep != NULL)
            at = wzp_time_min(at, wzp_quic_endpoint_expiry(net->nodes[i]->ep));
    return at;
}

static void deliver_due(struct net *net)
{
    while (net->flying != NULL && net->flying->at <= net->now) {
        struct flying_packet *p = net->flying;
        net->flying = p->next;
        for (size_t i = 0; i < net->node_count; i++) {
            struct node *n = net->nodes[i];
            /* Same IP is enough: a test may move ports. */
            if (!n->ep || !wzp_addr_equal_ip(&n->addr, &p->to))
                continue;
            net->delivered++;
            wzp_quic_endpoint_receive(n->ep, &p->to, &p->from, p->ecn, p->data, p->length,
                                      net->now);
        }
        free(p);
    }
}

static bool step(struct net *net, uint64_t until)
{
    net_flush(net);
    uint64_t at = next_event(net);
    if (at > until) {
        net->now = until;
        return false;
    }
    if (at > net->now)
        net->now = at;
    deliver_due(net);
    for (size_t i = 0; i < net->node_count; i++)
        if (net->nodes[i]->ep != NULL)
            wzp_quic_endpoint_handle_expiry(net->nodes[i]->ep, net->now);
    return true;
}

void net_run(struct net *net, uint64_t duration)
{
    uint64_t until = net->now + duration;
    while (step(net, until))
        ;
}

bool net_until(struct net *net, const unsigned *counter, unsigned value, uint64_t duration)
{
    uint64_t until = net->now + duration;
    do {
        net_flush(net);
    } while (*counter < value && step(net, until));
    return *counter >= value;
}

void net_pair(struct net *net, struct node *client, struct node *server, const char *sni)
{
    node_init(client, net, false, 1000, NULL);
    node_init(server, net, true, 4433, NULL);
    node_dial(client, server, sni);
    net_until(net, &client->connected, 1, 5 * WZP_SECOND);
    net_until(net, &server->accepted, 1, 5 * WZP_SECOND);
    if (client->connected != 1 || server->accepted != 1)
        bail("no connection");
}
