/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call_outbox.h"

#include <string.h>

#include "base/text.h"
#include "phone/account.h"
#include "phone/candidates.h"
#include "phone/ground.h"

static char *build_of(struct wzp_phone *p)
{
    return p->config.build[0] != '\0' ? p->config.build : NULL;
}

static char *text_or_null(char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* Takes our candidates for an offer or answer. The reflexive one is kept, because both sides derive
 * their roles from it. */
static void announce(struct wzp_call *c, struct wzp_ground_texts *texts)
{
    wzp_ground_take(c->session.phone, &c->announced, texts);
    wzp_text_copy(c->own_reflexive, sizeof c->own_reflexive, texts->reflexive);
    if (!c->away) /* while it is away, the offer is repeated */
        wzp_candidates_tell_own(c, texts, false);
}

int wzp_call_send_offer(struct wzp_call *c, uint64_t now)
{
    struct wzp_phone *p = c->session.phone;
    struct wzp_ground_texts own;
    struct wzp_profile good = *wzp_tier_profile(WZP_TIER_GOOD);
    uint8_t signature[64];
    struct wzp_signal offer;

    memset(&offer, 0, sizeof offer);
    offer.type = WZP_SIGNAL_DIRECT_CALL_OFFER;
    offer.u.direct_call_offer.caller_fingerprint = p->identity.fingerprint_text;
    offer.u.direct_call_offer.caller_alias = p->config.alias[0] != '\0' ? p->config.alias : NULL;
    offer.u.direct_call_offer.target_fingerprint = c->session.peer;
    offer.u.direct_call_offer.call_id = c->session.call_id;
    offer.u.direct_call_offer.supported_profiles.items = &good;
    offer.u.direct_call_offer.supported_profiles.count = 1;
    offer.u.direct_call_offer.caller_build_version = build_of(p);
    announce(c, &own);
    offer.u.direct_call_offer.caller_reflexive_addr = text_or_null(own.reflexive);
    offer.u.direct_call_offer.caller_mapped_addr = text_or_null(own.mapped);
    offer.u.direct_call_offer.caller_local_addrs.items = own.items;
    offer.u.direct_call_offer.caller_local_addrs.count = own.count;
    if (p->config.e2e != WZP_E2E_OFF) {
        int result =
            wzp_e2e_make_offer(&c->agreement, &offer, signature, &p->identity, &p->config.random);
        if (result < 0)
            return result;
    }
    return wzp_account_send(p, &offer, now);
}

int wzp_call_send_answer(struct wzp_call *c, uint64_t now)
{
    struct wzp_phone *p = c->session.phone;
    uint8_t signature[64];
    struct wzp_ground_texts own;
    struct wzp_signal answer;

    memset(&answer, 0, sizeof answer);
    answer.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
    if (c->trusted) {
        announce(c, &own);
        answer.u.direct_call_answer.callee_reflexive_addr = text_or_null(own.reflexive);
        answer.u.direct_call_answer.callee_mapped_addr = text_or_null(own.mapped);
        answer.u.direct_call_answer.callee_local_addrs.items = own.items;
        answer.u.direct_call_answer.callee_local_addrs.count = own.count;
    }
    answer.u.direct_call_answer.call_id = c->session.call_id;
    answer.u.direct_call_answer.accept_mode = c->trusted ? WZP_ACCEPT_TRUSTED : WZP_ACCEPT_GENERIC;
    answer.u.direct_call_answer.has_chosen_profile = true;
    answer.u.direct_call_answer.chosen_profile = *wzp_tier_profile(WZP_TIER_GOOD);
    answer.u.direct_call_answer.callee_build_version = build_of(p);
    if (p->config.e2e != WZP_E2E_OFF && c->agreement.usable) {
        int result =
            wzp_e2e_make_answer(&c->agreement, &c->agreed, &answer, signature,
                                c->outcome == WZP_POLICY_SEALED, &p->identity, &p->config.random);
        if (result < 0)
            return result;
    }
    return wzp_account_send(p, &answer, now);
}

static int send_hangup(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                       char *cause, uint64_t now)
{
    struct wzp_signal hangup;
    char id[WZP_CALL_ID_MAX + 1];

    memset(&hangup, 0, sizeof hangup);
    wzp_text_copy(id, sizeof id, call_id);
    hangup.type = WZP_SIGNAL_HANGUP;
    hangup.u.hangup.reason = reason;
    hangup.u.hangup.call_id = id;
    hangup.u.hangup.cause = cause;
    return wzp_account_send(p, &hangup, now);
}

int wzp_call_send_hangup(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now)
{
    return send_hangup(p, call_id, reason, NULL, now);
}

int wzp_call_send_no_call(struct wzp_phone *p, const char *call_id, uint64_t now)
{
    char cause[] = WZP_CAUSE_NO_CALL;

    return send_hangup(p, call_id, WZP_HANGUP_TIMEOUT, cause, now);
}

static int send_refusal(struct wzp_phone *p, const char *call_id, uint64_t now)
{
    struct wzp_signal answer;
    char id[WZP_CALL_ID_MAX + 1];

    memset(&answer, 0, sizeof answer);
    wzp_text_copy(id, sizeof id, call_id);
    answer.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
    answer.u.direct_call_answer.call_id = id;
    answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_REJECT;
    return wzp_account_send(p, &answer, now);
}

/* Sends both a Hangup and a rejecting answer; a relay forgets the call at the first of the two.
 * Relays of ours pass the Hangup on, with its reason. Existing ones pass only the answer to another
 * relay, as "Normal", so the reason is sent to them in a signal of its own before. */
int wzp_call_send_reject(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now)
{
    const struct wzp_signal why = wzp_signal_reason(call_id, reason);
    bool is_ours = p->account.proven;

    int result =
        is_ours ? wzp_call_send_hangup(p, call_id, reason, now) : wzp_account_send(p, &why, now);
    if (result < 0)
        return result;
    result = send_refusal(p, call_id, now);
    return is_ours || result < 0 ? result : wzp_call_send_hangup(p, call_id, reason, now);
}

int wzp_call_send_cancel(struct wzp_call *c, uint64_t now)
{
    struct wzp_phone *p = c->session.phone;
    const struct wzp_signal cancel =
        wzp_signal_cancel(c->session.call_id, p->identity.fingerprint_text, c->session.peer);

    return p->account.proven ? 0 : wzp_account_send(p, &cancel, now);
}

int wzp_call_send_candidates(struct wzp_call *c, uint64_t now)
{
    struct wzp_ground_texts own;
    struct wzp_signal update;

    memset(&update, 0, sizeof update);
    wzp_ground_take(c->session.phone, &c->announced, &own);
    wzp_candidates_tell_own(c, &own, true);
    update.type = WZP_SIGNAL_CANDIDATE_UPDATE;
    update.u.candidate_update.call_id = c->session.call_id;
    update.u.candidate_update.reflexive_addr = text_or_null(own.reflexive);
    update.u.candidate_update.mapped_addr = text_or_null(own.mapped);
    update.u.candidate_update.local_addrs.items = own.items;
    update.u.candidate_update.local_addrs.count = own.count;
    update.u.candidate_update.generation = own.generation;
    return wzp_account_send(c->session.phone, &update, now);
}

/* asks: the report also asks whether the peer still has the call. */
static int send_path_report(struct wzp_call *c, bool direct_ok, bool asks, uint64_t now)
{
    char relay[] = "Relay", direct[] = "Direct";
    struct wzp_signal report;

    memset(&report, 0, sizeof report);
    report.type = WZP_SIGNAL_MEDIA_PATH_REPORT;
    report.u.media_path_report.call_id = c->session.call_id;
    report.u.media_path_report.direct_ok = direct_ok;
    report.u.media_path_report.race_winner = direct_ok ? direct : relay;
    report.u.media_path_report.has_age_ms = asks;
    report.u.media_path_report.age_ms =
        wzp_time_since(now, c->session.stands_since) / WZP_MILLISECOND;
    return wzp_account_send(c->session.phone, &report, now);
}

int wzp_call_send_path_report(struct wzp_call *c, bool direct_ok, uint64_t now)
{
    return send_path_report(c, direct_ok, false, now);
}

int wzp_call_send_question(struct wzp_call *c, bool direct_ok, uint64_t now)
{
    return send_path_report(c, direct_ok, true, now);
}
