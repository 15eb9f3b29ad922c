/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Small rules: back-off, the encryption policy table, texts. */
#include <string.h>

#include "base/random.h"
#include "phone/backoff.h"
#include "phone/policy.h"
#include "phone/watch.h"
#include "tap.h"

static void backoff(void)
{
    static const unsigned seconds[] = {0, 1, 2, 4, 8, 15, 30, 30, 30};
    struct wzp_random_seeded seed;
    struct wzp_backoff b = {0};

    wzp_random_seeded_init(&seed, 5);
    struct wzp_random random = wzp_random_seeded_source(&seed);
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        uint64_t delay = wzp_backoff_next(&b, &random);
        uint64_t least = seconds[i] * WZP_SECOND;
        uint64_t most = seconds[i] >= 8 ? least + least / 10 : least;
        ok(delay >= least && delay <= most, "try %zu waits %u s", i, seconds[i]);
    }
    wzp_backoff_reset(&b);
    is_int(wzp_backoff_next(&b, &random), 0, "after a good connection it begins anew");
    uint64_t a = 0, c = 0;
    for (int i = 0; i < 8; i++)
        a = wzp_backoff_next(&b, &random);
    c = wzp_backoff_next(&b, &random);
    ok(a != c, "late tries do not march in step");
}

struct policy_case {
    enum wzp_e2e_policy policy;
    enum wzp_e2e_verdict verdict;
    bool before;
    enum wzp_policy_outcome outcome;
    bool allowed;
};

