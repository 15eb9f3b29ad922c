/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The direct side of one call, beside its relay leg: the race over the peer's candidates, the
 * connections that come of it, the proof that the peer is at their other end, which of them joins
 * the leg's paths and when it carries the media; what happens when it dies, and when either side
 * moves. Made with CallSetup, after both sides agreed that addresses may be known; without it the
 * call knows nothing of direct paths. Source: wzp-protocol(7), Roles, Race, Moving. */
#ifndef WZP_PHONE_DIRECT_H
#define WZP_PHONE_DIRECT_H

#include "phone/internal.h"

/* Makes it from the peer's addresses in a CallSetup; none when the settings, or our answer, want
 * the relay only. Lack of memory costs the direct path, not the call. */
void wzp_direct_prepare(struct wzp_call *c, const struct wzp_signal *setup, uint64_t now);
/* Begins the race: the keys of the call are agreed. */
void wzp_direct_begin(struct wzp_call *c, uint64_t now);
/* Closes everything; for another call id, or the end. The memory stays until free. */
void wzp_direct_stop(struct wzp_call *c, uint64_t now);
void wzp_direct_free(struct wzp_call *c);

/* Signals of the call: the peer's report and its newer addresses. */
void wzp_direct_take_report(struct wzp_call *c, bool direct_ok, uint64_t now);
void wzp_direct_take_update(struct wzp_call *c, const struct wzp_signal *update, uint64_t now);
/* Our own addresses changed and are settled: the peer is told, and a new race begins. */
void wzp_direct_announce(struct wzp_call *c, uint64_t now);
/* Our router stands at another port now: a peer that races is told. */
void wzp_direct_stepped(struct wzp_call *c, uint64_t now);
/* Our networks changed just now: media goes both ways until it is clear what still works. */
void wzp_direct_networks_changed(struct wzp_call *c, uint64_t now);

/* When its time comes, and when it came. */
uint64_t wzp_direct_expiry(const struct wzp_call *c);
void wzp_direct_expire(struct wzp_call *c, uint64_t now);

#endif
