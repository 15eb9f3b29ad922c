/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The registration: one `_signal` connection, kept up (account_dial.h), proved both ways
 * (account_ack.h); what arrives on it goes to whoever uses it. Source: wzp-protocol(7), Messages,
 * Registration, Media handshake, Certificate. */
#ifndef WZP_PHONE_ACCOUNT_H
#define WZP_PHONE_ACCOUNT_H

#include "phone/internal.h"

/* Not registered; who hears of it from now on. */
void wzp_account_init(struct wzp_phone *p, const struct wzp_account_calls *calls);
/* Connects now, unless it is connected or under way. */
void wzp_account_start(struct wzp_phone *p, uint64_t now);
/* Leaves the relay for the first of the list, at once; nothing unless it is registered. */
void wzp_account_move(struct wzp_phone *p, uint64_t now);
/* Connects again at once after a person accepted the certificate. */
void wzp_account_unblock(struct wzp_phone *p, uint64_t now);
/* Parts; no further tries. */
void wzp_account_stop(struct wzp_phone *p, uint64_t now);
/* Registers again on the same connection: what we are called changed. Nothing when it is not
 * registered. */
void wzp_account_renew(struct wzp_phone *p, uint64_t now);
/* Is the connection still alive? Asked when the networks changed. */
void wzp_account_check(struct wzp_phone *p, uint64_t now);
/* Sends a signal to the relay. WZP_E_STATE when not registered. */
int wzp_account_send(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now);

/* When the account's time comes, and when it came. */
uint64_t wzp_account_expiry(const struct wzp_phone *p);
void wzp_account_expire(struct wzp_phone *p, uint64_t now);

#endif
