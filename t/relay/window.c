/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Path quality derived from pings. Numbers in test names are those of the conformance list. */
#include "relay/window.h"

#include <math.h>

#include "tap.h"

#define MS WZP_MILLISECOND

TAP_MAIN
{
    struct wzp_relay_window w = {.capacity = 60};
    ok(wzp_relay_window_loss(&w, 0) == 0 && wzp_relay_window_jitter(&w) == 0 && !w.has_rtt,
       "82: an empty window: 0, 0, none");
    wzp_relay_window_ping(&w, 7, 100 * MS);
    ok(!wzp_relay_window_pong(&w, 8, 110 * MS), "78: an unknown stamp gives no round trip");
    ok(wzp_relay_window_pong(&w, 7, 125 * MS) && w.rtt == 25 * MS, "78: receive minus send");
    ok(!wzp_relay_window_pong(&w, 7, 130 * MS) && w.rtt == 25 * MS, "a second Pong says nothing");
    wzp_relay_window_ping(&w, 9, 200 * MS);
    wzp_relay_window_pong(&w, 9, 210 * MS);
    ok(w.rtt == 10 * MS, "78: the latest one is kept");

    w = (struct wzp_relay_window){.capacity = 60};
    for (uint64_t i = 0; i < 10; i++) {
        wzp_relay_window_ping(&w, i, i * WZP_SECOND);
        if (i < 7)
            wzp_relay_window_pong(&w, i, i * WZP_SECOND + 20 * MS);
    }
    ok(wzp_relay_window_loss(&w, 9 * WZP_SECOND) == 0,
       "a ping that may still be answered is not lost");
    ok(fabs(wzp_relay_window_loss(&w, 20 * WZP_SECOND) - 30) < 0.001,
       "79: 7 of 10 answered: 30 %%");
    ok(!wzp_relay_window_pong(&w, 9, 20 * WZP_SECOND), "what comes then comes too late");

    w = (struct wzp_relay_window){.capacity = 60};
    for (uint64_t i = 1; i <= 4; i++) {
        wzp_relay_window_ping(&w, i, i * WZP_SECOND);
        wzp_relay_window_pong(&w, i, i * WZP_SECOND + i * 10 * MS);
    }
    ok(fabs(wzp_relay_window_jitter(&w) - 11.18) < 0.01,
       "80: 10, 20, 30, 40 ms: jitter about 11.18");

    w = (struct wzp_relay_window){.capacity = 5};
    wzp_relay_window_ping(&w, 1, 0);
    wzp_relay_window_pong(&w, 1, 10 * MS);
    for (uint64_t i = 2; i <= 6; i++)
        wzp_relay_window_ping(&w, i, i * WZP_SECOND);
    ok(w.count == 5 && fabs(wzp_relay_window_loss(&w, 60 * WZP_SECOND) - 100) < 0.001,
       "81: of capacity 5 the sixth evicts the oldest; all unanswered is 100 %%");
}
