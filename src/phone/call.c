/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/text.h"
#include "phone/account.h"
#include "phone/call_end.h"
#include "phone/call_outbox.h"
#include "phone/call_tell.h"
#include "phone/direct.h"
#include "phone/direct_path.h"
#include "phone/direct_race.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/ground.h"
#include "phone/leg.h"
#include "phone/members.h"
#include "phone/session.h"
#include "phone/stream.h"

static uint64_t ring_time(const struct wzp_phone *p)
{
    return p->config.ring_seconds != 0 ? p->config.ring_seconds * WZP_SECOND : WZP_PHONE_RING_TIME;
}

/* ---- the beginning of a call ---- */

static void send_offer(struct wzp_call *c, uint64_t now)
{
    if (!c->session.outgoing)
        return; /* theirs is made again by them */
    c->offer_at = wzp_ground_awaited(c->session.phone, now);
    if (c->offer_at != 0)
        return;
    int result = wzp_call_send_offer(c, now);

    if (result < 0) {
        wzp_session_end(&c->session, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    wzp_call_enter(c, WZP_CALL_OFFERED,
                   c->remaking ? c->remake_by : wzp_time_add(now, ring_time(c->session.phone)));
}

void wzp_call_place(struct wzp_call *c, uint64_t now)
{
    wzp_call_enter(c, WZP_CALL_WAITING, wzp_time_add(now, ring_time(c->session.phone)));
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
    wzp_call_enter(c, WZP_CALL_ACCEPTED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    if (!c->remaking) {
        c->session.stands_since = now;
        wzp_call_emit(c, WZP_EVENT_ANSWERED);
    }
    if (!c->session.ended)
        wzp_call_tell_security(c);
}

/* ---- answer and setup, in either order ---- */

static void begin_link(struct wzp_call *c, uint64_t now)
{
    wzp_call_enter(c, c->session.outgoing ? WZP_CALL_LINKING : WZP_CALL_JOINING, WZP_NEVER);
    /* Existing programs wait up to 3 s for this word before they settle on the relay. */
    if (!c->direct)
        wzp_call_send_path_report(c, false, now);
    wzp_leg_start(&c->session.leg, now);
    if (!c->session.ended)
        wzp_direct_begin(c, now);
}

static void tell_answered(struct wzp_call *c)
{
    if (!c->remaking)
        wzp_call_emit(c, WZP_EVENT_ANSWERED);
    if (!c->session.ended)
        wzp_call_tell_security(c);
}

/* A valid answer replaces any other; the first of the others is kept. Source: wzp-protocol(7),
 * Agreement. */
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
    /* What was sealed goes on sealed, with the same person, or not at all. */
    if (c->remaking &&
        (outcome != WZP_POLICY_SEALED ||
         memcmp(c->peer_key, answer->u.direct_call_answer.identity_pub, sizeof c->peer_key) != 0)) {
        wzp_e2e_session_wipe(&keys);
        return;
    }
    if (outcome == WZP_POLICY_END_TAMPERED) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(&c->session, WZP_END_REFUSED, wzp_policy_why(outcome), now);
        return;
    }
    c->has_answer = true;
    c->peer_private = answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_GENERIC;
    c->verdict = verdict;
    c->outcome = outcome;
    if (outcome == WZP_POLICY_SEALED) {
        c->agreed = keys;
        memcpy(c->peer_key, answer->u.direct_call_answer.identity_pub, sizeof c->peer_key);
    }
    wzp_e2e_session_wipe(&keys);
    if (!wzp_policy_allows(outcome)) {
        wzp_call_enter(c, WZP_CALL_DOUBTED, wzp_time_add(now, WZP_PHONE_ORDER_TIME));
        return;
    }
    bool linking = c->state == WZP_CALL_LINKING;
    if (c->session.stands_since == 0)
        c->session.stands_since = now;
    if (!linking)
        wzp_call_enter(c, WZP_CALL_ANSWERED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
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
 * listen (C13). Ours stays the second choice. Any other is the second choice itself, for when ours
 * sends us there because several relays are behind its name, and must show its certificate. */
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
        named.kin = !wzp_gate_knows(p, named.name) && c->outcome != WZP_POLICY_SEALED;
        if (!named.kin)
            leg->places[leg->place_count++] = named;
    }
    leg->places[leg->place_count++] = *ours;
    if (named.kin)
        leg->places[leg->place_count++] = named;
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
    wzp_direct_prepare(c, setup, now);
    if (action == WZP_DO_LINK)
        begin_link(c, now);
    else if (c->state != WZP_CALL_DOUBTED)
        wzp_call_enter(c, WZP_CALL_ORDER, wzp_time_add(now, WZP_PHONE_ORDER_TIME));
}

/* ---- media ---- */

static void start(struct wzp_call *c, uint64_t now)
{
    if (c->remaking) {
        wzp_stream_end(&c->session.leg); /* other keys, other sequence numbers */
        c->remaking = c->away = false;
        wzp_call_tell(c, "the call goes on");
        if (c->session.ended)
            return;
    }
    int result = wzp_stream_begin(&c->session.leg, false,
                                  c->outcome == WZP_POLICY_SEALED ? &c->agreed : NULL, now);

    wzp_e2e_agreement_wipe(&c->agreement);
    if (result < 0) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(&c->session, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    wzp_call_enter(c, WZP_CALL_UP, WZP_NEVER);
}

/* ---- a call that the relay forgot ---- */

/* From the beginning, under another id: what the old one stood for is gone. */
static void begin_anew(struct wzp_call *c)
{
    uint8_t bits[16];

    wzp_e2e_agreement_wipe(&c->agreement);
    wzp_e2e_session_wipe(&c->agreed);
    c->has_answer = c->has_setup = c->confirmed = false;
    memset(&c->announced, 0, sizeof c->announced);
    c->peer_seen = false;
    c->peer_gone_at = 0;
    if (!c->session.outgoing)
        return;
    wzp_random_bytes(&c->session.phone->config.random, bits, sizeof bits);
    wzp_hex_encode(c->session.call_id, bits, sizeof bits);
}

/* Only sealed calls: who can seal knows this game, an old program would ring. The caller offers
 * again, as soon as it is registered and until the other side is; the other side waits for it. */
static void remake(struct wzp_call *c, uint64_t time, const char *text, uint64_t now)
{
    wzp_direct_stop(c, now);
    wzp_leg_stop(&c->session.leg, now);
    begin_anew(c);
    c->remaking = true;
    c->remake_by = wzp_time_add(now, time);
    c->retry_at = WZP_NEVER;
    wzp_call_enter(c, WZP_CALL_WAITING, c->remake_by);
    wzp_call_tell(c, text);
    if (c->session.ended)
        return;
    /* A relay that forgot the call forgot the registration, too, which has not noticed yet. */
    wzp_account_check(c->session.phone, now);
    if (!c->session.ended && wzp_phone_registered(c->session.phone))
        wzp_call_on(c, WZP_ON_REGISTERED, now);
}

static void remake_forgotten(struct wzp_call *c, uint64_t now)
{
    remake(c, c->session.outgoing ? WZP_PHONE_REMAKE_TIME : WZP_PHONE_REMAKE_TIME_CALLEE,
           "the relay lost the call: it is being placed again", now);
}

/* Both sides proved that they can come back into a call. */
static bool can_return(const struct wzp_call *c)
{
    return c->state == WZP_CALL_UP && c->outcome == WZP_POLICY_SEALED && c->proved;
}

/* Nothing is heard, of the other side or of anybody: whoever lost the network will be back. */
static void wait_for_return(struct wzp_call *c, uint64_t now)
{
    c->away = true;
    remake(c, WZP_PHONE_AWAY_TIME,
           "nothing is heard any more: the call is kept for five minutes, and goes on when the "
           "network is back",
           now);
}

/* The other side is not there yet, or the relay went away once more. */
static void wait_again(struct wzp_call *c, uint64_t now)
{
    begin_anew(c);
    wzp_call_enter(c, WZP_CALL_WAITING, c->remake_by);
    c->retry_at = wzp_time_add(now, WZP_PHONE_REMAKE_RETRY);
}

bool wzp_call_continues(const struct wzp_call *c, const struct wzp_signal *offer,
                        enum wzp_e2e_verdict verdict)
{
    bool stands = c->state == WZP_CALL_UP || (c->remaking && c->state == WZP_CALL_WAITING);

    return stands && !c->session.outgoing && !wzp_direct_hung_up(c) && verdict == WZP_E2E_VALID &&
           c->outcome == WZP_POLICY_SEALED &&
           memcmp(c->peer_key, offer->u.direct_call_offer.identity_pub, sizeof c->peer_key) == 0;
}

void wzp_call_continue(struct wzp_call *c, const struct wzp_signal *offer,
                       const struct wzp_e2e_agreement *agreement, uint64_t now)
{
    if (!c->remaking)
        remake_forgotten(c, now);
    if (c->session.ended)
        return;
    wzp_text_copy(c->session.call_id, sizeof c->session.call_id,
                  offer->u.direct_call_offer.call_id);
    c->agreement = *agreement;
    c->outcome = WZP_POLICY_SEALED;
    accept_call(c, now);
}

static void on_up(struct wzp_session *s, uint64_t now)
{
    wzp_call_on((struct wzp_call *)s, WZP_ON_MEDIA_UP, now);
}

/* What leaves before the relay has shown who it is nobody but the peer can read. */
static bool is_eager(const struct wzp_session *s)
{
    const struct wzp_call *c = (const struct wzp_call *)s;

    return c->outcome == WZP_POLICY_SEALED && !c->remaking;
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
    if (!s->leg.stream.sealed || c->confirmed || c->remaking)
        return;
    c->confirmed = c->proved = true;
    /* Lack of memory here costs a warning about a downgrade later, not this call. */
    (void)wzp_pins_note_peer(s->phone->pins, c->peer_fingerprint, c->peer_key, true, false);
    wzp_call_tell_security(c);
}

/* The relay's Hangup says the same, where it comes at all. */
static void on_goodbye(struct wzp_session *s, enum wzp_hangup_reason reason, uint64_t now)
{
    wzp_call_take_hangup((struct wzp_call *)s, reason, now);
}

static void on_quiet(struct wzp_session *s, uint64_t now)
{
    wzp_call_on((struct wzp_call *)s, WZP_ON_PEER_LEFT, now);
}

static void on_failed(struct wzp_session *s, bool refused, const char *text, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    wzp_text_copy(c->trouble, sizeof c->trouble, text);
    c->turned_down = refused && !s->leg.joined_once;
    if (wzp_direct_carries(c))
        return; /* the relay is dialled on, and nobody hears a difference */
    if (wzp_direct_hung_up(c))
        wzp_call_end_by_peer(c, WZP_HANGUP_NORMAL, now);
    else if (refused && c->state == WZP_CALL_UP && c->confirmed)
        remake_forgotten(c, now);
    else
        wzp_call_on(c, WZP_ON_MEDIA_FAILED, now);
}

/* ---- ends ---- */

void wzp_call_take_hangup(struct wzp_call *c, enum wzp_hangup_reason reason, uint64_t now)
{
    if (wzp_call_decide(c->state, WZP_ON_HANGUP) != WZP_DO_END_BY_PEER)
        return;
    if (c->remaking && reason != WZP_HANGUP_DECLINED) {
        wait_again(c, now);
    } else if (reason == WZP_HANGUP_ERROR && c->state == WZP_CALL_UP) {
        /* A relay that stops ends all calls so, and says in the next packet that it stops. */
        c->error_at = wzp_time_add(now, WZP_PHONE_ERROR_TIME);
    } else if (reason == WZP_HANGUP_TIMEOUT && can_return(c) && !wzp_direct_carries(c)) {
        wait_for_return(c, now);
    } else {
        wzp_call_end_by_peer(c, reason, now);
    }
}

void wzp_call_reject(struct wzp_call *c, bool busy, uint64_t now)
{
    if (wzp_call_decide(c->state, WZP_ON_USER_REJECT) == WZP_DO_REJECT)
        wzp_call_end_rejected(c, busy, now);
}

void wzp_call_on(struct wzp_call *c, enum wzp_call_event event, uint64_t now)
{
    enum wzp_call_action action = wzp_call_decide(c->state, event);

    /* A call that is made again has been told of already, and has one time for all of it. */
    if (c->remaking && action == WZP_DO_RING)
        return;
    bool may_last = c->away && now < c->remake_by;
    if ((c->remaking && action == WZP_DO_LOSE_SIGNAL) ||
        (may_last && (action == WZP_DO_LOSE_MEDIA || event == WZP_ON_DEADLINE))) {
        wzp_direct_stop(c, now);
        wzp_leg_stop(&c->session.leg, now);
        wait_again(c, now);
        return;
    }
    if (c->remaking && event == WZP_ON_DEADLINE) {
        wzp_call_hang_up(c, WZP_HANGUP_ERROR, WZP_END_LOST,
                         c->away ? "the other side did not come back" : "the relay lost the call",
                         now);
        return;
    }
    if (can_return(c) && action == WZP_DO_LOSE_PEER) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_TIMEOUT, now);
        wait_for_return(c, now);
        return;
    }
    if (can_return(c) && action == WZP_DO_LOSE_MEDIA && !c->turned_down && !c->session.leg.nobody) {
        wait_for_return(c, now);
        return;
    }

    switch (action) {
    case WZP_DO_OFFER: send_offer(c, now); break;
    case WZP_DO_RING:
        wzp_call_enter(c, WZP_CALL_RINGING, c->deadline);
        wzp_call_emit(c, WZP_EVENT_RINGING);
        break;
    case WZP_DO_START: start(c, now); break;
    case WZP_DO_ACCEPT: accept_call(c, now); break;
    case WZP_DO_REJECT: wzp_call_end_rejected(c, false, now); break;
    default: wzp_call_end_action(c, action, now); break;
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
    if (c->state != WZP_CALL_UP || c->peer_gone_at == 0 || wzp_direct_carries(c))
        return WZP_NEVER;
    return wzp_time_add(c->peer_gone_at, WZP_PHONE_LEFT_TIME);
}

static uint64_t expiry(const struct wzp_session *s)
{
    const struct wzp_call *c = (const struct wzp_call *)s;

    uint64_t at = wzp_time_min(c->deadline, wzp_time_min(unsealed_at(c), left_at(c)));
    if (c->offer_at != 0 && c->state == WZP_CALL_WAITING)
        at = wzp_time_min(at, c->offer_at);
    at = wzp_time_min(at, wzp_time_min(c->error_at, wzp_direct_expiry(c)));
    return c->remaking ? wzp_time_min(at, wzp_time_min(c->retry_at, c->remake_by)) : at;
}

static void expire(struct wzp_session *s, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    if (now >= c->deadline || (c->remaking && now >= c->remake_by)) {
        c->deadline = WZP_NEVER;
        wzp_call_on(c, WZP_ON_DEADLINE, now);
    }
    /* The peer itself would have closed the path that it proved: it is the relay that parts. */
    if (now >= c->error_at && wzp_direct_carries_proven(c))
        c->error_at = WZP_NEVER;
    if (!s->ended && now >= c->error_at)
        wzp_call_end_by_error(c, now);
    if (!s->ended && c->offer_at != 0 && now >= c->offer_at) {
        c->offer_at = 0;
        if (wzp_phone_registered(s->phone))
            wzp_call_on(c, WZP_ON_REGISTERED, now);
    }
    if (!s->ended && c->remaking && now >= c->retry_at) {
        c->retry_at = WZP_NEVER;
        if (wzp_phone_registered(s->phone))
            wzp_call_on(c, WZP_ON_REGISTERED, now);
    }
    if (!s->ended)
        wzp_direct_expire(c, now);
    if (!s->ended && now >= unsealed_at(c))
        wzp_call_on(c, WZP_ON_UNSEALED, now);
    if (!s->ended && now >= left_at(c))
        wzp_call_on(c, WZP_ON_PEER_LEFT, now);
}

/* ---- life ---- */

static void user_hangs_up(struct wzp_session *s, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    if (!s->outgoing && c->outcome == WZP_POLICY_SEALED && s->stands_since != 0) {
        memcpy(s->phone->hung_up_key, c->peer_key, sizeof c->peer_key);
        s->phone->hung_up_at = now;
    }
    wzp_call_on(c, WZP_ON_USER_HANGUP, now);
}

static void wipe(struct wzp_session *s)
{
    struct wzp_call *c = (struct wzp_call *)s;

    c->state = WZP_CALL_ENDED;
    c->deadline = WZP_NEVER;
    wzp_direct_stop(c, s->phone->now);
    wzp_e2e_agreement_wipe(&c->agreement);
    wzp_e2e_session_wipe(&c->agreed);
}

static void fini(struct wzp_session *s)
{
    wzp_direct_free((struct wzp_call *)s);
}

static void describe(const struct wzp_session *s, struct wzp_session_stats *out)
{
    const struct wzp_call *c = (const struct wzp_call *)s;

    out->answered = s->stands_since != 0;
    /* Only what was sealed is made again, and then it is so all the time. */
    out->e2e = (c->has_answer || c->remaking) && c->outcome == WZP_POLICY_SEALED;
    out->e2e_confirmed = c->confirmed || (c->remaking && s->ended);
    if (out->e2e)
        wzp_text_copy(out->sas, sizeof out->sas, wzp_call_safety_code(c));
}

int wzp_call_new(struct wzp_call **out, struct wzp_phone *p, bool outgoing, uint64_t now)
{
    static const struct wzp_leg_calls leg_calls = {.up = on_up,
                                                   .eager = is_eager,
                                                   .members = on_members,
                                                   .heard = on_heard,
                                                   .goodbye = on_goodbye,
                                                   .quiet = on_quiet,
                                                   .failed = on_failed};
    static const struct wzp_session_kind kind = {.size = sizeof(struct wzp_call),
                                                 .hang_up = user_hangs_up,
                                                 .expiry = expiry,
                                                 .expire = expire,
                                                 .wipe = wipe,
                                                 .fini = fini,
                                                 .describe = describe};
    struct wzp_session *s;

    *out = NULL;
    int result = wzp_session_new(&s, p, &kind, false, outgoing, now);
    if (result < 0)
        return result;
    wzp_leg_init(&s->leg, s, &leg_calls);
    *out = (struct wzp_call *)s;
    (*out)->deadline = (*out)->error_at = WZP_NEVER;
    s->leg.peer_due = true;
    return 0;
}

void wzp_call_ring(struct wzp_call *c, uint64_t now)
{
    struct wzp_event event;

    wzp_call_enter(c, WZP_CALL_INCOMING, wzp_time_add(now, ring_time(c->session.phone)));
    wzp_event_about(&event, &c->session, WZP_EVENT_INCOMING);
    event.u.incoming.proven = c->verdict == WZP_E2E_VALID;
    event.u.incoming.e2e = c->outcome == WZP_POLICY_SEALED;
    event.u.incoming.why = wzp_policy_why(c->outcome);
    wzp_event_emit(c->session.phone, &event);
}
