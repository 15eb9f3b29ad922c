/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Takes over calls of people who come from another relay of the pool, because that relay died or
 * their network led them here. The relay of each party of an active call writes the call into the
 * directory under that person's name. The relay where the person registers next reads it, makes the
 * call anew, and tells the relay of the other party. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/pool.h"

/* ---- writing ---- */

static void write_side(struct wzp_relay *r, const struct wzp_relay_call *call, unsigned side,
                       uint64_t now)
{
    char text[WZP_RELAY_POOL_VALUE_MAX];
    struct wzp_relay_pool_call value = {.relay = r->pool.own, .side = side};
    if (!wzp_relay_route_is_local(&call->party[side].route))
        return;
    memcpy(value.id, call->id, sizeof value.id);
    for (unsigned i = 0; i < 2; i++)
        value.standing[i] = call->party[i].route.standing;
    (void)wzp_text_copy(value.peer, sizeof value.peer, call->party[1 - side].route.name.text);
    wzp_relay_pool_call_format(text, &value);
    wzp_relay_record_set(r, WZP_RELAY_RECORD_CALL, &call->party[side].route.name, text, 0, now);
}

void wzp_relay_pool_call_stands(struct wzp_relay *r, const struct wzp_relay_call *call,
                                uint64_t now)
{
    for (unsigned i = 0; r->pool.on && i < 2; i++)
        write_side(r, call, i, now);
}

/* The record of this person's part in that call; NULL when their record is about another call. */
static struct wzp_relay_record *record_of(const struct wzp_relay *r,
                                          const struct wzp_relay_call *call, unsigned side)
{
    struct wzp_relay_pool_call value;
    struct wzp_relay_record *record =
        wzp_relay_record_of(r, WZP_RELAY_RECORD_CALL, &call->party[side].route.name);
    return record && !record->gone && record->value &&
                   wzp_relay_pool_call_parse(&value, record->value, strlen(record->value)) == 0 &&
                   strcmp(value.id, call->id) == 0
               ? record
               : NULL;
}

void wzp_relay_pool_call_over(struct wzp_relay *r, const struct wzp_relay_call *call, uint64_t now)
{
    for (unsigned i = 0; r->pool.on && i < 2; i++) {
        const struct wzp_relay_name *name = &call->party[i].route.name;
        if (!record_of(r, call, i))
            continue;
        /* There is one record per person: if the person has another active call, it is written
         * instead. */
        const struct wzp_relay_party *other = wzp_relay_calls_of(&r->calls, name);
        while (other && (other->call == call || other->call->state != WZP_RELAY_CALL_ACTIVE))
            other = other->next;
        if (other)
            write_side(r, other->call, other == &other->call->party[WZP_RELAY_CALLEE], now);
        else
            wzp_relay_record_set(r, WZP_RELAY_RECORD_CALL, name, NULL, 0, now);
    }
}

/* ---- reading ---- */

/* Makes the call here, between a person registered here and one who is, or was, elsewhere. */
static void make_call(struct wzp_relay *r, const struct wzp_relay_pool_call *value,
                      const struct wzp_relay_client *client, const struct wzp_relay_route *peer,
                      bool is_peer_lost, uint64_t now)
{
    struct wzp_relay_route routes[2];
    struct wzp_relay_call *call;
    if (client->standing < value->standing[value->side])
        return;
    wzp_relay_route_local(&routes[value->side], client);
    routes[value->side].standing = value->standing[value->side];
    routes[1 - value->side] = *peer;
    routes[1 - value->side].standing = value->standing[1 - value->side];
    if (wzp_relay_calls_add(&call, &r->calls, value->id, &routes[WZP_RELAY_CALLER],
                            &routes[WZP_RELAY_CALLEE], now) < 0)
        return;
    wzp_relay_calls_activate(&r->calls, call, now);
    r->total.pool_adopted++;
    wzp_relay_pool_call_stands(r, call, now);
    if (is_peer_lost)
        wzp_relay_party_lose(&r->calls, &call->party[1 - value->side], now);
    else if (peer->way == &wzp_relay_way_pool)
        (void)wzp_relay_pool_send(r, peer->relay, WZP_RELAY_POOL_JOIN, (uint64_t)client->standing,
                                  client->name.text, call->id, strlen(call->id));
}

