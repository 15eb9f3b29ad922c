/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The local way: to people registered at this relay. */
#include "relay/route.h"

#include <stdio.h>
#include <string.h>

#include "relay/state.h"

struct wzp_relay_client *wzp_relay_route_client(const struct wzp_relay *r,
                                                const struct wzp_relay_route *route)
{
    if (route->way != &wzp_relay_way_local)
        return NULL;
    struct wzp_relay_client *client = wzp_relay_presence_find(&r->presence, &route->name);
    return client && client->standing >= route->standing ? client : NULL;
}

static bool local_send(struct wzp_relay *r, const struct wzp_relay_route *route, const char *text,
                       size_t length, uint64_t now)
{
    struct wzp_relay_client *client = wzp_relay_route_client(r, route);
    if (!client)
        return false;
    wzp_relay_client_send_text(r, client, text, length, now);
    return true;
}

static enum wzp_relay_offered local_offer(struct wzp_relay *r, struct wzp_relay_call *call,
                                          const char *text, size_t length, uint64_t now)
{
    return local_send(r, &call->party[WZP_RELAY_CALLEE].route, text, length, now)
               ? WZP_RELAY_OFFERED_RINGING
               : WZP_RELAY_OFFERED_NOBODY;
}

static void local_hang_up(struct wzp_relay *r, const struct wzp_relay_route *route,
                          const struct wzp_signal *hangup, bool is_caller, uint64_t now)
{
    struct wzp_relay_client *client = wzp_relay_route_client(r, route);
    (void)is_caller;
    if (client)
        (void)wzp_relay_client_send(r, client, hangup, now);
}

static void local_set_up(struct wzp_relay *r, const struct wzp_relay_route *route,
                         const char *call_id, const struct wzp_relay_addresses *peer, uint64_t now)
{
    struct wzp_signal setup = {.type = WZP_SIGNAL_CALL_SETUP};
    char room[sizeof WZP_CALL_ROOM_PREFIX + WZP_CALL_ID_MAX];
    char address[WZP_ADDR_TEXT_MAX];
    struct wzp_relay_client *client = wzp_relay_route_client(r, route);
    if (!client)
        return;
    snprintf(room, sizeof room, "%s%s", WZP_CALL_ROOM_PREFIX, call_id);
    const struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, call_id);
    if (call && call->meet[0])
        memcpy(address, call->meet, sizeof address);
    else
        wzp_relay_address_for(r, client, address);
    setup.u.call_setup.call_id = (char *)(uintptr_t)call_id;
    setup.u.call_setup.room = room;
    setup.u.call_setup.relay_addr = address;
    setup.u.call_setup.peer_direct_addr = peer->reflexive;
    setup.u.call_setup.peer_local_addrs = peer->locals;
    setup.u.call_setup.peer_mapped_addr = peer->mapped;
    setup.u.call_setup.peer_seen_addr = peer->seen;
    (void)wzp_relay_client_send(r, client, &setup, now);
}

static bool local_is_present(const struct wzp_relay *r, const struct wzp_relay_route *route)
{
    return wzp_relay_route_client(r, route);
}

const struct wzp_relay_way wzp_relay_way_local = {.name = "local",
                                                  .offer = local_offer,
                                                  .send = local_send,
                                                  .hang_up = local_hang_up,
                                                  .set_up = local_set_up,
                                                  .is_present = local_is_present};

void wzp_relay_route_local(struct wzp_relay_route *route, const struct wzp_relay_client *client)
{
    *route = (struct wzp_relay_route){
        .way = &wzp_relay_way_local, .name = client->name, .standing = client->standing};
}
