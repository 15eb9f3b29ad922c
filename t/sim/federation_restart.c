/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay is killed and restarted in a full mesh of relays. Whichever relay dials, and however long
 * it was away: five seconds after its start everybody sees and hears everybody again, each frame
 * once, and each relay knows who is registered where. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "relay/state.h"
#include "sim/lib_mesh.h"
#include "tap.h"

#define PEOPLE 3
static struct mesh m;
static struct wzp_sim_phone *people[PEOPLE];
static wzp_session_id rooms[PEOPLE];
static bool is_quiet; /* nobody is in a room: only the links show that a relay is gone */

/* True when relay i knows the members here and elsewhere, and its phone has the whole list. */
static bool is_room_complete(size_t i)
{
    const struct wzp_relay_global *global = m.relays[i].relay->federation.first;
    return global->room && global->room->count == 1 && global->best.count == PEOPLE - 1 &&
           mesh_members(people[i]) == PEOPLE;
}

/* True when all links are up, the rooms are complete (unless is_quiet), and each relay knows who is
 * registered at the others. */
static bool is_complete(void *context)
{
    (void)context;
    for (size_t i = 0; i < m.count; i++) {
        const struct wzp_relay_neighbours *n = &m.relays[i].relay->neighbours;
        if (mesh_links(&m, i) != m.count - 1 || (!is_quiet && !is_room_complete(i)))
            return false;
        for (size_t j = 0; j < n->count; j++)
            if (n->items[j].people_count != 1)
                return false;
    }
    return true;
}

static struct wzp_session_stats stats_of(size_t who)
{
    struct wzp_session_stats stats;
    wzp_phone_session_stats(people[who]->phone, rooms[who], &stats, wzp_sim_now(m.sim));
    return stats;
}

/* Checks that what the others sent has arrived, each frame once. */
static void check_frames(const char *what)
{
    struct wzp_session_stats before[PEOPLE], after[PEOPLE];
    long sent = 0;
    for (size_t i = 0; i < PEOPLE; i++)
        before[i] = stats_of(i);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    for (size_t i = 0; i < PEOPLE; i++) {
        after[i] = stats_of(i);
        sent += (long)(after[i].frames_sent - before[i].frames_sent);
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        long due = sent - (long)(after[i].frames_sent - before[i].frames_sent);
        long came = (long)(after[i].heard.jitter.received - before[i].heard.jitter.received);
        long twice = (long)(after[i].heard.jitter.duplicate - before[i].heard.jitter.duplicate);
        ok(due >= 100 && came >= due - 4 && came <= due + 4 && !twice,
           "%s: person %zu gets every frame once (%ld of %ld, %ld twice)", what, i, came, due,
           twice);
    }
}

static void test(const char *dials, const char *what, uint64_t away)
{
    /* so that no two speakers' frames are the same */
    static const double pitch[] = {500, 800, 1300};
    char name[100];
    snprintf(name, sizeof name, "%s%s, away for %.1f s", is_quiet ? "nobody speaks, " : "", what,
             (double)away / 1e9);
    mesh_raise(&m, 71, 3, dials);
    for (size_t i = 0; i < PEOPLE; i++) {
        people[i] = mesh_person(&m, i, pitch[i], true);
        if (!is_quiet)
            wzp_sim_phone_join(people[i], &rooms[i], "general");
    }
    if (!wzp_sim_run_for(m.sim, is_complete, NULL, 5 * WZP_SECOND))
        bail("no ring");
    wzp_sim_run(m.sim, 3300 * WZP_MILLISECOND);
    wzp_sim_relay_crash(&m.relays[2]);
    wzp_sim_run(m.sim, away);
    if (wzp_sim_relay_restart(&m.relays[2]))
        bail("no restart");
    uint64_t from = wzp_sim_now(m.sim);
    bool complete = wzp_sim_run_for(m.sim, is_complete, NULL, 30 * WZP_SECOND);
    double took = (double)(wzp_sim_now(m.sim) - from) / 1e9;
    ok(complete && took < 5, "%s: the restarted relay is complete within 5 s (%.1f)", name, took);
    wzp_sim_run(m.sim, WZP_SECOND);
    if (!is_quiet)
        check_frames(name);
    mesh_lower(&m);
}

TAP_MAIN
{
    static const uint64_t aways[] = {200 * WZP_MILLISECOND, 2 * WZP_SECOND, 10 * WZP_SECOND};
    for (size_t i = 0; i < 6; i++) {
        is_quiet = i >= 3;
        test("20 21 01", "it dials both others", aways[i % 3]);
        test("01 12 20", "it dials one and is dialled by one", aways[i % 3]);
        test("01 02 12", "it is dialled by both others", aways[i % 3]);
        test("01 10 12 21 02 20", "all dial each other", aways[i % 3]);
    }
}
