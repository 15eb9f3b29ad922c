/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The messages of a registration: the token, RegisterPresence with its proof of identity, and the
 * relay's acknowledgements. Source: wzp-protocol(7), Registration. */
#ifndef WZP_PHONE_ACCOUNT_ACK_H
#define WZP_PHONE_ACCOUNT_ACK_H

#include "phone/internal.h"

/* Errors of wzp_link_send. */
int wzp_account_send_token(struct wzp_phone *p, uint64_t now);
int wzp_account_send_register(struct wzp_phone *p, uint64_t now);
/* Handles the first acknowledgement on the connection: checks the relay's proof of identity and
 * whether the relay registered us. */
void wzp_account_take_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now);
/* Handles a later acknowledgement. Relays of ours send one when another program with our identity
 * registers, which then receives our calls, and another one when that program has left. We do not
 * register again in between, since that would take the calls from the newer program. */
void wzp_account_take_later_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now);

#endif
