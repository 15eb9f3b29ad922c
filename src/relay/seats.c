/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/seats.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "relay/dispatch.h"
#include "relay/state.h"

struct wzp_relay_network {
    struct wzp_heap_node node; /* its key is smaller the larger `count` is */
    struct wzp_relay_origin prefix;
    size_t count;
    struct wzp_relay_client *newest, *oldest;
};

/* The /24 or /48 network of the client. A single address in such a network costs an attacker
 * little, several such networks do not. */
static void prefix_of(struct wzp_relay_origin *out, const struct wzp_relay_client *client)
{
    wzp_relay_origin_of(out, client);
    out->length = out->length == 4 ? 3 : 6;
}

void wzp_relay_seats_init(struct wzp_relay_seats *seats, size_t limit,
                          const struct wzp_random *random)
{
    memset(seats, 0, sizeof *seats);
    wzp_map_init(&seats->networks, limit, random);
}

void wzp_relay_seats_fini(struct wzp_relay_seats *seats)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&seats->networks, &cursor))
        wzp_free(cursor.value);
    wzp_map_fini(&seats->networks);
    wzp_heap_fini(&seats->by_count);
}

/* ---- networks ---- */

static void sort(struct wzp_relay_seats *seats, struct wzp_relay_network *network)
{
    wzp_heap_set(&seats->by_count, &network->node, WZP_NEVER - network->count);
}

static struct wzp_relay_network *network_make(struct wzp_relay_seats *seats,
                                              const struct wzp_relay_origin *prefix)
{
    struct wzp_relay_network *network =
        wzp_map_get(&seats->networks, prefix->bytes, prefix->length);
    if (network)
        return network;
    network = wzp_calloc(1, sizeof *network);
    if (!network || wzp_heap_reserve(&seats->by_count)) {
        wzp_free(network);
        return NULL;
    }
    network->prefix = *prefix;
    if (wzp_map_put(&seats->networks, prefix->bytes, prefix->length, network)) {
        wzp_heap_unreserve(&seats->by_count);
        wzp_free(network);
        return NULL;
    }
    return network;
}

static bool network_enter(struct wzp_relay_seats *seats, struct wzp_relay_client *client)
{
    struct wzp_relay_origin prefix;
    prefix_of(&prefix, client);
    struct wzp_relay_network *network = network_make(seats, &prefix);
    if (!network)
        return false;
    client->seat.network = network;
    client->seat.older = network->newest;
    client->seat.newer = NULL;
    if (network->newest)
        network->newest->seat.newer = client;
    else
        network->oldest = client;
    network->newest = client;
    network->count++;
    sort(seats, network);
    return true;
}

static void network_leave(struct wzp_relay_seats *seats, struct wzp_relay_client *client)
{
    struct wzp_relay_network *network = client->seat.network;
    struct wzp_relay_client *newer = client->seat.newer, *older = client->seat.older;
    if (!network)
        return;
    if (newer)
        newer->seat.older = older;
    else
        network->newest = older;
    if (older)
        older->seat.newer = newer;
    else
        network->oldest = newer;
    client->seat.network = NULL;
    network->count--;
    sort(seats, network); /* the key WZP_NEVER removes a network without members */
    if (network->count)
        return;
    wzp_heap_unreserve(&seats->by_count);
    wzp_map_remove(&seats->networks, network->prefix.bytes, network->prefix.length);
    wzp_free(network);
}

static struct wzp_relay_client *whom_to_send_away(const struct wzp_relay_seats *seats)
{
    struct wzp_heap_node *node = wzp_heap_first(&seats->by_count);
    return node ? WZP_HEAP_OBJECT(node, struct wzp_relay_network, node)->oldest : NULL;
}

/* ---- seats ---- */

/* The connection that has waited longest to send its first message. */
static struct wzp_relay_client *longest_waiting(const struct wzp_relay *r)
{
    const struct wzp_relay_timer *timer = r->timers.first[WZP_RELAY_TIMER_FIRST];
    for (unsigned i = 0; timer && i < WZP_RELAY_ANTEROOM_LOOKS; timer = timer->next, i++) {
        struct wzp_relay_client *client = timer->owner;
        if (client->purpose == WZP_PURPOSE_SIGNAL)
            return client;
    }
    return NULL;
}

bool wzp_relay_seat_await(struct wzp_relay *r, uint64_t now)
{
    if (r->signal_count <= (size_t)r->config.max_signals + WZP_RELAY_ANTEROOM)
        return true;
    struct wzp_relay_client *waiting = longest_waiting(r);
    if (!waiting)
        return false;
    r->total.connections_refused++;
    wzp_relay_client_close(r, waiting, wzp_relay_place_refusal(WZP_E_LIMIT), now);
    return true;
}

static void send_away(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    wzp_relay_seat_give(r, client);
    r->total.registrations_evicted++;
    wzp_relay_client_close(r, client,
                           "the relay is full, and this registration does not prove its key", now);
    wzp_relay_unregister(r, client, now);
}

const char *wzp_relay_seat_take(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    bool is_proven = client->standing == WZP_REGISTRATION_PROVEN;
    if (r->seats.taken >= r->config.max_signals) {
        struct wzp_relay_client *other = is_proven ? whom_to_send_away(&r->seats) : NULL;
        if (!other)
            return wzp_relay_place_refusal(WZP_E_LIMIT);
        send_away(r, other, now);
    }
    if (!is_proven && !network_enter(&r->seats, client))
        return wzp_strerror(WZP_E_MEMORY);
    client->seat.is_taken = true;
    r->seats.taken++;
    return NULL;
}

void wzp_relay_seat_give(struct wzp_relay *r, struct wzp_relay_client *client)
{
    if (!client->seat.is_taken)
        return;
    network_leave(&r->seats, client);
    client->seat.is_taken = false;
    r->seats.taken--;
}
