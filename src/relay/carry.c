/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Media between relays. Nothing here allocates but from the pool. Source: wzp-protocol(7), Rooms of
 * several relays, Federation tag. */
#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/federation.h"
#include "wire/media.h"

#define TAG_SIZE WZP_FEDERATION_TAG_SIZE
#define DATAGRAM_MAX 1500

struct wzp_relay_seen {
    uint64_t key, at;
    const struct wzp_relay_neighbour *from; /* NULL: one of ours */
};

/* A member's number means something only at its relay, and existing relays carry none of the origin
 * that says which. What they carry is a mark of both, from 128 on, which our own relays behind them
 * read. Two speakers of one mark are rare, and heard as one. Source: wzp-protocol(7), Rooms of
 * several relays. */
#define MARK 0x80

static uint8_t mark_of(const uint8_t *origin, uint8_t number)
{
    return number == 0 || number >= MARK ? number : (uint8_t)(MARK | (origin[0] + number));
}

/* ---- each frame once ---- */

/* Notes a frame; true when it was noted within the last two seconds, and then *from is who brought
 * it. Unused bits do not count, nor the number that each relay gives its speaker, but the mark that
 * it has on every way: two who play one recording send the same. origin NULL: it carries a mark, or
 * nothing that is known. */
static bool seen(struct wzp_relay *r, const struct wzp_relay_global *global, const uint8_t *frame,
                 size_t length, const uint8_t *origin, const struct wzp_relay_neighbour **from,
                 uint64_t now)
{
    uint8_t number = frame[WZP_MEDIA_SENDER_OFFSET];
    uint8_t copy[TAG_SIZE + DATAGRAM_MAX];
    if (length > DATAGRAM_MAX) {
        *from = NULL;
        return true;
    }
    memcpy(copy, global->tag, TAG_SIZE);
    memcpy(copy + TAG_SIZE, frame, length);
    copy[TAG_SIZE + 1] &= 0xfc;
    copy[TAG_SIZE + WZP_MEDIA_SENDER_OFFSET] = origin           ? mark_of(origin, number)
                                               : number >= MARK ? number
                                                                : 0;
    uint64_t key = wzp_siphash(r->federation.seen_key, copy, TAG_SIZE + length);
    /* Four places side by side; the oldest makes way. */
    struct wzp_relay_seen *slots = &r->federation.seen[(key % (WZP_RELAY_SEEN_SLOTS / 4)) * 4],
                          *oldest = slots;
    for (size_t i = 0; i < 4; i++) {
        if (slots[i].key == key && slots[i].at &&
            wzp_time_since(now, slots[i].at) < WZP_RELAY_SEEN_TIME) {
            *from = slots[i].from;
            return true;
        }
        if (slots[i].at < oldest->at)
            oldest = &slots[i];
    }
    oldest->key = key;
    oldest->at = now ? now : 1;
    oldest->from = *from;
    return false;
}

int wzp_relay_carry_start(struct wzp_relay *r)
{
    if (!r->federation.seen)
        r->federation.seen = wzp_calloc(WZP_RELAY_SEEN_SLOTS, sizeof *r->federation.seen);
    return r->federation.seen ? 0 : WZP_E_MEMORY;
}

/* ---- existing relays that are linked with each other ---- */

/* `n` brought what `other` had brought before: they have a way to each other without us. */
static void note_linked(struct wzp_relay_remote *remote, const struct wzp_relay_neighbour *other,
                        uint64_t now)
{
    size_t oldest = 0;
    for (size_t i = 0; i < WZP_RELAY_LINKED_MAX; i++) {
        if (remote->linked[i].with == other) {
            oldest = i;
            break;
        }
        if (remote->linked[i].at < remote->linked[oldest].at)
            oldest = i;
    }
    remote->linked[oldest].with = other;
    remote->linked[oldest].at = now;
}

/* An existing relay does not note its own frames, so that one that comes back to it by us, before
 * the direct copy came to us, is heard by who spoke. Where two of them are linked neither is sent
 * what the other brought. When their link breaks nothing comes twice any more, and it is. */
