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
/* Our networks changed just now: media goes both ways until it is clear what still works. */
void wzp_direct_networks_changed(struct wzp_call *c, uint64_t now);

/* Does this call expect a peer with this server name? */
bool wzp_direct_admits(const struct wzp_call *c, const char *sni);
/* A peer connected under a name that is admitted. False: nobody wants it any more. */
bool wzp_direct_accept(struct wzp_call *c, struct wzp_quic_conn *conn, uint64_t now);
/* A punch; true when it was this call's. */
bool wzp_direct_punched(struct wzp_call *c, const struct wzp_addr *remote, const uint8_t *data,
                        size_t length, uint64_t now);
/* The media goes over a direct path now. */
bool wzp_direct_carries(const struct wzp_call *c);
/* And the peer has proved to be at its other end. */
bool wzp_direct_carries_proven(const struct wzp_call *c);
/* The peer has closed its proven end as who hangs up does: the call is over, whatever the relay
 * knows of it. */
bool wzp_direct_hung_up(const struct wzp_call *c);

/* When its time comes, and when it came. */
uint64_t wzp_direct_expiry(const struct wzp_call *c);
void wzp_direct_expire(struct wzp_call *c, uint64_t now);

#endif
