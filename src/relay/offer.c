/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Offers of direct calls: from the caller's message to a call that rings. The callee is looked up
 * in the directory (directory.h), which may answer later. Messages are passed on as the original
 * text, so that fields unknown to this relay arrive (wzp-protocol(7), Relay rules). Source:
 * wzp-protocol(7), A direct call. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/federation.h"
#include "relay/vouch.h"

/* An offer whose callee is being looked up. */
struct wzp_relay_asking {
    struct wzp_relay_asking *next; /* of the same client */
    struct wzp_relay_client *client;
    uint64_t handle;
    struct wzp_relay_name target;
    char id[WZP_CALL_ID_MAX + 1];
    struct wzp_relay_addresses addresses; /* the caller's */
    size_t length;
    char text[]; /* to be passed on */
};

/* ---- small things ---- */

static void refuse(struct wzp_relay *r, struct wzp_relay_client *client,
                   enum wzp_hangup_reason reason, const char *id, uint64_t now)
{
    const struct wzp_signal hangup = wzp_relay_hangup(id, reason, NULL);
    (void)wzp_relay_client_send(r, client, &hangup, now);
}

static void asking_free(struct wzp_relay_asking *asking)
{
    struct wzp_relay_asking **at = &asking->client->asking;
    while (*at && *at != asking)
        at = &(*at)->next;
    if (*at) {
        *at = asking->next;
        asking->client->asking_count--;
    }
    wzp_relay_addresses_fini(&asking->addresses);
    wzp_free(asking);
}

void wzp_relay_offers_forget(struct wzp_relay *r, struct wzp_relay_client *client)
{
    while (client->asking) {
        wzp_relay_directory_forget(r, client->asking->handle);
        asking_free(client->asking);
    }
}

bool wzp_relay_offer_cancel(struct wzp_relay *r, struct wzp_relay_client *client, const char *id)
{
    bool found = false;
    for (struct wzp_relay_asking *next, *asking = client->asking; asking; asking = next) {
        next = asking->next;
        if (id && strcmp(asking->id, id) != 0)
            continue;
        found = true;
        wzp_relay_directory_forget(r, asking->handle);
        asking_free(asking);
    }
    return found;
}

/* The offer's text with the caller's name: the original, or a copy with the registered name where a
 * token replaced it. NULL: refused. *made is the copy, to be freed. Source: wzp-protocol(7), A
 * direct call, Registration. */
static const char *named_text(struct wzp_relay *r, struct wzp_relay_client *client,
                              const struct wzp_relay_message *message, char **made, size_t *length,
                              uint64_t now)
{
    struct wzp_relay_name claimed;
    char who[WZP_RELAY_WHO_MAX];
    char shown[64];

    *made = NULL;
    *length = message->length;
    if (wzp_relay_name_set(&claimed, message->signal->u.direct_call_offer.caller_fingerprint) ==
            0 &&
        wzp_relay_name_equal(&claimed, &client->name))
        return message->text;
    if (client->by_token) {
        if (wzp_signal_replace_field(made, length, message->text, message->length,
                                     "caller_fingerprint", client->name.text) < 0)
            return NULL;
        return *made;
    }
    r->total.offers_spoofed++;
    wzp_text_filter(shown, sizeof shown, message->signal->u.direct_call_offer.caller_fingerprint,
                    strlen(message->signal->u.direct_call_offer.caller_fingerprint));
    wzp_relay_log(r, now, WZP_LOG_WARN, "offer of %s in the name of %s: dropped",
                  wzp_relay_who(who, client), shown);
    return NULL;
}

/* The text to pass on: with the caller's name and confirmed address (vouch.h). NULL: refused. *made
 * is to be freed when it is not the original. */
static const char *offer_text(struct wzp_relay *r, struct wzp_relay_client *client,
                              const struct wzp_relay_message *message, char **made, size_t *length,
                              uint64_t now)
{
    char *vouched;
    const char *text = named_text(r, client, message, made, length, now);

    if (!text || wzp_relay_vouch(&vouched, length, client, message->signal, text) < 0) {
        wzp_free(*made);
        *made = NULL;
        return NULL;
    }
    if (!vouched)
        return text;
    wzp_free(*made);
    *made = vouched;
    return vouched;
}

