/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One direct call: the actions that the table in call_table.h names. Those until the media begins
 * are in call_setup.h, those that re-establish a call in call_return.h. Source: wzp-protocol(7),
 * Messages, A direct call, Old peers, Agreement. */
#ifndef WZP_PHONE_CALL_H
#define WZP_PHONE_CALL_H

#include "phone/internal.h"

/* The phone's session number i when it is a call that has not ended, else NULL. */
struct wzp_call *wzp_call_at(const struct wzp_phone *p, size_t i);
/* New call in state WAITING. WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_call_new(struct wzp_call **out, struct wzp_phone *p, bool outgoing, uint64_t now);
/* Starts an outgoing call, whose peer and call id are set. */
void wzp_call_place(struct wzp_call *c, uint64_t now);
/* Starts an incoming call, whose caller, key agreement, verdict and policy outcome are set. */
void wzp_call_ring(struct wzp_call *c, uint64_t now);
/* Handles an event as the table says. A call that has ended ignores it. */
void wzp_call_on(struct wzp_call *c, enum wzp_call_event event, uint64_t now);
/* The user refuses an incoming call. */
void wzp_call_reject(struct wzp_call *c, bool busy, uint64_t now);
/* Handles a Hangup of the relay or the peer; cause as in the message, or NULL. */
void wzp_call_take_hangup(struct wzp_call *c, enum wzp_hangup_reason reason, const char *cause,
                          uint64_t now);

#endif
