/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One connection's life: made by a dial or by a peer's Initial, fed with packets, asked for its
 * state. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

/* A peer that sends keep-alives like this program is never silent for longer. */
#define PAUSE_MOST (WZP_QUIC_KEEP_ALIVE_SIGNALS + WZP_SECOND)

void wzp_quic_path_of(ngtcp2_path *out, const struct wzp_addr *local, const struct wzp_addr *remote)
{
    /* ngtcp2 copies the addresses; its pointers are not const only because it fills the same struct
     * elsewhere. */
    out->local.addr = (struct sockaddr *)(uintptr_t)&local->u.sa;
    out->local.addrlen = local->length;
    out->remote.addr = (struct sockaddr *)(uintptr_t)&remote->u.sa;
    out->remote.addrlen = remote->length;
    out->user_data = NULL;
}

/* ---- routes ---- */

int wzp_quic_conn_route_add(struct wzp_quic_conn *conn, const uint8_t *cid, size_t length)
{
    if (conn->cid_count == WZP_QUIC_CIDS_MAX)
        return WZP_E_LIMIT;
    if (wzp_map_get(&conn->ep->routes, cid, length))
        return WZP_E_DUPLICATE;
    int result = wzp_map_put(&conn->ep->routes, cid, length, conn);
    if (result < 0)
        return result;
    struct wzp_quic_cid *c = &conn->cids[conn->cid_count++];
    c->length = (uint8_t)length;
    memcpy(c->data, cid, length);
    return 0;
}

void wzp_quic_conn_route_remove(struct wzp_quic_conn *conn, const uint8_t *cid, size_t length)
{
    for (size_t i = 0; i < conn->cid_count; i++) {
        struct wzp_quic_cid *c = &conn->cids[i];
        if (c->length != length || memcmp(c->data, cid, length) != 0)
            continue;
        wzp_map_remove(&conn->ep->routes, cid, length);
        *c = conn->cids[--conn->cid_count];
        return;
    }
}

/* ---- birth ---- */

static struct wzp_quic_conn *conn_alloc(struct wzp_quic_endpoint *ep, bool server, uint64_t now)
{
    struct wzp_quic_conn *conn = wzp_calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    if (wzp_heap_reserve(&ep->heap) < 0) {
        wzp_free(conn);
        return NULL;
    }
    conn->route.kind = WZP_QUIC_ROUTE_CONN;
    conn->ep = ep;
    conn->is_server = server;
    conn->now = now;
    conn->queue_flush = WZP_NEVER;
    conn->close_deadline = WZP_NEVER;
    wzp_quic_conn_named(conn);
    wzp_quic_mtu_init(&conn->mtu);
    wzp_quic_outbox_init(&conn->outbox);
    wzp_quic_inbox_init(&conn->inbox, &wzp_quic_signal_host, conn, server ? 0 : 1);
    wzp_quic_memory_account(conn);
    wzp_quic_budget_init(conn);
    conn->next = ep->conns;
    conn->link = &ep->conns;
    if (conn->next)
        conn->next->link = &conn->next;
    ep->conns = conn;
    ep->conn_count++;
    return conn;
}

void wzp_quic_conn_destroy(struct wzp_quic_conn *conn)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    wzp_quic_unready(conn);
    wzp_heap_set(&ep->heap, &conn->timer, WZP_NEVER);
    wzp_heap_unreserve(&ep->heap);
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    ep->conn_count--;
    if (conn->half_open)
        ep->half_open--;
    wzp_quic_address_release(conn);
    for (size_t i = 0; i < conn->cid_count; i++) {
        const struct wzp_quic_cid *c = &conn->cids[i];
        if (wzp_map_get(&ep->routes, c->data, c->length) == conn)
            wzp_map_remove(&ep->routes, c->data, c->length);
    }
    for (size_t i = 0; i < conn->token_count; i++)
        wzp_map_remove(&ep->tokens, conn->tokens[i], sizeof conn->tokens[i]);
    wzp_quic_datagrams_clear(conn);
    if (conn->quic)
        ngtcp2_conn_del(conn->quic);
    if (conn->tls)
        gnutls_deinit(conn->tls);
    wzp_quic_inbox_fini(&conn->inbox);
    wzp_quic_outbox_fini(&conn->outbox);
    wzp_quic_uni_clear(conn);
    wzp_quic_early_clear(conn);
    wzp_free(conn);
}

static int library_error(int result)
{
    return result == NGTCP2_ERR_NOMEM ? WZP_E_MEMORY : WZP_E_INTERNAL;
}