static bool is_linked(const struct wzp_relay_remote *remote,
                      const struct wzp_relay_neighbour *other, uint64_t now)
{
    for (size_t i = 0; other && !other->is_ours && i < WZP_RELAY_LINKED_MAX; i++)
        if (remote->linked[i].with == other &&
            wzp_time_since(now, remote->linked[i].at) < WZP_RELAY_LINKED_TIME)
            return true;
    return false;
}

/* ---- out ---- */

/* The two forms in which one frame travels, each made when it is wanted first. */
struct parcel {
    struct wzp_relay *r;
    struct wzp_relay_global *global;
    const uint8_t *frame;
    size_t length;
    const uint8_t *origin;
    bool numbered; /* by a relay of our kind */
    struct wzp_quic_buffer *plain, *extended;
};

static struct wzp_quic_buffer *form_of(struct parcel *parcel, bool extended)
{
    struct wzp_quic_buffer **made = extended ? &parcel->extended : &parcel->plain;
    uint8_t room[DATAGRAM_MAX];
    size_t at = TAG_SIZE;
    if (*made)
        return *made;
    memcpy(room, extended ? parcel->global->origin_tag : parcel->global->tag, TAG_SIZE);
    if (extended) {
        memcpy(room + at, parcel->origin, WZP_RELAY_ORIGIN_SIZE);
        at += WZP_RELAY_ORIGIN_SIZE;
    }
    if (parcel->length > sizeof room - at)
        return NULL;
    memcpy(room + at, parcel->frame, parcel->length);
    if (!extended && parcel->numbered)
        room[at + WZP_MEDIA_SENDER_OFFSET] =
            mark_of(parcel->origin, parcel->frame[WZP_MEDIA_SENDER_OFFSET]);
    *made = wzp_quic_buffer_new(parcel->r->endpoint, room, at + parcel->length);
    return *made;
}

/* Did frames of this origin begin at n? An existing relay that gets its own plays them to who
 * spoke, as it notes only those of others. */
static bool is_home(const struct wzp_relay_neighbour *n, const uint8_t *origin)
{
    return memcmp(n->sha256, origin, WZP_RELAY_ORIGIN_SIZE) == 0;
}

/* To every neighbour that has people in the room, but not back. */
static void send_on(struct parcel *parcel, const struct wzp_relay_neighbour *from, uint64_t now)
{
    struct wzp_relay *r = parcel->r;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        struct wzp_relay_client *link =
            n == from || is_home(n, parcel->origin) || !parcel->global->remotes[i].is_active
                ? NULL
                : wzp_relay_neighbour_link(n);
        if (link && (n->is_ours ? wzp_relay_spare(&parcel->global->remotes[i], parcel->origin)
                                : is_linked(&parcel->global->remotes[i], from, now)))
            continue;
        struct wzp_quic_buffer *buffer =
            link && link->conn && r->endpoint ? form_of(parcel, n->is_ours) : NULL;
        if (!buffer)
            continue;
        if (wzp_quic_conn_send_buffer(link->conn, buffer, 0, 0, now) == 0)
            n->frames_out++;
        else
            r->total.carried_refused++;
    }
    if (parcel->plain)
        wzp_quic_buffer_unref(r->endpoint, parcel->plain);
    if (parcel->extended)
        wzp_quic_buffer_unref(r->endpoint, parcel->extended);
}

void wzp_relay_carry_out(struct wzp_relay *r, struct wzp_relay_global *global, const uint8_t *frame,
                         size_t length, uint64_t now)
{
    struct parcel parcel = {.r = r,
                            .global = global,
                            .frame = frame,
                            .length = length,
                            .numbered = true,
                            .origin = r->certificate.sha256};
    const struct wzp_relay_neighbour *here = NULL;
    if (!r->federation.seen)
        return;
    /* It may come back by another way. */
    (void)seen(r, global, frame, length, parcel.origin, &here, now);
    send_on(&parcel, NULL, now);
}

/* ---- in ---- */

/* For the event log, when there is one. packet NULL: length is the datagram's. */
static void note(struct wzp_relay *r, enum wzp_relay_event_kind kind,
                 const struct wzp_relay_neighbour *from, const struct wzp_relay_global *global,
                 const struct wzp_media_packet *packet, size_t length, uint64_t now)
{
    if (!r->events.items)
        return;
    struct wzp_relay_event event = {.at = now, .kind = kind, .peer = from, .length = length};
    if (packet) {
        event.header = packet->header;
        event.length = packet->payload_length;
    }
    if (kind == WZP_RELAY_EVENT_DELIVER)
        event.to_count = (unsigned)global->room->count;
    wzp_relay_event_note(r, &event, global ? global->name : NULL);
}

