/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls between two relays of a pool. Each of the two has the call, and knows the relay of
 * the other party. Media meet at the caller's relay. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/pool.h"

#define COMPARE_EVERY 64 /* checks of a running call (watch.c) per question */

/* ---- the way ---- */

static bool say(struct wzp_relay *r, uint64_t relay, const char *text, size_t length)
{
    return wzp_relay_pool_send(r, relay, WZP_RELAY_POOL_SAY, 0, NULL, text, length);
}

static bool say_signal(struct wzp_relay *r, uint64_t relay, const struct wzp_signal *signal)
{
    char *text;
    size_t length;
    if (wzp_signal_write(&text, &length, signal) < 0)
        return false;
    bool sent = say(r, relay, text, length);
    wzp_free(text);
    return sent;
}

/* The callee's relay does not have the callee any more, or is dead. */
static void not_there(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    r->total.offers_offline++;
    wzp_relay_call_end(r, call, WZP_HANGUP_NORMAL, &call->party[WZP_RELAY_CALLEE], now);
}

static void offer_heard(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                        const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, wait->call_id);
    (void)value;
    (void)length;
    if (result == WZP_E_NOT_FOUND && call && call->state == WZP_RELAY_CALL_PENDING &&
        call->party[WZP_RELAY_CALLEE].route.way == &wzp_relay_way_pool)
        not_there(r, call, now);
    wzp_free(wait);
}

static enum wzp_relay_offered pool_offer(struct wzp_relay *r, struct wzp_relay_call *call,
                                         const char *text, size_t length, uint64_t now)
{
    const struct wzp_relay_route *caller = &call->party[WZP_RELAY_CALLER].route;
    const struct wzp_relay_client *client = wzp_relay_route_client(r, caller);
    char address[WZP_ADDR_TEXT_MAX];
    if (!client)
        return WZP_RELAY_OFFERED_NOBODY; /* an offer is not passed on from relay to relay */
    wzp_relay_address_for(r, client, address);
    struct wzp_relay_pool_wait *wait = wzp_relay_pool_send_heard(
        r, call->party[WZP_RELAY_CALLEE].route.relay, WZP_RELAY_POOL_OFFER,
        (uint64_t)caller->standing, address, text, length, now);
    if (!wait)
        return WZP_RELAY_OFFERED_NOBODY;
    wait->answered = offer_heard;
    memcpy(wait->call_id, call->id, sizeof wait->call_id);
    wzp_relay_timer_arm(&r->timers, &call->asked, WZP_RELAY_TIMER_ASKED, call, now);
    return WZP_RELAY_OFFERED_WAIT;
}

static bool pool_send(struct wzp_relay *r, const struct wzp_relay_route *route, const char *text,
                      size_t length, uint64_t now)
{
    (void)now;
    return say(r, route->relay, text, length);
}

static void pool_hang_up(struct wzp_relay *r, const struct wzp_relay_route *route,
                         const struct wzp_signal *hangup, bool is_caller, uint64_t now)
{
    (void)now;
    (void)is_caller;
    (void)say_signal(r, route->relay, hangup);
}

static bool pool_is_present(const struct wzp_relay *r, const struct wzp_relay_route *route)
{
    return !r->pool.up || wzp_relay_pool_sibling(r, route->relay);
}

const struct wzp_relay_way wzp_relay_way_pool = {.name = "pool",
                                                 .offer = pool_offer,
                                                 .send = pool_send,
                                                 .hang_up = pool_hang_up,
                                                 .is_present = pool_is_present};

void wzp_relay_pool_asked(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    if (call->state != WZP_RELAY_CALL_PENDING)
        return;
    r->total.offers_unanswered++;
    wzp_relay_call_end(r, call, WZP_HANGUP_ERROR, &call->party[WZP_RELAY_CALLEE], now);
}

/* ---- looking up a person ---- */

static void found(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                  const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_pool_person person;
    struct wzp_relay_route route = {
        .way = &wzp_relay_way_pool, .name = wait->name, .standing = WZP_REGISTRATION_PLAIN};
    uint64_t handle = wait->handle;
    wzp_free(wait);
    if (result < 0) {
        wzp_relay_directory_unable(r, handle, now);
    } else if (wzp_relay_pool_elsewhere(r, &person, value, length, now)) {
        route.relay = person.relay;
        route.standing = person.standing;
        wzp_relay_directory_answer(r, handle, &route, now);
    } else {
        bool elsewhere = wzp_relay_federation_route(r, &route, &route.name);
        wzp_relay_directory_answer(r, handle, elsewhere ? &route : NULL, now);
    }
}

