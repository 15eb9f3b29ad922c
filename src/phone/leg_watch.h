/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Silence on a leg: the relay's, the other side's, and what is done about it. Source:
 * wzp-protocol(7), A direct call. */
#ifndef WZP_PHONE_LEG_WATCH_H
#define WZP_PHONE_LEG_WATCH_H

#include "phone/internal.h"

/* At next_watch, which it moves on: is anybody heard? News is told; a relay that is silent for
 * three seconds is dialled anew. */
void wzp_leg_watch(struct wzp_leg *leg, uint64_t now);
/* The networks changed, or the machine has slept: what does not come in a moment is not waited for,
 * a new connection is made beside the one that stands. */
void wzp_leg_doubt(struct wzp_leg *leg, uint64_t now);
/* At doubt_until, when that moment is over. */
void wzp_leg_settle_doubt(struct wzp_leg *leg, uint64_t now);

#endif
