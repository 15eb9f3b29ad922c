/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Media between relays ("carrying"). Nothing here allocates except from the endpoint's buffer pool.
 * Source: wzp-protocol(7), Rooms of several relays, Federation tag. */
#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/federation.h"
#include "wire/media.h"

#define TAG_SIZE WZP_FEDERATION_TAG_SIZE
#define DATAGRAM_MAX 1500

struct wzp_relay_seen {
    uint64_t key, at;
    const struct wzp_relay_neighbour *from; /* NULL: a member of this relay */
};

/* A sender number is meaningful only together with the relay that gave it (the origin), and
 * existing relays do not carry the origin. What they do carry is the sender byte. So this relay
 * puts a mark there, derived from origin and number, with values from 128 on, which relays of our
 * own kind behind an existing relay read. Two speakers rarely have the same mark; they then count
 * as one speaker. Source: wzp-protocol(7), Rooms of several relays. */
#define MARK 0x80

static uint8_t mark_of(const uint8_t *origin, uint8_t number)
{
    return number == 0 || number >= MARK ? number : (uint8_t)(MARK | (origin[0] + number));
}

/* ---- each frame once ---- */

/* Notes a frame. True when it is a duplicate of one noted within the last two seconds; *from is
 * then the neighbour that brought the first copy. Ignored are unused bits, and the sender byte,
 * which each relay sets anew. In its place the mark counts, which is the same on every path:
 * without it two speakers who play the same recording would send duplicates. origin NULL: the
 * sender byte is a mark, or unknown. */
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
    /* Four slots per hash value; the oldest is replaced. */
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

/* `n` brought a duplicate of a frame from `other`: these two are linked without us. */
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

/* An existing relay does not note its own members' frames. If such a frame came back to it through
 * us before the direct copy reached us, its speaker would hear it. So between two linked existing
 * relays we forward nothing. When their link breaks there are no more duplicates, and forwarding
 * resumes after LINKED_TIME. */
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

/* A frame in its two wire forms (with and without origin), each made when first needed. */
struct parcel {
    struct wzp_relay *r;
    struct wzp_relay_global *global;
    const uint8_t *frame;
    size_t length;
    const uint8_t *origin;
    bool numbered; /* its sender byte is a number, not a mark */
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

/* True when this origin is n itself. An existing relay that received its own members' frames would
 * play them to their speaker, because it detects duplicates only among the frames of others. */
static bool is_home(const struct wzp_relay_neighbour *n, const uint8_t *origin)
{
    return memcmp(n->sha256, origin, WZP_RELAY_ORIGIN_SIZE) == 0;
}

/* Sends to every neighbour with members in the room, except the one the frame came from. */
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
    /* The frame may come back by another path. */
    (void)seen(r, global, frame, length, parcel.origin, &here, now);
    send_on(&parcel, NULL, now);
}

/* ---- in ---- */

/* Writes to the event log, if it is on. packet NULL: length is that of the datagram. */
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

/* A frame of a room that is unknown here. */
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

/* The entry of that speaker; origin NULL: theirs is a mark. Frames of one speaker may come with the
 * origin by one link and with the mark by another. */
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

/* An entry for one more speaker from this neighbour: a free or expired one, else one taken from a
 * neighbour that has at least two more of them, so that no relay can fill the table alone. NULL:
 * none. */
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

/* The sender number in this room of the speaker to whom the relay `origin` gave `theirs`; 0 when
 * none is left. */
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
    /* Sender numbers of another relay mean nothing here. Existing relays send none, but pass on
     * marks. */
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
        global = NULL; /* the form with an origin, from an existing relay */
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
