/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Another program of the same person registers while a call rings: signals of the call go to that
 * program from then on. So the first program ends the call, and the other side does not ring, or
 * wait, until the time limit. In virtual time. */
#include <string.h>

#include "base/time.h"
#include "sim/lib_stage.h"
#include "tap.h"

#define TABLET "10.0.0.4:5000"

static struct stage st;
static struct wzp_sim_phone tablet;

/* Ann's call rings at Bob's phone when a second device of one of them registers. */
static void open_ringing(uint64_t seed)
{
    stage_raise(&st, 51, NULL);
    st.bob.auto_answer = false;
    if (wzp_sim_phone_call(&st.ann, &st.call, &st.bob))
        bail("no call");
    if (!wzp_sim_phone_wait(&st.ann, WZP_EVENT_RINGING, 1, 5 * WZP_SECOND))
        bail("it does not ring");
    stage_add(&st, &tablet, TABLET, seed, true);
}

static void close_ringing(void)
{
    wzp_sim_phone_stop(&tablet);
    stage_lower(&st);
}

static bool ends(struct wzp_sim_phone *phone, enum wzp_end_reason reason, const char *words)
{
    if (!wzp_sim_phone_wait(phone, WZP_EVENT_ENDED, 1, 2 * WZP_SECOND))
        return false;
    const struct wzp_event *e = wzp_sim_phone_find(phone, WZP_EVENT_ENDED, 0);
    note("%s", e->u.ended.text);
    return e->u.ended.reason == reason && strstr(e->u.ended.text, words);
}

static void caller_is_displaced(void)
{
    open_ringing(1);
    ok(ends(&st.ann, WZP_END_LOST, "another program of ours"),
       "the caller's tablet registers while it rings: her phone's call ends, and says why");
    ok(ends(&st.bob, WZP_END_CANCELLED, "gave up"), "and it rings no longer at the callee");
    ok(wzp_sim_phone_call(&tablet, &st.call, &st.bob) == 0 &&
           wzp_sim_phone_wait(&st.bob, WZP_EVENT_INCOMING, 2, 5 * WZP_SECOND),
       "the tablet can call him then");
    close_ringing();
}

static void callee_is_displaced(void)
{
    open_ringing(2);
    ok(ends(&st.bob, WZP_END_LOST, "another program of ours"),
       "the callee's tablet registers while it rings: his phone rings no longer, and says why");
    ok(ends(&st.ann, WZP_END_OFFLINE, "went away while it rang"),
       "and the caller hears it at once");
    ok(wzp_sim_phone_call(&st.ann, &st.call, &st.bob) == 0 &&
           wzp_sim_phone_wait(&tablet, WZP_EVENT_INCOMING, 1, 5 * WZP_SECOND),
       "when she calls again the tablet rings");
    close_ringing();
}

static void call_that_runs(void)
{
    stage_raise(&st, 52, NULL);
    if (!stage_call(&st, 10 * WZP_SECOND))
        bail("no call");
    stage_add(&st, &tablet, TABLET, 1, true);
    wzp_sim_run(st.sim, 20 * WZP_SECOND);
    ok(wzp_sim_phone_count(&st.ann, WZP_EVENT_ENDED) == 0 &&
           wzp_sim_phone_count(&st.bob, WZP_EVENT_ENDED) == 0,
       "a call that runs goes on when the caller's tablet registers");
    wzp_sim_phone_hangup(&st.ann, st.call);
    ok(ends(&st.bob, WZP_END_NORMAL, "hung up"), "until her phone hangs up");
    close_ringing();
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    caller_is_displaced();
    callee_is_displaced();
    call_that_runs();
    stage_fini(&st);
}
