/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls between two people who are both here: the charts of relay.md 4.7 (1)-(6) and
 * (11), with the improvements of 11.1. Messages are passed on as the text they came in, so that
 * fields this relay does not know arrive (crypto.md 8.2). */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"

/* ---- small things ---- */

static void send_hangup(struct wzp_relay *r, struct wzp_relay_client *client,
                        enum wzp_hangup_reason reason, const char *id, uint64_t now)
{
    struct wzp_signal hangup = {.type = WZP_SIGNAL_HANGUP};

    hangup.u.hangup.reason = reason;
    hangup.u.hangup.call_id = (char *)(uintptr_t)id;
    (void)wzp_relay_client_send(r, client, &hangup, now);
}

/* The connection that speaks for a party now: it proves as much as the party did when the call
 * began. */
static struct wzp_relay_client *client_of(const struct wzp_relay *r,
                                          const struct wzp_relay_party *party)
{
    struct wzp_relay_client *client = wzp_relay_presence_find(&r->presence, &party->name);

    return client && client->standing >= party->standing ? client : NULL;
}

/* The original text to a party's connection, if there is one. */
static void pass_on(struct wzp_relay *r, const struct wzp_relay_party *to,
                    const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_client *client = client_of(r, to);

    if (client)
        wzp_relay_client_send_text(r, client, message->text, message->length, now);
}

/* A message about a call that its sender has no part in, or none that exists. */
static void not_a_party(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    r->total.foreign_messages++;
    wzp_relay_log(r, now, WZP_LOG_DEBUG, "%s of %s is about no call of theirs: dropped",
                  wzp_signal_type_name(message->signal->type), wzp_relay_who(who, client));
}

static bool too_long(struct wzp_relay *r, struct wzp_relay_client *client,
                     const struct wzp_relay_message *message, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    if (message->length <= WZP_RELAY_FORWARD_MAX)
        return false;
    r->total.signals_malformed++;
    wzp_relay_log(r, now, WZP_LOG_WARN, "%s of %s is too long (%zu bytes): dropped",
                  wzp_signal_type_name(message->signal->type), wzp_relay_who(who, client),
                  message->length);
    return true;
}

void wzp_relay_call_end(struct wzp_relay *r, struct wzp_relay_call *call,
                        enum wzp_hangup_reason reason, const struct wzp_relay_party *but,
                        uint64_t now)
{
    for (size_t i = 0; i < 2; i++) {
        struct wzp_relay_client *client =
            &call->party[i] == but ? NULL : client_of(r, &call->party[i]);

        if (client)
            send_hangup(r, client, reason, call->id, now);
    }
    wzp_relay_calls_remove(&r->calls, call);
}

/* ---- offer ---- */

/* The offer's text to pass on: the original, or a copy with the registered name where a token
 * replaced it. NULL: refused. *made is the copy, to be freed. Source: relay.md 11.1 #10,
 * crypto.md 8.7. */
