/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers to other relays' health checks beyond Ping. Only relays that are configured here as probe
 * targets may send who is registered there, and learn who is here. Source: wzp-protocol(7), Probes,
 * Relay rules, Old peers. */
#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"

/* Index of the configured probe target this client comes from (by IP, ports change), or -1. */
static int target_of(const struct wzp_relay *r, const struct wzp_relay_client *client)
{
    struct wzp_addr local, remote;

    memset(&remote, 0, sizeof remote);
    client->link->path(client->at, &local, &remote);
    for (size_t i = 0; i < r->config.probe_target_count; i++)
        if (wzp_addr_equal_ip(&r->probe_ip[i], &remote))
            return (int)i;
    return -1;
}

bool wzp_relay_probe_is_known(const struct wzp_relay *r, const struct wzp_relay_client *client)
{
    return target_of(r, client) >= 0;
}

void wzp_relay_probe_stranger(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_signal update = {.type = WZP_SIGNAL_PRESENCE_UPDATE};
    char address[WZP_ADDR_TEXT_MAX];
    r->total.foreign_messages++;
    wzp_relay_address_for(r, client, address);
    update.u.presence_update.relay_addr = address;
    (void)wzp_relay_client_send(r, client, &update, now);
}

void wzp_relay_probe_tell(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_signal update = {.type = WZP_SIGNAL_PRESENCE_UPDATE};
    struct wzp_map_cursor cursor = {0};
    char address[WZP_ADDR_TEXT_MAX];
    size_t count = 0;
    char **items = wzp_calloc(r->presence.entries.count + 1, sizeof *items);
    if (!items)
        return;
    while (count < WZP_RELAY_GOSSIP_MAX && wzp_map_next(&r->presence.entries, &cursor)) {
        struct wzp_relay_presence_entry *entry = cursor.value;
        if (!entry->owner || !entry->owner->hidden)
            items[count++] = entry->name.text;
    }
    wzp_relay_address_for(r, client, address);
    update.u.presence_update.fingerprints.items = items;
    update.u.presence_update.fingerprints.count = count;
    update.u.presence_update.relay_addr = address;
    (void)wzp_relay_client_send(r, client, &update, now);
    wzp_free(items);
}

void wzp_relay_on_presence_update(struct wzp_relay *r, struct wzp_relay_client *client,
                                  const struct wzp_relay_message *message, uint64_t now)
{
    int target = target_of(r, client);

    if (target < 0)
        return;
    (void)wzp_relay_presence_gossip(&r->presence, (size_t)target,
                                    &message->signal->u.presence_update.fingerprints, now);
    wzp_relay_probe_tell(r, client, now);
}

void wzp_relay_on_route_query(struct wzp_relay *r, struct wzp_relay_client *client,
                              const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_signal response = {.type = WZP_SIGNAL_ROUTE_RESPONSE};
    char *fingerprint = message->signal->u.route_query.fingerprint;
    char address[WZP_ADDR_TEXT_MAX];
    char *chain[2];
    struct wzp_relay_name name;
    size_t hops = 0;
    bool known = target_of(r, client) >= 0 && wzp_relay_name_set(&name, fingerprint) == 0;
    int remote = known ? wzp_relay_presence_remote(&r->presence, &name, now) : -1;

    wzp_relay_address_for(r, client, address);
    if (!known) {
        r->total.foreign_messages++; /* answered as if nobody were known */
    } else if (wzp_relay_presence_is_local(&r->presence, &name)) {
        chain[hops++] = address;
    } else if (remote >= 0) {
        chain[hops++] = address;
        chain[hops++] = r->config.probe_targets[remote];
    }
    response.u.route_response.fingerprint = fingerprint;
    response.u.route_response.found = hops > 0;
    response.u.route_response.relay_chain.items = chain;
    response.u.route_response.relay_chain.count = hops;
    (void)wzp_relay_client_send(r, client, &response, now);
}
