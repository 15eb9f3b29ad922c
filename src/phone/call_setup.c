/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call_setup.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/text.h"
#include "phone/call_outbox.h"
#include "phone/call_tell.h"
#include "phone/direct.h"
#include "phone/gate.h"
#include "phone/ground.h"
#include "phone/leg.h"
#include "phone/session.h"

#define ORDER_TIME (2 * WZP_SECOND) /* for an answer after its CallSetup, or a better one */

void wzp_call_make_id(struct wzp_call *c)
{
    uint8_t bits[16];

    wzp_random_bytes(&c->session.phone->config.random, bits, sizeof bits);
    wzp_hex_encode(c->session.call_id, bits, sizeof bits);
}

uint64_t wzp_call_ring_time(const struct wzp_phone *p)
{
    return p->config.ring_seconds != 0 ? p->config.ring_seconds * WZP_SECOND : WZP_PHONE_RING_TIME;
}

void wzp_call_offer(struct wzp_call *c, uint64_t now)
{
    if (!c->session.outgoing)
        return; /* an incoming call is re-established by the caller */
    c->offer_at = wzp_ground_awaited(c->session.phone, now);
    if (c->offer_at != 0)
        return;
    int result = wzp_call_send_offer(c, now);
    if (result < 0) {
        wzp_session_end(&c->session, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    uint64_t rings_until = wzp_time_add(now, wzp_call_ring_time(c->session.phone));
    wzp_call_enter(c, WZP_CALL_OFFERED, c->remaking ? c->remake_by : rings_until);
}

void wzp_call_note_able(struct wzp_phone *p, const uint8_t *fingerprint, const uint8_t *key)
{
    (void)wzp_pins_note_peer(p->pins, fingerprint, key, true, false);
}

void wzp_call_accept(struct wzp_call *c, uint64_t now)
{
    int result = wzp_call_send_answer(c, now);

    if (result < 0) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(&c->session, WZP_END_ERROR, wzp_strerror(result), now);
        return;
    }
    if (c->verdict == WZP_E2E_VALID)
        wzp_call_note_able(c->session.phone, c->peer_fingerprint, c->peer_key);
    c->has_answer = true;
    wzp_call_enter(c, WZP_CALL_ACCEPTED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    if (!c->remaking) {
        c->session.stands_since = now;
        wzp_call_emit(c, WZP_EVENT_ANSWERED);
    }
    if (!c->session.ended)
        wzp_call_tell_security(c);
}

static void begin_link(struct wzp_call *c, uint64_t now)
{
    wzp_call_enter(c, c->session.outgoing ? WZP_CALL_LINKING : WZP_CALL_JOINING, WZP_NEVER);
    /* Existing programs wait up to 3 s for this report before they settle on the relay. */
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

static enum wzp_e2e_verdict check(struct wzp_call *c, struct wzp_e2e_session *keys,
                                  const struct wzp_signal *answer)
{
    enum wzp_e2e_verdict verdict = WZP_E2E_LEGACY;

    if (c->session.phone->config.e2e != WZP_E2E_OFF)
        verdict = wzp_e2e_check_answer(&c->agreement, keys, answer);
    if (verdict == WZP_E2E_VALID || verdict == WZP_E2E_STRIPPED)
        wzp_call_note_able(c->session.phone, c->peer_fingerprint,
                           answer->u.direct_call_answer.identity_pub);
    return verdict;
}

/* Whether an answer is accepted after earlier ones: the first valid one is, and the first one at
 * all. A sealed call goes on sealed, with the same person, or not at all. Source: wzp-protocol(7),
 * Agreement. */
static bool is_taken(const struct wzp_call *c, const struct wzp_signal *answer,
                     enum wzp_policy_outcome outcome)
{
    if (c->has_answer && outcome != WZP_POLICY_SEALED && outcome != WZP_POLICY_END_TAMPERED)
        return false;
    if (c->has_answer && c->outcome == WZP_POLICY_SEALED)
        return false;
    if (!c->remaking)
        return true;
    return outcome == WZP_POLICY_SEALED &&
           memcmp(c->peer_key, answer->u.direct_call_answer.identity_pub, sizeof c->peer_key) == 0;
}

static void keep(struct wzp_call *c, const struct wzp_signal *answer, enum wzp_e2e_verdict verdict,
                 enum wzp_policy_outcome outcome, const struct wzp_e2e_session *keys)
{
    c->has_answer = true;
    c->peer_private = answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_GENERIC;
    c->verdict = verdict;
    c->session.proven = verdict == WZP_E2E_VALID;
    c->outcome = outcome;
    if (outcome == WZP_POLICY_SEALED) {
        c->agreed = *keys;
        memcpy(c->peer_key, answer->u.direct_call_answer.identity_pub, sizeof c->peer_key);
    }
}

static void judge(struct wzp_call *c, const struct wzp_signal *answer, uint64_t now)
{
    struct wzp_e2e_session keys;

    memset(&keys, 0, sizeof keys);
    enum wzp_e2e_verdict verdict = check(c, &keys, answer);
    const struct wzp_peer_pin *pin = wzp_pins_peer(c->session.phone->pins, c->peer_fingerprint);
    enum wzp_policy_outcome outcome =
        wzp_policy_decide(c->session.phone->config.e2e, verdict, pin && pin->used_e2e);
    bool taken = is_taken(c, answer, outcome);
    bool tampered = outcome == WZP_POLICY_END_TAMPERED;
    if (taken && !tampered)
        keep(c, answer, verdict, outcome, &keys);
    wzp_e2e_session_wipe(&keys);
    if (!taken)
        return;
    if (tampered) {
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_ERROR, now);
        wzp_session_end(&c->session, WZP_END_REFUSED, wzp_policy_why(outcome), now);
        return;
    }
    if (!wzp_policy_allows(outcome)) {
        wzp_call_enter(c, WZP_CALL_DOUBTED, wzp_time_add(now, ORDER_TIME));
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

/* Chooses the relays to dial. The relay that CallSetup names comes first when we may use it: when
 * we know it, or when nobody on the way can listen (C13); then ours is the second. Any other one
 * comes after ours, in case ours sends us there because several relays share its name, and must
 * show our relay's certificate. */
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
        wzp_call_enter(c, WZP_CALL_ORDER, wzp_time_add(now, ORDER_TIME));
}
