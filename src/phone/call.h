/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls: the actions behind the table of call_table.h, and the signals that drive it.
 * Source: wire.md 4.4, 5.4, 6.1; crypto.md 8.3, C12, C13; relay.md 4.4 to 4.7. */
#ifndef WZP_PHONE_CALL_H
#define WZP_PHONE_CALL_H

#include "phone/internal.h"

/* An event happens to a call; what it means says the table. Nothing happens to ended ones. */
void wzp_call_on(struct wzp_session *s, enum wzp_call_event event, uint64_t now);
/* The user's commands; busy tells how an incoming call is refused. */
void wzp_call_place(struct wzp_session *s, uint64_t now);
void wzp_call_reject(struct wzp_session *s, bool busy, uint64_t now);

/* How long a call may ring here. */
uint64_t wzp_call_ring_time(const struct wzp_phone *p);

/* The registration's news for all calls. */
void wzp_call_registered(struct wzp_phone *p, uint64_t now);
void wzp_call_signal_lost(struct wzp_phone *p, uint64_t now);
/* A signal on the registration's connection. */
void wzp_call_signal(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now);

/* News of the media connection and stream. */
void wzp_call_media_up(struct wzp_session *s, uint64_t now);
void wzp_call_media_failed(struct wzp_session *s, const char *text, uint64_t now);
void wzp_call_confirmed(struct wzp_session *s, uint64_t now);
/* When the call's own times come. */
uint64_t wzp_call_expiry(const struct wzp_session *s);
void wzp_call_expire(struct wzp_session *s, uint64_t now);

/* What a remote answer, setup or hang-up does; call_signal.c finds the call, these act. */
void wzp_call_take_answer(struct wzp_session *s, const struct wzp_signal *answer, uint64_t now);
void wzp_call_take_setup(struct wzp_session *s, const struct wzp_signal *setup, uint64_t now);
void wzp_call_take_hangup(struct wzp_session *s, enum wzp_hangup_reason reason, uint64_t now);

/* Messages: 0 or a negative result. */
int wzp_call_send_offer(struct wzp_session *s, uint64_t now);
int wzp_call_send_answer(struct wzp_session *s, uint64_t now);
int wzp_call_send_hangup(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now);
int wzp_call_send_reject(struct wzp_phone *p, const char *call_id, enum wzp_hangup_reason reason,
                         uint64_t now);
int wzp_call_send_path_report(struct wzp_session *s, uint64_t now);
/* The answer or the keys of this call: said to the owner. */
void wzp_call_tell_security(struct wzp_session *s);

#endif
