/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The replay window: its edges, and a random walk against a plain list. */
#include "crypto/replay.h"

#include <string.h>

#include "base/error.h"
#include "lib_crypto.h"
#include "tap.h"

static void edges(void)
{
    struct wzp_replay w = {0};
    is_int(wzp_replay_check(&w, 5000), 0, "anything first");
    is_int(wzp_replay_check(&w, 5000), 0, "checking marks nothing");
    wzp_replay_mark(&w, 5000);
    is_int(wzp_replay_check(&w, 5000), WZP_E_REPLAY, "seen");
    is_int(wzp_replay_check(&w, 5000 - 1023), 0, "1023 behind is inside");
    is_int(wzp_replay_check(&w, 5000 - 1024), WZP_E_REPLAY, "1024 behind is outside");
    wzp_replay_mark(&w, 5000 - 1024);
    is_int(wzp_replay_check(&w, 5000 - 1023), 0, "marking outside changes nothing");
    wzp_replay_mark(&w, 5000 - 1023);
    is_int(wzp_replay_check(&w, 5000 - 1023), WZP_E_REPLAY, "marked");
    wzp_replay_mark(&w, 5000 + 1023);
    is_int(wzp_replay_check(&w, 5000), WZP_E_REPLAY, "still remembered at the far edge");
    is_int(wzp_replay_check(&w, 5001), 0, "those passed over are free");
    wzp_replay_mark(&w, 5000 + 1024 + 1023);
    is_int(wzp_replay_check(&w, 5000 + 1024), 0, "a jump of a whole window clears it");
    is_int(wzp_replay_check(&w, 0), WZP_E_REPLAY, "long ago");
    is_int(wzp_replay_check(&w, UINT64_MAX), 0, "far ahead");
    wzp_replay_mark(&w, UINT64_MAX);
    is_int(wzp_replay_check(&w, UINT64_MAX), WZP_E_REPLAY, "the last index of all");
    is_int(wzp_replay_check(&w, UINT64_MAX - 1023), 0, "and the window behind it");
    is_int(wzp_replay_check(&w, UINT64_MAX - 1024), WZP_E_REPLAY, "ends there");
}

/* Random walk against a list of everything ever accepted. */
static void against_a_list(void)
{
    enum { ROUNDS = 20000, SPAN = 60000 };
    static bool seen[SPAN];
    struct wzp_random random = test_random(11);
    struct wzp_replay w = {0};
    uint64_t highest = 0, centre = 2000;
    bool started = false, fine = true;
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t step = wzp_random_below(&random, 100);
        centre += step < 2 ? wzp_random_below(&random, 1500) : step < 50 ? 1 : 0;
        if (centre >= SPAN - 1)
            break;
        uint64_t index = centre - wzp_random_below(&random, step < 10 ? 1200 : 40);
        bool want = !started || index > highest || (highest - index < 1024 && !seen[index]);
        fine = fine && (wzp_replay_check(&w, index) == 0) == want;
        if (want) {
            wzp_replay_mark(&w, index);
            seen[index] = true;
            highest = started && highest > index ? highest : index;
            started = true;
        }
    }
    ok(fine, "the same verdicts as a plain list");
}

TAP_MAIN
{
    edges();
    against_a_list();
}
