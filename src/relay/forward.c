/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls over links: the way to people at other relays, and what comes from them. Source:
 * wzp-protocol(7), A direct call, Relay rules. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/federation.h"

/* ---- envelopes ---- */

/* One message in its envelope to one neighbour. hops: how many relays it may still pass. */
static bool envelope(struct wzp_relay *r, struct wzp_relay_neighbour *n, const char *text,
                     size_t length, unsigned hops, uint64_t now)
{
    struct wzp_signal forward = {.type = WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD};
    char own[WZP_TLS_FINGERPRINT_TEXT_MAX];
    (void)length; /* texts end with 0 */
    wzp_tls_fingerprint_format(own, r->certificate.sha256);
    forward.u.federated_signal_forward.inner = (char *)(uintptr_t)text;
    forward.u.federated_signal_forward.origin_relay_fp = own;
    if (n->is_ours) {
        forward.u.federated_signal_forward.has_hops = true;
        forward.u.federated_signal_forward.hops = (uint8_t)hops;
    }
    return wzp_relay_neighbour_send(r, n, &forward, now);
}

static bool envelope_signal(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                            const struct wzp_signal *signal, uint64_t now)
{
    char *text;
    size_t length;
    if (wzp_signal_write(&text, &length, signal) < 0)
        return false;
    bool sent = envelope(r, n, text, length, 0, now);
    wzp_free(text);
    return sent;
}

/* An existing relay closes the link for a message it does not know. */
static bool may_hear(const struct wzp_relay_neighbour *n, const char *text, size_t length)
{
    switch (wzp_signal_peek(text, length)) {
    case WZP_SIGNAL_DIRECT_CALL_OFFER:
    case WZP_SIGNAL_DIRECT_CALL_ANSWER:
    case WZP_SIGNAL_CALL_RINGING:
    case WZP_SIGNAL_MEDIA_PATH_REPORT:
    case WZP_SIGNAL_HANGUP: return true;
    default: return n->is_ours;
    }
}

/* What a running call sends again and again. */
static bool is_chatter(const char *text, size_t length)
{
    enum wzp_signal_type type = wzp_signal_peek(text, length);
    return type == WZP_SIGNAL_MEDIA_PATH_REPORT || type == WZP_SIGNAL_CANDIDATE_UPDATE;
}

/* May people here send another message over this link? Its queue is everybody's: what does not fit
 * is lost to its sender. Answers and ends are not asked; each call has but one. */
static bool may_send_over(struct wzp_relay_neighbour *n, unsigned burst, uint64_t now)
{
    return wzp_bucket_take(&n->out, 1, WZP_SECOND / WZP_RELAY_LINK_RATE, burst, now);
}

/* ---- the way ---- */

/* The neighbours that a route stands for: the one it leads to, or those that were asked. */
static bool leads_to(const struct wzp_relay_route *route, const struct wzp_relay_neighbour *n)
{
    if (!n || route->at)
        return n && route->at == n;
    return (route->asked[n->index / 64] >> n->index % 64 & 1) != 0;
}

static void ask(struct wzp_relay *r, struct wzp_relay_call *call, struct wzp_relay_neighbour *n,
                const char *text, size_t length, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    if (!may_send_over(n, WZP_RELAY_LINK_BURST, now)) {
        r->total.forwards_over_rate++;
        return;
    }
    if (!envelope(r, n, text, length, call->hops, now))
        return;
    callee->asked[n->index / 64] |= UINT64_C(1) << n->index % 64;
    callee->was_asked[n->index / 64] |= UINT64_C(1) << n->index % 64;
    if (!n->is_ours)
        callee->asked_old = true;
}

static bool is_asking(const struct wzp_relay_route *route)
{
    for (size_t i = 0; i < sizeof route->asked / sizeof route->asked[0]; i++)
        if (route->asked[i])
            return true;
    return false;
}

/* Asks everybody who was not asked yet, but not where the call comes from. */
static void ask_all(struct wzp_relay *r, struct wzp_relay_call *call, const char *text,
                    size_t length, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        if (!n->is_up || call->party[WZP_RELAY_CALLER].route.at == n ||
            (callee->was_asked[i / 64] >> i % 64 & 1))
            continue;
        /* An existing relay passes nothing on, and cannot tell who calls through us. */
        ask(r, call, n, text, length, now);
    }
}

