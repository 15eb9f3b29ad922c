/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Streams in one direction: the answer to SNI "version". The first 256 bytes are kept until the
 * stream ends; more than a few such streams at once are refused. Source: wzp-protocol(7), Names,
 * Streams and frames. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"

#define KEPT 256
#define STREAMS 4

struct wzp_quic_uni_in {
    struct wzp_quic_uni_in *next;
    int64_t id;
    bool delivered;
    size_t length;
    uint8_t data[KEPT];
};

static void deliver(struct wzp_quic_conn *conn, struct wzp_quic_uni_in *u)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (u->delivered || conn->close_asked)
        return;
    u->delivered = true;
    if (ep->callbacks.uni)
        ep->callbacks.uni(ep->owner, conn, conn->user, u->data, u->length, conn->now);
}

int wzp_quic_uni_data(struct wzp_quic_conn *conn, int64_t stream_id, bool fin, const uint8_t *data,
                      size_t length)
{
    ngtcp2_conn_extend_max_offset(conn->quic, length);
    struct wzp_quic_uni_in *u = conn->unis;
    unsigned count = 0;
    while (u && u->id != stream_id) {
        u = u->next;
        count++;
    }
    if (!u) {
        if (count >= STREAMS)
            return ngtcp2_conn_shutdown_stream_read(conn->quic, 0, stream_id, 0);
        u = wzp_calloc(1, sizeof *u);
        if (!u)
            return WZP_E_MEMORY;
        u->id = stream_id;
        u->next = conn->unis;
        conn->unis = u;
    }
    size_t take = length < KEPT - u->length ? length : KEPT - u->length;
    if (take > 0)
        memcpy(u->data + u->length, data, take);
    u->length += take;
    if (fin || u->length == KEPT)
        deliver(conn, u);
    if (u->length == KEPT && !fin)
        return ngtcp2_conn_shutdown_stream_read(conn->quic, 0, stream_id, 0);
    return 0;
}

void wzp_quic_uni_close(struct wzp_quic_conn *conn, int64_t stream_id)
{
    for (struct wzp_quic_uni_in **link = &conn->unis; *link; link = &(*link)->next) {
        struct wzp_quic_uni_in *u = *link;
        if (u->id != stream_id)
            continue;
        *link = u->next;
        wzp_free(u);
        break;
    }
    ngtcp2_conn_extend_max_streams_uni(conn->quic, 1);
}

void wzp_quic_uni_clear(struct wzp_quic_conn *conn)
{
    while (conn->unis) {
        struct wzp_quic_uni_in *u = conn->unis;
        conn->unis = u->next;
        wzp_free(u);
    }
}
