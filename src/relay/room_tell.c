/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages to the members of a room: the list of members, and the quality tier for all. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "relay/room.h"
#include "relay/state.h"

static int update_write(char **text, size_t *length, const struct wzp_relay_room *room)
{
    struct wzp_signal update = {.type = WZP_SIGNAL_ROOM_UPDATE};
    size_t guests = room->global ? room->global->best.count : 0;
    struct wzp_participant *items = wzp_calloc(room->count + guests + 1, sizeof *items);
    size_t count = 0;
    int result;

    if (!items)
        return WZP_E_MEMORY;
    for (size_t i = 0; i < room->count; i++) {
        struct wzp_relay_client *client = room->slots[i].client;
        struct wzp_participant *item = &items[count];

        if (client->member.is_missing)
            continue;
        count++;
        item->fingerprint = client->name.text;
        item->alias = client->alias[0] ? client->alias : NULL;
        item->proven = item->has_proven = client->bound;
        item->sender = client->member.number;
        item->has_sender = client->member.number != 0;
    }
    if (room->global)
        count += wzp_relay_global_guests(room->global, items + count, guests);
    update.u.room_update.count = (uint32_t)count;
    update.u.room_update.participants.items = items;
    update.u.room_update.participants.count = count;
    result = wzp_signal_write(text, length, &update);
    wzp_free(items);
    return result;
}

/* To all, or to one only. False when memory lacks. */
bool wzp_relay_room_tell(struct wzp_relay *r, struct wzp_relay_room *room,
                         struct wzp_relay_client *only, uint64_t now)
{
    char *text;
    size_t length;
    if (update_write(&text, &length, room) < 0)
        return false;
    room->update_length = length;
    for (size_t i = 0; i < room->count; i++)
        if (!only || room->slots[i].client == only)
            wzp_relay_client_send_text(r, room->slots[i].client, text, length, now);
    r->total.room_updates++;
    wzp_free(text);
    return true;
}

/* True when the limits on lists and bytes per second and member allow a RoomUpdate now. */
static bool update_allowed(struct wzp_relay_room *room, uint64_t now)
{
    size_t length = room->update_length;
    struct wzp_bucket lists = room->updates;
    if (!wzp_bucket_take(&lists, 1, WZP_SECOND / WZP_RELAY_UPDATE_RATE, WZP_RELAY_UPDATE_BURST,
                         now) ||
        !wzp_bucket_take(&room->update_bytes,
                         length < WZP_RELAY_UPDATE_BYTES_BURST ? length
                                                               : WZP_RELAY_UPDATE_BYTES_BURST,
                         WZP_SECOND / WZP_RELAY_UPDATE_BYTES, WZP_RELAY_UPDATE_BYTES_BURST, now))
        return false;
    room->updates = lists;
    return true;
}

/* Schedules a RoomUpdate. A list that changes often is sent less often: only its latest state
 * matters, and old states must not fill queues. */
void wzp_relay_room_changed(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now)
{
    if (room->update.armed || room->is_remote)
        return;
    if (!update_allowed(room, now) || !wzp_relay_room_tell(r, room, NULL, now))
        wzp_relay_timer_arm(&r->timers, &room->update, WZP_RELAY_TIMER_UPDATE, room, now);
}

void wzp_relay_room_update_due(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now)
{
    wzp_relay_room_changed(r, room, now);
}

void wzp_relay_room_mark(struct wzp_relay *r, struct wzp_relay_client *client, bool is_missing,
                         uint64_t now)
{
    client->member.is_missing = is_missing;
    wzp_relay_global_changed(r, client->member.room->global, now);
    wzp_relay_room_changed(r, client->member.room, now);
}

/* To all, or to one only. */
void wzp_relay_room_direct(struct wzp_relay *r, struct wzp_relay_room *room,
                           struct wzp_relay_client *only, uint64_t now)
{
    struct wzp_signal directive = {.type = WZP_SIGNAL_QUALITY_DIRECTIVE};
    char reason[64];
    char *text;
    size_t length;

    snprintf(reason, sizeof reason, "weakest link: %s", wzp_tier_name(room->tier));
    directive.u.quality_directive.recommended_profile = *wzp_tier_profile(room->tier);
    directive.u.quality_directive.reason = reason;
    if (wzp_signal_write(&text, &length, &directive) < 0)
        return;
    for (size_t i = 0; i < room->count; i++)
        if (!only || room->slots[i].client == only)
            wzp_relay_client_send_text(r, room->slots[i].client, text, length, now);
    wzp_free(text);
    if (wzp_relay_tapped(r, room->name))
        wzp_relay_log(r, now, WZP_LOG_INFO, "TAP SIGNAL room=%s QualityDirective %s", room->name,
                      reason);
}

/* The room's tier is that of its worst member. True when it changed and all were told. Changes are
 * rate-limited, because one member with unsteady reports must not fill all queues. */
bool wzp_relay_room_tier(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now)
{
    enum wzp_tier tier = WZP_TIER_STUDIO_64K;

    for (size_t i = 0; i < room->count; i++)
        if (room->slots[i].client->member.quality.tier < tier)
            tier = room->slots[i].client->member.quality.tier;
    room->is_tier_owed = false;
    if (!room->count || tier == room->tier || room->is_remote)
        return false;
    room->is_tier_owed =
        !wzp_bucket_take(&room->directives, 1, WZP_SECOND / WZP_RELAY_DIRECTIVE_RATE,
                         WZP_RELAY_DIRECTIVE_BURST, now);
    if (room->is_tier_owed)
        return false;
    room->tier = tier;
    wzp_relay_room_direct(r, room, NULL, now);
    return true;
}
