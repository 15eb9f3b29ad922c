/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/room.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "relay/state.h"
#include "wire/media.h"

uint8_t wzp_relay_room_take_number(struct wzp_relay_room *room, uint64_t now)
{
    unsigned chosen = 0;
    uint64_t since = WZP_NEVER;
    for (unsigned number = 1; number < 256; number++) {
        if (room->number_free_at[number] <= now) {
            chosen = number;
            break;
        }
        if (room->number_free_at[number] < since) {
            since = room->number_free_at[number];
            chosen = number;
        }
    }
    if (chosen)
        room->number_free_at[chosen] = WZP_NEVER;
    return (uint8_t)chosen;
}

void wzp_relay_room_give_number(struct wzp_relay_room *room, uint8_t number, uint64_t now)
{
    if (number)
        room->number_free_at[number] = wzp_time_add(now, WZP_RELAY_NUMBER_REST);
}

/* ---- joining and leaving ---- */

static void room_drop(struct wzp_relay *r, struct wzp_relay_room *room)
{
    wzp_relay_timer_disarm(&r->timers, &room->update);
    if (room->global) {
        room->global->room = NULL;
        memset(room->global->numbers, 0, sizeof room->global->numbers);
    }
    wzp_map_remove(&r->rooms, room->name, strlen(room->name));
    wzp_free(room->slots);
    wzp_free(room);
}

static int room_make(struct wzp_relay_room **out, struct wzp_relay *r, const char *name)
{
    struct wzp_relay_room *room = wzp_map_get(&r->rooms, name, strlen(name));
    int result;

    *out = room;
    if (room)
        return 0;
    room = wzp_calloc(1, sizeof *room);
    if (!room)
        return WZP_E_MEMORY;
    memcpy(room->name, name, strlen(name) + 1);
    room->tier = WZP_TIER_GOOD;
    result = wzp_map_put(&r->rooms, name, strlen(name), room);
    if (result < 0) {
        wzp_free(room);
        return result;
    }
    *out = room;
    room->global = wzp_relay_global_find(r, name);
    if (room->global)
        room->global->room = room;
    return 0;
}

static int room_reserve(struct wzp_relay_room *room)
{
    size_t capacity = room->capacity ? room->capacity * 2 : 2;
    struct wzp_relay_slot *slots;

    if (room->count < room->capacity)
        return 0;
    slots = wzp_realloc(room->slots, capacity * sizeof *slots);
    if (!slots)
        return WZP_E_MEMORY;
    room->slots = slots;
    room->capacity = capacity;
    return 0;
}

/* Removes the member from the room without telling anybody. */
static void take_out(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_room *room = client->member.room;
    size_t slot = client->member.slot;

    memmove(&room->slots[slot], &room->slots[slot + 1],
            (room->count - slot - 1) * sizeof *room->slots);
    room->count--;
    wzp_relay_global_changed(r, room->global, now);
    for (size_t i = slot; i < room->count; i++)
        room->slots[i].client->member.slot = i;
    wzp_relay_room_give_number(room, client->member.number, now);
    client->member.room = NULL;
    wzp_relay_upstream_close(r, client, now);
    wzp_relay_place_give(r, client);
    wzp_relay_presence_leave(&r->presence, client);
    wzp_relay_threads_left(r, client);
    r->members--;
    if (wzp_relay_tapped(r, room->name))
        wzp_relay_log(r, now, WZP_LOG_INFO,
                      "TAP EVENT leave room=%s id=%llu in_pkts=%llu out_pkts=%llu members=%zu",
                      room->name, (unsigned long long)client->member.session,
                      (unsigned long long)client->member.frames_in,
                      (unsigned long long)client->member.frames_out, room->count);
}

/* A call's room has two places, one per person; an older member of the same person is replaced.
 * Source: wzp-protocol(7), A direct call. */
static int call_room_check(struct wzp_relay_client **older, const struct wzp_relay_room *room,
                           const struct wzp_relay_client *client)
{
    *older = NULL;
    for (size_t i = 0; i < room->count && !*older; i++)
        if (wzp_relay_name_equal(&room->slots[i].client->name, &client->name))
            *older = room->slots[i].client;
    if (*older && (*older)->bound && !client->bound)
        return WZP_E_REFUSED;
    return room->count - (*older ? 1 : 0) >= 2 ? WZP_E_REFUSED : 0;
}

