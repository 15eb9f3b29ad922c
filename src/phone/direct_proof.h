/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The proof on a direct connection that its other end has the keys of the call, bound to the
 * connection itself. Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_DIRECT_PROOF_H
#define WZP_PHONE_DIRECT_PROOF_H

#include "phone/internal.h"

/* The call's keys, wherever they are now; NULL when it is not sealed. */
const struct wzp_e2e_session *wzp_direct_keys(const struct wzp_call *c);
/* Sends our proof. WZP_E_STATE, or as wzp_link_send. */
int wzp_direct_send_proof(const struct wzp_call *c, struct wzp_link *link, uint64_t now);
/* True when the signal is the peer's proof for this call and connection. */
bool wzp_direct_check_proof(const struct wzp_call *c, const struct wzp_link *link,
                            const struct wzp_signal *signal);

#endif
