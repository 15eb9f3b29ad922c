/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The endpoint: finds the connection a packet belongs to by its connection ID, keeps the heap of
 * timers and the list of connections that have something to send, which are served in turn. Source:
 * wzp-protocol(7), One socket; RFC 9000 5.2. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/primitives.h"

static size_t or_default(size_t value, size_t otherwise)
{
    return value > 0 ? value : otherwise;
}

/* Reset and Retry keys are derived from the certificate's secret, so that a restarted relay can
 * tell its old clients at once that their connections are gone (RFC 9000 10.3.2). */
static void make_secrets(struct wzp_quic_endpoint *ep, const struct wzp_certificate *cert)
{
    uint8_t seed[32], prk[32];
    if (cert)
        memcpy(seed, cert->secret, sizeof seed);
    else
        wzp_random_bytes(&ep->random, seed, sizeof seed);
    wzp_hkdf_extract(prk, NULL, 0, seed, sizeof seed);
    wzp_hkdf_expand(ep->reset_secret, sizeof ep->reset_secret, prk, "wzp quic stateless reset");
    wzp_hkdf_expand(ep->retry_secret, sizeof ep->retry_secret, prk, "wzp quic retry");
    wzp_wipe(seed, sizeof seed);
    wzp_wipe(prk, sizeof prk);
}

/* wzp-protocol(7), QUIC */
static void fill_parameters(ngtcp2_transport_params *p, int stream_limit)
{
    ngtcp2_transport_params_default(p);
    p->max_idle_timeout = WZP_QUIC_IDLE_TIME;
    p->max_udp_payload_size = 1472;
    p->initial_max_data = 262144;
    p->initial_max_stream_data_bidi_local = 65536;
    p->initial_max_stream_data_bidi_remote = 65536;
    p->initial_max_stream_data_uni = 65536;
    p->initial_max_streams_bidi = WZP_QUIC_INBOX_STREAMS;
    if (stream_limit < 0)
        p->initial_max_streams_bidi = 0;
    else if (stream_limit > 0 && stream_limit < WZP_QUIC_INBOX_STREAMS)
        p->initial_max_streams_bidi = (uint64_t)stream_limit;
    p->initial_max_streams_uni = 100;
    p->active_connection_id_limit = 5;
    p->max_datagram_frame_size = 65535;
}

int wzp_quic_endpoint_new(struct wzp_quic_endpoint **out, const struct wzp_quic_config *config,
                          struct wzp_error *err)
{
    struct wzp_quic_endpoint *ep = wzp_calloc(1, sizeof *ep);
    if (!ep)
        return wzp_error_set(err, WZP_E_MEMORY, "no memory for a QUIC endpoint");
    ep->callbacks = config->callbacks;
    ep->owner = config->owner;
    ep->random = config->random;
    ep->log = config->log;
    ep->connection_limit = or_default(config->connection_limit, 16384);
    ep->half_open_limit = or_default(config->half_open_limit, 256);
    ep->per_address_limit = config->per_address_limit;
    ep->signal_limit = or_default(config->signal_limit, WZP_FRAME_MAX);
    ep->budget = or_default(config->signal_budget, WZP_QUIC_BUDGET_NEWCOMER);
    ep->accepting = config->certificate;
    ep->thread = config->thread;
    fill_parameters(&ep->parameters, config->stream_limit);
    make_secrets(ep, config->certificate);
    wzp_map_init(&ep->routes, (ep->connection_limit + WZP_QUIC_TOMBSTONES) * WZP_QUIC_CIDS_MAX,
                 &ep->random);
    wzp_map_init(&ep->tokens, ep->connection_limit * WZP_QUIC_TOKENS_MAX, &ep->random);
    wzp_map_init(&ep->addresses, ep->connection_limit, &ep->random);
    ep->replies = wzp_calloc(WZP_QUIC_REPLIES, sizeof *ep->replies);
    int result = !ep->replies ? WZP_E_MEMORY : wzp_quic_memory_init(ep);
    if (result < 0)
        wzp_error_set(err, result, "no memory for a QUIC endpoint");
    else
        result = wzp_quic_tls_endpoint_init(ep, config->certificate, err);
    if (result < 0) {
        wzp_quic_endpoint_free(ep);
        return result;
    }
    *out = ep;
    return 0;
}

