/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/event_init.h"

#include <string.h>

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
