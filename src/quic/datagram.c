/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Datagrams: a pool of counted buffers per endpoint, a ring of references per connection. One
 * buffer serves all receivers of a room; nothing on a packet's way calls the heap. Source:
 * wzp-protocol(7), QUIC; RFC 9221. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

struct wzp_quic_buffer *wzp_quic_buffer_new(struct wzp_quic_endpoint *ep, const void *data,
                                            size_t length)
{
    struct wzp_quic_buffer *b = ep->free_buffers;
    if (length > sizeof b->data)
        return NULL;
    if (b) {
        ep->free_buffers = b->next_free;
    } else {
        if (ep->buffer_count >= WZP_QUIC_POOL_MAX)
            return NULL;
        b = wzp_alloc(sizeof *b);
        if (!b)
            return NULL;
        ep->buffer_count++;
    }
    b->references = 1;
    b->length = (uint32_t)length;
    b->next_free = NULL;
    if (length > 0)
        memcpy(b->data, data, length);
    return b;
}

void wzp_quic_buffer_unref(struct wzp_quic_endpoint *ep, struct wzp_quic_buffer *buffer)
{
    if (!buffer || --buffer->references > 0)
        return;
    buffer->next_free = ep->free_buffers;
    ep->free_buffers = buffer;
}

void wzp_quic_pool_free(struct wzp_quic_endpoint *ep)
{
    while (ep->free_buffers) {
        struct wzp_quic_buffer *b = ep->free_buffers;
        ep->free_buffers = b->next_free;
        wzp_free(b);
        ep->buffer_count--;
    }
}

/* ---- datagrams that wait for others to share their packet ---- */

static void release(struct wzp_quic_conn *conn)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (!conn->is_held)
        return;
    conn->is_held = false;
    if (conn->held_next)
        conn->held_next->held_previous = conn->held_previous;
    else
        ep->held_tail = conn->held_previous;
    if (conn->held_previous)
        conn->held_previous->held_next = conn->held_next;
    else
        ep->held_head = conn->held_next;
}

/* As a rule all wait equally long, so a new entry goes to the end of the list. */
static void hold(struct wzp_quic_conn *conn)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (conn->is_held && conn->held_until <= conn->queue_flush)
        return;
    release(conn);
    conn->is_held = true;
    conn->held_until = conn->queue_flush;
    struct wzp_quic_conn *before = ep->held_tail;
    while (before && before->held_until > conn->held_until)
        before = before->held_previous;
    conn->held_previous = before;
    conn->held_next = before ? before->held_next : ep->held_head;
    if (conn->held_next)
        conn->held_next->held_previous = conn;
    else
        ep->held_tail = conn;
    if (before)
        before->held_next = conn;
    else
        ep->held_head = conn;
}

uint64_t wzp_quic_datagrams_expiry(const struct wzp_quic_endpoint *ep)
{
    return ep->held_head ? ep->held_head->held_until : WZP_NEVER;
}

void wzp_quic_datagrams_handle_expiry(struct wzp_quic_endpoint *ep, uint64_t now)
{
    while (ep->held_head && ep->held_head->held_until <= now) {
        struct wzp_quic_conn *conn = ep->held_head;
        release(conn);
        if (conn->queue_flush > now) /* those left with company */
            hold(conn);
        else
            wzp_quic_ready(conn);
    }
}

/* ---- the ring ---- */

static void update_flush(struct wzp_quic_conn *conn)
{
    uint64_t at = WZP_NEVER;
    for (unsigned i = 0; i < conn->queue_count; i++) {
        unsigned at_index = (conn->queue_head + i) % WZP_QUIC_DATAGRAM_QUEUE;
        at = wzp_time_min(at, conn->queue[at_index].flush_at);
    }
    conn->queue_flush = at;
}

