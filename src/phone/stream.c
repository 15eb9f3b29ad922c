/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/stream.h"

#include <string.h>

#include "base/bytes.h"
#include "phone/adapt.h"
#include "phone/event.h"
#include "phone/voices.h"
#include "wire/goodbye.h"

#define HOLD_INTERVAL_MS 400 /* between the packets of a session on hold */
#define TICK WZP_SECOND
#define SETTLING_TICKS 2
/* The one in which the peer is heard again, and the first whole one. */
#define UNSMOOTHED_TICKS 2
#define FRAMES_A_TICK 50.0
#define OWN_FRAME 960
#define GOODBYES 3     /* at once, in case some are lost */
#define OWN_CATCH_UP 5 /* frames made up for; time lost beyond that is skipped */

int wzp_stream_begin(struct wzp_leg *leg, bool is_room, struct wzp_e2e_session *keys, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_sender *sender;
    struct wzp_receiver *receiver;

    if (m->sender)
        return 0;
    int result = wzp_sender_new(&sender, leg->phone->config.codec);
    if (result < 0)
        return result;
    result = wzp_receiver_new(&receiver);
    if (result < 0) {
        wzp_sender_free(sender);
        return result;
    }
    wzp_sender_set_low_complexity(sender, leg->phone->config.low_complexity);
    if (!is_room)
        wzp_receiver_set_expected(receiver, 1);
    wzp_receiver_set_complexity(receiver, wzp_effort_complexity(&leg->phone->effort));
    *m = (struct wzp_stream){.total = m->total,
                             .heard = m->heard,
                             .sender = sender,
                             .receiver = receiver,
                             .accepted_before = m->total.received - m->total.dropped};
    m->sealed = keys;
    if (keys) {
        m->keys = *keys;
        wzp_e2e_session_wipe(keys);
    }
    m->begun = now;
    m->next_tick = wzp_time_add(now, TICK);
    wzp_adapt_begin(leg, is_room, now);
    wzp_stream_change(leg, now);
    wzp_voices_apply(leg->session);
    return 0;
}

void wzp_stream_end(struct wzp_leg *leg)
{
    wzp_sender_free(leg->stream.sender);
    wzp_receiver_free(leg->stream.receiver);
    leg->stream.sender = NULL;
    leg->stream.receiver = NULL;
    leg->stream.sealed = false;
    wzp_e2e_session_wipe(&leg->stream.keys);
}

/* Hands a packet to the session's packet callback, in its unsealed form. */
static void show_packet(const struct wzp_leg *leg, const struct wzp_quic_conn *conn, bool heard,
                        const struct wzp_media_packet *packet, uint64_t now)
{
    const struct wzp_session_audio *audio = &leg->session->audio;
    struct wzp_addr local, remote;
    uint8_t bytes[1500];

    int length = wzp_media_write(bytes, sizeof bytes, packet);
    if (length < 0)
        return;
    wzp_quic_conn_path(conn, &local, &remote);
    const struct wzp_session_packet shown = {.heard = heard,
                                             .data = bytes,
                                             .length = (size_t)length,
                                             .local = &local,
                                             .remote = &remote};
    audio->packet(audio->context, &shown, now);
}

bool wzp_stream_receive(struct wzp_leg *leg, const struct wzp_quic_conn *conn, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_media_packet packet;
    uint8_t plain[1500];
    enum wzp_hangup_reason reason;
    struct wzp_path *path = wzp_path_find(&leg->paths, conn);

    if (!m->receiver || !path)
        return false;
    path->datagrams_received++;
    m->total.received++;
    if (m->sealed) {
        int result = wzp_e2e_open(&m->keys, &packet, plain, sizeof plain, data, length);
        if (result < 0) {
            m->total.dropped++;
            if (result == WZP_E_CRYPTO)
                m->total.seal_failed++;
            else if (result != WZP_E_REPLAY)
                m->total.unsealed++;
            if (m->strange_at == 0 && result != WZP_E_REPLAY)
                m->strange_at = now;
            return false;
        }
    } else if (wzp_media_parse(&packet, data, length) < 0) {
        m->total.dropped++;
        return false;
    }
    path->heard_at = m->heard_at = now;
    if (leg->session->audio.packet)
        show_packet(leg, conn, true, &packet, now);
    if (m->sealed && wzp_goodbye_read(&reason, &packet)) {
        leg->calls->goodbye(leg->session, reason, now);
        return false;
    }
    wzp_adapt_receive(leg, &packet, now);
    wzp_receiver_put(m->receiver, &packet, now);
    return true;
}

struct sending {
    struct wzp_leg *leg;
    uint64_t now;
};

