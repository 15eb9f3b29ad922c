/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is said to register: the token, RegisterPresence with its proof, and what the relay's
 * acknowledgements mean. Source: wzp-protocol(7), Registration. */
#ifndef WZP_PHONE_ACCOUNT_ACK_H
#define WZP_PHONE_ACCOUNT_ACK_H

#include "phone/internal.h"

/* Errors of wzp_link_send. */
int wzp_account_send_token(struct wzp_phone *p, uint64_t now);
int wzp_account_send_register(struct wzp_phone *p, uint64_t now);
/* The first answer on the connection: are we in, and is it the relay it says it is? */
void wzp_account_take_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now);
/* Another program with our identity came, or went, as our relays say it: the newest gets the calls.
 * Going there again would only take them back from it. */
void wzp_account_take_later_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now);

#endif
