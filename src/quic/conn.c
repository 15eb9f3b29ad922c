/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One connection's life: made by a dial or by a peer's Initial, fed with packets and time, asked
 * for its state. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static const struct wzp_quic_inbox_host inbox_host;

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
    wzp_quic_mtu_init(&conn->mtu);
    wzp_quic_outbox_init(&conn->outbox);
    wzp_quic_inbox_init(&conn->inbox, &inbox_host, conn, server ? 0 : 1);
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
    params.max_ack_delay = wzp_quic_conn_ack_delay(conn);
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

/* ---- packets and time ---- */

/* Whether what ngtcp2 wants to say to this packet can wait for the next datagram: it was media, or
 * acknowledged what a server sent, and neither handshake, signals nor a change of path are under
 * way. Other packets may carry a PATH_CHALLENGE. */
static bool can_wait(const struct wzp_quic_conn *conn, const struct wzp_addr *remote, uint64_t now)
{
    return conn->handshake_done && now < conn->media_until && !conn->close_asked &&
           !conn->outbox.waiting && !conn->outbox.flying && !conn->inbox.entries &&
           !conn->stream_seen && (conn->datagram_seen || (conn->is_server && conn->ack_seen)) &&
           !wzp_quic_datagrams_due(conn, now) && wzp_addr_equal(remote, &conn->remote);
}

/* How long acknowledgements may wait from the first packet on that they are for. */
static uint64_t patience(const struct wzp_quic_conn *conn)
{
    return conn->waits_bytes >= WZP_QUIC_ACK_SOON_BYTES
               ? WZP_QUIC_ACK_SOON
               : wzp_quic_conn_ack_delay(conn) - WZP_QUIC_ACK_SLACK;
}

/* Media came: shall they be acknowledged now? As a rule that waits. */
static void wait_for_company(struct wzp_quic_conn *conn, size_t length, uint64_t now)
{
    if (conn->waits_bytes == 0)
        conn->waits_since = now;
    conn->waits_bytes += length;
    conn->media_gap = wzp_time_since(now, conn->media_at);
    conn->media_at = now;
    uint64_t at = conn->waits_since + patience(conn);
    if (now >= conn->prompt_next || wzp_time_add(now, conn->media_gap) > at) {
        conn->prompt_next = now + WZP_QUIC_ACK_PROMPT;
        wzp_quic_ready(conn);
        return;
    }
    if (conn->timer.slot == 0 || conn->timer.key > at)
        wzp_heap_set(&conn->ep->heap, &conn->timer, at);
}

uint64_t wzp_quic_conn_ack_delay(const struct wzp_quic_conn *conn)
{
    switch (wzp_sni_purpose(conn->sni)) {
    case WZP_PURPOSE_ROOM:
    case WZP_PURPOSE_CALL_ROOM:
    case WZP_PURPOSE_FEDERATION: return WZP_QUIC_ACK_DELAY_MEDIA;
    default: return WZP_QUIC_ACK_DELAY_SIGNALS;
    }
}

void wzp_quic_conn_receive(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now)
{
    ngtcp2_path path;
    ngtcp2_pkt_info info = {.ecn = ecn};
    if (conn->is_early && !wzp_quic_early_keep(conn, local, remote, ecn, data, length))
        return;
    /* A socket bound to a wildcard tells the interface's address; we dialled from the socket's own.
     */
    if (!conn->is_server && wzp_addr_port(local) == wzp_addr_port(&conn->local))
        local = &conn->local;
    wzp_quic_path_of(&path, local, remote);
    conn->now = now;
    conn->packets_received++;
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
    if (!can_wait(conn, remote, now)) {
        conn->library_expiry_known = false;
        wzp_quic_ready(conn);
    } else if (!conn->is_ready && conn->datagram_seen) {
        wait_for_company(conn, length, now);
    }
}

uint64_t wzp_quic_conn_library_expiry(struct wzp_quic_conn *conn)
{
    if (!conn->library_expiry_known) {
        conn->library_expiry = ngtcp2_conn_get_expiry(conn->quic);
        conn->library_expiry_known = true;
    }
    return conn->library_expiry;
}

