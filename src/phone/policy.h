/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a call does with what the peer showed about end-to-end encryption. One table, no other place
 * decides. Source: wzp-protocol(7), Plain calls. */
#ifndef WZP_PHONE_POLICY_H
#define WZP_PHONE_POLICY_H

#include <stdbool.h>

#include "crypto/e2e.h"
#include "wzp/phone.h"

enum wzp_policy_outcome {
    WZP_POLICY_SEALED,           /* every packet is sealed */
    WZP_POLICY_PLAIN,            /* an old peer: encrypted to the relay only, and shown so */
    WZP_POLICY_PLAIN_WARNED,     /* the same, but its fields were there and wrong */
    WZP_POLICY_PLAIN_OFF,        /* switched off here */
    WZP_POLICY_REFUSE_REQUIRED,  /* our user wants sealed calls only */
    WZP_POLICY_REFUSE_DOWNGRADE, /* this peer could seal calls before, and now shows no keys */
    WZP_POLICY_END_TAMPERED      /* a relay took our keys out of the offer */
};

/* used_before: a valid signature has shown that this peer can seal calls (pins). */
enum wzp_policy_outcome wzp_policy_decide(enum wzp_e2e_policy policy, enum wzp_e2e_verdict verdict,
                                          bool used_before);
/* True when the call may go on. */
bool wzp_policy_allows(enum wzp_policy_outcome outcome);
/* Why, as the rest of a sentence whose beginning ("ended: refused", "encrypted to the relay only")
 * the event says; static. */
const char *wzp_policy_why(enum wzp_policy_outcome outcome);

#endif
