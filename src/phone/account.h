/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The account: our registration at a relay. It is one QUIC connection with the SNI `_signal`, which
 * is dialled again when it is lost (account_dial.h) and on which both ends prove their identity
 * (account_ack.h). Signals that arrive on it go to the callbacks of struct wzp_account_calls.
 * Source: wzp-protocol(7), Messages, Registration, Media handshake, Certificate. */
#ifndef WZP_PHONE_ACCOUNT_H
#define WZP_PHONE_ACCOUNT_H

#include "phone/internal.h"

/* Initial state: not registered. calls: who receives the signals and changes of state. */
void wzp_account_init(struct wzp_phone *p, const struct wzp_account_calls *calls);
/* Connects now, unless it is connected or under way. */
void wzp_account_start(struct wzp_phone *p, uint64_t now);
/* Leaves the relay and connects at once to the one in turn, which is the first of the list after
 * wzp_phone_set_relays. Does nothing unless registered. */
void wzp_account_move(struct wzp_phone *p, uint64_t now);
/* Connects again at once after a person accepted the certificate. */
void wzp_account_unblock(struct wzp_phone *p, uint64_t now);
/* Closes the connection; it is not dialled again. */
void wzp_account_stop(struct wzp_phone *p, uint64_t now);
/* Registers again on the same connection, because our alias has changed. Does nothing unless
 * registered. */
void wzp_account_renew(struct wzp_phone *p, uint64_t now);
/* Tests whether the connection is still alive, after the networks changed: sends a packet on it, or
 * dials anew at once when no connection is established. */
void wzp_account_check(struct wzp_phone *p, uint64_t now);
/* Sends a signal to the relay. WZP_E_STATE when not registered. */
int wzp_account_send(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now);

/* The next deadline of the account, WZP_NEVER for none; and the work that is due at it. */
uint64_t wzp_account_expiry(const struct wzp_phone *p);
void wzp_account_expire(struct wzp_phone *p, uint64_t now);

#endif
