/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The media of a session, the same for a room and for a direct call's room: its connection over a
 * relay (dial, CallOffer/CallAnswer with HS/2, members, dialling again when it is lost, giving up),
 * the set of paths, and the stream on them. It knows its owner through a table of functions.
 * Source: wzp-protocol(7), Media handshake, Old peers, Registration, Certificate, Rooms. */
#ifndef WZP_PHONE_LEG_H
#define WZP_PHONE_LEG_H

#include "phone/internal.h"

/* Empty, for this owner. */
void wzp_leg_init(struct wzp_leg *leg, struct wzp_session *session,
                  const struct wzp_leg_calls *calls);
/* Begins: places and sni are set. */
void wzp_leg_start(struct wzp_leg *leg, uint64_t now);
/* The addresses that the leg asked for; count 0: there are none. */
void wzp_leg_resolved(struct wzp_leg *leg, uint32_t request, const struct wzp_addr *addresses,
                      size_t count, uint64_t now);
/* Closes with code 0 (never a signal: wzp-protocol(7), Old peers) and stays closed. */
void wzp_leg_stop(struct wzp_leg *leg, uint64_t now);
/* Dials again at once after a person accepted the certificate. */
void wzp_leg_unblock(struct wzp_leg *leg, uint64_t now);
/* Another path of the set takes over, which is told with the reason. */
void wzp_leg_use(struct wzp_leg *leg, struct wzp_path *path, enum wzp_race_reason why,
                 uint64_t now);
/* The path stays; why it is this one is known better now, which is told. */
void wzp_leg_explain(struct wzp_leg *leg, enum wzp_race_reason why, uint64_t now);
/* The networks changed, or the machine has slept: what does not come in a moment is not waited for,
 * a new connection is made beside the one that stands. */
void wzp_leg_doubt(struct wzp_leg *leg, uint64_t now);
/* When its time comes, its stream's included. */
uint64_t wzp_leg_expiry(const struct wzp_leg *leg);
void wzp_leg_expire(struct wzp_leg *leg, uint64_t now);

#endif
