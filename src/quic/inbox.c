/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* In-order assembly of signals. */
#include "quic/inbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "quic/quic.h"

struct wzp_quic_inbox_entry {
    struct wzp_quic_inbox_entry *next;
    int64_t id;
    uint64_t deadline;
    struct wzp_frame frame;
    size_t uncredited; /* bytes held without new credit for the peer */
    enum { RECEIVING, COMPLETE, DISCARDED } state;
    bool transport_closed;
};

void wzp_quic_inbox_init(struct wzp_quic_inbox *in, const struct wzp_quic_inbox_host *host,
                         void *context, int64_t first_id, size_t limit)
{
    memset(in, 0, sizeof *in);
    in->host = host;
    in->context = context;
    in->next_id = first_id;
    in->limit = limit;
    in->expiry = WZP_NEVER;
}

void wzp_quic_inbox_fini(struct wzp_quic_inbox *in)
{
    while (in->entries) {
        struct wzp_quic_inbox_entry *e = in->entries;
        in->entries = e->next;
        wzp_frame_fini(&e->frame);
        wzp_free(e);
    }
    in->count = 0;
    in->expiry = WZP_NEVER;
}

static void update_expiry(struct wzp_quic_inbox *in)
{
    uint64_t at = WZP_NEVER;
    /* A stream that was skipped over began, by RFC 9000 2.1, no later than the first one above it.
     */
    bool gap = in->entries && in->entries->id > in->next_id;
    for (const struct wzp_quic_inbox_entry *e = in->entries; e; e = e->next)
        if (gap || e->state == RECEIVING)
            at = wzp_time_min(at, e->deadline);
    in->expiry = at;
}

static void give_credit(struct wzp_quic_inbox *in, struct wzp_quic_inbox_entry *e)
{
    if (e->uncredited == 0)
        return;
    in->host->credit(in->context, e->id, e->uncredited, e->state == RECEIVING);
    e->uncredited = 0;
}

static void discard(struct wzp_quic_inbox *in, struct wzp_quic_inbox_entry *e,
                    enum wzp_quic_inbox_loss why)
{
    e->state = DISCARDED;
    wzp_frame_fini(&e->frame);
    wzp_frame_init(&e->frame, in->limit);
    give_credit(in, e);
    in->host->finish(in->context, e->id, true);
    in->host->discarded(in->context, why);
}

/* Hands over what is due and frees it. */
static void advance(struct wzp_quic_inbox *in)
{
    if (in->delivering)
        return;
    in->delivering = true;
    for (;;) {
        struct wzp_quic_inbox_entry *e = in->entries;
        if (!e || e->id != in->next_id)
            break;
        give_credit(in, e);
        if (e->state == RECEIVING)
            break;
        in->entries = e->next;
        in->count--;
        in->next_id += 4;
        if (e->state == COMPLETE && !in->closed)
            in->host->deliver(in->context, e->frame.text, e->frame.length);
        if (e->transport_closed)
            in->host->stream_credit(in->context);
        wzp_frame_fini(&e->frame);
        wzp_free(e);
    }
    in->delivering = false;
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
    wzp_frame_init(&e->frame, in->limit);
    e->next = *link;
    *link = e;
    in->count++;
    update_expiry(in);
    return e;
}

int wzp_quic_inbox_data(struct wzp_quic_inbox *in, int64_t stream_id, bool fin, const uint8_t *data,
                        size_t length, uint64_t now)
{
    int result;
    struct wzp_quic_inbox_entry *e = find(in, stream_id, now, &result);
    if (result < 0)
        return result;
    if (!e) {
        in->host->credit(in->context, stream_id, length, false);
        in->host->finish(in->context, stream_id, true);
        return 0;
    }
    e->uncredited += length;
    if (e->state != RECEIVING) {
        give_credit(in, e); /* bytes after the message, or of a message given up */
        return 0;
    }
    result = wzp_frame_feed(&e->frame, data, length);
    if (result == WZP_E_MEMORY)
        return result;
    if (result > 0) {
        e->state = COMPLETE;
        in->host->finish(in->context, stream_id, false);
    } else if (result < 0 || fin) {
        discard(in, e,
                result == WZP_E_TOO_BIG ? WZP_QUIC_INBOX_TOO_BIG
                : result < 0            ? WZP_QUIC_INBOX_MALFORMED
                                        : WZP_QUIC_INBOX_CUT);
    }
    advance(in);
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
    advance(in);
    return 0;
}

void wzp_quic_inbox_close(struct wzp_quic_inbox *in, int64_t stream_id)
{
    for (struct wzp_quic_inbox_entry *e = in->entries; e; e = e->next) {
        if (e->id != stream_id)
            continue;
        e->transport_closed = true;
        if (e->state == RECEIVING) {
            discard(in, e, WZP_QUIC_INBOX_CUT);
            advance(in);
        }
        return;
    }
    in->host->stream_credit(in->context);
}

void wzp_quic_inbox_handle_expiry(struct wzp_quic_inbox *in, uint64_t now)
{
    /* Each round passes a gap or gives up a message; there may be several gaps behind each other.
     */
    while (now >= in->expiry) {
        if (in->entries && in->entries->id > in->next_id)
            in->next_id = in->entries->id; /* what is missing below is given up */
        for (struct wzp_quic_inbox_entry *e = in->entries; e; e = e->next)
            if (e->state == RECEIVING && e->deadline <= now)
                discard(in, e, WZP_QUIC_INBOX_STALLED);
        advance(in);
    }
}
