/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How much of our memory one peer may hold. A budget is divided so that a well-behaved peer is
 * never blocked, in whatever order its bytes arrive: each stream may send a little before its
 * message's length is known, the message that is next in order is received whole, and the others
 * share a pool (inbox.h). What ngtcp2 stores for the connection, above all reordered data, has a
 * separate limit, because a few bytes with gaps between them cost it many times their size. Source:
 * wzp-protocol(7), QUIC, Streams and frames. */
#include "quic/internal.h"

/* What ngtcp2 needs for a connection that behaves, with room to spare: a quiet one takes 24 KiB. */
#define LIBRARY_BASE ((size_t)128 * 1024)

/* A peer that we dialled was chosen by us: a relay may send lists of a megabyte. */
#define DIALLED_BUDGET ((size_t)3 * 1024 * 1024)
#define DIALLED_WINDOW ((size_t)16 * 1024)
#define ACCEPTED_WINDOW ((size_t)4 * 1024)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Half for the first bytes of all streams, an eighth for the pool, the rest for the message that is
 * next in order. */
static struct wzp_quic_inbox_limits limits_of(const struct wzp_quic_conn *conn, size_t bytes)
{
    const struct wzp_quic_endpoint *ep = conn->ep;
    struct wzp_quic_inbox_limits l;
    l.window = conn->is_server ? ACCEPTED_WINDOW : DIALLED_WINDOW;
    l.streams = least(bytes / 2 / l.window, WZP_QUIC_INBOX_STREAMS);
    if (l.streams == 0)
        l.streams = 1;
    l.streams = least(l.streams, (size_t)ep->parameters.initial_max_streams_bidi);
    l.pool = bytes / 8;
    l.message = least(bytes - bytes / 2 - l.pool, ep->signal_limit);
    return l;
}

static void apply(struct wzp_quic_conn *conn, size_t bytes)
{
    const struct wzp_quic_inbox_limits limits = limits_of(conn, bytes);
    conn->budget = bytes;
    conn->memory.limit = LIBRARY_BASE + 2 * bytes;
    wzp_quic_inbox_set_limits(&conn->inbox, &limits);
}

void wzp_quic_budget_init(struct wzp_quic_conn *conn)
{
    apply(conn, conn->is_server ? conn->ep->budget : DIALLED_BUDGET);
    if (conn->is_server)
        conn->memory.limit = LIBRARY_BASE; /* until the handshake is done */
}

void wzp_quic_budget_parameters(const struct wzp_quic_conn *conn, ngtcp2_transport_params *p)
{
    p->initial_max_streams_bidi = conn->inbox.limits.streams;
    p->initial_max_stream_data_bidi_remote = conn->inbox.limits.window;
}

void wzp_quic_budget_established(struct wzp_quic_conn *conn)
{
    conn->memory.limit = LIBRARY_BASE + 2 * conn->budget;
}

void wzp_quic_conn_set_budget(struct wzp_quic_conn *conn, size_t bytes)
{
    size_t before = conn->inbox.limits.streams;
    if (bytes <= conn->budget || bytes > WZP_QUIC_BUDGET_MAX || conn->close_asked)
        return;
    apply(conn, bytes);
    if (conn->inbox.limits.streams > before)
        ngtcp2_conn_extend_max_streams_bidi(conn->quic, conn->inbox.limits.streams - before);
    wzp_quic_ready(conn);
}
