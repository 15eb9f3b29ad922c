/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls from the answer to the end, according to the charts of wzp-protocol(7), A direct
 * call. Both parties are reached by their routes. Messages are passed on as the original text, so
 * that fields unknown to this relay arrive (wzp-protocol(7), Relay rules). */
#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/federation.h"
#include "relay/vouch.h"

/* ---- small things ---- */

void wzp_relay_pass_on(struct wzp_relay *r, const struct wzp_relay_party *to,
                       const struct wzp_relay_message *message, uint64_t now)
{
    (void)to->route.way->send(r, &to->route, message->text, message->length, now);
}

/* The same, with the client's confirmed address (vouch.h) in the text. Without memory the message
 * is lost. */
static void pass_on_vouched(struct wzp_relay *r, const struct wzp_relay_client *client,
                            const struct wzp_relay_party *to,
                            const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_message said = *message;
    char *made;

    if (wzp_relay_vouch(&made, &said.length, client, said.signal, said.text) < 0)
        return;
    if (made)
        said.text = made;
    wzp_relay_pass_on(r, to, &said, now);
    wzp_free(made);
}

/* A message over the limit is lost. So the receiver's queue cannot be filled by others, least of
 * all by calls that are not answered yet. */
bool wzp_relay_may_send(struct wzp_relay *r, struct wzp_relay_party *party,
                        enum wzp_signal_type type, uint64_t now)
{
    bool pending = party->call->state == WZP_RELAY_CALL_PENDING;
    struct wzp_relay_client *reader =
        wzp_relay_route_client(r, &wzp_relay_party_peer(party)->route);
    if (pending && (type != WZP_SIGNAL_CANDIDATE_UPDATE || party->early >= WZP_RELAY_EARLY_MAX))
        return false;
    party->early += pending;
    return wzp_bucket_take(&party->messages, 1, WZP_SECOND / WZP_RELAY_PARTY_RATE,
                           WZP_RELAY_PARTY_BURST, now) &&
           (!reader ||
            wzp_bucket_take(&reader->inbox, 1, WZP_SECOND / WZP_RELAY_INBOX_RATE,
                            pending ? WZP_RELAY_INBOX_BURST / 2 : WZP_RELAY_INBOX_BURST, now));
}

/* A message about a call that does not exist, or in which its sender has no part. */
static void not_a_party(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    r->total.foreign_messages++;
    wzp_relay_log(r, now, WZP_LOG_DEBUG, "%s of %s is about no call of theirs: dropped",
                  wzp_signal_type_name(message->signal->type), wzp_relay_who(who, client));
}

struct wzp_signal wzp_relay_hangup(const char *id, enum wzp_hangup_reason reason, const char *cause)
{
    struct wzp_signal hangup = {.type = WZP_SIGNAL_HANGUP};
    hangup.u.hangup.reason = reason;
    hangup.u.hangup.call_id = (char *)(uintptr_t)id;
    hangup.u.hangup.cause = (char *)(uintptr_t)cause;
    return hangup;
}

void wzp_relay_call_end_because(struct wzp_relay *r, struct wzp_relay_call *call,
                                enum wzp_hangup_reason reason, const char *cause,
                                const struct wzp_relay_party *but, uint64_t now)
{
    const struct wzp_signal hangup = wzp_relay_hangup(call->id, reason, cause);
    for (size_t i = 0; i < 2; i++) {
        const struct wzp_relay_route *route = &call->party[i].route;
        if (!but || &call->party[i] != but)
            route->way->hang_up(r, route, &hangup, i == WZP_RELAY_CALLER, now);
    }
    wzp_relay_call_forget(r, call, now);
}

void wzp_relay_call_end(struct wzp_relay *r, struct wzp_relay_call *call,
                        enum wzp_hangup_reason reason, const struct wzp_relay_party *but,
                        uint64_t now)
{
    wzp_relay_call_end_because(r, call, reason, NULL, but, now);
}

void wzp_relay_call_forget(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    char id[WZP_CALL_ID_MAX + 1];
    memcpy(id, call->id, sizeof id);
    wzp_relay_pool_call_over(r, call, now);
    wzp_relay_visits_call_over(r, call);
    wzp_relay_calls_remove(&r->calls, call);
    wzp_relay_global_call_ended(r, id, now);
}

/* ---- answer ---- */

/* The answer's text without the callee's addresses. NULL without memory; *made to be freed.
 * Source: wzp-protocol(7), A direct call. */
static const char *private_text(const struct wzp_relay_message *message, char **made,
                                size_t *length)
{
    static const char *const fields[] = {"callee_reflexive_addr", "callee_local_addrs",
                                         "callee_mapped_addr", "callee_seen_addr"};
    const char *text = message->text;

    *made = NULL;
    *length = message->length;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char *next;

        if (wzp_signal_replace_field(&next, length, text, *length, fields[i], NULL) < 0) {
            wzp_free(*made);
            *made = NULL;
            return NULL;
        }
        wzp_free(*made);
        *made = next;
        text = next;
    }
    return text;
}

