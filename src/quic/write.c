/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets of one connection: datagrams first, as many as fit, then pieces of signals in what is
 * left. Full packets of one path follow each other in the caller's buffer (GSO). Datagrams are
 * never paced, only held back by the congestion window: ngtcp2 paces when it is told the time of
 * each burst (ngtcp2_conn_update_pkt_tx_time), which is never done, since its spacing (a window per
 * round trip, 24 ms a packet on a fresh connection) would tear speech apart. Signals are small;
 * their bursts are bounded by SIGNAL_BURST per turn. Source: wzp-protocol(7), QUIC; RFC 9221, RFC
 * 9002 7.7. */
#include "quic/internal.h"

#include <string.h>

#define BATCH_MAX 16 /* packets in one batch */
#define STREAMS_FIRST                                                                              \
    4 /* every that many packets signals go first, so that datagrams cannot starve them */

/* One packet under construction. */
struct job {
    struct wzp_quic_conn *conn;
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
    uint8_t *data;
    size_t capacity; /* path MTU at most */
    uint64_t now;
    bool first_datagram;
    bool complete; /* the packet took all there was */
};

/* Opens a stream for every waiting signal, as far as the peer's credit goes, and as long as the
 * peer ends its side of earlier streams: each stream that it leaves open costs us memory
 * permanently. Must not happen in the middle of a packet. */
static void open_streams(struct wzp_quic_conn *conn)
{
    for (struct wzp_quic_message *m = conn->outbox.waiting; m; m = m->next) {
        m->blocked = false;
        if (m->stream_id >= 0)
            continue;
        int64_t id = -1;
        if (!m->uni && conn->local_streams >= WZP_QUIC_LOCAL_STREAMS) {
            m->blocked = true;
            continue;
        }
        int result = m->uni ? ngtcp2_conn_open_uni_stream(conn->quic, &id, m)
                            : ngtcp2_conn_open_bidi_stream(conn->quic, &id, m);
        if (result == 0) {
            m->stream_id = id;
            conn->local_streams += !m->uni;
        } else
            m->blocked = true;
    }
}

/* What an addition to a packet led to. */
enum step { STEP_MORE, STEP_DONE };

/* Adds waiting datagrams. STEP_DONE: *result is the packet's length, 0 or an error. Unless `more`
 * follows, the call with the last datagram also finishes the packet: a further call of ngtcp2 costs
 * as much as encrypting the packet. */
static enum step add_datagrams(struct job *j, bool more, ngtcp2_ssize *result)
{
    struct wzp_quic_conn *conn = j->conn;
    while (conn->queue_count > 0) {
        struct wzp_quic_load load;
        if (conn->queue[conn->queue_head].buffer->length > wzp_quic_conn_datagram_max(conn)) {
            conn->datagrams_dropped++; /* the path shrank while it waited */
            conn->ep->counters.datagrams_dropped++;
            wzp_quic_datagrams_pop(conn, 1);
            continue;
        }
        wzp_quic_datagrams_load(conn, &load);
        uint64_t id = load.id;
        if (j->first_datagram)
            id |= WZP_QUIC_ID_FIRST;
        if (conn->mtu.size > WZP_QUIC_MTU_BASE && load.length > WZP_QUIC_MTU_BASE - 64)
            id |= WZP_QUIC_ID_LARGE;
        int accepted = 0;
        bool last = !more && (conn->queue_count == load.count || load.is_full);
        ngtcp2_ssize n = ngtcp2_conn_writev_datagram(
            conn->quic, &j->path.path, &j->info, j->data, j->capacity, &accepted,
            last ? NGTCP2_WRITE_DATAGRAM_FLAG_NONE : NGTCP2_WRITE_DATAGRAM_FLAG_MORE, id, load.vec,
            load.vec_count, j->now);
        if (accepted) {
            j->first_datagram = false;
            conn->ep->counters.datagrams_out += load.count;
            conn->media_until = j->now + WZP_QUIC_MEDIA_RECENT;
            wzp_quic_datagrams_pop(conn, load.count);
        }
        if (n != NGTCP2_ERR_WRITE_MORE) {
            *result = n;
            /* ngtcp2 writes its own frames before a datagram, and path validation packets first of
             * all: so it has nothing more to send either. */
            j->complete = last && accepted && n > 0;
            return STEP_DONE;
        }
    }
    return STEP_MORE;
}

