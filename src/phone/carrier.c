/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/carrier.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "phone/call.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/link.h"
#include "phone/members.h"
#include "phone/session.h"
#include "phone/stream.h"

static void give_up(struct wzp_session *s, uint64_t now)
{
    bool refused = s->carrier.refused && !s->carrier.joined_once;
    char text[192];

    snprintf(text, sizeof text, "%s%s%s",
             s->carrier.joined_once ? "the media connection was lost"
             : refused              ? "the relay did not let us in"
                                    : "the relay could not be reached",
             s->carrier.trouble[0] != '\0' ? ": " : "", s->carrier.trouble);
    if (s->is_room)
        wzp_session_end(s, refused ? WZP_END_REFUSED : WZP_END_LOST, text, now);
    else
        wzp_call_media_failed(s, text, now);
}

/* The connection is gone or was given up: the next try, or the end. */
static void lose(struct wzp_session *s, uint64_t now)
{
    struct wzp_carrier *c = &s->carrier;

    if (c->link && c->link->conn)
        wzp_path_remove(&s->paths, c->link->conn);
    wzp_link_drop(&c->link, "", false, now);
    wzp_handshake_wipe(&c->handshake);
    /* A room that stood once is dialled for as long as the user stays. */
    if (c->give_up == WZP_NEVER && (!s->is_room || !c->joined_once))
        c->give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
    c->turn = (c->turn + 1) % c->place_count;
    c->state = WZP_CARRIER_PAUSED;
    c->deadline = wzp_time_add(now, wzp_backoff_next(&c->backoff, &s->phone->config.random));
}

static void dial(struct wzp_session *s, uint64_t now)
{
    struct wzp_carrier *c = &s->carrier;

    c->state = WZP_CARRIER_DIALLING;
    c->must_prove = c->told = false;
    c->deadline = wzp_time_add(now, c->place_count > 1 ? WZP_PHONE_FALLBACK_TIME
                                                       : WZP_QUIC_HANDSHAKE_TIME + WZP_SECOND);
    int result =
        wzp_link_open(&c->link, s->phone, WZP_LINK_MEDIA, &c->places[c->turn], c->sni, s, now);
    if (result < 0) {
        wzp_text_copy(c->trouble, sizeof c->trouble, wzp_strerror(result));
        lose(s, now);
    }
}

void wzp_carrier_start(struct wzp_session *s, uint64_t now)
{
    s->carrier.give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
    dial(s, now);
}

void wzp_carrier_stop(struct wzp_session *s, uint64_t now)
{
    struct wzp_carrier *c = &s->carrier;

    if (c->link && c->link->conn)
        wzp_path_remove(&s->paths, c->link->conn);
    c->state = WZP_CARRIER_IDLE;
    wzp_handshake_wipe(&c->handshake);
    wzp_link_drop(&c->link, "hangup", false, now);
}

void wzp_carrier_unblock(struct wzp_session *s, uint64_t now)
{
    if (s->carrier.state == WZP_CARRIER_BLOCKED)
        wzp_carrier_start(s, now);
}

void wzp_carrier_proved(struct wzp_session *s)
{
    s->carrier.give_up = WZP_NEVER;
    s->carrier.joined_once = true;
    s->carrier.refused = false;
    wzp_backoff_reset(&s->carrier.backoff);
}

static void block(struct wzp_session *s, uint64_t now)
{
    s->carrier.state = WZP_CARRIER_BLOCKED;
    /* A call does not wait for the person for ever: the other side is waiting too. */
    s->carrier.give_up = s->is_room ? WZP_NEVER : wzp_time_add(now, WZP_PHONE_RING_TIME);
    wzp_text_copy(s->carrier.trouble, sizeof s->carrier.trouble, "its certificate is not accepted");
    wzp_link_drop(&s->carrier.link, "not trusted", false, now);
}

static int send_token(struct wzp_session *s, uint64_t now)
{
    struct wzp_signal signal;

    memset(&signal, 0, sizeof signal);
    signal.type = WZP_SIGNAL_AUTH_TOKEN;
    signal.u.auth_token.token = s->phone->account.token;
    return wzp_link_send(s->carrier.link, &signal, now);
}

