/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Presence: are the people whom we know registered? Relays of our kind tell, for a list that we
 * give them. Source: wzp-protocol(7), Presence. */
#ifndef WZP_PHONE_SEEN_H
#define WZP_PHONE_SEEN_H

#include "phone/internal.h"

/* We are registered, at a relay that tells of so many people (0: it does not). */
void wzp_seen_ask(struct wzp_phone *p, size_t limit, uint64_t now);
/* The relay tells nothing any more: nobody's state is known, which those who listen hear. */
void wzp_seen_lost(struct wzp_phone *p);
/* True when the signal was about it. */
bool wzp_seen_take(struct wzp_phone *p, const struct wzp_signal *signal);

#endif
