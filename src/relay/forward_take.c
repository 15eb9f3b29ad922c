/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls over links: messages received in envelopes (FederatedSignalForward). In this file a
 * letter is such a message with the link it came by. Source: wzp-protocol(7), A direct call, Relay
 * rules. */
#include <string.h>

#include "relay/dispatch.h"
#include "relay/federation.h"

struct letter {
    struct wzp_relay_neighbour *from;
    struct wzp_relay_client *link;
    struct wzp_relay_message message;
    unsigned hops;
    const struct wzp_string_list *asked;
};

static void say_not_there(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    struct wzp_signal answer = {.type = WZP_SIGNAL_ROUTE_RESPONSE};
    if (!letter->from->is_ours)
        return; /* it would not understand the answer */
    answer.u.route_response.fingerprint =
        letter->message.signal->u.direct_call_offer.target_fingerprint;
    (void)wzp_relay_neighbour_send(r, letter->from, &answer, now);
}

/* Finds the callee: here, or at another relay if the offer may be passed on. */
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
        return NULL; /* other calls need places, too */
    const struct wzp_relay_route caller = {
        .way = &wzp_relay_way_federation, .standing = WZP_REGISTRATION_PLAIN, .at = letter->from};
    struct wzp_relay_call *call =
        wzp_relay_offer_from_relay(r, letter->message.signal, &caller, callee, now);
    if (!call)
        return NULL;
    wzp_relay_calls_rings(call, &letter->from->ringing);
    if (!letter->from->is_ours)
        call->known_at = wzp_time_add(now, WZP_RELAY_KNOWN_TIME);
    call->hops = letter->hops > 0 ? letter->hops - 1 : 0;
    wzp_relay_federation_asked_before(r, call, letter->asked);
    return call;
}

/* The party at that neighbour of the call with this id; NULL. */
static struct wzp_relay_party *party_of(struct wzp_relay *r, const struct letter *letter,
                                        const char *id, size_t side)
{
    struct wzp_relay_call *call = id ? wzp_relay_calls_get(&r->calls, id) : NULL;
    struct wzp_relay_party *party = call ? &call->party[side] : NULL;
    return party && party->route.way == &wzp_relay_way_federation &&
                   wzp_relay_federation_leads_to(&party->route, letter->from)
               ? party
               : NULL;
}

/* A cancelling offer, the only form in which an existing relay reports that its caller gave up. */
static void take_cancel(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    const char *id = letter->message.signal->u.direct_call_offer.call_id;
    struct wzp_relay_party *caller = party_of(r, letter, id, WZP_RELAY_CALLER);
    if (caller && !letter->from->is_ours && caller->call->state == WZP_RELAY_CALL_PENDING)
        wzp_relay_call_end(r, caller->call, WZP_HANGUP_NORMAL, caller, now);
}

static void take_offer(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    const struct wzp_signal *offer = letter->message.signal;
    const char *id = offer->u.direct_call_offer.call_id;
    struct wzp_signal ringing = {.type = WZP_SIGNAL_CALL_RINGING};
    struct wzp_relay_route route;
    struct wzp_relay_name target;
    /* An id in use means a repeat, a copy that came by another link, or a collision. The existing
     * call stays as it is in each case. */
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
        if (letter->from->is_ours) /* an existing relay has told its caller already */
            (void)wzp_relay_envelope_signal(r, letter->from, &ringing, now);
        break;
    }
}

/* It is settled which relay has the callee: stops waiting for others. */
static void stop_asking(struct wzp_relay *r, struct wzp_relay_call *call)
{
    wzp_relay_timer_disarm(&r->timers, &call->asked);
    wzp_free(call->offer);
    call->offer = NULL;
}

/* This neighbour has the callee: the call ends at the other neighbours that may ring. They may have
 * got it through the same relay, so the cause ELSEWHERE tells that the call itself is not over. */