static void set_up(struct wzp_relay *r, const struct wzp_relay_route *route, const char *call_id,
                   const struct wzp_relay_addresses *peer, uint64_t now)
{
    if (route->way->set_up)
        route->way->set_up(r, route, call_id, peer, now);
}

void wzp_relay_accept_call(struct wzp_relay *r, struct wzp_relay_call *call,
                           const struct wzp_relay_message *message, char *seen, uint64_t now)
{
    const struct wzp_signal *answer = message->signal;
    const struct wzp_relay_route *caller = &call->party[WZP_RELAY_CALLER].route;
    const struct wzp_relay_route *answerer = &call->party[WZP_RELAY_CALLEE].route;
    struct wzp_relay_addresses callee = {0};
    const char *text = message->text;
    size_t length = message->length;
    char *made = NULL;

    if (answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_GENERIC) {
        text = private_text(message, &made, &length);
    } else {
        callee.reflexive = answer->u.direct_call_answer.callee_reflexive_addr;
        callee.mapped = answer->u.direct_call_answer.callee_mapped_addr;
        callee.locals = answer->u.direct_call_answer.callee_local_addrs;
        callee.seen = seen;
    }
    if (!text) {
        wzp_relay_call_end(r, call, WZP_HANGUP_ERROR, NULL, now);
        return;
    }
    wzp_relay_visits_call_stands(r, call);
    (void)caller->way->send(r, caller, text, length, now);
    set_up(r, caller, call->id, &callee, now);
    set_up(r, answerer, call->id, &call->caller, now);
    wzp_relay_calls_activate(&r->calls, call, now);
    wzp_relay_pool_call_stands(r, call, now);
    r->total.answers++;
    wzp_free(made);
}

static void accept_here(struct wzp_relay *r, struct wzp_relay_client *client,
                        struct wzp_relay_call *call, const struct wzp_relay_message *message,
                        uint64_t now)
{
    char *made, *reflexive = message->signal->u.direct_call_answer.callee_reflexive_addr;
    struct wzp_relay_message said = *message;

    if (wzp_relay_vouch(&made, &said.length, client, said.signal, said.text) < 0) {
        wzp_relay_call_end(r, call, WZP_HANGUP_ERROR, NULL, now);
        return;
    }
    if (made)
        said.text = made;
    wzp_relay_accept_call(r, call, &said, wzp_relay_sees(client, reflexive) ? reflexive : NULL,
                          now);
    wzp_free(made);
}

void wzp_relay_on_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                         const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *answer = message->signal;
    struct wzp_relay_call *call =
        wzp_relay_calls_get(&r->calls, answer->u.direct_call_answer.call_id);
    struct wzp_relay_party *party =
        call ? wzp_relay_call_party(call, &client->name, client->standing) : NULL;

    if (!party || party != &call->party[WZP_RELAY_CALLEE]) {
        not_a_party(r, client, message, now);
        return;
    }
    if (call->state != WZP_RELAY_CALL_PENDING)
        return; /* a repeated answer changes nothing */
    if (wzp_relay_call_is_early(r, party, message, now))
        return;
    if (answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT) {
        r->total.rejects++;
        wzp_relay_call_end(r, call, WZP_HANGUP_NORMAL, party, now);
    } else {
        accept_here(r, client, call, message, now);
    }
}

/* ---- the rest of a call ---- */

static void hang_up_all(struct wzp_relay *r, struct wzp_relay_client *client,
                        enum wzp_hangup_reason reason, uint64_t now)
{
    struct wzp_relay_party *party = wzp_relay_calls_of(&r->calls, &client->name);

    while (party) {
        struct wzp_relay_party *next = party->next;

        if (wzp_relay_route_is_local(&party->route) && client->standing >= party->route.standing)
            wzp_relay_call_end(r, party->call, reason, party, now);
        party = next;
    }
}

/* True for a cause that only a relay may state, no client. */
static bool is_a_relays(const char *cause)
{
    return cause &&
           (strcmp(cause, WZP_CAUSE_OPERATOR) == 0 || strcmp(cause, WZP_CAUSE_STOPPED) == 0);
}

/* Passes the Hangup on unchanged to a local party; other relays are told in the form of their
 * way. */
static void hang_up(struct wzp_relay *r, struct wzp_relay_party *party,
                    const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_party *peer = wzp_relay_party_peer(party);
    const char *cause = message->signal->u.hangup.cause;
    bool is_claim = is_a_relays(cause);
    if (wzp_relay_route_is_local(&peer->route) && !is_claim) {
        wzp_relay_pass_on(r, peer, message, now);
        wzp_relay_call_forget(r, party->call, now);
    } else {
        wzp_relay_call_end_because(r, party->call, message->signal->u.hangup.reason,
                                   is_claim ? NULL : cause, party, now);
    }
}