static void send_packet(void *context, const struct wzp_media_packet *packet)
{
    const struct sending *sending = context;
    struct wzp_leg *leg = sending->leg;
    struct wzp_stream *m = &leg->stream;
    uint8_t out[WZP_MEDIA_DATAGRAM_MAX];

    /* Seals even without a path just now, because the index follows the sequence number. */
    int length = m->sealed ? wzp_e2e_seal(&m->keys, out, sizeof out, packet)
                           : wzp_media_write(out, sizeof out, packet);
    if (length < 0 || wzp_path_send(&leg->paths, out, (size_t)length, sending->now) < 0)
        return;
    m->total.frames++;
    m->total.bytes += (uint64_t)length;
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    if (leg->session->audio.packet && path)
        show_packet(leg, path->conn, false, packet, sending->now);
    wzp_control_sent(&m->control, packet->payload_length, sending->now);
}

void wzp_stream_say_goodbye(struct wzp_leg *leg, enum wzp_hangup_reason reason, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct sending sending = {.leg = leg, .now = now};
    uint8_t words[WZP_GOODBYE_SIZE];

    if (!m->sender || !m->sealed)
        return;
    wzp_goodbye_write(words, reason);
    for (int i = 0; i < GOODBYES; i++)
        wzp_sender_note(m->sender, words, sizeof words, send_packet, &sending);
}

/* On hold nothing is recorded or played, but a packet now and then shows the peer, and every NAT on
 * the way, that we are there. */
static void hold_packet(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct sending sending = {.leg = leg, .now = now};
    uint64_t passed = wzp_time_since(now, m->silent_until);

    if (passed < WZP_PHONE_FRAME_TIME)
        passed = WZP_PHONE_FRAME_TIME;
    passed -= passed % WZP_MILLISECOND;
    m->silent_until += passed;
    (void)wzp_sender_idle(m->sender, (unsigned)(passed / WZP_MILLISECOND), send_packet, &sending);
}

static bool has_own_sound(const struct wzp_session *s)
{
    return s->audio.say || s->audio.hear;
}

void wzp_stream_change(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    const struct wzp_session *s = leg->session;

    if (!m->sender)
        return;
    wzp_sender_set_muted(m->sender, s->muted);
    if (s->held && !m->holding)
        m->silent_until = now;
    if (!s->held && m->holding && wzp_time_since(now, m->silent_until) >= WZP_PHONE_FRAME_TIME)
        /* The rest of the silence, so that the timestamps of both ends agree. */
        hold_packet(leg, now);
    m->holding = s->held;
    if (s->held)
        m->next_own = now;
    else
        m->next_own = has_own_sound(s) ? wzp_time_add(now, WZP_PHONE_FRAME_TIME) : WZP_NEVER;
}

void wzp_stream_capture(struct wzp_leg *leg, const int16_t *pcm, size_t samples, uint64_t now)
{
    static const int16_t silence[WZP_STREAM_SAMPLES_MAX];
    struct sending sending = {.leg = leg, .now = now};
    const struct wzp_session *s = leg->session;

    if (!leg->stream.sender)
        return;
    if (s->audio.tap)
        s->audio.tap(s->audio.context, false, s->muted ? silence : pcm, samples, now);
    if (!leg->stream.sender || s->ended)
        return;
    wzp_adapt_look(leg, now);
    (void)wzp_sender_push(leg->stream.sender, pcm, samples, send_packet, &sending);
}

int wzp_stream_playback(struct wzp_leg *leg, int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;

    if (!m->receiver) {
        memset(pcm, 0, samples * sizeof *pcm);
        return 0;
    }
    int speakers = wzp_receiver_pull(m->receiver, pcm, samples, now);
    wzp_meter_feed(&m->meter_out, pcm, samples);
    if (leg->session->audio.tap)
        leg->session->audio.tap(leg->session->audio.context, true, pcm, samples, now);
    if (speakers > 0 && !m->heard) {
        struct wzp_event event;
        m->heard = true;
        /* The time of ringing is not our delay. */
        const struct wzp_session *s = leg->session;
        uint64_t from = !s->is_room && s->stands_since > s->began ? s->stands_since : s->began;
        wzp_event_about(&event, leg->session, WZP_EVENT_MEDIA);
        event.u.media.since_ms = (uint32_t)(wzp_time_since(now, from) / WZP_MILLISECOND);
        wzp_event_emit(leg->phone, &event);
    }
    return speakers;
}

/* Measures the loss that is left after recovery, since the last tick. When nothing came in this
 * second from a peer that should be sending, all of it is lost, whatever was concealed; after
 * somebody left, concealment is not loss. An interruption is not smoothed: it shows at once, and
 * ends at once. */