/* Answer to the look-up of the peer, with the wait of the call's look-up; wait->there holds the
 * call's value. */
static void found_peer(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                       const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_client *client = wzp_relay_presence_find(&r->presence, &wait->name);
    struct wzp_relay_route route = {.way = &wzp_relay_way_pool};
    struct wzp_relay_pool_call call;
    struct wzp_relay_pool_person person = {0};
    if (client && wzp_relay_pool_call_parse(&call, wait->there, strlen(wait->there)) == 0 &&
        wzp_relay_name_set(&route.name, call.peer) == 0 &&
        !wzp_relay_calls_get(&r->calls, call.id)) {
        const struct wzp_relay_client *peer = wzp_relay_presence_find(&r->presence, &route.name);
        bool known = result == 0 && value &&
                     wzp_relay_pool_person_parse(&person, value, length) == 0 &&
                     person.relay != r->pool.own && wzp_relay_pool_sibling(r, person.relay);
        route.relay = known ? person.relay : call.relay;
        if (peer)
            wzp_relay_route_local(&route, peer);
        make_call(r, &call, client, &route, !peer && !known, now);
    }
    wzp_free(wait);
}

static void found_call(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                       const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_pool_call call;
    struct wzp_relay_name peer;
    char key[WZP_RELAY_POOL_KEY_MAX];
    if (result < 0 || !value || wzp_relay_pool_call_parse(&call, value, length) < 0 ||
        call.relay == r->pool.own || length >= sizeof wait->there ||
        wzp_relay_name_set(&peer, call.peer) < 0 || wzp_relay_name_equal(&peer, &wait->name) ||
        wzp_relay_calls_get(&r->calls, call.id)) {
        wzp_free(wait);
        return;
    }
    memcpy(wait->there, value, length);
    wait->there[length] = '\0';
    wait->answered = found_peer;
    const struct wzp_pool_request request = {.verb = WZP_POOL_GET,
                                             .key = wzp_relay_pool_key(key, 'p', &peer)};
    (void)wzp_relay_pool_ask_on(r, wait, &request, now);
}

void wzp_relay_pool_adopt(struct wzp_relay *r, const struct wzp_relay_client *client, uint64_t now)
{
    char key[WZP_RELAY_POOL_KEY_MAX];
    /* First, calls of this relay whose remote party has now come here. */
    for (struct wzp_relay_party *p = wzp_relay_calls_of(&r->calls, &client->name); p; p = p->next) {
        if (p->route.way != &wzp_relay_way_pool || p->route.standing > client->standing)
            continue;
        enum wzp_registration_class standing = p->route.standing;
        wzp_relay_route_local(&p->route, client);
        p->route.standing = standing;
        wzp_relay_pool_call_stands(r, p->call, now);
    }
    if (!r->pool.up || wzp_relay_record_of(r, WZP_RELAY_RECORD_CALL, &client->name))
        return;
    const struct wzp_pool_request request = {.verb = WZP_POOL_GET,
                                             .key = wzp_relay_pool_key(key, 'c', &client->name)};
    struct wzp_relay_pool_wait *wait = wzp_relay_pool_ask(r, &request, now);
    if (!wait)
        return;
    wait->answered = found_call;
    wait->name = client->name;
}

void wzp_relay_pool_on_join(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                            uint64_t now)
{
    struct wzp_relay_name name;
    char id[WZP_CALL_ID_MAX + 1];
    if (!wzp_relay_pool_sibling(r, letter->from) || letter->body_length >= sizeof id ||
        wzp_relay_name_set(&name, letter->word) < 0)
        return;
    memcpy(id, letter->body, letter->body_length);
    id[letter->body_length] = '\0';
    struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, id);
    for (unsigned i = 0; call && i < 2; i++) {
        struct wzp_relay_party *party = &call->party[i];
        if (!wzp_relay_name_equal(&party->route.name, &name) ||
            letter->number < (uint64_t)party->route.standing ||
            wzp_relay_route_client(r, &party->route))
            continue;
        struct wzp_relay_record *record = record_of(r, call, i);
        if (record)
            wzp_relay_record_lost(r, record, now); /* that relay writes it from now on */
        party->route.way = &wzp_relay_way_pool;
        party->route.relay = letter->from;
        wzp_relay_party_back(&r->calls, party);
    }
}
