/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a caller is told when nothing is received any more: because the relay is gone, the line is
 * dead for a while, or the friend's phone died. */
#include <string.h>

#include "sim/lib_stage.h"
#include "tap.h"

static struct stage st;

static const struct wzp_event *notice(const struct wzp_sim_phone *p, const char *words)
{
    for (size_t i = 0; i < p->diary_count; i++)
        if (p->diary[i]->type == WZP_EVENT_NOTICE && strstr(p->diary[i]->u.notice.text, words))
            return p->diary[i];
    return NULL;
}

static double seconds_after(const struct wzp_event *e, uint64_t since)
{
    return e ? ((double)e->at - (double)since) / 1e9 : -1;
}

static void call_up(uint64_t seed)
{
    stage_raise(&st, seed, NULL);
    if (!stage_call(&st, 5 * WZP_SECOND))
        bail("no call");
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
}

static void relay_gone(void)
{
    struct wzp_session_stats before, after;

    call_up(61);
    wzp_phone_session_stats(st.ann.phone, st.call, &before, wzp_sim_now(st.sim));
    uint64_t since = wzp_sim_now(st.sim);
    wzp_sim_relay_crash(&st.relay);
    wzp_sim_run(st.sim, 6 * WZP_SECOND);
    double told = seconds_after(notice(&st.ann, "nothing has been heard from the relay"), since);
    ok(told >= 1 && told < 1.6, "a relay that is gone is told after a second (%.2f s)", told);
    told = seconds_after(notice(&st.ann, "connecting to the relay"), since);
    ok(told >= 3 && told < 3.8, "and after three that it is dialled anew (%.2f s)", told);
    ok(!notice(&st.ann, "other side"),
       "of the friend, who cannot be heard either, nothing is said");
    wzp_phone_session_stats(st.ann.phone, st.call, &after, wzp_sim_now(st.sim));
    ok(after.heard.jitter.loss_percent_5s > 90, "what does not come is lost (%.0f %%)",
       after.heard.jitter.loss_percent_5s);
    ok(after.heard.jitter.lost > before.heard.jitter.lost + 200, "and counted");
    ok(before.mos > 4 && after.mos < 2.5, "the call is no good call any more (MOS %.1f, was %.1f)",
       after.mos, before.mos);
    stage_lower(&st);
}

static void line_dead(void)
{
    static const struct wzp_sim_link dead = {.down = true};
    static const struct wzp_sim_link fine = {.delay = 20 * WZP_MILLISECOND};

    call_up(62);
    wzp_sim_set_links(st.ann.host, &dead, &dead);
    wzp_sim_run(st.sim, 6 * WZP_SECOND);
    ok(notice(&st.ann, "nothing has been heard from the relay") != NULL, "Ann's line dies: told");
    const struct wzp_event *e = notice(&st.bob, "nothing has been heard from the other side");
    ok(e != NULL, "Bob, whose relay is well, hears that Ann is silent");
    uint64_t since = wzp_sim_now(st.sim);
    wzp_sim_set_links(st.ann.host, &fine, &fine);
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    double told = seconds_after(notice(&st.ann, "is heard again"), since);
    ok(told >= 0 && told < 3, "the line is back: told (%.2f s)", told);
    ok(notice(&st.bob, "the other side is heard again") != NULL, "Bob is told, too");
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0) &&
           !wzp_sim_phone_find(&st.bob, WZP_EVENT_ENDED, 0),
       "the call goes on");
    struct wzp_session_stats stats;
    wzp_phone_session_stats(st.ann.phone, st.call, &stats, wzp_sim_now(st.sim));
    ok(stats.mos > 4, "its MOS is good again, too (%.1f)", stats.mos);
    size_t from = st.ann.card.heard.samples;
    double alike = stage_listen(&st, &st.ann, 7 * WZP_SECOND);
    ok(alike > 0.9, "and sounds as before (likeness %.2f)", alike);
    ok(stage_extra_gap(&st, &st.ann, from) < 200, "without gaps");
    wzp_phone_session_stats(st.ann.phone, st.call, &stats, wzp_sim_now(st.sim));
    ok(stats.mos > 4, "and stays so (%.1f)", stats.mos);
    stage_lower(&st);
}

static void friend_on_hold(void)
{
    call_up(63);
    size_t before = wzp_sim_phone_count(&st.ann, WZP_EVENT_NOTICE);
    wzp_phone_hold(st.bob.phone, st.bobs, true, wzp_sim_now(st.sim));
    wzp_sim_run(st.sim, 20 * WZP_SECOND);
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_NOTICE), before,
           "a friend on hold is not a friend who is gone");
    wzp_phone_hold(st.bob.phone, st.bobs, false, wzp_sim_now(st.sim));
    ok(stage_listen(&st, &st.ann, 7 * WZP_SECOND) > 0.9, "and is heard well afterwards");
    stage_lower(&st);
}

/* A silent peer sends few packets, and some of them are lost: a few frames a second. */
static void quiet_friend_on_a_lossy_line(void)
{
    static const struct wzp_sim_link lossy = {.delay = 20 * WZP_MILLISECOND, .loss = 0.01};
    struct wzp_session_stats stats;
    double worst = 5;

    call_up(64);
    wzp_phone_mute(st.bob.phone, st.bobs, true, wzp_sim_now(st.sim));
    wzp_sim_set_links(st.ann.host, &lossy, &lossy);
    wzp_sim_set_links(st.bob.host, &lossy, &lossy);
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    size_t before = wzp_sim_phone_count(&st.ann, WZP_EVENT_NOTICE);
    for (int i = 0; i < 180; i++) {
        wzp_sim_run(st.sim, WZP_SECOND);
        wzp_phone_session_stats(st.ann.phone, st.call, &stats, wzp_sim_now(st.sim));
        worst = stats.mos < worst ? stats.mos : worst;
    }
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_NOTICE), before,
           "a muted friend of whom one packet in fifty is lost is not gone");
    ok(worst > 3.9, "nor does the call sound worse for it (MOS %.1f at worst)", worst);
    stage_lower(&st);
}

TAP_MAIN
{
    relay_gone();
    line_dead();
    friend_on_hold();
    quiet_friend_on_a_lossy_line();
    stage_fini(&st);
}
