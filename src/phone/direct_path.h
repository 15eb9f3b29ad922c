/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The connections of a direct side, and which path carries the media: a direct one, or the relay's
 * leg. Source: wzp-protocol(7), Race, Moving. */
#ifndef WZP_PHONE_DIRECT_PATH_H
#define WZP_PHONE_DIRECT_PATH_H

#include "phone/direct_state.h"

/* The relay leg beside it. */
struct wzp_leg *wzp_direct_leg(const struct wzp_direct *d);

/* The connection of an attempt of the race, NULL. */
struct wzp_direct_link *wzp_direct_find_attempt(struct wzp_direct *d, int attempt);
/* A place for a new one, NULL when all are taken. */
struct wzp_direct_link *wzp_direct_free_place(struct wzp_direct *d, int attempt);
/* Takes a connection out of the paths and closes it. */
void wzp_direct_drop(struct wzp_direct_link *l, const char *reason, uint64_t now);

/* Media goes over this connection from now on; what carried it before is heard on for a while. */
void wzp_direct_use(struct wzp_direct *d, struct wzp_direct_link *l, enum wzp_race_reason reason,
                    uint64_t now);
/* The direct path in use is no longer: the warm relay leg takes over at once, or, when it is away,
 * as soon as it is back. quietly: not told before it is clear that the call goes on. */
void wzp_direct_use_relay(struct wzp_direct *d, bool quietly, uint64_t now);
/* Why there is no direct path, once for each new answer. */
void wzp_direct_tell_relay(struct wzp_direct *d, enum wzp_race_reason reason);

/* The media goes over a direct path now. */
bool wzp_direct_carries(const struct wzp_call *c);
/* And the peer has proved to be at its other end. */
bool wzp_direct_carries_proven(const struct wzp_call *c);

#endif
