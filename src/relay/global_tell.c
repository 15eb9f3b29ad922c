/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The lists of members of global rooms that neighbours are sent. Source: wzp-protocol(7), Rooms of
 * several relays. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/primitives.h"
#include "relay/dispatch.h"
#include "relay/federation.h"

/* The list for one neighbour; `homes` holds the texts of the extension for relays of our own
 * kind. */
struct list {
    struct wzp_participant items[WZP_RELAY_GUESTS_MAX];
    char homes[WZP_RELAY_GUESTS_MAX][17];
    size_t count;
};

static void extend(struct list *list, const uint8_t home[8], uint8_t hops)
{
    static const uint8_t nobody[8];
    struct wzp_participant *item = &list->items[list->count];
    if (memcmp(home, nobody, sizeof nobody) != 0) {
        wzp_hex_encode(list->homes[list->count], home, 8);
        item->home = list->homes[list->count];
    }
    item->has_hops = true;
    item->hops = hops;
}

static void list_local(struct wzp_relay *r, struct list *list,
                       const struct wzp_relay_global *global, const struct wzp_relay_neighbour *to)
{
    for (size_t i = 0; global->room && i < global->room->count; i++) {
        struct wzp_relay_client *client = global->room->slots[i].client;
        if (client->member.is_missing || list->count == WZP_RELAY_GUESTS_MAX)
            continue;
        struct wzp_participant *item = &list->items[list->count];
        *item = (struct wzp_participant){.fingerprint = client->name.text,
                                         .alias = client->alias[0] ? client->alias : NULL,
                                         .has_proven = client->bound,
                                         .proven = client->bound};
        if (to->is_ours)
            extend(list, r->certificate.sha256, 1);
        list->count++;
    }
}

/* Adds guests that other neighbours reported: never what `to` reported itself, nor its own
 * members. */
static void list_others(struct list *list, const struct wzp_relay_global *global,
                        const struct wzp_relay_neighbour *to)
{
    struct wzp_map_cursor cursor = {0};
    while (list->count < WZP_RELAY_GUESTS_MAX && wzp_map_next(&global->best, &cursor)) {
        struct wzp_relay_guest *guest = cursor.value;
        if (guest->by == to || guest->hops >= WZP_RELAY_HOPS_MAX ||
            memcmp(guest->home, to->sha256, sizeof guest->home) == 0 ||
            wzp_relay_spare_helps(global, to, guest->home) ||
            wzp_relay_global_is_here(global, guest->fingerprint))
            continue;
        list->items[list->count] = (struct wzp_participant){
            .fingerprint = guest->fingerprint,
            .alias = guest->alias[0] ? guest->alias : NULL,
            .relay_label = guest->label[0] ? guest->label : guest->by->label,
            .has_proven = guest->proven,
            .proven = guest->proven};
        if (to->is_ours)
            extend(list, guest->home, (uint8_t)(guest->hops + 1));
        list->count++;
    }
}

/* True when some relay beyond this one needs to know whether anybody is at `to`. Then the room
 * stays active at `to`, even when nobody is here, so that it goes on sending frames. An existing
 * relay's part of a call is judged by whether such frames still come (watch.c). */
static bool is_beyond(const struct wzp_relay *r, const struct wzp_relay_global *global,
                      const struct wzp_relay_neighbour *to)
{
    const struct wzp_relay_call *call = wzp_relay_global_call(r, global->name);
    if (!call || !to->is_ours)
        return false;
    for (size_t i = 0; i < r->neighbours.count; i++)
        if (&r->neighbours.items[i] != to && global->remotes[i].is_active)
            return true;
    for (size_t i = 0; i < 2; i++)
        if (wzp_relay_party_old(&call->party[i]))
            return true;
    return false;
}

static void tell_inactive(struct wzp_relay *r, struct wzp_relay_global *global,
                          struct wzp_relay_neighbour *to, uint64_t now)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_GLOBAL_ROOM_INACTIVE};
    struct wzp_relay_remote *remote = &global->remotes[to->index];
    signal.u.global_room_inactive.room = global->name;
    if (remote->told_active)
        (void)wzp_relay_neighbour_send(r, to, &signal, now);
    remote->told_active = false;
    remote->told_hash = 0;
}

/* Sends one neighbour the room's list, if it changed. False: held back by the rate limit or a full
 * queue; the list as it then stands is sent later. */
static bool tell(struct wzp_relay *r, struct wzp_relay_global *global,
                 struct wzp_relay_neighbour *to, struct list *list, uint64_t now)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_GLOBAL_ROOM_ACTIVE};
    struct wzp_relay_remote *remote = &global->remotes[to->index];
    struct wzp_relay_client *link = wzp_relay_neighbour_link(to);
    char *text;
    size_t length;
    list->count = 0;
    if (!link)
        return true;
    if (link->conn && wzp_quic_conn_is_behind(link->conn))
        return false;
    bool is_theirs = wzp_relay_global_allows(r, global, to);
    if (is_theirs) {
        list_local(r, list, global, to);
        list_others(list, global, to);
    }
    if (!list->count && !(is_theirs && is_beyond(r, global, to))) {
        tell_inactive(r, global, to, now);
        return true;
    }
    signal.u.global_room_active.room = global->name;
    signal.u.global_room_active.participants.items = list->items;
    signal.u.global_room_active.participants.count = list->count;
    if (wzp_signal_write(&text, &length, &signal) < 0)
        return true;
    uint64_t hash = wzp_siphash(r->federation.seen_key, text, length);
    bool is_news = !remote->told_active || hash != remote->told_hash;
    bool may_tell = is_news && wzp_bucket_take(&remote->told, 1, WZP_SECOND / WZP_RELAY_TOLD_RATE,
                                               WZP_RELAY_TOLD_BURST, now);
    if (may_tell) {
        wzp_relay_client_send_text(r, link, text, length, now);
        remote->told_active = true;
        remote->told_hash = hash;
    }
    wzp_free(text);
    return !is_news || may_tell;
}

void wzp_relay_federation_tick(struct wzp_relay *r, uint64_t now)
{
    struct list *list = wzp_alloc(sizeof *list);
    bool is_late = false;
    if (!list) {
        wzp_relay_timer_arm(&r->timers, &r->federation.tick, WZP_RELAY_TIMER_TICK, r, now);
        return;
    }
    for (struct wzp_relay_global *next, *g = r->federation.first; g; g = next) {
        next = g->next;
        if (!g->is_dirty)
            continue;
        g->is_dirty = false;
        for (size_t i = 0; i < r->neighbours.count; i++)
            g->is_dirty |= !tell(r, g, &r->neighbours.items[i], list, now);
        is_late |= g->is_dirty;
        if (g->is_call && !g->room && !wzp_relay_global_call(r, g->name))
            wzp_relay_global_free(r, g);
    }
    wzp_free(list);
    if (is_late && !r->federation.tick.armed)
        wzp_relay_timer_arm_at(&r->timers, &r->federation.tick, WZP_RELAY_TIMER_TICK, r,
                               wzp_time_add(now, WZP_RELAY_TELL_AGAIN));
}
