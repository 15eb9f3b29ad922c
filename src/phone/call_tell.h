/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a call tells: to the log when its state changes, to the listeners when something happened.
 * Source: wzp-protocol(7), Agreement. */
#ifndef WZP_PHONE_CALL_TELL_H
#define WZP_PHONE_CALL_TELL_H

#include "phone/internal.h"

/* Another state, until this deadline. */
void wzp_call_enter(struct wzp_call *c, enum wzp_call_state state, uint64_t deadline);
/* An event without facts of its own. */
void wzp_call_emit(struct wzp_call *c, enum wzp_event_type type);
/* The keys that were agreed last, wherever they are now; all 0 while there are none. */
const struct wzp_e2e_session *wzp_call_keys(const struct wzp_call *c);
/* Of these keys. */
const char *wzp_call_safety_code(const struct wzp_call *c);
/* The answer or the keys of this call. */
void wzp_call_tell_security(struct wzp_call *c);

#endif
