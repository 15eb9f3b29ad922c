/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A long call with 1 % loss: memory stays flat, nothing reconnects, the end-to-end keys are renewed
 * when the sequence numbers begin anew after 21.8 minutes, and it sounds as before. To spare the
 * processor most of that time passes with frames that were encoded beforehand and are not decoded;
 * all else is what it is in life. WZP_SOAK=3600 makes the part with real speech that many seconds
 * long. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "media/encoder.h"
#include "phone/internal.h"
#include "sim/lib_stage.h"
#include "tap.h"

#define SPEECH_SECONDS 60
#define ROUND 65536   /* sequence numbers */
#define WARM_UP 40000 /* frames */
#define FRAMES 128

static struct stage st;

/* Frames of speech made beforehand. */
static struct {
    uint8_t data[WZP_FRAME_BYTES_MAX];
    size_t length;
} frames[FRAMES];
static unsigned sent;

static void prepare(void)
{
    struct wzp_encoder *encoder;
    if (wzp_encoder_new(&encoder, WZP_CODEC_OPUS_24K))
        bail("no encoder");
    for (size_t i = 0; i < FRAMES; i++) {
        int n = wzp_encoder_encode(encoder, frames[i].data, sizeof frames[i].data,
                                   st.speech + 960 * i, 960);
        frames[i].length = n > 0 ? (size_t)n : 1;
    }
    wzp_encoder_free(encoder);
}

static void send_frame(struct wzp_sim_phone *p, uint64_t now)
{
    struct wzp_session *s = p->phone->sessions[0];
    uint8_t out[WZP_MEDIA_DATAGRAM_MAX];
    struct wzp_media_packet packet = {0};
    packet.header.codec = WZP_CODEC_OPUS_24K;
    packet.header.sequence = (uint16_t)(s->leg.stream.keys.last_sequence + 1);
    packet.header.timestamp = (uint32_t)(now / WZP_MILLISECOND);
    packet.payload = frames[sent % FRAMES].data;
    packet.payload_length = frames[sent % FRAMES].length;
    int length = wzp_e2e_seal(&s->leg.stream.keys, out, sizeof out, &packet);
    if (length > 0)
        (void)wzp_path_send(&s->leg.paths, out, (size_t)length, now);
    wzp_sim_phone_kick(p);
}

static bool every_frame(void *context, uint64_t now)
{
    (void)context;
    if (st.ann.phone->session_count == 0 || st.bob.phone->session_count == 0)
        return false;
    send_frame(&st.ann, now);
    send_frame(&st.bob, now);
    return ++sent < ROUND;
}

static struct wzp_session_stats stats_of(struct wzp_sim_phone *p, wzp_session_id id)
{
    struct wzp_session_stats stats;
    if (wzp_phone_session_stats(p->phone, id, &stats, wzp_sim_now(st.sim)))
        bail("the call is gone");
    return stats;
}

static void check_keys(const char *name, struct wzp_sim_phone *p, wzp_session_id id)
{
    const struct wzp_e2e_session *keys = &p->phone->sessions[0]->leg.stream.keys;
    struct wzp_session_stats stats = stats_of(p, id);
    ok(keys->send.epoch >= 1, "%s: the keys that seal were renewed", name);
    ok(keys->receive.epoch >= 1, "%s: so were those that open", name);
    is_int(stats.sealed_failed + stats.unsealed_dropped, 0, "%s: every packet could be opened",
           name);
    is_int(wzp_sim_phone_count(p, WZP_EVENT_REGISTERED), 1, "%s: one registration", name);
    is_int(wzp_sim_phone_count(p, WZP_EVENT_UNREGISTERED), 0, "%s: never lost", name);
    is_int(wzp_sim_phone_count(p, WZP_EVENT_JOINED), 1, "%s: one media connection", name);
    is_int(wzp_sim_phone_count(p, WZP_EVENT_ENDED), 0, "%s: one call", name);
}

TAP_MAIN
{
    const struct wzp_sim_link line = {
        .delay = 20 * WZP_MILLISECOND, .jitter = 3 * WZP_MILLISECOND, .loss = 0.005};
    const char *wish = getenv("WZP_SOAK");
    uint64_t speech = (wish ? (uint64_t)atoi(wish) : SPEECH_SECONDS) * WZP_SECOND;
    stage_raise(&st, 71, &line);
    prepare();
    ok(stage_call(&st, 5 * WZP_SECOND), "a call is up");
    st.ann.recording = st.bob.recording = false;
    wzp_sim_run(st.sim, 20 * WZP_SECOND);
    long live = wzp_alloc_live();
    struct wzp_session_stats before = stats_of(&st.ann, st.call);
    wzp_sim_run(st.sim, speech);
    struct wzp_session_stats after = stats_of(&st.ann, st.call);
    double lost = (double)(after.heard.jitter.lost - before.heard.jitter.lost);
    double expected = (double)(after.heard.jitter.expected - before.heard.jitter.expected);
    double made_up = (double)(after.heard.frames_concealed - before.heard.frames_concealed);
    note("%.0f s of speech: %.0f of %.0f frames lost, %.0f made up, memory %+ld blocks",
         (double)speech / 1e9, lost, expected, made_up, wzp_alloc_live() - live);
    ok(lost > 0.003 * expected && lost < 0.03 * expected, "about 1 %% of the frames was lost");
    ok(made_up < 0.01 * expected, "less than that had to be made up");
    ok(labs(wzp_alloc_live() - live) < 60, "memory is flat (%+ld blocks)", wzp_alloc_live() - live);

    st.ann.asleep = st.bob.asleep = true;
    wzp_sim_every(st.sim, 0, 20 * WZP_MILLISECOND, every_frame, NULL);
    /* In the first minutes ngtcp2's list of missing packet numbers grows up to its limit. */
    wzp_sim_run(st.sim, WARM_UP * 20 * WZP_MILLISECOND);
    ok(wzp_alloc_live() - live < 100, "and warms up (%+ld blocks)", wzp_alloc_live() - live);
    live = wzp_alloc_live();
    wzp_sim_run(st.sim, (ROUND - WARM_UP) * 20 * WZP_MILLISECOND);
    is_int(sent, ROUND, "the sequence numbers went round once");
    ok(labs(wzp_alloc_live() - live) <= 16, "then memory is flat for %u minutes (%+ld blocks)",
       (ROUND - WARM_UP) / 3000, wzp_alloc_live() - live);
    st.ann.asleep = st.bob.asleep = false;
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    st.ann.recording = true;
    double alike = stage_listen(&st, &st.ann, 7 * WZP_SECOND);
    ok(alike > 0.9, "and the sound is the speech (%.3f)", alike);
    check_keys("Ann", &st.ann, st.call);
    check_keys("Bob", &st.bob, st.bobs);
    stage_lower(&st);
    stage_fini(&st);
}
