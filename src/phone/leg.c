/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/leg.h"

#include "base/bytes.h"
#include "base/text.h"
#include "phone/dial.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/leg_dial.h"
#include "phone/leg_path.h"
#include "phone/leg_signal.h"
#include "phone/leg_watch.h"
#include "phone/link.h"
#include "phone/stream.h"

#define REFUSAL_TIME (2 * WZP_SECOND) /* a relay that closes this soon did not want us */

void wzp_leg_start(struct wzp_leg *leg, uint64_t now)
{
    leg->give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
    wzp_leg_dial(leg, now);
}

void wzp_leg_stop(struct wzp_leg *leg, uint64_t now)
{
    wzp_leg_leave(leg, &leg->link, "hangup", true, now); /* the last packets may be a goodbye */
    wzp_leg_drop(leg, "hangup", now);
    wzp_leg_drop_old(leg, "hangup", now);
    leg->next_watch = leg->doubt_until = WZP_NEVER;
    if (leg->state != WZP_LEG_IDLE)
        wzp_leg_enter(leg, WZP_LEG_IDLE, WZP_NEVER);
}

void wzp_leg_unblock(struct wzp_leg *leg, uint64_t now)
{
    if (leg->state == WZP_LEG_BLOCKED)
        wzp_leg_start(leg, now);
}

/* ---- being let in ---- */

static void on_connected(void *owner, struct wzp_link *link, uint64_t now)
{
    struct wzp_leg *leg = owner;
    struct wzp_relay_place *place = &leg->places[leg->turn];
    enum wzp_pin_verdict pin;
    int result = 0;

    leg->link = link;
    place->remote = link->remote;
    enum wzp_gate gate = wzp_gate_check(leg->phone, &pin, leg->certificate, place, link->conn, now);
    if (leg->session->ended || leg->state != WZP_LEG_DIALLING)
        return;
    if (place->kin && !wzp_equal_constant_time(leg->certificate, leg->phone->account.certificate,
                                               sizeof leg->certificate)) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble,
                      "we are sent to a relay that is not the one we know");
        wzp_leg_be_refused(leg, now);
        return;
    }
    if (gate == WZP_GATE_SHUT) {
        wzp_leg_block(leg, now);
        wzp_gate_ask(leg->phone, pin, leg->certificate, place);
        return;
    }
    leg->must_prove = gate == WZP_GATE_PROVE;
    if (gate == WZP_GATE_OPEN && place->ours && leg->phone->account.token[0] != '\0')
        result = wzp_leg_send_token(leg, now);
    if (result == 0)
        result = wzp_leg_send_offer(leg, now);
    if (result < 0) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble, wzp_strerror(result));
        wzp_leg_lose(leg, now);
        return;
    }
    wzp_leg_enter(leg, WZP_LEG_OFFERED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    if (gate == WZP_GATE_OPEN && !leg->joined_once && leg->calls->eager &&
        leg->calls->eager(leg->session)) {
        wzp_leg_use_relay(leg, now);
        leg->calls->up(leg->session, now);
    }
}

/* A password that nobody asked for: existing relays know none. */
static void tell_open(const struct wzp_leg *leg, const struct wzp_signal *answer)
{
    bool asked = answer->u.call_answer.binding.present && !answer->u.call_answer.open;

    if (leg->has_room_key && !asked && !leg->joined_once && !leg->session->ended)
        wzp_event_notice(leg->phone, leg->session,
                         "the room has no password: whoever knows its name gets in");
}

