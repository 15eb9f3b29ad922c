/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "phone/carrier.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/session.h"
#include "phone/stream.h"

uint64_t wzp_call_ring_time(const struct wzp_phone *p)
{
    return p->config.ring_seconds != 0 ? p->config.ring_seconds * WZP_SECOND : WZP_PHONE_RING_TIME;
}

static void enter(struct wzp_session *s, enum wzp_call_state state, uint64_t deadline)
{
    wzp_log(&s->phone->config.log, WZP_LOG_DEBUG, "call %s: %s -> %s", s->call_id,
            wzp_call_state_name(s->state), wzp_call_state_name(state));
    s->state = state;
    s->deadline = deadline;
}

static void emit(struct wzp_session *s, enum wzp_event_type type)
{
    struct wzp_event event;

    wzp_event_about(&event, s, type);
    wzp_event_emit(s->phone, &event);
}

void wzp_call_tell_security(struct wzp_session *s)
{
    struct wzp_event event;
    bool sealed = s->outcome == WZP_POLICY_SEALED;

    wzp_event_about(&event, s, WZP_EVENT_SECURITY);
    event.u.security.e2e = sealed;
    event.u.security.confirmed = s->confirmed;
    const struct wzp_peer_pin *pin = wzp_pins_peer(s->phone->pins, s->peer_fingerprint);
    event.u.security.verified = sealed && pin && pin->verified;
    if (sealed)
        event.u.security.sas = s->stream.sealed ? s->stream.keys.sas : s->agreed.sas;
    event.u.security.why = wzp_policy_why(s->outcome);
    wzp_event_emit(s->phone, &event);
}

/* ---- the beginning of a call ---- */