/* What ngtcp2 waits before it acknowledges. */
static uint64_t library_patience(const struct wzp_quic_conn *conn)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(conn->quic, &info);
    return wzp_time_min(info.smoothed_rtt / 8, WZP_QUIC_ACK_DELAY_MEDIA);
}

/* When ngtcp2 is to be called for its next appointment: later than it says where acknowledgements
 * may wait for media to ride with. */
static uint64_t library_at(struct wzp_quic_conn *conn, uint64_t now)
{
    uint64_t at = wzp_quic_conn_library_expiry(conn);
    if (!conn->handshake_done || now >= conn->media_until || conn->outbox.flying)
        return at;
    uint64_t own = library_patience(conn);
    if (conn->stream_seen) {
        conn->stream_seen = false;
        conn->prompt_until = now + own + WZP_MILLISECOND;
    }
    return now >= conn->prompt_until ? wzp_time_add(at, wzp_time_since(patience(conn), own)) : at;
}

/* Our own appointments. */
static uint64_t own_expiry(const struct wzp_quic_conn *conn, uint64_t now)
{
    uint64_t at = wzp_time_min(conn->inbox.expiry, conn->close_deadline);
    if (conn->handshake_done)
        at = wzp_time_min(at, conn->mtu.next);
    if (conn->queue_flush >
        now) /* else it waits for the congestion window, and an acknowledgement wakes it */
        at = wzp_time_min(at, conn->queue_flush);
    if (conn->waits_bytes > 0)
        at = wzp_time_min(at, conn->waits_since + patience(conn));
    return at;
}

void wzp_quic_conn_handle_timer(struct wzp_quic_conn *conn, uint64_t now)
{
    conn->now = now;
    conn->in_library = true;
    wzp_quic_mtu_check_streams(conn, now);
    wzp_quic_inbox_handle_expiry(&conn->inbox, now);
    int result = 0;
    conn->library_expiry_known = false; /* the inbox may have used the library just now */
    if (library_at(conn, now) <= now) {
        conn->library_expiry_known = false;
        conn->timer_fired = true;
        result = ngtcp2_conn_handle_expiry(conn->quic, now);
    }
    conn->in_library = false;
    if (result != 0) {
        wzp_quic_conn_fail(conn, result, now);
        return;
    }
    wzp_quic_mtu_refresh(conn);
    /* A timer that was kept stood too early: a packet now would hold little. */
    if (conn->handshake_done && now < conn->media_until && !conn->timer_fired &&
        !conn->outbox.waiting && own_expiry(conn, now) > now && !wzp_quic_datagrams_due(conn, now))
        wzp_quic_conn_update_timer(conn, now, true);
    else
        wzp_quic_ready(conn);
}

/* Whether ngtcp2 has an appointment that is over. What is kept of its last answer may be too early
 * by now, never too late. */
bool wzp_quic_conn_library_due(struct wzp_quic_conn *conn, uint64_t now)
{
    if (conn->library_expiry_known && conn->library_expiry > now)
        return false;
    conn->library_expiry_known = false;
    return wzp_quic_conn_library_expiry(conn) <= now;
}

bool wzp_quic_conn_keep_timer(struct wzp_quic_conn *conn, uint64_t now)
{
    uint64_t at = wzp_time_add(now, conn->probe_timeout);
    if (!conn->library_expiry_known || conn->stream_seen || conn->timer.slot == 0 ||
        conn->timer.key <= now || conn->timer.key > at || conn->timer.key > own_expiry(conn, now))
        return false;
    conn->library_expiry = wzp_time_min(conn->library_expiry, at);
    return true;
}

void wzp_quic_conn_update_timer(struct wzp_quic_conn *conn, uint64_t now, bool settled)
{
    uint64_t at = wzp_time_min(library_at(conn, now), own_expiry(conn, now));
    conn->probe_timeout = ngtcp2_conn_get_pto(conn->quic);
    if (settled && at <= now)
        at = now + WZP_MILLISECOND;
    wzp_heap_set(&conn->ep->heap, &conn->timer, at);
}