static int send_offer(struct wzp_session *s, uint64_t now)
{
    static const enum wzp_tier best_first[] = {WZP_TIER_STUDIO_64K, WZP_TIER_STUDIO_48K,
                                               WZP_TIER_STUDIO_32K, WZP_TIER_GOOD,
                                               WZP_TIER_DEGRADED,   WZP_TIER_CATASTROPHIC};
    struct wzp_profile profiles[sizeof best_first / sizeof best_first[0]];
    struct wzp_signal signal;
    uint8_t exporter[WZP_EXPORTER_SIZE], signature[64];
    struct wzp_carrier *c = &s->carrier;

    int result = wzp_quic_conn_export(c->link->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0);
    if (result < 0)
        return result;
    memset(&signal, 0, sizeof signal);
    for (size_t i = 0; i < sizeof best_first / sizeof best_first[0]; i++)
        profiles[i] = *wzp_tier_profile(best_first[i]);
    signal.u.call_offer.supported_profiles.items = profiles;
    signal.u.call_offer.supported_profiles.count = sizeof best_first / sizeof best_first[0];
    if (s->phone->config.alias[0] != '\0')
        signal.u.call_offer.alias = s->phone->config.alias;
    wzp_handshake_offer(&c->handshake, &signal, signature, &s->phone->identity, exporter, c->sni,
                        &s->phone->config.random);
    wzp_wipe(exporter, sizeof exporter);
    return wzp_link_send(c->link, &signal, now);
}

void wzp_carrier_connected(struct wzp_session *s, uint64_t now)
{
    struct wzp_carrier *c = &s->carrier;
    const struct wzp_relay_place *place = &c->places[c->turn];
    enum wzp_pin_verdict pin;
    int result = 0;

    if (c->state != WZP_CARRIER_DIALLING)
        return;
    enum wzp_gate gate = wzp_gate_check(s->phone, &pin, c->certificate, place, c->link->conn, now);
    if (s->ended || c->state != WZP_CARRIER_DIALLING)
        return;
    if (gate == WZP_GATE_SHUT) {
        block(s, now);
        return;
    }
    c->must_prove = gate == WZP_GATE_PROVE;
    if (gate == WZP_GATE_OPEN && place->ours && s->phone->account.token[0] != '\0')
        result = send_token(s, now);
    if (result == 0)
        result = send_offer(s, now);
    if (result < 0) {
        wzp_text_copy(c->trouble, sizeof c->trouble, wzp_strerror(result));
        lose(s, now);
        return;
    }
    c->state = WZP_CARRIER_OFFERED;
    c->deadline = wzp_time_add(now, WZP_PHONE_ANSWER_TIME);
}

static void tell_path(struct wzp_session *s, bool joined)
{
    struct wzp_path *path = wzp_path_active(&s->paths);
    struct wzp_event event;
    struct wzp_addr local, remote;
    struct wzp_quic_stats stats;
    char text[WZP_ADDR_TEXT_MAX];

    if (!path)
        return;
    wzp_quic_conn_path(path->conn, &local, &remote);
    wzp_quic_conn_stats(path->conn, &stats);
    wzp_event_about(&event, s, joined ? WZP_EVENT_JOINED : WZP_EVENT_PATH);
    event.u.path.remote = wzp_addr_format(text, &remote);
    event.u.path.relay = s->carrier.places[s->carrier.turn].name;
    event.u.path.direct = path->kind == WZP_PATH_DIRECT;
    event.u.path.rtt_ms = (uint32_t)(stats.rtt_smoothed / WZP_MILLISECOND);
    event.u.path.why = s->is_room ? "rooms always go through the relay" : "through the relay";
    wzp_event_emit(s->phone, &event);
}