static void settle(struct wzp_relay *r, struct wzp_relay_party *callee, const struct letter *letter,
                   uint64_t now)
{
    struct wzp_relay_route others = callee->route;
    const struct wzp_signal over =
        wzp_relay_hangup(callee->call->id, WZP_HANGUP_NORMAL, WZP_CAUSE_ELSEWHERE);
    if (callee->route.at)
        return;
    wzp_relay_unmark(others.asked, letter->from);
    wzp_relay_way_federation.hang_up(r, &others, &over, false, now);
    callee->route.at = letter->from;
    memset(callee->route.asked, 0, sizeof callee->route.asked);
    stop_asking(r, callee->call);
}

/* Several relays may report ringing, and one that asked an existing relay reports it without being
 * certain. Only the answer shows which one has the callee. */
static void take_ringing(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    struct wzp_relay_party *callee =
        party_of(r, letter, letter->message.signal->u.call_ringing.call_id, WZP_RELAY_CALLEE);
    if (!callee || callee->call->state != WZP_RELAY_CALL_PENDING)
        return;
    bool is_news = !callee->route.rings && !callee->route.may_ring;
    if (letter->from->is_ours) {
        callee->route.rings = true;
        stop_asking(r, callee->call);
    }
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
        /* A hangup of the callee reaches existing relays in this form, in any state of the call. */
        r->total.rejects++;
        settle(r, callee, letter, now);
        wzp_relay_call_end(r, callee->call, callee->call->foretold, callee, now);
    } else if (callee->call->state == WZP_RELAY_CALL_PENDING) {
        settle(r, callee, letter, now);
        wzp_relay_accept_call(r, callee->call, &letter->message,
                              answer->u.direct_call_answer.callee_seen_addr, now);
    }
}

/* A hangup of an older relay of our own kind may lack the id. It is accepted when only one call is
 * possible. */
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
        enum wzp_hangup_reason reason = letter->message.signal->u.hangup.reason;
        if (side == WZP_RELAY_CALLEE)
            settle(r, party, letter, now);
        if (side == WZP_RELAY_CALLEE && reason == WZP_HANGUP_NORMAL)
            reason = party->call->foretold;
        wzp_relay_call_end_because(r, party->call, reason, letter->message.signal->u.hangup.cause,
                                   party, now);
        return;
    }
    r->total.foreign_messages++;
}

/* True for a path report that announces the reason of a refusal: an existing relay carries the
 * refusal itself without a reason. */
static bool is_foretold(const struct letter *letter, const struct wzp_relay_call *call)
{
    return !letter->from->is_ours && call->state == WZP_RELAY_CALL_PENDING &&
           letter->message.signal->type == WZP_SIGNAL_MEDIA_PATH_REPORT &&
           wzp_signal_reason_told(letter->message.signal) != WZP_HANGUP_NORMAL;
}

static void take_rest(struct wzp_relay *r, const struct letter *letter, uint64_t now)
{
    const struct wzp_signal *signal = letter->message.signal;
    const char *id = wzp_signal_call_id(signal);
    for (size_t side = 0; side < 2; side++) {
        struct wzp_relay_party *party = party_of(r, letter, id, side);
        if (!party)
            continue;
        if (side == WZP_RELAY_CALLEE && is_foretold(letter, party->call))
            party->call->foretold = wzp_signal_reason_told(signal);
        else if (wzp_relay_may_send(r, party, signal->type, now))
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
    case WZP_SIGNAL_DIRECT_CALL_OFFER:
        if (wzp_signal_is_cancel(letter->message.signal))
            take_cancel(r, letter, now);
        else
            take_offer(r, letter, now);
        break;
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
    /* A message that began at this relay can only have come back in a loop. */
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
                                        : 0,
                            .asked = &forward->u.federated_signal_forward.asked};
    if (letter.hops > WZP_RELAY_HOPS_MAX)
        letter.hops = WZP_RELAY_HOPS_MAX;
    take_letter(r, &letter, now);
    wzp_signal_fini(&inner);
}
