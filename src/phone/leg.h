/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A leg is the media side of one session, the same for a room and for a direct call (which has a
 * room of its own at the relay): the connection to the relay (CallOffer/CallAnswer with HS/2, list
 * of members, end), and the stream on it. How it is dialled is in leg_dial.h, which path carries
 * the media in leg_path.h, silence in leg_watch.h. It knows its owner only through a table of
 * functions. Source: wzp-protocol(7), Media handshake, Old peers, Registration, Certificate,
 * Rooms. */
#ifndef WZP_PHONE_LEG_H
#define WZP_PHONE_LEG_H

#include "phone/internal.h"

/* Initial state, for this owner. */
void wzp_leg_init(struct wzp_leg *leg, struct wzp_session *session,
                  const struct wzp_leg_calls *calls);
/* Dials; places and sni are set. */
void wzp_leg_start(struct wzp_leg *leg, uint64_t now);
/* Closes with code 0 (never a signal: wzp-protocol(7), Old peers) and stays closed. */
void wzp_leg_stop(struct wzp_leg *leg, uint64_t now);
/* Dials again at once after a person accepted the certificate. */
void wzp_leg_unblock(struct wzp_leg *leg, uint64_t now);
/* The next deadline, its stream's included; and the work that is due at it. */
uint64_t wzp_leg_expiry(const struct wzp_leg *leg);
void wzp_leg_expire(struct wzp_leg *leg, uint64_t now);

#endif
