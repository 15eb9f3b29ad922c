/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_call.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

void call_init(struct call *c, json_t *vectors)
{
    memset(c, 0, sizeof *c);
    identity_named(&c->caller, vectors, "counting_00_1f");
    identity_named(&c->callee, vectors, "all_ff");
    snprintf(c->call_id, sizeof c->call_id, "%s",
             text_of(at(vectors, "extension_e2e1", NULL), "call_id"));
    snprintf(c->caller_text, sizeof c->caller_text, "%s", c->caller.fingerprint_text);
    snprintf(c->target_text, sizeof c->target_text, "%s", c->callee.fingerprint_text);
    c->offer.type = WZP_SIGNAL_DIRECT_CALL_OFFER;
    c->offer.u.direct_call_offer.call_id = c->call_id;
    c->offer.u.direct_call_offer.caller_fingerprint = c->caller_text;
    c->offer.u.direct_call_offer.target_fingerprint = c->target_text;
    c->answer.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
    c->answer.u.direct_call_answer.call_id = c->call_id;
    c->answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_TRUSTED;
}

void call_offer(struct call *c, json_t *vectors)
{
    struct known_bytes known;
    struct wzp_random random =
        known_source(&known, text_of(at(vectors, "handshake_v1", NULL), "caller_ephemeral_secret"));
    is_int(wzp_e2e_make_offer(&c->at_caller, &c->offer, c->offer_signature, &c->caller, &random), 0,
           "offer made");
}

int call_answer_unjudged(struct call *c, json_t *vectors)
{
    struct known_bytes known;
    struct wzp_random random =
        known_source(&known, text_of(at(vectors, "handshake_v1", NULL), "callee_ephemeral_secret"));
    c->offer_verdict = wzp_e2e_check_offer(&c->at_callee, &c->offer, &c->callee);
    return wzp_e2e_make_answer(&c->at_callee, &c->callee_session, &c->answer, c->answer_signature,
                               c->offer_verdict == WZP_E2E_VALID, &c->callee, &random);
}

int call_answer(struct call *c, json_t *vectors)
{
    int result = call_answer_unjudged(c, vectors);
    if (result == 0)
        c->answer_verdict = wzp_e2e_check_answer(&c->at_caller, &c->caller_session, &c->answer);
    return result;
}

void call_agree(struct call *c, json_t *vectors)
{
    call_init(c, vectors);
    call_offer(c, vectors);
    if (call_answer(c, vectors) < 0 || c->offer_verdict != WZP_E2E_VALID ||
        c->answer_verdict != WZP_E2E_VALID)
        bail("the call did not become sealed");
}
