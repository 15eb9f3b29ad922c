/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two phones call each other through a relay, in virtual time: speech arrives, sealed, under good
 * and bad lines; the call ends as it should. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "media/level.h"
#include "sim/actors.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

/* Caller A, callee B, relay R. Static: recordings and recorded events are large. */
static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct wzp_sim_phone a, b;

static void raise_curtain(uint64_t seed, const struct wzp_sim_link *line, bool answer)
{
    struct wzp_sim_phone_options oa = {.address = "10.0.0.2:5000",
                                       .seed = 1,
                                       .alias = "Ann",
                                       .fine = true,
                                       .relay = &relay,
                                       .up = line,
                                       .down = line};
    struct wzp_sim_phone_options ob = oa;
    ob.address = "10.0.0.3:5000";
    ob.seed = 2;
    ob.alias = "Bob";
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    if (wzp_sim_new(&sim, seed) || wzp_sim_relay_start(&relay, sim, "10.0.0.1:4433", 9, NULL) ||
        wzp_sim_phone_start(&a, sim, &oa, true) || wzp_sim_phone_start(&b, sim, &ob, true))
        bail("the stage cannot be set");
    b.auto_answer = answer;
}

static void lower_curtain(void)
{
    wzp_sim_phone_stop(&a);
    wzp_sim_phone_stop(&b);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}

static bool wait_both(enum wzp_event_type type, size_t count, uint64_t limit)
{
    return wzp_sim_phone_wait(&a, type, count, limit) && wzp_sim_phone_wait(&b, type, count, limit);
}

static void speech_both_ways(const int16_t *speech, size_t samples)
{
    struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND, .jitter = 2 * WZP_MILLISECOND};
    wzp_session_id call;
    raise_curtain(1, &line, true);
    ok(wait_both(WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND), "both are registered");
    a.card.voice = b.card.voice = speech;
    a.card.voice_samples = b.card.voice_samples = samples;
    b.card.voice_at = samples / 2;
    b.auto_answer = false;
    is_int(wzp_sim_phone_call(&a, &call, &b), 0, "A calls B");
    ok(wzp_sim_phone_wait(&b, WZP_EVENT_INCOMING, 1, WZP_SECOND), "it rings");
    wzp_sim_run(sim, 5 * WZP_SECOND);
    wzp_phone_answer(b.phone, b.last_incoming, false, wzp_sim_now(sim), NULL);
    wzp_sim_phone_kick(&b);
    ok(wait_both(WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND), "both hear something");
    const struct wzp_event *first = wzp_sim_phone_find(&b, WZP_EVENT_MEDIA, 0);
    ok(first && first->u.media.since_ms < 1000,
       "the callee too within a second of the answer (%u ms)", first ? first->u.media.since_ms : 0);
    const struct wzp_event *media = wzp_sim_phone_find(&a, WZP_EVENT_MEDIA, call);
    ok(media && media->u.media.since_ms < 1000,
       "first sound within a second at 80 ms round trip (%u ms)",
       media ? media->u.media.since_ms : 0);
    size_t from = a.card.heard.samples;
    wzp_sim_run(sim, 8 * WZP_SECOND);
    const struct wzp_event *sa = wzp_sim_phone_find(&a, WZP_EVENT_SECURITY, 0);
    const struct wzp_event *sb = wzp_sim_phone_find(&b, WZP_EVENT_SECURITY, 0);
    ok(sa && sa->u.security.e2e && sa->u.security.confirmed,
       "A: sealed end to end, proven by a packet");
    ok(sb && sb->u.security.e2e && sb->u.security.confirmed,
       "B: sealed end to end, proven by a packet");
    ok(sa && sb && strlen(sa->u.security.sas) == 14 &&
           strcmp(sa->u.security.sas, sb->u.security.sas) == 0,
       "both show the same safety code (%s)", sa ? sa->u.security.sas : "-");
    const struct wzp_event *path = wzp_sim_phone_find(&a, WZP_EVENT_PATH, call);
    ok(path && !path->u.path.direct, "the path is told: relay");
    double similarity;
    wzp_level_align(&similarity, speech, samples, a.card.heard.pcm + from, samples, samples / 2);
    /* B speaks in a loop, so that any window of one loop holds all of it in some rotation: compare
     * with a doubled original. */
    int16_t *twice = wzp_alloc(2 * samples * sizeof *twice);
    if (!twice)
        bail("out of memory");
    memcpy(twice, speech, samples * sizeof *twice);
    memcpy(twice + samples, speech, samples * sizeof *twice);
    wzp_level_align(&similarity, a.card.heard.pcm + from, samples, twice, 2 * samples, samples);
    ok(similarity > 0.85, "what A heard is what B said (similarity %.3f)", similarity);
    wzp_free(twice);
    struct wzp_session_stats stats;
    is_int(wzp_phone_session_stats(a.phone, call, &stats, wzp_sim_now(sim)), 0, "statistics");
    ok(stats.heard.frames_decoded > 300, "frames were decoded (%llu)",
       (unsigned long long)stats.heard.frames_decoded);
    is_int(stats.unsealed_dropped + stats.sealed_failed, 0, "no packet failed to open");
    is_int(wzp_sim_phone_hangup(&b, b.last_incoming), 0, "B hangs up");
    ok(wait_both(WZP_EVENT_ENDED, 1, 2 * WZP_SECOND), "the call ends on both sides");
    const struct wzp_event *end = wzp_sim_phone_find(&a, WZP_EVENT_ENDED, call);
    ok(end && end->u.ended.reason == WZP_END_NORMAL, "normally");
    lower_curtain();
}