/* An id in use: the same offer again is a harmless repeat, any other is refused. */
static void duplicate(struct wzp_relay *r, struct wzp_relay_client *client,
                      struct wzp_relay_call *call, const struct wzp_relay_name *target,
                      uint64_t now)
{
    bool repeat = wzp_relay_call_party(call, &client->name, client->standing) ==
                      &call->party[WZP_RELAY_CALLER] &&
                  wzp_relay_name_equal(&call->party[WZP_RELAY_CALLEE].route.name, target);

    r->total.offers_duplicate++;
    if (!repeat)
        refuse(r, client, WZP_HANGUP_ERROR, call->id, now);
}

/* ---- when the callee is known ---- */

/* The network of the caller. For a caller at another relay it is the address that this relay
 * confirmed; callers without one all count as one network. */
static void origin_of_call(struct wzp_relay_origin *out, const struct wzp_relay *r,
                           const struct wzp_relay_call *call)
{
    const struct wzp_relay_client *caller =
        wzp_relay_route_client(r, &call->party[WZP_RELAY_CALLER].route);
    const char *seen = call->caller.seen;
    struct wzp_addr address;
    memset(out, 0, sizeof *out);
    if (caller)
        wzp_relay_origin_of(out, caller);
    else if (seen && wzp_addr_parse(&address, seen, strlen(seen)) == 0)
        wzp_relay_origin_of_address(out, &address);
}

/* The number of calls that ring at callee from the same network as `like`. */
static unsigned ringing_from(const struct wzp_relay *r, const struct wzp_relay_name *callee,
                             const struct wzp_relay_call *like)
{
    struct wzp_relay_origin here, there;
    unsigned count = 0;
    origin_of_call(&here, r, like);
    for (struct wzp_relay_party *p = wzp_relay_calls_of(&r->calls, callee); p; p = p->next) {
        if (p != &p->call->party[WZP_RELAY_CALLEE] || p->call->state != WZP_RELAY_CALL_PENDING)
            continue;
        origin_of_call(&there, r, p->call);
        count += memcmp(&here, &there, sizeof here) == 0;
    }
    return count;
}

/* True when a call of `newer` may replace one of `older` to the same callee: the same caller with
 * no less proof. A name given by a relay of the federation counts only against calls from that
 * relay. */
static bool may_replace(const struct wzp_relay_route *newer, const struct wzp_relay_route *older)
{
    if (!wzp_relay_name_equal(&newer->name, &older->name) || newer->standing < older->standing)
        return false;
    return newer->way != &wzp_relay_way_federation ||
           (older->way == newer->way && older->at == newer->at);
}

/* Before a call rings at `callee`: ends an older ringing call of the same pair (the caller
 * redialled). If too many calls ring there, also ends the oldest call of the network that has most
 * of them. */
static void make_way(struct wzp_relay *r, const struct wzp_relay_route *caller,
                     const struct wzp_relay_name *callee, uint64_t now)
{
    struct wzp_relay_call *worst = NULL, *next_call;
    unsigned ringing = 0, worst_count = 0;
    for (struct wzp_relay_party *next, *p = wzp_relay_calls_of(&r->calls, callee); p; p = next) {
        next = p->next;
        next_call = p->call;
        if (next_call->state != WZP_RELAY_CALL_PENDING || p != &next_call->party[WZP_RELAY_CALLEE])
            continue;
        const struct wzp_relay_route *from = &next_call->party[WZP_RELAY_CALLER].route;
        if (may_replace(caller, from)) {
            r->total.offers_replaced++;
            wzp_relay_call_end(r, next_call, WZP_HANGUP_NORMAL, NULL, now);
            continue;
        }
        ringing++;
        unsigned count = ringing_from(r, callee, next_call);
        if (count >= worst_count) { /* the list begins with the newest, so the oldest is kept */
            worst_count = count;
            worst = next_call;
        }
    }
    if (ringing >= WZP_RELAY_RINGING_MAX && worst) {
        r->total.offers_replaced++;
        wzp_relay_call_end(r, worst, WZP_HANGUP_TIMEOUT, NULL, now);
    }
}

