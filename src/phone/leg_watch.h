/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Silence on a leg, of the relay or of the peer, and what is done about it. Source:
 * wzp-protocol(7), A direct call. */
#ifndef WZP_PHONE_LEG_WATCH_H
#define WZP_PHONE_LEG_WATCH_H

#include "phone/internal.h"

/* At next_watch, which it moves on: tests whether the relay and the peer are heard. Changes are
 * told to the user; a relay that is silent for three seconds is dialled anew. */
void wzp_leg_watch(struct wzp_leg *leg, uint64_t now);
/* The networks changed, or the machine has slept. Unless media is received within a moment, until
 * doubt_until, a new connection is dialled beside the existing one. */
void wzp_leg_doubt(struct wzp_leg *leg, uint64_t now);
/* At doubt_until, when that moment is over. */
void wzp_leg_settle_doubt(struct wzp_leg *leg, uint64_t now);

#endif
