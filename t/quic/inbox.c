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
    size_t credit, granted;
    size_t held, room; /* room: the most that may be held, 0 for any */
    unsigned finished, abandoned, streams, discarded, delivered;
    unsigned why[5];
    int64_t granted_to[16]; /* in order */
    unsigned grants;
    char order[256];
};

static void credit(void *context, size_t bytes)
{
    ((struct log *)context)->credit += bytes;
}
static void grant(void *context, int64_t id, size_t bytes)
{
    struct log *l = context;
    l->granted += bytes;
    l->granted_to[l->grants++ % 16] = id;
}
static bool hold(void *context, size_t bytes)
{
    struct log *l = context;
    l->held = bytes;
    return l->room == 0 || bytes <= l->room;
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
static const struct wzp_quic_inbox_host host = {
    .credit = credit,
    .grant = grant,
    .finish = finish,
    .stream_credit = stream_credit,
    .hold = hold,
    .deliver = deliver,
    .discarded = discarded,
};

/* Windows of 100 bytes, a pool of 1000, messages of 1000. */
static void init(struct wzp_quic_inbox *in, struct log *l, int64_t first)
{
    static const struct wzp_quic_inbox_limits limits = {100, 100, 1000, 1000};
    memset(l, 0, sizeof *l);
    wzp_quic_inbox_init(in, &host, l, first);
    wzp_quic_inbox_set_limits(in, &limits);
}

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
    init(&in, &l, 0);
    message(&in, 8, "c", 0);
    message(&in, 4, "b", 0);
    is_int(l.delivered, 0, "nothing before the first");
    is_int(l.credit, 10, "what came is credited to the connection at once");
    ok(l.held > 0, "and counted as held");
    message(&in, 0, "a", 0);
    is_str(l.order, "abc", "in stream order");
    is_int(l.held, 0, "nothing is held any longer");
    is_int(l.finished, 3, "our halves finished");
    is_int(l.streams, 0, "streams are still open");
    for (int64_t id = 0; id <= 8; id += 4)
        wzp_quic_inbox_close(&in, id, 0);
    is_int(l.streams, 3, "three may follow");
    message(&in, 20, "e", 0);
    wzp_quic_inbox_close(&in, 20, 0);
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
    init(&in, &l, 1);
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
    wzp_quic_inbox_close(&in, 41, 0);
    is_int(l.streams, 1, "a stream that closed unseen frees its place");
    wzp_quic_inbox_fini(&in);
}

/* A message of `length` bytes begins: its prefix and one byte. */
static void begin(struct wzp_quic_inbox *in, int64_t id, uint32_t length)
{
    uint8_t bytes[5] = {0, 0, 0, 0, 'x'};
    wzp_put_be32(bytes, length);
    wzp_quic_inbox_data(in, id, false, bytes, sizeof bytes, 0);
}

/* The rest of it. */
static void rest(struct wzp_quic_inbox *in, int64_t id, size_t length)
{
    uint8_t bytes[4096];
    memset(bytes, 'x', sizeof bytes);
    wzp_quic_inbox_data(in, id, true, bytes, length - 1, 0);
}

static void test_grants(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    init(&in, &l, 0);
    begin(&in, 0, 96);
    is_int(l.grants, 0, "a message that fits its window needs no grant");
    rest(&in, 0, 96);
    begin(&in, 4, 97);
    is_int(l.granted, 100, "one that does not, and is in turn, gets whole windows");
    rest(&in, 4, 97);
    begin(&in, 12, 496); /* 8 is missing */
    is_int(l.granted, 500, "one out of turn gets its share of the pool");
    begin(&in, 16, 600);
    is_int(l.granted, 1100, "the next too: 1000 bytes are the pool");
    begin(&in, 20, 101);
    begin(&in, 24, 101);
    is_int(l.granted, 1100, "then it is empty");
    begin(&in, 8, 1000);
    is_int(l.granted, 2100, "who is in turn gets what he needs all the same");
    is_int(l.granted_to[l.grants - 1], 8, "and nobody else");
    rest(&in, 8, 1000);
    is_int(l.delivered, 3, "a message in turn goes its way");
    is_int(l.granted, 2100, "what is now in turn has its grant from the pool already");
    rest(&in, 12, 496);
    is_int(l.granted, 2300, "when it is gone the pool serves those who wait");
    is_int(l.granted_to[l.grants - 2] * 100 + l.granted_to[l.grants - 1], 2024, "in their order");
    wzp_quic_inbox_reset(&in, 16, 0);
    wzp_quic_inbox_reset(&in, 20, 0);
    wzp_quic_inbox_reset(&in, 24, 0);
    is_int(in.pool_used + in.wanting + l.held, 0, "given up messages leave nothing behind");
    wzp_quic_inbox_fini(&in);
}

