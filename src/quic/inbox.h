/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals coming in: one message per stream, put together from pieces and handed over in the order
 * of the stream IDs, whatever the network did. A stream that stalls is given up after
 * WZP_QUIC_STREAM_TIME, and only its own message is lost. Knows nothing of ngtcp2: the host below
 * does the transport's part, so that the fuzzer drives exactly this code.
 *
 * Memory: each stream may send limits.window bytes. A message that is longer needs a grant: the one
 * whose turn it is gets it at once, up to limits.message; others get theirs in the order of the
 * streams while limits.pool lasts. So whoever sends many messages side by side is served as fast as
 * one who sends them one by one, nobody can stop himself by using up what the message in turn
 * needs, and at most streams * window + pool + message bytes are held. Who waits for a grant has
 * his time from then on.
 * Source: wzp-protocol(7), Streams and frames, Old peers. */
#ifndef WZP_QUIC_INBOX_H
#define WZP_QUIC_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

#define WZP_QUIC_INBOX_STREAMS 100 /* of a peer under way at most (wzp-protocol(7), QUIC) */

/* Why a message was thrown away. */
enum wzp_quic_inbox_loss {
    WZP_QUIC_INBOX_STALLED,
    WZP_QUIC_INBOX_CUT,
    WZP_QUIC_INBOX_MALFORMED,
    WZP_QUIC_INBOX_TOO_BIG,
    WZP_QUIC_INBOX_CROWDED /* others hold too much already */
};

/* What one peer may hold of our memory, in bytes. */
struct wzp_quic_inbox_limits {
    size_t streams; /* under way at once */
    size_t window;  /* bytes each may send unasked; the transport enforces it */
    size_t pool;    /* bytes more that messages out of turn may have, together */
    size_t message; /* bytes of one message */
};

/* What the inbox asks of the transport and the owner. context is the host's own. */
struct wzp_quic_inbox_host {
    /* The peer may send that many bytes more on the connection: each byte that came is given back
     * at once, the streams' windows are what bounds. */
    void (*credit)(void *context, size_t bytes);
    /* The peer may send that many bytes more on this stream. */
    void (*grant)(void *context, int64_t stream_id, size_t bytes);
    /* No more is read from this stream, nothing was or will be written on it; abandon: the peer
     * shall stop. */
    void (*finish)(void *context, int64_t stream_id, bool abandon);
    /* The peer may open one stream more. */
    void (*stream_credit)(void *context);
    /* This many bytes are held now. false: too many, all peers together. */
    bool (*hold)(void *context, size_t bytes);
    /* A message, in order. */
    void (*deliver)(void *context, const char *text, size_t length);
    /* A message was thrown away. */
    void (*discarded)(void *context, enum wzp_quic_inbox_loss why);
};

struct wzp_quic_inbox_entry;
struct wzp_quic_inbox {
    const struct wzp_quic_inbox_host *host;
    void *context;
    struct wzp_quic_inbox_limits limits;
    struct wzp_quic_inbox_entry *entries; /* by stream ID */
    size_t count;
    size_t held;      /* bytes of messages in memory */
    size_t pool_used; /* of limits.pool */
    size_t wanting;   /* messages that wait for a grant */
    int64_t next_id;  /* stream whose message is due */
    uint64_t expiry;  /* when something must be given up, or WZP_NEVER */
    bool delivering;
    bool closed; /* no more deliveries */
};

/* first_id: 0 for streams of clients, 1 for streams of servers. All limits are 0 until they are
 * set. No allocation. */
void wzp_quic_inbox_init(struct wzp_quic_inbox *in, const struct wzp_quic_inbox_host *host,
                         void *context, int64_t first_id);
/* From now on; what the peer was promised before still holds. */
void wzp_quic_inbox_set_limits(struct wzp_quic_inbox *in,
                               const struct wzp_quic_inbox_limits *limits);
void wzp_quic_inbox_fini(struct wzp_quic_inbox *in);
/* Bytes of a stream in order (ngtcp2 did that). WZP_E_MEMORY, WZP_E_LIMIT (more streams than
 * credit: the peer broke the rules). */
int wzp_quic_inbox_data(struct wzp_quic_inbox *in, int64_t stream_id, bool fin, const uint8_t *data,
                        size_t length, uint64_t now);
/* The peer reset the stream. WZP_E_MEMORY. */
int wzp_quic_inbox_reset(struct wzp_quic_inbox *in, int64_t stream_id, uint64_t now);
/* The transport is done with the stream. */
void wzp_quic_inbox_close(struct wzp_quic_inbox *in, int64_t stream_id, uint64_t now);
void wzp_quic_inbox_handle_expiry(struct wzp_quic_inbox *in, uint64_t now);

#endif
