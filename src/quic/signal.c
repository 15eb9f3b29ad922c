/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals of a connection: queueing into the outbox, and the transport functions that the inbox
 * needs. Source: wzp-protocol(7), Streams and frames. */
#include "quic/internal.h"

/* ---- out ---- */

/* Appends a message to the queue; it gets its own stream when its turn comes. */
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

bool wzp_quic_conn_is_behind(const struct wzp_quic_conn *conn)
{
    return conn->outbox.waiting_count >= WZP_QUIC_SIGNAL_QUEUE / 2 ||
           conn->outbox.waiting_bytes >= WZP_QUIC_SIGNAL_QUEUE_BYTES / 2;
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

int wzp_quic_conn_send_uni(struct wzp_quic_conn *conn, const void *data, size_t length)
{
    return queue_message(conn, data, length, false, true);
}

/* ---- in: the inbox's transport ---- */

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

const struct wzp_quic_inbox_host wzp_quic_signal_host = {
    .credit = inbox_credit,
    .grant = inbox_grant,
    .hold = inbox_hold,
    .finish = inbox_finish,
    .stream_credit = inbox_stream_credit,
    .deliver = inbox_deliver,
    .discarded = inbox_discarded,
};
