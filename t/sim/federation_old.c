/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms across existing relays, which know neither origin tags nor sender numbers. The existing
 * ones are our implementation here, set to treat each other, and to be treated, as existing ones.
 * Numbers in test names are those of the conformance list. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "relay/dispatch.h"
#include "relay/state.h"
#include "sim/lib_mesh.h"
#include "tap.h"

static struct mesh m;
static const double pitch[] = {500, 800, 1300};

static void set_old(size_t relay, size_t neighbour)
{
    char label[4];
    struct wzp_relay_neighbours *n = &m.relays[relay].relay->neighbours;
    snprintf(label, sizeof label, "R%zu", neighbour);
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i].label, label) == 0)
            n->items[i].is_ours = false;
}

/* Raises relays whose links all use the existing protocol. */
static void raise_old(size_t relays, const char *dials, unsigned links)
{
    mesh_raise(&m, 61, relays, dials);
    mesh_wait_links(&m, links, 5 * WZP_SECOND);
    wzp_sim_run(m.sim, WZP_SECOND);
    for (size_t i = 0; i < relays; i++)
        for (size_t j = 0; j < relays; j++)
            set_old(i, j);
}

/* Number of speakers at other relays that this relay tells apart. */
static size_t marks(size_t relay)
{
    const struct wzp_relay_global *global = m.relays[relay].relay->federation.first;
    size_t count = 0;
    for (size_t i = 0; i < WZP_RELAY_NUMBERS_MAX; i++)
        count += global->numbers[i].ours && global->numbers[i].is_mark;
    return count;
}

/* Both speakers begin at the same time, so that their frames have the same sequence numbers and
 * timestamps. */
static void test_speakers(void)
{
    struct wzp_sim_phone *p[3];
    wzp_session_id s[3];
    struct wzp_session_stats stats;
    raise_old(3, "01 21", 1);
    for (size_t i = 0; i < 3; i++)
        p[i] = mesh_person(&m, i, i == 1 ? 0 : pitch[i], false);
    for (size_t i = 0; i < 3; i++)
        wzp_sim_phone_join(p[i], &s[i], "general");
    wzp_sim_run(m.sim, 5 * WZP_SECOND);
    is_int(marks(1), 2, "57: frames to an existing relay say whose they are, across relays");
    wzp_phone_session_stats(p[1]->phone, s[1], &stats, wzp_sim_now(m.sim));
    is_int(stats.speakers, 2, "57: people of two of our relays, who began at once, are two");
    ok(mesh_share(p[1], 500) > 0.25 && mesh_share(p[1], 1300) > 0.25,
       "57: at an existing relay people of two of ours are both heard (%.2f, %.2f)",
       mesh_share(p[1], 500), mesh_share(p[1], 1300));
    ok(mesh_share(p[0], 1300) > 0.9 && mesh_share(p[2], 500) > 0.9,
       "57: and by each other over it (%.2f, %.2f)", mesh_share(p[0], 1300), mesh_share(p[2], 500));
    mesh_lower(&m);
}

/* Two machines that play the same recording: their frames are identical bit for bit. */
static void test_twins(void)
{
    struct wzp_sim_phone *p[3];
    wzp_session_id s[3];
    raise_old(3, "01 12 20", 2);
    for (size_t i = 0; i < 2; i++) /* these two are linked as relays of ours */
        for (size_t k = 0; k < m.relays[i].relay->neighbours.count; k++)
            if (strcmp(m.relays[i].relay->neighbours.items[k].label, i ? "R0" : "R1") == 0)
                m.relays[i].relay->neighbours.items[k].is_ours = true;
    for (size_t i = 0; i < 3; i++)
        p[i] = mesh_person(&m, i, i == 2 ? 0 : 500, false);
    for (size_t i = 0; i < 3; i++)
        wzp_sim_phone_join(p[i], &s[i], "general");
    wzp_sim_run(m.sim, 5 * WZP_SECOND);
    for (size_t i = 0; i < 3; i++) {
        struct wzp_session_stats stats;
        wzp_phone_session_stats(p[i]->phone, s[i], &stats, wzp_sim_now(m.sim));
        is_int(stats.speakers, 2, "two who send the same are two, in a mixed ring at relay %zu", i);
        ok(stats.heard.frames_decoded > (i == 2 ? 400 : 200), "and both are heard (%llu frames)",
           (unsigned long long)stats.heard.frames_decoded);
    }
    mesh_lower(&m);
}

