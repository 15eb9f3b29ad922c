/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes events and emits them to the listeners. */
#ifndef WZP_PHONE_EVENT_H
#define WZP_PHONE_EVENT_H

#include "phone/event_init.h"
#include "phone/internal.h"

/* Makes an event about a session: empty (event_init.h), but with the session's own fields, whose
 * texts stay the session's. */
void wzp_event_about(struct wzp_event *event, const struct wzp_session *session,
                     enum wzp_event_type type);
/* Filters a text from outside so that an event may carry it; NULL becomes "". */
void wzp_event_text(char *out, size_t capacity, const char *text);
/* Hands the event to all listeners. They may give commands from inside it: look at session->ended
 * afterwards. */
void wzp_event_emit(struct wzp_phone *p, struct wzp_event *event);
/* Emits an error with a sentence for people. session may be NULL. text must be filtered. */
void wzp_event_error(struct wzp_phone *p, const struct wzp_session *session, int code,
                     const char *text);
/* The same for a notice, which is no error. */
void wzp_event_notice(struct wzp_phone *p, const struct wzp_session *session, const char *text);

#endif