static enum wzp_relay_offered federation_offer(struct wzp_relay *r, struct wzp_relay_call *call,
                                               const char *text, size_t length, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    struct wzp_relay_neighbour *learnt = callee->at;
    callee->at = NULL;
    if (learnt && learnt->is_up) {
        ask(r, call, learnt, text, length, now);
        call->offer = wzp_strndup(text, length); /* for the others, should it not be there */
        call->offer_length = call->offer ? length : 0;
    } else {
        ask_all(r, call, text, length, now);
    }
    if (!is_asking(callee))
        return WZP_RELAY_OFFERED_NOBODY;
    wzp_relay_timer_arm(&r->timers, &call->asked, WZP_RELAY_TIMER_ASKED, call, now);
    /* Existing relays never say whether it rings. */
    return callee->asked_old ? WZP_RELAY_OFFERED_RINGING : WZP_RELAY_OFFERED_WAIT;
}

static bool federation_send(struct wzp_relay *r, const struct wzp_relay_route *route,
                            const char *text, size_t length, uint64_t now)
{
    bool sent = false;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        if (!leads_to(route, n) || !may_hear(n, text, length))
            continue;
        if (is_chatter(text, length) && !may_send_over(n, 2 * WZP_RELAY_LINK_BURST, now))
            r->total.forwards_over_rate++;
        else
            sent |= envelope(r, n, text, length, 0, now);
    }
    return sent;
}

static void federation_hang_up(struct wzp_relay *r, const struct wzp_relay_route *route,
                               const char *call_id, enum wzp_hangup_reason reason, bool is_caller,
                               uint64_t now)
{
    struct wzp_signal hangup = {.type = WZP_SIGNAL_HANGUP};
    struct wzp_signal reject = {.type = WZP_SIGNAL_DIRECT_CALL_ANSWER};
    hangup.u.hangup.reason = reason;
    hangup.u.hangup.call_id = (char *)(uintptr_t)call_id;
    reject.u.direct_call_answer.call_id = (char *)(uintptr_t)call_id;
    reject.u.direct_call_answer.accept_mode = WZP_ACCEPT_REJECT;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        if (!leads_to(route, n))
            continue;
        /* An existing relay understands no Hangup here, but that the callee rejects. */
        if (is_caller && !n->is_ours)
            (void)envelope_signal(r, n, &reject, now);
        (void)envelope_signal(r, n, &hangup, now);
    }
}

static void federation_set_up(struct wzp_relay *r, const struct wzp_relay_route *route,
                              const char *call_id, const struct wzp_relay_addresses *peer,
                              uint64_t now)
{
    /* Their relay says so to its own client, with its own address. */
    (void)r;
    (void)route;
    (void)call_id;
    (void)peer;
    (void)now;
}

static bool federation_is_present(const struct wzp_relay *r, const struct wzp_relay_route *route)
{
    for (size_t i = 0; i < r->neighbours.count; i++)
        if (leads_to(route, &r->neighbours.items[i]) && r->neighbours.items[i].is_up)
            return true;
    return false;
}

const struct wzp_relay_way wzp_relay_way_federation = {.name = "federation",
                                                       .offer = federation_offer,
                                                       .send = federation_send,
                                                       .hang_up = federation_hang_up,
                                                       .set_up = federation_set_up,
                                                       .is_present = federation_is_present};

bool wzp_relay_federation_route(struct wzp_relay *r, struct wzp_relay_route *route,
                                const struct wzp_relay_name *name)
{
    bool any = false;
    memset(route, 0, sizeof *route);
    route->way = &wzp_relay_way_federation;
    route->name = *name;
    route->standing = WZP_REGISTRATION_PLAIN;
    route->at = wzp_map_get(&r->federation.learnt, name->key, name->key_length);
    for (size_t i = 0; i < r->neighbours.count; i++)
        any |= r->neighbours.items[i].is_up;
    return any;
}

/* ---- nobody has the callee ---- */

static void give_up(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    const struct wzp_relay_route *caller = &call->party[WZP_RELAY_CALLER].route;
    struct wzp_signal answer = {.type = WZP_SIGNAL_ROUTE_RESPONSE};
    r->total.offers_offline++;
    if (caller->way == &wzp_relay_way_federation) {
        answer.u.route_response.fingerprint = call->party[WZP_RELAY_CALLEE].route.name.text;
        (void)wzp_relay_neighbour_send(r, caller->at, &answer, now);
        wzp_relay_call_forget(r, call, now);
    } else {
        wzp_relay_call_end(r, call, WZP_HANGUP_NORMAL, &call->party[WZP_RELAY_CALLEE], now);
    }
}

