/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Logs the changes of a call's state and emits its events to the listeners. Source:
 * wzp-protocol(7), Agreement. */
#ifndef WZP_PHONE_CALL_TELL_H
#define WZP_PHONE_CALL_TELL_H

#include "phone/internal.h"

/* Changes the state and its deadline. */
void wzp_call_enter(struct wzp_call *c, enum wzp_call_state state, uint64_t deadline);
/* Emits an event that has no fields of its own. */
void wzp_call_emit(struct wzp_call *c, enum wzp_event_type type);
/* The keys that were agreed last, wherever they are stored now; all 0 while there are none. */
const struct wzp_e2e_session *wzp_call_keys(const struct wzp_call *c);
/* The safety code of these keys, which people compare. */
const char *wzp_call_safety_code(const struct wzp_call *c);
/* Emits the event that tells whether, and how far, the call is end-to-end encrypted. */
void wzp_call_tell_security(struct wzp_call *c);

#endif
