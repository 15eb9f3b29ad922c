/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The addresses that the two sides of a call told each other, for listeners: an event for each
 * offer, answer and update. Source: wzp-protocol(7), Addresses. */
#ifndef WZP_PHONE_CANDIDATES_H
#define WZP_PHONE_CANDIDATES_H

#include "nat/candidate.h"
#include "phone/internal.h"

/* Ours, as the peer is told them; nothing is said when there are none. */
void wzp_candidates_tell_own(struct wzp_call *c, const struct wzp_ground_texts *own, bool update);
/* The peer's, as far as they may be tried. hint: its word about its router. */
void wzp_candidates_tell_peer(struct wzp_call *c, const struct wzp_candidate_peer *peer,
                              const struct wzp_nat_hint *hint);

#endif
