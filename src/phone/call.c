/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/text.h"
#include "phone/call_outbox.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/leg.h"
#include "phone/members.h"
#include "phone/session.h"
#include "phone/stream.h"

static uint64_t ring_time(const struct wzp_phone *p)
{
    return p->config.ring_seconds != 0 ? p->config.ring_seconds * WZP_SECOND : WZP_PHONE_RING_TIME;
}

static void enter(struct wzp_call *c, enum wzp_call_state state, uint64_t deadline)
{
    wzp_log(&c->session.phone->config.log, WZP_LOG_DEBUG, "phone: call %s: %s -> %s",
            c->session.call_id, wzp_call_state_name(c->state), wzp_call_state_name(state));
    c->state = state;
    c->deadline = deadline;
}

static void emit(struct wzp_call *c, enum wzp_event_type type)
{
    struct wzp_event event;

    wzp_event_about(&event, &c->session, type);
    wzp_event_emit(c->session.phone, &event);
}

/* Where the keys are now. */
static const char *safety_code(const struct wzp_call *c)
{
    const struct wzp_stream *stream = &c->session.leg.stream;

    return stream->sealed ? stream->keys.sas : c->agreed.sas;
}

void wzp_call_tell_security(struct wzp_call *c)
{
    struct wzp_event event;
    bool sealed = c->outcome == WZP_POLICY_SEALED;

    wzp_event_about(&event, &c->session, WZP_EVENT_SECURITY);
    event.u.security.e2e = sealed;
    event.u.security.confirmed = c->confirmed;
    const struct wzp_peer_pin *pin = wzp_pins_peer(c->session.phone->pins, c->peer_fingerprint);
    event.u.security.verified = sealed && pin && pin->verified;
    if (sealed)
        event.u.security.sas = safety_code(c);
    event.u.security.why = wzp_policy_why(c->outcome);
    wzp_event_emit(c->session.phone, &event);
}

/* ---- the beginning of a call ---- */

