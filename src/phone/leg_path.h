/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which path carries a leg's media, and what is told of it. */
#ifndef WZP_PHONE_LEG_PATH_H
#define WZP_PHONE_LEG_PATH_H

#include "phone/internal.h"

#define WZP_LEG_WATCH_INTERVAL (250 * WZP_MILLISECOND)

/* The relay's connection joins the paths; it is used unless a better one is. */
void wzp_leg_use_relay(struct wzp_leg *leg, uint64_t now);
/* Another path of the set takes over, which is told with the reason. */
void wzp_leg_use(struct wzp_leg *leg, struct wzp_path *path, enum wzp_race_reason why,
                 uint64_t now);
/* The path stays; why it is this one is known better now, which is told. */
void wzp_leg_explain(struct wzp_leg *leg, enum wzp_race_reason why);
/* Tells of the path in use when it is news; joined: that the room was joined over it. */
void wzp_leg_tell_path(struct wzp_leg *leg, bool joined);

#endif