void wzp_relay_calls_kick(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now)
{
    struct wzp_relay_party *party = wzp_relay_calls_of(&r->calls, name);

    while (party) {
        struct wzp_relay_party *next = party->next;

        /* A party at a linked relay belongs to another operator. */
        if (party->route.way != &wzp_relay_way_federation)
            wzp_relay_call_end_because(r, party->call, WZP_HANGUP_NORMAL, WZP_CAUSE_OPERATOR, NULL,
                                       now);
        party = next;
    }
}

void wzp_relay_on_hangup(struct wzp_relay *r, struct wzp_relay_client *client,
                         const struct wzp_relay_message *message, uint64_t now)
{
    const char *id = message->signal->u.hangup.call_id;
    struct wzp_relay_call *call = id ? wzp_relay_calls_get(&r->calls, id) : NULL;
    struct wzp_relay_party *party =
        call ? wzp_relay_call_party(call, &client->name, client->standing) : NULL;

    if (wzp_relay_offer_cancel(r, client, id) && id)
        return;
    if (!id) {
        /* Hangs up all calls of the client, if it is still the one that gets the person's calls. */
        if (client->stage == WZP_RELAY_STAGE_REGISTERED)
            hang_up_all(r, client, message->signal->u.hangup.reason, now);
    } else if (!party) {
        not_a_party(r, client, message, now);
    } else if (!wzp_relay_call_is_early(r, party, message, now)) {
        hang_up(r, party, message, now);
    }
}

void wzp_relay_on_call_message(struct wzp_relay *r, struct wzp_relay_client *client,
                               const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *signal = message->signal;
    const char *id = wzp_signal_call_id(signal);
    struct wzp_relay_call *call = id ? wzp_relay_calls_get(&r->calls, id) : NULL;
    struct wzp_relay_party *party =
        call ? wzp_relay_call_party(call, &client->name, client->standing) : NULL;

    if (!party)
        not_a_party(r, client, message, now);
    else if (wzp_relay_may_send(r, party, signal->type, now))
        pass_on_vouched(r, client, wzp_relay_party_peer(party), message, now);
    else
        r->total.forwards_over_rate++;
}

/* The reason of a pending call's end: ERROR for a lost callee, who declined nothing; NORMAL for a
 * lost caller, who gave up. */
static enum wzp_hangup_reason reason_lost(const struct wzp_relay_party *party)
{
    bool is_callee = party == &party->call->party[WZP_RELAY_CALLEE];
    return party->call->state == WZP_RELAY_CALL_PENDING && is_callee ? WZP_HANGUP_ERROR
                                                                     : WZP_HANGUP_NORMAL;
}

/* A pending call ends at once. An active call may continue on its media path while the person
 * registers again (wzp-protocol(7), A direct call). */
bool wzp_relay_party_lost(struct wzp_relay *r, struct wzp_relay_party *party, uint64_t now)
{
    if (party->call->state == WZP_RELAY_CALL_ACTIVE && r->config.grace_seconds) {
        wzp_relay_party_lose(&r->calls, party, now);
        return true;
    }
    r->total.calls_lost++;
    wzp_relay_call_end(r, party->call, reason_lost(party), party, now);
    return false;
}

void wzp_relay_calls_lost(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now)
{
    struct wzp_relay_party *party = wzp_relay_calls_of(&r->calls, name);

    while (party) {
        struct wzp_relay_party *next = party->next;

        if (party->route.way == &wzp_relay_way_local && !wzp_relay_route_client(r, &party->route))
            (void)wzp_relay_party_lost(r, party, now);
        party = next;
    }
}

bool wzp_relay_call_admits(const struct wzp_relay *r, const struct wzp_relay_client *client,
                           const char *id, const char **reason)
{
    const struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, id);
    const struct wzp_relay_client *registered;

    *reason = "no such call";
    if (!call)
        return false;
    for (size_t i = 0; i < 2; i++) {
        if ((!wzp_relay_route_is_local(&call->party[i].route) &&
             call->party[i].route.way != &wzp_relay_way_pool) ||
            !wzp_relay_name_equal(&call->party[i].route.name, &client->name))
            continue;
        registered = wzp_relay_presence_find(&r->presence, &client->name);
        *reason = "this registration wants a bound CallOffer";
        if (!client->bound && (call->party[i].route.standing == WZP_REGISTRATION_PROVEN ||
                               (registered && registered->standing == WZP_REGISTRATION_PROVEN)))
            return false;
        *reason = "media of this call meet at another relay";
        if (call->meet[0])
            return false;
        *reason = NULL;
        return true;
    }
    return false;
}