static void measure_residual(struct wzp_leg *leg, const struct wzp_playout_stats *stats)
{
    struct wzp_stream *m = &leg->stream;
    uint64_t played = wzp_playout_voice(stats);
    uint64_t concealed = stats->frames_concealed;
    bool anything = m->total.received - m->total.dropped != m->accepted_before;

    if (leg->session->held) {
        /* nothing is played */
    } else if (!anything && leg->peer_due && m->heard_at != 0) {
        m->residual_loss = 100;
        m->unsmoothed = UNSMOOTHED_TICKS;
    } else if (m->settling == 0 && anything && played > m->played_before &&
               concealed >= m->concealed_before) {
        double frames = (double)(played - m->played_before);
        double percent = 100.0 * (double)(concealed - m->concealed_before) / frames;
        /* A few lost frames in a second of near silence do not mean a bad path. */
        double weight = frames < FRAMES_A_TICK ? frames / FRAMES_A_TICK : 1;
        if (m->unsmoothed > 0)
            m->residual_loss = percent * weight;
        else if (percent > m->residual_loss)
            m->residual_loss += (percent - m->residual_loss) * weight / 4;
        else
            m->residual_loss += (percent - m->residual_loss) / 4;
        m->unsmoothed -= m->unsmoothed > 0;
    }
    if (m->settling > 0)
        m->settling--;
    m->played_before = played;
    m->concealed_before = concealed;
}

/* Every program sends all the time, also in silence and on hold. So a peer from which nothing
 * comes, while our own connection is alive, is lost. The relay would notice half a minute later. */
static bool is_peer_gone(struct wzp_stream *m, const struct wzp_quic_stats *stats)
{
    uint64_t accepted = m->total.received - m->total.dropped;

    if (accepted != m->accepted_before)
        m->quiet_ticks = 0;
    else if (stats->packets_received != m->packets_before)
        m->quiet_ticks++;
    m->accepted_before = accepted;
    m->packets_before = stats->packets_received;
    return m->quiet_ticks >= WZP_STREAM_QUIET_TICKS;
}

/* Once a second: statistics of what was received, and our report about it. */
static bool tick(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_playout_stats heard;
    struct wzp_quic_stats stats;

    memset(&stats, 0, sizeof stats);
    if (path) {
        wzp_quic_conn_stats(path->conn, &stats);
        wzp_path_sample(path, &stats);
    }
    wzp_receiver_stats(m->receiver, &heard, now);
    measure_residual(leg, &heard);
    wzp_adapt_tick(leg, path, &heard, &stats, now);
    return is_peer_gone(m, &stats);
}

/* 20 ms of a session that has its own audio callbacks. */
static void own_frame(struct wzp_leg *leg, uint64_t now)
{
    int16_t pcm[OWN_FRAME];
    struct wzp_session *s = leg->session;

    if (s->audio.hear) {
        wzp_stream_playback(leg, pcm, OWN_FRAME, now);
        /* The event of the first sound may have changed everything. */
        if (!s->ended && s->audio.hear)
            s->audio.hear(s->audio.context, pcm, OWN_FRAME, now);
    }
    if (s->ended || !s->audio.say)
        return;
    size_t given = s->audio.say(s->audio.context, pcm, OWN_FRAME, now);
    if (given < OWN_FRAME)
        memset(pcm + given, 0, (OWN_FRAME - given) * sizeof *pcm);
    if (!s->ended)
        wzp_stream_capture(leg, pcm, OWN_FRAME, now);
}

static void own_time(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_session *s = leg->session;

    if (now >= m->next_own && s->held) {
        m->next_own = wzp_time_add(now, HOLD_INTERVAL_MS * WZP_MILLISECOND);
        hold_packet(leg, now);
        return;
    }
    if (wzp_time_since(now, m->next_own) > OWN_CATCH_UP * WZP_PHONE_FRAME_TIME)
        m->next_own = now;
    while (now >= m->next_own && !s->ended && !s->held) {
        m->next_own = wzp_time_add(m->next_own, WZP_PHONE_FRAME_TIME);
        own_frame(leg, now);
    }
}

uint64_t wzp_stream_expiry(const struct wzp_leg *leg)
{
    if (!leg->stream.sender)
        return WZP_NEVER;
    return wzp_time_min(leg->stream.next_tick, leg->stream.next_own);
}

bool wzp_stream_expire(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;

    if (!m->sender)
        return false;
    own_time(leg, now);
    if (now < m->next_tick || leg->session->ended)
        return false;
    m->next_tick = wzp_time_add(now, TICK);
    return tick(leg, now);
}

void wzp_stream_somebody_left(struct wzp_leg *leg)
{
    leg->stream.settling = SETTLING_TICKS;
}

int wzp_stream_set_codec(struct wzp_leg *leg, enum wzp_codec codec, const char *why, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    enum wzp_codec before = m->control.ladder.best;

    if (!m->sender || before == codec)
        return 0;
    int result = wzp_adapt_set_codec(leg, codec, now);
    if (result < 0)
        return result;
    wzp_log(&leg->phone->config.log, WZP_LOG_DEBUG, "phone: session %u: codec %s -> %s: %s",
            (unsigned)leg->session->id, wzp_codec_info(before)->name, wzp_codec_info(codec)->name,
            why);
    return 0;
}