/* A frame of a room that is none here. */
static void note_unknown(struct wzp_relay *r, const struct wzp_relay_neighbour *n,
                         const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_media_packet packet;
    r->total.carried_unknown++;
    if (length < TAG_SIZE || wzp_media_parse(&packet, data + TAG_SIZE, length - TAG_SIZE) < 0) {
        note(r, WZP_RELAY_EVENT_MALFORMED, n, NULL, NULL, length, now);
        return;
    }
    note(r, WZP_RELAY_EVENT_INGRESS, n, NULL, &packet, 0, now);
    note(r, WZP_RELAY_EVENT_NO_ROOM, n, NULL, &packet, 0, now);
}

/* Whose number that is; origin NULL: theirs is a mark. One speaker may come by both ways. */
static struct wzp_relay_number *find_number(struct wzp_relay_global *global, const uint8_t *origin,
                                            uint8_t theirs)
{
    struct wzp_relay_number *marked = NULL;
    for (size_t i = 0; i < WZP_RELAY_NUMBERS_MAX; i++) {
        struct wzp_relay_number *n = &global->numbers[i];
        if (!n->ours)
            continue;
        if (origin && !n->is_mark && n->theirs == theirs &&
            memcmp(n->origin, origin, WZP_RELAY_ORIGIN_SIZE) == 0)
            return n;
        if (origin ? n->is_mark && n->theirs == mark_of(origin, theirs)
                   : mark_of(n->origin, n->theirs) == theirs)
            marked = n;
    }
    return marked;
}

static size_t numbers_by(const struct wzp_relay_global *global,
                         const struct wzp_relay_neighbour *by)
{
    size_t count = 0;
    for (size_t i = 0; i < WZP_RELAY_NUMBERS_MAX; i++)
        count += global->numbers[i].ours && global->numbers[i].by == by;
    return count;
}

/* A place for one more speaker that comes by this neighbour, free or freed; NULL: none is left to
 * it. Who brought more of them than it has to make way: one relay cannot fill the table alone. */
static struct wzp_relay_number *make_place(struct wzp_relay_global *global,
                                           const struct wzp_relay_neighbour *by, uint64_t now)
{
    struct wzp_relay_number *oldest = global->numbers, *theirs = NULL;
    for (size_t i = 0; i < WZP_RELAY_NUMBERS_MAX; i++) {
        struct wzp_relay_number *n = &global->numbers[i];
        if (n->at < oldest->at)
            oldest = n;
        if (n->ours && n->by != by && (!theirs || n->at < theirs->at) &&
            numbers_by(global, n->by) > numbers_by(global, by) + 1)
            theirs = n;
    }
    if (oldest->ours && wzp_time_since(now, oldest->at) < WZP_RELAY_NUMBER_TIME)
        oldest = theirs;
    if (oldest && oldest->ours)
        wzp_relay_room_give_number(global->room, oldest->ours, now);
    return oldest;
}

/* The number in this room of the speaker whom the relay `origin` calls `theirs`; 0 when there is
 * none left. */
static uint8_t number_of(struct wzp_relay_global *global, const uint8_t *origin, uint8_t theirs,
                         const struct wzp_relay_neighbour *by, uint64_t now)
{
    struct wzp_relay_number *n = find_number(global, origin, theirs);
    if (!n) {
        n = make_place(global, by, now);
        if (!n)
            return 0;
        n->ours = wzp_relay_room_take_number(global->room, now);
        n->is_mark = true;
    }
    n->at = now;
    n->by = by;
    if (n->is_mark) {
        n->theirs = theirs;
        n->is_mark = !origin;
        if (origin)
            memcpy(n->origin, origin, WZP_RELAY_ORIGIN_SIZE);
    }
    return n->ours;
}

