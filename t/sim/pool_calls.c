/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A pool (relays behind one name that share a directory): calls between people at two of its
 * relays, and their ends. */
#include <string.h>

#include "base/time.h"
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

static enum wzp_e2e_policy e2e;

static void begin(uint64_t seed, size_t relays)
{
    mesh_raise_pool(&m, seed, relays);
    m.e2e = e2e;
    ann = mesh_person(&m, 0, 500, true);
    bob = mesh_person(&m, 1, 800, true);
    ann->recording = bob->recording = true;
}

static enum wzp_end_reason end_of(const struct wzp_sim_phone *phone)
{
    const struct wzp_event *end = wzp_sim_phone_find(phone, WZP_EVENT_ENDED, 0);
    return end ? end->u.ended.reason : WZP_END_ERROR;
}

static void test_call(void)
{
    begin(51, 2);
    is_int(wzp_sim_phone_count(ann, WZP_EVENT_REGISTERED) +
               wzp_sim_phone_count(bob, WZP_EVENT_REGISTERED),
           2, "two register at two relays of a pool");
    is_int(m.directory.texts.count, 2, "and stand in its directory");
    wzp_sim_phone_call(ann, &call, bob);
    uint64_t took = mesh_wait(bob, WZP_EVENT_INCOMING, 1, 3 * WZP_SECOND);
    ok(took < 100 * WZP_MILLISECOND, "an offer reaches the callee at the other (%.1f ms)",
       (double)took / 1e6);
    ok(mesh_wait(ann, WZP_EVENT_RINGING, 1, WZP_SECOND) != WZP_NEVER,
       "the caller hears that it rings");
    wzp_phone_answer(bob->phone, bob->last_incoming, false, wzp_sim_now(m.sim), NULL);
    wzp_sim_phone_kick(bob);
    took = mesh_wait(ann, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND);
    ok(took != WZP_NEVER && mesh_wait(bob, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND) != WZP_NEVER,
       "both hear each other %.1f ms after the answer", (double)took / 1e6);
    is_int(relay(0)->members, 2, "at the caller's relay");
    is_int(relay(1)->members, 0, "and at no other");
    wzp_sim_run(m.sim, 4 * WZP_SECOND);
    ok(mesh_share(ann, 800) > 0.8 && mesh_share(bob, 500) > 0.8, "and well (%.2f, %.2f)",
       mesh_share(ann, 800), mesh_share(bob, 500));
    const struct wzp_event *security = wzp_sim_phone_find(ann, WZP_EVENT_SECURITY, 0);
    ok(security && security->u.security.e2e, "sealed from end to end");
    is_int(m.directory.texts.count, 4, "the call stands in the directory for both");
    wzp_sim_phone_hangup(ann, call);
    took = mesh_wait(bob, WZP_EVENT_ENDED, 1, 5 * WZP_SECOND);
    ok(took < 100 * WZP_MILLISECOND, "a hangup reaches the other side at once (%.1f ms)",
       (double)took / 1e6);
    is_int(end_of(bob), WZP_END_NORMAL, "as one");
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    mesh_no_calls(&m, "afterwards");
    is_int(m.directory.texts.count, 2, "nor does it stand in the directory");
    mesh_lower(&m);
}

/* A phone whose call is not end-to-end encrypted connects only to a relay that has the certificate
 * of its own relay. */
static void test_unsealed(void)
{
    e2e = WZP_E2E_OFF;
    begin(52, 2);
    bob->auto_answer = true;
    wzp_sim_phone_call(ann, &call, bob);
    ok(mesh_wait(bob, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND) != WZP_NEVER,
       "an unsealed call meets at the caller's relay, too");
    is_int(relay(0)->members, 2, "both are there");
    const struct wzp_event *joined = wzp_sim_phone_find(bob, WZP_EVENT_JOINED, 0);
    ok(joined && strcmp(joined->u.path.relay, "10.0.0.1:4433") == 0,
       "which is of the same name as theirs");
    const struct wzp_event *security = wzp_sim_phone_find(ann, WZP_EVENT_SECURITY, 0);
    ok(!security || !security->u.security.e2e, "the call is not sealed");
    wzp_sim_phone_hangup(ann, call);
    mesh_lower(&m);
    e2e = WZP_E2E_PREFER;
}

