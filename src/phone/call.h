/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One direct call: the actions behind the table of call_table.h; those until the media begins are
 * in call_setup.h, those of a call that is made again in call_return.h. Source: wzp-protocol(7),
 * Messages, A direct call, Old peers, Agreement. */
#ifndef WZP_PHONE_CALL_H
#define WZP_PHONE_CALL_H

#include "phone/internal.h"

/* The phone's session at that place when it is a call and has not ended, else NULL. */
struct wzp_call *wzp_call_at(const struct wzp_phone *p, size_t i);
/* New call in state WAITING. WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_call_new(struct wzp_call **out, struct wzp_phone *p, bool outgoing, uint64_t now);
/* Ours begins: peer and call id are set. */
void wzp_call_place(struct wzp_call *c, uint64_t now);
/* Theirs begins: who calls, agreement, verdict and outcome are set. */
void wzp_call_ring(struct wzp_call *c, uint64_t now);
/* An event happens to a call; what it means says the table. Nothing happens to ended ones. */
void wzp_call_on(struct wzp_call *c, enum wzp_call_event event, uint64_t now);
/* The user refuses an incoming call. */
void wzp_call_reject(struct wzp_call *c, bool busy, uint64_t now);
/* What a hang-up of the relay or the other side does; cause as in the message, or NULL. */
void wzp_call_take_hangup(struct wzp_call *c, enum wzp_hangup_reason reason, const char *cause,
                          uint64_t now);

#endif