static void take_answer(struct wzp_leg *leg, const struct wzp_signal *answer, uint64_t now)
{
    uint8_t exporter[WZP_EXPORTER_SIZE];
    enum wzp_pin_verdict pin = WZP_PIN_MATCH;
    int proven = 0;

    int result = wzp_quic_conn_export(leg->link->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0);
    if (result == 0)
        result = wzp_handshake_check_answer(&proven, &leg->handshake, answer, exporter, NULL);
    wzp_wipe(exporter, sizeof exporter);
    if (result < 0) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble,
                      "the relay's proof of its identity is wrong");
        wzp_event_error(leg->phone, leg->session, result,
                        "the relay's proof of its identity is wrong");
        if (!leg->session->ended)
            wzp_leg_lose(leg, now);
        return;
    }
    if (leg->must_prove && !proven) {
        wzp_leg_block(leg, now);
        wzp_gate_ask(leg->phone, WZP_PIN_MISMATCH, leg->certificate, &leg->places[leg->turn]);
        return;
    }
    if (proven && !wzp_gate_proven(leg->phone, &pin, leg->certificate, &leg->places[leg->turn],
                                   answer->u.call_answer.identity_pub, now)) {
        if (!leg->session->ended) {
            wzp_leg_block(leg, now);
            wzp_gate_ask(leg->phone, pin, leg->certificate, &leg->places[leg->turn]);
        }
        return;
    }
    if (leg->session->ended || leg->state != WZP_LEG_OFFERED)
        return;
    wzp_handshake_wipe(&leg->handshake);
    wzp_leg_enter(leg, WZP_LEG_UP, WZP_NEVER);
    leg->up_at = now;
    wzp_leg_use_relay(leg, now);
    leg->calls->up(leg->session, now);
    tell_open(leg, answer);
}

/* Something arrived that only a member of the room gets, so this connection is in the room. */
static void prove(struct wzp_leg *leg, uint64_t now)
{
    if (leg->proved)
        return;
    leg->proved = true;
    wzp_leg_drop_old(leg, "replaced", now);
    leg->give_up = WZP_NEVER;
    leg->joined_once = true;
    wzp_backoff_reset(&leg->backoff);
    wzp_leg_tell_path(leg, false);
}

static void take_members(struct wzp_leg *leg, const struct wzp_signal *signal, uint64_t now)
{
    prove(leg, now);
    if (!leg->told && !leg->session->ended) {
        leg->told = true;
        wzp_leg_tell_path(leg, true);
    }
    if (!leg->session->ended)
        leg->calls->members(leg->session, &signal->u.room_update.participants, now);
}

/* A Hangup in place of the answer. */
static void take_refusal(struct wzp_leg *leg, enum wzp_hangup_reason reason, uint64_t now)
{
    wzp_text_copy(leg->trouble, sizeof leg->trouble,
                  reason == WZP_HANGUP_VERSION
                      ? "it speaks a later version of the protocol than this program"
                      : "it hung up");
    wzp_leg_be_refused(leg, now);
}

static void on_signal(void *owner, struct wzp_link *link, const struct wzp_signal *signal,
                      uint64_t now)
{
    struct wzp_leg *leg = owner;

    if (link == leg->old)
        return; /* that connection has been given up */
    if (leg->state == WZP_LEG_OFFERED) {
        if (signal->type == WZP_SIGNAL_CALL_ANSWER)
            take_answer(leg, signal, now);
        else if (signal->type == WZP_SIGNAL_HANGUP)
            take_refusal(leg, signal->u.hangup.reason, now);
        return;
    }
    if (leg->state != WZP_LEG_UP)
        return;
    if (signal->type == WZP_SIGNAL_ROOM_UPDATE)
        take_members(leg, signal, now);
    else if (signal->type == WZP_SIGNAL_QUALITY_DIRECTIVE)
        wzp_leg_take_directive(leg, signal, now);
}

/* Media arrives on the silent connection again: it is used again. A mere acknowledgement is not
 * enough, because the relay may still hold back media for us. */
static void return_to_old(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_path *path = wzp_path_active(&leg->paths);

    if (!leg->old || !path || path->conn != leg->old->known_as)
        return; /* the active path is the new connection's */
    wzp_leg_drop(leg, "", now);
    leg->link = leg->old;
    leg->old = NULL;
    leg->proved = leg->told = true;
    leg->give_up = WZP_NEVER;
    wzp_leg_enter(leg, WZP_LEG_UP, WZP_NEVER);
    path = wzp_path_find(&leg->paths, leg->link->conn);
    if (path)
        wzp_path_activate(&leg->paths, path, WZP_RACE_RELAY_HEARD);
}

static void on_datagram(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                        uint64_t now)
{
    struct wzp_leg *leg = owner;

    if (leg->session->ended || !wzp_stream_receive(leg, link->conn, data, length, now))
        return;
    if (link == leg->link)
        prove(leg, now);
    else if (link == leg->old)
        return_to_old(leg, now);
    if (!leg->session->ended)
        leg->calls->heard(leg->session, now);
}

/* True when the relay refused us: it closed before it let us in, or right after. Dialling again
 * would have the same result. */
