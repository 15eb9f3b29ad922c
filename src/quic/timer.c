/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When a connection is called next, and how long ngtcp2's frames may wait to share a packet with
 * media. Source: wzp-protocol(7), QUIC; RFC 9000 13.2, RFC 9002 6.2. */
#include "quic/internal.h"

/* ---- acknowledgements that wait ---- */

bool wzp_quic_conn_can_wait(const struct wzp_quic_conn *conn, const struct wzp_addr *remote,
                            uint64_t now)
{
    return conn->handshake_done && now < conn->media_until && !conn->close_asked &&
           !conn->outbox.waiting && !conn->outbox.flying && !conn->inbox.entries &&
           !conn->stream_seen && (conn->datagram_seen || (conn->is_server && conn->ack_seen)) &&
           !wzp_quic_datagrams_due(conn, now) && wzp_addr_equal(remote, &conn->remote);
}

/* How long acknowledgements may wait, from the first packet to be acknowledged on. */
static uint64_t patience(const struct wzp_quic_conn *conn)
{
    return conn->waits_bytes >= WZP_QUIC_ACK_SOON_BYTES
               ? WZP_QUIC_ACK_SOON
               : conn->ack_delay - WZP_QUIC_ACK_SLACK;
}

void wzp_quic_conn_wait(struct wzp_quic_conn *conn, size_t length, uint64_t now)
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

void wzp_quic_conn_named(struct wzp_quic_conn *conn)
{
    switch (wzp_sni_purpose(conn->sni)) {
    case WZP_PURPOSE_ROOM:
    case WZP_PURPOSE_CALL_ROOM:
    case WZP_PURPOSE_FEDERATION: conn->ack_delay = WZP_QUIC_ACK_DELAY_MEDIA; break;
    default: conn->ack_delay = WZP_QUIC_ACK_DELAY_SIGNALS;
    }
}

/* ---- expiries ---- */

/* ngtcp2's next expiry. ngtcp2 is asked only after something happened to the connection, because it
 * walks through its state to answer: per packet that would cost a relay 4 % of its time. */
static uint64_t library_expiry(struct wzp_quic_conn *conn)
{
    if (!conn->library_expiry_known) {
        conn->library_expiry = ngtcp2_conn_get_expiry(conn->quic);
        conn->library_expiry_known = true;
    }
    return conn->library_expiry;
}

/* How long ngtcp2 itself delays acknowledgements. */
static uint64_t library_patience(const struct wzp_quic_conn *conn)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(conn->quic, &info);
    return wzp_time_min(info.smoothed_rtt / 8, WZP_QUIC_ACK_DELAY_MEDIA);
}

/* How much later than its expiry ngtcp2 is called: acknowledgements may wait to share a packet with
 * media. */
static uint64_t lateness(const struct wzp_quic_conn *conn, uint64_t now)
{
    if (!conn->handshake_done || now >= conn->media_until || conn->outbox.flying ||
        now < conn->prompt_until)
        return 0;
    return wzp_time_since(patience(conn), conn->library_patience);
}

/* When ngtcp2 is to be called for its next expiry. */
static uint64_t library_at(struct wzp_quic_conn *conn, uint64_t now)
{
    uint64_t at = library_expiry(conn);
    conn->library_patience = library_patience(conn);
    if (conn->stream_seen && conn->handshake_done && now < conn->media_until &&
        !conn->outbox.flying) {
        conn->stream_seen = false;
        conn->prompt_until = now + conn->library_patience + WZP_MILLISECOND;
    }
    return wzp_time_add(at, lateness(conn, now));
}

/* Our own expiries, apart from ngtcp2's. */
static uint64_t own_expiry(const struct wzp_quic_conn *conn)
{
    uint64_t at = wzp_time_min(conn->inbox.expiry, conn->close_deadline);
    if (conn->handshake_done)
        at = wzp_time_min(at, conn->mtu.next);
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
    /* The kept timer was too early: a packet sent now would hold little. */
    if (conn->handshake_done && now < conn->media_until && !conn->timer_fired &&
        !conn->outbox.waiting && own_expiry(conn) > now && !wzp_quic_datagrams_due(conn, now))
        wzp_quic_conn_update_timer(conn, now, true);
    else
        wzp_quic_ready(conn);
}

/* Whether ngtcp2's expiry has passed. The remembered value may be too early by now, never too
 * late. */
bool wzp_quic_conn_library_due(struct wzp_quic_conn *conn, uint64_t now)
{
    if (conn->library_expiry_known && conn->library_expiry > now)
        return false;
    conn->library_expiry_known = false;
    return library_expiry(conn) <= now;
}

bool wzp_quic_conn_keep_timer(struct wzp_quic_conn *conn, uint64_t now)
{
    uint64_t at = wzp_time_add(now, conn->probe_timeout);
    uint64_t latest = wzp_time_add(at, lateness(conn, now));
    if (!conn->library_expiry_known || conn->stream_seen || conn->timer.slot == 0 ||
        conn->timer.key <= now || conn->timer.key > latest ||
        conn->timer.key > own_expiry(conn))
        return false;
    conn->library_expiry = wzp_time_min(conn->library_expiry, at);
    return true;
}

void wzp_quic_conn_update_timer(struct wzp_quic_conn *conn, uint64_t now, bool settled)
{
    uint64_t at = wzp_time_min(library_at(conn, now), own_expiry(conn));
    conn->probe_timeout = ngtcp2_conn_get_pto(conn->quic);
    if (settled && at <= now)
        at = now + WZP_MILLISECOND;
    wzp_heap_set(&conn->ep->heap, &conn->timer, at);
}