bool wzp_relay_pool_find(struct wzp_relay *r, uint64_t handle, const struct wzp_relay_name *name,
                         uint64_t now)
{
    char key[WZP_RELAY_POOL_KEY_MAX];
    const struct wzp_pool_request request = {.verb = WZP_POOL_GET,
                                             .key = wzp_relay_pool_key(key, 'p', name)};
    struct wzp_relay_pool_wait *wait = wzp_relay_pool_ask(r, &request, now);
    if (!wait)
        return false;
    wait->answered = found;
    wait->handle = handle;
    wait->name = *name;
    return true;
}

/* ---- letters from other relays ---- */

struct said {
    uint64_t from;
    uint64_t number; /* of the letter */
    const char *word;
    struct wzp_relay_message message;
};

static void say_none(struct wzp_relay *r, const struct said *said, const char *id)
{
    (void)wzp_relay_pool_send(r, said->from, WZP_RELAY_POOL_NONE, 0, id, NULL, 0);
}

/* Makes a call that rings here for a caller at that relay; NULL when that fails. */
static struct wzp_relay_call *open_call(struct wzp_relay *r, const struct said *said,
                                        const struct wzp_relay_client *callee, uint64_t now)
{
    struct wzp_relay_route there = {.way = &wzp_relay_way_pool, .relay = said->from}, here;
    struct wzp_addr meet;
    size_t most = ((size_t)r->config.max_sessions + r->config.max_signals) / WZP_RELAY_POOL_PART;
    if (said->number < WZP_REGISTRATION_PLAIN || said->number > WZP_REGISTRATION_PROVEN ||
        r->pool.ringing >= most)
        return NULL;
    there.standing = (enum wzp_registration_class)said->number;
    wzp_relay_route_local(&here, callee);
    struct wzp_relay_call *call =
        wzp_relay_offer_from_relay(r, said->message.signal, &there, &here, now);
    if (call)
        wzp_relay_calls_rings(call, &r->pool.ringing);
    if (call && wzp_addr_parse(&meet, said->word, strlen(said->word)) == 0)
        wzp_addr_format(call->meet, &meet);
    return call;
}

static void take_offer(struct wzp_relay *r, const struct said *said, uint64_t now)
{
    const struct wzp_signal *offer = said->message.signal;
    const char *id = offer->u.direct_call_offer.call_id;
    struct wzp_relay_sibling *sibling = wzp_relay_pool_sibling(r, said->from);
    struct wzp_signal ringing = {.type = WZP_SIGNAL_CALL_RINGING};
    struct wzp_relay_name target;
    struct wzp_relay_call *call = NULL;
    if (!sibling || !wzp_call_id_valid(id, strlen(id)))
        return;
    if (wzp_bucket_take(&sibling->offers, 1, WZP_SECOND / WZP_RELAY_POOL_OFFER_RATE,
                        WZP_RELAY_POOL_OFFERS, now) &&
        wzp_relay_name_set(&target, offer->u.direct_call_offer.target_fingerprint) == 0) {
        const struct wzp_relay_client *callee = wzp_relay_presence_find(&r->presence, &target);
        call =
            callee && !wzp_relay_calls_get(&r->calls, id) ? open_call(r, said, callee, now) : NULL;
    }
    if (!call) {
        say_none(r, said, id);
        return;
    }
    r->total.offers++;
    if (wzp_relay_way_local.offer(r, call, said->message.text, said->message.length, now) ==
        WZP_RELAY_OFFERED_NOBODY) {
        wzp_relay_call_forget(r, call, now);
        say_none(r, said, id);
        return;
    }
    ringing.u.call_ringing.call_id = (char *)(uintptr_t)id;
    (void)say_signal(r, said->from, &ringing);
}

/* The party of that call which is at that relay; NULL. */
static struct wzp_relay_party *party_of(struct wzp_relay *r, uint64_t relay, const char *id)
{
    struct wzp_relay_call *call = id ? wzp_relay_calls_get(&r->calls, id) : NULL;
    for (size_t i = 0; call && i < 2; i++)
        if (call->party[i].route.way == &wzp_relay_way_pool && call->party[i].route.relay == relay)
            return &call->party[i];
    return NULL;
}

static void take_answer(struct wzp_relay *r, struct wzp_relay_party *party, const struct said *said,
                        uint64_t now)
{
    struct wzp_relay_call *call = party->call;
    if (party != &call->party[WZP_RELAY_CALLEE])
        return;
    wzp_relay_timer_disarm(&r->timers, &call->asked);
    if (said->message.signal->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT) {
        r->total.rejects++;
        wzp_relay_call_end(r, call, WZP_HANGUP_NORMAL, party, now);
    } else if (call->state == WZP_RELAY_CALL_PENDING) {
        wzp_relay_accept_call(r, call, &said->message,
                              said->message.signal->u.direct_call_answer.callee_seen_addr, now);
    }
}

