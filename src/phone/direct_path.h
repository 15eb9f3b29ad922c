/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The direct connections of a call, and the choice of the path that carries the media: a direct
 * one, or the relay's. Source: wzp-protocol(7), Race, Moving. */
#ifndef WZP_PHONE_DIRECT_PATH_H
#define WZP_PHONE_DIRECT_PATH_H

#include "phone/direct_state.h"

/* The leg of the same call. */
struct wzp_leg *wzp_direct_leg(const struct wzp_direct *d);

/* The connection of an attempt of the race, NULL. */
struct wzp_direct_link *wzp_direct_find_attempt(struct wzp_direct *d, int attempt);
/* A free entry for a new connection, NULL when all are taken. */
struct wzp_direct_link *wzp_direct_free_place(struct wzp_direct *d, int attempt);
/* Takes a connection out of the paths and closes it. */
void wzp_direct_drop(struct wzp_direct_link *l, const char *reason, uint64_t now);

/* Sends media over this connection from now on; the path before it is still received on for a
 * while. */
void wzp_direct_use(struct wzp_direct *d, struct wzp_direct_link *l, enum wzp_race_reason reason,
                    uint64_t now);
/* The direct path in use is lost. The relay's path, which is kept open, takes over at once, or as
 * soon as it is back. quietly: the user is not told before it is clear that the call goes on. */
void wzp_direct_use_relay(struct wzp_direct *d, bool quietly, uint64_t now);
/* Tells the user why there is no direct path, once for each new reason. */
void wzp_direct_tell_relay(struct wzp_direct *d, enum wzp_race_reason reason);

/* True when a direct path carries the media. */
bool wzp_direct_carries(const struct wzp_call *c);
/* The same, and the peer has proved to be at its other end. */
bool wzp_direct_carries_proven(const struct wzp_call *c);

#endif
