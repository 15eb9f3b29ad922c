/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The assembler of signals under any order of stream events. Each operation is four bytes: kind,
 * stream, length, value. The peer keeps to the windows and grants it was given. Checked: every byte
 * is credited once, no more streams than were closed, and that no more is held than the limits. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "quic/inbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WINDOW 64
#define POOL 512
#define MESSAGE 4096

struct world {
    size_t fed, credited, held;
    size_t allowed[256]; /* bytes that each stream may still send */
    unsigned events, closed, streams;
};

static void credit(void *context, size_t bytes)
{
    struct world *w = context;
    w->credited += bytes;
    if (w->credited > w->fed)
        abort();
}
static void grant(void *context, int64_t id, size_t bytes)
{
    struct world *w = context;
    if (id % 4 || id / 4 > 255 || bytes % WINDOW || bytes > MESSAGE + WINDOW)
        abort();
    w->allowed[id / 4] += bytes;
}
static bool hold(void *context, size_t bytes)
{
    struct world *w = context;
    w->held = bytes;
    return bytes < 6000;
}
static void finish(void *context, int64_t id, bool abandon)
{
    struct world *w = context;
    (void)id;
    (void)abandon;
    w->events++;
}
static void stream_credit(void *context)
{
    struct world *w = context;
    if (++w->streams > w->closed)
        abort();
}
static void deliver(void *context, const char *text, size_t length)
{
    struct world *w = context;
    if (text[length] != '\0' || length == 0)
        abort();
    w->events++;
}
static void discarded(void *context, enum wzp_quic_inbox_loss why)
{
    struct world *w = context;
    (void)why;
    w->events++;
}

static const struct wzp_quic_inbox_host host = {
    .credit = credit,
    .grant = grant,
    .finish = finish,
    .stream_credit = stream_credit,
    .hold = hold,
    .deliver = deliver,
    .discarded = discarded,
};

/* Upper limit of held memory: a frame's buffer at least doubles, from 1024 bytes. */
static size_t most(size_t count)
{
    return count * 1024 + 2 * (POOL + MESSAGE + count * WINDOW);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_quic_inbox in;
    struct world w;
    static const struct wzp_quic_inbox_limits limits = {WZP_QUIC_INBOX_STREAMS, WINDOW, POOL,
                                                        MESSAGE};
    uint8_t bytes[256];
    uint64_t now = 0;
    bool closed[256] = {false};
    memset(&w, 0, sizeof w);
    for (size_t i = 0; i < 256; i++)
        w.allowed[i] = WINDOW;
    wzp_quic_inbox_init(&in, &host, &w, 0);
    wzp_quic_inbox_set_limits(&in, &limits);
    for (size_t at = 0; at + 4 <= size; at += 4) {
        uint8_t kind = data[at] & 7, stream = data[at + 1], length = data[at + 2];
        int64_t id = (int64_t)stream * 4;
        if (closed[stream] && kind < 6)
            continue; /* ngtcp2 reports no more events for this stream */
        switch (kind) {
        case 0: /* a prefix that announces `value` bytes */
            memcpy(bytes, (const uint8_t[]){0, 0, length, data[at + 3]}, 4);
            if (w.allowed[stream] < 4)
                break;
            w.allowed[stream] -= 4;
            w.fed += 4;
            if (wzp_quic_inbox_data(&in, id, false, bytes, 4, now) < 0)
                goto end;
            break;
        case 1:
        case 2:
        case 3:
            memset(bytes, data[at + 3], length);
            if (length > w.allowed[stream])
                length = (uint8_t)w.allowed[stream];
            w.allowed[stream] -= length;
            w.fed += length;
            if (wzp_quic_inbox_data(&in, id, kind == 3, bytes, length, now) < 0)
                goto end;
            break;
        case 4:
            if (wzp_quic_inbox_reset(&in, id, now) < 0)
                goto end;
            break;
        case 5:
            closed[stream] = true;
            w.closed++;
            wzp_quic_inbox_close(&in, id, now);
            break;
        default:
            now += (uint64_t)length * 100 * WZP_MILLISECOND;
            wzp_quic_inbox_handle_expiry(&in, now);
            if (in.expiry <= now)
                abort();
        }
        if (in.count > WZP_QUIC_INBOX_STREAMS || w.credited != w.fed || w.held != in.held ||
            in.held > most(in.count) || in.pool_used > POOL)
            abort();
    }
end:
    wzp_quic_inbox_fini(&in);
    return 0;
}
