/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay that is back after two seconds without its state: what becomes of calls and rooms. */
#include <string.h>

#include "media/level.h"
#include "sim/lib_stage.h"
#include "tap.h"

static struct stage st;

static size_t notices(const struct wzp_sim_phone *p, const char *words)
{
    size_t count = 0;

    for (size_t i = 0; i < p->diary_count; i++)
        count += p->diary[i]->type == WZP_EVENT_NOTICE &&
                 strstr(p->diary[i]->u.notice.text, words) != NULL;
    return count;
}

static bool hears(void *context)
{
    const struct wzp_sim_phone *p = context;

    return p->card.heard.samples >= 960 &&
           wzp_level_rms_dbfs(p->card.heard.pcm + p->card.heard.samples - 960, 960) > -50;
}

/* The relay is away for this long; true when both sides hear each other again within the limit. */
static bool outage(uint64_t away, uint64_t limit)
{
    wzp_sim_relay_crash(&st.relay);
    wzp_sim_run(st.sim, away);
    if (wzp_sim_relay_restart(&st.relay))
        bail("no relay");
    uint64_t back = wzp_sim_now(st.sim);
    bool both = wzp_sim_run_for(st.sim, hears, &st.ann, limit) &&
                wzp_sim_run_for(st.sim, hears, &st.bob, limit);
    note("%.2f s after the relay", (double)(wzp_sim_now(st.sim) - back) / 1e9);
    return both;
}

static void sealed_call(void)
{
    struct wzp_session_stats stats;

    stage_raise(&st, 81, NULL);
    if (!stage_call(&st, 5 * WZP_SECOND))
        bail("no call");
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    wzp_phone_session_stats(st.ann.phone, st.call, &stats, wzp_sim_now(st.sim));
    char code[WZP_E2E_SAS_TEXT_MAX];
    memcpy(code, stats.sas, sizeof code);
    ok(outage(2 * WZP_SECOND, 3 * WZP_SECOND), "both hear each other again within 3 s");
    wzp_sim_run(st.sim, WZP_SECOND);
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0) &&
           !wzp_sim_phone_find(&st.bob, WZP_EVENT_ENDED, 0),
       "it is the same call for both");
    ok(wzp_phone_session(st.ann.phone, 0) == st.call &&
           wzp_phone_session(st.bob.phone, 0) == st.bobs,
       "under the same handles");
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_INCOMING), 1, "nothing rings");
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_RINGING), 1, "on either side");
    ok(notices(&st.ann, "the call goes on") == 1 && notices(&st.bob, "the call goes on") == 1,
       "both are told");
    wzp_phone_session_stats(st.ann.phone, st.call, &stats, wzp_sim_now(st.sim));
    ok(stats.e2e && stats.e2e_confirmed && strcmp(stats.sas, code) != 0,
       "it is sealed with new keys, which the first packet proved");
    ok(stats.mos > 4 && stats.heard.jitter.loss_percent_5s < 1,
       "its figures are those of what is heard, a second later (MOS %.1f, loss %.0f %%)", stats.mos,
       stats.heard.jitter.loss_percent_5s);
    ok(stats.duration_ms > 7000, "and as old as before (%.1f s)", (double)stats.duration_ms / 1e3);
    ok(stage_listen(&st, &st.ann, 7 * WZP_SECOND) > 0.9, "Ann hears Bob as well as before");
    wzp_sim_phone_hangup(&st.ann, st.call);
    ok(wzp_sim_phone_wait(&st.bob, WZP_EVENT_ENDED, 1, WZP_SECOND), "and it can be hung up");
    const struct wzp_event *end = wzp_sim_phone_find(&st.bob, WZP_EVENT_ENDED, 0);
    is_int(end ? (int)end->u.ended.reason : -1, WZP_END_NORMAL, "as any other");
    stage_lower(&st);
}

