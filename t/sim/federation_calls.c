/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls between people at different relays: the charts of wzp-protocol(7), A direct call,
 * their ends, their media, more than one hop, and what must not happen. Numbers in names are
 * those of the conformance list. */
#include <string.h>

#include "base/time.h"
#include "relay/dispatch.h"
#include "relay/state.h"
#include "sim/lib_mesh.h"
#include "tap.h"

static struct mesh m;
static struct wzp_sim_phone *ann, *bob;
static wzp_session_id call;

static struct wzp_relay *relay(size_t n)
{
    return m.relays[n].relay;
}

/* Ann at relay 0, Bob at the last one, both registered; a second passes for presence to be
 * exchanged. */
static void begin(uint64_t seed, size_t relays, const char *dials, unsigned links)
{
    mesh_raise(&m, seed, relays, dials);
    if (mesh_wait_links(&m, links, 5 * WZP_SECOND) == WZP_NEVER)
        bail("no links");
    ann = mesh_person(&m, 0, 500, true);
    bob = mesh_person(&m, relays - 1, 800, true);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
}

static void test_call(size_t relays, const char *dials, unsigned links, const char *what)
{
    begin(51 + relays, relays, dials, links);
    wzp_sim_phone_call(ann, &call, bob);
    uint64_t took = mesh_wait(bob, WZP_EVENT_INCOMING, 1, 3 * WZP_SECOND);
    note("%s: the offer is there after %.0f ms", what, (double)took / 1e6);
    ok(took != WZP_NEVER, "8, 22: %s: an offer reaches the callee", what);
    ok(mesh_wait(ann, WZP_EVENT_RINGING, 1, WZP_SECOND) != WZP_NEVER,
       "%s: the caller hears that it rings", what);
    wzp_phone_answer(bob->phone, bob->last_incoming, false, wzp_sim_now(m.sim), NULL);
    wzp_sim_phone_kick(bob);
    took = mesh_wait(ann, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND);
    note("%s: media %.0f ms after the answer", what, (double)took / 1e6);
    ok(took != WZP_NEVER && mesh_wait(bob, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND) != WZP_NEVER,
       "23: %s: both hear each other over the relays", what);
    wzp_sim_run(m.sim, 4 * WZP_SECOND);
    ok(mesh_share(ann, 800) > 0.8 && mesh_share(bob, 500) > 0.8, "%s: and well (%.2f, %.2f)", what,
       mesh_share(ann, 800), mesh_share(bob, 500));
    const struct wzp_event *security = wzp_sim_phone_find(ann, WZP_EVENT_SECURITY, 0);
    ok(security && security->u.security.e2e, "%s: sealed from end to end", what);
    wzp_sim_phone_hangup(ann, call);
    took = mesh_wait(bob, WZP_EVENT_ENDED, 1, 5 * WZP_SECOND);
    note("%s: the hangup is there after %.0f ms", what, (double)took / 1e6);
    ok(took < WZP_SECOND, "%s: a hangup reaches the other side at once", what);
    const struct wzp_event *end = wzp_sim_phone_find(bob, WZP_EVENT_ENDED, 0);
    ok(end && end->u.ended.reason == WZP_END_NORMAL, "%s: as one", what);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    mesh_no_calls(&m, what);
    mesh_lower(&m);
}

static void test_ends(void)
{
    begin(61, 2, "01", 1);
    mesh_check_ends(&m, ann, bob);
    mesh_lower(&m);
}

static void test_nobody(void)
{
    static struct wzp_sim_phone nobody;
    begin(62, 3, "01 12 20", 2);
    nobody.identity = bob->identity;
    uint8_t seed[WZP_SEED_SIZE] = {77};
    wzp_identity_from_seed(&nobody.identity, seed);
    wzp_sim_phone_call(ann, &call, &nobody);
    uint64_t took = mesh_wait(ann, WZP_EVENT_ENDED, 1, 10 * WZP_SECOND);
    note("somebody unknown everywhere: told after %.0f ms", (double)took / 1e6);
    ok(took < 2 * WZP_SECOND, "a callee unknown at all relays is told within 2 s");
    const struct wzp_event *end = wzp_sim_phone_find(ann, WZP_EVENT_ENDED, 0);
    ok(end && end->u.ended.reason == WZP_END_OFFLINE, "as not there");
    mesh_no_calls(&m, "after that");

    /* What relay 2 knows about Bob is outdated: he is at relay 1 now. */
    struct wzp_relay_name name;
    wzp_relay_name_set(&name, bob->identity.fingerprint_text);
    ok(wzp_map_get(&relay(0)->federation.learnt, name.key, name.key_length) != NULL,
       "who is registered elsewhere is known");
    mesh_lower(&m);
}

static void test_gone(void)
{
    begin(63, 2, "01 10", 1);
    bob->auto_answer = true;
    wzp_sim_phone_call(ann, &call, bob);
    ok(mesh_wait(ann, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND) != WZP_NEVER, "a call over two relays");
    wzp_sim_relay_crash(&m.relays[1]);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    if (wzp_sim_relay_restart(&m.relays[1]))
        bail("no restart");
    size_t notices = wzp_sim_phone_count(ann, WZP_EVENT_NOTICE);
    /* The notices: the relay waits for Bob, the call is kept, and it continues. */
    uint64_t took = mesh_wait(ann, WZP_EVENT_NOTICE, notices + 3, 70 * WZP_SECOND);
    const struct wzp_event *last = wzp_sim_phone_find(ann, WZP_EVENT_NOTICE, 0);
    ok(took <= 26 * WZP_SECOND && strcmp(last->u.notice.text, "the call goes on") == 0,
       "a call whose other relay lost its memory goes on within 28 s of that (%.1f s: %s)",
       2 + (double)took / 1e9, last->u.notice.text);
    is_int(wzp_sim_phone_count(bob, WZP_EVENT_INCOMING), 1, "and does not ring again");
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    wzp_sim_phone_hangup(ann, call);
    ok(mesh_wait(bob, WZP_EVENT_ENDED, 1, 5 * WZP_SECOND) != WZP_NEVER, "until somebody hangs up");
    wzp_sim_run(m.sim, 60 * WZP_SECOND);
    mesh_no_calls(&m, "then");
    ok(mesh_links(&m, 0) == 1, "the link is back");
    mesh_lower(&m);
}

TAP_MAIN
{
    test_call(2, "01", 1, "two relays");
    test_call(2, "01 10", 1, "two that dial each other");
    test_call(3, "01 12", 1, "a chain of three");
    test_call(3, "01 12 20", 2, "a ring of three");
    test_ends();
    test_nobody();
    test_gone();
}