static const char *offer_text(struct wzp_relay *r, struct wzp_relay_client *client,
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

/* Makes the call of this offer. NULL when it cannot be; the caller has then been told. */
static struct wzp_relay_call *open_call(struct wzp_relay *r, struct wzp_relay_client *client,
                                        struct wzp_relay_client *target,
                                        const struct wzp_signal *offer, uint64_t now)
{
    const char *id = offer->u.direct_call_offer.call_id;
    struct wzp_relay_call *call;
    int result = wzp_relay_calls_add(&call, &r->calls, id, &client->name, client->standing,
                                     &target->name, target->standing, now);

    if (result == 0)
        result = wzp_relay_addresses_copy(&call->caller,
                                          offer->u.direct_call_offer.caller_reflexive_addr,
                                          &offer->u.direct_call_offer.caller_local_addrs,
                                          offer->u.direct_call_offer.caller_mapped_addr);
    else
        call = NULL;
    if (result == 0)
        return call;
    if (call)
        wzp_relay_calls_remove(&r->calls, call);
    if (result == WZP_E_LIMIT)
        r->total.offers_busy++;
    send_hangup(r, client, result == WZP_E_LIMIT ? WZP_HANGUP_BUSY : WZP_HANGUP_ERROR, id, now);
    return NULL;
}

/* An id that is taken: the same offer once more is a harmless repeat, anything else is refused. */
static void duplicate(struct wzp_relay *r, struct wzp_relay_client *client,
                      struct wzp_relay_call *call, const struct wzp_relay_name *target,
                      uint64_t now)
{
    bool repeat = wzp_relay_call_party(call, &client->name, client->standing) ==
                      &call->party[WZP_RELAY_CALLER] &&
                  wzp_relay_name_equal(&call->party[WZP_RELAY_CALLEE].name, target);

    r->total.offers_duplicate++;
    if (!repeat)
        send_hangup(r, client, WZP_HANGUP_ERROR, call->id, now);
}

void wzp_relay_on_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *offer = message->signal;
    const char *id = offer->u.direct_call_offer.call_id;
    struct wzp_signal ringing = {.type = WZP_SIGNAL_CALL_RINGING};
    struct wzp_relay_client *target = NULL;
    struct wzp_relay_name name = {0};
    struct wzp_relay_call *call;
    const char *text;
    char *made;
    size_t length;

    if (too_long(r, client, message, now))
        return;
    text = offer_text(r, client, message, &made, &length, now);
    if (!text)
        return;
    r->total.offers++;
    if (wzp_relay_name_set(&name, offer->u.direct_call_offer.target_fingerprint) == 0)
        target = wzp_relay_presence_find(&r->presence, &name);
    if (!wzp_call_id_valid(id, strlen(id))) {
        r->total.signals_malformed++;
        send_hangup(r, client, WZP_HANGUP_ERROR, strlen(id) <= 64 ? id : NULL, now);
    } else if ((call = wzp_relay_calls_get(&r->calls, id))) {
        duplicate(r, client, call, &name, now);
    } else if (!target) {
        r->total.offers_offline++;
        send_hangup(r, client, WZP_HANGUP_NORMAL, id, now);
    } else if (target == client) {
        send_hangup(r, client, WZP_HANGUP_BUSY, id, now);
    } else if (open_call(r, client, target, offer, now)) {
        wzp_relay_client_send_text(r, target, text, length, now);
        ringing.u.call_ringing.call_id = (char *)(uintptr_t)id;
        (void)wzp_relay_client_send(r, client, &ringing, now);
    }
    wzp_free(made);
}

/* ---- answer ---- */

static void send_setup(struct wzp_relay *r, const struct wzp_relay_call *call,
                       struct wzp_relay_client *client, const struct wzp_relay_addresses *peer,
                       uint64_t now)
{
    struct wzp_signal setup = {.type = WZP_SIGNAL_CALL_SETUP};
    char room[sizeof WZP_CALL_ROOM_PREFIX + WZP_CALL_ID_MAX];
    char address[WZP_ADDR_TEXT_MAX];

    if (!client)
        return;
    snprintf(room, sizeof room, "%s%s", WZP_CALL_ROOM_PREFIX, call->id);
    wzp_relay_address_for(r, client, address);
    setup.u.call_setup.call_id = (char *)(uintptr_t)call->id;
    setup.u.call_setup.room = room;
    setup.u.call_setup.relay_addr = address;
    setup.u.call_setup.peer_direct_addr = peer->reflexive;
    setup.u.call_setup.peer_local_addrs = peer->locals;
    setup.u.call_setup.peer_mapped_addr = peer->mapped;
    (void)wzp_relay_client_send(r, client, &setup, now);
}

/* The answer's text without the callee's addresses. NULL without memory; *made to be freed.
 * Source: relay.md 11.1 #11. */
