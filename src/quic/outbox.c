/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Queue of signals to send. */
#include "quic/outbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "quic/quic.h"
#include "wire/frame.h"

void wzp_quic_outbox_init(struct wzp_quic_outbox *out)
{
    memset(out, 0, sizeof *out);
    out->waiting_tail = &out->waiting;
}

static void free_list(struct wzp_quic_message *m)
{
    while (m) {
        struct wzp_quic_message *next = m->next;
        wzp_free(m);
        m = next;
    }
}

void wzp_quic_outbox_fini(struct wzp_quic_outbox *out)
{
    free_list(out->waiting);
    free_list(out->flying);
    wzp_quic_outbox_init(out);
}

int wzp_quic_outbox_push(struct wzp_quic_outbox *out, const void *data, size_t length, bool prefix,
                         bool uni)
{
    if (out->waiting_count >= WZP_QUIC_SIGNAL_QUEUE ||
        (out->waiting_count > 0 && out->waiting_bytes + length > WZP_QUIC_SIGNAL_QUEUE_BYTES))
        return WZP_E_LIMIT;
    size_t head = prefix ? WZP_FRAME_PREFIX : 0;
    struct wzp_quic_message *m = wzp_alloc(sizeof *m + head + length);
    if (!m)
        return WZP_E_MEMORY;
    memset(m, 0, sizeof *m);
    m->stream_id = -1;
    m->uni = uni;
    m->length = head + length;
    if (prefix)
        wzp_put_be32(m->data, (uint32_t)length);
    if (length > 0)
        memcpy(m->data + head, data, length);
    m->link = out->waiting_tail;
    *out->waiting_tail = m;
    out->waiting_tail = &m->next;
    out->waiting_count++;
    out->waiting_bytes += m->length;
    return 0;
}

static void unlink_message(struct wzp_quic_outbox *out, struct wzp_quic_message *m)
{
    *m->link = m->next;
    if (m->next)
        m->next->link = m->link;
    else if (!m->written)
        out->waiting_tail = m->link;
    if (!m->written) {
        out->waiting_count--;
        out->waiting_bytes -= m->length;
    }
}

void wzp_quic_outbox_written(struct wzp_quic_outbox *out, struct wzp_quic_message *m)
{
    if (m->written)
        return;
    unlink_message(out, m);
    m->written = true;
    m->next = out->flying;
    m->link = &out->flying;
    if (m->next)
        m->next->link = &m->next;
    out->flying = m;
}

void wzp_quic_outbox_free(struct wzp_quic_outbox *out, struct wzp_quic_message *m)
{
    unlink_message(out, m);
    wzp_free(m);
}
