/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/event.h"

#include <string.h>

#include "base/text.h"

const char *wzp_event_name(enum wzp_event_type type)
{
    static const char *const names[WZP_EVENT_COUNT] = {
        "registered", "unregistered", "relay_pin",  "incoming", "ringing",    "answered",
        "joined",     "members",      "path",       "security", "media",      "quality",
        "ended",      "pong",         "error",      "stats",    "connecting", "notice",
        "muted",      "presence",     "candidates", "stopped",
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

const char *wzp_presence_name(enum wzp_presence presence)
{
    static const char *const names[] = {"unknown", "offline", "online", "unproven"};
    return (unsigned)presence < sizeof names / sizeof names[0] ? names[presence] : "?";
}

/* ---- listeners ---- */

void wzp_phone_listen(struct wzp_phone *p, struct wzp_listener *listener)
{
    wzp_listeners_add(&p->listeners, listener);
}

void wzp_phone_unlisten(struct wzp_phone *p, struct wzp_listener *listener)
{
    wzp_listeners_remove(&p->listeners, listener);
}

void wzp_event_emit(struct wzp_phone *p, struct wzp_event *event)
{
    event->at = p->now;
    wzp_listeners_tell(&p->listeners, event);
}

/* ---- making them ---- */

void wzp_event_about(struct wzp_event *event, const struct wzp_session *session,
                     enum wzp_event_type type)
{
    wzp_event_init(event, type);
    event->session = session->id;
    event->about.outgoing = session->outgoing;
    event->about.is_room = session->is_room;
    event->about.proven = session->proven;
    event->about.peer = session->peer;
    event->about.alias = session->alias;
    event->about.call_id = session->call_id;
    event->about.room = session->room;
}

void wzp_event_text(char *out, size_t capacity, const char *text)
{
    wzp_text_filter(out, capacity, text ? text : "", text ? strlen(text) : 0);
}

/* session may be NULL. */
static void init_for(struct wzp_event *event, const struct wzp_session *session,
                     enum wzp_event_type type)
{
    if (session)
        wzp_event_about(event, session, type);
    else
        wzp_event_init(event, type);
}

void wzp_event_error(struct wzp_phone *p, const struct wzp_session *session, int code,
                     const char *text)
{
    struct wzp_event event;

    init_for(&event, session, WZP_EVENT_ERROR);
    event.u.error.code = code;
    event.u.error.text = text;
    wzp_event_emit(p, &event);
}

void wzp_event_notice(struct wzp_phone *p, const struct wzp_session *session, const char *text)
{
    struct wzp_event event;

    init_for(&event, session, WZP_EVENT_NOTICE);
    event.u.notice.text = text;
    wzp_event_emit(p, &event);
}
