/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls over links: the way (route.h) to people at other relays. Source: wzp-protocol(7), A
 * direct call, Relay rules. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "relay/dispatch.h"
#include "relay/federation.h"
#include "relay/old_query.h"

/* ---- envelopes ---- */

/* The existing relays that were asked, as a list of texts. */
struct names {
    char texts[WZP_RELAY_NAMED_MAX][17];
    char *items[WZP_RELAY_NAMED_MAX];
};

static struct wzp_string_list name_asked(struct names *names, const struct wzp_relay_call *call)
{
    for (size_t i = 0; i < call->named_count; i++) {
        wzp_hex_encode(names->texts[i], call->named[i], sizeof call->named[i]);
        names->items[i] = names->texts[i];
    }
    return (struct wzp_string_list){names->items, call->named_count};
}

/* Sends one message in its envelope to one neighbour. offered: the call, when the message is its
 * offer; else NULL. */
static bool envelope(struct wzp_relay *r, struct wzp_relay_neighbour *n, const char *text,
                     const struct wzp_relay_call *offered, uint64_t now)
{
    struct wzp_signal forward = {.type = WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD};
    char own[WZP_TLS_FINGERPRINT_TEXT_MAX];
    struct names names;
    wzp_tls_fingerprint_format(own, r->certificate.sha256);
    forward.u.federated_signal_forward.inner = (char *)(uintptr_t)text;
    forward.u.federated_signal_forward.origin_relay_fp = own;
    if (n->is_ours) {
        forward.u.federated_signal_forward.has_hops = true;
        forward.u.federated_signal_forward.hops = (uint8_t)(offered ? offered->hops : 0);
    }
    if (n->is_ours && offered)
        forward.u.federated_signal_forward.asked = name_asked(&names, offered);
    return wzp_relay_neighbour_send(r, n, &forward, now);
}

bool wzp_relay_envelope_signal(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                               const struct wzp_signal *signal, uint64_t now)
{
    char *text;
    size_t length;
    if (wzp_signal_write(&text, &length, signal) < 0)
        return false;
    bool sent = envelope(r, n, text, NULL, now);
    wzp_free(text);
    return sent;
}

/* True when the neighbour knows this message. An existing relay closes the link for one that it
 * does not know. */
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

/* True for messages that an active call repeats. */
static bool is_chatter(const char *text, size_t length)
{
    enum wzp_signal_type type = wzp_signal_peek(text, length);
    return type == WZP_SIGNAL_MEDIA_PATH_REPORT || type == WZP_SIGNAL_CANDIDATE_UPDATE;
}

/* True when the rate limit allows clients here one more message over this link. All clients share
 * its queue; a message over the limit is lost. Answers and hangups are not limited, as each call
 * has only one of them. */
static bool may_send_over(struct wzp_relay_neighbour *n, unsigned burst, uint64_t now)
{
    return wzp_bucket_take(&n->out, 1, WZP_SECOND / WZP_RELAY_LINK_RATE, burst, now);
}

/* ---- the way ---- */

/* The neighbour that the route leads to, or the ones that were asked. */
bool wzp_relay_federation_leads_to(const struct wzp_relay_route *route,
                                   const struct wzp_relay_neighbour *n)
{
    if (!n || route->at)
        return n && route->at == n;
    return wzp_relay_is_marked(route->asked, n);
}

static void name(struct wzp_relay_call *call, const uint8_t home[8])
{
    if (call->named_count < WZP_RELAY_NAMED_MAX)
        memcpy(call->named[call->named_count++], home, sizeof call->named[0]);
}

void wzp_relay_federation_asked_before(struct wzp_relay *r, struct wzp_relay_call *call,
                                       const struct wzp_string_list *names)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    uint8_t home[8];
    for (size_t i = 0; i < names->count && call->named_count < WZP_RELAY_NAMED_MAX; i++) {
        if (wzp_hex_decode(home, sizeof home, names->items[i], strlen(names->items[i])) < 0)
            continue;
        name(call, home);
        const struct wzp_relay_neighbour *n = wzp_relay_neighbour_by_home(r, home);
        if (n && !n->is_ours)
            wzp_relay_mark(callee->was_asked, n);
    }
}

static void ask(struct wzp_relay *r, struct wzp_relay_call *call, struct wzp_relay_neighbour *n,
                const char *text, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    if (!may_send_over(n, WZP_RELAY_LINK_BURST, now)) {
        r->total.forwards_over_rate++;
        return;
    }
    if (!envelope(r, n, text, call, now))
        return;
    wzp_relay_mark(callee->asked, n);
    wzp_relay_mark(callee->was_asked, n);
    if (!n->is_ours) {
        name(call, n->sha256);
        if (wzp_relay_old_ask(r, n, callee->name.text, now))
            callee->awaits_old = true;
        else
            callee->may_ring = true;
    }
}

static bool is_asking(const struct wzp_relay_route *route)
{
    for (size_t i = 0; i < sizeof route->asked / sizeof route->asked[0]; i++)
        if (route->asked[i])
            return true;
    return false;
}

/* Sends the offer to all neighbours of one kind that were not asked yet, except the one the call
 * comes from. */
static void ask_kind(struct wzp_relay *r, struct wzp_relay_call *call, bool ours, const char *text,
                     uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        if (n->is_up && n->is_ours == ours && call->party[WZP_RELAY_CALLER].route.at != n &&
            !wzp_relay_is_marked(callee->was_asked, n))
            ask(r, call, n, text, now);
    }
}