/* Takes the oldest out of the ring. The caller keeps queue_flush true. */
static void drop_head(struct wzp_quic_conn *conn)
{
    struct wzp_quic_datagram *d = &conn->queue[conn->queue_head];
    conn->queue_bytes -= d->buffer->length;
    wzp_quic_buffer_unref(conn->ep, d->buffer);
    d->buffer = NULL;
    conn->queue_head = (conn->queue_head + 1) % WZP_QUIC_DATAGRAM_QUEUE;
    conn->queue_count--;
    if (conn->queue_count == 0)
        release(conn);
}

void wzp_quic_datagrams_pop(struct wzp_quic_conn *conn, unsigned count)
{
    bool first_gone = false;
    for (unsigned i = 0; i < count; i++) {
        first_gone |= conn->queue[conn->queue_head].flush_at == conn->queue_flush;
        drop_head(conn);
    }
    if (first_gone)
        update_flush(conn);
}

/* Room left beside the largest bundle for ngtcp2's own frames: an ACK with many ranges. A bundle
 * that does not fit waits for the next packet. */
#define BUNDLE_SPARE 32

static void add_item(struct wzp_quic_load *load, struct wzp_quic_buffer *buffer)
{
    uint8_t *head = load->heads[load->count++];
    wzp_put_be16(head, (uint16_t)buffer->length);
    load->vec[load->vec_count++] = (ngtcp2_vec){head, WZP_BUNDLE_ITEM_HEAD};
    if (buffer->length > 0) /* the library takes no empty pieces */
        load->vec[load->vec_count++] = (ngtcp2_vec){buffer->data, buffer->length};
    load->length += WZP_BUNDLE_ITEM_HEAD + buffer->length;
}

/* How many of the oldest datagrams go into one frame. */
static unsigned company(const struct wzp_quic_conn *conn, size_t room, bool *is_full)
{
    size_t length = WZP_BUNDLE_HEAD;
    unsigned count = 0;
    for (; count < conn->queue_count && count < WZP_BUNDLE_ITEMS_MAX; count++) {
        unsigned at = (conn->queue_head + count) % WZP_QUIC_DATAGRAM_QUEUE;
        length += WZP_BUNDLE_ITEM_HEAD + conn->queue[at].buffer->length;
        *is_full = length > room;
        if (conn->queue[at].id != 0 || *is_full)
            break;
    }
    return count;
}

void wzp_quic_datagrams_load(const struct wzp_quic_conn *conn, struct wzp_quic_load *out)
{
    const struct wzp_quic_datagram *first = &conn->queue[conn->queue_head];
    size_t most = wzp_quic_conn_datagram_max(conn);
    unsigned count = 1;
    out->is_full = false;
    if (conn->takes_bundles && most > BUNDLE_SPARE)
        count = company(conn, most - BUNDLE_SPARE, &out->is_full);
    out->count = 0;
    out->vec_count = 0;
    out->length = 0;
    out->id = first->id;
    if (count < 2 &&
        !(conn->takes_bundles && wzp_bundle_is(first->buffer->data, first->buffer->length))) {
        out->count = 1;
        out->length = first->buffer->length;
        out->vec_count = out->length > 0;
        out->vec[0] = (ngtcp2_vec){first->buffer->data, first->buffer->length};
        return;
    }
    out->mark[0] = WZP_BUNDLE_MARK;
    out->vec[out->vec_count++] = (ngtcp2_vec){out->mark, sizeof out->mark};
    out->length = sizeof out->mark;
    do {
        unsigned at = (conn->queue_head + out->count) % WZP_QUIC_DATAGRAM_QUEUE;
        add_item(out, conn->queue[at].buffer);
    } while (out->count < count);
}

void wzp_quic_datagrams_clear(struct wzp_quic_conn *conn)
{
    while (conn->queue_count > 0)
        drop_head(conn);
    conn->queue_flush = WZP_NEVER;
}

bool wzp_quic_datagrams_due(const struct wzp_quic_conn *conn, uint64_t now)
{
    return conn->queue_count > 0 &&
           (conn->queue_flush <= now ||
            conn->queue_bytes + 3 * (size_t)conn->queue_count >= conn->mtu.room);
}

