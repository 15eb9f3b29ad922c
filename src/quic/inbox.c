/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* In-order assembly of signals. */
#include "quic/inbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "quic/quic.h"

/* Messages up to this size are never discarded because of other peers' memory: a peer that holds
 * more exceeds a fair share. */
#define CROWD_SHARE 4096

struct wzp_quic_inbox_entry {
    struct wzp_quic_inbox_entry *next;
    int64_t id;
    uint64_t deadline;
    struct wzp_frame frame;
    size_t granted;   /* bytes beyond the window that the peer may send */
    size_t from_pool; /* of them */
    enum { RECEIVING, COMPLETE, DISCARDED } state;
    bool wanting;
    bool transport_closed;
};

void wzp_quic_inbox_init(struct wzp_quic_inbox *in, const struct wzp_quic_inbox_host *host,
                         void *context, int64_t first_id)
{
    memset(in, 0, sizeof *in);
    in->host = host;
    in->context = context;
    in->next_id = first_id;
    in->expiry = WZP_NEVER;
}

void wzp_quic_inbox_set_limits(struct wzp_quic_inbox *in,
                               const struct wzp_quic_inbox_limits *limits)
{
    in->limits = *limits;
}

void wzp_quic_inbox_fini(struct wzp_quic_inbox *in)
{
    while (in->entries) {
        struct wzp_quic_inbox_entry *e = in->entries;
        in->entries = e->next;
        wzp_frame_fini(&e->frame);
        wzp_free(e);
    }
    in->count = in->held = in->pool_used = in->wanting = 0;
    in->expiry = WZP_NEVER;
}

static void update_expiry(struct wzp_quic_inbox *in)
{
    uint64_t at = WZP_NEVER;
    /* A stream that was skipped over began, by RFC 9000 2.1, no later than the first one above it.
     */
    bool gap = in->entries && in->entries->id > in->next_id;
    for (const struct wzp_quic_inbox_entry *e = in->entries; e; e = e->next)
        if (gap || (e->state == RECEIVING && !e->wanting))
            at = wzp_time_min(at, e->deadline);
    in->expiry = at;
}

/* ---- memory ---- */

static bool hold(struct wzp_quic_inbox *in, const struct wzp_quic_inbox_entry *e, size_t before)
{
    in->held += e->frame.capacity - before;
    return in->host->hold(in->context, in->held);
}

static void drop_text(struct wzp_quic_inbox *in, struct wzp_quic_inbox_entry *e)
{
    size_t before = e->frame.capacity;
    wzp_frame_fini(&e->frame);
    hold(in, e, before);
    in->pool_used -= e->from_pool;
    e->from_pool = 0;
    in->wanting -= e->wanting;
    e->wanting = false;
}

/* The length of a message became known: determines what it needs beyond the stream's window. */
static void want(struct wzp_quic_inbox *in, struct wzp_quic_inbox_entry *e)
{
    if (e->wanting || e->granted > 0 || e->frame.have < WZP_FRAME_PREFIX ||
        e->frame.length + WZP_FRAME_PREFIX <= in->limits.window)
        return;
    e->wanting = true;
    in->wanting++;
}

/* Whole windows: the transport does not announce less than a part of one. */
static size_t needed(const struct wzp_quic_inbox *in, const struct wzp_quic_inbox_entry *e)
{
    size_t window = in->limits.window > 0 ? in->limits.window : 1;
    size_t more = e->frame.length + WZP_FRAME_PREFIX - in->limits.window;
    return (more + window - 1) / window * window;
}

/* Grants what can be granted now, in the order of the streams. */
static void grant(struct wzp_quic_inbox *in, uint64_t now)
{
    for (struct wzp_quic_inbox_entry *e = in->entries; e && in->wanting > 0; e = e->next) {
        if (!e->wanting)
            continue;
        size_t bytes = needed(in, e);
        bool in_turn = e->id == in->next_id;
        if (!in_turn && in->pool_used + bytes > in->limits.pool)
            return;
        e->wanting = false;
        in->wanting--;
        e->granted = bytes;
        e->deadline = wzp_time_add(now, WZP_QUIC_STREAM_TIME); /* the wait was ours, not the
                                                                  peer's */
        if (!in_turn) {
            e->from_pool = bytes;
            in->pool_used += bytes;
        }
        in->host->grant(in->context, e->id, bytes);
    }
}

static void discard(struct wzp_quic_inbox *in, struct wzp_quic_inbox_entry *e,
                    enum wzp_quic_inbox_loss why)
{
    e->state = DISCARDED;
    drop_text(in, e);
    wzp_frame_init(&e->frame, in->limits.message);
    in->host->finish(in->context, e->id, true);
    in->host->discarded(in->context, why);
}

/* ---- order ---- */