static int server_library(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                          const struct wzp_addr *remote, const struct wzp_quic_accept_info *info,
                          uint64_t now)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    const ngtcp2_pkt_hd *hd = info->header;
    ngtcp2_callbacks callbacks;
    ngtcp2_settings settings;
    ngtcp2_transport_params params;
    ngtcp2_path path;
    ngtcp2_cid scid = {.datalen = WZP_QUIC_CID_SIZE};
    wzp_quic_callbacks_fill(&callbacks);
    wzp_quic_library_settings(ep, &settings, now);
    params = ep->parameters;
    wzp_quic_budget_parameters(conn, &params);
    wzp_quic_path_of(&path, local, remote);
    wzp_quic_endpoint_name(ep, scid.data, scid.datalen);
    params.original_dcid = info->original ? *info->original : hd->dcid;
    params.original_dcid_present = 1;
    if (info->original) {
        params.retry_scid = hd->dcid;
        params.retry_scid_present = 1;
        settings.token = hd->token;
        settings.tokenlen = hd->tokenlen;
        settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
    }
    params.stateless_reset_token_present =
        ngtcp2_crypto_generate_stateless_reset_token(params.stateless_reset_token, ep->reset_secret,
                                                     sizeof ep->reset_secret, &scid) == 0;
    int result =
        ngtcp2_conn_server_new(&conn->quic, &hd->scid, &scid, &path, hd->version, &callbacks,
                               &settings, &params, &conn->library_memory, conn);
    if (result != 0) {
        conn->quic = NULL;
        return library_error(result);
    }
    result = wzp_quic_conn_route_add(conn, hd->dcid.data, hd->dcid.datalen);
    return result < 0 ? result : wzp_quic_conn_route_add(conn, scid.data, scid.datalen);
}

int wzp_quic_conn_new_server(struct wzp_quic_conn **out, struct wzp_quic_endpoint *ep,
                             const struct wzp_addr *local, const struct wzp_addr *remote,
                             const struct wzp_quic_accept_info *info, uint64_t now)
{
    struct wzp_quic_conn *conn = conn_alloc(ep, true, now);
    if (!conn)
        return WZP_E_MEMORY;
    conn->local = *local;
    conn->remote = *remote;
    int result = wzp_quic_address_take(conn, remote, info->original);
    if (result == 0)
        result = wzp_quic_tls_server(conn);
    if (result == 0)
        result = server_library(conn, local, remote, info, now);
    if (result < 0) {
        wzp_quic_conn_destroy(conn);
        return result;
    }
    ngtcp2_conn_set_tls_native_handle(conn->quic, conn->tls);
    conn->half_open = true;
    conn->is_early = ep->callbacks.place;
    ep->half_open++;
    *out = conn;
    return 0;
}

static int client_library(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                          const struct wzp_addr *remote, uint64_t now)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    ngtcp2_callbacks callbacks;
    ngtcp2_settings settings;
    ngtcp2_transport_params params;
    ngtcp2_path path;
    ngtcp2_cid dcid = {.datalen = 16}, scid = {.datalen = WZP_QUIC_CID_SIZE};
    wzp_quic_callbacks_fill(&callbacks);
    wzp_quic_library_settings(ep, &settings, now);
    params = ep->parameters;
    wzp_quic_budget_parameters(conn, &params);
    params.max_ack_delay = conn->ack_delay;
    wzp_quic_path_of(&path, local, remote);
    wzp_random_bytes(&ep->random, dcid.data, dcid.datalen);
    wzp_quic_endpoint_name(ep, scid.data, scid.datalen);
    int result =
        ngtcp2_conn_client_new(&conn->quic, &dcid, &scid, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                               &settings, &params, &conn->library_memory, conn);
    if (result != 0) {
        conn->quic = NULL;
        return library_error(result);
    }
    return wzp_quic_conn_route_add(conn, scid.data, scid.datalen);
}

int wzp_quic_connect(struct wzp_quic_conn **out, struct wzp_quic_endpoint *ep,
                     const struct wzp_addr *local, const struct wzp_addr *remote, const char *sni,
                     void *user, uint64_t now)
{
    now = wzp_quic_endpoint_clock(ep, now);
    if (wzp_addr_is_none(local) || wzp_addr_is_none(remote) ||
        wzp_addr_is_v6(local) != wzp_addr_is_v6(remote) || wzp_addr_port(remote) == 0)
        return WZP_E_ARGUMENT;
    if (sni && !wzp_sni_valid(sni, strlen(sni)))
        return WZP_E_ARGUMENT;
    if (ep->conn_count >= ep->connection_limit)
        return WZP_E_LIMIT;
    struct wzp_quic_conn *conn = conn_alloc(ep, false, now);
    if (!conn)
        return WZP_E_MEMORY;
    conn->local = *local;
    conn->remote = *remote;
    conn->user = user;
    if (sni) {
        wzp_text_copy(conn->sni, sizeof conn->sni, sni);
        wzp_sni_lower(conn->sni);
        wzp_quic_conn_named(conn);
    }
    int result = wzp_quic_tls_client(conn, sni ? conn->sni : NULL);
    if (result == 0)
        result = client_library(conn, local, remote, now);
    if (result < 0) {
        wzp_quic_conn_destroy(conn);
        return result;
    }
    ngtcp2_conn_set_tls_native_handle(conn->quic, conn->tls);
    conn->announced = true;
    wzp_quic_ready(conn);
    *out = conn;
    return 0;
}

