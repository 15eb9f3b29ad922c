/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The set of media paths: who is active when paths come and go. */
#include "base/error.h"
#include "base/time.h"
#include "phone/path.h"
#include "tap.h"

/* Never looked into: the set only compares them. */
static char connections[8];
#define CONN(i) ((struct wzp_quic_conn *)(void *)&connections[i])

TAP_MAIN
{
    struct wzp_path_set set = {0};
    struct wzp_quic_stats stats = {0};

    ok(wzp_path_active(&set) == NULL, "an empty set has no active path");
    is_int(wzp_path_send(&set, "x", 1, 1), WZP_E_STATE, "nothing can be sent");
    ok(!wzp_path_remove(&set, CONN(0)), "nothing can be removed");

    is_int(wzp_path_add(&set, WZP_PATH_RELAY, CONN(0), 10), 1, "the first path is active");
    is_int(wzp_path_add(&set, WZP_PATH_DIRECT, CONN(1), 20), 1, "a direct path takes over");
    ok(wzp_path_find(&set, CONN(0)) != NULL, "the relay's path stands by");
    is_int(wzp_path_add(&set, WZP_PATH_RELAY, CONN(2), 30), 0, "a new relay path does not");
    ok(wzp_path_active(&set)->conn == CONN(1), "direct is still active");
    ok(wzp_path_remove(&set, CONN(1)), "the active path goes");
    ok(wzp_path_active(&set)->conn == CONN(2), "the newest of the rest takes over");
    ok(!wzp_path_remove(&set, CONN(0)), "another one goes");
    ok(wzp_path_active(&set)->conn == CONN(2), "which changes nothing");
    ok(wzp_path_remove(&set, CONN(2)), "the last one goes");
    ok(wzp_path_active(&set) == NULL, "nothing is left");

    for (int i = 0; i < WZP_PATHS_MAX; i++)
        ok(wzp_path_add(&set, WZP_PATH_RELAY, CONN(i), (uint64_t)i) >= 0, "path %d", i);
    is_int(wzp_path_add(&set, WZP_PATH_DIRECT, CONN(7), 99), WZP_E_LIMIT, "one too many");
    ok(wzp_path_find(&set, CONN(7)) == NULL, "is not in the set");

    struct wzp_path *path = wzp_path_active(&set);
    stats.packets_sent = 100;
    wzp_path_sample(path, &stats);
    is_near(path->loss_percent, 0, 0.001, "no loss");
    stats.packets_sent = 200;
    stats.packets_lost = 40;
    wzp_path_sample(path, &stats);
    is_near(path->loss_percent, 10, 0.001, "a quarter of the way to 40 %%");
    for (int i = 0; i < 20; i++) {
        stats.packets_sent += 100;
        wzp_path_sample(path, &stats);
    }
    ok(path->loss_percent < 0.1, "an early burst is forgotten");
    stats.packets_sent = 5;
    wzp_path_sample(path, &stats);
    ok(path->loss_percent < 0.1, "counters that run backwards are no loss");
}
