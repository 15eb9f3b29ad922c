/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A phone whose address changes in the middle of a call, and one that loses its network for a
 * while. */
#include <string.h>

#include "base/time.h"
#include "media/level.h"
#include "sim/lib_stage.h"
#include "tap.h"

static struct stage st;

/* Ann's NAT gives her another external address; neither her phone nor Bob's is told. */
static void rebinding(void)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
    stage_raise(&st, 61, &line);
    ok(stage_call(&st, 5 * WZP_SECOND), "a call is up");
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    size_t ann = st.ann.card.heard.samples, bob = st.bob.card.heard.samples;
    is_int(wzp_sim_move(st.sim, st.ann.host, "192.0.2.44:61000"), 0, "Ann's address changes");
    wzp_sim_run(st.sim, 4 * WZP_SECOND);
    is_int(wzp_sim_move(st.sim, st.ann.host, "192.0.2.45:61001"), 0, "and again");
    wzp_sim_run(st.sim, 4 * WZP_SECOND);
    unsigned gap = stage_extra_gap(&st, &st.ann, ann);
    ok(gap < 300, "Ann hears Bob on (gap %u ms)", gap);
    gap = stage_extra_gap(&st, &st.bob, bob);
    ok(gap < 300, "Bob hears Ann on (gap %u ms)", gap);
    wzp_sim_run(st.sim, 40 * WZP_SECOND);
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0), "the call lives");
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_REGISTERED), 1, "so does the registration");
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_JOINED), 1, "nothing was dialled again");
    wzp_sim_phone_hangup(&st.bob, st.bobs);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_ENDED, 1, 2 * WZP_SECOND),
       "and Bob's hang-up finds Ann at the new address");
    wzp_session_id back;
    st.ann.auto_answer = true;
    wzp_sim_phone_call(&st.bob, &back, &st.ann);
    ok(wzp_sim_phone_wait(&st.bob, WZP_EVENT_MEDIA, 2, 3 * WZP_SECOND), "as does his next call");
    stage_lower(&st);
}

static bool hears(void *context)
{
    const struct wzp_sim_phone *p = context;
    return p->card.heard.samples >= 960 &&
           wzp_level_rms_dbfs(p->card.heard.pcm + p->card.heard.samples - 960, 960) > -50;
}

/* No network for a while, then as before. Once a window of packets is lost, QUIC probes ever more
 * rarely (RFC 9002 6.2.1): a fresh connection beside the silent one notices the end sooner. */
static void blackout(unsigned seconds, unsigned within)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND}, cut = {.down = true};
    stage_raise(&st, 62 + seconds, &line);
    ok(stage_call(&st, 5 * WZP_SECOND), "a call is up");
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    wzp_sim_set_links(st.ann.host, &cut, &cut);
    wzp_sim_run(st.sim, seconds * WZP_SECOND);
    wzp_sim_set_links(st.ann.host, &line, &line);
    uint64_t whole = wzp_sim_now(st.sim);
    bool back = wzp_sim_run_for(st.sim, hears, &st.ann, within * WZP_SECOND) &&
                wzp_sim_run_for(st.sim, hears, &st.bob, within * WZP_SECOND);
    ok(back, "%u s without network: both hear each other again after %.1f s", seconds,
       (double)(wzp_sim_now(st.sim) - whole) / 1e9);
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    double alike = stage_listen(&st, &st.ann, 7 * WZP_SECOND);
    ok(alike > 0.85, "and as well as before (%.3f)", alike);
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0), "the call lives");
    stage_lower(&st);
}

TAP_MAIN
{
    rebinding();
    blackout(2, 1);
    blackout(5, 1);
    blackout(15, 1);
    blackout(24, 1);
    stage_fini(&st);
}
