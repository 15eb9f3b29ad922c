/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What ngtcp2 calls. Each function here hands one event to the module it belongs to; none writes
 * packets. */
#include "quic/internal.h"

#include <string.h>

static void on_random(uint8_t *out, size_t length, const ngtcp2_rand_ctx *context)
{
    wzp_random_bytes(context->native_handle, out, length);
}

static int on_path_challenge(ngtcp2_conn *quic, uint8_t *data, void *user_data)
{
    struct wzp_quic_conn *conn = user_data;
    (void)quic;
    wzp_random_bytes(&conn->ep->random, data, NGTCP2_PATH_CHALLENGE_DATALEN);
    return 0;
}

static int on_new_connection_id(ngtcp2_conn *quic, ngtcp2_cid *cid, uint8_t *token, size_t length,
                                void *user_data)
{
    struct wzp_quic_conn *conn = user_data;
    struct wzp_quic_endpoint *ep = conn->ep;
    (void)quic;
    wzp_quic_endpoint_name(ep, cid->data, length);
    cid->datalen = length;
    if (ngtcp2_crypto_generate_stateless_reset_token(token, ep->reset_secret,
                                                     sizeof ep->reset_secret, cid) != 0 ||
        wzp_quic_conn_route_add(conn, cid->data, cid->datalen) < 0)
        return NGTCP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static int on_remove_connection_id(ngtcp2_conn *quic, const ngtcp2_cid *cid, void *user_data)
{
    (void)quic;
    wzp_quic_conn_route_remove(user_data, cid->data, cid->datalen);
    return 0;
}

/* Keeps the reset tokens of the peer's IDs in use where reset packets are looked up. */
static int on_peer_id_status(ngtcp2_conn *quic, ngtcp2_connection_id_status_type type, uint64_t seq,
                             const ngtcp2_cid *cid, const uint8_t *token, void *user_data)
{
    struct wzp_quic_conn *conn = user_data;
    struct wzp_map *tokens = &conn->ep->tokens;
    const size_t size = NGTCP2_STATELESS_RESET_TOKENLEN;
    (void)quic;
    (void)seq;
    (void)cid;
    if (!token)
        return 0;
    for (size_t i = 0; i < conn->token_count; i++) {
        if (memcmp(conn->tokens[i], token, size) != 0)
            continue;
        if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_DEACTIVATE) {
            wzp_map_remove(tokens, token, size);
            conn->token_count--;
            memmove(conn->tokens[i], conn->tokens[conn->token_count], size);
        }
        return 0;
    }
    /* A token that cannot be kept only means that this reset would be noticed by the idle timer
     * instead. */
    if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE &&
        conn->token_count < WZP_QUIC_TOKENS_MAX && !wzp_map_get(tokens, token, size) &&
        wzp_map_put(tokens, token, size, conn) == 0)
        memcpy(conn->tokens[conn->token_count++], token, size);
    return 0;
}

static ngtcp2_duration keep_alive_of(const struct wzp_quic_conn *conn)
{
    enum wzp_purpose purpose = wzp_sni_purpose(conn->sni);
    if (purpose == WZP_PURPOSE_FEDERATION)
        return WZP_QUIC_KEEP_ALIVE_FEDERATION;
    return purpose == WZP_PURPOSE_SIGNAL && !conn->is_server ? WZP_QUIC_KEEP_ALIVE_SIGNALS
                                                             : WZP_QUIC_KEEP_ALIVE;
}

