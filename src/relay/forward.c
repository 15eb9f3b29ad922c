/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls over links: the way to people at other relays, and what comes from them. Source:
 * wzp-protocol(7), A direct call, Relay rules. */
#include <string.h>

#include "base/alloc.h"
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

bool wzp_relay_envelope_signal(struct wzp_relay *r, struct wzp_relay_neighbour *n,
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
bool wzp_relay_federation_leads_to(const struct wzp_relay_route *route,
                                   const struct wzp_relay_neighbour *n)
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
        if (!wzp_relay_federation_leads_to(route, n) || !may_hear(n, text, length))
            continue;
        if (is_chatter(text, length) && !may_send_over(n, 2 * WZP_RELAY_LINK_BURST, now))
            r->total.forwards_over_rate++;
        else
            sent |= envelope(r, n, text, length, 0, now);
    }
    return sent;
}

static void federation_hang_up(struct wzp_relay *r, const struct wzp_relay_route *route,
                               const struct wzp_signal *hangup, bool is_caller, uint64_t now)
{
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        if (!wzp_relay_federation_leads_to(route, n))
            continue;
        if (!n->is_ours)
            wzp_relay_old_hang_up(r, n, route, hangup, is_caller, now);
        (void)wzp_relay_envelope_signal(r, n, hangup, now);
    }
}

static bool federation_is_present(const struct wzp_relay *r, const struct wzp_relay_route *route)
{
    for (size_t i = 0; i < r->neighbours.count; i++)
        if (wzp_relay_federation_leads_to(route, &r->neighbours.items[i]) &&
            r->neighbours.items[i].is_up)
            return true;
    return false;
}

const struct wzp_relay_way wzp_relay_way_federation = {.name = "federation",
                                                       .offer = federation_offer,
                                                       .send = federation_send,
                                                       .hang_up = federation_hang_up,
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
        struct wzp_relay_party *callee = &call->party[WZP_RELAY_CALLEE];
        /* It rang, and who said so is gone. */
        wzp_relay_call_end(r, call, callee->route.rings ? WZP_HANGUP_ERROR : WZP_HANGUP_NORMAL,
                           callee, now);
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
    if (callee->at || !wzp_relay_federation_leads_to(callee, n))
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

/* ---- links ---- */

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
