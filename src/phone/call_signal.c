/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The messages of direct calls: making ours, and finding the call that one from outside is
 * about. */
#include <string.h>

#include "base/text.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/event.h"
#include "phone/session.h"

/* ---- ours ---- */

static char *build_of(struct wzp_phone *p)
{
    return p->config.build[0] != '\0' ? p->config.build : NULL;
}

int wzp_call_send_offer(struct wzp_session *s, uint64_t now)
{
    struct wzp_phone *p = s->phone;
    struct wzp_profile good = *wzp_tier_profile(WZP_TIER_GOOD);
    uint8_t signature[64];
    struct wzp_signal offer;

    memset(&offer, 0, sizeof offer);
    offer.type = WZP_SIGNAL_DIRECT_CALL_OFFER;
    offer.u.direct_call_offer.caller_fingerprint = p->identity.fingerprint_text;
    offer.u.direct_call_offer.caller_alias = p->config.alias[0] != '\0' ? p->config.alias : NULL;
    offer.u.direct_call_offer.target_fingerprint = s->peer;
    offer.u.direct_call_offer.call_id = s->call_id;
    offer.u.direct_call_offer.supported_profiles.items = &good;
    offer.u.direct_call_offer.supported_profiles.count = 1;
    offer.u.direct_call_offer.caller_build_version = build_of(p);
    if (p->config.e2e != WZP_E2E_OFF) {
        int result =
            wzp_e2e_make_offer(&s->agreement, &offer, signature, &p->identity, &p->config.random);
        if (result < 0)
            return result;
    }
    return wzp_account_send(p, &offer, now);
}

int wzp_call_send_answer(struct wzp_session *s, uint64_t now)
{
    struct wzp_phone *p = s->phone;
    uint8_t signature[64];
    struct wzp_signal answer;

    memset(&answer, 0, sizeof answer);
    answer.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
    answer.u.direct_call_answer.call_id = s->call_id;
    answer.u.direct_call_answer.accept_mode = s->trusted ? WZP_ACCEPT_TRUSTED : WZP_ACCEPT_GENERIC;
    answer.u.direct_call_answer.has_chosen_profile = true;
    answer.u.direct_call_answer.chosen_profile = *wzp_tier_profile(WZP_TIER_GOOD);
    answer.u.direct_call_answer.callee_build_version = build_of(p);
    if (p->config.e2e != WZP_E2E_OFF && s->agreement.usable) {
        int result =
            wzp_e2e_make_answer(&s->agreement, &s->agreed, &answer, signature,
                                s->outcome == WZP_POLICY_SEALED, &p->identity, &p->config.random);
        if (result < 0)
            return result;
    }
    return wzp_account_send(p, &answer, now);
}

int wzp_call_send_hangup(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now)
{
    struct wzp_signal hangup;
    char id[WZP_CALL_ID_MAX + 1];

    memset(&hangup, 0, sizeof hangup);
    wzp_text_copy(id, sizeof id, call_id);
    hangup.type = WZP_SIGNAL_HANGUP;
    hangup.u.hangup.reason = reason;
    hangup.u.hangup.call_id = id;
    return wzp_account_send(p, &hangup, now);
}

/* The Hangup says why (a relay turns the bare refusal into "Normal"); the refusal after it is for
 * relays that carry only that to another relay. */
int wzp_call_send_reject(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now)
{
    struct wzp_signal answer;
    char id[WZP_CALL_ID_MAX + 1];

    int result = wzp_call_send_hangup(p, call_id, reason, now);
    if (result < 0)
        return result;
    memset(&answer, 0, sizeof answer);
    wzp_text_copy(id, sizeof id, call_id);
    answer.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
    answer.u.direct_call_answer.call_id = id;
    answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_REJECT;
    return wzp_account_send(p, &answer, now);
}

int wzp_call_send_path_report(struct wzp_session *s, uint64_t now)
{
    char relay[] = "Relay";
    struct wzp_signal report;

    memset(&report, 0, sizeof report);
    report.type = WZP_SIGNAL_MEDIA_PATH_REPORT;
    report.u.media_path_report.call_id = s->call_id;
    report.u.media_path_report.direct_ok = false;
    report.u.media_path_report.race_winner = relay;
    return wzp_account_send(s->phone, &report, now);
}

/* ---- theirs ---- */

static struct wzp_session *find_call(const struct wzp_phone *p, const char *call_id)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_session *s = p->sessions[i];
        if (!s->is_room && !s->ended && strcmp(s->call_id, call_id) == 0)
            return s;
    }
    return NULL;
}

/* A Hangup without call id means the only call; of several, the only one the relay has not
 * forwarded yet (existing relays say so that nobody is there). Waiting calls are not known to
 * the relay. */
static struct wzp_session *find_only_call(const struct wzp_phone *p)
{
    struct wzp_session *any = NULL, *offered = NULL;
    size_t calls = 0, offers = 0;

    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_session *s = p->sessions[i];
        if (s->is_room || s->ended || s->state == WZP_CALL_WAITING)
            continue;
        any = s;
        calls++;
        if (s->state == WZP_CALL_OFFERED) {
            offered = s;
            offers++;
        }
    }
    return calls == 1 ? any : offers == 1 ? offered : NULL;
}

static bool in_a_call(const struct wzp_phone *p)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (!p->sessions[i]->is_room && !p->sessions[i]->ended)
            return true;
    return false;
}

