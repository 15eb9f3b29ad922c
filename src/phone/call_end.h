/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a call ends: the reason and the words for each end, whoever's it is. Source: wzp-protocol(7),
 * Messages, A direct call. */
#ifndef WZP_PHONE_CALL_END_H
#define WZP_PHONE_CALL_END_H

#include "phone/call_table.h"
#include "phone/internal.h"

/* By a Hangup of the relay or the other side. */
void wzp_call_end_by_peer(struct wzp_call *c, enum wzp_hangup_reason reason, uint64_t now);
/* By one with reason Error, after the time in which a relay that stops says so. */
void wzp_call_end_by_error(struct wzp_call *c, uint64_t now);
/* By one whose cause is that a relay stops: ours, the other side's or one between them. */
void wzp_call_end_by_relay(struct wzp_call *c, uint64_t now);
/* By our user, before the answer. */
void wzp_call_end_rejected(struct wzp_call *c, bool busy, uint64_t now);
/* By us: the other side is told the reason, our user the end and its words. */
void wzp_call_hang_up(struct wzp_call *c, enum wzp_hangup_reason reason, enum wzp_end_reason end,
                      const char *text, uint64_t now);
/* By an action of the table that only ends; others do nothing. */
void wzp_call_end_action(struct wzp_call *c, enum wzp_call_action action, uint64_t now);

#endif