static void place(struct wzp_relay *r, struct wzp_relay_room *room, struct wzp_relay_client *client,
                  uint64_t now)
{
    struct wzp_relay_member *member = &client->member;
    struct wzp_relay_slot *slot = &room->slots[room->count];

    memset(member, 0, sizeof *member);
    memset(slot, 0, sizeof *slot);
    slot->client = client;
    slot->conn = client->conn;
    slot->is_later = client->version > WZP_RELAY_MEDIA_VERSION;
    member->room = room;
    member->slot = room->count++;
    member->number = wzp_relay_room_take_number(room, now);
    member->session = ++r->next_session;
    member->joined_at = member->heard_at = now;
    wzp_relay_quality_init(&member->quality);
    r->members++;
    r->total.joins++;
    wzp_relay_global_changed(r, room->global, now);
}

/* Members removed in favour of a new one, once nothing can refuse it any more. NULL: none. */
struct leaving {
    struct wzp_relay_client *older; /* an earlier connection of the same person, in a call's room */
    struct wzp_relay_client *idle;  /* an idle unproven member, in a full relay */
};

/* All checks that may refuse a new member; what was taken for it is given back then. */
static int admit(struct leaving *leaving, struct wzp_relay *r, struct wzp_relay_room *room,
                 struct wzp_relay_client *client, const char **reason, uint64_t now)
{
    *reason = wzp_strerror(WZP_E_MEMORY);
    int result = room_reserve(room);
    if (result == 0 && room->is_call) {
        *reason = "room is full";
        result = call_room_check(&leaving->older, room, client);
    }
    if (result == 0)
        result =
            wzp_relay_place_take(&leaving->idle, r, client, leaving->older ? 1 : 0, reason, now);
    if (result)
        return result;
    result = wzp_relay_presence_enter(&r->presence, client);
    if (result == 0 && wzp_relay_upstream_has(r, client)) {
        result = wzp_relay_upstream_open(r, client, now);
        if (result)
            wzp_relay_presence_leave(&r->presence, client);
    }
    if (result) {
        *reason = wzp_relay_place_refusal(result);
        wzp_relay_place_give(r, client);
    }
    return result;
}

static void make_way(struct wzp_relay *r, const struct leaving *leaving, uint64_t now)
{
    if (leaving->older) {
        take_out(r, leaving->older, now);
        wzp_relay_client_close(r, leaving->older, "replaced by a newer connection", now);
    }
    if (leaving->idle) {
        wzp_relay_room_leave(r, leaving->idle, now);
        wzp_relay_client_close(r, leaving->idle, "idle, and the relay is full", now);
        r->total.idle_evicted++;
    }
}

int wzp_relay_room_join(struct wzp_relay *r, struct wzp_relay_client *client, const char *name,
                        const char **reason, uint64_t now)
{
    struct wzp_relay_room *room;
    struct leaving leaving = {NULL, NULL};
    const char *why = wzp_strerror(WZP_E_MEMORY);
    const struct wzp_relay_global *global = wzp_relay_global_find(r, name);
    /* A global room has two names (plain and hashed). */
    int result = room_make(&room, r, global ? global->name : name);
    if (result == WZP_E_LIMIT)
        why = wzp_relay_place_refusal(result);
    if (result == 0) {
        room->is_call = client->purpose == WZP_PURPOSE_CALL_ROOM;
        result = admit(&leaving, r, room, client, &why, now);
        if (result && !room->count)
            room_drop(r, room);
    }
    if (reason)
        *reason = why;
    if (result)
        return result;
    place(r, room, client, now);
    make_way(r, &leaving, now);
    room->is_remote = wzp_relay_upstream_has(r, client);
    if (wzp_relay_tapped(r, room->name))
        wzp_relay_log(r, now, WZP_LOG_INFO, "TAP EVENT join room=%s id=%llu members=%zu",
                      room->name, (unsigned long long)client->member.session, room->count);
    wzp_relay_room_changed(r, room, now);
    if (room->update.armed) /* the others can wait, but the new member knows nothing yet */
        (void)wzp_relay_room_tell(r, room, client, now);
    if (!wzp_relay_room_tier(r, room, now) && room->tier != WZP_TIER_GOOD)
        wzp_relay_room_direct(r, room, client, now);
    return 0;
}

