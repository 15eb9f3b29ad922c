/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* In-order assembly by itself: order, gaps, stalls, credit and how much memory a hostile peer can
 * hold. */
#include "quic/inbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "tap.h"

struct log {
    size_t credit, stream_credit_bytes;
    unsigned finished, abandoned, streams, discarded, delivered;
    unsigned why[4];
    char order[256];
};

static void credit(void *context, int64_t id, size_t bytes, bool stream_too)
{
    struct log *l = context;
    (void)id;
    l->credit += bytes;
    if (stream_too)
        l->stream_credit_bytes += bytes;
}
static void finish(void *context, int64_t id, bool abandon)
{
    struct log *l = context;
    (void)id;
    if (abandon)
        l->abandoned++;
    else
        l->finished++;
}
static void stream_credit(void *context)
{
    ((struct log *)context)->streams++;
}
static void deliver(void *context, const char *text, size_t length)
{
    struct log *l = context;
    l->delivered++;
    ok(text[length] == 0, "the text ends with 0");
    strncat(l->order, text, sizeof l->order - strlen(l->order) - 1);
}
static void discarded(void *context, enum wzp_quic_inbox_loss why)
{
    struct log *l = context;
    l->discarded++;
    l->why[why]++;
}
static const struct wzp_quic_inbox_host host = {credit, finish, stream_credit, deliver, discarded};

static int message(struct wzp_quic_inbox *in, int64_t id, const char *text, uint64_t now)
{
    uint8_t bytes[64];
    wzp_put_be32(bytes, (uint32_t)strlen(text));
    memcpy(bytes + 4, text, strlen(text));
    return wzp_quic_inbox_data(in, id, true, bytes, 4 + strlen(text), now);
}

static void test_order(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    memset(&l, 0, sizeof l);
    wzp_quic_inbox_init(&in, &host, &l, 0, 1000);
    message(&in, 8, "c", 0);
    message(&in, 4, "b", 0);
    is_int(l.delivered, 0, "nothing before the first");
    is_int(l.credit, 0, "and no credit for what waits");
    message(&in, 0, "a", 0);
    is_str(l.order, "abc", "in stream order");
    is_int(l.credit, 15, "credit for all of it");
    is_int(l.finished, 3, "our halves finished");
    is_int(l.streams, 0, "streams are still open");
    for (int64_t id = 0; id <= 8; id += 4)
        wzp_quic_inbox_close(&in, id);
    is_int(l.streams, 3, "three may follow");
    message(&in, 20, "e", 0);
    wzp_quic_inbox_close(&in, 20);
    is_int(l.streams, 3, "no new stream while its message waits");
    message(&in, 12, "d", 0);
    is_str(l.order, "abcd", "12 was due, 20 is not");
    is_int(in.expiry, 10 * WZP_SECOND, "16 has its time");
    wzp_quic_inbox_handle_expiry(&in, 10 * WZP_SECOND - 1);
    is_str(l.order, "abcd", "not yet over");
    wzp_quic_inbox_handle_expiry(&in, 10 * WZP_SECOND);
    is_str(l.order, "abcde", "then it is skipped");
    is_int(l.streams, 4, "and 20's stream is free");
    is_int(in.expiry, WZP_NEVER, "no appointment");
    unsigned abandoned = l.abandoned;
    message(&in, 16, "late", 11 * WZP_SECOND);
    is_str(l.order, "abcde", "what comes after its time is not delivered");
    is_int(l.abandoned, abandoned + 1, "and not wanted");
    wzp_quic_inbox_fini(&in);
}