static void deliver_here(struct wzp_relay *r, struct wzp_relay_global *global, const uint8_t *frame,
                         size_t length, const uint8_t *origin, const struct wzp_relay_neighbour *by,
                         const struct wzp_media_packet *packet, uint64_t now)
{
    struct wzp_quic_buffer *buffer;
    if (!global->room || !r->endpoint)
        return;
    buffer = wzp_quic_buffer_new(r->endpoint, frame, length);
    if (!buffer) {
        r->total.frames_refused++;
        note(r, WZP_RELAY_EVENT_DELIVER_ERROR, NULL, global, packet, 0, now);
        return;
    }
    /* Another relay's numbers mean nothing here; an existing relay has none, but carries marks. */
    uint8_t theirs = frame[WZP_MEDIA_SENDER_OFFSET];
    bool is_told = origin ? theirs != 0 : theirs >= MARK;
    buffer->data[WZP_MEDIA_SENDER_OFFSET] =
        is_told ? number_of(global, origin, theirs, by, now) : 0;
    wzp_relay_room_deliver(r, global->room, buffer, packet->payload_length, now);
    note(r, WZP_RELAY_EVENT_DELIVER, NULL, global, packet, 0, now);
    wzp_quic_buffer_unref(r->endpoint, buffer);
}

static bool within_rate(struct wzp_relay_remote *remote, uint64_t now)
{
    size_t speakers =
        remote->count > WZP_RELAY_SPEAKERS_MIN ? remote->count : WZP_RELAY_SPEAKERS_MIN;
    if (speakers > WZP_RELAY_SPEAKERS_MAX)
        speakers = WZP_RELAY_SPEAKERS_MAX;
    uint64_t rate = speakers * WZP_RELAY_SPEAKER_RATE;
    return wzp_bucket_take(&remote->frames, 1, WZP_SECOND / rate, rate, now);
}

void wzp_relay_carry_in(struct wzp_relay *r, struct wzp_relay_client *link, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_relay_neighbour *n = link->neighbour;
    struct wzp_relay_global *global;
    struct wzp_media_packet packet;
    const uint8_t *origin = NULL;
    size_t head = TAG_SIZE;
    if (!n || link->stage != WZP_RELAY_STAGE_LINK || !r->federation.seen)
        return;
    n->frames_in++;
    global = length >= TAG_SIZE ? wzp_map_get(&r->federation.by_tag, data, TAG_SIZE) : NULL;
    if (global && n->is_ours && memcmp(data, global->origin_tag, TAG_SIZE) == 0) {
        origin = data + head;
        head += WZP_RELAY_ORIGIN_SIZE;
    } else if (global && memcmp(data, global->tag, TAG_SIZE) != 0) {
        global = NULL; /* our own form from somebody who is not */
    }
    if (!global || !wzp_relay_global_allows(r, global, n)) {
        note_unknown(r, n, data, length, now);
        return;
    }
    if (length < head || wzp_media_parse(&packet, data + head, length - head) < 0) {
        r->total.carried_malformed++;
        note(r, WZP_RELAY_EVENT_MALFORMED, n, global, NULL, length, now);
        return;
    }
    global->remotes[n->index].frames_in++;
    note(r, WZP_RELAY_EVENT_INGRESS, n, global, &packet, 0, now);
    const uint8_t *began = origin ? origin : n->sha256;
    const struct wzp_relay_neighbour *first = n;
    bool again = seen(r, global, data + head, length - head, origin, &first, now);
    wzp_relay_spare_came(r, global, n, began, again, now);
    if (again) {
        r->total.carried_again++;
        if (first && first != n && !n->is_ours && !first->is_ours) {
            note_linked(&global->remotes[n->index], first, now);
            note_linked(&global->remotes[first->index], n, now);
        }
        note(r, WZP_RELAY_EVENT_AGAIN, n, global, &packet, 0, now);
    } else if (!within_rate(&global->remotes[n->index], now)) {
        r->total.carried_over_rate++;
        note(r, WZP_RELAY_EVENT_OVER_RATE, n, global, &packet, 0, now);
    } else {
        struct parcel parcel = {.r = r,
                                .global = global,
                                .frame = data + head,
                                .length = length - head,
                                .numbered = origin != NULL,
                                .origin = began};
        deliver_here(r, global, data + head, length - head, origin, n, &packet, now);
        send_on(&parcel, n, now);
    }
}
