/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The peer-to-peer part of one call, beside its relay leg: the race over the peer's candidates (the
 * connectivity checks of nat/race.h), the connections that result, the proof that the peer is at
 * their other end, which of them joins the leg's paths and when it carries the media; what happens
 * when it fails, and when either side changes its network. Made at CallSetup, when both sides have
 * agreed to disclose their addresses; a call without it uses the relay only. Source:
 * wzp-protocol(7), Roles, Race, Moving. */
#ifndef WZP_PHONE_DIRECT_H
#define WZP_PHONE_DIRECT_H

#include "phone/internal.h"

/* Makes it from the peer's addresses in a CallSetup; makes none when the settings or our answer
 * demand the relay. Lack of memory costs the direct path, not the call. */
void wzp_direct_prepare(struct wzp_call *c, const struct wzp_signal *setup, uint64_t now);
/* Begins the race; the keys of the call are agreed by then. */
void wzp_direct_begin(struct wzp_call *c, uint64_t now);
/* Closes all direct connections, since the call ends or gets another id. The memory stays until
 * free. */
void wzp_direct_stop(struct wzp_call *c, uint64_t now);
void wzp_direct_free(struct wzp_call *c);

/* Signals of the call: the peer's report and its newer addresses. */
void wzp_direct_take_report(struct wzp_call *c, bool direct_ok, uint64_t now);
void wzp_direct_take_update(struct wzp_call *c, const struct wzp_signal *update, uint64_t now);
/* Our own addresses have changed and settled: tells the peer, and begins a new race. */
void wzp_direct_announce(struct wzp_call *c, uint64_t now);
/* Our sequential NAT is known to be at another port now (step.h): tells a peer that is racing. */
void wzp_direct_stepped(struct wzp_call *c, uint64_t now);
/* Our networks have just changed: media is sent over both paths until it is clear what still
 * works. */
void wzp_direct_networks_changed(struct wzp_call *c, uint64_t now);

/* The next deadline, WZP_NEVER for none; and the work that is due at it. */
uint64_t wzp_direct_expiry(const struct wzp_call *c);
void wzp_direct_expire(struct wzp_call *c, uint64_t now);

#endif
