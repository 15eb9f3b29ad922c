/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A cheap rejection of messages: the type, the state of the sender and the length are checked
 * before anything else is parsed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "lib_fake.h"
#include "machine.h"
#include "tap.h"
#include "wire/frame.h"

static struct wzp_relay *r;
static struct fake ann;
static char text[WZP_FRAME_MAX + 1];
static uint64_t clock_now;

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void fill(const char *head, const char *body, const char *tail)
{
    size_t n = (size_t)snprintf(text, sizeof text, "%s", head);
    size_t one = strlen(body);
    while (n + one + strlen(tail) < WZP_FRAME_MAX) {
        memcpy(text + n, body, one);
        n += one;
    }
    memcpy(text + n, tail, strlen(tail) + 1);
}

static void check(const char *what, uint64_t *counter)
{
    double best = 1e18;
    uint64_t before = *counter, allocations = wzp_alloc_calls();
    for (unsigned i = 0; i < 5; i++) {
        double from = cpu_us();
        fake_send(r, &ann, text, clock_now += WZP_SECOND);
        double took = cpu_us() - from;
        best = took < best ? took : best;
    }
    note("%s of %zu bytes: %.1f us", what, strlen(text), best);
    ok(!MEASURED || best < 150, "%s costs nearly nothing", what);
    is_int(*counter - before, 5, "it is counted");
    is_int(wzp_alloc_calls() - allocations, 0, "and nothing is allocated for it");
    ok(!ann.closed, "its sender stays");
}

TAP_MAIN
{
    static const char zeros[] =
        "\"identity_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]";
    r = fake_relay(NULL);
    fake_open(r, &ann, "_signal", 0);
    if (!fake_register(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0))
        bail("not registered");
    fill("{\"FederatedSignalForward\":{\"origin_relay_fp\":\"x\",\"inner\":{\"a\":[0",
         ",1.1234567890123e-300", "]}}}");
    check("a federation message from a registered client", &r->total.signals_unexpected);
    fill("{\"Ping\":{\"timestamp_ms\":1", ",\"k\":0", "}}");
    check("a Ping with many more keys", &r->total.signals_too_long);
    fill("{\"DirectCallOffer\":{\"caller_alias\":null", ",\"kkkkkkkkkkkkkkkk\":[[]]", "}}");
    check("an endless offer", &r->total.signals_too_long);
    fill("{\"RegisterPresence\":{\"signature\":[0", ",0", "]}}");
    check("a registration after the registration", &r->total.signals_unexpected);
    fill("{\"Whatever\":[0", ",0", "]}");
    check("a message that nobody knows", &r->total.signals_unknown);
    fake_gone(r, &ann, 0);

    static struct fake late;
    fake_open(r, &late, "_signal", 10 * WZP_SECOND);
    snprintf(text, sizeof text, "{\"RegisterPresence\":{%s,\"signature\":[", zeros);
    fill(text, "0,", "0]}}");
    fake_send(r, &late, text, 10 * WZP_SECOND);
    ok(late.closed, "a first message that is too long ends the connection: %s", late.reason);
    fake_gone(r, &late, 0);
    wzp_relay_free(r);
}
