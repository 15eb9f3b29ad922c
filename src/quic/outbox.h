/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Outgoing signals: each waits for a stream, is written on it piece by piece, and is kept until the
 * peer has acknowledged it, since ngtcp2 retransmits lost pieces from our memory. Source:
 * wzp-protocol(7), Streams and frames. */
#ifndef WZP_QUIC_OUTBOX_H
#define WZP_QUIC_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wzp_quic_message {
    struct wzp_quic_message *next, **link;
    int64_t stream_id; /* -1: none yet */
    bool uni;
    bool written; /* all of it, and FIN, is in ngtcp2's hands */
    bool blocked; /* no stream credit; skipped for the packet being written */
    size_t length, sent, acknowledged;
    uint8_t data[];
};

struct wzp_quic_outbox {
    struct wzp_quic_message *waiting, **waiting_tail; /* not yet fully written, oldest first */
    struct wzp_quic_message *flying;                  /* written, not acknowledged */
    size_t waiting_count, waiting_bytes;
};

/* Empty queue; fini frees what is still in it. */
void wzp_quic_outbox_init(struct wzp_quic_outbox *out);
void wzp_quic_outbox_fini(struct wzp_quic_outbox *out);
/* Copies one message to the end of the queue; prefix: with the length before it. WZP_E_LIMIT (queue
 * full), WZP_E_MEMORY. */
int wzp_quic_outbox_push(struct wzp_quic_outbox *out, const void *data, size_t length, bool prefix,
                         bool uni);
/* ngtcp2 took the whole message: moves it from the waiting queue to `flying`. */
void wzp_quic_outbox_written(struct wzp_quic_outbox *out, struct wzp_quic_message *m);
/* Frees a message whose bytes are no longer needed. */
void wzp_quic_outbox_free(struct wzp_quic_outbox *out, struct wzp_quic_message *m);

#endif
