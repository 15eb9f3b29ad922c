/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The messages that a direct call sends over the registration's connection. Source:
 * wzp-protocol(7), Messages, Agreement. */
#ifndef WZP_PHONE_CALL_OUTBOX_H
#define WZP_PHONE_CALL_OUTBOX_H

#include "phone/internal.h"

/* All return 0, WZP_E_STATE when not registered, or as wzp_account_send. */
int wzp_call_send_offer(struct wzp_call *c, uint64_t now);
int wzp_call_send_answer(struct wzp_call *c, uint64_t now);
int wzp_call_send_hangup(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now);
int wzp_call_send_reject(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now);
/* Cancels an outgoing call before its answer. Existing relays need it because they do not pass the
 * Hangup that follows on to another relay; relays of ours are sent nothing. */
int wzp_call_send_cancel(struct wzp_call *c, uint64_t now);
/* Tells the peer that we have no such call, since this program started after the call began. */
int wzp_call_send_no_call(struct wzp_phone *p, const char *call_id, uint64_t now);
/* Asks whether the peer's program is still in this call. A program that is does not answer; one
 * that was started since answers that it has no such call. */
int wzp_call_send_question(struct wzp_call *c, bool direct_ok, uint64_t now);
/* Reports whether there is a direct path (MediaPathReport). */
int wzp_call_send_path_report(struct wzp_call *c, bool direct_ok, uint64_t now);
/* Sends our current candidates under the next generation number (CandidateUpdate). */
int wzp_call_send_candidates(struct wzp_call *c, uint64_t now);

#endif