static bool is_refusal(const struct wzp_leg *leg, const struct wzp_quic_close *why, uint64_t now)
{
    if (why->kind != WZP_QUIC_CLOSE_PEER || leg->proved)
        return false;
    return leg->state != WZP_LEG_UP || wzp_time_since(now, leg->up_at) < REFUSAL_TIME;
}

static void note_why(struct wzp_leg *leg, const struct wzp_quic_close *why)
{
    bool is_peer = why->kind == WZP_QUIC_CLOSE_PEER;

    leg->token_wanted = is_peer && why->code == WZP_CLOSE_TOKEN;
    leg->password_wanted = is_peer && why->code == WZP_CLOSE_PASSWORD;
    leg->sent_away = is_peer && why->code == WZP_CLOSE_OPERATOR;
    if (why->reason[0] != '\0')
        wzp_text_copy(leg->trouble, sizeof leg->trouble, why->reason);
}

static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now)
{
    struct wzp_leg *leg = owner;

    wzp_path_remove(&leg->paths, link->known_as);
    if (link == leg->old) {
        leg->old = NULL;
        if (leg->state != WZP_LEG_UP && leg->give_up == WZP_NEVER && !leg->session->is_room)
            leg->give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
        return;
    }
    leg->link = NULL;
    note_why(leg, why);
    if (leg->state == WZP_LEG_BLOCKED || leg->state == WZP_LEG_IDLE)
        return;
    if (leg->sent_away) {
        wzp_leg_drop_old(leg, "", now);
        wzp_leg_be_refused(leg, now); /* the operator removed us: do not return */
    } else if (!is_refusal(leg, why, now)) {
        wzp_leg_lose(leg, now);
    } else if (leg->turn + 1 < leg->place_count && !leg->joined_once) {
        wzp_leg_drop(leg, "", now);
        leg->turn++;
        wzp_leg_dial(leg, now);
    } else {
        wzp_leg_be_refused(leg, now);
    }
}

static const struct wzp_link_calls link_calls = {.name = "media",
                                                 .connected = on_connected,
                                                 .signal = on_signal,
                                                 .datagram = on_datagram,
                                                 .closed = on_closed};

void wzp_leg_init(struct wzp_leg *leg, struct wzp_session *session,
                  const struct wzp_leg_calls *calls)
{
    leg->phone = session->phone;
    leg->session = session;
    leg->calls = calls;
    leg->link_calls = &link_calls;
    leg->deadline = leg->give_up = WZP_NEVER;
    leg->stream.next_tick = leg->stream.next_own = leg->next_watch = WZP_NEVER;
    leg->doubt_until = WZP_NEVER;
}

/* ---- time ---- */

static uint64_t own_expiry(const struct wzp_leg *leg)
{
    if (leg->state == WZP_LEG_IDLE)
        return WZP_NEVER;
    return wzp_time_min(leg->deadline, leg->give_up);
}

uint64_t wzp_leg_expiry(const struct wzp_leg *leg)
{
    uint64_t at = wzp_time_min(own_expiry(leg), wzp_dial_expiry(&leg->dial));
    at = wzp_time_min(at, leg->doubt_until);
    return wzp_time_min(wzp_time_min(at, leg->next_watch), wzp_stream_expiry(leg));
}

static void expire(struct wzp_leg *leg, uint64_t now)
{
    if (now >= leg->give_up) {
        leg->give_up = WZP_NEVER;
        wzp_leg_give_up(leg, false, now);
    } else if (leg->state == WZP_LEG_PAUSED) {
        wzp_leg_dial(leg, now);
    } else if (leg->state == WZP_LEG_DIALLING && leg->old) {
        wzp_leg_drop(leg, "", now);
        wzp_leg_dial(leg, now);
    } else {
        leg->nobody = false;
        wzp_text_copy(leg->trouble, sizeof leg->trouble, "no answer");
        wzp_leg_lose(leg, now);
    }
}

void wzp_leg_expire(struct wzp_leg *leg, uint64_t now)
{
    wzp_dial_expire(&leg->dial, now);
    if (now >= own_expiry(leg))
        expire(leg, now);
    if (!leg->session->ended && now >= leg->doubt_until)
        wzp_leg_settle_doubt(leg, now);
    if (!leg->session->ended && now >= leg->next_watch)
        wzp_leg_watch(leg, now);
    if (!leg->session->ended && wzp_stream_expire(leg, now))
        leg->calls->quiet(leg->session, now);
}