static const char *private_text(const struct wzp_relay_message *message, char **made,
                                size_t *length)
{
    static const char *const fields[] = {"callee_reflexive_addr", "callee_local_addrs",
                                         "callee_mapped_addr"};
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

static void accept_call(struct wzp_relay *r, struct wzp_relay_client *client,
                        struct wzp_relay_call *call, const struct wzp_relay_message *message,
                        uint64_t now)
{
    const struct wzp_signal *answer = message->signal;
    struct wzp_relay_client *caller = client_of(r, &call->party[WZP_RELAY_CALLER]);
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
    }
    if (!text) {
        wzp_relay_call_end(r, call, WZP_HANGUP_ERROR, NULL, now);
        return;
    }
    if (caller)
        wzp_relay_client_send_text(r, caller, text, length, now);
    send_setup(r, call, caller, &callee, now);
    send_setup(r, call, client, &call->caller, now);
    wzp_relay_calls_activate(&r->calls, call);
    r->total.answers++;
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

    if (too_long(r, client, message, now))
        return;
    if (!party || party != &call->party[WZP_RELAY_CALLEE]) {
        not_a_party(r, client, message, now);
        return;
    }
    if (call->state != WZP_RELAY_CALL_PENDING)
        return; /* a repeat changes nothing */
    if (answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT) {
        r->total.rejects++;
        wzp_relay_call_end(r, call, WZP_HANGUP_NORMAL, party, now);
    } else {
        accept_call(r, client, call, message, now);
    }
}

/* ---- the rest of a call ---- */

static void hang_up_all(struct wzp_relay *r, struct wzp_relay_client *client,
                        enum wzp_hangup_reason reason, uint64_t now)
{
    struct wzp_relay_party *party = wzp_relay_calls_of(&r->calls, &client->name);

    while (party) {
        struct wzp_relay_party *next = party->next;

        if (client->standing >= party->standing)
            wzp_relay_call_end(r, party->call, reason, party, now);
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

    if (too_long(r, client, message, now))
        return;
    if (!id) {
        hang_up_all(r, client, message->signal->u.hangup.reason, now);
    } else if (!party) {
        not_a_party(r, client, message, now);
    } else {
        pass_on(r, wzp_relay_party_peer(party), message, now);
        wzp_relay_calls_remove(&r->calls, call);
    }
}

void wzp_relay_on_call_message(struct wzp_relay *r, struct wzp_relay_client *client,
                               const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *signal = message->signal;
    const char *id = signal->type == WZP_SIGNAL_MEDIA_PATH_REPORT
                         ? signal->u.media_path_report.call_id
                         : signal->u.candidate_update.call_id;
    struct wzp_relay_call *call = wzp_relay_calls_get(&r->calls, id);
    struct wzp_relay_party *party =
        call ? wzp_relay_call_party(call, &client->name, client->standing) : NULL;

    if (too_long(r, client, message, now))
        return;
    if (party)
        pass_on(r, wzp_relay_party_peer(party), message, now);
    else
        not_a_party(r, client, message, now);
}

/* What nobody answered yet ends at once; a call that runs may run on over its media path while
 * the person comes back (relay.md 11.1 #12). */
void wzp_relay_calls_lost(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now)
{
    struct wzp_relay_party *party = wzp_relay_calls_of(&r->calls, name);

    while (party) {
        struct wzp_relay_party *next = party->next;

        if (!client_of(r, party)) {
            if (party->call->state == WZP_RELAY_CALL_ACTIVE && r->config.grace_seconds) {
                wzp_relay_party_lose(&r->calls, party, now);
            } else {
                r->total.calls_lost++;
                wzp_relay_call_end(r, party->call, WZP_HANGUP_NORMAL, party, now);
            }
        }
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
        if (!wzp_relay_name_equal(&call->party[i].name, &client->name))
            continue;
        registered = wzp_relay_presence_find(&r->presence, &client->name);
        *reason = "this registration wants a bound CallOffer";
        if (!client->bound && (call->party[i].standing == WZP_REGISTRATION_PROVEN ||
                               (registered && registered->standing == WZP_REGISTRATION_PROVEN)))
            return false;
        *reason = NULL;
        return true;
    }
    return false;
}