/* Adds pieces of waiting signals. */
static enum step add_signals(struct job *j, ngtcp2_ssize *result)
{
    struct wzp_quic_conn *conn = j->conn;
    struct wzp_quic_message *next;
    for (struct wzp_quic_message *m = conn->outbox.waiting; m; m = next) {
        next = m->next;
        if (m->blocked)
            continue;
        ngtcp2_vec vec = {m->data + m->sent, m->length - m->sent};
        ngtcp2_ssize taken = -1;
        ngtcp2_ssize n = ngtcp2_conn_writev_stream(
            conn->quic, &j->path.path, &j->info, j->data, j->capacity, &taken,
            NGTCP2_WRITE_STREAM_FLAG_MORE | NGTCP2_WRITE_STREAM_FLAG_FIN, m->stream_id, &vec,
            vec.len > 0, j->now);
        if (taken >= 0) {
            if (m->sent == 0 && !conn->outbox.flying)
                conn->mtu.stream_progress = j->now;
            m->sent += (size_t)taken;
            if (m->sent == m->length)
                wzp_quic_outbox_written(&conn->outbox, m);
        }
        if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
            m->blocked = true;
        } else if (n == NGTCP2_ERR_STREAM_SHUT_WR || n == NGTCP2_ERR_STREAM_NOT_FOUND) {
            wzp_quic_outbox_written(&conn->outbox, m); /* the peer wants no more of it: fine */
        } else if (n != NGTCP2_ERR_WRITE_MORE) {
            *result = n;
            return STEP_DONE;
        } else if (!m->written) {
            m->blocked = true; /* the stream's window is full */
        }
    }
    return STEP_MORE;
}

/* Writes one packet. Its length, 0 when there is nothing to send, or a fatal error. */
static ngtcp2_ssize write_packet(struct job *j, bool datagrams)
{
    struct wzp_quic_conn *conn = j->conn;
    ngtcp2_ssize result = 0;
    bool signals = conn->handshake_done && conn->outbox.waiting;
    bool signals_first = signals && ++conn->write_turn % STREAMS_FIRST == 0;
    j->first_datagram = true;
    if (signals)
        open_streams(conn);
    if (signals_first && add_signals(j, &result) == STEP_DONE)
        return result;
    if (datagrams && add_datagrams(j, signals && !signals_first, &result) == STEP_DONE)
        return result;
    if (signals && !signals_first && add_signals(j, &result) == STEP_DONE)
        return result;
    return ngtcp2_conn_writev_stream(conn->quic, &j->path.path, &j->info, j->data, j->capacity,
                                     NULL, NGTCP2_WRITE_STREAM_FLAG_NONE, -1, NULL, 0, j->now);
}

static void job_init(struct job *j, struct wzp_quic_conn *conn, uint8_t *data, size_t capacity,
                     uint64_t now)
{
    j->conn = conn;
    ngtcp2_path_storage_zero(&j->path);
    memset(&j->info, 0, sizeof j->info);
    j->data = data;
    j->capacity = capacity < conn->mtu.size ? capacity : conn->mtu.size;
    j->now = now;
    j->complete = false;
}

static void count_packet(struct wzp_quic_conn *conn, size_t length)
{
    conn->packets_sent++;
    conn->bytes_sent += length;
    conn->waits_bytes = 0;
}

static void set_addresses(struct wzp_addr *local, struct wzp_addr *remote, const ngtcp2_path *path)
{
    wzp_addr_from_sockaddr(local, path->local.addr, path->local.addrlen);
    wzp_addr_from_sockaddr(remote, path->remote.addr, path->remote.addrlen);
}

/* Whether datagrams may go now, or wait for others to share their packet. They do not wait when
 * ngtcp2 has to send something anyway. */
static bool want_datagrams(struct wzp_quic_conn *conn, uint64_t now)
{
    if (!conn->handshake_done || conn->queue_count == 0)
        return false;
    return conn->timer_fired || wzp_quic_datagrams_due(conn, now) || conn->outbox.waiting;
}

/* First packet of a batch: a path MTU probe when one is due, or whatever there is. */
static ngtcp2_ssize write_first(struct job *j, struct wzp_packet *out)
{
    struct wzp_quic_conn *conn = j->conn;
    ngtcp2_ssize n = 0;
    if (conn->handshake_done && conn->mtu.next <= j->now)
        n = wzp_quic_mtu_write(conn, &j->path.path, &j->info, out->data, out->capacity, j->now);
    if (n == 0)
        n = write_packet(j, want_datagrams(conn, j->now));
    return n;
}