void wzp_relay_federation_asked(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    const struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    if (call->state == WZP_RELAY_CALL_PENDING && !callee->at && !callee->asked_old)
        give_up(r, call, now);
}

/* This neighbour has nobody of that name. */
static void not_there(struct wzp_relay *r, struct wzp_relay_call *call,
                      struct wzp_relay_neighbour *n, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    if (callee->at || !leads_to(callee, n))
        return;
    callee->asked[n->index / 64] &= ~(UINT64_C(1) << n->index % 64);
    if (call->offer) {
        /* It was believed to be there and nowhere else: now the others are asked. */
        char *text = call->offer;
        size_t length = call->offer_length;
        call->offer = NULL;
        ask_all(r, call, text, length, now);
        wzp_free(text);
    }
    if (!is_asking(callee))
        give_up(r, call, now);
}

void wzp_relay_on_route_response(struct wzp_relay *r, struct wzp_relay_client *client,
                                 const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_name name;
    if (!client->neighbour || message->signal->u.route_response.found ||
        wzp_relay_name_set(&name, message->signal->u.route_response.fingerprint) < 0)
        return;
    for (struct wzp_relay_party *next, *p = wzp_relay_calls_of(&r->calls, &name); p; p = next) {
        next = p->next;
        if (p == &p->call->party[WZP_RELAY_CALLEE] && p->route.way == &wzp_relay_way_federation &&
            p->call->state == WZP_RELAY_CALL_PENDING)
            not_there(r, p->call, client->neighbour, now);
    }
}

/* ---- what comes in an envelope ---- */

struct letter {
    struct wzp_relay_neighbour *from;
    struct wzp_relay_client *link;
    struct wzp_relay_message message;
    unsigned hops;
};

static void say_not_there(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    struct wzp_signal answer = {.type = WZP_SIGNAL_ROUTE_RESPONSE};
    if (!letter->from->is_ours)
        return; /* it would not know what to do with it */
    answer.u.route_response.fingerprint =
        letter->message.signal->u.direct_call_offer.target_fingerprint;
    (void)wzp_relay_neighbour_send(r, letter->from, &answer, now);
}

/* Where the callee is: here, or further on if the offer may pass on. */
static bool onward(struct wzp_relay *r, struct wzp_relay_route *route, const struct letter *letter,
                   const struct wzp_relay_name *target)
{
    const struct wzp_relay_client *here = wzp_relay_presence_find(&r->presence, target);
    if (here) {
        wzp_relay_route_local(route, here);
        return true;
    }
    return letter->from->is_ours && letter->hops > 0 &&
           wzp_relay_federation_route(r, route, target) && route->at != letter->from;
}

static struct wzp_relay_call *open_call(struct wzp_relay *r, const struct letter *letter,
                                        const struct wzp_relay_route *callee, uint64_t now)
{
    size_t most = ((size_t)r->config.max_sessions + r->config.max_signals) / WZP_RELAY_LINK_PART;
    if (letter->from->ringing >= most)
        return NULL; /* calls of others have to find a place */
    const struct wzp_relay_route caller = {
        .way = &wzp_relay_way_federation, .standing = WZP_REGISTRATION_PLAIN, .at = letter->from};
    struct wzp_relay_call *call =
        wzp_relay_offer_from_relay(r, letter->message.signal, &caller, callee, now);
    if (!call)
        return NULL;
    wzp_relay_calls_rings(call, &letter->from->ringing);
    call->hops = letter->hops > 0 ? letter->hops - 1 : 0;
    return call;
}