static void friend_away(void)
{
    stage_raise(&st, 82, NULL);
    if (!stage_call(&st, 5 * WZP_SECOND))
        bail("no call");
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    wzp_sim_relay_crash(&st.relay);
    wzp_sim_phone_stop(&st.bob);
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    wzp_sim_relay_restart(&st.relay);
    uint64_t back = wzp_sim_now(st.sim);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_ENDED, 1, 10 * WZP_SECOND), "without Bob it ends");
    const struct wzp_event *end = wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0);
    double took = end ? (double)(end->at - back) / 1e9 : -1;
    ok(end && end->u.ended.reason == WZP_END_LOST && took < 5,
       "as lost, %.1f s after the relay is back: %s", took, end ? end->u.ended.text : "-");
    stage_lower(&st);
}

/* Ann's program cannot know yet that Bob hung up, and makes the call again. */
static void hung_up_meanwhile(void)
{
    stage_raise(&st, 83, NULL);
    if (!stage_call(&st, 5 * WZP_SECOND))
        bail("no call");
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    wzp_sim_relay_crash(&st.relay);
    wzp_sim_run(st.sim, WZP_SECOND);
    wzp_sim_phone_hangup(&st.bob, st.bobs);
    wzp_sim_run(st.sim, WZP_SECOND);
    wzp_sim_relay_restart(&st.relay);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_ENDED, 1, 6 * WZP_SECOND), "Ann's call ends, too");
    const struct wzp_event *end = wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0);
    ok(end && end->u.ended.reason == WZP_END_NORMAL, "as hung up by Bob: %s",
       end ? end->u.ended.text : "-");
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_INCOMING), 1, "and nothing rings at Bob's again");
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    wzp_session_id again;
    wzp_sim_phone_call(&st.ann, &again, &st.bob);
    ok(wzp_sim_phone_wait(&st.bob, WZP_EVENT_INCOMING, 2, 5 * WZP_SECOND),
       "but a call that she places afterwards does");
    stage_lower(&st);
}

/* Reconnecting a call is tried several times a second, for five minutes: it must not be reported as
 * often. */
static void told_less_and_less(void)
{
    stage_raise(&st, 84, NULL);
    if (!stage_call(&st, 5 * WZP_SECOND))
        bail("no call");
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    size_t before = wzp_sim_phone_count(&st.ann, WZP_EVENT_UNREGISTERED);
    wzp_sim_relay_crash(&st.relay);
    wzp_sim_run(st.sim, 40 * WZP_SECOND);
    ok(wzp_sim_phone_count(&st.ann, WZP_EVENT_UNREGISTERED) > before, "a silent relay is told of");
    wzp_sim_run(st.sim, 200 * WZP_SECOND);
    size_t told = wzp_sim_phone_count(&st.ann, WZP_EVENT_UNREGISTERED) - before;
    uint64_t last = 0, gap = 0;
    bool grows = true;
    for (size_t i = 0; i < st.ann.diary_count; i++) {
        const struct wzp_event *e = st.ann.diary[i];
        if (e->type != WZP_EVENT_UNREGISTERED)
            continue;
        grows &= e->at - last >= gap + gap / 2;
        gap = last ? e->at - last : 0;
        last = e->at;
    }
    ok(told <= 6 && grows, "in four minutes less and less often: %zu times", told);
    ok(wzp_sim_phone_count(&st.ann, WZP_EVENT_CONNECTING) <= told + 2, "of trying as often");
    size_t registered = wzp_sim_phone_count(&st.ann, WZP_EVENT_REGISTERED);
    wzp_sim_relay_restart(&st.relay);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_REGISTERED, registered + 1, 3 * WZP_SECOND),
       "when it is back that is told within three seconds");
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_REGISTERED), (intmax_t)registered + 1, "once");
    ok(notices(&st.ann, "the call goes on") == 1 && notices(&st.bob, "the call goes on") == 1,
       "and that the call goes on");
    stage_lower(&st);
}

TAP_MAIN
{
    sealed_call();
    told_less_and_less();
    friend_away();
    hung_up_meanwhile();
    stage_fini(&st);
}