static void heavy_loss(const int16_t *speech, size_t samples)
{
    struct wzp_sim_link up = {.delay = 25 * WZP_MILLISECOND, .loss = 0.2};
    struct wzp_sim_link down = {.delay = 25 * WZP_MILLISECOND};
    wzp_session_id call;
    raise_curtain(7, NULL, true);
    wzp_sim_set_links(a.host, &up, &down);
    wzp_sim_set_links(b.host, &up, &down);
    ok(wait_both(WZP_EVENT_REGISTERED, 1, 10 * WZP_SECOND), "20 %% loss: both register");
    a.card.voice = b.card.voice = speech;
    a.card.voice_samples = b.card.voice_samples = samples;
    wzp_sim_phone_call(&a, &call, &b);
    ok(wait_both(WZP_EVENT_MEDIA, 1, 10 * WZP_SECOND), "20 %% loss: both hear something");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    size_t from = a.card.heard.samples;
    struct wzp_session_stats before, stats;
    wzp_phone_session_stats(a.phone, call, &before, wzp_sim_now(sim));
    wzp_sim_run(sim, 30 * WZP_SECOND);
    int failed = wzp_phone_session_stats(a.phone, call, &stats, wzp_sim_now(sim));
    if (failed)
        bail("the call is gone");
    unsigned own_pause = voice_longest_gap_ms(speech, samples);
    unsigned gap = voice_longest_gap_ms(a.card.heard.pcm + from, a.card.heard.samples - from);
    ok(gap <= own_pause + 200, "no stall: longest silence %u ms, in the speech itself %u ms", gap,
       own_pause);
    uint64_t lost = stats.heard.jitter.lost - before.heard.jitter.lost;
    uint64_t rebuilt = wzp_playout_rebuilt(&stats.heard) - wzp_playout_rebuilt(&before.heard);
    ok(lost > 200, "packets really were lost (%llu)", (unsigned long long)lost);
    ok(rebuilt * 2 > lost, "most lost frames are rebuilt from redundancy (%llu of %llu)",
       (unsigned long long)rebuilt, (unsigned long long)lost);
    ok(!wzp_sim_phone_find(&a, WZP_EVENT_ENDED, call), "the call lives");
    lower_curtain();
}

