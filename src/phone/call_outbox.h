/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The messages that a direct call sends over the registration's connection. Source:
 * wzp-protocol(7), Messages, Agreement. */
#ifndef WZP_PHONE_CALL_OUTBOX_H
#define WZP_PHONE_CALL_OUTBOX_H

#include "phone/internal.h"

/* All: 0, WZP_E_STATE when not registered, or as wzp_account_send. */
int wzp_call_send_offer(struct wzp_call *c, uint64_t now);
int wzp_call_send_answer(struct wzp_call *c, uint64_t now);
int wzp_call_send_hangup(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now);
int wzp_call_send_reject(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now);
/* We gave up an outgoing call before its answer; the Hangup that follows is not passed on to
 * another relay by an existing one. Says nothing at relays of ours. */
int wzp_call_send_cancel(struct wzp_call *c, uint64_t now);
/* There is no such call here, and this program did not run yet when it began. */
int wzp_call_send_no_call(struct wzp_phone *p, const char *call_id, uint64_t now);
/* Is the other side's program still in this call? One that is says nothing; one that was started
 * since says that it has no such call. */
int wzp_call_send_question(struct wzp_call *c, bool direct_ok, uint64_t now);
/* What came of the search for a direct path. */
int wzp_call_send_path_report(struct wzp_call *c, bool direct_ok, uint64_t now);
/* Where we are now, with the next generation. */
int wzp_call_send_candidates(struct wzp_call *c, uint64_t now);

#endif
