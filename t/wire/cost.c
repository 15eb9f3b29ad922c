/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a message costs to read does not depend on what a stranger puts into it: the time is linear
 * in its bytes, nothing is allocated for what is not wanted, and its kind is told from its first
 * bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "machine.h"
#include "tap.h"
#include "wire/frame.h"
#include "wire/signal.h"

#define NS_PER_BYTE 10.0
#define PEEK_NS 10000.0

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static char room[WZP_FRAME_MAX + 1];

/* head, then body again and again (a '#' in it is its number), then tail; as long as may be. */
static size_t fill(const char *head, const char *body, const char *tail, size_t size)
{
    size_t n = (size_t)snprintf(room, sizeof room, "%s", head);
    bool is_first = strchr("[{\"", head[strlen(head) - 1]);
    for (size_t i = 0; n + strlen(body) + 24 + strlen(tail) < size; i++) {
        for (const char *p = body + (i == 0 && is_first && *body == ','); *p; p++)
            if (*p == '#')
                n += (size_t)snprintf(room + n, sizeof room - n, "%zu", i);
            else
                room[n++] = *p;
    }
    n += (size_t)snprintf(room + n, sizeof room - n, "%s", tail);
    return n;
}

/* The best of three, or of more while it is dearer than it may be: what the machine does beside it,
 * which slows the memory down as well, is not counted. */
static double cost(size_t length)
{
    double best = 1e18;
    for (unsigned run = 0; run < 3 || (MEASURED && run < 100 && best > NS_PER_BYTE); run++) {
        struct wzp_signal signal;
        double from = cpu_ns();
        if (wzp_signal_parse(&signal, room, length, NULL) == 0)
            wzp_signal_fini(&signal);
        double took = (cpu_ns() - from) / (double)length;
        best = took < best ? took : best;
    }
    return best;
}

/* A slow machine is asked how slow it is, and then has as much longer. */
static bool is_within(double took, double limit)
{
    return !MEASURED || took <= limit * MACHINE_BUSY ||
           took <= limit * MACHINE_BUSY * machine_slowness();
}

static void check(const char *what, const char *head, const char *body, const char *tail)
{
    size_t small = fill(head, body, tail, WZP_FRAME_MAX / 16);
    double per_byte_small = cost(small);
    size_t length = fill(head, body, tail, WZP_FRAME_MAX);
    double per_byte = cost(length);
    note("%-28s %7zu bytes: %.2f ns a byte, a 16th of it %.2f", what, length, per_byte,
         per_byte_small);
    ok(is_within(per_byte, NS_PER_BYTE), "%s: at most %.0f ns a byte", what, NS_PER_BYTE);
}

static void check_peek(void)
{
    double best = 1e18;
    size_t length = fill("{\"FederatedSignalForward\":{\"inner\":[", ",#", "]}}", WZP_FRAME_MAX);
    for (unsigned run = 0; run < 5 || (MEASURED && run < 1000 && best >= PEEK_NS); run++) {
        double from = cpu_ns();
        if (wzp_signal_peek(room, length) != WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD)
            bail("not recognised");
        double took = cpu_ns() - from;
        best = took < best ? took : best;
    }
    note("the kind of a message of %zu bytes is told in %.0f ns", length, best);
    ok(is_within(best, PEEK_NS), "the kind of a message is told without reading it");
    is_int(wzp_signal_peek("\"Hold\"", 6), WZP_SIGNAL_HOLD, "a bare name");
    is_int(wzp_signal_peek(" { \"Ping\" :", 11), WZP_SIGNAL_PING, "a name in an object");
    is_int(wzp_signal_peek("{\"Pi\\u006eg\":", 13), WZP_SIGNAL_PING, "a name with an escape");
    is_int(wzp_signal_peek("{\"Ping", 6), WZP_SIGNAL_COUNT, "half a name is none");
    is_int(wzp_signal_peek("[\"Ping\"]", 8), WZP_SIGNAL_COUNT, "nor is a list");
    is_int(wzp_signal_peek("", 0), WZP_SIGNAL_COUNT, "nor nothing");
}

TAP_MAIN
{
    static const char ping[] = "{\"Ping\":{\"timestamp_ms\":1,\"x\":[";
    check("numbers in an inner message",
          "{\"FederatedSignalForward\":{\"origin_relay_fp\":\"x\","
          "\"inner\":{\"a\":[",
          ",1.1234567890123e-300", "]}}}");
    check("unknown keys", "{\"Ping\":{\"timestamp_ms\":1", ",\"k#\":0", "}}");
    check("short unknown keys", "{\"Hangup\":{\"reason\":\"Busy\",\"a\":0", ",\"\":0", "}}");
    check("a list of numbers", ping, ",7", "]}}");
    check("a list of empty strings", ping, ",\"\"", "]}}");
    check("empty lists", ping, ",[]", "]}}");
    check("escapes", "{\"CallRinging\":{\"call_id\":\"", "\\u00e9", "\"}}");
    check("letters beyond ASCII", "{\"CallRinging\":{\"call_id\":\"", "\xf0\x9f\x98\x80", "\"}}");
    check("a byte string", "{\"Rekey\":{\"signature\":[", ",255", "]}}");
    check("white space", "{\"Ping\":{\"timestamp_ms\":", "    ", "1}}");
    check("a message in a name", "{\"", "Ping", "\":{}}");
    check("participants", "{\"RoomUpdate\":{\"count\":1,\"participants\":[",
          ",{\"fingerprint\":\"aaaa\",\"x\":[{},{}]}", "]}}");
    uint64_t before = wzp_alloc_calls();
    size_t length = fill(ping, ",{\"#\":[1]}", "]}}", WZP_FRAME_MAX);
    struct wzp_signal signal;
    if (wzp_signal_parse(&signal, room, length, NULL) == 0)
        wzp_signal_fini(&signal);
    is_int(wzp_alloc_calls() - before, 0, "what is not wanted is not allocated");
    check_peek();
}
