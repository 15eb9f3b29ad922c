/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms over several relays: everybody is seen and heard once, no member stays listed after
 * leaving, a relay that disappears takes its people with it, and one that comes back is complete
 * within five seconds. Numbers in test names are those of the conformance list. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "relay/state.h"
#include "sim/lib_mesh.h"
#include "tap.h"

static struct mesh m;

/* Number of speakers that the phone tells apart. */
static size_t speakers(const struct wzp_sim_phone *phone, wzp_session_id session)
{
    struct wzp_session_stats stats;
    wzp_phone_session_stats(phone->phone, session, &stats, wzp_sim_now(m.sim));
    return stats.speakers;
}

static struct wzp_relay *relay(size_t n)
{
    return m.relays[n].relay;
}

static void test_pair(const char *dials, const char *what)
{
    static const double pitch[] = {500, 800, 1300};
    struct wzp_sim_phone *p[3];
    wzp_session_id s[3];
    mesh_raise(&m, 41, 2, dials);
    uint64_t took = mesh_wait_links(&m, 1, 5 * WZP_SECOND);
    note("%s: the link is up after %.0f ms", what, (double)took / 1e6);
    ok(took < WZP_SECOND, "45: %s: the link is up within a second", what);
    for (size_t i = 0; i < 3; i++) {
        p[i] = mesh_person(&m, i % 2, pitch[i], false);
        wzp_sim_phone_join(p[i], &s[i], "general");
    }
    for (size_t i = 0; i < 3; i++)
        ok(mesh_wait_members(&m, p[i], 3, 3 * WZP_SECOND) != WZP_NEVER,
           "%s: person %zu sees all three", what, i);
    wzp_sim_run(m.sim, 4 * WZP_SECOND);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++)
            if (j == i)
                ok(mesh_share(p[i], pitch[j]) < 0.01, "%s: person %zu does not hear itself", what,
                   i);
            else
                ok(mesh_share(p[i], pitch[j]) > 0.25,
                   "44, 57: %s: person %zu hears person %zu (%.2f)", what, i, j,
                   mesh_share(p[i], pitch[j]));
        is_int(speakers(p[i], s[i]), 2, "%s: person %zu tells the two others apart", what, i);
    }
    wzp_sim_phone_hangup(p[2], s[2]);
    took = mesh_wait_members(&m, p[1], 2, 3 * WZP_SECOND);
    note("%s: a leave is seen across after %.0f ms", what, (double)took / 1e6);
    ok(took < WZP_SECOND, "%s: one of two at the other relay leaves, and that is seen", what);
    ok(relay(0)->total.carried_again == 0, "%s: no frame comes twice over one link", what);
    mesh_lower(&m);
}

/* Number of frames that a relay received over its links. */
static uint64_t carried_by(size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < relay(n)->neighbours.count; i++)
        sum += relay(n)->neighbours.items[i].frames_in;
    return sum;
}

/* A dead way between two relays is detected by frames that arrive over another one, long before the
 * link times out. */
static void test_dead_way(void)
{
    static const double pitch[] = {500, 800, 1300};
    struct wzp_sim_phone *p[3];
    wzp_session_id s[3];
    mesh_raise(&m, 47, 3, "01 12 20");
    mesh_wait_links(&m, 2, 5 * WZP_SECOND);
    for (size_t i = 0; i < 3; i++) {
        p[i] = mesh_person(&m, i, pitch[i], false);
        wzp_sim_phone_join(p[i], &s[i], "general");
    }
    for (size_t i = 0; i < 3; i++)
        mesh_wait_members(&m, p[i], 3, 3 * WZP_SECOND);
    wzp_sim_run(m.sim, 4 * WZP_SECOND);
    mesh_cut(&m, 0, 2);
    wzp_sim_run(m.sim, 3 * WZP_SECOND);
    ok(mesh_links(&m, 0) == 2 && mesh_links(&m, 2) == 2,
       "three seconds after a line died its link is still believed in");
    ok(mesh_share(p[0], 1300) > 0.25 && mesh_share(p[2], 500) > 0.25,
       "but who is on its two sides hears each other the other way round (%.2f, %.2f)",
       mesh_share(p[0], 1300), mesh_share(p[2], 500));
    wzp_sim_run(m.sim, 20 * WZP_SECOND);
    is_int(mesh_links(&m, 0), 1, "then the link is gone");
    ok(mesh_share(p[0], 1300) > 0.25 && mesh_share(p[2], 500) > 0.25, "and they still do");
    mesh_mend(&m);
    mesh_wait_links(&m, 2, 60 * WZP_SECOND);
    wzp_sim_run(m.sim, 4 * WZP_SECOND);
    uint64_t again = relay(2)->total.carried_again, carried = carried_by(2);
    wzp_sim_run(m.sim, 5 * WZP_SECOND);
    again = relay(2)->total.carried_again - again;
    carried = carried_by(2) - carried;
    ok(mesh_share(p[0], 1300) > 0.25 && mesh_share(p[2], 500) > 0.25 && again * 20 < carried,
       "it comes back, and each frame takes one way again (%llu of %llu came twice)",
       (unsigned long long)again, (unsigned long long)carried);
    mesh_lower(&m);
}