struct wzp_relay_call *wzp_relay_offer_from_relay(struct wzp_relay *r,
                                                  const struct wzp_signal *offer,
                                                  const struct wzp_relay_route *caller,
                                                  const struct wzp_relay_route *callee,
                                                  uint64_t now)
{
    struct wzp_relay_route there = *caller;
    struct wzp_relay_call *call;
    if (wzp_relay_name_set(&there.name, offer->u.direct_call_offer.caller_fingerprint) < 0 ||
        wzp_relay_name_equal(&there.name, &callee->name))
        return NULL;
    make_way(r, &there, &callee->name, now);
    if (wzp_relay_calls_add(&call, &r->calls, offer->u.direct_call_offer.call_id, &there, callee,
                            now) < 0)
        return NULL;
    const struct wzp_relay_addresses said = {
        .reflexive = offer->u.direct_call_offer.caller_reflexive_addr,
        .mapped = offer->u.direct_call_offer.caller_mapped_addr,
        .seen = offer->u.direct_call_offer.caller_seen_addr,
        .locals = offer->u.direct_call_offer.caller_local_addrs};
    if (wzp_relay_addresses_copy(&call->caller, &said) < 0) {
        wzp_relay_call_forget(r, call, now);
        return NULL;
    }
    return call;
}

/* Makes the call. NULL when that fails; the caller has then been told. */
static struct wzp_relay_call *open_call(struct wzp_relay *r, struct wzp_relay_asking *asking,
                                        const struct wzp_relay_route *callee, uint64_t now)
{
    struct wzp_relay_route caller;
    struct wzp_relay_call *call;
    wzp_relay_route_local(&caller, asking->client);
    make_way(r, &caller, &callee->name, now);
    int result = wzp_relay_calls_add(&call, &r->calls, asking->id, &caller, callee, now);
    if (result == 0) {
        call->caller = asking->addresses;
        call->hops = WZP_RELAY_HOPS_MAX - 1;
        memset(&asking->addresses, 0, sizeof asking->addresses);
        return call;
    }
    if (result == WZP_E_LIMIT)
        r->total.offers_busy++;
    refuse(r, asking->client, result == WZP_E_LIMIT ? WZP_HANGUP_BUSY : WZP_HANGUP_ERROR,
           asking->id, now);
    return NULL;
}

static void pass_offer(struct wzp_relay *r, struct wzp_relay_asking *asking,
                       struct wzp_relay_call *call, uint64_t now)
{
    struct wzp_signal ringing = {.type = WZP_SIGNAL_CALL_RINGING};
    switch (call->party[WZP_RELAY_CALLEE].route.way->offer(r, call, asking->text, asking->length,
                                                           now)) {
    case WZP_RELAY_OFFERED_NOBODY:
        r->total.offers_offline++;
        wzp_relay_call_end(r, call, WZP_HANGUP_NORMAL, &call->party[WZP_RELAY_CALLEE], now);
        break;
    case WZP_RELAY_OFFERED_WAIT: break;
    case WZP_RELAY_OFFERED_RINGING:
        ringing.u.call_ringing.call_id = asking->id;
        (void)wzp_relay_client_send(r, asking->client, &ringing, now);
        break;
    }
}