size_t wzp_quic_conn_datagram_max(const struct wzp_quic_conn *conn)
{
    if (conn->handshake_done && !conn->peer_takes_datagrams)
        return 0;
    size_t most = conn->mtu.room;
    if (conn->handshake_done && conn->peer_frame_max < most + 3)
        most = conn->peer_frame_max > 3 ? (size_t)conn->peer_frame_max - 3 : 0;
    size_t spare = WZP_BUNDLE_HEAD + WZP_BUNDLE_ITEM_HEAD; /* of a bundle of one */
    if (conn->takes_bundles)
        most = most > spare ? most - spare : 0;
    return most;
}

int wzp_quic_conn_send_buffer(struct wzp_quic_conn *conn, struct wzp_quic_buffer *buffer,
                              uint64_t id, uint64_t flush_at, uint64_t now)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (id >> WZP_QUIC_ID_BITS != 0)
        return WZP_E_ARGUMENT;
    if (conn->close_asked)
        return WZP_E_CLOSED;
    if (conn->handshake_done && !conn->peer_takes_datagrams)
        return WZP_E_STATE;
    if (buffer->length > wzp_quic_conn_datagram_max(conn)) {
        wzp_quic_mtu_want(conn, now);
        conn->datagrams_dropped++;
        ep->counters.datagrams_dropped++;
        return WZP_E_TOO_BIG;
    }
    if (conn->queue_count == WZP_QUIC_DATAGRAM_QUEUE) {
        uint64_t old = conn->queue[conn->queue_head].id;
        wzp_quic_datagrams_pop(conn, 1);
        conn->datagrams_dropped++;
        ep->counters.datagrams_dropped++;
        if (old != 0 && ep->callbacks.datagram_fate)
            ep->callbacks.datagram_fate(ep->owner, conn, conn->user, old, false, now);
    }
    unsigned at = (conn->queue_head + conn->queue_count) % WZP_QUIC_DATAGRAM_QUEUE;
    buffer->references++;
    conn->queue[at].buffer = buffer;
    conn->queue[at].id = id;
    conn->queue[at].flush_at = flush_at;
    conn->queue_count++;
    conn->queue_bytes += buffer->length;
    if (flush_at < conn->queue_flush)
        conn->queue_flush = flush_at;
    if (conn->queue_bytes > conn->mtu.room)
        wzp_quic_mtu_want(conn, now);
    if (wzp_quic_datagrams_due(conn, now))
        wzp_quic_ready(conn);
    else
        hold(conn);
    return 0;
}

int wzp_quic_conn_send_datagram(struct wzp_quic_conn *conn, const void *data, size_t length,
                                uint64_t id, uint64_t now)
{
    struct wzp_quic_buffer *b = wzp_quic_buffer_new(conn->ep, data, length);
    if (!b) {
        bool big = length > sizeof b->data;
        conn->datagrams_dropped++;
        conn->ep->counters.datagrams_dropped++;
        return big ? WZP_E_TOO_BIG : WZP_E_MEMORY;
    }
    int result = wzp_quic_conn_send_buffer(conn, b, id, 0, now);
    wzp_quic_buffer_unref(conn->ep, b);
    return result;
}

void wzp_quic_datagram_fate(struct wzp_quic_conn *conn, uint64_t id, bool acknowledged)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (!acknowledged && (id & WZP_QUIC_ID_FIRST) != 0)
        conn->packets_lost++;
    wzp_quic_mtu_fate(conn, id, acknowledged);
    uint64_t own = id & ((UINT64_C(1) << WZP_QUIC_ID_BITS) - 1);
    if ((id & WZP_QUIC_ID_PROBE) == 0 && own != 0 && ep->callbacks.datagram_fate)
        ep->callbacks.datagram_fate(ep->owner, conn, conn->user, own, acknowledged, conn->now);
}