static void test_ring(void)
{
    static const double pitch[] = {500, 800, 1300};
    struct wzp_sim_phone *p[3];
    wzp_session_id s[3];
    mesh_raise(&m, 42, 3, "01 12 20");
    ok(mesh_wait_links(&m, 2, 5 * WZP_SECOND) != WZP_NEVER, "a ring of three is linked");
    for (size_t i = 0; i < 3; i++) {
        p[i] = mesh_person(&m, i, pitch[i], false);
        wzp_sim_phone_join(p[i], &s[i], "general");
    }
    for (size_t i = 0; i < 3; i++)
        ok(mesh_wait_members(&m, p[i], 3, 3 * WZP_SECOND) != WZP_NEVER,
           "in a ring person %zu sees all three", i);
    wzp_sim_run(m.sim, 4 * WZP_SECOND);
    uint64_t updates = relay(0)->total.room_updates;
    uint64_t again = relay(0)->total.carried_again, carried = carried_by(0);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++)
            if (j != i)
                ok(mesh_share(p[i], pitch[j]) > 0.25, "person %zu hears person %zu (%.2f)", i, j,
                   mesh_share(p[i], pitch[j]));
        is_int(speakers(p[i], s[i]), 2, "as two speakers, each frame once");
    }
    wzp_sim_run(m.sim, 10 * WZP_SECOND);
    is_int(relay(0)->total.room_updates - updates, 0, "no announcement goes round");
    again = relay(0)->total.carried_again - again;
    carried = carried_by(0) - carried;
    ok(carried > 900 && again * 20 < carried,
       "frames that come by a second way in the ring: %llu of %llu", (unsigned long long)again,
       (unsigned long long)carried);
    wzp_sim_phone_hangup(p[2], s[2]);
    ok(mesh_wait_members(&m, p[0], 2, 2 * WZP_SECOND) != WZP_NEVER &&
           mesh_wait_members(&m, p[1], 2, 2 * WZP_SECOND) != WZP_NEVER,
       "who leaves is gone for everybody");
    wzp_sim_run(m.sim, 5 * WZP_SECOND);
    is_int(mesh_members(p[0]), 2, "and does not come back as a ghost");
    wzp_sim_phone_join(p[2], &s[2], "general");
    ok(mesh_wait_members(&m, p[0], 3, 3 * WZP_SECOND) != WZP_NEVER, "only in person");

    wzp_sim_relay_crash(&m.relays[2]);
    uint64_t took = mesh_wait_members(&m, p[0], 2, 60 * WZP_SECOND);
    note("a relay that dies takes its people out of the list after %.1f s", (double)took / 1e9);
    ok(took <= 15 * WZP_SECOND, "a relay that dies takes its people with it within 15 s");
    if (wzp_sim_relay_restart(&m.relays[2]))
        bail("no restart");
    uint64_t from = wzp_sim_now(m.sim);
    took = mesh_wait_links(&m, 2, 20 * WZP_SECOND);
    ok(took <= 5 * WZP_SECOND, "restarted, it is linked again within 5 s (%.1f)",
       (double)took / 1e9);
    for (size_t i = 0; i < 3; i++)
        mesh_wait_members(&m, p[i], 3, 20 * WZP_SECOND);
    double back = (double)(wzp_sim_now(m.sim) - from) / 1e9;
    note("everybody sees everybody %.1f s after the restart", back);
    ok(mesh_members(p[0]) == 3 && mesh_members(p[1]) == 3, "and everybody is seen again");
    mesh_lower(&m);
}