static void test_ends(void)
{
    begin(61, 3);
    mesh_check_ends(&m, ann, bob);
    mesh_check_ends(&m, bob, ann);
    mesh_lower(&m);
}

static void test_nobody(void)
{
    static struct wzp_sim_phone nobody;
    uint8_t seed[WZP_SEED_SIZE] = {77};
    begin(62, 3);
    wzp_identity_from_seed(&nobody.identity, seed);
    wzp_sim_phone_call(ann, &call, &nobody);
    uint64_t took = mesh_wait(ann, WZP_EVENT_ENDED, 1, 10 * WZP_SECOND);
    ok(took < 100 * WZP_MILLISECOND, "a callee unknown at all relays is told at once (%.1f ms)",
       (double)took / 1e6);
    is_int(end_of(ann), WZP_END_OFFLINE, "as not there");
    wzp_identity_wipe(&nobody.identity);
    mesh_lower(&m);
}

static void test_away(void)
{
    begin(63, 2);
    bob->auto_answer = true;
    wzp_sim_phone_call(ann, &call, bob);
    if (mesh_wait(ann, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND) == WZP_NEVER)
        bail("no call");
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    wzp_sim_directory_set_away(&m.directory, true);
    wzp_sim_run(m.sim, 30 * WZP_SECOND);
    ok(wzp_sim_phone_count(ann, WZP_EVENT_ENDED) + wzp_sim_phone_count(bob, WZP_EVENT_ENDED) == 0 &&
           mesh_share(ann, 800) > 0.8 && mesh_share(bob, 500) > 0.8,
       "30 s without the directory a call sounds as before (%.2f, %.2f)", mesh_share(ann, 800),
       mesh_share(bob, 500));
    wzp_sim_directory_set_away(&m.directory, false);
    wzp_sim_run(m.sim, WZP_SECOND);
    wzp_sim_phone_hangup(bob, bob->last_incoming);
    ok(mesh_wait(ann, WZP_EVENT_ENDED, 1, WZP_SECOND) != WZP_NEVER, "and is hung up afterwards");
    mesh_no_calls(&m, "then");
    mesh_lower(&m);
}

/* The callee's relay dies; the media go through the caller's. */
static void test_death(void)
{
    begin(64, 2);
    bob->auto_answer = true;
    wzp_sim_phone_call(ann, &call, bob);
    if (mesh_wait(ann, WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND) == WZP_NEVER)
        bail("no call");
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    wzp_sim_relay_crash(&m.relays[1]);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    if (wzp_sim_relay_restart(&m.relays[1]))
        bail("no relay");
    wzp_sim_run(m.sim, 30 * WZP_SECOND);
    ok(wzp_sim_phone_count(ann, WZP_EVENT_ENDED) + wzp_sim_phone_count(bob, WZP_EVENT_ENDED) == 0 &&
           mesh_share(ann, 800) > 0.8 && mesh_share(bob, 500) > 0.8,
       "30 s after the callee's relay died and came back the call sounds as before (%.2f, %.2f)",
       mesh_share(ann, 800), mesh_share(bob, 500));
    is_int(relay(1)->calls.by_id.count, 1, "the relay knows the call again");
    wzp_sim_phone_hangup(ann, call);
    ok(mesh_wait(bob, WZP_EVENT_ENDED, 1, WZP_SECOND) != WZP_NEVER, "a hangup reaches the callee");
    mesh_no_calls(&m, "then");
    mesh_lower(&m);
}

TAP_MAIN
{
    test_away();
    test_death();
    test_call();
    test_unsealed();
    test_ends();
    test_nobody();
}
