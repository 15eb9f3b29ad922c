/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Global rooms and who is in them. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "crypto/primitives.h"
#include "relay/dispatch.h"
#include "relay/federation.h"

/* ---- the rooms ---- */

/* The second tag says that the origin follows. Only relays of our own kind know it. */
static void make_tags(struct wzp_relay_global *global)
{
    uint8_t hash[32];
    char text[WZP_SNI_MAX + 16];
    int length = snprintf(text, sizeof text, "wzp-origin:%s", global->name);
    wzp_room_tag(global->tag, global->name);
    wzp_sha256(hash, text, (size_t)length);
    memcpy(global->origin_tag, hash, sizeof global->origin_tag);
}

static void take_out(struct wzp_relay *r, struct wzp_relay_global *global)
{
    wzp_map_remove(&r->federation.by_name, global->name, strlen(global->name));
    if (global->alias[0])
        wzp_map_remove(&r->federation.by_name, global->alias, strlen(global->alias));
    wzp_map_remove(&r->federation.by_tag, global->tag, sizeof global->tag);
    wzp_map_remove(&r->federation.by_tag, global->origin_tag, sizeof global->origin_tag);
}

void wzp_relay_global_free(struct wzp_relay *r, struct wzp_relay_global *global)
{
    struct wzp_relay_global **at = &r->federation.first;
    while (*at && *at != global)
        at = &(*at)->next;
    if (*at)
        *at = global->next;
    take_out(r, global);
    for (size_t i = 0; i < r->neighbours.count; i++)
        wzp_free(global->remotes[i].guests);
    wzp_map_fini(&global->best);
    if (global->room)
        global->room->global = NULL;
    wzp_free(global);
}

static struct wzp_relay_global *global_new(struct wzp_relay *r, const char *name, bool is_call)
{
    struct wzp_relay_global *global =
        wzp_calloc(1, sizeof *global + r->neighbours.count * sizeof(struct wzp_relay_remote));
    if (!global)
        return NULL;
    (void)wzp_text_copy(global->name, sizeof global->name, name);
    global->is_call = is_call;
    if (!is_call)
        wzp_room_hash(global->alias, name);
    make_tags(global);
    wzp_map_init(&global->best, WZP_RELAY_GUESTS_MAX * (r->neighbours.count + 1),
                 &r->federation.random);
    global->next = r->federation.first;
    r->federation.first = global;
    if (wzp_map_put(&r->federation.by_name, name, strlen(name), global) < 0 ||
        (global->alias[0] &&
         wzp_map_put(&r->federation.by_name, global->alias, strlen(global->alias), global) < 0) ||
        wzp_map_put(&r->federation.by_tag, global->tag, sizeof global->tag, global) < 0 ||
        wzp_map_put(&r->federation.by_tag, global->origin_tag, sizeof global->origin_tag, global) <
            0) {
        wzp_relay_global_free(r, global);
        return NULL;
    }
    return global;
}

int wzp_relay_federation_init(struct wzp_relay *r)
{
    size_t rooms = r->config.global_room_count + r->config.max_sessions + r->config.max_signals;
    r->federation.random = r->random;
    wzp_map_init(&r->federation.by_name, 2 * rooms + 2, &r->random);
    wzp_map_init(&r->federation.by_tag, 2 * rooms + 2, &r->random);
    wzp_map_init(&r->federation.learnt, (size_t)WZP_RELAY_GOSSIP_MAX * (r->neighbours.count + 1),
                 &r->random);
    r->federation.seen_key[0] = wzp_random_u64(&r->random);
    r->federation.seen_key[1] = wzp_random_u64(&r->random);
    for (size_t i = 0; i < r->config.global_room_count; i++)
        if (!wzp_map_get(&r->federation.by_name, r->config.global_rooms[i],
                         strlen(r->config.global_rooms[i])) &&
            !global_new(r, r->config.global_rooms[i], false))
            return WZP_E_MEMORY;
    return 0;
}

void wzp_relay_federation_fini(struct wzp_relay *r)
{
    while (r->federation.first)
        wzp_relay_global_free(r, r->federation.first);
    wzp_map_fini(&r->federation.by_name);
    wzp_map_fini(&r->federation.by_tag);
    wzp_map_fini(&r->federation.learnt);
    wzp_free(r->federation.seen);
    r->federation.seen = NULL;
}

struct wzp_relay_call *wzp_relay_global_call(const struct wzp_relay *r, const char *name)
{
    size_t prefix = strlen(WZP_CALL_ROOM_PREFIX);
    return strncmp(name, WZP_CALL_ROOM_PREFIX, prefix) == 0
               ? wzp_relay_calls_get(&r->calls, name + prefix)
               : NULL;
}

bool wzp_relay_call_leads_away(const struct wzp_relay_call *call)
{
    return call->party[0].route.way == &wzp_relay_way_federation ||
           call->party[1].route.way == &wzp_relay_way_federation;
}

