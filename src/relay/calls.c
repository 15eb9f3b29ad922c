/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/calls.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

void wzp_relay_addresses_fini(struct wzp_relay_addresses *addresses)
{
    wzp_free(addresses->reflexive);
    wzp_free(addresses->mapped);
    wzp_free(addresses->seen);
    for (size_t i = 0; i < addresses->locals.count; i++)
        wzp_free(addresses->locals.items[i]);
    wzp_free(addresses->locals.items);
    memset(addresses, 0, sizeof *addresses);
}

/* False without memory. */
static bool copy_text(char **out, const char *text)
{
    *out = text ? wzp_strdup(text) : NULL;
    return !text || *out;
}

int wzp_relay_addresses_copy(struct wzp_relay_addresses *out,
                             const struct wzp_relay_addresses *from)
{
    size_t count =
        from->locals.count < WZP_RELAY_ADDRESSES_MAX ? from->locals.count : WZP_RELAY_ADDRESSES_MAX;

    memset(out, 0, sizeof *out);
    if (!copy_text(&out->reflexive, from->reflexive) || !copy_text(&out->mapped, from->mapped) ||
        !copy_text(&out->seen, from->seen))
        goto fail;
    if (!count)
        return 0;
    out->locals.items = wzp_calloc(count, sizeof *out->locals.items);
    if (!out->locals.items)
        goto fail;
    for (; out->locals.count < count; out->locals.count++)
        if (!copy_text(&out->locals.items[out->locals.count],
                       from->locals.items[out->locals.count]))
            goto fail;
    return 0;
fail:
    wzp_relay_addresses_fini(out);
    return WZP_E_MEMORY;
}

void wzp_relay_calls_init(struct wzp_relay_calls *calls, size_t limit,
                          struct wzp_relay_timers *timers, const struct wzp_random *random)
{
    memset(calls, 0, sizeof *calls);
    wzp_map_init(&calls->by_id, limit, random);
    wzp_map_init(&calls->by_person, 2 * limit, random);
    calls->timers = timers;
}

static void call_free(struct wzp_relay_call *call)
{
    wzp_relay_addresses_fini(&call->caller);
    wzp_free(call->offer);
    wzp_free(call->early);
    wzp_free(call);
}

void wzp_relay_calls_fini(struct wzp_relay_calls *calls)
{
    struct wzp_map_cursor cursor = {0};

    while (wzp_map_next(&calls->by_id, &cursor))
        call_free(cursor.value);
    wzp_map_fini(&calls->by_id);
    wzp_map_fini(&calls->by_person);
}

struct wzp_relay_party *wzp_relay_calls_of(const struct wzp_relay_calls *calls,
                                           const struct wzp_relay_name *name)
{
    return wzp_map_get(&calls->by_person, name->key, name->key_length);
}

/* Puts a party at the head of its person's list; replacing a map value does not allocate. */
static int party_link(struct wzp_relay_calls *calls, struct wzp_relay_party *party)
{
    struct wzp_relay_party *head = wzp_relay_calls_of(calls, &party->route.name);
    int result =
        wzp_map_put(&calls->by_person, party->route.name.key, party->route.name.key_length, party);

    if (result < 0)
        return result;
    party->next = head;
    party->previous = NULL;
    if (head)
        head->previous = party;
    return 0;
}

static void party_unlink(struct wzp_relay_calls *calls, struct wzp_relay_party *party)
{
    wzp_relay_timer_disarm(calls->timers, &party->grace);
    if (party->next)
        party->next->previous = party->previous;
    if (party->previous)
        party->previous->next = party->next;
    else if (party->next) /* the key exists: replacing its value cannot fail */
        (void)wzp_map_put(&calls->by_person, party->route.name.key, party->route.name.key_length,
                          party->next);
    else
        wzp_map_remove(&calls->by_person, party->route.name.key, party->route.name.key_length);
    party->next = party->previous = NULL;
}

/* Limits active calls per callee, and all calls per caller. Ringing calls do not make a callee
 * busy. Calls that another relay began in that person's name are counted apart. */
static bool has_room(const struct wzp_relay_calls *calls, const struct wzp_relay_route *route,
                     size_t side)
{
    const struct wzp_relay_party *party = wzp_relay_calls_of(calls, &route->name);
    unsigned count = 0;

    for (; party; party = party->next)
        if (party == &party->call->party[side] && party->route.way == route->way &&
            party->route.at == route->at &&
            (side == WZP_RELAY_CALLER || party->call->state == WZP_RELAY_CALL_ACTIVE))
            count++;
    return count < WZP_RELAY_CALLS_PER_PERSON;
}

