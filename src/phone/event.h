/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Events on their way out: one about a session, sentences, the call to the listeners. */
#ifndef WZP_PHONE_EVENT_H
#define WZP_PHONE_EVENT_H

#include "phone/event_init.h"
#include "phone/internal.h"

/* An empty one (event_init.h) with the session's own fields. They stay the session's. */
void wzp_event_about(struct wzp_event *event, const struct wzp_session *session,
                     enum wzp_event_type type);
/* Text from outside as an event may carry it; NULL is "". */
void wzp_event_text(char *out, size_t capacity, const char *text);
/* Hands it to all listeners, who may give commands from inside: afterwards look at
 * session->ended. */
void wzp_event_emit(struct wzp_phone *p, struct wzp_event *event);
/* A sentence for people. session may be NULL. text must be filtered. */
void wzp_event_error(struct wzp_phone *p, const struct wzp_session *session, int code,
                     const char *text);
/* The same of what is no error. */
void wzp_event_notice(struct wzp_phone *p, const struct wzp_session *session, const char *text);

#endif
