/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The targets of a race (the peer's addresses that we try): when each is dialled and punched, and
 * the punches that come back. Source: wzp-protocol(7), Punches, Race. */
#ifndef WZP_NAT_RACE_PLAN_H
#define WZP_NAT_RACE_PLAN_H

#include "nat/race_state.h"

/* 1 with a punch for out->remote, 0 for none; *ttl 0 = the usual. */
int wzp_race_next_packet(struct wzp_race *r, struct wzp_packet *out, unsigned *ttl, uint64_t now);
/* A punch came in; true when it was the peer's. Forged and foreign ones are counted. */
bool wzp_race_punched(struct wzp_race *r, const struct wzp_addr *remote, const uint8_t *data,
                      size_t length, uint64_t now);

/* The rest is only for race.c. */

/* Makes targets of the list's entries; targets that are not in the list any more are marked
 * gone. */
void wzp_race_plan(struct wzp_race *r, const struct wzp_candidate_list *peer,
                   const struct wzp_networks *networks, uint64_t now);
/* Adds a target; NULL when there is no room or no socket for it. */
struct wzp_race_target *wzp_race_target_add(struct wzp_race *r, enum wzp_candidate_kind kind,
                                            const struct wzp_addr *addr, uint64_t from);
/* The target with this address, NULL. */
struct wzp_race_target *wzp_race_target_find(struct wzp_race *r, const struct wzp_addr *addr);
/* A target whose dial is due, NULL. */
struct wzp_race_target *wzp_race_dial_due(struct wzp_race *r, uint64_t now);
/* When the next punch, answer or dial of any target is due; WZP_NEVER. */
uint64_t wzp_race_plan_expiry(const struct wzp_race *r);
/* The peer proved to be at this address: the limits for unverified addresses no longer apply to it,
 * in this race and later ones of the call. */
void wzp_race_answered(struct wzp_race *r, const struct wzp_addr *addr);
/* True when the NATs of both sides are sequential. Each port that we try then makes our NAT take
 * another one, so no packet is sent in vain before the prediction. */
bool wzp_race_both_step(const struct wzp_race *r);
/* True when any target can be reached with the sockets we have. */
bool wzp_race_has_usable(const struct wzp_race *r);

#endif
