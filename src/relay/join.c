/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From the first message to a registered client or a member of a room. Source: relay.md 2.4,
 * 3.1, 4.1, 6; crypto.md 3, 8.5, 8.7. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "relay/dispatch.h"

/* ---- tokens ---- */

static enum wzp_relay_stage stage_after_token(const struct wzp_relay_client *client)
{
    return client->purpose == WZP_PURPOSE_SIGNAL ? WZP_RELAY_STAGE_REGISTER : WZP_RELAY_STAGE_OFFER;
}

void wzp_relay_on_auth_token(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now)
{
    if (!r->host.authenticate) {
        r->total.auth_fail++;
        wzp_relay_client_close(r, client, "tokens cannot be checked", now);
        return;
    }
    client->stage = WZP_RELAY_STAGE_CHECKING;
    client->request = ++r->next_request;
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_AUTH, client, now);
    r->host.authenticate(r->host.context, client->request, message->signal->u.auth_token.token);
}

void wzp_relay_token_checked(struct wzp_relay *r, struct wzp_relay_client *client,
                             const char *fingerprint, uint64_t now)
{
    char *held = client->held;

    if (!fingerprint || wzp_relay_name_set(&client->name, fingerprint) < 0) {
        r->total.auth_fail++;
        wzp_relay_client_close(r, client, "token refused", now);
        return;
    }
    r->total.auth_ok++;
    client->by_token = true;
    client->stage = stage_after_token(client);
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_FIRST, client, now);
    client->held = NULL;
    if (held)
        wzp_relay_dispatch(r, client, held, client->held_length, now);
    wzp_free(held);
}

/* The name of whoever holds this key, unless a token already named the client. *same says
 * whether both are one. */
static int name_from_key(struct wzp_relay_client *client, const uint8_t key[WZP_KEY_SIZE],
                         bool *same)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    char text[WZP_FINGERPRINT_TEXT_MAX];
    struct wzp_relay_name name;
    int result;

    wzp_fingerprint_of_key(fingerprint, key);
    wzp_fingerprint_format(text, fingerprint);
    result = wzp_relay_name_set(&name, text);
    if (result < 0)
        return result;
    *same = !client->by_token || wzp_relay_name_equal(&name, &client->name);
    if (!client->by_token)
        client->name = name;
    return 0;
}

/* ---- registration ---- */

static void acknowledge(struct wzp_relay *r, struct wzp_relay_client *client,
                        const uint8_t exporter[WZP_EXPORTER_SIZE], const char *error, uint64_t now)
{
    struct wzp_signal ack = {.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK};

    ack.u.register_presence_ack.success = !error;
    ack.u.register_presence_ack.error = (char *)(uintptr_t)error;
    ack.u.register_presence_ack.relay_build = r->build;
    if (r->config.region[0])
        ack.u.register_presence_ack.relay_region = r->config.region;
    ack.u.register_presence_ack.available_relays = r->available;
    wzp_register_ack_make(&ack, &r->identity, exporter);
    if (wzp_relay_client_send(r, client, &ack, now) < 0)
        error = wzp_strerror(WZP_E_MEMORY);
    if (error) {
        r->total.registrations_refused++;
        wzp_relay_client_close(r, client, error, now);
    }
}

/* Why this registration cannot be, or NULL. Sets class and name. */
static const char *examine(struct wzp_relay *r, struct wzp_relay_client *client,
                           const struct wzp_signal *message,
                           const uint8_t exporter[WZP_EXPORTER_SIZE], uint64_t now)
{
    struct wzp_error error = {0};
    char who[WZP_RELAY_WHO_MAX];
    bool same = true;

    if (wzp_register_check(&client->standing, message, exporter, &error) < 0) {
        wzp_relay_log(r, now, WZP_LOG_WARN, "registration of %s refused: %s",
                      wzp_relay_who(who, client), error.text);
        return "the signature is wrong";
    }
    if (client->standing == WZP_REGISTRATION_ANONYMOUS)
        return NULL;
    if (name_from_key(client, message->u.register_presence.identity_pub, &same) < 0)
        return "the fingerprint is not usable";
    if (!same && client->standing >= WZP_REGISTRATION_SIGNED)
        return "the token is for another fingerprint";
    if (r->config.require_signed && client->standing < WZP_REGISTRATION_SIGNED)
        return "this relay wants signed registrations";
    return NULL;
}