static void take_answer(struct wzp_session *s, const struct wzp_signal *answer, uint64_t now)
{
    struct wzp_carrier *c = &s->carrier;
    uint8_t exporter[WZP_EXPORTER_SIZE];
    enum wzp_pin_verdict pin = WZP_PIN_MATCH;
    int proven = 0;

    int result = wzp_quic_conn_export(c->link->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0);
    if (result == 0)
        result = wzp_handshake_check_answer(&proven, &c->handshake, answer, exporter, NULL);
    wzp_wipe(exporter, sizeof exporter);
    if (result < 0) {
        wzp_text_copy(c->trouble, sizeof c->trouble, "the relay's proof of its identity is wrong");
        wzp_event_error(s->phone, s, result, "the relay's proof of its identity is wrong");
        if (!s->ended)
            lose(s, now);
        return;
    }
    if (c->must_prove && !proven) {
        wzp_gate_ask(s->phone, WZP_PIN_MISMATCH, c->certificate, &c->places[c->turn]);
        if (!s->ended)
            block(s, now);
        return;
    }
    if (proven && !wzp_gate_proven(s->phone, &pin, c->certificate, &c->places[c->turn],
                                   answer->u.call_answer.identity_pub, now)) {
        if (!s->ended)
            block(s, now);
        return;
    }
    if (s->ended || c->state != WZP_CARRIER_OFFERED)
        return;
    wzp_handshake_wipe(&c->handshake);
    c->state = WZP_CARRIER_UP;
    c->deadline = WZP_NEVER;
    result = wzp_path_add(&s->paths, WZP_PATH_RELAY, c->link->conn, now);
    if (result >= 0 && s->is_room)
        result = wzp_stream_begin(s, now);
    if (result < 0) {
        wzp_session_end(s, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    tell_path(s, false);
    if (!s->ended && !s->is_room)
        wzp_call_media_up(s, now);
}

static void take_directive(struct wzp_session *s, const struct wzp_signal *signal, uint64_t now)
{
    const struct wzp_profile *profile = &signal->u.quality_directive.recommended_profile;
    struct wzp_event event;
    char words[96], text[160];

    wzp_event_text(words, sizeof words, signal->u.quality_directive.reason);
    snprintf(text, sizeof text, "%s%s%s", wzp_codec_info(profile->codec)->name,
             words[0] != '\0' ? ", " : "", words);
    wzp_stream_warn(s, profile->codec, now);
    wzp_event_about(&event, s, WZP_EVENT_QUALITY);
    event.u.quality.text = text;
    wzp_event_emit(s->phone, &event);
}

static void take_members(struct wzp_session *s, const struct wzp_signal *signal, uint64_t now)
{
    wzp_carrier_proved(s);
    if (!s->carrier.told) {
        s->carrier.told = true;
        tell_path(s, true);
    }
    if (s->ended)
        return;
    int result = wzp_members_take(s, &signal->u.room_update.participants, now);
    if (result < 0) {
        wzp_event_error(s->phone, s, result, "the list of members could not be kept");
        return;
    }
    struct wzp_event event;
    wzp_event_about(&event, s, WZP_EVENT_MEMBERS);
    event.u.members.items = s->members;
    event.u.members.count = s->member_count;
    wzp_event_emit(s->phone, &event);
}

void wzp_carrier_signal(struct wzp_session *s, const struct wzp_signal *signal, uint64_t now)
{
    if (s->carrier.state == WZP_CARRIER_OFFERED) {
        if (signal->type == WZP_SIGNAL_CALL_ANSWER)
            take_answer(s, signal, now);
        return;
    }
    if (s->carrier.state != WZP_CARRIER_UP)
        return;
    if (signal->type == WZP_SIGNAL_ROOM_UPDATE)
        take_members(s, signal, now);
    else if (signal->type == WZP_SIGNAL_QUALITY_DIRECTIVE)
        take_directive(s, signal, now);
}

void wzp_carrier_closed(struct wzp_session *s, const struct wzp_quic_conn *conn,
                        const struct wzp_quic_close *why, uint64_t now)
{
    struct wzp_carrier *c = &s->carrier;

    wzp_path_remove(&s->paths, conn);
    c->link = NULL;
    c->refused = why->kind == WZP_QUIC_CLOSE_PEER;
    if (why->reason[0] != '\0')
        wzp_text_copy(c->trouble, sizeof c->trouble, why->reason);
    if (c->state == WZP_CARRIER_BLOCKED || c->state == WZP_CARRIER_IDLE)
        return;
    lose(s, now);
}

uint64_t wzp_carrier_expiry(const struct wzp_session *s)
{
    const struct wzp_carrier *c = &s->carrier;

    if (c->state == WZP_CARRIER_IDLE)
        return WZP_NEVER;
    if (c->state == WZP_CARRIER_BLOCKED)
        return c->give_up;
    return wzp_time_min(c->deadline, c->give_up);
}

void wzp_carrier_expire(struct wzp_session *s, uint64_t now)
{
    struct wzp_carrier *c = &s->carrier;

    if (now < wzp_carrier_expiry(s))
        return;
    if (now >= c->give_up) {
        give_up(s, now);
        return;
    }
    if (c->state == WZP_CARRIER_PAUSED) {
        dial(s, now);
        return;
    }
    wzp_text_copy(c->trouble, sizeof c->trouble, "no answer");
    lose(s, now);
}