/* An existing relay passes no offer on, and sends its answers and the end of the call to the relay
 * that asked it last. So each must be asked only once: existing relays are asked first, and relays
 * of our own kind are told which. */
static void ask_all(struct wzp_relay *r, struct wzp_relay_call *call, const char *text,
                    uint64_t now)
{
    ask_kind(r, call, false, text, now);
    ask_kind(r, call, true, text, now);
    wzp_relay_timer_arm_at(&r->timers, &call->asked, WZP_RELAY_TIMER_ASKED, call,
                           wzp_time_add(now, call->party[WZP_RELAY_CALLEE].route.awaits_old
                                                 ? WZP_RELAY_QUERY_TIME
                                                 : WZP_RELAY_ASKED_TIME));
}

static enum wzp_relay_offered federation_offer(struct wzp_relay *r, struct wzp_relay_call *call,
                                               const char *text, size_t length, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    struct wzp_relay_neighbour *learnt = callee->at;
    callee->at = NULL;
    if (learnt && learnt->is_up) {
        ask(r, call, learnt, text, now);
        call->offer = wzp_strndup(text, length); /* for others, if the callee is not there */
        wzp_relay_timer_arm(&r->timers, &call->asked, WZP_RELAY_TIMER_ASKED, call, now);
    } else {
        ask_all(r, call, text, now);
    }
    if (!is_asking(callee))
        return WZP_RELAY_OFFERED_NOBODY;
    return callee->may_ring ? WZP_RELAY_OFFERED_RINGING : WZP_RELAY_OFFERED_WAIT;
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
            sent |= envelope(r, n, text, NULL, now);
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
        /* ERROR if a relay reported ringing, but has none of it any more. */
        wzp_relay_call_end(r, call, callee->route.rings ? WZP_HANGUP_ERROR : WZP_HANGUP_NORMAL,
                           callee, now);
    }
}

static void tell_ringing(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    const struct wzp_relay_route *caller = &call->party[WZP_RELAY_CALLER].route;
    struct wzp_signal ringing = {.type = WZP_SIGNAL_CALL_RINGING};
    char *text;
    size_t length;
    ringing.u.call_ringing.call_id = call->id;
    if (wzp_signal_write(&text, &length, &ringing) < 0)
        return;
    (void)caller->way->send(r, caller, text, length, now);
    wzp_free(text);
}

/* An existing relay has the callee, or may have: tells the caller that it rings, once. */
static void may_ring(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    bool is_news = !callee->may_ring && !callee->rings;
    callee->may_ring = true;
    if (is_news)
        tell_ringing(r, call, now);
}

static bool is_asking_old(const struct wzp_relay *r, const struct wzp_relay_route *route)
{
    for (size_t i = 0; i < r->neighbours.count; i++)
        if (!r->neighbours.items[i].is_ours &&
            wzp_relay_is_marked(route->asked, &r->neighbours.items[i]))
            return true;
    return false;
}

void wzp_relay_federation_asked(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    if (call->state != WZP_RELAY_CALL_PENDING || callee->at)
        return;
    if (callee->awaits_old) {
        /* The existing relays' time is over; relays of our own kind have the rest of theirs. */
        callee->awaits_old = false;
        if (is_asking_old(r, callee))
            may_ring(r, call, now);
        wzp_relay_timer_arm_at(&r->timers, &call->asked, WZP_RELAY_TIMER_ASKED, call,
                               wzp_time_add(now, WZP_RELAY_ASKED_TIME - WZP_RELAY_QUERY_TIME));
    } else if (!callee->may_ring) {
        give_up(r, call, now);
    }
}

/* This neighbour does not have the callee. */
static void not_there(struct wzp_relay *r, struct wzp_relay_call *call,
                      struct wzp_relay_neighbour *n, uint64_t now)
{
    struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
    if (callee->at || !wzp_relay_federation_leads_to(callee, n))
        return;
    wzp_relay_unmark(callee->asked, n);
    if (call->offer) {
        /* The neighbour had reported the callee, so only it was asked: now the others are. */
        char *text = call->offer;
        call->offer = NULL;
        ask_all(r, call, text, now);
        wzp_free(text);
        if (callee->may_ring)
            tell_ringing(r, call, now);
    }
    if (!is_asking(callee))
        give_up(r, call, now);
}

void wzp_relay_federation_said(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                               const struct wzp_signal *response, bool is_there, uint64_t now)
{
    struct wzp_relay_name name;
    if (wzp_relay_name_set(&name, response->u.route_response.fingerprint) < 0)
        return;
    for (struct wzp_relay_party *next, *p = wzp_relay_calls_of(&r->calls, &name); p; p = next) {
        next = p->next;
        if (p != &p->call->party[WZP_RELAY_CALLEE] || p->route.way != &wzp_relay_way_federation ||
            p->call->state != WZP_RELAY_CALL_PENDING)
            continue;
        if (!is_there)
            not_there(r, p->call, n, now);
        else if (!p->route.at && wzp_relay_federation_leads_to(&p->route, n))
            may_ring(r, p->call, now);
    }
}

void wzp_relay_on_route_response(struct wzp_relay *r, struct wzp_relay_client *client,
                                 const struct wzp_relay_message *message, uint64_t now)
{
    if (client->neighbour && !message->signal->u.route_response.found)
        wzp_relay_federation_said(r, client->neighbour, message->signal, false, now);
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
