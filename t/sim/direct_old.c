/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls with the existing application, which behaves as wzp-protocol(7), Race and Old peers, says:
 * direct within one network, behind routers that filter nothing, and wherever our side can open the
 * path; otherwise over the relay; both sides are heard. */
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "sim/lib_old.h"
#include "tap.h"

static struct homes h;
static struct old old;

static const struct wzp_sim_nat_config cone = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                               .filtering = WZP_SIM_ENDPOINT_INDEPENDENT},
                                       restricted = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                                     .filtering =
                                                         WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};

static bool is_settled(void *context)
{
    (void)context;
    return old.settled_at != 0;
}

/* Our phone is in one home, the existing application in the other, or both are in the same network.
 */
static void play(const char *what, const struct wzp_sim_nat_config *nat, bool same_lan,
                 bool ours_at_a, bool ours_calls, bool direct)
{
    const struct home_plan plan = {.nat = nat, .delay = 20 * WZP_MILLISECOND};
    const char *why, *who = ours_calls ? "we call" : "it calls";
    homes_open(&h, 1, &plan, &plan, false);
    struct home_side *ours = ours_at_a ? &h.a : &h.b;
    bool old_at_a = same_lan == ours_at_a;
    /* Within one network the ports decide who dials: ours is 5000. */
    old_open(&old, h.sim, old_at_a ? h.a.lan : h.b.lan, old_at_a ? "192.168.1.77" : "192.168.2.77",
             ours_at_a ? 6000 : 4000, HOMES_RELAY);
    ours->phone.auto_answer = true;
    if (ours_calls) {
        if (wzp_phone_call(ours->phone.phone, &h.call, old.identity.fingerprint_text,
                           wzp_sim_now(h.sim), NULL))
            bail("no call");
        wzp_sim_phone_kick(&ours->phone);
    } else {
        old_call(&old, ours->phone.identity.fingerprint_text);
    }
    ok(wzp_sim_run_for(h.sim, is_settled, NULL, 8 * WZP_SECOND), "%s, %s: it settles on a path",
       what, who);
    wzp_sim_run(h.sim, 3 * WZP_SECOND);
    bool is_direct = homes_is_direct(ours, &why);
    const char *role = old.role == WZP_ROLE_DIALER     ? "dials"
                       : old.role == WZP_ROLE_ACCEPTOR ? "accepts"
                                                       : "does neither";
    ok(is_direct == direct && old.is_direct == direct,
       "%s, %s, it %s: %s after %u ms at its end (%s)", what, who, role,
       direct ? "direct" : "over the relay",
       (unsigned)((old.settled_at - old.setup_at) / WZP_MILLISECOND), why);
    struct wzp_session_stats stats = homes_stats(ours);
    ok(stats.heard.frames_decoded >= 100, "%s, %s: we hear it (%u frames)", what, who,
       (unsigned)stats.heard.frames_decoded);
    ok(old.heard >= 100, "%s, %s: it hears us on its path (%u packets, %u elsewhere)", what, who,
       old.heard, old.heard_elsewhere);
    ok(!old.peer_reported || old.peer_ok == direct, "%s, %s: our report was true", what, who);
    old_close(&old);
    homes_close(&h);
}

static void both_ways(const char *what, const struct wzp_sim_nat_config *nat, bool same_lan,
                      bool ours_at_a, bool direct)
{
    play(what, nat, same_lan, ours_at_a, true, direct);
    play(what, nat, same_lan, ours_at_a, false, direct);
}

/* A callee that hides its address: it signals no address, and receives no packet. */
static void hidden(void)
{
    const struct home_plan plan = {.nat = &cone, .delay = 20 * WZP_MILLISECOND};
    homes_open(&h, 1, &plan, &plan, false);
    old_open(&old, h.sim, h.b.lan, "192.168.2.77", 6000, HOMES_RELAY);
    old.trusted = false;
    if (wzp_phone_call(h.a.phone.phone, &h.call, old.identity.fingerprint_text, wzp_sim_now(h.sim),
                       NULL))
        bail("no call");
    wzp_sim_phone_kick(&h.a.phone);
    wzp_sim_run(h.sim, 8 * WZP_SECOND);
    ok(!homes_is_direct(&h.a, NULL) && !old.is_direct, "who hides is called over the relay");
    ok(old.heard >= 100 && homes_stats(&h.a).heard.frames_decoded >= 100, "and both are heard");
    old_close(&old);
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    both_ways("one network", &restricted, true, true, true);
    both_ways("one network, the other way round", &restricted, true, false, true);
    both_ways("full cones", &cone, false, true, true);
    both_ways("full cones, the other way round", &cone, false, false, true);
    /* The side with the smaller address accepts. Ours sends punches then; the existing program does
     * not. */
    both_ways("usual routers, we accept", &restricted, false, true, true);
    both_ways("usual routers, it accepts", &restricted, false, false, false);
    hidden();
}
