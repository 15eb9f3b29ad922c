/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/event.h"

#include <string.h>

#include "base/text.h"

const char *wzp_event_name(enum wzp_phone_event_type type)
{
    static const char *const names[WZP_EVENT_COUNT] = {
        "registered", "unregistered", "relay_pin", "incoming", "ringing",
        "answered",   "joined",       "members",   "path",     "security",
        "media",      "quality",      "ended",     "pong",     "error",
    };
    return (unsigned)type < WZP_EVENT_COUNT ? names[type] : "?";
}

const char *wzp_end_reason_name(enum wzp_end_reason reason)
{
    static const char *const names[WZP_END_COUNT] = {
        "normal", "busy", "declined", "cancelled", "timeout", "offline", "refused", "lost", "error",
    };
    return (unsigned)reason < WZP_END_COUNT ? names[reason] : "?";
}

void wzp_event_init(struct wzp_phone_event *event, enum wzp_phone_event_type type)
{
    memset(event, 0, sizeof *event);
    event->type = type;
    event->text = event->why = event->peer = event->alias = event->call_id = event->room = "";
    event->relay = event->build = event->region = event->remote = event->sas = "";
    event->fingerprint = "";
}

void wzp_event_about(struct wzp_phone_event *event, const struct wzp_session *session,
                     enum wzp_phone_event_type type)
{
    wzp_event_init(event, type);
    event->session = session->id;
    event->outgoing = session->outgoing;
    event->peer = session->peer;
    event->alias = session->alias;
    event->call_id = session->call_id;
    event->room = session->room;
}

void wzp_event_text(char *out, size_t capacity, const char *text)
{
    wzp_text_filter(out, capacity, text ? text : "", text ? strlen(text) : 0);
}

void wzp_event_emit(struct wzp_phone *p, const struct wzp_phone_event *event)
{
    if (p->config.event)
        p->config.event(p->config.context, event);
}

void wzp_event_error(struct wzp_phone *p, const struct wzp_session *session, int code,
                     const char *text)
{
    struct wzp_phone_event event;

    if (session)
        wzp_event_about(&event, session, WZP_EVENT_ERROR);
    else
        wzp_event_init(&event, WZP_EVENT_ERROR);
    event.code = code;
    event.text = text;
    wzp_event_emit(p, &event);
}
