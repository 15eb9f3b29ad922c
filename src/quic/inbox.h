/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Incoming signals: one message per stream, reassembled and delivered in the order of the stream
 * IDs, whatever the order of arrival. A stream that stalls is given up after WZP_QUIC_STREAM_TIME;
 * only its own message is lost. Independent of ngtcp2: struct wzp_quic_inbox_host stands for the
 * transport, so that the fuzzer can drive this code.
 *
 * Memory: each stream may send limits.window bytes. A longer message needs a grant, which is more
 * flow control credit for its stream. The message that is next in order gets its grant at once, up
 * to limits.message; the others get theirs in the order of the streams while limits.pool lasts. So
 * concurrent messages are served as fast as consecutive ones, a peer cannot deadlock itself by
 * using up the memory that the next message needs, and at most streams * window + pool + message
 * bytes are held. The time limit of a message that waits for a grant begins when it gets it.
 * Source: wzp-protocol(7), Streams and frames, Old peers. */
#ifndef WZP_QUIC_INBOX_H
#define WZP_QUIC_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

#define WZP_QUIC_INBOX_STREAMS 100 /* streams of a peer at once (wzp-protocol(7), QUIC) */

/* Why a message was thrown away. */
enum wzp_quic_inbox_loss {
    WZP_QUIC_INBOX_STALLED,
    WZP_QUIC_INBOX_CUT,
    WZP_QUIC_INBOX_MALFORMED,
    WZP_QUIC_INBOX_TOO_BIG,
    WZP_QUIC_INBOX_CROWDED /* their address, or all peers, hold too much already */
};

/* What one peer may hold of our memory, in bytes. */
struct wzp_quic_inbox_limits {
    size_t streams; /* under way at once */
    size_t window;  /* bytes each may send unasked; the transport enforces it */
    size_t pool;    /* bytes granted in addition to messages that are not next in order, together */
    size_t message; /* bytes of one message */
};

/* What the inbox asks of the transport and the owner. context is the host's own. */
struct wzp_quic_inbox_host {
    /* Extends the connection's flow control window by that many bytes: every byte received is
     * credited at once, since the streams' windows are the bound. */
    void (*credit)(void *context, size_t bytes);
    /* Extends this stream's flow control window by that many bytes. */
    void (*grant)(void *context, int64_t stream_id, size_t bytes);
    /* The stream is finished: nothing more is read from it, nothing is ever written on it. abandon:
     * the peer is told to stop sending (STOP_SENDING). */
    void (*finish)(void *context, int64_t stream_id, bool abandon);
    /* The peer may open one stream more. */
    void (*stream_credit)(void *context);
    /* Reports how many bytes are held now. false: the peer's address, or all peers together, hold
     * too many. */
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
    uint64_t expiry;  /* when a stalled message must be given up, or WZP_NEVER */
    bool delivering;
    bool closed; /* no more deliveries */
};

/* first_id: 0 for streams of clients, 1 for streams of servers. All limits are 0 until they are
 * set. No allocation. */
void wzp_quic_inbox_init(struct wzp_quic_inbox *in, const struct wzp_quic_inbox_host *host,
                         void *context, int64_t first_id);
/* Sets the limits from now on; credit that the peer already has stays valid. */
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