static void send_offer(struct wzp_session *s, uint64_t now)
{
    int result = wzp_call_send_offer(s, now);

    if (result < 0) {
        wzp_session_end(s, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    enter(s, WZP_CALL_OFFERED, wzp_time_add(now, wzp_call_ring_time(s->phone)));
}

void wzp_call_place(struct wzp_session *s, uint64_t now)
{
    enter(s, WZP_CALL_WAITING, wzp_time_add(now, wzp_call_ring_time(s->phone)));
    if (wzp_phone_registered(s->phone))
        wzp_call_on(s, WZP_ON_REGISTERED, now);
}

static void accept_call(struct wzp_session *s, uint64_t now)
{
    int result = wzp_call_send_answer(s, now);

    if (result < 0) {
        wzp_call_send_hangup(s->phone, s->call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(s, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    s->has_answer = true;
    s->answered_at = now;
    enter(s, WZP_CALL_ACCEPTED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    emit(s, WZP_EVENT_ANSWERED);
    if (!s->ended)
        wzp_call_tell_security(s);
}

/* ---- answer and setup, in either order ---- */

static void begin_link(struct wzp_session *s, uint64_t now)
{
    enter(s, s->outgoing ? WZP_CALL_LINKING : WZP_CALL_JOINING, WZP_NEVER);
    /* Existing programs wait up to 3 s for this word before they settle on the relay. */
    wzp_call_send_path_report(s, now);
    wzp_carrier_start(s, now);
}

static void tell_answered(struct wzp_session *s)
{
    if (s->answered_at != 0)
        emit(s, WZP_EVENT_ANSWERED);
    if (!s->ended)
        wzp_call_tell_security(s);
}

/* A valid answer replaces any other; the first of the others is kept. Source: crypto.md 8.3. */
static void judge(struct wzp_session *s, const struct wzp_signal *answer, uint64_t now)
{
    const struct wzp_peer_pin *pin = wzp_pins_peer(s->phone->pins, s->peer_fingerprint);
    struct wzp_e2e_session keys;
    enum wzp_e2e_verdict verdict = WZP_E2E_LEGACY;

    memset(&keys, 0, sizeof keys);
    if (s->phone->config.e2e != WZP_E2E_OFF)
        verdict = wzp_e2e_check_answer(&s->agreement, &keys, answer);
    enum wzp_policy_outcome outcome =
        wzp_policy_decide(s->phone->config.e2e, verdict, pin && pin->used_e2e);
    if (s->has_answer && outcome != WZP_POLICY_SEALED && outcome != WZP_POLICY_END_TAMPERED)
        return;
    if (s->has_answer && s->outcome == WZP_POLICY_SEALED)
        return; /* the first valid one counts */
    if (outcome == WZP_POLICY_END_TAMPERED) {
        wzp_call_send_hangup(s->phone, s->call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(s, WZP_END_REFUSED, wzp_policy_why(outcome), now);
        return;
    }
    s->has_answer = true;
    s->verdict = verdict;
    s->outcome = outcome;
    if (outcome == WZP_POLICY_SEALED) {
        s->agreed = keys;
        memcpy(s->peer_key, answer->u.direct_call_answer.identity_pub, sizeof s->peer_key);
    }
    wzp_e2e_session_wipe(&keys);
    if (!wzp_policy_allows(outcome)) {
        enter(s, WZP_CALL_DOUBTED, wzp_time_add(now, WZP_PHONE_ORDER_TIME));
        return;
    }
    bool linking = s->state == WZP_CALL_LINKING;
    if (s->answered_at == 0)
        s->answered_at = now;
    if (!linking)
        enter(s, WZP_CALL_ANSWERED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    tell_answered(s);
    if (!s->ended && !linking && s->has_setup)
        begin_link(s, now);
}

void wzp_call_take_answer(struct wzp_session *s, const struct wzp_signal *answer, uint64_t now)
{
    if (wzp_call_decide(s->state, WZP_ON_ANSWER) == WZP_DO_JUDGE)
        judge(s, answer, now);
}

/* The relay of the setup, when we may use it: ours, one we know, or any when nobody on the way can
 * listen (C13). Ours stays the second choice. */
static void choose_places(struct wzp_session *s, const char *relay_addr)
{
    struct wzp_phone *p = s->phone;
    struct wzp_carrier *c = &s->carrier;
    const struct wzp_relay_place *ours = &p->account.connected;
    struct wzp_relay_place named;

    c->place_count = 0;
    memset(&named, 0, sizeof named);
    if (relay_addr && wzp_addr_parse(&named.remote, relay_addr, strlen(relay_addr)) == 0 &&
        !wzp_addr_equal(&named.remote, &ours->remote) && !wzp_addr_is_unspecified(&named.remote) &&
        wzp_addr_port(&named.remote) != 0 &&
        wzp_addr_is_v6(&named.remote) == wzp_addr_is_v6(&ours->remote) &&
        wzp_addr_is_loopback(&named.remote) == wzp_addr_is_loopback(&ours->remote)) {
        wzp_addr_format(named.name, &named.remote);
        named.local = ours->local;
        named.no_record = true;
        if (wzp_gate_knows(p, named.name) || s->outcome == WZP_POLICY_SEALED)
            c->places[c->place_count++] = named;
    }
    c->places[c->place_count++] = *ours;
    c->turn = 0;
    snprintf(c->sni, sizeof c->sni, "%s%s", WZP_CALL_ROOM_PREFIX, s->call_id);
    wzp_text_copy(s->room, sizeof s->room, c->sni);
}

void wzp_call_take_setup(struct wzp_session *s, const struct wzp_signal *setup, uint64_t now)
{
    enum wzp_call_action action = wzp_call_decide(s->state, WZP_ON_SETUP);

    if (action != WZP_DO_LINK && action != WZP_DO_KEEP_SETUP)
        return;
    if (s->has_setup)
        return;
    s->has_setup = true;
    choose_places(s, setup->u.call_setup.relay_addr);
    if (action == WZP_DO_LINK)
        begin_link(s, now);
    else if (s->state != WZP_CALL_DOUBTED)
        enter(s, WZP_CALL_ORDER, wzp_time_add(now, WZP_PHONE_ORDER_TIME));
}

/* ---- media ---- */

static void start(struct wzp_session *s, uint64_t now)
{
    int result = wzp_stream_begin(s, now);

    wzp_e2e_agreement_wipe(&s->agreement);
    if (result < 0) {
        wzp_call_send_hangup(s->phone, s->call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(s, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    enter(s, WZP_CALL_UP, WZP_NEVER);
}

void wzp_call_media_up(struct wzp_session *s, uint64_t now)
{
    wzp_call_on(s, WZP_ON_MEDIA_UP, now);
}

void wzp_call_media_failed(struct wzp_session *s, const char *text, uint64_t now)
{
    wzp_text_copy(s->carrier.trouble, sizeof s->carrier.trouble, text);
    wzp_call_on(s, WZP_ON_MEDIA_FAILED, now);
}

void wzp_call_confirmed(struct wzp_session *s, uint64_t now)
{
    (void)now;
    s->confirmed = true;
    /* Lack of memory here costs a warning about a downgrade later, not this call. */
    (void)wzp_pins_note_peer(s->phone->pins, s->peer_fingerprint, s->peer_key, true, false);
    wzp_call_tell_security(s);
}

/* ---- ends ---- */

static void end_by_peer(struct wzp_session *s, enum wzp_hangup_reason reason, uint64_t now)
{
    enum wzp_end_reason end = WZP_END_NORMAL;
    const char *text = "the other side hung up";

    if (s->state == WZP_CALL_INCOMING) {
        end = reason == WZP_HANGUP_TIMEOUT ? WZP_END_TIMEOUT : WZP_END_CANCELLED;
        text = "the caller gave up";
    } else if (reason == WZP_HANGUP_BUSY) {
        end = WZP_END_BUSY;
        text = "busy";
    } else if (reason == WZP_HANGUP_DECLINED) {
        end = WZP_END_DECLINED;
        text = "declined";
    } else if (reason == WZP_HANGUP_TIMEOUT) {
        end = s->has_answer ? WZP_END_LOST : WZP_END_TIMEOUT;
        text = "nobody answered";
    } else if (reason == WZP_HANGUP_ERROR) {
        end = WZP_END_ERROR;
        text = "the other side ended the call with an error";
    } else if (s->state == WZP_CALL_OFFERED) {
        end = WZP_END_OFFLINE;
        text = "not registered at this relay";
    } else if (s->state == WZP_CALL_RINGING || s->state == WZP_CALL_ORDER) {
        end = WZP_END_DECLINED;
        text = "declined";
    }
    wzp_session_end(s, end, text, now);
}

void wzp_call_take_hangup(struct wzp_session *s, enum wzp_hangup_reason reason, uint64_t now)
{
    if (wzp_call_decide(s->state, WZP_ON_HANGUP) == WZP_DO_END_BY_PEER)
        end_by_peer(s, reason, now);
}

static void reject(struct wzp_session *s, bool busy, uint64_t now)
{
    wzp_call_send_reject(s->phone, s->call_id, busy ? WZP_HANGUP_BUSY : WZP_HANGUP_DECLINED, now);
    wzp_session_end(s, busy ? WZP_END_BUSY : WZP_END_DECLINED, busy ? "busy" : "declined", now);
}

void wzp_call_reject(struct wzp_session *s, bool busy, uint64_t now)
{
    if (wzp_call_decide(s->state, WZP_ON_USER_REJECT) == WZP_DO_REJECT)
        reject(s, busy, now);
}

static void hang_up(struct wzp_session *s, enum wzp_hangup_reason reason, enum wzp_end_reason end,
                    const char *text, uint64_t now)
{
    if (s->state != WZP_CALL_WAITING)
        wzp_call_send_hangup(s->phone, s->call_id, reason, now);
    wzp_session_end(s, end, text, now);
}

/* Ends of the table that only differ in words. */
static void end_action(struct wzp_session *s, enum wzp_call_action action, uint64_t now)
{
    switch (action) {
    case WZP_DO_HANG_UP: hang_up(s, WZP_HANGUP_NORMAL, WZP_END_NORMAL, "hung up", now); break;
    case WZP_DO_CANCEL: hang_up(s, WZP_HANGUP_NORMAL, WZP_END_CANCELLED, "cancelled", now); break;
    case WZP_DO_TIME_OUT:
        hang_up(s, WZP_HANGUP_TIMEOUT, WZP_END_TIMEOUT, "nobody answered", now);
        break;
    case WZP_DO_LOSE_SIGNAL:
        wzp_session_end(s, WZP_END_LOST, "the relay was lost before the call stood", now);
        break;
    case WZP_DO_LOSE_MEDIA:
        hang_up(s, WZP_HANGUP_ERROR, WZP_END_LOST, s->carrier.trouble, now);
        break;
    case WZP_DO_LOSE_PEER:
        hang_up(s, WZP_HANGUP_NORMAL, WZP_END_LOST, "the other side left and did not return", now);
        break;
    case WZP_DO_NO_RELAY:
        wzp_session_end(s, WZP_END_LOST, "the relay could not be reached", now);
        break;
    case WZP_DO_NO_SETUP:
        hang_up(s, WZP_HANGUP_ERROR, WZP_END_ERROR, "the relay did not set up the call", now);
        break;
    case WZP_DO_REFUSE:
        hang_up(s, WZP_HANGUP_ERROR, WZP_END_REFUSED, wzp_policy_why(s->outcome), now);
        break;
    case WZP_DO_UNSEALED:
        hang_up(s, WZP_HANGUP_ERROR, WZP_END_REFUSED,
                "nothing that arrived was sealed with this call's keys: ended to be safe", now);
        break;
    case WZP_DO_IGNORE:
    default: break;
    }
}

void wzp_call_on(struct wzp_session *s, enum wzp_call_event event, uint64_t now)
{
    enum wzp_call_action action = wzp_call_decide(s->state, event);

    switch (action) {
    case WZP_DO_OFFER: send_offer(s, now); break;
    case WZP_DO_RING:
        enter(s, WZP_CALL_RINGING, s->deadline);
        emit(s, WZP_EVENT_RINGING);
        break;
    case WZP_DO_START: start(s, now); break;
    case WZP_DO_ACCEPT: accept_call(s, now); break;
    case WZP_DO_REJECT: reject(s, false, now); break;
    default: end_action(s, action, now); break;
    }
}

/* ---- time ---- */

static uint64_t unsealed_at(const struct wzp_session *s)
{
    if (s->state != WZP_CALL_UP || !s->stream.sealed || s->confirmed)
        return WZP_NEVER;
    return wzp_time_add(s->stream.begun, WZP_PHONE_FIRST_SEALED_TIME);
}

static uint64_t left_at(const struct wzp_session *s)
{
    if (s->state != WZP_CALL_UP || s->peer_gone_at == 0)
        return WZP_NEVER;
    return wzp_time_add(s->peer_gone_at, WZP_PHONE_LEFT_TIME);
}

uint64_t wzp_call_expiry(const struct wzp_session *s)
{
    return wzp_time_min(s->deadline, wzp_time_min(unsealed_at(s), left_at(s)));
}

void wzp_call_expire(struct wzp_session *s, uint64_t now)
{
    if (now >= s->deadline) {
        s->deadline = WZP_NEVER;
        wzp_call_on(s, WZP_ON_DEADLINE, now);
    }
    if (!s->ended && now >= unsealed_at(s))
        wzp_call_on(s, WZP_ON_UNSEALED, now);
    if (!s->ended && now >= left_at(s))
        wzp_call_on(s, WZP_ON_PEER_LEFT, now);
}
