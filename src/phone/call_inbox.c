/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call_inbox.h"

#include <string.h>

#include "base/text.h"
#include "phone/call.h"
#include "phone/call_end.h"
#include "phone/call_outbox.h"
#include "phone/call_return.h"
#include "phone/call_setup.h"
#include "phone/direct.h"
#include "phone/direct_path.h"
#include "phone/event.h"
#include "phone/ground.h"
#include "phone/session.h"

#define NAMED_TIME WZP_SECOND /* within which the Hangup follows */

/* The live call with this id, NULL. */
static struct wzp_call *find_call(const struct wzp_phone *p, const char *call_id)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c && strcmp(c->session.call_id, call_id) == 0)
            return c;
    }
    return NULL;
}

/* A Hangup without a call id means the only call. Of several calls it means the only one that the
 * relay has not forwarded yet, because existing relays send such a Hangup when the callee is not
 * registered. The relay does not know waiting calls. */
static struct wzp_call *find_only_call(const struct wzp_phone *p)
{
    struct wzp_call *any = NULL, *offered = NULL;
    size_t calls = 0, offers = 0;

    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (!c || c->state == WZP_CALL_WAITING)
            continue;
        any = c;
        calls++;
        if (c->state == WZP_CALL_OFFERED) {
            offered = c;
            offers++;
        }
    }
    return calls == 1 ? any : offers == 1 ? offered : NULL;
}

static struct wzp_call *find_continued(const struct wzp_phone *p, const struct wzp_signal *offer,
                                       enum wzp_e2e_verdict verdict)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c && wzp_call_continues(c, offer, verdict))
            return c;
    }
    return NULL;
}

static bool in_a_call(const struct wzp_phone *p)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c && c->error_at == WZP_NEVER && !c->away) /* the others are over, or may be */
            return true;
    }
    return false;
}

static bool waits(const struct wzp_phone *p)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (!c)
            continue;
        bool silent = c->state == WZP_CALL_UP && c->session.leg.state != WZP_LEG_UP &&
                      c->session.leg.state != WZP_LEG_BLOCKED && !wzp_direct_carries(c);
        if (c->remaking || (silent && c->proved))
            return true;
    }
    return false;
}

/* A call that is being re-established is not counted here: it looks for the relay by itself, see
 * waits. */
static bool awaits(const struct wzp_phone *p)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c && !c->remaking &&
            (c->state == WZP_CALL_WAITING ||
             wzp_call_decide(c->state, WZP_ON_SIGNAL_LOST) == WZP_DO_LOSE_SIGNAL))
            return true;
    }
    return false;
}

/* When a peer whose return a call of ours awaits makes a new call, the awaited call is over. */
static void end_awaited(struct wzp_phone *p, const struct wzp_signal *offer, uint64_t now)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c && c->away && c->session.outgoing &&
            memcmp(c->peer_key, offer->u.direct_call_offer.identity_pub, sizeof c->peer_key) == 0)
            wzp_call_hang_up(c, WZP_HANGUP_NORMAL, WZP_END_LOST, "the other side calls anew", now);
    }
}

/* Fills in the caller, filtered for display. fingerprint is left alone when the offer's is not
 * valid. */
static void describe(struct wzp_session *s, uint8_t fingerprint[WZP_FINGERPRINT_SIZE],
                     const struct wzp_signal *offer)
{
    const char *caller = offer->u.direct_call_offer.caller_fingerprint;

    if (wzp_fingerprint_parse(fingerprint, caller, strlen(caller)) == 0)
        wzp_fingerprint_format(s->peer, fingerprint);
    else
        wzp_event_text(s->peer, sizeof s->peer, caller);
    wzp_event_text(s->alias, sizeof s->alias, offer->u.direct_call_offer.caller_alias);
    wzp_text_copy(s->call_id, sizeof s->call_id, offer->u.direct_call_offer.call_id);
}

/* Ends a call before it rings; the caller and our user are told. */
static void turn_away(struct wzp_phone *p, const struct wzp_signal *offer, bool proven,
                      enum wzp_hangup_reason reason, enum wzp_end_reason end, const char *text,
                      uint64_t now)
{
    struct wzp_session nobody;
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    struct wzp_event event;

    memset(&nobody, 0, sizeof nobody);
    describe(&nobody, fingerprint, offer);
    nobody.id = wzp_session_number(p);
    nobody.proven = proven;
    wzp_call_send_reject(p, nobody.call_id, reason, now);
    wzp_event_about(&event, &nobody, WZP_EVENT_ENDED);
    event.u.ended.reason = end;
    event.u.ended.text = text;
    event.u.ended.unannounced = true;
    wzp_event_emit(p, &event);
}