static int on_handshake_completed(ngtcp2_conn *quic, void *user_data)
{
    struct wzp_quic_conn *conn = user_data;
    struct wzp_quic_endpoint *ep = conn->ep;
    if (!wzp_quic_tls_alpn_agreed(conn)) {
        conn->alert = GNUTLS_A_NO_APPLICATION_PROTOCOL;
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    conn->refused = !wzp_quic_address_validate(conn);
    if (conn->refused) {
        ep->counters.refused_limit++;
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    conn->handshake_done = true;
    wzp_quic_budget_established(conn);
    conn->peer_frame_max = ngtcp2_conn_get_remote_transport_params(quic)->max_datagram_frame_size;
    conn->peer_takes_datagrams = conn->peer_frame_max > 0;
    if (!conn->peer_takes_datagrams)
        wzp_quic_datagrams_clear(conn);
    if (conn->half_open) {
        conn->half_open = false;
        ep->half_open--;
    }
    ngtcp2_conn_set_keep_alive_timeout(quic, keep_alive_of(conn));
    wzp_quic_tls_handshake_done(conn);
    wzp_quic_mtu_restart(conn, conn->now);
    wzp_quic_rtt_restart(conn);
    if (conn->close_asked)
        return 0;
    if (conn->is_server) {
        conn->announced = true;
        if (ep->callbacks.accepted)
            ep->callbacks.accepted(ep->owner, conn, conn->now);
    } else if (ep->callbacks.connected) {
        ep->callbacks.connected(ep->owner, conn, conn->user, conn->now);
    }
    return 0;
}

static int result_of(int result)
{
    return result < 0 ? NGTCP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_stream_data(ngtcp2_conn *quic, uint32_t flags, int64_t stream_id, uint64_t offset,
                          const uint8_t *data, size_t length, void *user_data, void *stream_data)
{
    struct wzp_quic_conn *conn = user_data;
    bool fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    conn->stream_seen = true;
    (void)offset;
    (void)stream_data;
    if (!ngtcp2_is_bidi_stream(stream_id))
        return result_of(wzp_quic_uni_data(conn, stream_id, fin, data, length));
    if (ngtcp2_conn_is_local_stream(quic, stream_id)) {
        /* A peer must not send on our streams; its data is dropped without new stream credit. */
        ngtcp2_conn_extend_max_offset(quic, length);
        return 0;
    }
    return result_of(wzp_quic_inbox_data(&conn->inbox, stream_id, fin, data, length, conn->now));
}

static int on_stream_reset(ngtcp2_conn *quic, int64_t stream_id, uint64_t final_size, uint64_t code,
                           void *user_data, void *stream_data)
{
    struct wzp_quic_conn *conn = user_data;
    conn->stream_seen = true;
    (void)final_size;
    (void)code;
    (void)stream_data;
    if (!ngtcp2_is_bidi_stream(stream_id) || ngtcp2_conn_is_local_stream(quic, stream_id))
        return 0;
    return result_of(wzp_quic_inbox_reset(&conn->inbox, stream_id, conn->now));
}

static int on_stream_close(ngtcp2_conn *quic, uint32_t flags, int64_t stream_id, uint64_t code,
                           void *user_data, void *stream_data)
{
    struct wzp_quic_conn *conn = user_data;
    (void)flags;
    (void)code;
    if (ngtcp2_conn_is_local_stream(quic, stream_id)) {
        conn->packets_lost += ngtcp2_conn_get_stream_loss_count(quic, stream_id);
        if (ngtcp2_is_bidi_stream(stream_id) && conn->local_streams > 0)
            conn->local_streams--;
        if (stream_data)
            wzp_quic_outbox_free(&conn->outbox, stream_data);
    } else if (ngtcp2_is_bidi_stream(stream_id)) {
        wzp_quic_inbox_close(&conn->inbox, stream_id, conn->now);
    } else {
        wzp_quic_uni_close(conn, stream_id);
    }
    return 0;
}

static int on_stream_acknowledged(ngtcp2_conn *quic, int64_t stream_id, uint64_t offset,
                                  uint64_t length, void *user_data, void *stream_data)
{
    struct wzp_quic_conn *conn = user_data;
    struct wzp_quic_message *m = stream_data;
    conn->mtu.stream_progress = conn->now;
    if (!m)
        return 0;
    m->acknowledged = (size_t)(offset + length);
    /* Only the FIN may still be retransmitted, and that needs no bytes of ours. */
    if (m->written && m->acknowledged == m->length) {
        ngtcp2_conn_set_stream_user_data(quic, stream_id, NULL);
        wzp_quic_outbox_free(&conn->outbox, m);
    }
    return 0;
}

static void deliver(struct wzp_quic_conn *conn, const uint8_t *data, size_t length)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (conn->close_asked) /* the owner closed it in the callback for an earlier datagram of the
                              bundle */
        return;
    ep->counters.datagrams_in++;
    conn->media_until = conn->now + WZP_QUIC_MEDIA_RECENT;
    if (ep->callbacks.datagram)
        ep->callbacks.datagram(ep->owner, conn, conn->user, data ? data : (const uint8_t *)"",
                               length, conn->now);
}

static int on_datagram(ngtcp2_conn *quic, uint32_t flags, const uint8_t *data, size_t length,
                       void *user_data)
{
    struct wzp_quic_conn *conn = user_data;
    struct wzp_bundle_reader bundle;
    (void)quic;
    (void)flags;
    conn->datagram_seen = true;
    if (conn->close_asked || !conn->announced || wzp_quic_mtu_is_probe(data, length))
        return 0;
    if (!conn->takes_bundles || !wzp_bundle_is(data, length)) {
        deliver(conn, data, length);
    } else if (wzp_bundle_parse(&bundle, data, length) == 0) {
        const uint8_t *item;
        while (wzp_bundle_next(&bundle, &item, &length))
            deliver(conn, item, length);
    } else {
        conn->ep->counters.dropped_malformed++;
    }
    return 0;
}

static int on_datagram_acknowledged(ngtcp2_conn *quic, uint64_t id, void *user_data)
{
    (void)quic;
    wzp_quic_datagram_fate(user_data, id, true);
    return 0;
}

static int on_datagram_lost(ngtcp2_conn *quic, uint64_t id, void *user_data)
{
    (void)quic;
    wzp_quic_datagram_fate(user_data, id, false);
    return 0;
}

static int on_path_validation(ngtcp2_conn *quic, uint32_t flags, const ngtcp2_path *path,
                              const ngtcp2_path *old_path, ngtcp2_path_validation_result result,
                              void *user_data)
{
    struct wzp_quic_conn *conn = user_data;
    struct wzp_quic_endpoint *ep = conn->ep;
    struct wzp_addr local, remote;
    (void)flags;
    (void)old_path;
    (void)quic;
    if (result != NGTCP2_PATH_VALIDATION_RESULT_SUCCESS ||
        wzp_addr_from_sockaddr(&local, path->local.addr, path->local.addrlen) < 0 ||
        wzp_addr_from_sockaddr(&remote, path->remote.addr, path->remote.addrlen) < 0)
        return 0;
    bool moved = !wzp_addr_equal(&remote, &conn->remote);
    conn->local = local;
    conn->remote = remote;
    wzp_quic_mtu_restart(conn, conn->now);
    wzp_quic_rtt_restart(conn);
    if ((moved || !conn->is_server) && !conn->close_asked && ep->callbacks.path_changed)
        ep->callbacks.path_changed(ep->owner, conn, conn->user, conn->now);
    return 0;
}

static int on_stateless_reset(ngtcp2_conn *quic, const ngtcp2_pkt_stateless_reset *reset,
                              void *user_data)
{
    struct wzp_quic_conn *conn = user_data;
    (void)quic;
    (void)reset;
    conn->reset_seen = true;
    return 0;
}

/* A freed TLS session gets no more data: after the handshake a client sends nothing of use. */
static int on_crypto(ngtcp2_conn *quic, ngtcp2_encryption_level level, uint64_t offset,
                     const uint8_t *data, size_t length, void *user_data)
{
    const struct wzp_quic_conn *conn = user_data;
    return conn->tls
               ? ngtcp2_crypto_recv_crypto_data_cb(quic, level, offset, data, length, user_data)
               : 0;
}

void wzp_quic_callbacks_fill(ngtcp2_callbacks *out)
{
    memset(out, 0, sizeof *out);
    out->client_initial = ngtcp2_crypto_client_initial_cb;
    out->recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    out->recv_crypto_data = on_crypto;
    out->encrypt = ngtcp2_crypto_encrypt_cb;
    out->decrypt = ngtcp2_crypto_decrypt_cb;
    out->hp_mask = ngtcp2_crypto_hp_mask_cb;
    out->recv_retry = ngtcp2_crypto_recv_retry_cb;
    out->update_key = ngtcp2_crypto_update_key_cb;
    out->delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    out->delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    out->version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    out->rand = on_random;
    out->get_path_challenge_data = on_path_challenge;
    out->get_new_connection_id = on_new_connection_id;
    out->remove_connection_id = on_remove_connection_id;
    out->dcid_status = on_peer_id_status;
    out->handshake_completed = on_handshake_completed;
    out->recv_stream_data = on_stream_data;
    out->stream_reset = on_stream_reset;
    out->stream_close = on_stream_close;
    out->acked_stream_data_offset = on_stream_acknowledged;
    out->recv_datagram = on_datagram;
    out->ack_datagram = on_datagram_acknowledged;
    out->lost_datagram = on_datagram_lost;
    out->path_validation = on_path_validation;
    out->recv_stateless_reset = on_stateless_reset;
}
