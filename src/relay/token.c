/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tokens: a bounded queue of requests to the token service. Only a few are pending at a time.
 * Requests of clients that left are dropped, and no single address can fill the queue. Source:
 * wzp-protocol(7), Registration, Relay rules. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "relay/dispatch.h"

/* ---- pending requests ---- */

static bool slot_take(struct wzp_relay *r, uint64_t request, uint64_t now)
{
    for (size_t i = 0; i < WZP_RELAY_TOKENS_ASKED; i++) {
        struct wzp_relay_asked *asked = &r->tokens.asked[i];
        if (asked->request && wzp_time_since(now, asked->at) < WZP_RELAY_AUTH_TIME)
            continue;
        asked->request = request;
        asked->at = now;
        return true;
    }
    return false;
}

static bool slot_give(struct wzp_relay *r, uint64_t request)
{
    for (size_t i = 0; i < WZP_RELAY_TOKENS_ASKED; i++)
        if (r->tokens.asked[i].request == request) {
            r->tokens.asked[i].request = 0;
            return true;
        }
    return false;
}

/* ---- the queue ---- */

static void dequeue(struct wzp_relay *r, struct wzp_relay_client *client)
{
    struct wzp_relay_client **at = &r->tokens.first;
    struct wzp_relay_client *before = NULL;
    if (!client->token)
        return;
    while (*at != client) {
        before = *at;
        at = &(*at)->next_token;
    }
    *at = client->next_token;
    if (r->tokens.last == client)
        r->tokens.last = before;
    client->next_token = NULL;
    r->tokens.waiting--;
}

static void token_wipe(struct wzp_relay_client *client)
{
    if (client->token)
        wzp_wipe(client->token, strlen(client->token));
    wzp_free(client->token);
    client->token = NULL;
}

/* Sends as many requests as may be pending, first come, first served. */
static void ask_next(struct wzp_relay *r, uint64_t now)
{
    while (r->tokens.first) {
        struct wzp_relay_client *client = r->tokens.first;
        if (!slot_take(r, ++r->next_request, now))
            return;
        client->request = r->next_request;
        dequeue(r, client);
        char *token = client->token;
        client->token = NULL; /* cleared first: the answer may come from inside the call */
        r->host.authenticate(r->host.context, client->request, token);
        wzp_wipe(token, strlen(token));
        wzp_free(token);
    }
}

static const char *enqueue(struct wzp_relay *r, struct wzp_relay_client *client, const char *token)
{
    struct wzp_relay_origin origin, other;
    unsigned same = 0;
    wzp_relay_origin_of(&origin, client);
    for (struct wzp_relay_client *c = r->tokens.first; c; c = c->next_token) {
        wzp_relay_origin_of(&other, c);
        same += other.length == origin.length && memcmp(&other, &origin, sizeof other) == 0;
    }
    if (same >= WZP_RELAY_TOKENS_PER_ADDRESS)
        return "too many tokens from this address are being checked";
    if (r->tokens.waiting >= WZP_RELAY_TOKENS_WAITING)
        return "too many tokens are being checked";
    client->token = wzp_strdup(token);
    if (!client->token)
        return wzp_strerror(WZP_E_MEMORY);
    if (r->tokens.last)
        r->tokens.last->next_token = client;
    else
        r->tokens.first = client;
    r->tokens.last = client;
    r->tokens.waiting++;
    return NULL;
}

void wzp_relay_on_auth_token(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now)
{
    const char *refusal = "tokens cannot be checked";
    if (r->host.authenticate)
        refusal = enqueue(r, client, message->signal->u.auth_token.token);
    if (refusal) {
        r->total.auth_fail++;
        wzp_relay_client_close_with(r, client, WZP_CLOSE_TOKEN, refusal, now);
        return;
    }
    client->stage = WZP_RELAY_STAGE_CHECKING;
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_AUTH, client, now);
    ask_next(r, now);
}

void wzp_relay_token_forget(struct wzp_relay *r, struct wzp_relay_client *client)
{
    dequeue(r, client);
    token_wipe(client);
}

void wzp_relay_token_checked(struct wzp_relay *r, struct wzp_relay_client *client,
                             const char *fingerprint, uint64_t now)
{
    wzp_relay_token_forget(r, client);
    if (!fingerprint || wzp_relay_name_set(&client->name, fingerprint) < 0) {
        r->total.auth_fail++;
        wzp_relay_client_close_with(r, client, WZP_CLOSE_TOKEN, "token refused", now);
        return;
    }
    r->total.auth_ok++;
    client->by_token = true;
    client->stage =
        client->purpose == WZP_PURPOSE_SIGNAL ? WZP_RELAY_STAGE_REGISTER : WZP_RELAY_STAGE_OFFER;
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_FIRST, client, now);
    wzp_relay_dispatch_held(r, client, now);
}

void wzp_relay_auth_result(struct wzp_relay *r, uint64_t request, const char *fingerprint,
                           uint64_t now)
{
    if (!slot_give(r, request))
        return; /* an answer without a request, or a second one */
    /* Only waiting clients have this timer; a late answer finds none of them. */
    for (struct wzp_relay_timer *timer = r->timers.first[WZP_RELAY_TIMER_AUTH]; timer;
         timer = timer->next) {
        struct wzp_relay_client *client = timer->owner;
        if (client->request == request) {
            wzp_relay_token_checked(r, client, fingerprint, now);
            break;
        }
    }
    ask_next(r, now);
}
