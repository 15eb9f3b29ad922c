/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which path carries a leg's media, and the events about it. */
#ifndef WZP_PHONE_LEG_PATH_H
#define WZP_PHONE_LEG_PATH_H

#include "phone/internal.h"

#define WZP_LEG_WATCH_INTERVAL (250 * WZP_MILLISECOND)

/* Adds the relay's connection to the paths; it becomes the active one unless a direct one is. */
void wzp_leg_use_relay(struct wzp_leg *leg, uint64_t now);
/* Makes another path of the set the active one; the event about it gives the reason. */
void wzp_leg_use(struct wzp_leg *leg, struct wzp_path *path, enum wzp_race_reason why,
                 uint64_t now);
/* Keeps the active path, but updates the reason why it is used; emits an event. */
void wzp_leg_explain(struct wzp_leg *leg, enum wzp_race_reason why);
/* Emits an event about the active path when it or its reason is new; joined: that the room was
 * joined over it. */
void wzp_leg_tell_path(struct wzp_leg *leg, bool joined);

#endif
