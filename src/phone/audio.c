/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Samples in and out of the whole phone. */
#include <string.h>

#include "phone/entry.h"
#include "phone/stream.h"

#define CHUNK WZP_STREAM_SAMPLES_MAX
#define UNIT 48 /* smallest */

static bool carries_audio(const struct wzp_session *s)
{
    return !s->ended && !s->held && s->leg.stream.sender;
}

bool wzp_phone_wants_audio(const struct wzp_phone *p)
{
    for (size_t i = 0; i < p->session_count; i++) {
        const struct wzp_session *s = p->sessions[i];
        if (carries_audio(s) && (!s->audio.say || !s->audio.hear))
            return true;
    }
    return false;
}

static void send_to_all(struct wzp_phone *p, const int16_t *pcm, size_t samples, uint64_t now)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (carries_audio(p->sessions[i]) && !p->sessions[i]->audio.say)
            wzp_stream_capture(&p->sessions[i]->leg, pcm, samples, now);
}

void wzp_phone_capture(struct wzp_phone *p, const int16_t *pcm, size_t samples, uint64_t now)
{
    int16_t block[WZP_DSP_BLOCK];

    wzp_phone_enter(p, now);
    for (; samples >= WZP_DSP_BLOCK; samples -= WZP_DSP_BLOCK, pcm += WZP_DSP_BLOCK) {
        if (!p->dsp) {
            send_to_all(p, pcm, WZP_DSP_BLOCK, now);
            continue;
        }
        memcpy(block, pcm, sizeof block);
        wzp_dsp_capture(p->dsp, block);
        send_to_all(p, block, WZP_DSP_BLOCK, now);
    }
    wzp_phone_leave(p);
}

/* Passes the loudspeaker's samples to the echo canceller, in its block size. */
static void far_end(struct wzp_phone *p, const int16_t *pcm, size_t samples)
{
    while (samples > 0) {
        size_t room = WZP_DSP_BLOCK - p->far_filled;
        size_t take = samples < room ? samples : room;
        memcpy(p->far_end + p->far_filled, pcm, take * sizeof *pcm);
        p->far_filled += take;
        pcm += take;
        samples -= take;
        if (p->far_filled == WZP_DSP_BLOCK) {
            wzp_dsp_playback(p->dsp, p->far_end);
            p->far_filled = 0;
        }
    }
}

static void add(int16_t *mix, const int16_t *pcm, size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        int sum = mix[i] + pcm[i];
        mix[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
}

/* One piece of the mix. */
static int play_piece(struct wzp_phone *p, int16_t *pcm, size_t samples, uint64_t now)
{
    int16_t one[CHUNK];
    int speakers = 0;

    memset(pcm, 0, samples * sizeof *pcm);
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_session *s = p->sessions[i];
        if (!carries_audio(s) || s->audio.hear)
            continue;
        int heard = wzp_stream_playback(&s->leg, one, samples, now);
        if (s->held || s->ended)
            continue; /* a listener of the first sound may have done that */
        speakers += heard;
        add(pcm, one, samples);
    }
    return speakers;
}

void wzp_phone_spent(struct wzp_phone *p, uint64_t spent, size_t samples)
{
    unsigned before = wzp_effort_complexity(&p->effort);
    uint64_t played = samples * (WZP_SECOND / WZP_SAMPLE_RATE);
    unsigned complexity = wzp_effort_spent(&p->effort, spent, played);

    if (complexity == before)
        return;
    for (size_t i = 0; i < p->session_count; i++)
        if (p->sessions[i]->leg.stream.receiver)
            wzp_receiver_set_complexity(p->sessions[i]->leg.stream.receiver, complexity);
    wzp_log(&p->config.log, WZP_LOG_INFO,
            "phone: decoding takes %s of this machine: complexity %u, it was %u",
            complexity < before ? "much" : "little", complexity, before);
}

int wzp_phone_playback(struct wzp_phone *p, int16_t *pcm, size_t samples, uint64_t now)
{
    int speakers = 0;

    wzp_phone_enter(p, now);
    while (samples >= UNIT) {
        size_t piece = samples < CHUNK ? samples - samples % UNIT : CHUNK;
        int heard = play_piece(p, pcm, piece, now);
        if (heard > speakers)
            speakers = heard;
        if (p->dsp)
            far_end(p, pcm, piece);
        pcm += piece;
        samples -= piece;
    }
    memset(pcm, 0, samples * sizeof *pcm);
    wzp_phone_leave(p);
    return speakers;
}