static void take_offer(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    const struct wzp_signal *offer = letter->message.signal;
    const char *id = offer->u.direct_call_offer.call_id;
    struct wzp_signal ringing = {.type = WZP_SIGNAL_CALL_RINGING};
    struct wzp_relay_route route;
    struct wzp_relay_name target;
    /* An id that is taken: a repeat, a copy that came by another way, or a collision. Whatever it
     * is, the call that has it stays as it is. */
    if (!wzp_call_id_valid(id, strlen(id)) || wzp_relay_calls_get(&r->calls, id) ||
        !wzp_bucket_take(&letter->from->offers, 1, WZP_SECOND / WZP_RELAY_SIGNAL_RATE,
                         WZP_RELAY_LINK_OFFERS, now) ||
        wzp_relay_name_set(&target, offer->u.direct_call_offer.target_fingerprint) < 0 ||
        !onward(r, &route, letter, &target)) {
        say_not_there(r, letter, now);
        return;
    }
    struct wzp_relay_call *call = open_call(r, letter, &route, now);
    if (!call) {
        say_not_there(r, letter, now);
        return;
    }
    r->total.offers++;
    switch (route.way->offer(r, call, letter->message.text, letter->message.length, now)) {
    case WZP_RELAY_OFFERED_NOBODY:
        wzp_relay_call_forget(r, call, now);
        say_not_there(r, letter, now);
        break;
    case WZP_RELAY_OFFERED_WAIT: break;
    case WZP_RELAY_OFFERED_RINGING:
        ringing.u.call_ringing.call_id = (char *)(uintptr_t)id;
        if (letter->from->is_ours) /* an existing relay said so to its caller already */
            (void)envelope_signal(r, letter->from, &ringing, now);
        break;
    }
}

/* The call this message is about, and the side it comes from: that neighbour's. */
static struct wzp_relay_party *party_of(struct wzp_relay *r, const struct letter *letter,
                                        const char *id, size_t side)
{
    struct wzp_relay_call *call = id ? wzp_relay_calls_get(&r->calls, id) : NULL;
    struct wzp_relay_party *party = call ? &call->party[side] : NULL;
    return party && party->route.way == &wzp_relay_way_federation &&
                   leads_to(&party->route, letter->from)
               ? party
               : NULL;
}

/* This neighbour has the callee: the others need no longer be thought of, but to end what they may
 * ring. */
static void settle(struct wzp_relay *r, struct wzp_relay_party *callee, const struct letter *letter,
                   uint64_t now)
{
    struct wzp_relay_route others = callee->route;
    if (callee->route.at)
        return;
    others.asked[letter->from->index / 64] &= ~(UINT64_C(1) << letter->from->index % 64);
    wzp_relay_way_federation.hang_up(r, &others, callee->call->id, WZP_HANGUP_NORMAL, false, now);
    callee->route.at = letter->from;
    memset(callee->route.asked, 0, sizeof callee->route.asked);
    wzp_relay_timer_disarm(&r->timers, &callee->call->asked);
    wzp_free(callee->call->offer);
    callee->call->offer = NULL;
}

static void take_ringing(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    struct wzp_relay_party *callee =
        party_of(r, letter, letter->message.signal->u.call_ringing.call_id, WZP_RELAY_CALLEE);
    if (!callee || callee->call->state != WZP_RELAY_CALL_PENDING)
        return;
    bool is_news = !callee->route.at && !callee->route.asked_old;
    if (letter->from->is_ours)
        settle(r, callee, letter, now);
    if (is_news)
        wzp_relay_pass_on(r, wzp_relay_party_peer(callee), &letter->message, now);
}

static void take_answer(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    const struct wzp_signal *answer = letter->message.signal;
    struct wzp_relay_party *callee =
        party_of(r, letter, answer->u.direct_call_answer.call_id, WZP_RELAY_CALLEE);
    if (!callee) {
        r->total.foreign_messages++;
        return;
    }
    if (answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT) {
        /* Existing relays are told of a hangup by the callee in this form, whatever the state. */
        r->total.rejects++;
        wzp_relay_call_end(r, callee->call, WZP_HANGUP_NORMAL, callee, now);
    } else if (callee->call->state == WZP_RELAY_CALL_PENDING) {
        settle(r, callee, letter, now);
        wzp_relay_accept_call(r, callee->call, &letter->message,
                              answer->u.direct_call_answer.callee_seen_addr, now);
    }
}

/* From an older relay of ours a hangup may lack the id: it counts when there is but one call it can
 * mean. */
static struct wzp_relay_call *only_call(struct wzp_relay *r, const struct wzp_relay_neighbour *n)
{
    struct wzp_map_cursor cursor = {0};
    struct wzp_relay_call *found = NULL;
    while (wzp_map_next(&r->calls.by_id, &cursor)) {
        struct wzp_relay_call *call = cursor.value;
        bool leads = false;
        for (size_t i = 0; i < 2; i++)
            leads |= call->party[i].route.way == &wzp_relay_way_federation &&
                     call->party[i].route.at == n;
        if (leads && found)
            return NULL;
        if (leads)
            found = call;
    }
    return found;
}

