/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals coming in: one message per stream, put together from pieces and handed over in the order
 * of the stream IDs, whatever the network did. A stream that stalls is given up after
 * WZP_QUIC_STREAM_TIME, and only its own message is lost. Knows nothing of ngtcp2: the host below
 * does the transport's part, so that the fuzzer drives exactly this code. Memory: the peer's credit
 * is renewed only for bytes of the message that is next in order, and for bytes thrown away or
 * handed over. So at most the connection window (256 KiB) of other messages and one message of
 * `limit` bytes are held. Source: wire.md 3.1, 3.4, 7. */
#ifndef WZP_QUIC_INBOX_H
#define WZP_QUIC_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

#define WZP_QUIC_INBOX_STREAMS 100 /* the peer's stream credit (wire.md 1.7) */

/* Why a message was thrown away. */
enum wzp_quic_inbox_loss {
    WZP_QUIC_INBOX_STALLED,
    WZP_QUIC_INBOX_CUT,
    WZP_QUIC_INBOX_MALFORMED,
    WZP_QUIC_INBOX_TOO_BIG
};

/* What the inbox asks of the transport and the owner. context is the host's own. */
struct wzp_quic_inbox_host {
    /* The peer may send that many bytes more on the connection, and on this stream when it still
     * reads. */
    void (*credit)(void *context, int64_t stream_id, size_t bytes, bool stream_too);
    /* No more is read from this stream, nothing was or will be written on it; abandon: the peer
     * shall stop. */
    void (*finish)(void *context, int64_t stream_id, bool abandon);
    /* The peer may open one stream more. */
    void (*stream_credit)(void *context);
    /* A message, in order. */
    void (*deliver)(void *context, const char *text, size_t length);
    /* A message was thrown away. */
    void (*discarded)(void *context, enum wzp_quic_inbox_loss why);
};

struct wzp_quic_inbox_entry;
struct wzp_quic_inbox {
    const struct wzp_quic_inbox_host *host;
    void *context;
    struct wzp_quic_inbox_entry *entries; /* by stream ID */
    size_t count;
    int64_t next_id; /* stream whose message is due */
    size_t limit;    /* bytes of one message */
    uint64_t expiry; /* when something must be given up, or WZP_NEVER */
    bool delivering;
    bool closed; /* no more deliveries */
};

/* first_id: 0 for streams of clients, 1 for streams of servers. No allocation. */
void wzp_quic_inbox_init(struct wzp_quic_inbox *in, const struct wzp_quic_inbox_host *host,
                         void *context, int64_t first_id, size_t limit);
void wzp_quic_inbox_fini(struct wzp_quic_inbox *in);
/* Bytes of a stream in order (ngtcp2 did that). WZP_E_MEMORY, WZP_E_LIMIT (more streams than
 * credit: the peer broke the rules). */
int wzp_quic_inbox_data(struct wzp_quic_inbox *in, int64_t stream_id, bool fin, const uint8_t *data,
                        size_t length, uint64_t now);
/* The peer reset the stream. WZP_E_MEMORY. */
int wzp_quic_inbox_reset(struct wzp_quic_inbox *in, int64_t stream_id, uint64_t now);
/* The transport is done with the stream. */
void wzp_quic_inbox_close(struct wzp_quic_inbox *in, int64_t stream_id);
void wzp_quic_inbox_handle_expiry(struct wzp_quic_inbox *in, uint64_t now);

#endif