struct wzp_relay_global *wzp_relay_global_find(struct wzp_relay *r, const char *name)
{
    struct wzp_relay_global *global = wzp_map_get(&r->federation.by_name, name, strlen(name));
    if (global || !r->neighbours.count)
        return global;
    const struct wzp_relay_call *call = wzp_relay_global_call(r, name);
    if (!call || !wzp_relay_call_leads_away(call))
        return NULL;
    global = global_new(r, name, true);
    if (global)
        global->room = wzp_map_get(&r->rooms, name, strlen(name));
    return global;
}

bool wzp_relay_global_allows(const struct wzp_relay *r, const struct wzp_relay_global *global,
                             const struct wzp_relay_neighbour *n)
{
    if (!global->is_call)
        return true;
    const struct wzp_relay_call *call = wzp_relay_global_call(r, global->name);
    for (size_t i = 0; call && i < 2; i++)
        if (call->party[i].route.way == &wzp_relay_way_federation && call->party[i].route.at == n)
            return true;
    return false;
}

void wzp_relay_global_changed(struct wzp_relay *r, struct wzp_relay_global *global, uint64_t now)
{
    if (!global || !r->neighbours.count)
        return;
    global->is_dirty = true;
    if (!r->federation.tick.armed)
        wzp_relay_timer_arm(&r->timers, &r->federation.tick, WZP_RELAY_TIMER_TICK, r, now);
}

void wzp_relay_global_call_ended(struct wzp_relay *r, const char *id, uint64_t now)
{
    char name[sizeof WZP_CALL_ROOM_PREFIX + WZP_CALL_ID_MAX];
    snprintf(name, sizeof name, "%s%s", WZP_CALL_ROOM_PREFIX, id);
    wzp_relay_global_changed(r, wzp_map_get(&r->federation.by_name, name, strlen(name)), now);
}

size_t wzp_relay_global_active(const struct wzp_relay *r)
{
    size_t count = 0;
    for (const struct wzp_relay_global *g = r->federation.first; g; g = g->next) {
        bool active = false;
        for (size_t i = 0; i < r->neighbours.count; i++)
            active |= g->remotes[i].is_active;
        count += active;
    }
    return count;
}

/* ---- who is there ---- */

bool wzp_relay_global_is_here(const struct wzp_relay_global *global, const char *fingerprint)
{
    for (size_t i = 0; global->room && i < global->room->count; i++)
        if (strcmp(global->room->slots[i].client->name.text, fingerprint) == 0)
            return true;
    return false;
}

/* True when this report about a guest may be believed. Reports by others about people of this
 * relay, or of a neighbour whose link is up, are not: that relay itself knows best. */
static bool believable(struct wzp_relay *r, const struct wzp_relay_guest *guest)
{
    const struct wzp_relay_neighbour *home = wzp_relay_neighbour_by_home(r, guest->home);
    static const uint8_t nobody[8];
    if (guest->hops > WZP_RELAY_HOPS_MAX)
        return false;
    if (memcmp(guest->home, nobody, sizeof nobody) == 0)
        return true;
    if (memcmp(guest->home, r->certificate.sha256, sizeof guest->home) == 0)
        return false;
    return !home || home == guest->by || !home->is_up;
}

void wzp_relay_global_choose(struct wzp_relay *r, struct wzp_relay_global *global)
{
    wzp_map_fini(&global->best);
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_remote *remote = &global->remotes[i];
        for (size_t n = 0; n < remote->count; n++) {
            struct wzp_relay_guest *guest = &remote->guests[n], *other;
            size_t length = strlen(guest->fingerprint);
            if (!believable(r, guest))
                continue; /* kept, for when the link to their relay breaks */
            other = wzp_map_get(&global->best, guest->fingerprint, length);
            if (!other || guest->hops < other->hops)
                (void)wzp_map_put(&global->best, guest->fingerprint, length, guest);
        }
    }
}

size_t wzp_relay_global_guests(const struct wzp_relay_global *global, struct wzp_participant *out,
                               size_t most)
{
    struct wzp_map_cursor cursor = {0};
    size_t count = 0;
    while (count < most && wzp_map_next(&global->best, &cursor)) {
        struct wzp_relay_guest *guest = cursor.value;
        if (wzp_relay_global_is_here(global, guest->fingerprint))
            continue;
        out[count++] = (struct wzp_participant){.fingerprint = guest->fingerprint,
                                                .alias = guest->alias[0] ? guest->alias : NULL,
                                                .relay_label = guest->label[0] ? guest->label
                                                                               : guest->by->label,
                                                .has_proven = guest->proven,
                                                .proven = guest->proven};
    }
    return count;
}

/* ---- lists received ---- */

static void room_news(struct wzp_relay *r, struct wzp_relay_global *global, uint64_t now)
{
    wzp_relay_global_choose(r, global);
    wzp_relay_spare_choose(global, now);
    wzp_relay_global_changed(r, global, now);
    if (global->room)
        wzp_relay_room_changed(r, global->room, now);
}

