/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who is registered at which neighbour: the lists sent and received. Source: wzp-protocol(7), A
 * direct call, Relay rules. */
#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/federation.h"

void wzp_relay_federation_people(struct wzp_relay *r, uint64_t now)
{
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        if (n->is_up && n->is_ours && !n->tell.armed)
            wzp_relay_timer_arm(&r->timers, &n->tell, WZP_RELAY_TIMER_TELL, n, now);
    }
}

void wzp_relay_federation_tell(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    struct wzp_signal update = {.type = WZP_SIGNAL_PRESENCE_UPDATE};
    struct wzp_map_cursor cursor = {0};
    char address[WZP_ADDR_TEXT_MAX];
    size_t count = 0;
    if (!n->is_ours) {
        struct wzp_relay_client *link = wzp_relay_neighbour_link(n);
        if (link)
            wzp_relay_neighbour_hello(r, link, now);
        wzp_relay_timer_arm_at(&r->timers, &n->tell, WZP_RELAY_TIMER_TELL, n,
                               wzp_time_add(now, WZP_RELAY_LIFE_TIME));
        return;
    }
    char **items = wzp_calloc(r->presence.registered + 1, sizeof *items);
    if (!items)
        return;
    while (count < r->presence.registered && count < WZP_RELAY_GOSSIP_MAX &&
           wzp_map_next(&r->presence.entries, &cursor)) {
        struct wzp_relay_presence_entry *entry = cursor.value;
        if (entry->owner)
            items[count++] = entry->name.text;
    }
    wzp_relay_advertised(r, address);
    update.u.presence_update.fingerprints.items = items;
    update.u.presence_update.fingerprints.count = count;
    update.u.presence_update.relay_addr = address;
    (void)wzp_relay_neighbour_send(r, n, &update, now);
    wzp_free(items);
}

void wzp_relay_federation_unlearn(struct wzp_relay *r, struct wzp_relay_neighbour *n)
{
    for (size_t i = 0; i < n->people_count; i++) {
        const struct wzp_relay_name *name = &n->people[i];
        if (wzp_map_get(&r->federation.learnt, name->key, name->key_length) == n)
            wzp_map_remove(&r->federation.learnt, name->key, name->key_length);
    }
    wzp_free(n->people);
    n->people = NULL;
    n->people_count = 0;
}

void wzp_relay_on_people(struct wzp_relay *r, struct wzp_relay_client *client,
                         const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_string_list *list = &message->signal->u.presence_update.fingerprints;
    struct wzp_relay_neighbour *n = client->neighbour;
    if (!n || !n->is_ours)
        return;
    if (!wzp_bucket_take(&n->lists, 1, WZP_SECOND / WZP_RELAY_LISTS_RATE, WZP_RELAY_LISTS_BURST,
                         now)) {
        r->total.signals_over_rate++;
        return;
    }
    size_t limit = list->count < WZP_RELAY_GOSSIP_MAX ? list->count : WZP_RELAY_GOSSIP_MAX;
    struct wzp_relay_name *names = wzp_calloc(limit ? limit : 1, sizeof *names);
    size_t count = 0;
    if (!names)
        return;
    for (size_t i = 0; i < limit; i++)
        if (wzp_relay_name_set(&names[count], list->items[i]) == 0)
            count++;
    wzp_relay_federation_unlearn(r, n);
    n->people = names;
    n->people_count = count;
    /* A person already known at another neighbour stays there until that relay's list lacks
     * them. */
    for (size_t i = 0; i < count; i++)
        if (!wzp_map_get(&r->federation.learnt, names[i].key, names[i].key_length))
            (void)wzp_map_put(&r->federation.learnt, names[i].key, names[i].key_length, n);
}