/* Makes the call ring here. */
static void admit(struct wzp_call *c, const struct wzp_signal *offer,
                  const struct wzp_e2e_agreement *agreement, enum wzp_e2e_verdict verdict,
                  enum wzp_policy_outcome outcome, uint64_t now)
{
    describe(&c->session, c->peer_fingerprint, offer);
    c->agreement = *agreement;
    c->verdict = verdict;
    c->session.proven = verdict == WZP_E2E_VALID;
    c->outcome = outcome;
    if (verdict == WZP_E2E_VALID)
        memcpy(c->peer_key, offer->u.direct_call_offer.identity_pub, sizeof c->peer_key);
    wzp_call_ring(c, now);
}

static bool is_own(const struct wzp_phone *p, const char *caller)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];

    return wzp_fingerprint_parse(fingerprint, caller, strlen(caller)) == 0 &&
           memcmp(fingerprint, p->identity.fingerprint, sizeof fingerprint) == 0;
}

/* True when the offer re-establishes a call on which we hung up while the relay was away, because
 * the caller was not told. That happens only right after we registered again; later it is a new
 * call. */
static bool is_over(const struct wzp_phone *p, const struct wzp_signal *offer,
                    enum wzp_e2e_verdict verdict, uint64_t now)
{
    uint64_t registered = p->account.registered_at;

    return verdict == WZP_E2E_VALID && p->hung_up_at != 0 && registered > p->hung_up_at &&
           wzp_time_since(registered, p->hung_up_at) < WZP_PHONE_RING_TIME &&
           wzp_time_since(now, registered) < WZP_CALL_REMAKE_TIME &&
           memcmp(p->hung_up_key, offer->u.direct_call_offer.identity_pub, sizeof p->hung_up_key) ==
               0;
}

/* Behind an existing relay, a relay of ours can tell us which call is over only by an offer with
 * the id of that call: the next Hangup, which has no id, is for this call, even if the call is over
 * already. */
static void name_call(struct wzp_phone *p, const char *call_id, uint64_t now)
{
    wzp_text_copy(p->named, sizeof p->named, call_id);
    p->named_at = now;
}

static struct wzp_call *find_hung_up(struct wzp_phone *p, const char *call_id, uint64_t now)
{
    bool is_named = p->named[0] != '\0' && wzp_time_since(now, p->named_at) <= NAMED_TIME;
    char id[sizeof p->named];

    if (call_id)
        return find_call(p, call_id);
    wzp_text_copy(id, sizeof id, p->named);
    p->named[0] = '\0';
    return is_named ? find_call(p, id) : find_only_call(p);
}

static void take_offer(struct wzp_phone *p, const struct wzp_signal *offer, uint64_t now)
{
    const char *call_id = offer->u.direct_call_offer.call_id;
    struct wzp_e2e_agreement agreement;
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    const struct wzp_peer_pin *pin = NULL;
    const char *caller = offer->u.direct_call_offer.caller_fingerprint;
    struct wzp_call *c;

    /* The id becomes a name on the wire, so an offer with an invalid id, or one in use, makes no
     * call; nor does a probe of another program of ours. */
    if (p->parting || !wzp_call_id_valid(call_id, strlen(call_id)))
        return;
    if (is_own(p, caller)) {
        name_call(p, call_id, now);
        return;
    }
    c = find_call(p, call_id);
    if (c || wzp_signal_is_cancel(offer)) {
        if (c && c->state == WZP_CALL_INCOMING && wzp_signal_is_cancel(offer))
            wzp_call_take_hangup(c, WZP_HANGUP_NORMAL, NULL, now);
        return;
    }
    memset(&agreement, 0, sizeof agreement);
    enum wzp_e2e_verdict verdict = wzp_e2e_check_offer(&agreement, offer, &p->identity);
    if (wzp_e2e_offer_seen(&p->offers, &agreement)) {
        wzp_log(&p->config.log, WZP_LOG_WARN, "a replayed offer was ignored");
        return;
    }
    if (wzp_fingerprint_parse(fingerprint, caller, strlen(caller)) == 0)
        pin = wzp_pins_peer(p->pins, fingerprint);
    enum wzp_policy_outcome outcome =
        wzp_policy_decide(p->config.e2e, verdict, pin && pin->used_e2e);
    if (verdict == WZP_E2E_VALID) {
        /* Anybody can make identities, so calls that only ring fill no more than half of the
         * memory. */
        if (pin || p->pins->peer_count < WZP_PINS_MAX / 2)
            wzp_call_note_able(p, fingerprint, offer->u.direct_call_offer.identity_pub);
        end_awaited(p, offer, now);
    }
    if ((c = find_continued(p, offer, verdict))) {
        wzp_call_continue(c, offer, &agreement, now);
    } else if (is_over(p, offer, verdict, now)) {
        wzp_log(&p->config.log, WZP_LOG_DEBUG, "phone: a call that we hung up is made again: no");
        wzp_call_send_reject(p, call_id, WZP_HANGUP_DECLINED, now);
    } else if (!wzp_policy_allows(outcome)) {
        turn_away(p, offer, verdict == WZP_E2E_VALID, WZP_HANGUP_DECLINED, WZP_END_REFUSED,
                  wzp_policy_why(outcome), now);
    } else if ((in_a_call(p) && !p->config.call_waiting) || wzp_call_new(&c, p, false, now) < 0) {
        turn_away(p, offer, verdict == WZP_E2E_VALID, WZP_HANGUP_BUSY, WZP_END_BUSY,
                  "missed: we were in another call", now);
    } else {
        admit(c, offer, &agreement, verdict, outcome, now);
    }
    wzp_e2e_agreement_wipe(&agreement);
}