static void test_memory(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    uint8_t bytes[100];
    init(&in, &l, 0);
    memset(bytes, ' ', sizeof bytes);
    /* The first never comes; the others say they are large and send what their windows allow. */
    wzp_put_be32(bytes, 900);
    for (int64_t i = 1; i < 90; i++)
        wzp_quic_inbox_data(&in, 4 * i, false, bytes, sizeof bytes, 0);
    is_int(in.count, 89, "messages out of turn wait");
    is_int(l.granted, 900, "one of them is served by the pool, the others are not");
    /* A lie about the length costs no memory. */
    long live = wzp_alloc_live();
    ok(live < 89 * 3 + 20, "few blocks");
    int result = 0;
    for (int64_t i = 90; i < 102 && result == 0; i++)
        result = wzp_quic_inbox_data(&in, 4 * i, false, bytes, 1, 0);
    is_int(result, tap_oom_mode() ? result : WZP_E_LIMIT, "more streams than there is credit for");
    wzp_quic_inbox_fini(&in);
}

static void test_crowd(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    static const struct wzp_quic_inbox_limits limits = {100, 4096, 100000, 100000};
    static uint8_t bytes[8192];
    init(&in, &l, 0);
    wzp_quic_inbox_set_limits(&in, &limits);
    l.room = 20000;
    memset(bytes, ' ', sizeof bytes);
    wzp_put_be32(bytes, 50000);
    for (int i = 0; i < 5; i++)
        wzp_quic_inbox_data(&in, 0, false, bytes, sizeof bytes, 0);
    is_int(l.why[WZP_QUIC_INBOX_CROWDED], 1, "a message is given up when too much is held");
    is_int(l.held, 0, "its memory at once");
    begin(&in, 4, 4000);
    l.room = 1;
    message(&in, 8, "b", 0);
    rest(&in, 4, 4000);
    is_int(l.delivered, tap_oom_mode() ? l.delivered : 2, "small ones are taken all the same");
    wzp_quic_inbox_fini(&in);
}

static void test_growth(void)
{
    struct wzp_quic_inbox in;
    struct log l;
    uint8_t bytes[1024];
    static const struct wzp_quic_inbox_limits limits = {100, 1024, 0, 100000};
    init(&in, &l, 0);
    wzp_quic_inbox_set_limits(&in, &limits);
    memset(bytes, ' ', sizeof bytes);
    wzp_put_be32(bytes, 50000);
    for (int i = 0; i < 40; i++)
        wzp_quic_inbox_data(&in, 0, false, bytes, sizeof bytes, 0);
    is_int(l.granted, 48 * 1024, "the message in turn is let in whole");
    is_int(l.grants, 1, "by one grant");
    message(&in, 4, "x", 0);
    for (int i = 0; i < 10; i++)
        wzp_quic_inbox_data(&in, 0, false, bytes, sizeof bytes, 0);
    is_int(l.delivered, tap_oom_mode() ? l.delivered : 2, "whole, and the next");
    is_int(l.credit, 50 * 1024 + 5, "all credited, also what followed the message");
    wzp_quic_inbox_fini(&in);
}

TAP_MAIN
{
    test_order();
    test_stall();
    test_grants();
    test_memory();
    test_crowd();
    test_growth();
}