static void send_offer(struct wzp_call *c, uint64_t now)
{
    int result = wzp_call_send_offer(c, now);

    if (result < 0) {
        wzp_session_end(&c->session, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    enter(c, WZP_CALL_OFFERED, wzp_time_add(now, ring_time(c->session.phone)));
}

void wzp_call_place(struct wzp_call *c, uint64_t now)
{
    enter(c, WZP_CALL_WAITING, wzp_time_add(now, ring_time(c->session.phone)));
    if (wzp_phone_registered(c->session.phone))
        wzp_call_on(c, WZP_ON_REGISTERED, now);
}

static void accept_call(struct wzp_call *c, uint64_t now)
{
    int result = wzp_call_send_answer(c, now);

    if (result < 0) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(&c->session, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    c->has_answer = true;
    c->session.stands_since = now;
    enter(c, WZP_CALL_ACCEPTED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    emit(c, WZP_EVENT_ANSWERED);
    if (!c->session.ended)
        wzp_call_tell_security(c);
}

/* ---- answer and setup, in either order ---- */

static void begin_link(struct wzp_call *c, uint64_t now)
{
    enter(c, c->session.outgoing ? WZP_CALL_LINKING : WZP_CALL_JOINING, WZP_NEVER);
    /* Existing programs wait up to 3 s for this word before they settle on the relay. */
    wzp_call_send_path_report(c, now);
    wzp_leg_start(&c->session.leg, now);
}

static void tell_answered(struct wzp_call *c)
{
    if (c->session.stands_since != 0)
        emit(c, WZP_EVENT_ANSWERED);
    if (!c->session.ended)
        wzp_call_tell_security(c);
}

/* A valid answer replaces any other; the first of the others is kept. Source: crypto.md 8.3. */
static void judge(struct wzp_call *c, const struct wzp_signal *answer, uint64_t now)
{
    const struct wzp_peer_pin *pin = wzp_pins_peer(c->session.phone->pins, c->peer_fingerprint);
    struct wzp_e2e_session keys;
    enum wzp_e2e_verdict verdict = WZP_E2E_LEGACY;

    memset(&keys, 0, sizeof keys);
    if (c->session.phone->config.e2e != WZP_E2E_OFF)
        verdict = wzp_e2e_check_answer(&c->agreement, &keys, answer);
    enum wzp_policy_outcome outcome =
        wzp_policy_decide(c->session.phone->config.e2e, verdict, pin && pin->used_e2e);
    if (c->has_answer && outcome != WZP_POLICY_SEALED && outcome != WZP_POLICY_END_TAMPERED)
        return;
    if (c->has_answer && c->outcome == WZP_POLICY_SEALED)
        return; /* the first valid one counts */
    if (outcome == WZP_POLICY_END_TAMPERED) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(&c->session, WZP_END_REFUSED, wzp_policy_why(outcome), now);
        return;
    }
    c->has_answer = true;
    c->verdict = verdict;
    c->outcome = outcome;
    if (outcome == WZP_POLICY_SEALED) {
        c->agreed = keys;
        memcpy(c->peer_key, answer->u.direct_call_answer.identity_pub, sizeof c->peer_key);
    }
    wzp_e2e_session_wipe(&keys);
    if (!wzp_policy_allows(outcome)) {
        enter(c, WZP_CALL_DOUBTED, wzp_time_add(now, WZP_PHONE_ORDER_TIME));
        return;
    }
    bool linking = c->state == WZP_CALL_LINKING;
    if (c->session.stands_since == 0)
        c->session.stands_since = now;
    if (!linking)
        enter(c, WZP_CALL_ANSWERED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    tell_answered(c);
    if (!c->session.ended && !linking && c->has_setup)
        begin_link(c, now);
}

void wzp_call_take_answer(struct wzp_call *c, const struct wzp_signal *answer, uint64_t now)
{
    if (wzp_call_decide(c->state, WZP_ON_ANSWER) == WZP_DO_JUDGE)
        judge(c, answer, now);
}

/* The relay of the setup, when we may use it: ours, one we know, or any when nobody on the way can
 * listen (C13). Ours stays the second choice. */
static void choose_places(struct wzp_call *c, const char *relay_addr)
{
    struct wzp_phone *p = c->session.phone;
    struct wzp_leg *leg = &c->session.leg;
    const struct wzp_relay_place *ours = &p->account.connected;
    struct wzp_relay_place named;
    struct wzp_addr *remote = &named.addresses[0];

    leg->place_count = 0;
    memset(&named, 0, sizeof named);
    if (relay_addr && wzp_addr_parse(remote, relay_addr, strlen(relay_addr)) == 0 &&
        !wzp_addr_equal(remote, &ours->remote) && !wzp_addr_is_unspecified(remote) &&
        wzp_addr_port(remote) != 0 && !wzp_addr_is_none(&p->locals[wzp_addr_is_v6(remote)]) &&
        wzp_addr_is_loopback(remote) == wzp_addr_is_loopback(&ours->remote)) {
        wzp_addr_format(named.name, remote);
        named.count = 1;
        named.no_record = true;
        if (wzp_gate_knows(p, named.name) || c->outcome == WZP_POLICY_SEALED)
            leg->places[leg->place_count++] = named;
    }
    leg->places[leg->place_count++] = *ours;
    leg->turn = 0;
    snprintf(leg->sni, sizeof leg->sni, "%s%s", WZP_CALL_ROOM_PREFIX, c->session.call_id);
    wzp_text_copy(c->session.room, sizeof c->session.room, leg->sni);
}

void wzp_call_take_setup(struct wzp_call *c, const struct wzp_signal *setup, uint64_t now)
{
    enum wzp_call_action action = wzp_call_decide(c->state, WZP_ON_SETUP);

    if (action != WZP_DO_LINK && action != WZP_DO_KEEP_SETUP)
        return;
    if (c->has_setup)
        return;
    c->has_setup = true;
    choose_places(c, setup->u.call_setup.relay_addr);
    if (action == WZP_DO_LINK)
        begin_link(c, now);
    else if (c->state != WZP_CALL_DOUBTED)
        enter(c, WZP_CALL_ORDER, wzp_time_add(now, WZP_PHONE_ORDER_TIME));
}

/* ---- media ---- */

static void start(struct wzp_call *c, uint64_t now)
{
    int result = wzp_stream_begin(&c->session.leg, false,
                                  c->outcome == WZP_POLICY_SEALED ? &c->agreed : NULL, now);

    wzp_e2e_agreement_wipe(&c->agreement);
    if (result < 0) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(&c->session, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    enter(c, WZP_CALL_UP, WZP_NEVER);
}

static void on_up(struct wzp_session *s, uint64_t now)
{
    wzp_call_on((struct wzp_call *)s, WZP_ON_MEDIA_UP, now);
}

/* Somebody in the call's room beside us is the other side. */
static void on_members(struct wzp_session *s, const struct wzp_participant_list *list, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;
    int result = wzp_members_take(s, list);

    if (result < 0) {
        wzp_event_error(s->phone, s, result, "the list of members could not be kept");
        return;
    }
    if (wzp_members_others(s)) {
        c->peer_seen = true;
        c->peer_gone_at = 0;
    } else if (c->peer_seen && c->peer_gone_at == 0) {
        c->peer_gone_at = now;
    }
    wzp_members_tell(s);
}

/* The first packet of a sealed call proves that the other side has the keys. */
static void on_heard(struct wzp_session *s, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    (void)now;
    if (!s->leg.stream.sealed || c->confirmed)
        return;
    c->confirmed = true;
    /* Lack of memory here costs a warning about a downgrade later, not this call. */
    (void)wzp_pins_note_peer(s->phone->pins, c->peer_fingerprint, c->peer_key, true, false);
    wzp_call_tell_security(c);
}

static void on_quiet(struct wzp_session *s, uint64_t now)
{
    wzp_call_on((struct wzp_call *)s, WZP_ON_PEER_LEFT, now);
}

static void on_failed(struct wzp_session *s, bool refused, const char *text, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    (void)refused;
    wzp_text_copy(c->trouble, sizeof c->trouble, text);
    wzp_call_on(c, WZP_ON_MEDIA_FAILED, now);
}

/* ---- ends ---- */

static void end_by_peer(struct wzp_call *c, enum wzp_hangup_reason reason, uint64_t now)
{
    enum wzp_end_reason end = WZP_END_NORMAL;
    const char *text = "the other side hung up";

    if (c->state == WZP_CALL_INCOMING) {
        end = reason == WZP_HANGUP_TIMEOUT ? WZP_END_TIMEOUT : WZP_END_CANCELLED;
        text = "the caller gave up";
    } else if (reason == WZP_HANGUP_BUSY) {
        end = WZP_END_BUSY;
        text = "busy";
    } else if (reason == WZP_HANGUP_DECLINED) {
        end = WZP_END_DECLINED;
        text = "declined";
    } else if (reason == WZP_HANGUP_TIMEOUT) {
        end = c->has_answer ? WZP_END_LOST : WZP_END_TIMEOUT;
        text = "nobody answered";
    } else if (reason == WZP_HANGUP_ERROR) {
        end = WZP_END_ERROR;
        text = "the other side ended the call with an error";
    } else if (c->state == WZP_CALL_OFFERED) {
        end = WZP_END_OFFLINE;
        text = "not registered at this relay";
    } else if (c->state == WZP_CALL_RINGING || c->state == WZP_CALL_ORDER) {
        end = WZP_END_DECLINED;
        text = "declined";
    }
    wzp_session_end(&c->session, end, text, now);
}

void wzp_call_take_hangup(struct wzp_call *c, enum wzp_hangup_reason reason, uint64_t now)
{
    if (wzp_call_decide(c->state, WZP_ON_HANGUP) == WZP_DO_END_BY_PEER)
        end_by_peer(c, reason, now);
}

static void reject(struct wzp_call *c, bool busy, uint64_t now)
{
    wzp_call_send_reject(c->session.phone, c->session.call_id,
                         busy ? WZP_HANGUP_BUSY : WZP_HANGUP_DECLINED, now);
    wzp_session_end(&c->session, busy ? WZP_END_BUSY : WZP_END_DECLINED, busy ? "busy" : "declined",
                    now);
}

void wzp_call_reject(struct wzp_call *c, bool busy, uint64_t now)
{
    if (wzp_call_decide(c->state, WZP_ON_USER_REJECT) == WZP_DO_REJECT)
        reject(c, busy, now);
}

static void hang_up(struct wzp_call *c, enum wzp_hangup_reason reason, enum wzp_end_reason end,
                    const char *text, uint64_t now)
{
    if (c->state != WZP_CALL_WAITING)
        wzp_call_send_hangup(c->session.phone, c->session.call_id, reason, now);
    wzp_session_end(&c->session, end, text, now);
}

/* Ends of the table that only differ in words. */
static void end_action(struct wzp_call *c, enum wzp_call_action action, uint64_t now)
{
    switch (action) {
    case WZP_DO_HANG_UP: hang_up(c, WZP_HANGUP_NORMAL, WZP_END_NORMAL, "hung up", now); break;
    case WZP_DO_CANCEL: hang_up(c, WZP_HANGUP_NORMAL, WZP_END_CANCELLED, "cancelled", now); break;
    case WZP_DO_TIME_OUT:
        hang_up(c, WZP_HANGUP_TIMEOUT, WZP_END_TIMEOUT, "nobody answered", now);
        break;
    case WZP_DO_LOSE_SIGNAL:
        wzp_session_end(&c->session, WZP_END_LOST, "the relay was lost before the call stood", now);
        break;
    case WZP_DO_LOSE_MEDIA: hang_up(c, WZP_HANGUP_ERROR, WZP_END_LOST, c->trouble, now); break;
    case WZP_DO_LOSE_PEER:
        hang_up(c, WZP_HANGUP_NORMAL, WZP_END_LOST, "the other side left and did not return", now);
        break;
    case WZP_DO_NO_RELAY:
        wzp_session_end(&c->session, WZP_END_LOST, "the relay could not be reached", now);
        break;
    case WZP_DO_NO_SETUP:
        hang_up(c, WZP_HANGUP_ERROR, WZP_END_ERROR, "the relay did not set up the call", now);
        break;
    case WZP_DO_REFUSE:
        hang_up(c, WZP_HANGUP_ERROR, WZP_END_REFUSED, wzp_policy_why(c->outcome), now);
        break;
    case WZP_DO_UNSEALED:
        hang_up(c, WZP_HANGUP_ERROR, WZP_END_REFUSED,
                "nothing that arrived was sealed with this call's keys: ended to be safe", now);
        break;
    case WZP_DO_IGNORE:
    default: break;
    }
}

void wzp_call_on(struct wzp_call *c, enum wzp_call_event event, uint64_t now)
{
    enum wzp_call_action action = wzp_call_decide(c->state, event);

    switch (action) {
    case WZP_DO_OFFER: send_offer(c, now); break;
    case WZP_DO_RING:
        enter(c, WZP_CALL_RINGING, c->deadline);
        emit(c, WZP_EVENT_RINGING);
        break;
    case WZP_DO_START: start(c, now); break;
    case WZP_DO_ACCEPT: accept_call(c, now); break;
    case WZP_DO_REJECT: reject(c, false, now); break;
    default: end_action(c, action, now); break;
    }
}

/* ---- time ---- */

static uint64_t unsealed_at(const struct wzp_call *c)
{
    if (c->state != WZP_CALL_UP || !c->session.leg.stream.sealed || c->confirmed)
        return WZP_NEVER;
    return wzp_time_add(c->session.leg.stream.begun, WZP_PHONE_FIRST_SEALED_TIME);
}

static uint64_t left_at(const struct wzp_call *c)
{
    if (c->state != WZP_CALL_UP || c->peer_gone_at == 0)
        return WZP_NEVER;
    return wzp_time_add(c->peer_gone_at, WZP_PHONE_LEFT_TIME);
}

static uint64_t expiry(const struct wzp_session *s)
{
    const struct wzp_call *c = (const struct wzp_call *)s;

    return wzp_time_min(c->deadline, wzp_time_min(unsealed_at(c), left_at(c)));
}

static void expire(struct wzp_session *s, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    if (now >= c->deadline) {
        c->deadline = WZP_NEVER;
        wzp_call_on(c, WZP_ON_DEADLINE, now);
    }
    if (!s->ended && now >= unsealed_at(c))
        wzp_call_on(c, WZP_ON_UNSEALED, now);
    if (!s->ended && now >= left_at(c))
        wzp_call_on(c, WZP_ON_PEER_LEFT, now);
}

/* ---- life ---- */

static void user_hangs_up(struct wzp_session *s, uint64_t now)
{
    wzp_call_on((struct wzp_call *)s, WZP_ON_USER_HANGUP, now);
}

static void wipe(struct wzp_session *s)
{
    struct wzp_call *c = (struct wzp_call *)s;

    c->state = WZP_CALL_ENDED;
    c->deadline = WZP_NEVER;
    wzp_e2e_agreement_wipe(&c->agreement);
    wzp_e2e_session_wipe(&c->agreed);
}

static void describe(const struct wzp_session *s, struct wzp_session_stats *out)
{
    const struct wzp_call *c = (const struct wzp_call *)s;

    out->answered = s->stands_since != 0;
    out->e2e = c->has_answer && c->outcome == WZP_POLICY_SEALED;
    out->e2e_confirmed = c->confirmed;
    if (out->e2e)
        wzp_text_copy(out->sas, sizeof out->sas, safety_code(c));
}

int wzp_call_new(struct wzp_call **out, struct wzp_phone *p, bool outgoing, uint64_t now)
{
    static const struct wzp_leg_calls leg_calls = {.up = on_up,
                                                   .members = on_members,
                                                   .heard = on_heard,
                                                   .quiet = on_quiet,
                                                   .failed = on_failed};
    static const struct wzp_session_kind kind = {.size = sizeof(struct wzp_call),
                                                 .hang_up = user_hangs_up,
                                                 .expiry = expiry,
                                                 .expire = expire,
                                                 .wipe = wipe,
                                                 .describe = describe};
    struct wzp_session *s;

    *out = NULL;
    int result = wzp_session_new(&s, p, &kind, false, outgoing, now);
    if (result < 0)
        return result;
    wzp_leg_init(&s->leg, s, &leg_calls);
    *out = (struct wzp_call *)s;
    (*out)->deadline = WZP_NEVER;
    s->leg.peer_due = true;
    return 0;
}

void wzp_call_ring(struct wzp_call *c, uint64_t now)
{
    struct wzp_event event;

    enter(c, WZP_CALL_INCOMING, wzp_time_add(now, ring_time(c->session.phone)));
    wzp_event_about(&event, &c->session, WZP_EVENT_INCOMING);
    event.u.incoming.proven = c->verdict == WZP_E2E_VALID;
    event.u.incoming.e2e = c->outcome == WZP_POLICY_SEALED;
    event.u.incoming.why = wzp_policy_why(c->outcome);
    wzp_event_emit(c->session.phone, &event);
}
