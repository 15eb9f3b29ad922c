/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/event_log.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/state.h"

int wzp_relay_events_start(struct wzp_relay *r)
{
    struct wzp_relay_event_log *log = &r->events;
    if (!log->items)
        log->items = wzp_calloc(WZP_RELAY_EVENTS_MAX, sizeof *log->items);
    return log->items ? 0 : WZP_E_MEMORY;
}

void wzp_relay_events_fini(struct wzp_relay *r)
{
    wzp_free(r->events.items);
    memset(&r->events, 0, sizeof r->events);
}

void wzp_relay_event_note(struct wzp_relay *r, const struct wzp_relay_event *event,
                          const char *room)
{
    struct wzp_relay_event_log *log = &r->events;
    if (!log->items)
        return;
    if (log->count == WZP_RELAY_EVENTS_MAX) {
        log->lost++;
        return;
    }
    struct wzp_relay_event *to = &log->items[(log->first + log->count) % WZP_RELAY_EVENTS_MAX];
    *to = *event;
    wzp_text_filter(to->room, sizeof to->room, room ? room : "", room ? strlen(room) : 0);
    log->count++;
}

bool wzp_relay_event_take(struct wzp_relay *r, struct wzp_relay_event *out, uint64_t now)
{
    struct wzp_relay_event_log *log = &r->events;
    if (log->count > 0) {
        *out = log->items[log->first];
        log->first = (log->first + 1) % WZP_RELAY_EVENTS_MAX;
        log->count--;
        return true;
    }
    if (log->lost == 0)
        return false;
    *out = (struct wzp_relay_event){
        .at = now, .kind = WZP_RELAY_EVENT_LOST, .length = (size_t)log->lost};
    log->lost = 0;
    return true;
}

const char *wzp_relay_event_name(enum wzp_relay_event_kind kind)
{
    static const char *const names[WZP_RELAY_EVENT_KINDS] = {
        [WZP_RELAY_EVENT_INGRESS] = "federation_ingress",
        [WZP_RELAY_EVENT_MALFORMED] = "federation_ingress_malformed",
        [WZP_RELAY_EVENT_AGAIN] = "dedup_drop",
        [WZP_RELAY_EVENT_NO_ROOM] = "room_not_found",
        [WZP_RELAY_EVENT_OVER_RATE] = "rate_limit_drop",
        [WZP_RELAY_EVENT_DELIVER] = "local_deliver",
        [WZP_RELAY_EVENT_DELIVER_ERROR] = "local_deliver_error",
        [WZP_RELAY_EVENT_LOST] = "events_lost"};
    return names[kind];
}
