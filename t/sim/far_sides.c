/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two people in a call over two relays, which are linked or share a directory. One person's program
 * is killed and restarted; then the operator of one relay disconnects its person, or stops the
 * relay. The other side is told the same as if there were one relay. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "relay/order.h"
#include "sim/lib_mesh.h"
#include "tap.h"

static struct mesh m;
static struct wzp_sim_phone *ann, *bob;

static void begin(bool is_pool, bool answers)
{
    wzp_session_id call;
    if (is_pool)
        mesh_raise_pool(&m, 71, 2);
    else
        mesh_raise(&m, 72, 2, "01");
    if (!is_pool && mesh_wait_links(&m, 1, 5 * WZP_SECOND) == WZP_NEVER)
        bail("no link");
    ann = mesh_person(&m, 0, 500, true);
    bob = mesh_person(&m, 1, 800, true);
    bob->auto_answer = answers;
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    wzp_sim_phone_call(ann, &call, bob);
    if (mesh_wait(ann, answers ? WZP_EVENT_MEDIA : WZP_EVENT_RINGING, 1, 5 * WZP_SECOND) ==
        WZP_NEVER)
        bail("no call");
    wzp_sim_run(m.sim, 5 * WZP_SECOND);
}

static void restart(const char *relays)
{
    wzp_sim_phone_stop(bob);
    wzp_sim_run(m.sim, 5 * WZP_SECOND);
    bob = mesh_person_as(&m, 1, 800, true, 2);
    bob->auto_answer = true;
    ok(mesh_wait(bob, WZP_EVENT_INCOMING, 1, 5 * WZP_SECOND) < 4 * WZP_SECOND,
       "%s: who was killed in a call and started again is called again within four seconds",
       relays);
    wzp_sim_run(m.sim, 3 * WZP_SECOND);
    ok(mesh_share(ann, 800) > 0.8 && !wzp_sim_phone_find(ann, WZP_EVENT_ENDED, 0),
       "%s: and heard in the same call (%.2f)", relays, mesh_share(ann, 800));
}

static bool is_told(const struct wzp_sim_phone *phone)
{
    const struct wzp_event *end = wzp_sim_phone_find(phone, WZP_EVENT_ENDED, 0);
    return end && end->u.ended.reason == WZP_END_REFUSED && strstr(end->u.ended.text, "operator");
}

static void kick(const char *relays)
{
    struct wzp_error err = {0};
    size_t ended;
    if (wzp_relay_order(m.relays[1].relay, WZP_RELAY_ORDER_KICK, bob->identity.fingerprint_text,
                        &ended, wzp_sim_now(m.sim), &err))
        bail("the order is not taken: %s", err.text);
    wzp_sim_host_kick(m.relays[1].host);
    wzp_sim_run(m.sim, WZP_SECOND);
    ok(is_told(ann) && is_told(bob), "%s: of a kick both sides hear who ended the call", relays);
    wzp_sim_run(m.sim, 30 * WZP_SECOND);
    mesh_no_calls(&m, relays);
}

static bool ends_as(const struct wzp_sim_phone *phone, const char *text)
{
    const struct wzp_event *end = wzp_sim_phone_find(phone, WZP_EVENT_ENDED, 0);
    note("%s", end ? end->u.ended.text : "no end");
    return end && end->u.ended.reason == WZP_END_LOST && strcmp(end->u.ended.text, text) == 0;
}

static void stop(const char *relays, const char *when)
{
    wzp_relay_drain(m.relays[1].relay, wzp_sim_now(m.sim));
    wzp_sim_host_kick(m.relays[1].host);
    wzp_sim_run(m.sim, 2 * WZP_SECOND);
    ok(ends_as(ann, "a relay of this call was stopped"),
       "%s: when the far relay is stopped while %s, the call ends as that", relays, when);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    for (int is_pool = 0; is_pool < 2; is_pool++) {
        const char *relays = is_pool ? "of one directory" : "linked";
        begin(is_pool, true);
        restart(relays);
        kick(relays);
        mesh_lower(&m);
        begin(is_pool, true);
        stop(relays, "two talk");
        ok(ends_as(bob, "the relay was stopped"), "%s: and whose own it was hears that", relays);
        mesh_lower(&m);
        begin(is_pool, false);
        stop(relays, "it rings");
        mesh_lower(&m);
    }
}
