/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals on a media connection: what we say to be let in, and what a relay recommends. Source:
 * wzp-protocol(7), Media handshake, Registration, Quality directive. */
#ifndef WZP_PHONE_LEG_SIGNAL_H
#define WZP_PHONE_LEG_SIGNAL_H

#include "phone/internal.h"

/* The account's token; the offer with our proof. As wzp_link_send. */
int wzp_leg_send_token(struct wzp_leg *leg, uint64_t now);
int wzp_leg_send_offer(struct wzp_leg *leg, uint64_t now);
/* A QualityDirective: told, and the encoder is prepared. */
void wzp_leg_take_directive(struct wzp_leg *leg, const struct wzp_signal *signal, uint64_t now);

#endif