void wzp_quic_endpoint_free(struct wzp_quic_endpoint *ep)
{
    if (!ep)
        return;
    while (ep->conns)
        wzp_quic_conn_destroy(ep->conns);
    while (ep->tombstones)
        wzp_quic_tombstone_free(ep, ep->tombstones);
    while (ep->passed)
        wzp_quic_passed_free(ep, ep->passed);
    wzp_quic_tls_endpoint_fini(ep);
    wzp_map_fini(&ep->routes);
    wzp_map_fini(&ep->tokens);
    wzp_map_fini(&ep->addresses);
    wzp_heap_fini(&ep->heap);
    wzp_quic_pool_free(ep);
    wzp_quic_raw_clear(ep);
    wzp_quic_memory_fini(ep);
    wzp_free(ep->replies);
    wzp_wipe(ep->reset_secret, sizeof ep->reset_secret);
    wzp_wipe(ep->retry_secret, sizeof ep->retry_secret);
    wzp_free(ep);
}

uint64_t wzp_quic_endpoint_clock(struct wzp_quic_endpoint *ep, uint64_t now)
{
    if (now > ep->clock)
        ep->clock = now;
    return ep->clock;
}

void wzp_quic_endpoint_name(struct wzp_quic_endpoint *ep, uint8_t *cid, size_t length)
{
    wzp_random_bytes(&ep->random, cid, length);
    cid[0] = ep->thread;
}

/* ---- ready list ---- */

void wzp_quic_ready(struct wzp_quic_conn *conn)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (conn->is_ready)
        return;
    conn->is_ready = true;
    conn->ready_next = NULL;
    conn->ready_previous = ep->ready_tail;
    if (ep->ready_tail)
        ep->ready_tail->ready_next = conn;
    else
        ep->ready_head = conn;
    ep->ready_tail = conn;
}

void wzp_quic_unready(struct wzp_quic_conn *conn)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (!conn->is_ready)
        return;
    conn->is_ready = false;
    if (conn->ready_next)
        conn->ready_next->ready_previous = conn->ready_previous;
    else
        ep->ready_tail = conn->ready_previous;
    if (conn->ready_previous)
        conn->ready_previous->ready_next = conn->ready_next;
    else
        ep->ready_head = conn->ready_next;
}

/* ---- stateless answers ---- */

struct wzp_quic_reply *wzp_quic_reply_new(struct wzp_quic_endpoint *ep,
                                          const struct wzp_addr *local,
                                          const struct wzp_addr *remote)
{
    if (ep->reply_count == WZP_QUIC_REPLIES)
        return NULL;
    struct wzp_quic_reply *r = &ep->replies[(ep->reply_head + ep->reply_count) % WZP_QUIC_REPLIES];
    ep->reply_count++;
    r->local = *local;
    r->remote = *remote;
    r->length = 0;
    return r;
}

void wzp_quic_reply_cancel(struct wzp_quic_endpoint *ep)
{
    ep->reply_count--;
}

/* ---- the driver's calls ---- */

/* The destination connection ID of a packet, without trusting anything else in it. */
static bool destination(const uint8_t *data, size_t length, const uint8_t **cid, size_t *cid_length)
{
    if (length < 1)
        return false;
    if ((data[0] & 0x80) == 0) {
        if (length < 1 + WZP_QUIC_CID_SIZE)
            return false;
        *cid = data + 1;
        *cid_length = WZP_QUIC_CID_SIZE;
        return true;
    }
    if (length < 7)
        return false;
    *cid_length = data[5];
    *cid = data + 6;
    return *cid_length <= NGTCP2_MAX_CIDLEN && *cid_length <= length - 6;
}

int wzp_quic_thread_of(const uint8_t *data, size_t length)
{
    const uint8_t *cid = NULL;
    size_t cid_length = 0;
    if (!wzp_quic_first_byte(data, length) || !destination(data, length, &cid, &cid_length) ||
        cid_length == 0)
        return -1;
    return cid[0];
}