static void take_answer(struct wzp_phone *p, const struct wzp_signal *answer, uint64_t now)
{
    struct wzp_call *c = find_call(p, answer->u.direct_call_answer.call_id);

    if (!c || !c->session.outgoing)
        return;
    if (answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT)
        wzp_call_take_hangup(c, WZP_HANGUP_DECLINED, NULL, now);
    else
        wzp_call_take_answer(c, answer, now);
}

/* Sessions may be added from inside an event, never removed: the walk by index is safe. */
static void all_calls(struct wzp_phone *p, enum wzp_call_event event, uint64_t now)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c)
            wzp_call_on(c, event, now);
    }
}

static void take_report(struct wzp_phone *p, const struct wzp_signal *report, uint64_t now)
{
    const char *id = report->u.media_path_report.call_id;
    uint64_t age_ms = report->u.media_path_report.age_ms;
    struct wzp_call *c = find_call(p, id);

    if (c && !c->has_answer && wzp_signal_reason_told(report) != WZP_HANGUP_NORMAL)
        c->foretold = wzp_signal_reason_told(report);
    if (c && !report->u.media_path_report.has_age_ms)
        wzp_direct_take_report(c, report->u.media_path_report.direct_ok, now);
    /* A program that ran before the call began, but is not in it, is another one of the same
     * person, and must not answer. */
    else if (!c && wzp_time_since(now, p->born) / WZP_MILLISECOND < age_ms)
        wzp_call_send_no_call(p, id, now);
}

static void on_signal(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now)
{
    struct wzp_call *c;

    switch (signal->type) {
    case WZP_SIGNAL_DIRECT_CALL_OFFER: take_offer(p, signal, now); break;
    case WZP_SIGNAL_DIRECT_CALL_ANSWER: take_answer(p, signal, now); break;
    case WZP_SIGNAL_CALL_RINGING:
        c = find_call(p, signal->u.call_ringing.call_id);
        if (c)
            wzp_call_on(c, WZP_ON_RINGING, now);
        break;
    case WZP_SIGNAL_CALL_SETUP:
        c = find_call(p, signal->u.call_setup.call_id);
        if (c)
            wzp_call_take_setup(c, signal, now);
        break;
    case WZP_SIGNAL_HANGUP:
        c = find_hung_up(p, signal->u.hangup.call_id, now);
        if (c)
            wzp_call_take_hangup(c, signal->u.hangup.reason, signal->u.hangup.cause, now);
        break;
    case WZP_SIGNAL_MEDIA_PATH_REPORT: take_report(p, signal, now); break;
    case WZP_SIGNAL_CANDIDATE_UPDATE:
        c = find_call(p, signal->u.candidate_update.call_id);
        if (c)
            wzp_direct_take_update(c, signal, now);
        break;
    case WZP_SIGNAL_REFLECT_RESPONSE:
        wzp_ground_reflected(p, signal->u.reflect_response.observed_addr, now);
        all_calls(p, WZP_ON_REGISTERED, now); /* offers may have waited for our address */
        break;
    default: break; /* not for a phone */
    }
}

static void on_registered(struct wzp_phone *p, uint64_t now)
{
    wzp_ground_ask(p, now);
    all_calls(p, WZP_ON_REGISTERED, now);
}

static void on_lost(struct wzp_phone *p, uint64_t now)
{
    all_calls(p, WZP_ON_SIGNAL_LOST, now);
}

/* Sessions may end inside, but stay in their places until no loop runs over them. */
static void on_displaced(struct wzp_phone *p, uint64_t now)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c)
            wzp_call_displaced(c, now);
    }
    all_calls(p, WZP_ON_DISPLACED, now);
}

const struct wzp_account_calls wzp_call_inbox = {.registered = on_registered,
                                                 .signal = on_signal,
                                                 .lost = on_lost,
                                                 .displaced = on_displaced,
                                                 .busy = in_a_call,
                                                 .waits = waits,
                                                 .awaits = awaits};