static void take_hangup(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    const char *id = letter->message.signal->u.hangup.call_id;
    if (!id && !wzp_bucket_take(&letter->from->offers, 1, WZP_SECOND / WZP_RELAY_SIGNAL_RATE,
                                WZP_RELAY_LINK_OFFERS, now)) {
        r->total.signals_over_rate++;
        return;
    }
    struct wzp_relay_call *call = id ? NULL : only_call(r, letter->from);
    for (size_t side = 0; side < 2; side++) {
        struct wzp_relay_party *party = party_of(r, letter, call ? call->id : id, side);
        if (!party)
            continue;
        wzp_relay_call_end(r, party->call, letter->message.signal->u.hangup.reason, party, now);
        return;
    }
    r->total.foreign_messages++;
}

static void take_rest(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    const struct wzp_signal *signal = letter->message.signal;
    const char *id = wzp_signal_call_id(signal);
    for (size_t side = 0; side < 2; side++) {
        struct wzp_relay_party *party = party_of(r, letter, id, side);
        if (!party)
            continue;
        if (wzp_relay_may_send(r, party, signal->type, now))
            wzp_relay_pass_on(r, wzp_relay_party_peer(party), &letter->message, now);
        else
            r->total.forwards_over_rate++;
        return;
    }
    r->total.foreign_messages++;
}

static void take_letter(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    switch (letter->message.signal->type) {
    case WZP_SIGNAL_DIRECT_CALL_OFFER: take_offer(r, letter, now); break;
    case WZP_SIGNAL_CALL_RINGING: take_ringing(r, letter, now); break;
    case WZP_SIGNAL_DIRECT_CALL_ANSWER: take_answer(r, letter, now); break;
    case WZP_SIGNAL_HANGUP: take_hangup(r, letter, now); break;
    case WZP_SIGNAL_MEDIA_PATH_REPORT:
    case WZP_SIGNAL_CANDIDATE_UPDATE: take_rest(r, letter, now); break;
    default: r->total.signals_unexpected++; break;
    }
}

void wzp_relay_on_forward(struct wzp_relay *r, struct wzp_relay_client *client,
                          const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *forward = message->signal;
    const char *text = forward->u.federated_signal_forward.inner;
    struct wzp_signal inner;
    uint8_t origin[32];
    if (!client->neighbour)
        return;
    /* What began here comes back only in a circle. */
    const char *claim = forward->u.federated_signal_forward.origin_relay_fp;
    if (wzp_tls_fingerprint_parse(origin, claim, strlen(claim)) == 0 &&
        memcmp(origin, r->certificate.sha256, sizeof origin) == 0) {
        r->total.forwards_looped++;
        return;
    }
    int result = wzp_signal_parse(&inner, text, strlen(text), NULL);
    if (result < 0) {
        if (result == WZP_E_UNKNOWN)
            r->total.signals_unknown++;
        else
            r->total.signals_malformed++;
        return;
    }
    struct letter letter = {.from = client->neighbour,
                            .link = client,
                            .message = {&inner, text, strlen(text)},
                            .hops = forward->u.federated_signal_forward.has_hops
                                        ? forward->u.federated_signal_forward.hops
                                        : 0};
    if (letter.hops > WZP_RELAY_HOPS_MAX)
        letter.hops = WZP_RELAY_HOPS_MAX;
    take_letter(r, &letter, now);
    wzp_signal_fini(&inner);
}

/* ---- links, and who is where ---- */

void wzp_relay_federation_calls(struct wzp_relay *r, struct wzp_relay_neighbour *n, bool is_up,
                                uint64_t now)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->calls.by_id, &cursor)) {
        struct wzp_relay_call *call = cursor.value;
        for (size_t i = 0; i < 2; i++) {
            struct wzp_relay_party *party = &call->party[i];
            if (party->route.way != &wzp_relay_way_federation)
                continue;
            if (!is_up && i == WZP_RELAY_CALLEE && !party->route.at &&
                call->state == WZP_RELAY_CALL_PENDING) {
                not_there(r, call, n, now);
                break; /* the call may be gone */
            }
            if (party->route.at != n)
                continue;
            if (is_up)
                wzp_relay_party_back(&r->calls, party);
            else if (!wzp_relay_party_lost(r, party, now))
                break;
        }
    }
}

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
    /* Who is known to be elsewhere stays there, until that relay has them no more. */
    for (size_t i = 0; i < count; i++)
        if (!wzp_map_get(&r->federation.learnt, names[i].key, names[i].key_length))
            (void)wzp_map_put(&r->federation.learnt, names[i].key, names[i].key_length, n);
}
