/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/stream.h"

#include <string.h>

#include "base/bytes.h"
#include "phone/call.h"
#include "phone/carrier.h"
#include "phone/event.h"
#include "phone/protection.h"

#define TICK WZP_SECOND
#define REPORT_FRESH (5 * WZP_SECOND)
#define WARNED_TIME (30 * WZP_SECOND)
#define ECHO_FRAME 960
#define ECHO_CATCH_UP 5 /* frames; what is later than that is not echoed */

int wzp_stream_begin(struct wzp_session *s, uint64_t now)
{
    struct wzp_stream *m = &s->stream;

    if (m->sender)
        return 0;
    struct wzp_sender *sender;
    int result = wzp_sender_new(&sender, s->phone->config.codec);
    if (result < 0)
        return result;
    result = wzp_receiver_new(&m->receiver);
    if (result < 0) {
        wzp_sender_free(sender);
        return result;
    }
    if (!s->is_room)
        wzp_receiver_set_expected(m->receiver, 1);
    m->sender = sender;
    m->sealed = !s->is_room && s->outcome == WZP_POLICY_SEALED;
    if (m->sealed) {
        m->keys = s->agreed;
        wzp_e2e_session_wipe(&s->agreed);
    }
    m->expected_loss = WZP_EXPECTED_LOSS_FLOOR;
    m->begun = now;
    m->next_tick = wzp_time_add(now, TICK);
    m->next_echo = s->phone->config.echo ? wzp_time_add(now, WZP_PHONE_FRAME_TIME) : WZP_NEVER;
    wzp_stream_apply_mute(s);
    return 0;
}

void wzp_stream_end(struct wzp_session *s)
{
    wzp_sender_free(s->stream.sender);
    wzp_receiver_free(s->stream.receiver);
    s->stream.sender = NULL;
    s->stream.receiver = NULL;
    wzp_e2e_session_wipe(&s->stream.keys);
}

void wzp_stream_apply_mute(struct wzp_session *s)
{
    if (s->stream.sender)
        wzp_sender_set_muted(s->stream.sender, s->muted || s->held);
}

/* The peer's or relay's word about loss, kept for some seconds. */
static void note_report(struct wzp_stream *m, const struct wzp_media_packet *packet, uint64_t now)
{
    if (!packet->header.has_report)
        return;
    m->peer_loss = wzp_quality_report_loss_percent(&packet->report);
    m->peer_loss_at = now;
}

void wzp_stream_receive(struct wzp_session *s, const struct wzp_quic_conn *conn,
                        const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_stream *m = &s->stream;
    struct wzp_media_packet packet;
    uint8_t plain[1500];
    struct wzp_path *path = wzp_path_find(&s->paths, conn);

    if (!m->receiver || !path || s->ended)
        return;
    path->datagrams_received++;
    m->received++;
    if (m->sealed) {
        int result = wzp_e2e_open(&m->keys, &packet, plain, sizeof plain, data, length);
        if (result < 0) {
            m->dropped++;
            if (result == WZP_E_CRYPTO)
                m->seal_failed++;
            else if (result != WZP_E_REPLAY)
                m->unsealed++;
            return;
        }
    } else if (wzp_media_parse(&packet, data, length) < 0) {
        m->dropped++;
        return;
    }
    if (s->carrier.give_up != WZP_NEVER)
        wzp_carrier_proved(s);
    note_report(m, &packet, now);
    wzp_receiver_put(m->receiver, &packet, now);
    if (m->sealed && !s->confirmed)
        wzp_call_confirmed(s, now);
}

struct sending {
    struct wzp_session *session;
    uint64_t now;
};

static void send_packet(void *context, const struct wzp_media_packet *packet)
{
    const struct sending *sending = context;
    struct wzp_session *s = sending->session;
    uint8_t out[WZP_MEDIA_DATAGRAM_MAX];

    /* Sealed even when there is no path just now: the index follows the sequence number. */
    int length = s->stream.sealed ? wzp_e2e_seal(&s->stream.keys, out, sizeof out, packet)
                                  : wzp_media_write(out, sizeof out, packet);
    if (length < 0 || wzp_path_send(&s->paths, out, (size_t)length, sending->now) < 0) {
        s->stream.not_sent++;
        return;
    }
    s->stream.frames++;
    s->stream.bytes += (uint64_t)length;
}

void wzp_stream_capture(struct wzp_session *s, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct sending sending = {.session = s, .now = now};

    if (s->stream.sender && !s->ended)
        (void)wzp_sender_push(s->stream.sender, pcm, samples, send_packet, &sending);
}

int wzp_stream_playback(struct wzp_session *s, int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_stream *m = &s->stream;

    if (!m->receiver || s->ended) {
        memset(pcm, 0, samples * sizeof *pcm);
        return 0;
    }
    int speakers = wzp_receiver_pull(m->receiver, pcm, samples, now);
    wzp_meter_feed(&m->meter_out, pcm, samples);
    if (speakers > 0 && !m->heard) {
        struct wzp_event event;
        m->heard = true;
        wzp_event_about(&event, s, WZP_EVENT_MEDIA);
        event.u.media.since_ms = (uint32_t)(wzp_time_since(now, s->began) / WZP_MILLISECOND);
        wzp_event_emit(s->phone, &event);
    }
    return speakers;
}