static void take_signal(struct wzp_relay *r, const struct said *said, uint64_t now)
{
    const struct wzp_signal *signal = said->message.signal;
    struct wzp_relay_party *party = party_of(r, said->from, wzp_signal_call_id(signal));
    if (!party) {
        r->total.foreign_messages++;
        return;
    }
    switch (signal->type) {
    case WZP_SIGNAL_CALL_RINGING:
        if (party == &party->call->party[WZP_RELAY_CALLEE] &&
            party->call->state == WZP_RELAY_CALL_PENDING) {
            wzp_relay_timer_disarm(&r->timers, &party->call->asked);
            wzp_relay_pass_on(r, wzp_relay_party_peer(party), &said->message, now);
        }
        break;
    case WZP_SIGNAL_DIRECT_CALL_ANSWER: take_answer(r, party, said, now); break;
    case WZP_SIGNAL_HANGUP:
        wzp_relay_call_end_because(r, party->call, signal->u.hangup.reason, signal->u.hangup.cause,
                                   party, now);
        break;
    case WZP_SIGNAL_MEDIA_PATH_REPORT:
    case WZP_SIGNAL_CANDIDATE_UPDATE:
        if (wzp_relay_may_send(r, party, signal->type, now))
            wzp_relay_pass_on(r, wzp_relay_party_peer(party), &said->message, now);
        else
            r->total.forwards_over_rate++;
        break;
    default: r->total.signals_unexpected++; break;
    }
}

static void take_body(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter, uint64_t now)
{
    struct wzp_signal signal;
    char *text = wzp_strndup(letter->body, letter->body_length); /* with its final 0 */
    if (!text)
        return;
    if (wzp_signal_parse(&signal, text, letter->body_length, NULL) < 0) {
        r->total.pool_malformed++;
        wzp_free(text);
        return;
    }
    const struct said said = {.from = letter->from,
                              .number = letter->number,
                              .word = letter->word,
                              .message = {&signal, text, letter->body_length}};
    if (letter->kind == WZP_RELAY_POOL_SAY)
        take_signal(r, &said, now);
    else if (signal.type == WZP_SIGNAL_DIRECT_CALL_OFFER)
        take_offer(r, &said, now);
    else
        r->total.signals_unexpected++;
    wzp_signal_fini(&signal);
    wzp_free(text);
}

/* The other relay still has the call: answers if we do not. */
static void take_still(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                       uint64_t now)
{
    const struct wzp_relay_route back = {.way = &wzp_relay_way_pool, .relay = letter->from};
    struct wzp_relay_party *party = party_of(r, letter->from, letter->word);
    if (!wzp_call_id_valid(letter->word, strlen(letter->word)))
        return;
    if (!party) {
        const struct wzp_signal over = wzp_relay_hangup(letter->word, WZP_HANGUP_NORMAL, NULL);
        pool_hang_up(r, &back, &over, false, now);
    } else if (party->absent) {
        wzp_relay_party_back(&r->calls, party); /* that relay was believed dead */
    }
}

void wzp_relay_pool_on_call_letter(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                                   uint64_t now)
{
    struct wzp_relay_party *party;
    switch (letter->kind) {
    case WZP_RELAY_POOL_OFFER:
    case WZP_RELAY_POOL_SAY: take_body(r, letter, now); break;
    case WZP_RELAY_POOL_STILL: take_still(r, letter, now); break;
    case WZP_RELAY_POOL_NONE:
        party = party_of(r, letter->from, letter->word);
        if (party && party == &party->call->party[WZP_RELAY_CALLEE] &&
            party->call->state == WZP_RELAY_CALL_PENDING)
            not_there(r, party->call, now);
        break;
    default: break;
    }
}

/* ---- relays come and go ---- */

void wzp_relay_pool_calls_lost(struct wzp_relay *r, uint64_t relay, uint64_t now)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->calls.by_id, &cursor)) {
        struct wzp_relay_call *call = cursor.value;
        struct wzp_relay_party *party = party_of(r, relay, call->id);
        if (party && !party->absent)
            (void)wzp_relay_party_lost(r, party, now);
    }
}

static void compare(struct wzp_relay *r, const struct wzp_relay_call *call)
{
    for (size_t i = 0; i < 2; i++)
        if (call->party[i].route.way == &wzp_relay_way_pool && !call->party[i].absent)
            (void)wzp_relay_pool_send(r, call->party[i].route.relay, WZP_RELAY_POOL_STILL, 0,
                                      call->id, NULL, 0);
}

void wzp_relay_pool_calls_compare(struct wzp_relay *r)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->calls.by_id, &cursor)) {
        struct wzp_relay_call *call = cursor.value;
        if (call->state == WZP_RELAY_CALL_ACTIVE)
            compare(r, call);
    }
}

void wzp_relay_pool_call_watch(struct wzp_relay *r, struct wzp_relay_call *call)
{
    if (r->pool.up && ++call->looks % COMPARE_EVERY == 0)
        compare(r, call);
}