void wzp_relay_room_leave(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_room *room = client->member.room;

    if (!room)
        return;
    if (room->global)
        wzp_relay_ghost_left(r, room->global, client->name.text, now);
    take_out(r, client, now);
    if (!room->count) {
        room_drop(r, room);
        return;
    }
    wzp_relay_room_changed(r, room, now);
    wzp_relay_room_tier(r, room, now);
}

/* ---- the forwarding of frames ---- */

/* False when the frame exceeds its sender's limits. A sender that keeps exceeding them is
 * disconnected. */
static bool within_limits(struct wzp_relay *r, struct wzp_relay_client *client, unsigned codec,
                          size_t length, uint64_t now)
{
    switch (wzp_relay_meter_frame(&client->member.meter, &r->limits, codec, length, now)) {
    case WZP_RELAY_FRAME_FINE: return true;
    case WZP_RELAY_FRAME_TOO_MUCH: break;
    case WZP_RELAY_FRAME_FLOOD:
        r->total.floods++;
        wzp_relay_client_close(r, client, "too many packets", now);
        break;
    case WZP_RELAY_FRAME_NO_SPEECH:
        r->total.no_speech++;
        wzp_relay_client_close(r, client, "this is more than speech", now);
        break;
    }
    r->total.frames_over_rate++;
    return false;
}

static void take_report(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_quality_report *report, uint64_t now)
{
    client->member.report = *report;
    client->member.reports++;
    bool moved = wzp_relay_quality_report(&client->member.quality, report, now);
    if (moved || client->member.room->is_tier_owed)
        wzp_relay_room_tier(r, client->member.room, now);
}

uint64_t wzp_relay_room_patience(struct wzp_relay_load *load, uint64_t most, uint64_t frames,
                                 uint64_t now)
{
    uint64_t elapsed = wzp_time_since(now, load->since);

    if (elapsed >= WZP_RELAY_LOAD_WINDOW) {
        load->is_busy =
            elapsed < 2 * WZP_RELAY_LOAD_WINDOW && frames - load->frames >= WZP_RELAY_BUSY_FRAMES;
        load->since = now;
        load->frames = frames;
    }
    return load->is_busy || most < WZP_RELAY_CALM_WAIT ? most : WZP_RELAY_CALM_WAIT;
}

uint64_t wzp_relay_room_flush_at(struct wzp_relay_slot *slot, unsigned others, uint64_t longest,
                                 uint64_t now)
{
    if (others <= 1 || !longest) {
        slot->waiting = 0;
        return 0;
    }
    if (!slot->waiting || slot->flush_at <= now) {
        slot->waiting = 0;
        slot->flush_at = now + longest;
    }
    if (++slot->waiting >= others) {
        slot->waiting = 0;
        return 0;
    }
    return slot->flush_at;
}

bool wzp_relay_room_in_step(const struct wzp_relay_slot *slot, const struct wzp_relay_slot *sender,
                            uint64_t longest, uint64_t now)
{
    uint64_t a = slot->speaking_until, b = sender->spoke_until;

    return slot != sender && a > now && (a > b ? a - b : b - a) <= longest;
}

/* is_later: only members that announced a later version get the frame. */
static void fan_out(struct wzp_relay *r, struct wzp_relay_client *client, bool is_later,
                    struct wzp_quic_buffer *buffer, size_t payload, uint64_t now)
{
    struct wzp_relay_room *room = client->member.room;
    const struct wzp_relay_slot *sender = &room->slots[client->member.slot];
    unsigned speaking = 0, expected = 0;
    uint64_t longest = wzp_relay_room_patience(&r->load, r->config.coalesce_us * WZP_MICROSECOND,
                                               r->total.frames_out, now);
    uint64_t sent = 0;

    for (size_t i = 0; i < room->count; i++) {
        speaking += room->slots[i].speaking_until > now;
        expected += wzp_relay_room_in_step(&room->slots[i], sender, longest, now);
    }
    for (size_t i = 0; i < room->count; i++) {
        struct wzp_relay_slot *slot = &room->slots[i];
        unsigned others = speaking - (slot->speaking_until > now);
        uint64_t flush_at;
        int result;

        if (slot == sender || !slot->conn || (is_later && !slot->is_later))
            continue;
        if (expected == wzp_relay_room_in_step(slot, sender, longest, now))
            others = 1;
        flush_at = wzp_relay_room_flush_at(slot, others, longest, now);
        result = wzp_quic_conn_send_buffer(slot->conn, buffer, 0, flush_at, now);
        if (result == 0)
            sent++;
        else if (result == WZP_E_TOO_BIG)
            r->total.frames_too_big++;
        else
            r->total.frames_refused++;
    }
    client->member.frames_out += sent;
    r->total.frames_out += sent;
    r->total.bytes_out += sent * payload;
}