/* Place in the order of tiers; unknown ones count as the middle. */
static int rank(enum wzp_codec codec)
{
    for (int tier = WZP_TIER_CATASTROPHIC; tier < WZP_TIER_COUNT; tier++)
        if (wzp_tier_profile((enum wzp_tier)tier)->codec == codec)
            return tier;
    return WZP_TIER_GOOD;
}

void wzp_stream_warn(struct wzp_session *s, enum wzp_codec codec, uint64_t now)
{
    if (rank(codec) < rank(s->phone->config.codec))
        s->stream.warned_until = wzp_time_add(now, WARNED_TIME);
    else
        s->stream.warned_until = 0;
}

/* What is left of the loss after recovery, since the last look. */
static void measure_residual(struct wzp_stream *m, const struct wzp_playout_stats *stats)
{
    uint64_t played =
        stats->frames_decoded + stats->frames_dred + stats->frames_lbrr + stats->frames_concealed;
    uint64_t concealed = stats->frames_concealed;

    if (played > m->played_before && concealed >= m->concealed_before) {
        double percent =
            100.0 * (double)(concealed - m->concealed_before) / (double)(played - m->played_before);
        m->residual_loss += (percent - m->residual_loss) / 4;
    }
    m->played_before = played;
    m->concealed_before = concealed;
}

/* Every program sends something all the time, also in silence and on hold. A peer of whom nothing
 * comes while our own connection lives is gone; waiting until the relay notices takes it half a
 * minute more. */
static void watch_peer(struct wzp_session *s, const struct wzp_quic_stats *stats, uint64_t now)
{
    struct wzp_stream *m = &s->stream;
    uint64_t accepted = m->received - m->dropped;

    if (accepted != m->accepted_before)
        m->quiet_ticks = 0;
    else if (stats->packets_received != m->packets_before)
        m->quiet_ticks++;
    m->accepted_before = accepted;
    m->packets_before = stats->packets_received;
    if (!s->is_room && m->quiet_ticks >= WZP_PHONE_QUIET_TICKS)
        wzp_call_on(s, WZP_ON_PEER_LEFT, now);
}

/* Once a second: the report about what we hear, and the encoder's protection. */
static void tick(struct wzp_session *s, uint64_t now)
{
    struct wzp_stream *m = &s->stream;
    struct wzp_path *path = wzp_path_active(&s->paths);
    struct wzp_playout_stats heard;
    struct wzp_quality_report report;
    struct wzp_quic_stats stats;
    uint32_t rtt_ms = 0;

    memset(&stats, 0, sizeof stats);
    if (path) {
        wzp_quic_conn_stats(path->conn, &stats);
        wzp_path_sample(path, &stats);
        rtt_ms = (uint32_t)(stats.rtt_smoothed / WZP_MILLISECOND);
    }
    wzp_receiver_stats(m->receiver, &heard, now);
    measure_residual(m, &heard);
    wzp_quality_report_make(&report, heard.jitter.loss_percent_5s, rtt_ms,
                            (uint32_t)heard.jitter.jitter_ms, 200);
    wzp_sender_set_report(m->sender, &report);

    double peer = wzp_time_since(now, m->peer_loss_at) < REPORT_FRESH ? m->peer_loss : 0;
    unsigned expected = wzp_protection_expected_loss(
        m->peer_loss_at != 0 ? peer : 0, path ? path->loss_percent : 0, now < m->warned_until);
    if (expected != m->expected_loss) {
        struct wzp_encoder *encoder = wzp_sender_encoder(m->sender);
        m->expected_loss = expected;
        wzp_encoder_set_expected_loss(encoder, expected);
        wzp_encoder_set_dred_duration(
            encoder, wzp_protection_dred_units(wzp_encoder_codec(encoder), expected));
    }
    watch_peer(s, &stats, now); /* last: the session may be over after it */
}

static void echo(struct wzp_session *s, uint64_t now)
{
    int16_t pcm[ECHO_FRAME];

    wzp_stream_playback(s, pcm, ECHO_FRAME, now);
    if (!s->ended && !s->held)
        wzp_stream_capture(s, pcm, ECHO_FRAME, now);
}

uint64_t wzp_stream_expiry(const struct wzp_session *s)
{
    if (!s->stream.sender)
        return WZP_NEVER;
    return wzp_time_min(s->stream.next_tick, s->stream.next_echo);
}

void wzp_stream_expire(struct wzp_session *s, uint64_t now)
{
    struct wzp_stream *m = &s->stream;

    if (!m->sender)
        return;
    if (wzp_time_since(now, m->next_echo) > ECHO_CATCH_UP * WZP_PHONE_FRAME_TIME)
        m->next_echo = now;
    while (now >= m->next_echo && !s->ended) {
        m->next_echo = wzp_time_add(m->next_echo, WZP_PHONE_FRAME_TIME);
        echo(s, now);
    }
    if (now >= m->next_tick && !s->ended) {
        m->next_tick = wzp_time_add(now, TICK);
        tick(s, now);
    }
}
