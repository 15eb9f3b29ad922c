/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The operator's view of a running relay: registrations, rooms, links, counters, one JSON object
 * per line. It is written in steps of well under half a millisecond, so that no frame waits. It is
 * bounded: entries beyond the limit are only counted. With several threads the first one writes it,
 * because it has all registrations; it asks the others for their rooms. */
#ifndef WZP_RELAY_LISTING_H
#define WZP_RELAY_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/map.h"

#define WZP_RELAY_LISTING_LINES 2000 /* of people, and of rooms; more are only counted */
#define WZP_RELAY_LISTING_MEMBERS 32 /* named per room */
/* The most that one step writes, bytes. */
#define WZP_RELAY_LISTING_STEP_MAX (1024 * 1024)

enum wzp_relay_listing_part {
    WZP_RELAY_LISTING_PEOPLE = 1,
    WZP_RELAY_LISTING_ROOMS = 2,
    WZP_RELAY_LISTING_LINKS = 4,
    WZP_RELAY_LISTING_COUNTERS = 8,
    WZP_RELAY_LISTING_BANS = 16,
    WZP_RELAY_LISTING_ACCESS = 32,
    WZP_RELAY_LISTING_PROBES = 64,
    WZP_RELAY_LISTING_POOL = 128,
    WZP_RELAY_LISTING_ALL = 255
};

struct wzp_relay;
/* The query for rooms of the other threads; see relay/threads.h. */
struct wzp_relay_listing_walk {
    unsigned thread;
    uint64_t number, asked_at;
};
/* Owned by the caller, needs no release; the relay must outlive it. */
struct wzp_relay_listing {
    struct wzp_relay *r;
    unsigned left;                /* parts that are still to be written */
    struct wzp_map_cursor cursor; /* in the part under way */
    size_t at;                    /* lines of it written so far */
    bool elsewhere;               /* our own rooms are written, those of other threads follow */
    uint64_t counting;            /* number of the count of calls per pool relay; 0: not begun */
    bool counted;                 /* that count is complete */
    struct wzp_relay_listing_walk walk;
};
/* wanted: of enum wzp_relay_listing_part, or-ed. */
void wzp_relay_listing_begin(struct wzp_relay_listing *l, struct wzp_relay *r, unsigned wanted);
/* Appends some lines, each with its '\n'. False when all are written, or when out takes no more
 * (its result then says so). */
bool wzp_relay_listing_step(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now);

#endif