/* Hands over what is due and frees it. */
static void advance(struct wzp_quic_inbox *in, uint64_t now)
{
    if (in->delivering)
        return;
    in->delivering = true;
    for (;;) {
        struct wzp_quic_inbox_entry *e = in->entries;
        if (!e || e->id != in->next_id || e->state == RECEIVING)
            break;
        in->entries = e->next;
        in->count--;
        in->next_id += 4;
        if (e->state == COMPLETE && !in->closed)
            in->host->deliver(in->context, e->frame.text, e->frame.length);
        if (e->transport_closed)
            in->host->stream_credit(in->context);
        drop_text(in, e);
        wzp_free(e);
    }
    in->delivering = false;
    grant(in, now);
    update_expiry(in);
}

/* The entry of a stream, made when it is new. NULL with *result 0 for a stream that was given up
 * before it began. */
static struct wzp_quic_inbox_entry *find(struct wzp_quic_inbox *in, int64_t id, uint64_t now,
                                         int *result)
{
    *result = 0;
    if (id < in->next_id)
        return NULL;
    struct wzp_quic_inbox_entry **link = &in->entries;
    while (*link && (*link)->id < id)
        link = &(*link)->next;
    if (*link && (*link)->id == id)
        return *link;
    if (in->count >= WZP_QUIC_INBOX_STREAMS) {
        *result = WZP_E_LIMIT;
        return NULL;
    }
    struct wzp_quic_inbox_entry *e = wzp_calloc(1, sizeof *e);
    if (!e) {
        *result = WZP_E_MEMORY;
        return NULL;
    }
    e->id = id;
    e->deadline = wzp_time_add(now, WZP_QUIC_STREAM_TIME);
    wzp_frame_init(&e->frame, in->limits.message);
    e->next = *link;
    *link = e;
    in->count++;
    update_expiry(in);
    return e;
}

static enum wzp_quic_inbox_loss loss_of(int result)
{
    if (result == WZP_E_TOO_BIG)
        return WZP_QUIC_INBOX_TOO_BIG;
    return result < 0 ? WZP_QUIC_INBOX_MALFORMED : WZP_QUIC_INBOX_CUT;
}

int wzp_quic_inbox_data(struct wzp_quic_inbox *in, int64_t stream_id, bool fin, const uint8_t *data,
                        size_t length, uint64_t now)
{
    int result;
    struct wzp_quic_inbox_entry *e = find(in, stream_id, now, &result);
    if (result < 0)
        return result;
    in->host->credit(in->context, length);
    if (!e) {
        in->host->finish(in->context, stream_id, true);
        return 0;
    }
    if (e->state != RECEIVING)
        return 0; /* bytes after the message, or of a message given up */
    size_t before = e->frame.capacity;
    result = wzp_frame_feed(&e->frame, data, length);
    bool room = hold(in, e, before);
    if (result == WZP_E_MEMORY)
        return result;
    if (result > 0) {
        e->state = COMPLETE;
        in->host->finish(in->context, stream_id, false);
    } else if (result < 0 || fin) {
        discard(in, e, loss_of(result));
    } else if (!room && e->frame.length > CROWD_SHARE) {
        discard(in, e, WZP_QUIC_INBOX_CROWDED);
    } else {
        want(in, e);
    }
    advance(in, now);
    return 0;
}

int wzp_quic_inbox_reset(struct wzp_quic_inbox *in, int64_t stream_id, uint64_t now)
{
    int result;
    struct wzp_quic_inbox_entry *e = find(in, stream_id, now, &result);
    if (result < 0)
        return result;
    if (!e)
        in->host->finish(in->context, stream_id, true);
    else if (e->state == RECEIVING)
        discard(in, e, WZP_QUIC_INBOX_CUT);
    advance(in, now);
    return 0;
}

void wzp_quic_inbox_close(struct wzp_quic_inbox *in, int64_t stream_id, uint64_t now)
{
    for (struct wzp_quic_inbox_entry *e = in->entries; e; e = e->next) {
        if (e->id != stream_id)
            continue;
        e->transport_closed = true;
        if (e->state == RECEIVING) {
            discard(in, e, WZP_QUIC_INBOX_CUT);
            advance(in, now);
        }
        return;
    }
    in->host->stream_credit(in->context);
}

void wzp_quic_inbox_handle_expiry(struct wzp_quic_inbox *in, uint64_t now)
{
    /* Each round skips a gap or gives up a message; there may be several gaps in a row. */
    while (now >= in->expiry) {
        if (in->entries && in->entries->id > in->next_id)
            in->next_id = in->entries->id; /* the missing lower streams are given up */
        for (struct wzp_quic_inbox_entry *e = in->entries; e; e = e->next)
            if (e->state == RECEIVING && !e->wanting && e->deadline <= now)
                discard(in, e, WZP_QUIC_INBOX_STALLED);
        advance(in, now);
    }
}