static void test_stall(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    memset(&l, 0, sizeof l);
    wzp_quic_inbox_init(&in, &host, &l, 1, 1000);
    wzp_quic_inbox_data(&in, 1, false, (const uint8_t[]){0, 0, 0, 9, 'x'}, 5, 0);
    message(&in, 5, "b", WZP_SECOND);
    message(&in, 9, "c", 2 * WZP_SECOND);
    is_int(l.delivered, 0, "one unfinished message holds the others");
    wzp_quic_inbox_handle_expiry(&in, 10 * WZP_SECOND);
    is_str(l.order, "bc", "for ten seconds");
    is_int(l.discarded, 1, "only its own message is lost");
    is_int(l.abandoned, 1, "the peer is told");
    wzp_quic_inbox_reset(&in, 13, 11 * WZP_SECOND);
    message(&in, 17, "d", 11 * WZP_SECOND);
    is_str(l.order, "bcd", "a reset stream is stepped over");
    wzp_quic_inbox_data(&in, 21, true, (const uint8_t[]){0, 0, 0, 9, 'x'}, 5, 0);
    wzp_quic_inbox_data(&in, 25, true, NULL, 0, 0);
    wzp_quic_inbox_data(&in, 29, false, (const uint8_t[]){0, 0, 0, 0}, 4, 0);
    wzp_quic_inbox_data(&in, 33, false, (const uint8_t[]){0, 0, 3, 0xe9}, 4, 0);
    is_int(l.discarded, 6, "cut short, empty, of length 0, too big: discarded");
    is_int(l.why[WZP_QUIC_INBOX_STALLED], 1, "one for having stalled");
    is_int(l.why[WZP_QUIC_INBOX_CUT], 3, "three for having been cut");
    is_int(l.why[WZP_QUIC_INBOX_MALFORMED], 1, "one for its form");
    is_int(l.why[WZP_QUIC_INBOX_TOO_BIG], 1, "one for its size");
    message(&in, 37, "e", 0);
    is_str(l.order, "bcde", "and the next one comes through");
    wzp_quic_inbox_close(&in, 41);
    is_int(l.streams, 1, "a stream that closed unseen frees its place");
    wzp_quic_inbox_fini(&in);
}

static void test_memory(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    uint8_t bytes[1024];
    memset(&l, 0, sizeof l);
    memset(bytes, ' ', sizeof bytes);
    wzp_quic_inbox_init(&in, &host, &l, 0, 100000);
    /* The first never comes; the others say they are large. Only what the window lets in is held:
     * nothing is credited. */
    wzp_put_be32(bytes, 90000);
    for (int64_t i = 1; i < 90; i++)
        wzp_quic_inbox_data(&in, 4 * i, false, bytes, sizeof bytes, 0);
    is_int(l.credit, 0, "no credit for messages out of turn");
    is_int(in.count, 89, "they wait");
    /* A lie about the length costs no memory. */
    long live = wzp_alloc_live();
    ok(live < 89 * 3 + 20, "few blocks");
    int result = 0;
    for (int64_t i = 90; i < 102 && result == 0; i++)
        result = wzp_quic_inbox_data(&in, 4 * i, false, bytes, 1, 0);
    is_int(result, tap_oom_mode() ? result : WZP_E_LIMIT, "more streams than there is credit for");
    wzp_quic_inbox_fini(&in);
}

static void test_growth(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    uint8_t bytes[1024];
    memset(&l, 0, sizeof l);
    memset(bytes, ' ', sizeof bytes);
    wzp_put_be32(bytes, 50000);
    wzp_quic_inbox_init(&in, &host, &l, 0, 100000);
    for (int i = 0; i < 40; i++)
        wzp_quic_inbox_data(&in, 0, false, bytes, sizeof bytes, 0);
    is_int(l.credit, 40 * 1024, "the message in turn is credited as it grows");
    is_int(l.stream_credit_bytes, 40 * 1024, "on its stream too");
    message(&in, 4, "x", 0);
    for (int i = 0; i < 10; i++)
        wzp_quic_inbox_data(&in, 0, false, bytes, sizeof bytes, 0);
    is_int(l.delivered, 2, "whole, and the next");
    is_int(l.credit, 50 * 1024 + 5, "all credited, also what followed the message");
    ok(l.stream_credit_bytes < 50 * 1024, "but its stream gets no more");
    wzp_quic_inbox_fini(&in);
}

TAP_MAIN
{
    test_order();
    test_stall();
    test_memory();
    test_growth();
}
