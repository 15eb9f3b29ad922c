/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals on a media connection: those by which we join a room, and the relay's recommendations.
 * Source: wzp-protocol(7), Media handshake, Registration, Quality directive. */
#ifndef WZP_PHONE_LEG_SIGNAL_H
#define WZP_PHONE_LEG_SIGNAL_H

#include "phone/internal.h"

/* Send the account's token, and the CallOffer with our proof of identity. As wzp_link_send. */
int wzp_leg_send_token(struct wzp_leg *leg, uint64_t now);
int wzp_leg_send_offer(struct wzp_leg *leg, uint64_t now);
/* Handles a QualityDirective: emits an event and tells the controller. */
void wzp_leg_take_directive(struct wzp_leg *leg, const struct wzp_signal *signal, uint64_t now);

#endif
