/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets that belong to no connection: new peers, peers with another version, and peers of which
 * one side has lost the connection's state. Every answer here is smaller than the packet it
 * answers, costs no memory, and is bounded in rate. Source: RFC 9000 5.2.2, 6, 8.1, 10.3. */
#include "quic/internal.h"

#include <string.h>

#define RETRY_TIME (10 * WZP_SECOND) /* a Retry token is good for */
#define RESET_SIZE 43 /* bytes of a stateless reset; smaller packets get smaller ones */

static void answer_version(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                           const struct wzp_addr *remote, const ngtcp2_version_cid *vc)
{
    static const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
    uint8_t unused;
    struct wzp_quic_reply *r = wzp_quic_reply_new(ep, local, remote);
    if (!r)
        return;
    wzp_random_bytes(&ep->random, &unused, 1);
    ngtcp2_ssize n = ngtcp2_pkt_write_version_negotiation(
        r->data, sizeof r->data, unused, vc->scid, vc->scidlen, vc->dcid, vc->dcidlen, versions, 1);
    if (n <= 0)
        wzp_quic_reply_cancel(ep);
    else
        r->length = (size_t)n;
}

static void answer_close(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                         const struct wzp_addr *remote, const ngtcp2_pkt_hd *hd, uint64_t code)
{
    struct wzp_quic_reply *r = wzp_quic_reply_new(ep, local, remote);
    if (!r)
        return;
    ngtcp2_ssize n = ngtcp2_crypto_write_connection_close(r->data, sizeof r->data, hd->version,
                                                          &hd->scid, &hd->dcid, code, NULL, 0);
    if (n <= 0)
        wzp_quic_reply_cancel(ep);
    else
        r->length = (size_t)n;
}

static void answer_retry(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                         const struct wzp_addr *remote, const ngtcp2_pkt_hd *hd, uint64_t now)
{
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
    ngtcp2_cid scid = {.datalen = WZP_QUIC_CID_SIZE};
    wzp_quic_endpoint_name(ep, scid.data, scid.datalen);
    struct wzp_quic_reply *r = wzp_quic_reply_new(ep, local, remote);
    if (!r)
        return;
    ngtcp2_ssize n = ngtcp2_crypto_generate_retry_token2(
        token, ep->retry_secret, sizeof ep->retry_secret, hd->version, &remote->u.sa,
        remote->length, &scid, &hd->dcid, now);
    if (n > 0)
        n = ngtcp2_crypto_write_retry(r->data, sizeof r->data, hd->version, &hd->scid, &scid,
                                      &hd->dcid, token, (size_t)n);
    if (n <= 0) {
        wzp_quic_reply_cancel(ep);
        return;
    }
    r->length = (size_t)n;
    ep->counters.retries_sent++;
}

/* 1: the token is valid, original is set. 0: not a token of ours. -1: ours, but no longer valid. */
static int check_token(struct wzp_quic_endpoint *ep, const struct wzp_addr *remote,
                       const ngtcp2_pkt_hd *hd, ngtcp2_cid *original, uint64_t now)
{
    if (hd->tokenlen == 0 || hd->token[0] != NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2)
        return 0;
    int result = ngtcp2_crypto_verify_retry_token2(
        original, hd->token, hd->tokenlen, ep->retry_secret, sizeof ep->retry_secret, hd->version,
        &remote->u.sa, remote->length, &hd->dcid, RETRY_TIME, now);
    if (result == 0)
        return 1;
    return result == NGTCP2_CRYPTO_ERR_VERIFY_TOKEN ? -1 : 0;
}

static void accept_initial(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const ngtcp2_pkt_hd *hd,
                           const uint8_t *data, size_t length, uint64_t now)
{
    ngtcp2_cid original;
    int token = check_token(ep, remote, hd, &original, now);
    if (token < 0) {
        answer_close(ep, local, remote, hd, NGTCP2_INVALID_TOKEN);
        return;
    }
    if (!ep->accepting || ep->conn_count >= ep->connection_limit) {
        ep->counters.refused_limit++;
        answer_close(ep, local, remote, hd, NGTCP2_CONNECTION_REFUSED);
        return;
    }
    switch (wzp_quic_address_ask(ep, remote, token > 0)) {
    case WZP_QUIC_ADMIT: break;
    case WZP_QUIC_RETRY: answer_retry(ep, local, remote, hd, now); return;
    case WZP_QUIC_REFUSE:
        ep->counters.refused_limit++;
        answer_close(ep, local, remote, hd, NGTCP2_CONNECTION_REFUSED);
        return;
    }
    struct wzp_quic_accept_info info = {.header = hd, .original = token > 0 ? &original : NULL};
    struct wzp_quic_conn *conn;
    int result = wzp_quic_conn_new_server(&conn, ep, local, remote, &info, now);
    if (result < 0) {
        ep->counters.refused_limit++;
        answer_close(ep, local, remote, hd, NGTCP2_CONNECTION_REFUSED);
        return;
    }
    wzp_quic_conn_receive(conn, local, remote, ecn, data, length, now);
}

void wzp_quic_accept(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                     const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                     uint64_t now)
{
    ngtcp2_version_cid vc;
    int result = ngtcp2_pkt_decode_version_cid(&vc, data, length, WZP_QUIC_CID_SIZE);
    if (result != 0 && result != NGTCP2_ERR_VERSION_NEGOTIATION) {
        ep->counters.dropped_malformed++;
        return;
    }
    if (!ep->server_credentials) {
        ep->counters.dropped_unknown++;
        return;
    }
    if (result == NGTCP2_ERR_VERSION_NEGOTIATION || vc.version != NGTCP2_PROTO_VER_V1) {
        ep->counters.dropped_unknown++;
        if (length >= WZP_QUIC_MTU_BASE && vc.version != 0)
            answer_version(ep, local, remote, &vc);
        return;
    }
    ngtcp2_pkt_hd hd;
    if (ngtcp2_accept(&hd, data, length) != 0) {
        ep->counters.dropped_unknown++;
        return;
    }
    accept_initial(ep, local, remote, ecn, &hd, data, length, now);
}

void wzp_quic_stateless_reset(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                              const struct wzp_addr *remote, const uint8_t *cid, size_t length,
                              uint64_t now)
{
    size_t size = length > RESET_SIZE ? RESET_SIZE : length - 1; /* always smaller: no ping-pong */
    if (size < 5 + NGTCP2_STATELESS_RESET_TOKENLEN)
        return;
    if (now / WZP_SECOND != ep->reset_window) {
        ep->reset_window = now / WZP_SECOND;
        ep->resets_sent = 0;
    }
    if (ep->resets_sent >= WZP_QUIC_RESETS_PER_SECOND)
        return;
    ngtcp2_cid id;
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN], noise[RESET_SIZE];
    ngtcp2_cid_init(&id, cid, WZP_QUIC_CID_SIZE);
    if (ngtcp2_crypto_generate_stateless_reset_token(token, ep->reset_secret,
                                                     sizeof ep->reset_secret, &id) != 0)
        return;
    struct wzp_quic_reply *r = wzp_quic_reply_new(ep, local, remote);
    if (!r)
        return;
    wzp_random_bytes(&ep->random, noise, sizeof noise);
    ngtcp2_ssize n = ngtcp2_pkt_write_stateless_reset(r->data, sizeof r->data, token, noise,
                                                      size - NGTCP2_STATELESS_RESET_TOKENLEN);
    if (n <= 0) {
        wzp_quic_reply_cancel(ep);
        return;
    }
    r->length = (size_t)n;
    ep->resets_sent++;
}