/* More full packets for the same path behind the first one. */
static ngtcp2_ssize fill_batch(struct wzp_quic_conn *conn, struct wzp_packet *out, uint64_t now)
{
    size_t segment = out->segment;
    for (int i = 1; i < BATCH_MAX && out->capacity - out->length >= segment; i++) {
        struct job j;
        struct wzp_addr local, remote;
        bool datagrams = want_datagrams(conn, now);
        if (!datagrams && !conn->outbox.waiting)
            break;
        job_init(&j, conn, out->data + out->length, segment, now);
        ngtcp2_ssize n = write_packet(&j, datagrams);
        if (n <= 0)
            return n;
        count_packet(conn, (size_t)n);
        set_addresses(&local, &remote, &j.path.path);
        if (!wzp_addr_equal(&local, &out->local) || !wzp_addr_equal(&remote, &out->remote) ||
            j.info.ecn != out->ecn) {
            struct wzp_quic_endpoint *ep = conn->ep;
            memcpy(ep->stash, j.data, (size_t)n);
            ep->stash_length = (size_t)n;
            ep->stash_local = local;
            ep->stash_remote = remote;
            ep->stash_ecn = (uint8_t)j.info.ecn;
            return 1;
        }
        out->length += (size_t)n;
        if ((size_t)n < segment)
            break;
    }
    return 1;
}

/* Whether the peer has all signals that were queued (its reader may drop what it has not read when
 * the connection closes), and the datagrams have left. */
static bool flushed(const struct wzp_quic_conn *conn)
{
    return !conn->outbox.waiting && !conn->outbox.flying && conn->queue_count == 0;
}

/* Whether nothing is left to send after the packet just written, so that another call is not
 * needed. */
static bool nothing_left(const struct wzp_quic_conn *conn, const struct job *j, size_t length,
                         uint64_t now)
{
    return j->complete && length < conn->mtu.size && conn->queue_count == 0 &&
           !conn->outbox.waiting && !conn->timer_fired && conn->mtu.next > now;
}

int wzp_quic_conn_write(struct wzp_quic_conn *conn, struct wzp_packet *out, uint64_t now)
{
    conn->now = now;
    if (conn->close_asked && (!conn->close_flush || flushed(conn) || now >= conn->close_deadline)) {
        wzp_quic_conn_finish(conn, now);
        return -1;
    }
    if (conn->is_early) {
        wzp_quic_conn_update_timer(conn, now, true);
        return 0;
    }
    struct job j;
    job_init(&j, conn, out->data, out->capacity, now);
    conn->in_library = true;
    ngtcp2_ssize n = 0;
    if (wzp_quic_conn_library_due(conn, now)) { /* a postponed timer has not fired yet */
        conn->library_expiry_known = false;
        n = ngtcp2_conn_handle_expiry(conn->quic, now);
    }
    if (n == 0)
        n = write_first(&j, out);
    conn->in_library = false;
    if (n < 0) {
        wzp_quic_conn_fail(conn, (int)n, now);
        return -1;
    }
    if (n == 0) {
        conn->timer_fired = conn->library_expiry_known = false;
        conn->waits_bytes = 0;
        wzp_quic_conn_update_timer(conn, now, true);
        return 0;
    }
    count_packet(conn, (size_t)n);
    out->length = out->segment = (size_t)n;
    out->ecn = (uint8_t)j.info.ecn;
    set_addresses(&out->local, &out->remote, &j.path.path);
    if (nothing_left(conn, &j, (size_t)n, now)) {
        if (!wzp_quic_conn_keep_timer(conn, now)) {
            conn->library_expiry_known = false;
            wzp_quic_conn_update_timer(conn, now, true);
        }
        return 1;
    }
    conn->library_expiry_known = false;
    if (conn->handshake_done && (size_t)n == conn->mtu.size) {
        conn->in_library = true;
        ngtcp2_ssize rc = fill_batch(conn, out, now);
        conn->in_library = false;
        if (rc < 0) {
            wzp_quic_conn_fail(conn, (int)rc, now);
            return 1;
        }
    }
    wzp_quic_ready(conn); /* behind the others */
    return 1;
}