/* Who calls, as far as a screen may know it. */
static void describe(struct wzp_session *s, const struct wzp_signal *offer)
{
    const char *fingerprint = offer->u.direct_call_offer.caller_fingerprint;

    s->has_peer_fingerprint =
        wzp_fingerprint_parse(s->peer_fingerprint, fingerprint, strlen(fingerprint)) == 0;
    if (s->has_peer_fingerprint)
        wzp_fingerprint_format(s->peer, s->peer_fingerprint);
    else
        wzp_event_text(s->peer, sizeof s->peer, fingerprint);
    wzp_event_text(s->alias, sizeof s->alias, offer->u.direct_call_offer.caller_alias);
    wzp_text_copy(s->call_id, sizeof s->call_id, offer->u.direct_call_offer.call_id);
}

/* A call that ends before it rings: the caller is told, and our user. */
static void turn_away(struct wzp_phone *p, const struct wzp_signal *offer,
                      enum wzp_hangup_reason reason, enum wzp_end_reason end, const char *text,
                      uint64_t now)
{
    struct wzp_session nobody;
    struct wzp_event event;

    memset(&nobody, 0, sizeof nobody);
    describe(&nobody, offer);
    nobody.id = wzp_session_number(p);
    wzp_call_send_reject(p, nobody.call_id, reason, now);
    wzp_event_about(&event, &nobody, WZP_EVENT_ENDED);
    event.u.ended.reason = end;
    event.u.ended.text = text;
    wzp_event_emit(p, &event);
}

static void ring(struct wzp_session *s, uint64_t now)
{
    struct wzp_phone *p = s->phone;
    struct wzp_event event;

    s->state = WZP_CALL_INCOMING;
    s->deadline = wzp_time_add(now, wzp_call_ring_time(p));
    wzp_event_about(&event, s, WZP_EVENT_INCOMING);
    event.u.incoming.proven = s->verdict == WZP_E2E_VALID;
    event.u.incoming.e2e = s->outcome == WZP_POLICY_SEALED;
    event.u.incoming.why = wzp_policy_why(s->outcome);
    wzp_event_emit(p, &event);
}

static void take_offer(struct wzp_phone *p, const struct wzp_signal *offer, uint64_t now)
{
    const char *call_id = offer->u.direct_call_offer.call_id;
    struct wzp_e2e_agreement agreement;
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    const struct wzp_peer_pin *pin = NULL;
    const char *caller = offer->u.direct_call_offer.caller_fingerprint;
    struct wzp_session *s;

    /* The id becomes a name on the wire; one that is none, or is in use, is no call. */
    if (p->parting || !wzp_call_id_valid(call_id, strlen(call_id)) || find_call(p, call_id))
        return;
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
    if (!wzp_policy_allows(outcome)) {
        turn_away(p, offer, WZP_HANGUP_DECLINED, WZP_END_REFUSED, wzp_policy_why(outcome), now);
    } else if (in_a_call(p) || wzp_session_new(&s, p, false, false, now) < 0) {
        turn_away(p, offer, WZP_HANGUP_BUSY, WZP_END_BUSY, "called while we were in a call", now);
    } else {
        describe(s, offer);
        s->agreement = agreement;
        s->verdict = verdict;
        s->outcome = outcome;
        if (verdict == WZP_E2E_VALID)
            memcpy(s->peer_key, offer->u.direct_call_offer.identity_pub, sizeof s->peer_key);
        ring(s, now);
    }
    wzp_e2e_agreement_wipe(&agreement);
}

static void take_answer(struct wzp_phone *p, const struct wzp_signal *answer, uint64_t now)
{
    struct wzp_session *s = find_call(p, answer->u.direct_call_answer.call_id);

    if (!s || !s->outgoing)
        return;
    if (answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT)
        wzp_call_take_hangup(s, WZP_HANGUP_DECLINED, now);
    else
        wzp_call_take_answer(s, answer, now);
}

void wzp_call_signal(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now)
{
    struct wzp_session *s;

    switch (signal->type) {
    case WZP_SIGNAL_DIRECT_CALL_OFFER: take_offer(p, signal, now); break;
    case WZP_SIGNAL_DIRECT_CALL_ANSWER: take_answer(p, signal, now); break;
    case WZP_SIGNAL_CALL_RINGING:
        s = find_call(p, signal->u.call_ringing.call_id);
        if (s)
            wzp_call_on(s, WZP_ON_RINGING, now);
        break;
    case WZP_SIGNAL_CALL_SETUP:
        s = find_call(p, signal->u.call_setup.call_id);
        if (s)
            wzp_call_take_setup(s, signal, now);
        break;
    case WZP_SIGNAL_HANGUP:
        s = signal->u.hangup.call_id ? find_call(p, signal->u.hangup.call_id) : find_only_call(p);
        if (s)
            wzp_call_take_hangup(s, signal->u.hangup.reason, now);
        break;
    default: break; /* not for a phone, or about direct paths, which this phone does not try */
    }
}

/* Sessions may be added from inside an event, never removed: the walk by index is safe. */
static void all_calls(struct wzp_phone *p, enum wzp_call_event event, uint64_t now)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_session *s = p->sessions[i];
        if (!s->is_room && !s->ended)
            wzp_call_on(s, event, now);
    }
}

void wzp_call_registered(struct wzp_phone *p, uint64_t now)
{
    all_calls(p, WZP_ON_REGISTERED, now);
}

void wzp_call_signal_lost(struct wzp_phone *p, uint64_t now)
{
    all_calls(p, WZP_ON_SIGNAL_LOST, now);
}