int wzp_relay_calls_add(struct wzp_relay_call **out, struct wzp_relay_calls *calls, const char *id,
                        const struct wzp_relay_route *caller, const struct wzp_relay_route *callee,
                        uint64_t now)
{
    struct wzp_relay_call *call;
    int result;

    *out = NULL;
    /* Caller and callee differ, so the two parties are never in one list. */
    if (!wzp_call_id_valid(id, strlen(id)) || wzp_relay_name_equal(&caller->name, &callee->name))
        return WZP_E_ARGUMENT;
    if (wzp_relay_calls_get(calls, id))
        return WZP_E_DUPLICATE;
    if (!has_room(calls, caller, WZP_RELAY_CALLER) || !has_room(calls, callee, WZP_RELAY_CALLEE))
        return WZP_E_LIMIT;
    call = wzp_calloc(1, sizeof *call);
    if (!call)
        return WZP_E_MEMORY;
    memcpy(call->id, id, strlen(id) + 1);
    call->party[WZP_RELAY_CALLER].route = *caller;
    call->party[WZP_RELAY_CALLEE].route = *callee;
    call->party[0].call = call->party[1].call = call;
    result = wzp_map_put(&calls->by_id, id, strlen(id), call);
    if (result < 0) {
        wzp_free(call);
        return result;
    }
    result = party_link(calls, &call->party[WZP_RELAY_CALLER]);
    if (result == 0) {
        result = party_link(calls, &call->party[WZP_RELAY_CALLEE]);
        if (result < 0)
            party_unlink(calls, &call->party[WZP_RELAY_CALLER]);
    }
    if (result < 0) {
        wzp_map_remove(&calls->by_id, id, strlen(id));
        wzp_free(call);
        return result;
    }
    wzp_relay_timer_arm(calls->timers, &call->ring, WZP_RELAY_TIMER_RING, call, now);
    if (wzp_relay_route_is_local(callee))
        wzp_relay_timer_arm(calls->timers, &call->watch, WZP_RELAY_TIMER_WATCH, call, now);
    *out = call;
    return 0;
}

struct wzp_relay_call *wzp_relay_calls_get(const struct wzp_relay_calls *calls, const char *id)
{
    size_t length = strlen(id);

    return length <= WZP_CALL_ID_MAX ? wzp_map_get(&calls->by_id, id, length) : NULL;
}

void wzp_relay_calls_rings(struct wzp_relay_call *call, size_t *counter)
{
    call->ringing = counter;
    ++*counter;
}

static void rings_not(struct wzp_relay_call *call)
{
    if (call->ringing)
        --*call->ringing;
    call->ringing = NULL;
}

void wzp_relay_calls_activate(struct wzp_relay_calls *calls, struct wzp_relay_call *call,
                              uint64_t now)
{
    rings_not(call);
    call->state = WZP_RELAY_CALL_ACTIVE;
    wzp_relay_timer_disarm(calls->timers, &call->ring);
    wzp_relay_timer_arm(calls->timers, &call->watch, WZP_RELAY_TIMER_WATCH, call, now);
    wzp_relay_addresses_fini(&call->caller);
}

void wzp_relay_calls_remove(struct wzp_relay_calls *calls, struct wzp_relay_call *call)
{
    rings_not(call);
    wzp_relay_timer_disarm(calls->timers, &call->ring);
    wzp_relay_timer_disarm(calls->timers, &call->watch);
    wzp_relay_timer_disarm(calls->timers, &call->asked);
    wzp_relay_timer_disarm(calls->timers, &call->early_timer);
    party_unlink(calls, &call->party[WZP_RELAY_CALLER]);
    party_unlink(calls, &call->party[WZP_RELAY_CALLEE]);
    wzp_map_remove(&calls->by_id, call->id, strlen(call->id));
    call_free(call);
}

struct wzp_relay_party *wzp_relay_call_party(struct wzp_relay_call *call,
                                             const struct wzp_relay_name *name,
                                             enum wzp_registration_class standing)
{
    /* A local client can only be a party that is reached locally, whatever its name. */
    for (size_t i = 0; i < 2; i++)
        if (wzp_relay_route_is_local(&call->party[i].route) &&
            wzp_relay_name_equal(&call->party[i].route.name, name) &&
            standing >= call->party[i].route.standing)
            return &call->party[i];
    return NULL;
}

struct wzp_relay_party *wzp_relay_party_peer(struct wzp_relay_party *party)
{
    return party == &party->call->party[WZP_RELAY_CALLER] ? &party->call->party[WZP_RELAY_CALLEE]
                                                          : &party->call->party[WZP_RELAY_CALLER];
}

void wzp_relay_party_lose(struct wzp_relay_calls *calls, struct wzp_relay_party *party,
                          uint64_t now)
{
    party->absent = true;
    wzp_relay_timer_arm(calls->timers, &party->grace, WZP_RELAY_TIMER_GRACE, party, now);
}

void wzp_relay_party_back(struct wzp_relay_calls *calls, struct wzp_relay_party *party)
{
    party->absent = false;
    wzp_relay_timer_disarm(calls->timers, &party->grace);
}

void wzp_relay_calls_return(struct wzp_relay_calls *calls, const struct wzp_relay_name *name,
                            enum wzp_registration_class standing)
{
    for (struct wzp_relay_party *party = wzp_relay_calls_of(calls, name); party;
         party = party->next) {
        if (standing < party->route.standing || !wzp_relay_route_is_local(&party->route))
            continue;
        party->route.standing = standing;
        wzp_relay_party_back(calls, party);
    }
}
