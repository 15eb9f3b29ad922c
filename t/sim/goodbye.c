/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A hangup is also sent on the media path: where the relay does not forward the Hangup signal, the
 * other side still ends the call at once, and with the true reason. */
#include <string.h>

#include "sim/lib_stage.h"
#include "tap.h"

static struct stage st;
static struct wzp_sim_phone twin;

/* Another program with Ann's identity replaces her registration, so that the relay accepts no more
 * signals from the first one: the effect is that of a relay that does not forward a Hangup. */
static void silence_ann(void)
{
    stage_add(&st, &twin, "10.0.0.4:5000", 1, true);
    if (!wzp_sim_phone_wait(&st.ann, WZP_EVENT_UNREGISTERED, 1, 2 * WZP_SECOND))
        bail("not displaced");
}

static void hang_up(uint64_t seed, const struct wzp_sim_link *line, const char *what)
{
    stage_raise(&st, seed, line);
    if (!stage_call(&st, 5 * WZP_SECOND))
        bail("no call");
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    silence_ann();
    uint64_t from = wzp_sim_now(st.sim);
    wzp_sim_phone_hangup(&st.ann, st.call);
    bool ended = wzp_sim_phone_wait(&st.bob, WZP_EVENT_ENDED, 1, 20 * WZP_SECOND);
    double took = (double)(wzp_sim_now(st.sim) - from) / 1e9;
    ok(ended && took < 1, "%s: the other side ends within a second (%.2f s)", what, took);
    const struct wzp_event *e = wzp_sim_phone_find(&st.bob, WZP_EVENT_ENDED, 0);
    is_int(e ? (int)e->u.ended.reason : -1, WZP_END_NORMAL, "%s: with the true reason", what);
    is_str(e ? e->u.ended.text : "", "the other side hung up", "%s: in words", what);
    wzp_sim_run(st.sim, 3 * WZP_SECOND);
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_ENDED), 1, "%s: once", what);
    wzp_sim_phone_stop(&twin);
    stage_lower(&st);
}

TAP_MAIN
{
    static const struct wzp_sim_link far = {.delay = 150 * WZP_MILLISECOND};
    static const struct wzp_sim_link lossy = {.delay = 20 * WZP_MILLISECOND, .loss = 0.1};

    if (tap_oom_mode())
        skip_all("whole calls");
    hang_up(71, NULL, "near");
    hang_up(72, &far, "far");
    for (uint64_t seed = 73; seed < 83; seed++)
        hang_up(seed, &lossy, "one packet in ten lost");
    stage_fini(&st);
}
