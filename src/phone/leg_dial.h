/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a leg connects to its relay: dialling, dialling again with pauses or beside a connection that
 * fell silent, and giving up. What is done with an established connection is in leg.c. */
#ifndef WZP_PHONE_LEG_DIAL_H
#define WZP_PHONE_LEG_DIAL_H

#include "phone/internal.h"

/* Changes the state; deadline is the new state's. */
void wzp_leg_enter(struct wzp_leg *leg, enum wzp_leg_state state, uint64_t deadline);
/* Dials places[turn]. */
void wzp_leg_dial(struct wzp_leg *leg, uint64_t now);
/* The same while a silent connection is kept: whichever is heard first is used. */
void wzp_leg_dial_beside(struct wzp_leg *leg, uint64_t now);
/* The connection is lost or was given up: schedules the next try after a pause, or ends the leg. */
void wzp_leg_lose(struct wzp_leg *leg, uint64_t now);
/* Drops its connections until the user accepts the relay's certificate. */
void wzp_leg_block(struct wzp_leg *leg, uint64_t now);
/* The relay does not let us in: the owner is told. */
void wzp_leg_be_refused(struct wzp_leg *leg, uint64_t now);
/* Tells the owner that it failed, and why. */
void wzp_leg_give_up(struct wzp_leg *leg, bool refused, uint64_t now);
/* Drops a connection. flush: what was sent on it leaves before. */
void wzp_leg_leave(struct wzp_leg *leg, struct wzp_link **link, const char *reason, bool flush,
                   uint64_t now);
/* Drops the present connection, or the dial for it; drops the silent one. */
void wzp_leg_drop(struct wzp_leg *leg, const char *reason, uint64_t now);
void wzp_leg_drop_old(struct wzp_leg *leg, const char *reason, uint64_t now);
/* The addresses that the leg asked for; count 0: there are none. */
void wzp_leg_resolved(struct wzp_leg *leg, uint32_t request, const struct wzp_addr *addresses,
                      size_t count, uint64_t now);

#endif