/* ---- what the owner asks ---- */

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

/* One message to the end of the queue, on a stream of its own when its turn comes. */
static int queue_message(struct wzp_quic_conn *conn, const void *data, size_t length, bool prefix,
                         bool uni)
{
    if (conn->close_asked)
        return WZP_E_CLOSED;
    if (length > WZP_FRAME_MAX)
        return WZP_E_TOO_BIG;
    int result = wzp_quic_outbox_push(&conn->outbox, data, length, prefix, uni);
    if (result == 0)
        wzp_quic_ready(conn);
    return result;
}

int wzp_quic_conn_send_signal(struct wzp_quic_conn *conn, const char *text, size_t length,
                              uint64_t now)
{
    (void)now;
    int result = queue_message(conn, text, length, true, false);
    if (result == 0)
        conn->ep->counters.signals_out++;
    return result;
}

int wzp_quic_conn_send_uni(struct wzp_quic_conn *conn, const void *data, size_t length,
                           uint64_t now)
{
    (void)now;
    return queue_message(conn, data, length, false, true);
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

/* ---- the inbox's transport ---- */

static void inbox_credit(void *context, size_t bytes)
{
    struct wzp_quic_conn *conn = context;
    ngtcp2_conn_extend_max_offset(conn->quic, bytes);
}

static void inbox_grant(void *context, int64_t stream_id, size_t bytes)
{
    struct wzp_quic_conn *conn = context;
    ngtcp2_conn_extend_max_stream_offset(conn->quic, stream_id, bytes);
}

static bool inbox_hold(void *context, size_t bytes)
{
    return wzp_quic_address_hold(context, bytes);
}

static void inbox_finish(void *context, int64_t stream_id, bool abandon)
{
    struct wzp_quic_conn *conn = context;
    /* Nothing is ever written the other way; with code 0, as the existing programs do. Failure
     * means lack of memory: the stream then stays open on our side until the connection ends, which
     * costs one stream credit. */
    if (abandon)
        ngtcp2_conn_shutdown_stream(conn->quic, 0, stream_id, 0);
    else
        ngtcp2_conn_shutdown_stream_write(conn->quic, 0, stream_id, 0);
}

static void inbox_stream_credit(void *context)
{
    struct wzp_quic_conn *conn = context;
    ngtcp2_conn_extend_max_streams_bidi(conn->quic, 1);
}

static void inbox_deliver(void *context, const char *text, size_t length)
{
    struct wzp_quic_conn *conn = context;
    struct wzp_quic_endpoint *ep = conn->ep;
    if (conn->close_asked)
        return;
    ep->counters.signals_in++;
    if (ep->callbacks.signal)
        ep->callbacks.signal(ep->owner, conn, conn->user, text, length, conn->now);
}

static void inbox_discarded(void *context, enum wzp_quic_inbox_loss why)
{
    struct wzp_quic_counters *c = &((struct wzp_quic_conn *)context)->ep->counters;
    uint64_t *const reasons[] = {
        [WZP_QUIC_INBOX_STALLED] = &c->signals_stalled,
        [WZP_QUIC_INBOX_CUT] = &c->signals_cut,
        [WZP_QUIC_INBOX_MALFORMED] = &c->signals_malformed,
        [WZP_QUIC_INBOX_TOO_BIG] = &c->signals_too_big,
        [WZP_QUIC_INBOX_CROWDED] = &c->signals_crowded,
    };
    c->signals_discarded++;
    ++*reasons[why];
}

static const struct wzp_quic_inbox_host inbox_host = {
    .credit = inbox_credit,
    .grant = inbox_grant,
    .hold = inbox_hold,
    .finish = inbox_finish,
    .stream_credit = inbox_stream_credit,
    .deliver = inbox_deliver,
    .discarded = inbox_discarded,
};
