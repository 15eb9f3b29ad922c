/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Emits events about the candidates that the two sides of a call announce to each other: one for
 * each offer, answer and update. Source: wzp-protocol(7), Addresses. */
#ifndef WZP_PHONE_CANDIDATES_H
#define WZP_PHONE_CANDIDATES_H

#include "nat/candidate.h"
#include "phone/internal.h"

/* Our candidates, as they are announced to the peer; no event when there are none. */
void wzp_candidates_tell_own(struct wzp_call *c, const struct wzp_ground_texts *own, bool update);
/* The peer's candidates, those that may be tried. hint: what the peer says of its NAT. */
void wzp_candidates_tell_peer(struct wzp_call *c, const struct wzp_candidate_peer *peer,
                              const struct wzp_nat_hint *hint);

#endif