void wzp_relay_room_deliver(struct wzp_relay *r, struct wzp_relay_room *room,
                            struct wzp_quic_buffer *buffer, size_t payload, uint64_t now)
{
    uint64_t sent = 0;
    for (size_t i = 0; i < room->count; i++) {
        if (!room->slots[i].conn)
            continue;
        if (wzp_quic_conn_send_buffer(room->slots[i].conn, buffer, 0, 0, now) == 0)
            sent++;
        else
            r->total.frames_refused++;
    }
    r->total.frames_out += sent;
    r->total.bytes_out += sent * payload;
}

/* A frame of a later version begins with the version's number. Members with version 1 would misread
 * it, and take its byte 10 for a sender number. A frame that begins otherwise is of version 1,
 * whatever its sender announced. Source: wzp-protocol(7), Version 2. */
static bool is_of_later_version(const struct wzp_relay_client *client, const uint8_t *data,
                                size_t length)
{
    return length > 0 && data[0] > WZP_RELAY_MEDIA_VERSION && data[0] <= client->version;
}

/* Passes on a frame of a later version, whose format is unknown here: unchanged, within the
 * operator's limits, to the members that announced one. */
static void pass_unread(struct wzp_relay *r, struct wzp_relay_client *client, const uint8_t *data,
                        size_t length, uint64_t now)
{
    if (!within_limits(r, client, WZP_CODEC_COUNT, length, now))
        return;
    r->total.frames_in++;
    client->member.frames_in++;
    client->member.bytes_in += length;
    if (client->member.room->is_remote) {
        wzp_relay_upstream_send(r, client, data, length, true, now);
        return;
    }
    struct wzp_quic_buffer *buffer =
        r->endpoint ? wzp_quic_buffer_new(r->endpoint, data, length) : NULL;
    if (!buffer) {
        r->total.frames_refused++;
        return;
    }
    fan_out(r, client, true, buffer, length, now);
    wzp_quic_buffer_unref(r->endpoint, buffer);
}

void wzp_relay_room_frame(struct wzp_relay *r, struct wzp_relay_client *client, const uint8_t *data,
                          size_t length, uint64_t now)
{
    struct wzp_relay_member *member = &client->member;
    struct wzp_relay_slot *slot;
    struct wzp_media_packet packet;
    struct wzp_quic_buffer *buffer;

    if (!member->room || client->stage != WZP_RELAY_STAGE_MEMBER) {
        r->total.frames_early++;
        return;
    }
    member->heard_at = now;
    if (is_of_later_version(client, data, length)) {
        pass_unread(r, client, data, length, now);
        return;
    }
    slot = &member->room->slots[member->slot];
    slot->spoke_until = slot->speaking_until;
    slot->speaking_until = now + WZP_RELAY_SPEAKING;
    bool is_media = wzp_media_parse(&packet, data, length) == 0;
    if (!within_limits(r, client, is_media ? packet.header.codec : WZP_CODEC_COUNT, length, now))
        return;
    if (!is_media) {
        r->total.frames_malformed++;
        return;
    }
    r->total.frames_in++;
    member->frames_in++;
    member->bytes_in += length;
    wzp_relay_tap_note(r, client, data, length, now);
    if (packet.header.has_report)
        take_report(r, client, &packet.report, now);
    if (member->room->is_remote) {
        wzp_relay_upstream_send(r, client, data, length, false, now);
        return;
    }
    if ((member->room->count < 2 && !member->room->global) || !r->endpoint)
        return;
    buffer = wzp_quic_buffer_new(r->endpoint, data, length);
    if (!buffer) {
        r->total.frames_refused++;
        return;
    }
    buffer->data[1] &= 0xfc;
    /* Any number set by the sender is overwritten: members are identified by it, and none may
     * impersonate another. */
    buffer->data[WZP_MEDIA_SENDER_OFFSET] = member->number;
    fan_out(r, client, false, buffer, packet.payload_length, now);
    if (member->room->global)
        wzp_relay_carry_out(r, member->room->global, buffer->data, length, now);
    wzp_quic_buffer_unref(r->endpoint, buffer);
}
