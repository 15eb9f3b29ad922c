/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The statistics of a session. */
#include <string.h>

#include "base/text.h"
#include "media/emodel.h"
#include "phone/adapt.h"
#include "phone/session.h"

static void stats_of_stream(const struct wzp_session *s, struct wzp_session_stats *out,
                            uint64_t now)
{
    const struct wzp_stream *m = &s->leg.stream;

    out->up = m->sender && s->leg.paths.active != 0;
    out->frames_sent = m->total.frames;
    out->bytes_sent = m->total.bytes;
    out->datagrams_received = m->total.received;
    out->datagrams_dropped = m->total.dropped;
    out->unsealed_dropped = m->total.unsealed;
    out->sealed_failed = m->total.seal_failed;
    out->level_in_dbfs = out->level_out_dbfs = WZP_LEVEL_SILENCE;
    out->codec_out = (uint8_t)s->phone->config.codec;
    if (!m->sender)
        return;
    uint64_t frames, bytes;
    wzp_sender_stats(m->sender, &frames, &bytes, &out->level_in_dbfs);
    out->codec_out = (uint8_t)wzp_encoder_codec(wzp_sender_encoder(m->sender));
    out->level_out_dbfs = wzp_meter_dbfs(&m->meter_out);
    wzp_receiver_stats(m->receiver, &out->heard, now);
    if (s->held) /* nothing is played; what arrived is skipped when the call goes on */
        out->heard.jitter.buffered_ms = 0;
    out->speakers = wzp_receiver_stream_count(m->receiver);
    out->codec_in = out->heard.codec;
    wzp_adapt_stats(m, &out->coding);
}

/* Computes the shares of what was heard, and from them the quality (E-model). */
static void rate_what_is_heard(const struct wzp_stream *m, struct wzp_session_stats *out)
{
    const struct wzp_playout_stats *h = &out->heard;
    enum wzp_codec codec = (enum wzp_codec)out->codec_in;
    double frames = (double)wzp_playout_voice(h);
    struct wzp_emodel_input input = {.codec = codec,
                                     .bitrate = (uint32_t)(m->voice_kbps * 1000),
                                     .lost_percent = m->residual_loss,
                                     .run = h->jitter.runs.mean_run};

    if (m->heard_at == 0) /* before the first packet there is nothing to rate */
        return;
    if (frames > 0) {
        out->concealed_percent = 100 * (double)h->frames_concealed / frames;
        out->rebuilt_dred_percent = 100 * (double)h->frames_dred / frames;
        out->rebuilt_lbrr_percent = 100 * (double)h->frames_lbrr / frames;
    }
    input.delay_ms = (double)out->path.rtt_smoothed / (2.0 * WZP_MILLISECOND) + h->delay_ms +
                     wzp_emodel_codec_delay_ms(codec, 20);
    out->r = wzp_emodel_r(&input);
    out->mos = wzp_emodel_mos(out->r);
}

/* Sequence numbers show a loss only when the next packet arrives. While none arrives, the packets
 * that should have come are counted as lost. */
static void count_silence(const struct wzp_session *s, struct wzp_session_stats *out, uint64_t now)
{
    uint64_t heard_at = s->leg.stream.heard_at;
    uint64_t silence = wzp_time_since(now, heard_at);
    struct wzp_jitter_stats *jitter = &out->heard.jitter;

    if (!s->leg.peer_due || heard_at == 0 || silence < WZP_WATCH_SILENT)
        return;
    uint64_t frames = silence / WZP_PHONE_FRAME_TIME;
    double share = 100.0 * (double)silence / (5.0 * WZP_SECOND);
    jitter->expected += frames;
    jitter->lost += frames;
    jitter->loss_percent_1s = 100;
    if (jitter->loss_percent_5s < share)
        jitter->loss_percent_5s = share < 100 ? share : 100;
}

/* Finds also a session that has ended, while the event about it is delivered. */
static struct wzp_session *find_any(const struct wzp_phone *p, wzp_session_id session)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (p->sessions[i]->id == session)
            return p->sessions[i];
    return NULL;
}

int wzp_phone_session_stats_sized(const struct wzp_phone *p, wzp_session_id session,
                                  struct wzp_session_stats *out, size_t size, uint64_t now)
{
    struct wzp_session *s = find_any(p, session);
    const struct wzp_path *path;
    struct wzp_addr local, remote;

    memset(out, 0, size); /* a caller with an older, smaller struct gets only its fields */
    if (!s)
        return WZP_E_NOT_FOUND;
    out->is_room = s->is_room;
    out->outgoing = s->outgoing;
    out->muted = s->muted;
    out->held = s->held;
    wzp_text_copy(out->peer, sizeof out->peer, s->peer);
    wzp_text_copy(out->alias, sizeof out->alias, s->alias);
    wzp_text_copy(out->room, sizeof out->room, s->room);
    if (s->kind->describe)
        s->kind->describe(s, out);
    out->duration_ms = wzp_session_duration_ms(s, now);
    path = wzp_path_active(&s->leg.paths);
    if (path) {
        out->direct = path->kind == WZP_PATH_DIRECT;
        wzp_quic_conn_path(path->conn, &local, &remote);
        wzp_addr_format(out->remote, &remote);
        wzp_quic_conn_stats(path->conn, &out->path);
    }
    stats_of_stream(s, out, now);
    count_silence(s, out, now);
    rate_what_is_heard(&s->leg.stream, out);
    return 0;
}

void wzp_phone_signals_unread(const struct wzp_phone *p, uint64_t *unknown, uint64_t *broken)
{
    *unknown = p->signals_unknown;
    *broken = p->signals_bad;
}