/* A packet that cannot be matched may be a stateless reset: its last bytes say whose. */
static struct wzp_quic_conn *reset_target(struct wzp_quic_endpoint *ep, const uint8_t *data,
                                          size_t length)
{
    if ((data[0] & 0x80) != 0 || length < 5 + NGTCP2_STATELESS_RESET_TOKENLEN)
        return NULL;
    return wzp_map_get(&ep->tokens, data + length - NGTCP2_STATELESS_RESET_TOKENLEN,
                       NGTCP2_STATELESS_RESET_TOKENLEN);
}

void wzp_quic_endpoint_receive(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                               const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                               size_t length, uint64_t now)
{
    now = wzp_quic_endpoint_clock(ep, now);
    ep->counters.packets_in++;
    ep->counters.bytes_in += length;
    if (length > 0 && !wzp_quic_first_byte(data, length)) {
        wzp_quic_raw_hand_over(ep, local, remote, data, length, now);
        return;
    }
    const uint8_t *cid = NULL;
    size_t cid_length = 0;
    if (!destination(data, length, &cid, &cid_length)) {
        ep->counters.dropped_malformed++;
        return;
    }
    struct wzp_quic_route *route = wzp_map_get(&ep->routes, cid, cid_length);
    if (!route) {
        struct wzp_quic_conn *conn = reset_target(ep, data, length);
        if (conn)
            wzp_quic_conn_receive(conn, local, remote, ecn, data, length, now);
        else if ((data[0] & 0x80) != 0)
            wzp_quic_accept(ep, local, remote, ecn, data, length, now);
        else {
            ep->counters.dropped_unknown++;
            wzp_quic_stateless_reset(ep, local, remote, cid, length, now);
            if (ep->callbacks.stray)
                ep->callbacks.stray(ep->owner, remote, now);
        }
    } else if (route->kind == WZP_QUIC_ROUTE_TOMBSTONE) {
        wzp_quic_tombstone_receive(ep, (struct wzp_quic_tombstone *)route);
    } else if (route->kind == WZP_QUIC_ROUTE_PASSED) {
        wzp_quic_passed_receive(ep, (const struct wzp_quic_passed *)route, local, remote, ecn, data,
                                length);
    } else {
        wzp_quic_conn_receive((struct wzp_quic_conn *)route, local, remote, ecn, data, length, now);
    }
}

uint64_t wzp_quic_endpoint_expiry(const struct wzp_quic_endpoint *ep)
{
    return wzp_time_min(wzp_heap_first_key(&ep->heap), wzp_quic_datagrams_expiry(ep));
}

void wzp_quic_endpoint_handle_expiry(struct wzp_quic_endpoint *ep, uint64_t now)
{
    now = wzp_quic_endpoint_clock(ep, now);
    wzp_quic_datagrams_handle_expiry(ep, now);
    struct wzp_heap_node *t;
    while ((t = wzp_heap_first(&ep->heap)) && t->key <= now) {
        /* All kinds of route target have the route first, followed by the timer. */
        struct wzp_quic_route *route = &WZP_HEAP_OBJECT(t, struct wzp_quic_tombstone, timer)->route;
        _Static_assert(
            offsetof(struct wzp_quic_tombstone, timer) == offsetof(struct wzp_quic_conn, timer) &&
                offsetof(struct wzp_quic_passed, timer) == offsetof(struct wzp_quic_conn, timer),
            "timers lie at the same place");
        if (route->kind == WZP_QUIC_ROUTE_PASSED) {
            wzp_quic_passed_free(ep, (struct wzp_quic_passed *)route);
            continue;
        }
        if (route->kind == WZP_QUIC_ROUTE_TOMBSTONE) {
            wzp_quic_tombstone_free(ep, (struct wzp_quic_tombstone *)route);
            continue;
        }
        /* Written to next, which sets the new timer. */
        wzp_heap_set(&ep->heap, t, WZP_NEVER);
        wzp_quic_conn_handle_timer((struct wzp_quic_conn *)route, now);
    }
}