static void refusals(void)
{
    wzp_session_id call;
    raise_curtain(3, NULL, false);
    wait_both(WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    wzp_sim_phone_call(&a, &call, &b);
    ok(wzp_sim_phone_wait(&b, WZP_EVENT_INCOMING, 1, WZP_SECOND), "B rings");
    const struct wzp_event *in = wzp_sim_phone_find(&b, WZP_EVENT_INCOMING, 0);
    ok(in && in->u.incoming.proven, "A's identity is proven in the offer");
    is_str(in ? in->about.peer : NULL, a.identity.fingerprint_text, "and it is A's");
    wzp_phone_reject(b.phone, b.last_incoming, false, wzp_sim_now(sim), NULL);
    wzp_sim_phone_kick(&b);
    ok(wzp_sim_phone_wait(&a, WZP_EVENT_ENDED, 1, WZP_SECOND), "B declines: A's call ends");

    wzp_sim_phone_call(&a, &call, &b);
    ok(wzp_sim_phone_wait(&b, WZP_EVENT_INCOMING, 2, WZP_SECOND), "B rings again");
    wzp_sim_phone_hangup(&a, call);
    ok(wzp_sim_phone_wait(&b, WZP_EVENT_ENDED, 2, WZP_SECOND), "A cancels: B stops ringing");

    wzp_sim_phone_call(&a, &call, &b);
    wzp_sim_phone_wait(&b, WZP_EVENT_INCOMING, 3, WZP_SECOND);
    ok(wzp_sim_phone_wait(&a, WZP_EVENT_ENDED, 3, 62 * WZP_SECOND), "nobody answers: it ends");
    const struct wzp_event *end = wzp_sim_phone_find(&a, WZP_EVENT_ENDED, call);
    ok(end && end->u.ended.reason == WZP_END_TIMEOUT, "as a time-out");

    wzp_sim_phone_stop(&b);
    wzp_sim_run(sim, 35 * WZP_SECOND);
    uint8_t nobody[16] = {1, 2, 3};
    char text[WZP_FINGERPRINT_TEXT_MAX];
    wzp_fingerprint_format(text, nobody);
    wzp_phone_call(a.phone, &call, text, wzp_sim_now(sim), NULL);
    wzp_sim_phone_kick(&a);
    ok(wzp_sim_phone_wait(&a, WZP_EVENT_ENDED, 4, 5 * WZP_SECOND), "nobody there: it ends soon");
    end = wzp_sim_phone_find(&a, WZP_EVENT_ENDED, call);
    ok(end && end->u.ended.reason == WZP_END_OFFLINE, "as offline");
    lower_curtain();
}

static void relay_restart(const int16_t *speech, size_t samples)
{
    struct wzp_sim_link line = {.delay = 10 * WZP_MILLISECOND};
    wzp_session_id call, again;
    raise_curtain(4, &line, true);
    wait_both(WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    a.card.voice = b.card.voice = speech;
    a.card.voice_samples = b.card.voice_samples = samples;
    wzp_sim_phone_call(&a, &call, &b);
    ok(wait_both(WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND), "a call is up");
    wzp_sim_relay_crash(&relay);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    is_int(wzp_sim_relay_restart(&relay), 0, "the relay crashes and is back after 3 s");
    ok(wait_both(WZP_EVENT_REGISTERED, 2, 60 * WZP_SECOND),
       "both accounts come back by themselves");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(wzp_phone_session(a.phone, 0) == call && !wzp_sim_phone_find(&b, WZP_EVENT_ENDED, 0),
       "the call that the relay forgot is made again");
    wzp_sim_phone_hangup(&a, call);
    ok(wzp_sim_phone_wait(&b, WZP_EVENT_ENDED, 1, 2 * WZP_SECOND), "it ends as any other");
    wzp_sim_phone_call(&a, &again, &b);
    ok(wait_both(WZP_EVENT_MEDIA, 2, 10 * WZP_SECOND), "and a new call works");
    lower_curtain();
}

TAP_MAIN
{
    size_t samples;
    wzp_signal_use_allocator();
    int16_t *speech = voice_speech(&samples);
    speech_both_ways(speech, samples);
    heavy_loss(speech, samples);
    refusals();
    relay_restart(speech, samples);
    wzp_free(speech);
}