/* ---- packets ---- */

void wzp_quic_conn_receive(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now)
{
    ngtcp2_path path;
    ngtcp2_pkt_info info = {.ecn = ecn};
    if (conn->is_early && !wzp_quic_early_keep(conn, local, remote, ecn, data, length))
        return;
    /* On a wildcard socket received packets carry the interface's address; we dialled from the
     * socket's own address. */
    if (!conn->is_server && wzp_addr_port(local) == wzp_addr_port(&conn->local))
        local = &conn->local;
    wzp_quic_path_of(&path, local, remote);
    conn->now = now;
    conn->packets_received++;
    if (wzp_time_since(now, conn->received_at) > PAUSE_MOST)
        conn->steady_since = now;
    conn->received_at = now;
    conn->bytes_received += length;
    conn->in_library = true;
    conn->stream_seen = conn->datagram_seen = conn->ack_seen = false;
    uint64_t window_left = ngtcp2_conn_get_cwnd_left(conn->quic);
    int result = ngtcp2_conn_read_pkt(conn->quic, &path, &info, data, length, now);
    conn->in_library = false;
    if (result != 0) {
        wzp_quic_conn_fail(conn, result, now);
        return;
    }
    wzp_quic_mtu_refresh(conn);
    conn->ack_seen |= ngtcp2_conn_get_cwnd_left(conn->quic) > window_left;
    if (conn->handshake_done && conn->ack_seen)
        wzp_quic_rtt_sample(conn);
    if (conn->migrate_asked) {
        conn->migrate_asked = false;
        struct wzp_addr to = conn->migrate_to;
        wzp_quic_conn_migrate(conn, &to, now);
    }
    if (!wzp_quic_conn_can_wait(conn, remote, now)) {
        conn->library_expiry_known = false;
        wzp_quic_ready(conn);
    } else if (!conn->is_ready && conn->datagram_seen) {
        wzp_quic_conn_wait(conn, length, now);
    }
}

/* ---- questions of the owner ---- */

void wzp_quic_conn_set_user(struct wzp_quic_conn *conn, void *user)
{
    conn->user = user;
}

void *wzp_quic_conn_user(const struct wzp_quic_conn *conn)
{
    return conn->user;
}

bool wzp_quic_conn_is_server(const struct wzp_quic_conn *conn)
{
    return conn->is_server;
}

bool wzp_quic_conn_is_established(const struct wzp_quic_conn *conn)
{
    return conn->handshake_done && !conn->close_asked;
}

const char *wzp_quic_conn_sni(const struct wzp_quic_conn *conn)
{
    return conn->sni;
}

void wzp_quic_conn_path(const struct wzp_quic_conn *conn, struct wzp_addr *local,
                        struct wzp_addr *remote)
{
    if (local)
        *local = conn->local;
    if (remote)
        *remote = conn->remote;
}

int wzp_quic_conn_migrate(struct wzp_quic_conn *conn, const struct wzp_addr *new_local,
                          uint64_t now)
{
    if (conn->is_server || !conn->handshake_done || conn->close_asked)
        return WZP_E_STATE;
    if (wzp_addr_is_v6(new_local) != wzp_addr_is_v6(&conn->remote) ||
        wzp_addr_equal(new_local, &conn->local))
        return WZP_E_STATE;
    if (conn->in_library) {
        conn->migrate_asked = true; /* ngtcp2 must not be called from its callbacks with this */
        conn->migrate_to = *new_local;
        return 0;
    }
    now = wzp_quic_endpoint_clock(conn->ep, now);
    ngtcp2_path path;
    wzp_quic_path_of(&path, new_local, &conn->remote);
    conn->now = now;
    conn->in_library = true;
    conn->library_expiry_known = false;
    int result = ngtcp2_conn_initiate_immediate_migration(conn->quic, &path, now);
    conn->in_library = false;
    if (result != 0)
        return WZP_E_STATE;
    conn->local = *new_local;
    wzp_quic_mtu_init(&conn->mtu); /* until the new path is validated */
    wzp_quic_mtu_refresh(conn);
    wzp_quic_ready(conn);
    return 0;
}

uint64_t wzp_quic_conn_steady(const struct wzp_quic_conn *conn)
{
    return wzp_time_since(conn->received_at, conn->steady_since);
}

void wzp_quic_conn_stats(const struct wzp_quic_conn *conn, struct wzp_quic_stats *out)
{
    memset(out, 0, sizeof *out);
    wzp_quic_library_stats(conn, out);
    out->packets_sent = conn->packets_sent;
    out->packets_received = conn->packets_received;
    out->bytes_sent = conn->bytes_sent;
    out->bytes_received = conn->bytes_received;
    out->mtu = conn->mtu.size;
    out->datagram_queue = conn->queue_count;
    out->datagrams_dropped = conn->datagrams_dropped;
}