static int write_reply(struct wzp_quic_endpoint *ep, struct wzp_packet *out)
{
    struct wzp_quic_reply *r = &ep->replies[ep->reply_head];
    if (ep->reply_count == 0 || out->capacity < r->length)
        return 0;
    memcpy(out->data, r->data, r->length);
    out->local = r->local;
    out->remote = r->remote;
    out->length = out->segment = r->length;
    out->ecn = 0;
    ep->reply_head = (ep->reply_head + 1) % WZP_QUIC_REPLIES;
    ep->reply_count--;
    return 1;
}

static int write_stash(struct wzp_quic_endpoint *ep, struct wzp_packet *out)
{
    if (ep->stash_length == 0)
        return 0;
    memcpy(out->data, ep->stash, ep->stash_length);
    out->local = ep->stash_local;
    out->remote = ep->stash_remote;
    out->length = out->segment = ep->stash_length;
    out->ecn = ep->stash_ecn;
    ep->stash_length = 0;
    return 1;
}

static int write_any(struct wzp_quic_endpoint *ep, struct wzp_packet *out, uint64_t now)
{
    if (wzp_quic_raw_write(ep, out) > 0 || write_stash(ep, out) > 0 ||
        wzp_quic_tombstone_write(ep, out) > 0 || write_reply(ep, out) > 0)
        return 1;
    struct wzp_quic_conn *conn;
    while ((conn = ep->ready_head)) {
        wzp_quic_unready(conn);
        if (wzp_quic_conn_write(conn, out, now) > 0)
            return 1;
        if (wzp_quic_tombstone_write(ep, out) > 0)
            return 1; /* it ended: this is its last packet */
    }
    return 0;
}

int wzp_quic_endpoint_next_packet(struct wzp_quic_endpoint *ep, struct wzp_packet *out,
                                  uint64_t now)
{
    now = wzp_quic_endpoint_clock(ep, now);
    if (out->capacity < WZP_PACKET_MAX || write_any(ep, out, now) == 0)
        return 0;
    ep->counters.packets_out += (out->length + out->segment - 1) / out->segment;
    ep->counters.bytes_out += out->length;
    return 1;
}

static void drive_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                          uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    wzp_quic_endpoint_receive(object, local, remote, ecn, data, length, now);
}

static uint64_t drive_expiry(const void *object)
{
    return wzp_quic_endpoint_expiry(object);
}

static void drive_handle_expiry(void *object, uint64_t now)
{
    wzp_quic_endpoint_handle_expiry(object, now);
}

static int drive_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    return wzp_quic_endpoint_next_packet(object, out, now);
}

void wzp_quic_endpoint_driver(struct wzp_driver *out, struct wzp_quic_endpoint *ep)
{
    *out = (struct wzp_driver){.object = ep,
                               .receive = drive_receive,
                               .expiry = drive_expiry,
                               .handle_expiry = drive_handle_expiry,
                               .next_packet = drive_next_packet};
}

int wzp_quic_endpoint_set_certificate(struct wzp_quic_endpoint *ep,
                                      const struct wzp_certificate *certificate,
                                      struct wzp_error *err)
{
    /* GnuTLS's sessions point at the credentials they were made with. */
    for (const struct wzp_quic_conn *conn = ep->conns; conn; conn = conn->next)
        if (conn->is_server)
            return wzp_error_set(err, WZP_E_STATE,
                                 "the certificate is in use by an accepted connection");
    return wzp_quic_tls_certificate(ep, certificate, err);
}

void wzp_quic_endpoint_set_accepting(struct wzp_quic_endpoint *ep, bool accepting)
{
    ep->accepting = accepting && ep->server_credentials;
}

size_t wzp_quic_endpoint_connections(const struct wzp_quic_endpoint *ep)
{
    return ep->conn_count;
}

void wzp_quic_endpoint_guess_rtt(struct wzp_quic_endpoint *ep, uint64_t rtt)
{
    ep->rtt_guess = rtt;
}

void wzp_quic_endpoint_counters(const struct wzp_quic_endpoint *ep, struct wzp_quic_counters *out)
{
    *out = ep->counters;
}
