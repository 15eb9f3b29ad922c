/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The network in memory. */
#include "lib_link.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "quic/internal.h"
#include "tap.h"

void (*net_qlog)(void *owner, const struct wzp_quic_conn *conn, const void *data, size_t length);
int (*net_place)(void *owner, const char *sni);
void (*net_pass)(void *owner, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length);
void (*net_keys)(void *owner, const char *line, size_t length);

/* The test's filter, and a record of what is sent. */
static bool watch(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                  size_t *length)
{
    struct net *net = context;
    net->packets++;
    if (net->filter && !net->filter(net, from, to, data, length))
        return false;
    if (net->mtu > 0 && *length > net->mtu) {
        net->too_big++;
        return false;
    }
    if (net->keep_trace && net->trace_count < 32) {
        net->trace[net->trace_count].from = *from;
        net->trace[net->trace_count].to = *to;
        net->trace[net->trace_count].length = *length;
        memcpy(net->trace[net->trace_count++].data, data, *length);
    }
    return true;
}

void net_init(struct net *net, uint64_t seed)
{
    memset(net, 0, sizeof *net);
    if (wzp_sim_new(&net->sim, seed))
        bail("no network");
    wzp_sim_run_until(net->sim, 1000 * WZP_SECOND);
    wzp_sim_network_set_filter(wzp_sim_internet(net->sim), watch, net);
    net->random = wzp_sim_random(net->sim);
    net->now = wzp_sim_now(net->sim);
    net->delay = 10 * WZP_MILLISECOND;
}

void net_fini(struct net *net)
{
    while (net->node_count > 0)
        node_fini(net->nodes[0]);
    wzp_sim_free(net->sim);
}

/* ---- callbacks of the endpoints ---- */

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
    c.callbacks.place = net_place;
    c.callbacks.pass = net_pass;
    c.owner = n;
    c.random = n->net->random;
    c.certificate = server ? &n->certificate : NULL;
    int result = wzp_quic_endpoint_new(&n->ep, &c, &err);
    if (result < 0)
        bail("endpoint: %s", err.text);
}

static void receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct node *n = object;
    n->net->now = now;
    wzp_quic_endpoint_receive(n->ep, local, remote, ecn, data, length, now);
}

static uint64_t expiry(const void *object)
{
    return wzp_quic_endpoint_expiry(((const struct node *)object)->ep);
}

static void handle_expiry(void *object, uint64_t now)
{
    struct node *n = object;
    n->net->now = now;
    wzp_quic_endpoint_handle_expiry(n->ep, now);
}

static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct node *n = object;
    int result = wzp_quic_endpoint_next_packet(n->ep, out, now);
    if (result > 0)
        n->packets += (out->length + out->segment - 1) / out->segment;
    return result;
}

/* Adds the node to the network, with all ports of its address, since a test may change its port. */
static void plug_in(struct node *n)
{
    const struct wzp_driver driver = {n, receive, expiry, handle_expiry, next_packet};
    struct wzp_sim *sim = n->net->sim;
    struct wzp_addr ip = n->addr;
    char address[WZP_ADDR_TEXT_MAX];
    wzp_addr_set_port(&ip, 0);
    wzp_addr_format(address, &ip);
    *strchr(address, ':') = 0;
    if (wzp_sim_host_add(sim, &n->host, address) ||
        wzp_sim_host_address(n->host, wzp_sim_internet(sim), address) ||
        wzp_sim_host_bind(n->host, 0, &driver))
        bail("no place for a node");
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
    plug_in(n);
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
    wzp_sim_host_remove(n->host);
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

/* Sets the links' properties to those that the test wants now. Loss and duplication are on the
 * sender's link and delay on the receiver's: an injected packet crosses only the latter. */
static void draw_lines(struct net *net)
{
    const struct wzp_sim_link up = {.loss = net->loss, .duplicate = net->duplicate};
    const struct wzp_sim_link down = {
        .delay = net->delay, .jitter = net->jitter, .unordered = true};
    for (size_t i = 0; i < net->node_count; i++)
        wzp_sim_set_links(net->nodes[i]->host, &up, &down);
}

void net_inject(struct net *net, const struct wzp_addr *from, const struct wzp_addr *to,
                const uint8_t *data, size_t length)
{
    draw_lines(net);
    wzp_sim_inject(net->sim, from, to, data, length);
}

void net_flush(struct net *net)
{
    draw_lines(net);
    for (size_t i = 0; i < net->node_count; i++)
        wzp_sim_host_kick(net->nodes[i]->host);
}

void net_run(struct net *net, uint64_t duration)
{
    draw_lines(net);
    wzp_sim_run(net->sim, duration);
    net->now = wzp_sim_now(net->sim);
}

struct goal {
    const unsigned *counter;
    unsigned value;
};

static bool reached(void *context)
{
    const struct goal *g = context;
    return *g->counter >= g->value;
}

bool net_until(struct net *net, const unsigned *counter, unsigned value, uint64_t duration)
{
    struct goal g = {counter, value};
    draw_lines(net);
    bool result = wzp_sim_run_for(net->sim, reached, &g, duration);
    net->now = wzp_sim_now(net->sim);
    return result;
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

void session_offer(struct wzp_quic_conn *conn, const char *alpn)
{
    gnutls_datum_t a = {(unsigned char *)(uintptr_t)alpn, (unsigned)strlen(alpn)};
    gnutls_deinit(conn->tls);
    gnutls_init(&conn->tls, GNUTLS_CLIENT | GNUTLS_NO_TICKETS);
    gnutls_session_set_ptr(conn->tls, &conn->ref);
    gnutls_priority_set(conn->tls, conn->ep->priority);
    gnutls_credentials_set(conn->tls, GNUTLS_CRD_CERTIFICATE, conn->ep->client_credentials);
    ngtcp2_crypto_gnutls_configure_client_session(conn->tls);
    if (alpn[0] != '\0')
        gnutls_alpn_set_protocols(conn->tls, &a, 1, 0);
    ngtcp2_conn_set_tls_native_handle(conn->quic, conn->tls);
}