static void found(struct wzp_relay *r, void *context, const struct wzp_relay_route *route,
                  int result, uint64_t now)
{
    struct wzp_relay_asking *asking = context;
    struct wzp_relay_client *client = asking->client;
    struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, asking->id);
    if (client->stage != WZP_RELAY_STAGE_REGISTERED) {
        r->total.offers_offline++; /* also for a caller who is leaving */
    } else if (call) {
        duplicate(r, client, call, &asking->target, now);
    } else if (!route && result < 0) {
        r->total.offers_unanswered++;
        refuse(r, client, WZP_HANGUP_ERROR, asking->id, now);
    } else if (!route) {
        r->total.offers_offline++;
        refuse(r, client, WZP_HANGUP_NORMAL, asking->id, now);
    } else if (wzp_relay_route_client(r, route) == client) {
        refuse(r, client, WZP_HANGUP_BUSY, asking->id, now);
    } else {
        call = open_call(r, asking, route, now);
        if (call)
            pass_offer(r, asking, call, now);
    }
    asking_free(asking);
}

/* ---- the message ---- */

static struct wzp_relay_asking *asking_new(struct wzp_relay_client *client,
                                           const struct wzp_signal *offer, const char *text,
                                           size_t length)
{
    struct wzp_relay_asking *asking = wzp_calloc(1, sizeof *asking + length + 1);
    if (!asking)
        return NULL;
    asking->client = client;
    asking->length = length;
    memcpy(asking->text, text, length); /* with what is after it: 0 */
    (void)wzp_text_copy(asking->id, sizeof asking->id, offer->u.direct_call_offer.call_id);
    const struct wzp_relay_addresses said = {
        .reflexive = offer->u.direct_call_offer.caller_reflexive_addr,
        .mapped = offer->u.direct_call_offer.caller_mapped_addr,
        .seen = wzp_relay_sees(client, offer->u.direct_call_offer.caller_reflexive_addr)
                    ? offer->u.direct_call_offer.caller_reflexive_addr
                    : NULL,
        .locals = offer->u.direct_call_offer.caller_local_addrs};
    if (wzp_relay_addresses_copy(&asking->addresses, &said)) {
        wzp_free(asking);
        return NULL;
    }
    asking->next = client->asking;
    client->asking = asking;
    client->asking_count++;
    return asking;
}

static void look_for_callee(struct wzp_relay *r, struct wzp_relay_client *client,
                            const struct wzp_signal *offer, const char *text, size_t length,
                            uint64_t now)
{
    const char *id = offer->u.direct_call_offer.call_id;
    struct wzp_relay_name name;
    if (wzp_relay_name_set(&name, offer->u.direct_call_offer.target_fingerprint)) {
        r->total.offers_offline++;
        refuse(r, client, WZP_HANGUP_NORMAL, id, now);
        return;
    }
    if (client->asking_count >= WZP_RELAY_CALLS_PER_PERSON ||
        !wzp_bucket_take(&client->offers, 1, WZP_SECOND / WZP_RELAY_OFFER_RATE,
                         WZP_RELAY_OFFER_BURST, now)) {
        r->total.offers_busy++;
        refuse(r, client, WZP_HANGUP_BUSY, id, now);
        return;
    }
    struct wzp_relay_asking *asking = asking_new(client, offer, text, length);
    if (!asking) {
        refuse(r, client, WZP_HANGUP_ERROR, id, now);
        return;
    }
    asking->target = name;
    uint64_t handle;
    int result = wzp_relay_directory_ask(r, &handle, &name, found, asking, now);
    if (result) {
        r->total.offers_busy++;
        asking_free(asking);
        refuse(r, client, WZP_HANGUP_BUSY, id, now);
    } else if (handle) {
        asking->handle = handle; /* otherwise it was answered, and freed */
    }
}

void wzp_relay_on_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    const char *id = message->signal->u.direct_call_offer.call_id;
    char *made;
    size_t length;
    const char *text = offer_text(r, client, message, &made, &length, now);
    if (!text)
        return;
    r->total.offers++;
    if (!wzp_call_id_valid(id, strlen(id))) {
        r->total.signals_malformed++;
        refuse(r, client, WZP_HANGUP_ERROR, strlen(id) <= 64 ? id : NULL, now);
    } else {
        look_for_callee(r, client, message->signal, text, length, now);
    }
    wzp_free(made);
}
