/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The set of media paths: which one is active when paths are added and removed. */
#include "base/error.h"
#include "base/time.h"
#include "phone/path.h"
#include "tap.h"

/* Never dereferenced: the set only compares these pointers. */
static char connections[8];
#define CONN(i) ((struct wzp_quic_conn *)(void *)&connections[i])

TAP_MAIN
{
    struct wzp_path_set set = {0};
    struct wzp_quic_stats stats = {0};

    ok(wzp_path_active(&set) == NULL, "an empty set has no active path");
    is_int(wzp_path_send(&set, "x", 1, 1), WZP_E_STATE, "nothing can be sent");
    ok(!wzp_path_remove(&set, CONN(0)), "nothing can be removed");

    is_int(wzp_path_add(&set, WZP_PATH_RELAY, CONN(0), 10), 0, "a path is added");
    ok(wzp_path_active(&set) == NULL, "adding switches nothing, not even from nothing");
    wzp_path_activate(&set, wzp_path_best_of(&set, WZP_PATH_RELAY), WZP_RACE_SEARCHING);
    ok(wzp_path_active(&set)->conn == CONN(0), "told so, it is the active one");
    is_int(set.why, WZP_RACE_SEARCHING, "and why is kept");
    ok(wzp_path_news(&set), "which is news");
    ok(!wzp_path_news(&set), "once");

    ok(wzp_path_best_of(&set, WZP_PATH_DIRECT) == NULL, "none of the other kind is there");
    is_int(wzp_path_add(&set, WZP_PATH_DIRECT, CONN(1), 20), 0, "a direct path joins");
    const struct wzp_path *direct = wzp_path_find(&set, CONN(1));
    ok(wzp_path_active(&set)->conn == CONN(0), "it stands by");
    ok(wzp_path_best_of(&set, WZP_PATH_DIRECT) == direct, "and is the best of its kind");
    wzp_path_activate(&set, direct, WZP_RACE_PUNCHED);
    ok(wzp_path_active(&set) == direct, "told so, it takes over");
    ok(wzp_path_find(&set, CONN(0)) != NULL, "the relay's path stays");
    wzp_path_activate(&set, direct, WZP_RACE_LAN);
    is_int(set.why, WZP_RACE_PUNCHED, "what is active already is not chosen again");

    wzp_path_add(&set, WZP_PATH_RELAY, CONN(2), 30);
    ok(wzp_path_active(&set)->conn == CONN(1), "a new relay path does not take over");
    ok(!wzp_path_remove(&set, CONN(0)), "the removal of a standby path is no news");
    ok(wzp_path_active(&set)->conn == CONN(1), "and changes nothing, wherever it lay");
    ok(wzp_path_remove(&set, CONN(1)), "the removal of the active path is");
    ok(wzp_path_active(&set) == NULL, "none is active until the owner chooses");
    ok(wzp_path_best_of(&set, WZP_PATH_RELAY)->conn == CONN(2), "the rest is there to choose from");
    ok(!wzp_path_remove(&set, CONN(0)), "what is gone cannot go");
    ok(!wzp_path_remove(&set, CONN(2)), "the last one goes");
    ok(wzp_path_best_of(&set, WZP_PATH_RELAY) == NULL, "nothing is left");

    for (int i = 0; i < WZP_PATHS_MAX; i++)
        is_int(wzp_path_add(&set, WZP_PATH_RELAY, CONN(i), (uint64_t)i), 0, "path %d", i);
    is_int(wzp_path_add(&set, WZP_PATH_DIRECT, CONN(7), 99), WZP_E_LIMIT, "one too many");
    ok(wzp_path_find(&set, CONN(7)) == NULL, "is not in the set");
    ok(wzp_path_best_of(&set, WZP_PATH_RELAY)->conn == CONN(WZP_PATHS_MAX - 1),
       "among equals the newest is best");
    wzp_path_activate(&set, wzp_path_best_of(&set, WZP_PATH_RELAY), WZP_RACE_RELAY_BACK);

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
