/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a call ends: the reason and the text for each kind of end, by whomever. Source:
 * wzp-protocol(7), Messages, A direct call. */
#ifndef WZP_PHONE_CALL_END_H
#define WZP_PHONE_CALL_END_H

#include "phone/call_table.h"
#include "phone/internal.h"

/* By a Hangup of the relay or the other side. */
void wzp_call_end_by_peer(struct wzp_call *c, enum wzp_hangup_reason reason, uint64_t now);
/* By a Hangup with reason Error, once WZP_PHONE_ERROR_TIME has passed, within which a relay that
 * shuts down would have said so. */
void wzp_call_end_by_error(struct wzp_call *c, uint64_t now);
/* By a Hangup whose cause is that a relay shuts down: ours, the peer's or one between them. */
void wzp_call_end_by_relay(struct wzp_call *c, uint64_t now);
/* By our user, before the answer. */
void wzp_call_end_rejected(struct wzp_call *c, bool busy, uint64_t now);
/* By us: tells the peer the reason, and our user the kind of end and its text. */
void wzp_call_hang_up(struct wzp_call *c, enum wzp_hangup_reason reason, enum wzp_end_reason end,
                      const char *text, uint64_t now);
/* By an action of the table that does nothing but end the call; other actions are ignored. */
void wzp_call_end_action(struct wzp_call *c, enum wzp_call_action action, uint64_t now);

#endif