static void test_chain(void)
{
    struct wzp_sim_phone *p[2];
    wzp_session_id s[2];
    mesh_raise(&m, 43, 3, "01 12");
    ok(mesh_wait_links(&m, 1, 5 * WZP_SECOND) != WZP_NEVER, "a chain of three is linked");
    wzp_sim_run(m.sim, WZP_SECOND);
    p[0] = mesh_person(&m, 0, 500, false);
    p[1] = mesh_person(&m, 2, 800, false);
    wzp_sim_phone_join(p[0], &s[0], "general");
    wzp_sim_phone_join(p[1], &s[1], "general");
    ok(mesh_wait_members(&m, p[0], 2, 3 * WZP_SECOND) != WZP_NEVER &&
           mesh_wait_members(&m, p[1], 2, 3 * WZP_SECOND) != WZP_NEVER,
       "the two ends see each other through the middle, where nobody is");
    wzp_sim_run(m.sim, 4 * WZP_SECOND);
    ok(mesh_share(p[0], 800) > 0.5 && mesh_share(p[1], 500) > 0.5,
       "and hear each other (%.2f, %.2f)", mesh_share(p[0], 800), mesh_share(p[1], 500));
    mesh_lower(&m);
}

/* The hashed room name (of browsers) and the plain one are one room; rooms that are not global stay
 * on one relay. */
static void test_names(void)
{
    struct wzp_sim_phone *p[4];
    wzp_session_id s[4];
    char hashed[33];
    wzp_room_hash(hashed, "general");
    is_str(hashed, "a47b63f7d5b511ba5bc4089a74446906", "36: the hashed name of a room");
    mesh_raise(&m, 44, 2, "01");
    mesh_wait_links(&m, 1, 5 * WZP_SECOND);
    for (size_t i = 0; i < 4; i++)
        p[i] = mesh_person(&m, i % 2, 0, false);
    wzp_sim_phone_join(p[0], &s[0], "general");
    wzp_sim_phone_join(p[1], &s[1], hashed);
    ok(mesh_wait_members(&m, p[0], 2, 3 * WZP_SECOND) != WZP_NEVER,
       "38: the plain and the hashed name are one room, also over relays");
    wzp_sim_phone_join(p[2], &s[2], "private");
    wzp_sim_phone_join(p[3], &s[3], "private");
    wzp_sim_run(m.sim, 3 * WZP_SECOND);
    ok(mesh_members(p[2]) == 1 && mesh_members(p[3]) == 1,
       "36: a room that is not global stays at its relay");
    is_int(relay(0)->federation.by_name.count, 2, "and no other relay's room is kept for it");
    mesh_lower(&m);
}

static void test_trust(void)
{
    static struct mesh stranger;
    mesh_raise(&stranger, 45, 3, "01");
    struct wzp_relay_config uninvited = stranger.configs[2];
    uninvited.peer_count = 1;
    snprintf(uninvited.peers[0].url, sizeof uninvited.peers[0].url, "10.0.0.1:4433");
    mesh_fingerprint(0, uninvited.peers[0].fingerprint);
    wzp_sim_relay_stop(&stranger.relays[2]);
    if (wzp_sim_relay_start(&stranger.relays[2], stranger.sim, "10.0.2.1:4433", 102, &uninvited))
        bail("no relay");
    wzp_sim_run(stranger.sim, 60 * WZP_SECOND);
    uint64_t refused = stranger.relays[0].relay->total.links_refused;
    ok(refused >= 5, "a relay that nobody invited comes again and again (%llu times)",
       (unsigned long long)refused);
    is_int(mesh_links(&stranger, 0), 1, "50: whom one dials and pins is linked");
    is_int(mesh_links(&stranger, 1), 1, "51: who is trusted and proves its key is let in");
    is_int(stranger.relays[0].relay->neighbours.refused[0].count, refused,
           "52: and is refused each time");
    mesh_lower(&stranger);

    /* The configured certificate fingerprint is wrong. */
    mesh_raise(&m, 46, 2, "");
    struct wzp_relay_config config = m.configs[0];
    wzp_sim_relay_stop(&m.relays[0]);
    config.peer_count = 1;
    snprintf(config.peers[0].url, sizeof config.peers[0].url, "10.0.1.1:4433");
    mesh_fingerprint(7, config.peers[0].fingerprint);
    if (wzp_sim_relay_start(&m.relays[0], m.sim, "10.0.0.1:4433", 100, &config))
        bail("no relay");
    wzp_sim_run(m.sim, 120 * WZP_SECOND);
    is_int(mesh_links(&m, 0), 0, "a certificate that is not the configured one is refused");
    ok(relay(0)->total.links_refused >= 3, "however often it is tried (%llu)",
       (unsigned long long)relay(0)->total.links_refused);
    ok(relay(1)->total.links_refused == 0 && relay(0)->neighbours.items[0].told_pin,
       "and told once");
    mesh_lower(&m);
}

TAP_MAIN
{
    test_pair("01", "one dials");
    test_pair("01 10", "both dial");
    test_ring();
    test_dead_way();
    test_chain();
    test_names();
    test_trust();
}
