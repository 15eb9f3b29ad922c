/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call.h"

#include <string.h>

#include "base/text.h"
#include "phone/call_end.h"
#include "phone/call_outbox.h"
#include "phone/call_return.h"
#include "phone/call_setup.h"
#include "phone/call_tell.h"
#include "phone/direct.h"
#include "phone/direct_path.h"
#include "phone/direct_race.h"
#include "phone/event.h"
#include "phone/leg.h"
#include "phone/members.h"
#include "phone/session.h"
#include "phone/stream.h"

/* How long after the first packet one may come that is sealed with the keys of the call; else the
 * call ends with a warning. */
#define FIRST_SEALED_TIME (10 * WZP_SECOND)
#define LEFT_TIME (15 * WZP_SECOND) /* how long a peer may be out of the call's room */

void wzp_call_place(struct wzp_call *c, uint64_t now)
{
    wzp_call_enter(c, WZP_CALL_WAITING, wzp_time_add(now, wzp_call_ring_time(c->session.phone)));
    if (wzp_phone_registered(c->session.phone))
        wzp_call_on(c, WZP_ON_REGISTERED, now);
}

/* ---- media ---- */

static void start(struct wzp_call *c, uint64_t now)
{
    if (c->remaking) {
        wzp_stream_end(&c->session.leg); /* other keys, other sequence numbers */
        c->remaking = c->away = false;
        wzp_event_notice(c->session.phone, &c->session, "the call goes on");
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

static void on_up(struct wzp_session *s, uint64_t now)
{
    wzp_call_on((struct wzp_call *)s, WZP_ON_MEDIA_UP, now);
}

/* True for sealed calls: only the peer can read what is sent before the relay has proved its
 * identity. */
static bool is_eager(const struct wzp_session *s)
{
    const struct wzp_call *c = (const struct wzp_call *)s;

    return c->outcome == WZP_POLICY_SEALED && !c->remaking;
}

/* Whoever is in the call's room beside us is the peer. */
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
    wzp_call_tell_security(c);
}

/* The relay's Hangup says the same, but it does not always arrive. */
static void on_goodbye(struct wzp_session *s, enum wzp_hangup_reason reason, uint64_t now)
{
    wzp_call_take_hangup((struct wzp_call *)s, reason, NULL, now);
}

static void on_quiet(struct wzp_session *s, uint64_t now)
{
    wzp_call_on((struct wzp_call *)s, WZP_ON_PEER_LEFT, now);
}

static void on_failed(struct wzp_session *s, bool refused, const char *text, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    wzp_text_copy(c->trouble, sizeof c->trouble, text);
    c->turned_down = refused && (!s->leg.joined_once || s->leg.sent_away);
    if (wzp_direct_carries(c))
        return; /* the relay is still dialled, and the direct path carries the call */
    if (wzp_direct_hung_up(c))
        wzp_call_end_by_peer(c, WZP_HANGUP_NORMAL, now);
    else if (refused && !s->leg.sent_away && c->state == WZP_CALL_UP && c->confirmed)
        wzp_call_remake(c, now);
    else
        wzp_call_on(c, WZP_ON_MEDIA_FAILED, now);
}

/* ---- ends ---- */

static bool is_cause(const char *cause, const char *word)
{
    return cause && strcmp(cause, word) == 0;
}

void wzp_call_take_hangup(struct wzp_call *c, enum wzp_hangup_reason reason, const char *cause,
                          uint64_t now)
{
    if (wzp_call_decide(c->state, WZP_ON_HANGUP) != WZP_DO_END_BY_PEER)
        return;
    if (reason == WZP_HANGUP_NORMAL && c->session.outgoing && !c->has_answer)
        reason = c->foretold;
    if (is_cause(cause, WZP_CAUSE_OPERATOR)) {
        /* A direct call does not need the relay, so the relay's operator cannot end it. */
        if (!wzp_direct_carries_proven(c))
            wzp_session_end(&c->session, WZP_END_REFUSED, "the relay's operator ended the call",
                            now);
    } else if (is_cause(cause, WZP_CAUSE_NO_CALL) && wzp_call_can_return(c)) {
        wzp_call_peer_restarted(c, now);
    } else if (c->remaking && reason != WZP_HANGUP_DECLINED) {
        wzp_call_wait_again(c, now);
    } else if (reason == WZP_HANGUP_ERROR && c->state == WZP_CALL_UP) {
        /* A relay that shuts down ends all calls in this way. Our own relay tells in its next
         * packet that it is the one. */
        c->error_at = wzp_time_add(now, WZP_PHONE_ERROR_TIME);
        c->relay_stopped = is_cause(cause, WZP_CAUSE_STOPPED);
    } else if (is_cause(cause, WZP_CAUSE_STOPPED)) {
        wzp_call_end_by_relay(c, now);
    } else if (reason == WZP_HANGUP_TIMEOUT && wzp_call_can_return(c) && !wzp_direct_carries(c)) {
        wzp_call_wait_for_return(c, now);
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

    if (wzp_call_outlives(c, action, event, now))
        return;
    switch (action) {
    case WZP_DO_OFFER: wzp_call_offer(c, now); break;
    case WZP_DO_RING:
        wzp_call_enter(c, WZP_CALL_RINGING, c->deadline);
        wzp_call_emit(c, WZP_EVENT_RINGING);
        break;
    case WZP_DO_START: start(c, now); break;
    case WZP_DO_ACCEPT: wzp_call_accept(c, now); break;
    case WZP_DO_REJECT: wzp_call_end_rejected(c, false, now); break;
    default: wzp_call_end_action(c, action, now); break;
    }
}

/* ---- time ---- */

/* A peer that sends nothing at all may have no microphone: that does not mean wrong keys. */
static uint64_t unsealed_at(const struct wzp_call *c)
{
    const struct wzp_stream *stream = &c->session.leg.stream;

    if (c->state != WZP_CALL_UP || !stream->sealed || c->confirmed || stream->strange_at == 0)
        return WZP_NEVER;
    return wzp_time_add(stream->strange_at, FIRST_SEALED_TIME);
}

static uint64_t left_at(const struct wzp_call *c)
{
    if (c->state != WZP_CALL_UP || c->peer_gone_at == 0 || wzp_direct_carries(c))
        return WZP_NEVER;
    return wzp_time_add(c->peer_gone_at, LEFT_TIME);
}

static uint64_t expiry(const struct wzp_session *s)
{
    const struct wzp_call *c = (const struct wzp_call *)s;

    uint64_t at = wzp_time_min(c->deadline, wzp_time_min(unsealed_at(c), left_at(c)));
    if (c->offer_at != 0 && c->state == WZP_CALL_WAITING)
        at = wzp_time_min(at, c->offer_at);
    at = wzp_time_min(at, wzp_time_min(c->error_at, wzp_direct_expiry(c)));
    at = wzp_time_min(at, wzp_call_asks_at(c));
    return c->remaking ? wzp_time_min(at, wzp_time_min(c->retry_at, c->remake_by)) : at;
}

static void expire(struct wzp_session *s, uint64_t now)
{
    struct wzp_call *c = (struct wzp_call *)s;

    if (now >= c->deadline || (c->remaking && now >= c->remake_by)) {
        c->deadline = WZP_NEVER;
        wzp_call_on(c, WZP_ON_DEADLINE, now);
    }
    /* The peer would have closed the proven direct path: so it is the relay that shuts down. */
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
    if (!s->ended && now >= wzp_call_asks_at(c))
        wzp_call_ask(c, now);
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
    /* Only sealed calls are re-established, and they are sealed all the time. */
    out->e2e = (c->has_answer || c->remaking) && c->outcome == WZP_POLICY_SEALED;
    out->e2e_confirmed = c->confirmed || (c->remaking && s->ended);
    if (out->e2e)
        wzp_text_copy(out->sas, sizeof out->sas, wzp_call_safety_code(c));
}

struct wzp_call *wzp_call_at(const struct wzp_phone *p, size_t i)
{
    struct wzp_session *s = p->sessions[i];
    return s->is_room || s->ended ? NULL : (struct wzp_call *)s;
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

    wzp_call_enter(c, WZP_CALL_INCOMING, wzp_time_add(now, wzp_call_ring_time(c->session.phone)));
    wzp_event_about(&event, &c->session, WZP_EVENT_INCOMING);
    event.u.incoming.proven = c->session.proven;
    event.u.incoming.e2e = c->outcome == WZP_POLICY_SEALED;
    event.u.incoming.why = wzp_policy_why(c->outcome);
    wzp_event_emit(c->session.phone, &event);
}
