/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A slow token service and a crowd of clients that come and go: few requests at a time, none for
 * those who left, and honest clients are answered in time. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "tap.h"

#define SERVICE_TIME WZP_SECOND
#define CROWD 70

static struct wzp_relay *r;
static struct {
    uint64_t request, due;
    char token[32];
} asked[64];
static unsigned asked_count, most_at_once, questions;
static uint64_t clock_now;

static void authenticate(void *context, uint64_t request, const char *token)
{
    (void)context;
    questions++;
    if (asked_count < 64) {
        asked[asked_count].request = request;
        asked[asked_count].due = clock_now + SERVICE_TIME;
        snprintf(asked[asked_count++].token, sizeof asked[0].token, "%s", token);
    }
    most_at_once = asked_count > most_at_once ? asked_count : most_at_once;
}

/* The service answers the requests that are due; good tokens are recognized by their name. */
static void serve(void)
{
    for (unsigned i = 0; i < asked_count;) {
        if (asked[i].due > clock_now) {
            i++;
            continue;
        }
        uint64_t request = asked[i].request;
        bool good = strncmp(asked[i].token, "good", 4) == 0;
        asked[i] = asked[--asked_count];
        wzp_relay_auth_result(r, request, good ? "0123:4567" : NULL, clock_now);
    }
}

static void begin(void)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    snprintf(config.auth_url, sizeof config.auth_url, "http://127.0.0.1/");
    r = fake_relay(&config);
    r->host.authenticate = authenticate;
    asked_count = most_at_once = questions = 0;
    clock_now = WZP_SECOND;
}

static void send_token(struct fake *fake, const char *token)
{
    char text[128];
    snprintf(text, sizeof text, "{\"AuthToken\":{\"token\":\"%s\"}}", token);
    fake_send(r, fake, text, clock_now);
}

/* Every second 70 clients of one address ask and leave at once, while an honest one waits. */
static void test_crowd(void)
{
    static struct fake crowd[CROWD], honest;
    uint64_t took = 0, longest = 0;
    unsigned answered = 0, rounds = 20;
    long most_memory = 0;
    begin();
    long memory = wzp_alloc_live();
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < CROWD; i++) {
            fake_open_from(r, &crowd[i], "_signal", "198.51.100.1:1", clock_now);
            send_token(&crowd[i], "bad");
        }
        fake_open_from(r, &honest, "_signal", "192.0.2.9:1", clock_now);
        uint64_t from = clock_now;
        send_token(&honest, "good");
        most_memory = wzp_alloc_live() > most_memory ? wzp_alloc_live() : most_memory;
        for (unsigned i = 0; i < CROWD; i++)
            fake_gone(r, &crowd[i], clock_now);
        while (honest.client->stage != WZP_RELAY_STAGE_REGISTER && !honest.closed &&
               clock_now < from + 12 * WZP_SECOND) {
            clock_now += 50 * WZP_MILLISECOND;
            wzp_relay_handle_expiry(r, clock_now);
            serve();
        }
        took = clock_now - from;
        longest = took > longest ? took : longest;
        answered += honest.client->stage == WZP_RELAY_STAGE_REGISTER;
        fake_gone(r, &honest, clock_now);
    }
    note(
        "%u rounds of %d that leave: the honest one waits %.2f s at most, %u questions, %u at once",
        rounds, CROWD, (double)longest / 1e9, questions, most_at_once);
    is_int(answered, rounds, "the honest one is let in each time");
    ok(longest <= 3 * WZP_SECOND, "within 3 s");
    ok(most_at_once <= WZP_RELAY_TOKENS_ASKED, "the service is asked little at a time");
    ok(questions <= rounds * (WZP_RELAY_TOKENS_ASKED + 1),
       "and not about those who left while they waited");
    is_int(r->tokens.waiting, 0, "nobody is left in the queue");
    ok(most_memory - memory < 3 * CROWD + 40, "memory does not grow (%ld blocks)",
       most_memory - memory);
    wzp_relay_free(r);
}

static void test_limits(void)
{
    static struct fake crowd[300];
    unsigned refused = 0;
    begin();
    for (unsigned i = 0; i < 20; i++) {
        fake_open_from(r, &crowd[i], "_signal", "198.51.100.1:1", clock_now);
        send_token(&crowd[i], "bad");
        refused += crowd[i].closed;
    }
    is_int(refused, 20 - WZP_RELAY_TOKENS_ASKED - WZP_RELAY_TOKENS_PER_ADDRESS,
           "one address has eight places in the queue");
    is_str(crowd[19].reason, "too many tokens from this address are being checked",
           "the others are told why");
    refused = 0;
    for (unsigned i = 20; i < 300; i++) {
        char address[32];
        snprintf(address, sizeof address, "198.51.%u.%u:1", i / 200, i % 200);
        fake_open_from(r, &crowd[i], "_signal", address, clock_now);
        send_token(&crowd[i], "bad");
        refused += crowd[i].closed;
    }
    is_int(r->tokens.waiting, WZP_RELAY_TOKENS_WAITING, "the queue has an end");
    ok(refused > 0, "beyond it one is refused at once");
    clock_now += 11 * WZP_SECOND;
    wzp_relay_handle_expiry(r, clock_now);
    ok(crowd[299].closed && crowd[30].closed, "nobody waits longer than ten seconds");
    is_int(r->tokens.waiting, 0, "then the queue is empty");
    wzp_relay_auth_result(r, 12345, "0123:4567", clock_now);
    wzp_relay_auth_result(r, 0, "0123:4567", clock_now);
    ok(1, "answers that nobody asked for change nothing");
    wzp_relay_free(r);
}

/* One message after the token is held until the token has been checked. */
static void test_held(void)
{
    static struct fake hasty;
    begin();
    fake_open(r, &hasty, "_signal", clock_now);
    send_token(&hasty, "good");
    fake_send(r, &hasty, "{\"Ping\":{\"timestamp_ms\":1}}", clock_now);
    is_int(r->total.signals_unexpected, 0, "a message waits for the answer about the token");
    clock_now += SERVICE_TIME;
    serve();
    is_int(r->total.signals_unexpected, 1, "and has its turn then");
    is_int(r->total.signals_in, 2, "each message is counted once");
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_crowd();
    test_limits();
    test_held();
}
