/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How connections end. The CONNECTION_CLOSE packet is written once and the connection is freed at
 * once. A small tombstone answers late packets with that packet for three probe timeouts, ever more
 * rarely (RFC 9000 10.2). Source: wzp-protocol(7), Closing. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define ANSWERS_MAX 8 /* repeats of one CONNECTION_CLOSE */

void wzp_quic_conn_close(struct wzp_quic_conn *conn, uint64_t code, const char *reason, bool flush,
                         uint64_t now)
{
    if (conn->close_asked)
        return;
    conn->close_asked = true;
    conn->close_flush = flush && conn->handshake_done;
    conn->close_code = code < (UINT64_C(1) << 62) ? code : 0;
    conn->close_deadline = conn->close_flush ? wzp_time_add(now, WZP_QUIC_FLUSH_TIME) : WZP_NEVER;
    if (reason)
        wzp_text_copy(conn->close_reason, sizeof conn->close_reason, reason);
    conn->inbox.closed = true;
    if (!conn->close_flush)
        wzp_quic_datagrams_clear(conn);
    wzp_quic_ready(conn);
}

/* ---- tombstones ---- */

static void unlink_pending(struct wzp_quic_tombstone *t)
{
    if (!t->link_pending)
        return;
    *t->link_pending = t->next_pending;
    if (t->next_pending)
        t->next_pending->link_pending = t->link_pending;
    t->link_pending = NULL;
}

static void make_pending(struct wzp_quic_endpoint *ep, struct wzp_quic_tombstone *t)
{
    if (t->length == 0 || t->link_pending)
        return;
    t->next_pending = ep->pending_tombstones;
    t->link_pending = &ep->pending_tombstones;
    if (t->next_pending)
        t->next_pending->link_pending = &t->next_pending;
    ep->pending_tombstones = t;
}

void wzp_quic_tombstone_free(struct wzp_quic_endpoint *ep, struct wzp_quic_tombstone *t)
{
    unlink_pending(t);
    wzp_heap_set(&ep->heap, &t->timer, WZP_NEVER);
    wzp_heap_unreserve(&ep->heap);
    for (size_t i = 0; i < t->cid_count; i++)
        wzp_map_remove(&ep->routes, t->cids[i].data, t->cids[i].length);
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    ep->tombstone_count--;
    wzp_free(t);
}

/* Takes over the routes of conn. Without memory, or with too many already, late packets simply get
 * no answer. */
static void tombstone_make(struct wzp_quic_conn *conn, const ngtcp2_path *path,
                           const uint8_t *packet, size_t length, uint64_t until)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    struct wzp_quic_tombstone *t = NULL;
    if (ep->tombstone_count < WZP_QUIC_TOMBSTONES && wzp_heap_reserve(&ep->heap) == 0) {
        t = wzp_calloc(1, sizeof *t + length);
        if (!t)
            wzp_heap_unreserve(&ep->heap);
    }
    if (!t) {
        struct wzp_quic_reply *r = NULL;
        if (length > 0 && length <= WZP_QUIC_REPLY_MAX)
            r = wzp_quic_reply_new(ep, &conn->local, &conn->remote);
        if (r) {
            memcpy(r->data, packet, length);
            r->length = length;
        }
        return;
    }
    t->route.kind = WZP_QUIC_ROUTE_TOMBSTONE;
    t->local = conn->local;
    t->remote = conn->remote;
    if (path && length > 0) {
        wzp_addr_from_sockaddr(&t->local, path->local.addr, path->local.addrlen);
        wzp_addr_from_sockaddr(&t->remote, path->remote.addr, path->remote.addrlen);
    }
    t->length = length;
    if (length > 0)
        memcpy(t->packet, packet, length);
    t->next = ep->tombstones;
    t->link = &ep->tombstones;
    if (t->next)
        t->next->link = &t->next;
    ep->tombstones = t;
    ep->tombstone_count++;
    /* Replacing the value of a key that is there cannot fail. */
    for (size_t i = 0; i < conn->cid_count; i++)
        if (wzp_map_put(&ep->routes, conn->cids[i].data, conn->cids[i].length, t) == 0)
            t->cids[t->cid_count++] = conn->cids[i];
    wzp_heap_set(&ep->heap, &t->timer, until);
    make_pending(ep, t);
}

void wzp_quic_tombstone_receive(struct wzp_quic_endpoint *ep, struct wzp_quic_tombstone *t)
{
    t->received++;
    /* The 1st, 2nd, 4th, 8th ... late packet is answered. */
    if ((t->received & (t->received - 1)) == 0 && t->answered < ANSWERS_MAX) {
        t->answered++;
        make_pending(ep, t);
    }
}

int wzp_quic_tombstone_write(struct wzp_quic_endpoint *ep, struct wzp_packet *out)
{
    struct wzp_quic_tombstone *t = ep->pending_tombstones;
    if (!t)
        return 0;
    unlink_pending(t);
    memcpy(out->data, t->packet, t->length);
    out->local = t->local;
    out->remote = t->remote;
    out->length = out->segment = t->length;
    out->ecn = 0;
    return 1;
}

