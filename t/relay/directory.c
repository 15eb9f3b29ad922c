/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A pool's directory that answers late: what offers do in the meantime, and what becomes of them.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "tap.h"

#define NOWHERE "0000:1111:2222:3333:4444:5555:6666:7777"

static struct wzp_relay *r;
static struct fake ann, bob;
static uint64_t handles[2000];
static unsigned asked, forgotten;

static void ask(void *context, struct wzp_relay *relay, uint64_t handle,
                const struct wzp_relay_name *name, uint64_t now)
{
    (void)context;
    (void)relay;
    (void)name;
    (void)now;
    if (asked < 2000)
        handles[asked++] = handle;
}

static void forget(void *context, struct wzp_relay *relay, uint64_t handle)
{
    (void)context;
    (void)relay;
    (void)handle;
    forgotten++;
}

static void begin(void)
{
    r = fake_relay(NULL);
    r->directory.source = (struct wzp_relay_source){.ask = ask, .forget = forget};
    asked = forgotten = 0;
    fake_come(r, &ann, 1, WZP_REGISTRATION_PROVEN, 0);
    fake_come(r, &bob, 2, WZP_REGISTRATION_PROVEN, 0);
}

static void end(void)
{
    fake_gone(r, &ann, 0);
    fake_gone(r, &bob, 0);
    wzp_relay_free(r);
}

static void test_answers(void)
{
    struct wzp_relay_route route;
    begin();
    fake_offer(r, &ann, bob.client->name.text, "c1", 0);
    ok(asked == 0 && strstr(ann.last, "CallRinging"), "who is registered here is found at once");
    fake_offer(r, &ann, NOWHERE, "c2", 0);
    ok(asked == 1 && strstr(ann.last, "CallRinging"), "who is not here is asked for");
    wzp_relay_directory_answer(r, handles[0], NULL, WZP_SECOND);
    ok(strstr(ann.last, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c2\"}}"),
       "an answer that nobody knows them ends the call");
    wzp_relay_directory_answer(r, handles[0], NULL, WZP_SECOND);
    is_int(r->directory.questions.count, 0, "a second answer finds no question");

    fake_offer(r, &ann, NOWHERE, "c3", WZP_SECOND);
    wzp_relay_route_local(&route, bob.client);
    bob.sent = 0;
    wzp_relay_directory_answer(r, handles[1], &route, 2 * WZP_SECOND);
    ok(bob.sent == 2 && strstr(bob.last, "\"c3\""),
       "an answer with a route rings there, in place of her older call");
    ok(strstr(ann.last, "CallRinging") && strstr(ann.last, "c3"), "and the caller hears that");
    end();
}

static void test_silence(void)
{
    begin();
    fake_offer(r, &ann, NOWHERE, "c1", 0);
    ann.sent = 0;
    wzp_relay_handle_expiry(r, 2 * WZP_SECOND - 1);
    is_int(ann.sent, 0, "a silent directory is waited for");
    wzp_relay_handle_expiry(r, 2 * WZP_SECOND);
    ok(ann.sent == 1 && strstr(ann.last, "Hangup"), "for 2 s");
    fake_offer(r, &ann, NOWHERE, "c2", 3 * WZP_SECOND);
    fake_send(r, &ann, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c2\"}}", 3 * WZP_SECOND);
    ok(forgotten == 1 && !r->directory.questions.count, "a caller may change their mind");
    fake_offer(r, &ann, NOWHERE, "c3", 3 * WZP_SECOND);
    fake_gone(r, &ann, 3 * WZP_SECOND);
    ok(forgotten == 2 && !r->directory.questions.count, "a caller who leaves asks no more");
    wzp_relay_directory_answer(r, handles[2], NULL, 3 * WZP_SECOND);
    end();
}

static void test_limits(void)
{
    char id[16];
    begin();
    for (int i = 0; i < 12; i++) {
        snprintf(id, sizeof id, "c%d", i);
        fake_offer(r, &ann, NOWHERE, id, 0);
    }
    ok(asked == 8 && strstr(ann.last, "Busy"), "one caller has 8 questions, a ninth is busy");
    end();
}

static void ignore(struct wzp_relay *relay, void *context, const struct wzp_relay_route *route,
                   int result, uint64_t now)
{
    (void)result;
    (void)relay;
    (void)context;
    (void)route;
    (void)now;
}

static void test_bounded(void)
{
    struct wzp_relay_name name;
    uint64_t handle;
    int result = 0;
    unsigned count = 0;
    begin();
    wzp_relay_name_set(&name, NOWHERE);
    while (!result && count < 2 * WZP_RELAY_QUESTIONS_MAX) {
        result = wzp_relay_directory_ask(r, &handle, &name, ignore, NULL, 0);
        count += !result;
    }
    ok(result == WZP_E_LIMIT && count == WZP_RELAY_QUESTIONS_MAX, "%u questions wait at most (%u)",
       WZP_RELAY_QUESTIONS_MAX, count);
    fake_offer(r, &ann, NOWHERE, "c1", 0);
    ok(strstr(ann.last, "Busy"), "an offer is refused then");
    wzp_relay_handle_expiry(r, 2 * WZP_SECOND);
    is_int(r->directory.questions.count, 0, "and all of them end in time");
    end();
}

TAP_MAIN
{
    test_answers();
    test_silence();
    test_limits();
    test_bounded();
}
