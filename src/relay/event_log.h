/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Log of what was done with each frame from other relays. The forwarding path writes records into a
 * ring without allocating; the embedder takes them out and writes them to a file. Records that do
 * not fit are counted. Off until it is started. */
#ifndef WZP_RELAY_EVENT_LOG_H
#define WZP_RELAY_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/media.h"

#define WZP_RELAY_EVENTS_MAX 4096 /* kept until they are taken */

enum wzp_relay_event_kind {
    WZP_RELAY_EVENT_INGRESS,
    WZP_RELAY_EVENT_MALFORMED,
    WZP_RELAY_EVENT_AGAIN,
    WZP_RELAY_EVENT_NO_ROOM,
    WZP_RELAY_EVENT_OVER_RATE,
    WZP_RELAY_EVENT_DELIVER,
    WZP_RELAY_EVENT_DELIVER_ERROR,
    WZP_RELAY_EVENT_LOST, /* records that did not fit: `length` of them */
    WZP_RELAY_EVENT_KINDS
};

struct wzp_relay_neighbour;
struct wzp_relay_event {
    uint64_t at; /* ns, as all times of the relay */
    enum wzp_relay_event_kind kind;
    const struct wzp_relay_neighbour *peer; /* as long as the relay lives */
    char room[64];                          /* truncated; "" = unknown */
    struct wzp_media_header header;
    size_t length;     /* of the payload; MALFORMED: of the datagram */
    unsigned to_count; /* DELIVER: members it went to */
};

struct wzp_relay_event_log {
    struct wzp_relay_event *items; /* owned; NULL: off */
    size_t first, count;
    uint64_t lost; /* since the last LOST record */
};

struct wzp_relay;
/* Starts keeping events. WZP_E_MEMORY. */
int wzp_relay_events_start(struct wzp_relay *r);
void wzp_relay_events_fini(struct wzp_relay *r);
/* Stores one record; its room is copied from `room` (may be NULL). Never allocates. */
void wzp_relay_event_note(struct wzp_relay *r, const struct wzp_relay_event *event,
                          const char *room);
/* Takes the oldest record. False when there is none. */
bool wzp_relay_event_take(struct wzp_relay *r, struct wzp_relay_event *out, uint64_t now);
/* The name that existing relays use for this event. */
const char *wzp_relay_event_name(enum wzp_relay_event_kind kind);

#endif
