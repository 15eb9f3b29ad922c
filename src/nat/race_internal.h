/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the parts of the race: race.c decides, race_plan.c has the targets and the punches. */
#ifndef WZP_NAT_RACE_INTERNAL_H
#define WZP_NAT_RACE_INTERNAL_H

#include "nat/race.h"

/* Makes targets of the list's entries; those of an earlier list that are missing now are gone. */
void wzp_race_plan(struct wzp_race *r, const struct wzp_candidate_list *peer,
                   const struct wzp_local_address *interfaces, size_t interface_count,
                   uint64_t now);
/* Adds one that proved itself; NULL when there is no room or no socket for it. */
struct wzp_race_target *wzp_race_target_add(struct wzp_race *r, enum wzp_candidate_kind kind,
                                            const struct wzp_addr *addr, uint64_t from);
/* The target with this address, NULL. */
struct wzp_race_target *wzp_race_target_find(struct wzp_race *r, const struct wzp_addr *addr);
/* A target whose dial is due, NULL. */
struct wzp_race_target *wzp_race_dial_due(struct wzp_race *r, uint64_t now);
/* When the next punch, answer or dial of any target is due; WZP_NEVER. */
uint64_t wzp_race_plan_expiry(const struct wzp_race *r);
/* True when any target can be reached with the sockets we have. */
bool wzp_race_has_usable(const struct wzp_race *r);
/* True when an attempt to this address is beyond its handshake. */
bool wzp_race_has_connected(const struct wzp_race *r, const struct wzp_addr *addr);

#endif
