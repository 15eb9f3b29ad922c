/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Samples in and out of the whole phone, and what a session can tell about itself. */
#include <string.h>

#include "base/text.h"
#include "phone/protection.h"
#include "phone/session.h"
#include "phone/stream.h"

#define CHUNK 1920 /* largest piece at once */
#define UNIT 48    /* smallest */

static bool carries_audio(const struct wzp_session *s)
{
    return !s->ended && s->stream.sender;
}

bool wzp_phone_wants_audio(const struct wzp_phone *p)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (carries_audio(p->sessions[i]))
            return true;
    return false;
}

static void send_to_all(struct wzp_phone *p, const int16_t *pcm, size_t samples, uint64_t now)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (carries_audio(p->sessions[i]))
            wzp_stream_capture(p->sessions[i], pcm, samples, now);
}

void wzp_phone_capture(struct wzp_phone *p, const int16_t *pcm, size_t samples, uint64_t now)
{
    int16_t block[WZP_DSP_BLOCK];

    if (p->config.echo)
        return; /* only what is heard is sent back */
    for (; samples >= WZP_DSP_BLOCK; samples -= WZP_DSP_BLOCK, pcm += WZP_DSP_BLOCK) {
        if (!p->dsp) {
            send_to_all(p, pcm, WZP_DSP_BLOCK, now);
            continue;
        }
        memcpy(block, pcm, sizeof block);
        wzp_dsp_capture(p->dsp, block);
        send_to_all(p, block, WZP_DSP_BLOCK, now);
    }
}

/* The loudspeaker's samples for the echo canceller, in its block size. */
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

/* One piece of the mix. A held session is drained, so that it is fresh when it comes back. */
static int play_piece(struct wzp_phone *p, int16_t *pcm, size_t samples, uint64_t now)
{
    int16_t one[CHUNK];
    int speakers = 0;

    memset(pcm, 0, samples * sizeof *pcm);
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_session *s = p->sessions[i];
        if (!carries_audio(s))
            continue;
        int heard = wzp_stream_playback(s, one, samples, now);
        if (s->held || s->ended)
            continue;
        speakers += heard;
        add(pcm, one, samples);
    }
    return speakers;
}

int wzp_phone_playback(struct wzp_phone *p, int16_t *pcm, size_t samples, uint64_t now)
{
    int speakers = 0;

    p->now = now;
    p->depth++; /* events may come from here; what ends is freed later */
    while (samples >= UNIT && !p->config.echo) {
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
    p->depth--;
    return speakers;
}

/* ---- facts ---- */

static void stats_of_stream(const struct wzp_session *s, struct wzp_session_stats *out,
                            uint64_t now)
{
    const struct wzp_stream *m = &s->stream;

    out->up = m->sender && s->paths.active != 0;
    out->frames_sent = m->frames;
    out->bytes_sent = m->bytes;
    out->datagrams_received = m->received;
    out->datagrams_dropped = m->dropped;
    out->unsealed_dropped = m->unsealed;
    out->sealed_failed = m->seal_failed;
    out->level_in_dbfs = out->level_out_dbfs = WZP_LEVEL_SILENCE;
    out->codec_out = (uint8_t)s->phone->config.codec;
    if (!m->sender)
        return;
    uint64_t frames, bytes;
    wzp_sender_stats(m->sender, &frames, &bytes, &out->level_in_dbfs);
    out->codec_out = (uint8_t)wzp_encoder_codec(wzp_sender_encoder(m->sender));
    out->level_out_dbfs = wzp_meter_dbfs(&m->meter_out);
    wzp_receiver_stats(m->receiver, &out->heard, now);
    out->speakers = wzp_receiver_stream_count(m->receiver);
    out->codec_in = out->heard.codec;
}

/* Also one that has ended, while the event about it is told. */
static struct wzp_session *find_any(const struct wzp_phone *p, wzp_session_id session)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (p->sessions[i]->id == session)
            return p->sessions[i];
    return NULL;
}

int wzp_phone_session_stats(const struct wzp_phone *p, wzp_session_id session,
                            struct wzp_session_stats *out, uint64_t now)
{
    struct wzp_session *s = find_any(p, session);
    const struct wzp_path *path;
    struct wzp_addr local, remote;

    memset(out, 0, sizeof *out);
    if (!s)
        return WZP_E_NOT_FOUND;
    out->is_room = s->is_room;
    out->outgoing = s->outgoing;
    out->answered = s->answered_at != 0;
    out->muted = s->muted;
    out->held = s->held;
    out->e2e = !s->is_room && s->has_answer && s->outcome == WZP_POLICY_SEALED;
    out->e2e_confirmed = s->confirmed;
    wzp_text_copy(out->peer, sizeof out->peer, s->peer);
    wzp_text_copy(out->alias, sizeof out->alias, s->alias);
    wzp_text_copy(out->room, sizeof out->room, s->room);
    if (out->e2e)
        wzp_text_copy(out->sas, sizeof out->sas,
                      s->stream.sealed ? s->stream.keys.sas : s->agreed.sas);
    out->duration_ms = wzp_session_duration_ms(s, now);
    path = wzp_path_active(&s->paths);
    if (path) {
        out->direct = path->kind == WZP_PATH_DIRECT;
        wzp_quic_conn_path(path->conn, &local, &remote);
        wzp_addr_format(out->remote, &remote);
        wzp_quic_conn_stats(path->conn, &out->path);
    }
    stats_of_stream(s, out, now);
    out->mos = wzp_protection_mos((double)(out->path.rtt_smoothed / WZP_MILLISECOND) / 2 +
                                      out->heard.delay_ms + 20,
                                  s->stream.residual_loss);
    return 0;
}
