/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Presence: whether our contacts are registered. Relays of ours report it, for a list of
 * fingerprints that we send. Source: wzp-protocol(7), Presence. */
#ifndef WZP_PHONE_SEEN_H
#define WZP_PHONE_SEEN_H

#include "phone/internal.h"

/* We are registered at a relay that reports on at most limit people (0: it does not): asks for
 * it. */
void wzp_seen_ask(struct wzp_phone *p, size_t limit, uint64_t now);
/* The relay reports no more: everybody's state becomes unknown, and the listeners are told so. */
void wzp_seen_lost(struct wzp_phone *p);
/* True when the signal was about presence. */
bool wzp_seen_take(struct wzp_phone *p, const struct wzp_signal *signal);

#endif
