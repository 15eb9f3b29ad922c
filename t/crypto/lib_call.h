/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A direct call's offer and answer between the two identities of the vectors. */
#ifndef WZP_T_LIB_CALL_H
#define WZP_T_LIB_CALL_H

#include "crypto/e2e.h"
#include "lib_crypto.h"

struct call {
    struct wzp_identity caller, callee;
    struct wzp_e2e_agreement at_caller, at_callee;
    struct wzp_e2e_session caller_session, callee_session;
    struct wzp_signal offer, answer;
    uint8_t offer_signature[64], answer_signature[64];
    char call_id[64], caller_text[40], target_text[40];
    enum wzp_e2e_verdict offer_verdict, answer_verdict;
};
/* Names and call id as in the vectors; nothing is sent yet. */
void call_init(struct call *c, json_t *vectors);
/* Steps: each uses the vectors' ephemeral secret. */
void call_offer(struct call *c, json_t *vectors);
int call_answer_unjudged(struct call *c, json_t *vectors);
int call_answer(struct call *c, json_t *vectors);
/* All of it; bails when the call does not become valid. */
void call_agree(struct call *c, json_t *vectors);

#endif
