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

/* No text of an event is NULL. */
static void empty_texts(struct wzp_event *e)
{
    switch (e->type) {
    case WZP_EVENT_REGISTERED:
        e->u.registered.relay = e->u.registered.remote = "";
        e->u.registered.build = e->u.registered.region = "";
        break;
    case WZP_EVENT_UNREGISTERED: e->u.unregistered.relay = e->u.unregistered.text = ""; break;
    case WZP_EVENT_RELAY_PIN:
        e->u.relay_pin.relay = e->u.relay_pin.remote = e->u.relay_pin.text = "";
        e->u.relay_pin.certificate = e->u.relay_pin.known = "";
        break;
    case WZP_EVENT_INCOMING: e->u.incoming.why = ""; break;
    case WZP_EVENT_JOINED:
    case WZP_EVENT_PATH:
        e->u.path.remote = e->u.path.relay = e->u.path.why = e->u.path.reason = "";
        break;
    case WZP_EVENT_SECURITY:
        e->u.security.verified_on = e->u.security.sas = e->u.security.why = "";
        break;
    case WZP_EVENT_QUALITY: e->u.quality.text = ""; break;
    case WZP_EVENT_NOTICE: e->u.notice.text = ""; break;
    case WZP_EVENT_ENDED: e->u.ended.text = ""; break;
    case WZP_EVENT_PONG:
        e->u.pong.relay = e->u.pong.remote = e->u.pong.build = e->u.pong.certificate = "";
        break;
    case WZP_EVENT_ERROR: e->u.error.relay = e->u.error.text = ""; break;
    case WZP_EVENT_CANDIDATES:
        e->u.candidates.reflexive = e->u.candidates.mapped = "";
        e->u.candidates.hosts = e->u.candidates.mapping = "";
        break;
    case WZP_EVENT_CONNECTING: e->u.connecting.relay = e->u.connecting.remote = ""; break;
    case WZP_EVENT_RINGING:
    case WZP_EVENT_ANSWERED:
    case WZP_EVENT_MEMBERS:
    case WZP_EVENT_MEDIA:
    case WZP_EVENT_STATS:
    case WZP_EVENT_MUTED:
    case WZP_EVENT_PRESENCE:
    case WZP_EVENT_STOPPED:
    case WZP_EVENT_COUNT: break;
    }
}

void wzp_event_init(struct wzp_event *event, enum wzp_event_type type)
{
    memset(event, 0, sizeof *event);
    event->type = type;
    event->about.peer = event->about.name = event->about.alias = "";
    event->about.call_id = event->about.room = "";
    empty_texts(event);
}

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