/* ---- ends ---- */

/* Writes CONNECTION_CLOSE and tells the owner; conn is freed afterwards. ccerr NULL: no packet is
 * sent (the peer closed, or does not answer). */
static void end(struct wzp_quic_conn *conn, const ngtcp2_ccerr *ccerr, bool linger,
                const struct wzp_quic_close *why, uint64_t now)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    uint8_t packet[WZP_PACKET_MAX];
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
    ngtcp2_ssize n = 0;
    ngtcp2_path_storage_zero(&path);
    if (ccerr)
        n = ngtcp2_conn_write_connection_close(conn->quic, &path.path, &info, packet,
                                               WZP_QUIC_MTU_BASE, ccerr, now);
    if (n < 0)
        n = 0; /* nothing was ever sent, or there are no keys: close silently */
    if (linger || n > 0)
        tombstone_make(conn, n > 0 ? &path.path : NULL, packet, (size_t)n,
                       wzp_time_add(now, 3 * ngtcp2_conn_get_pto(conn->quic)));
    if (!conn->handshake_done && why->kind != WZP_QUIC_CLOSE_LOCAL)
        ep->counters.handshakes_failed++;
    if (conn->announced && ep->callbacks.closed)
        ep->callbacks.closed(ep->owner, conn, conn->user, why, now);
    wzp_quic_conn_destroy(conn);
}

void wzp_quic_conn_finish(struct wzp_quic_conn *conn, uint64_t now)
{
    struct wzp_quic_close why = {.kind = WZP_QUIC_CLOSE_LOCAL, .code = conn->close_code};
    ngtcp2_ccerr ccerr;
    wzp_text_filter(why.reason, sizeof why.reason, conn->close_reason, strlen(conn->close_reason));
    ngtcp2_ccerr_set_application_error(
        &ccerr, conn->close_code, (const uint8_t *)conn->close_reason, strlen(conn->close_reason));
    end(conn, &ccerr, true, &why, now);
}

/* Code and reason of the peer's CONNECTION_CLOSE. */
static void peer_close(struct wzp_quic_conn *conn, struct wzp_quic_close *why)
{
    const ngtcp2_ccerr *e = ngtcp2_conn_get_ccerr(conn->quic);
    if (conn->reset_seen) {
        why->kind = WZP_QUIC_CLOSE_RESET;
        return;
    }
    why->kind =
        e->type == NGTCP2_CCERR_TYPE_APPLICATION ? WZP_QUIC_CLOSE_PEER : WZP_QUIC_CLOSE_TRANSPORT;
    why->code = e->error_code;
    if (e->reasonlen > 0)
        wzp_text_filter(why->reason, sizeof why->reason, (const char *)e->reason, e->reasonlen);
}

static void set_reason(struct wzp_quic_close *why, const char *text)
{
    wzp_text_copy(why->reason, sizeof why->reason, text);
}

void wzp_quic_conn_fail(struct wzp_quic_conn *conn, int library_error, uint64_t now)
{
    struct wzp_quic_close why;
    ngtcp2_ccerr ccerr;
    if (conn->is_elsewhere) {
        wzp_quic_early_pass(conn, now);
        return;
    }
    memset(&why, 0, sizeof why);
    why.kind = WZP_QUIC_CLOSE_TRANSPORT;
    ngtcp2_ccerr_default(&ccerr);
    if (conn->memory.exceeded)
        conn->ep->counters.over_budget++;
    conn->memory.limit = SIZE_MAX; /* for the last words */
    switch (library_error) {
    case NGTCP2_ERR_DRAINING:
        peer_close(conn, &why);
        end(conn, NULL, true, &why, now);
        return;
    case NGTCP2_ERR_IDLE_CLOSE:
        why.kind = WZP_QUIC_CLOSE_IDLE;
        set_reason(&why, "no answer");
        end(conn, NULL, false, &why, now);
        return;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        why.kind = WZP_QUIC_CLOSE_HANDSHAKE;
        set_reason(&why, "no answer in time");
        end(conn, NULL, false, &why, now);
        return;
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:
    case NGTCP2_ERR_CLOSING: end(conn, NULL, false, &why, now); return;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
        set_reason(&why, "the peer speaks no QUIC version 1");
        end(conn, NULL, false, &why, now);
        return;
    case NGTCP2_ERR_CRYPTO:
        ngtcp2_ccerr_set_tls_alert(&ccerr, ngtcp2_conn_get_tls_alert(conn->quic), NULL, 0);
        break;
    default:
        if (conn->refused)
            ngtcp2_ccerr_set_transport_error(&ccerr, NGTCP2_CONNECTION_REFUSED, NULL, 0);
        else if (conn->alert != 0)
            ngtcp2_ccerr_set_tls_alert(&ccerr, conn->alert, NULL, 0);
        else
            ngtcp2_ccerr_set_liberr(&ccerr, library_error, NULL, 0);
    }
    why.code = ccerr.error_code;
    set_reason(&why, ngtcp2_strerror(library_error));
    end(conn, &ccerr, true, &why, now);
}