static uint64_t carried_out(size_t relay)
{
    const struct wzp_relay_neighbours *n = &m.relays[relay].relay->neighbours;
    uint64_t sum = 0;
    for (size_t i = 0; i < n->count; i++)
        sum += n->items[i].frames_out;
    return sum;
}

static void test_ring(void)
{
    struct wzp_sim_phone *p[3];
    wzp_session_id s[3];
    raise_old(3, "01 12 20", 2);
    for (size_t i = 1; i < 3; i++) {
        p[i] = mesh_person(&m, i, pitch[i], false);
        wzp_sim_phone_join(p[i], &s[i], "general");
    }
    wzp_sim_run(m.sim, 3 * WZP_SECOND);
    uint64_t before = carried_out(0);
    wzp_sim_run(m.sim, 3 * WZP_SECOND);
    /* Unlike existing relays these do not send us duplicates, so that we probe again now and then.
     */
    ok(carried_out(0) - before <= 8,
       "58: two existing relays that are linked are not sent each other's frames by ours (%llu)",
       (unsigned long long)(carried_out(0) - before));
    ok(mesh_share(p[1], 1300) > 0.9 && mesh_share(p[2], 800) > 0.9, "they have them (%.2f, %.2f)",
       mesh_share(p[1], 1300), mesh_share(p[2], 800));
    mesh_cut(&m, 1, 2);
    wzp_sim_run(m.sim, 5 * WZP_SECOND);
    ok(mesh_share(p[1], 1300) > 0.9 && mesh_share(p[2], 800) > 0.9,
       "and when their link breaks they have them by ours (%.2f, %.2f)", mesh_share(p[1], 1300),
       mesh_share(p[2], 800));
    mesh_lower(&m);
}

static struct wzp_relay_neighbour *neighbour(size_t relay, const char *label)
{
    struct wzp_relay_neighbours *n = &m.relays[relay].relay->neighbours;
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i].label, label) == 0)
            return &n->items[i];
    bail("no %s at relay %zu", label, relay);
}

/* Relay 2 is an existing one. A frame that originates at relay `origin` reaches relay 1 through
 * relay 0, while its direct copy is lost or late. Returns how often relay 1 forwards it to relay 2.
 */
static uint64_t sent_on(size_t origin, uint8_t sequence)
{
    struct wzp_relay *r = m.relays[1].relay;
    uint8_t data[8 + WZP_RELAY_ORIGIN_SIZE + 12 + 40] = {0};
    memcpy(data, r->federation.first->origin_tag, 8);
    memcpy(data + 8, m.relays[origin].relay->certificate.sha256, WZP_RELAY_ORIGIN_SIZE);
    data[8 + WZP_RELAY_ORIGIN_SIZE + 3] = sequence;
    uint64_t before = neighbour(1, "R2")->frames_out;
    wzp_relay_carry_in(r, wzp_relay_neighbour_link(neighbour(1, "R0")), data, sizeof data,
                       wzp_sim_now(m.sim));
    return neighbour(1, "R2")->frames_out - before;
}

static void test_back(void)
{
    wzp_session_id session;
    mesh_raise(&m, 62, 3, "01 12 20");
    mesh_wait_links(&m, 2, 5 * WZP_SECOND);
    wzp_sim_run(m.sim, WZP_SECOND);
    set_old(0, 2);
    set_old(1, 2);
    wzp_sim_phone_join(mesh_person(&m, 2, 0, false), &session, "general");
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    is_int(sent_on(0, 1), 1, "a frame of another relay is sent on to an existing one");
    is_int(sent_on(2, 2), 0, "but one of its own is not sent back: it would play it to who spoke");
    mesh_lower(&m);
}

TAP_MAIN
{
    test_back();
    test_speakers();
    test_twins();
    test_ring();
}