static void guest_make(struct wzp_relay_guest *out, const struct wzp_participant *item,
                       struct wzp_relay_neighbour *by)
{
    memset(out, 0, sizeof *out);
    (void)wzp_text_copy(out->fingerprint, sizeof out->fingerprint, item->fingerprint);
    if (item->alias)
        wzp_text_filter(out->alias, sizeof out->alias, item->alias, strlen(item->alias));
    if (item->relay_label)
        wzp_text_filter(out->label, sizeof out->label, item->relay_label,
                        strlen(item->relay_label));
    out->by = by;
    out->proven = item->has_proven && item->proven && by->is_ours;
    out->hops = item->relay_label ? 2 : 1;
    if (by->is_ours && item->has_hops) {
        out->hops = item->hops ? item->hops : 1;
        if (item->home &&
            wzp_hex_decode(out->home, sizeof out->home, item->home, strlen(item->home)) < 0)
            memset(out->home, 0, sizeof out->home);
    } else if (!item->relay_label) {
        memcpy(out->home, by->sha256, sizeof out->home);
    }
}

/* True when an existing relay passes on what it learned from others. It does so in a separate
 * message in which each entry has a label; that message says nothing about its own members. */
static bool is_passed_on(const struct wzp_participant_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].relay_label)
            return false;
    return list->count > 0;
}

void wzp_relay_on_room_active(struct wzp_relay *r, struct wzp_relay_client *client,
                              const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_participant_list *list = &message->signal->u.global_room_active.participants;
    struct wzp_relay_neighbour *n = client->neighbour;
    struct wzp_relay_global *global =
        n ? wzp_relay_global_find(r, message->signal->u.global_room_active.room) : NULL;
    if (!global || !wzp_relay_global_allows(r, global, n)) {
        r->total.foreign_messages++;
        return;
    }
    if (!wzp_bucket_take(&n->named, list->count + 1, WZP_SECOND / WZP_RELAY_NAMED_RATE,
                         WZP_RELAY_NAMED_BURST, now)) {
        r->total.signals_over_rate++;
        return;
    }
    struct wzp_relay_remote *remote = &global->remotes[n->index];
    bool keeps = !n->is_ours && is_passed_on(list);
    size_t most = list->count + (keeps ? remote->count : 0);
    struct wzp_relay_guest *guests = wzp_calloc(most > 0 ? most : 1, sizeof *guests);
    size_t count = 0;
    if (!guests)
        return;
    for (size_t i = 0; keeps && i < remote->count && count < WZP_RELAY_GUESTS_MAX; i++)
        if (remote->guests[i].hops == 1)
            guests[count++] = remote->guests[i];
    for (size_t i = 0; i < list->count && count < WZP_RELAY_GUESTS_MAX; i++) {
        const char *fingerprint = list->items[i].fingerprint;
        if (!fingerprint[0] || strlen(fingerprint) > WZP_RELAY_KEY_MAX)
            continue;
        guest_make(&guests[count++], &list->items[i], n);
    }
    count = wzp_relay_ghost_filter(global, guests, count, now);
    wzp_relay_ghost_compare(r, global, remote->guests, remote->count, guests, count, now);
    wzp_free(remote->guests);
    remote->guests = guests;
    remote->count = count;
    remote->is_active = true;
    wzp_relay_spare_told(remote);
    room_news(r, global, now);
}

static void forget(struct wzp_relay_remote *remote)
{
    wzp_free(remote->guests);
    remote->guests = NULL;
    remote->count = remote->home_count = 0;
    remote->is_active = false;
}

void wzp_relay_on_room_inactive(struct wzp_relay *r, struct wzp_relay_client *client,
                                const struct wzp_relay_message *message, uint64_t now)
{
    const char *name = message->signal->u.global_room_inactive.room;
    struct wzp_relay_neighbour *n = client->neighbour;
    /* Looked up only, not made: a name from outside creates no room. */
    struct wzp_relay_global *global =
        n ? wzp_map_get(&r->federation.by_name, name, strnlen(name, WZP_MAP_KEY_MAX)) : NULL;
    if (!global || !global->remotes[n->index].is_active)
        return;
    struct wzp_relay_remote *remote = &global->remotes[n->index];
    wzp_relay_ghost_compare(r, global, remote->guests, remote->count, NULL, 0, now);
    forget(remote);
    room_news(r, global, now);
}

/* ---- links ---- */

void wzp_relay_federation_up(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    (void)wzp_relay_carry_start(r); /* without memory no media are carried, but calls work */
    for (struct wzp_relay_global *g = r->federation.first; g; g = g->next) {
        g->remotes[n->index].told_active = false;
        wzp_relay_global_changed(r, g, now);
    }
    wzp_relay_federation_calls(r, n, true, now);
    wzp_relay_timer_arm_at(&r->timers, &n->tell, WZP_RELAY_TIMER_TELL, n,
                           n->is_ours ? now : wzp_time_add(now, WZP_RELAY_LIFE_TIME));
}

void wzp_relay_federation_down(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    for (struct wzp_relay_global *g = r->federation.first; g; g = g->next) {
        struct wzp_relay_remote *remote = &g->remotes[n->index];
        remote->told_active = false;
        forget(remote);
        room_news(r, g, now); /* also affects what others report of its people */
    }
    wzp_relay_timer_disarm(&r->timers, &n->tell);
    wzp_relay_federation_unlearn(r, n);
    wzp_relay_federation_calls(r, n, false, now);
}
