/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms: a name at a relay, everybody who joins it, and nothing but media. Source: wzp-protocol(7),
 * Rooms, Media handshake. */
#ifndef WZP_PHONE_ROOM_H
#define WZP_PHONE_ROOM_H

#include "phone/internal.h"

/* Joins; name is normalised, password NULL for none, place the relay that holds it. WZP_E_LIMIT,
 * WZP_E_MEMORY. */
int wzp_room_join(struct wzp_session **out, struct wzp_phone *p, const char *name,
                  const char *password, const struct wzp_relay_place *place, uint64_t now);

#endif