static void policy(void)
{
    static const struct policy_case cases[] = {
        {WZP_E2E_PREFER, WZP_E2E_VALID, false, WZP_POLICY_SEALED, true},
        {WZP_E2E_PREFER, WZP_E2E_VALID, true, WZP_POLICY_SEALED, true},
        {WZP_E2E_PREFER, WZP_E2E_LEGACY, false, WZP_POLICY_PLAIN, true},
        {WZP_E2E_PREFER, WZP_E2E_LEGACY, true, WZP_POLICY_REFUSE_DOWNGRADE, false},
        {WZP_E2E_PREFER, WZP_E2E_INVALID, false, WZP_POLICY_PLAIN_WARNED, true},
        {WZP_E2E_PREFER, WZP_E2E_INVALID, true, WZP_POLICY_REFUSE_DOWNGRADE, false},
        {WZP_E2E_PREFER, WZP_E2E_STRIPPED, false, WZP_POLICY_END_TAMPERED, false},
        {WZP_E2E_PREFER, WZP_E2E_STRIPPED, true, WZP_POLICY_END_TAMPERED, false},
        {WZP_E2E_REQUIRE, WZP_E2E_VALID, false, WZP_POLICY_SEALED, true},
        {WZP_E2E_REQUIRE, WZP_E2E_VALID, true, WZP_POLICY_SEALED, true},
        {WZP_E2E_REQUIRE, WZP_E2E_LEGACY, false, WZP_POLICY_REFUSE_REQUIRED, false},
        {WZP_E2E_REQUIRE, WZP_E2E_LEGACY, true, WZP_POLICY_REFUSE_DOWNGRADE, false},
        {WZP_E2E_REQUIRE, WZP_E2E_INVALID, false, WZP_POLICY_REFUSE_REQUIRED, false},
        {WZP_E2E_REQUIRE, WZP_E2E_INVALID, true, WZP_POLICY_REFUSE_DOWNGRADE, false},
        {WZP_E2E_REQUIRE, WZP_E2E_STRIPPED, false, WZP_POLICY_END_TAMPERED, false},
        {WZP_E2E_REQUIRE, WZP_E2E_STRIPPED, true, WZP_POLICY_END_TAMPERED, false},
        {WZP_E2E_OFF, WZP_E2E_LEGACY, false, WZP_POLICY_PLAIN_OFF, true},
        {WZP_E2E_OFF, WZP_E2E_VALID, true, WZP_POLICY_PLAIN_OFF, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct policy_case *c = &cases[i];
        enum wzp_policy_outcome got = wzp_policy_decide(c->policy, c->verdict, c->before);
        ok(got == c->outcome && wzp_policy_allows(got) == c->allowed,
           "policy %d, verdict %d, %s: %s", c->policy, c->verdict,
           c->before ? "sealed before" : "unknown", wzp_policy_why(got));
        ok(strstr(wzp_policy_why(got), "end-to-end encrypted") != wzp_policy_why(got) ||
               got == WZP_POLICY_SEALED,
           "only sealed calls are called so");
        ok(strncmp(wzp_policy_why(got), "encrypted to", 12) != 0 &&
               strncmp(wzp_policy_why(got), "refused", 7) != 0 &&
               strncmp(wzp_policy_why(got), "ended", 5) != 0,
           "the sentence does not begin with what the event already says");
    }
}

static struct wzp_watch watch;
static uint64_t begun; /* the stream that began; 0: none */
static uint64_t clock_at = 100 * WZP_SECOND;

static void path_is(uint64_t after, uint64_t packets, bool waiting, enum wzp_watch_news news,
                    const char *what)
{
    clock_at += after;
    is_int(wzp_watch_look_at_path(&watch, packets, waiting, clock_at), news, "%s", what);
}

static void peer_is(uint64_t after, uint64_t heard_at, bool due, enum wzp_watch_news news,
                    const char *what)
{
    clock_at += after;
    is_int(wzp_watch_look_at_peer(&watch, begun, heard_at, due, clock_at), news, "%s", what);
}

static void silence_from_the_start(void)
{
    memset(&watch, 0, sizeof watch);
    begun = clock_at;
    peer_is(2 * WZP_SECOND, 0, true, WZP_WATCH_NOTHING, "two seconds of nothing are no news yet");
    peer_is(WZP_SECOND, 0, true, WZP_WATCH_PEER_UNHEARD, "three are");
    peer_is(9 * WZP_SECOND, 0, true, WZP_WATCH_NOTHING, "said once");
    peer_is(0, clock_at, true, WZP_WATCH_PEER_HEARD, "and so is the first packet");
    peer_is(0, clock_at, true, WZP_WATCH_NOTHING, "once");
    memset(&watch, 0, sizeof watch);
    peer_is(9 * WZP_SECOND, 0, false, WZP_WATCH_NOTHING, "nobody there, nobody missed");
    wzp_watch_absent(&watch, clock_at);
    peer_is(2 * WZP_SECOND, 0, true, WZP_WATCH_NOTHING,
            "time in which nobody looked is no silence");
    watch.path_silent = true;
    peer_is(9 * WZP_SECOND, 0, true, WZP_WATCH_NOTHING, "nor is a path on which nothing comes");
    begun = 0;
}

static void silence_of_path(void)
{
    path_is(0, 10, true, WZP_WATCH_NOTHING, "the first look is no news");
    path_is(WZP_SECOND / 2, 11, true, WZP_WATCH_NOTHING, "all is well");
    path_is(WZP_SECOND, 11, true, WZP_WATCH_PATH_SILENT,
            "when nothing comes at all it is the path");
    peer_is(0, clock_at - WZP_SECOND, true, WZP_WATCH_NOTHING,
            "of the other side nothing is said then");
    path_is(WZP_SECOND, 11, true, WZP_WATCH_NOTHING, "said once");
    path_is(WZP_SECOND, 11, true, WZP_WATCH_PATH_DEAD, "after three seconds it is given up");
    path_is(5 * WZP_SECOND, 11, true, WZP_WATCH_NOTHING, "once");
    wzp_watch_path(&watch, 0, clock_at);
    path_is(WZP_SECOND / 2, 1, true, WZP_WATCH_PATH_BACK,
            "another path that is heard is the end of it");
    peer_is(WZP_SECOND / 2, clock_at - 8 * WZP_SECOND, true, WZP_WATCH_NOTHING,
            "the other side has a second from there");
    wzp_watch_absent(&watch, clock_at += 9 * WZP_SECOND);
    path_is(0, 1, true, WZP_WATCH_NOTHING, "time in which nobody looked is no silence");
    path_is(9 * WZP_SECOND, 2, false, WZP_WATCH_NOTHING, "packets come");
    path_is(9 * WZP_SECOND, 2, false, WZP_WATCH_NOTHING,
            "a path on which nothing is sent may be silent");
}

static void silence_of_peer(void)
{
    memset(&watch, 0, sizeof watch);
    peer_is(9 * WZP_SECOND, 0, true, WZP_WATCH_NOTHING, "who never spoke has not fallen silent");
    uint64_t heard_at = clock_at;
    peer_is(WZP_SECOND / 2, heard_at, true, WZP_WATCH_NOTHING, "half a second");
    peer_is(WZP_SECOND / 2, heard_at, true, WZP_WATCH_PEER_SILENT,
            "the other side is silent for a second");
    peer_is(WZP_SECOND, heard_at, true, WZP_WATCH_NOTHING, "said once");
    peer_is(WZP_SECOND, heard_at, true, WZP_WATCH_PEER_GONE, "and after three seconds once more");
    peer_is(9 * WZP_SECOND, heard_at, true, WZP_WATCH_NOTHING, "once");
    peer_is(0, 0, true, WZP_WATCH_NOTHING, "a stream that begins anew is no voice yet");
    peer_is(WZP_SECOND, clock_at + WZP_SECOND, true, WZP_WATCH_PEER_BACK, "a packet is");
    heard_at = clock_at;
    peer_is(9 * WZP_SECOND, heard_at, false, WZP_WATCH_NOTHING, "nobody there, nobody missed");
}

static void words(void)
{
    is_str(wzp_event_name(WZP_EVENT_REGISTERED), "registered", "first event word");
    is_str(wzp_event_name(WZP_EVENT_ERROR), "error", "last event word");
    is_str(wzp_event_name(WZP_EVENT_COUNT), "?", "none");
    is_str(wzp_end_reason_name(WZP_END_NORMAL), "normal", "first reason");
    is_str(wzp_end_reason_name(WZP_END_ERROR), "error", "last reason");
    for (int i = 0; i < WZP_EVENT_COUNT; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(wzp_event_name((enum wzp_event_type)i),
                       wzp_event_name((enum wzp_event_type)j)) == 0)
                ok(false, "events %d and %d have one name", i, j);
}

TAP_MAIN
{
    backoff();
    policy();
    silence_of_path();
    silence_of_peer();
    silence_from_the_start();
    words();
}