void wzp_relay_on_register(struct wzp_relay *r, struct wzp_relay_client *client,
                           const struct wzp_relay_message *message, uint64_t now)
{
    uint8_t exporter[WZP_EXPORTER_SIZE] = {0};
    struct wzp_relay_client *displaced = NULL, *surplus = NULL;
    const char *error;
    int result;

    if (client->link->export_key(client->at, exporter, WZP_EXPORTER_REGISTER) < 0) {
        wzp_relay_client_close(r, client, "no key material", now);
        return;
    }
    error = examine(r, client, message->signal, exporter, now);
    if (!error && client->standing != WZP_REGISTRATION_ANONYMOUS) {
        wzp_relay_client_alias(client, message->signal->u.register_presence.alias);
        result = wzp_relay_presence_register(&r->presence, client, &displaced, &surplus);
        if (result == WZP_E_REFUSED)
            error = "somebody who proved more is registered under this fingerprint";
        else if (result < 0)
            error = wzp_strerror(result);
    }
    if (error || client->standing == WZP_REGISTRATION_ANONYMOUS) {
        wzp_relay_timer_disarm(&r->timers, &client->timer);
        if (!error) {
            client->stage = WZP_RELAY_STAGE_ANONYMOUS;
            wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_GUEST, client, now);
        }
        acknowledge(r, client, exporter, error, now);
        return;
    }
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    client->stage = WZP_RELAY_STAGE_REGISTERED;
    if (client->conn)
        wzp_quic_conn_set_budget(client->conn, WZP_QUIC_BUDGET_REGISTERED);
    r->total.registrations++;
    if (displaced && displaced->stage == WZP_RELAY_STAGE_REGISTERED)
        displaced->stage = WZP_RELAY_STAGE_DISPLACED;
    if (surplus)
        wzp_relay_client_close(r, surplus, "replaced by newer registrations", now);
    acknowledge(r, client, exporter, NULL, now);
    wzp_relay_calls_return(&r->calls, &client->name, client->standing);
}

void wzp_relay_unregister(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_client *successor;

    if (!wzp_relay_presence_unregister(&r->presence, client, &successor))
        return;
    if (successor && successor->stage == WZP_RELAY_STAGE_DISPLACED)
        successor->stage = WZP_RELAY_STAGE_REGISTERED;
    wzp_relay_calls_lost(r, &client->name, now);
}

/* ---- rooms ---- */

/* CallAnswer goes out first, whatever follows: clients read exactly one message. */
static int answer_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_signal *offer, const uint8_t offer_hash[32],
                        const uint8_t exporter[WZP_EXPORTER_SIZE], uint64_t now)
{
    struct wzp_signal answer = {0};
    uint8_t signature[WZP_SIGNATURE_SIZE];

    wzp_handshake_answer(&answer, signature, &r->identity, offer_hash, exporter,
                         offer->u.call_offer.binding.present, &r->random);
    return wzp_relay_client_send(r, client, &answer, now);
}

static void enter(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    const char *room = client->sni[0] ? client->sni : WZP_ROOM_DEFAULT;
    const char *reason = NULL;
    char who[WZP_RELAY_WHO_MAX];

    if (client->purpose == WZP_PURPOSE_CALL_ROOM)
        wzp_relay_call_admits(r, client, room + strlen(WZP_CALL_ROOM_PREFIX), &reason);
    if (!reason) {
        /* Before the join, so that the newcomer is among those who are told. */
        client->stage = WZP_RELAY_STAGE_MEMBER;
        switch (wzp_relay_room_join(r, client, room, now)) {
        case 0: return;
        case WZP_E_LIMIT: reason = "relay is full"; break;
        case WZP_E_REFUSED: reason = "room is full"; break;
        default: reason = wzp_strerror(WZP_E_MEMORY); break;
        }
    }
    r->total.joins_refused++;
    wzp_relay_log(r, now, WZP_LOG_INFO, "%s not let into %s: %s", wzp_relay_who(who, client), room,
                  reason);
    wzp_relay_client_close(r, client, reason, now);
}

void wzp_relay_on_call_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *offer = message->signal;
    uint8_t exporter[WZP_EXPORTER_SIZE] = {0};
    uint8_t offer_hash[32];
    struct wzp_error error = {0};
    char who[WZP_RELAY_WHO_MAX];
    int bound = 0;
    bool same = true;

    if (client->link->export_key(client->at, exporter, WZP_EXPORTER_HANDSHAKE) < 0) {
        wzp_relay_client_close(r, client, "no key material", now);
        return;
    }
    if (wzp_handshake_check_offer(&bound, offer_hash, offer, exporter, client->sni, &error) < 0) {
        wzp_relay_log(r, now, WZP_LOG_WARN, "CallOffer of %s refused: %s",
                      wzp_relay_who(who, client), error.text);
        r->total.joins_refused++;
        wzp_relay_client_close(r, client, "the signature is wrong", now);
        return;
    }
    if (name_from_key(client, offer->u.call_offer.identity_pub, &same) < 0) {
        wzp_relay_client_close(r, client, "the fingerprint is not usable", now);
        return;
    }
    client->bound = bound && same;
    wzp_relay_client_alias(client, offer->u.call_offer.alias);
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    if (answer_offer(r, client, offer, offer_hash, exporter, now) < 0) {
        wzp_relay_client_close(r, client, wzp_strerror(WZP_E_MEMORY), now);
        return;
    }
    wzp_relay_metrics_handshake(&r->total, wzp_time_since(now, client->since));
    enter(r, client, now);
}
