/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Four relays: two of ours are linked with each other, with an existing one (2) and with a fourth
 * of ours (3), so that there are two ways from the existing one to the fourth. The existing one is
 * our implementation here; it and its neighbours are set to take each other for existing ones. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "relay/state.h"
#include "sim/lib_mesh.h"
#include "tap.h"

#define RELAYS 4
#define OLD 2

static struct mesh m;
static const double pitch[RELAYS] = {500, 800, 1300, 2100};

static void take_for_old(size_t relay, size_t neighbour)
{
    char label[4];
    struct wzp_relay_neighbours *n = &m.relays[relay].relay->neighbours;
    snprintf(label, sizeof label, "R%zu", neighbour);
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i].label, label) == 0)
            n->items[i].is_ours = false;
}

/* dials: which relay dials which on the five links. */
static void begin(uint64_t seed, const char *dials)
{
    mesh_raise(&m, seed, RELAYS, dials);
    wzp_sim_run(m.sim, 3 * WZP_SECOND);
    if (mesh_links(&m, 0) != 3 || mesh_links(&m, 1) != 3 || mesh_links(&m, OLD) != 2 ||
        mesh_links(&m, 3) != 2)
        bail("no diamond");
    for (size_t i = 0; i < 2; i++) {
        take_for_old(i, OLD);
        take_for_old(OLD, i);
    }
}

static size_t speakers(const struct wzp_sim_phone *p, wzp_session_id s)
{
    struct wzp_session_stats stats;
    wzp_phone_session_stats(p->phone, s, &stats, wzp_sim_now(m.sim));
    return stats.speakers;
}

static void test_room(const char *dials, const char *what)
{
    struct wzp_sim_phone *p[RELAYS];
    wzp_session_id s[RELAYS];
    begin(91, dials);
    for (size_t i = 0; i < RELAYS; i++) {
        p[i] = mesh_person(&m, i, pitch[i], false);
        wzp_sim_phone_join(p[i], &s[i], "general");
    }
    wzp_sim_run(m.sim, 6 * WZP_SECOND);
    for (size_t i = 0; i < RELAYS; i++) {
        is_int(mesh_members(p[i]), RELAYS, "%s: all are listed once at relay %zu", what, i);
        is_int(speakers(p[i], s[i]), RELAYS - 1, "%s: and the three others told apart", what);
        for (size_t j = 0; j < RELAYS; j++) {
            double share = mesh_share(p[i], pitch[j]);
            ok(i == j ? share < 0.01 : share > 0.15, "%s: relay %zu hears relay %zu: %.2f", what, i,
               j, share);
        }
    }
    /* Each frame is heard once: nobody is louder than the two others. */
    for (size_t i = 0; i < RELAYS; i++)
        for (size_t j = 0; j < RELAYS; j++)
            ok(mesh_share(p[i], pitch[j]) < 0.5, "%s: at relay %zu %zu is not heard twice", what, i,
               j);
    mesh_lower(&m);
}

/* Checks that a call rings, is answered, is heard on both sides, and is hung up by one of them. */
static void call(struct wzp_sim_phone *from, struct wzp_sim_phone *to, bool by_callee,
                 const char *what)
{
    wzp_session_id session;
    size_t rung = wzp_sim_phone_count(to, WZP_EVENT_INCOMING);
    size_t heard[2] = {wzp_sim_phone_count(from, WZP_EVENT_MEDIA),
                       wzp_sim_phone_count(to, WZP_EVENT_MEDIA)};
    struct wzp_sim_phone *other = by_callee ? from : to;
    size_t ended = wzp_sim_phone_count(other, WZP_EVENT_ENDED);
    wzp_sim_phone_call(from, &session, to);
    uint64_t took = mesh_wait(to, WZP_EVENT_INCOMING, rung + 1, 3 * WZP_SECOND);
    ok(took < WZP_SECOND, "%s: rings (%.0f ms)", what, (double)took / 1e6);
    wzp_phone_answer(to->phone, to->last_incoming, false, wzp_sim_now(m.sim), NULL);
    wzp_sim_phone_kick(to);
    took = mesh_wait(from, WZP_EVENT_MEDIA, heard[0] + 1, 5 * WZP_SECOND);
    ok(took != WZP_NEVER &&
           mesh_wait(to, WZP_EVENT_MEDIA, heard[1] + 1, 5 * WZP_SECOND) != WZP_NEVER,
       "%s: is heard on both sides (%.0f ms)", what, (double)took / 1e6);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    wzp_sim_phone_hangup(by_callee ? to : from, by_callee ? to->last_incoming : session);
    took = mesh_wait(other, WZP_EVENT_ENDED, ended + 1, 5 * WZP_SECOND);
    ok(took < WZP_SECOND, "%s: hung up, and the other side knows (%.0f ms)", what,
       (double)took / 1e6);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    is_int(wzp_sim_phone_count(to, WZP_EVENT_INCOMING), rung + 1, "%s: it rang once", what);
    mesh_no_calls(&m, what);
}

static void test_calls(const char *dials)
{
    struct wzp_sim_phone *p[RELAYS];
    begin(92, dials);
    for (size_t i = 0; i < RELAYS; i++)
        p[i] = mesh_person(&m, i, pitch[i], true);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    for (int by_callee = 0; by_callee < 2; by_callee++) {
        call(p[3], p[OLD], by_callee, "the fourth calls the existing one");
        call(p[0], p[OLD], by_callee, "a middle one calls the existing one");
        call(p[OLD], p[1], by_callee, "the existing one calls a middle one");
        call(p[3], p[0], by_callee, "the fourth calls a middle one");
        call(p[1], p[3], by_callee, "a middle one calls the fourth");
    }
    mesh_check_ends(&m, p[3], p[OLD]);
    mesh_check_ends(&m, p[0], p[OLD]);
    mesh_check_ends(&m, p[OLD], p[0]);
    mesh_check_ends(&m, p[3], p[1]);
    mesh_lower(&m);
}

TAP_MAIN
{
    test_room("01 02 12 03 13", "ours dials");
    test_room("10 20 21 30 31", "ours is dialled");
    test_room("01 20 12 03 31", "both ways");
    test_calls("01 02 12 03 13");
    test_calls("10 20 21 30 31");
}
