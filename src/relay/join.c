/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a client's first message to its registration or its membership in a room. Source:
 * wzp-protocol(7), Registration, Media handshake. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "relay/dispatch.h"

/* Sets the name that belongs to this key, unless a token already named the client. *same says
 * whether the two names are equal. */
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
    struct wzp_relay_available list;

    ack.u.register_presence_ack.success = !error;
    ack.u.register_presence_ack.error = (char *)(uintptr_t)error;
    ack.u.register_presence_ack.relay_build = r->build;
    if (r->config.region[0])
        ack.u.register_presence_ack.relay_region = r->config.region;
    if (!error && client->standing == WZP_REGISTRATION_PROVEN) {
        ack.u.register_presence_ack.has_watch_limit = true;
        ack.u.register_presence_ack.watch_limit = WZP_RELAY_INTERESTS_MAX;
    }
    wzp_relay_neighbours_list(r, &list);
    ack.u.register_presence_ack.available_relays.items = list.items;
    ack.u.register_presence_ack.available_relays.count = list.count;
    wzp_register_ack_make(&ack, &r->identity, exporter);
    if (wzp_relay_client_send(r, client, &ack, now) < 0)
        error = wzp_strerror(WZP_E_MEMORY);
    if (error) {
        r->total.registrations_refused++;
        wzp_relay_client_close(r, client, error, now);
    }
}

/* Tells a client that a newer registration of the same person receives its calls, until that one
 * ends. */
static void tell_displaced(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_signal ack = {.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK};
    char why[WZP_RELAY_WHO_MAX + 64];
    struct wzp_relay_client *newer = wzp_relay_presence_find(&r->presence, &client->name);
    struct wzp_addr local, remote;
    char address[WZP_ADDR_TEXT_MAX];
    memset(&remote, 0, sizeof remote);
    newer->link->path(newer->at, &local, &remote);
    snprintf(why, sizeof why,
             WZP_DISPLACED_WORD ": a newer registration from %s gets the calls now",
             wzp_addr_format(address, &remote));
    ack.u.register_presence_ack.error = why;
    ack.u.register_presence_ack.relay_build = r->build;
    (void)wzp_relay_client_send(r, client, &ack, now);
}

/* Tells a displaced client that the newer registration ended and that it receives calls again. */
static void tell_restored(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_signal ack = {.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK};
    ack.u.register_presence_ack.success = true;
    ack.u.register_presence_ack.relay_build = r->build;
    (void)wzp_relay_client_send(r, client, &ack, now);
}

/* Sets class and name. Returns the reason to refuse the registration, or NULL. */
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
    if (wzp_relay_is_banned_name(r, client))
        return WZP_RELAY_BANNED;
    return NULL;
}

/* True when one client may learn of the other: both proved the same key, or both proved equally
 * little and come from one network. */
static bool is_same_person(const struct wzp_relay_client *a, const struct wzp_relay_client *b)
{
    struct wzp_relay_origin from_a, from_b;
    if (a->standing != b->standing || a->standing == WZP_REGISTRATION_PROVEN)
        return a->standing == b->standing;
    wzp_relay_origin_of(&from_a, a);
    wzp_relay_origin_of(&from_b, b);
    return memcmp(&from_a, &from_b, sizeof from_a) == 0;
}

/* The new registration displaced older ones. A client of the same person stays connected and is
 * told. One that may be a stranger is closed, and learns nothing of the other. */
static void displace_older(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_client *none;
    for (struct wzp_relay_client *c = client->older, *older; c; c = older) {
        older = c->older;
        if (is_same_person(c, client))
            continue;
        (void)wzp_relay_presence_unregister(&r->presence, c, &none);
        wzp_relay_client_close(r, c, WZP_RELAY_GIVES_WAY, now);
    }
    struct wzp_relay_client *displaced = client->older;
    if (displaced && displaced->stage == WZP_RELAY_STAGE_REGISTERED) {
        displaced->stage = WZP_RELAY_STAGE_DISPLACED;
        wzp_relay_interests_drop(r, displaced);
        tell_displaced(r, displaced, now);
    }
}

/* Registers the client. Returns the reason why that fails, or NULL. */
static const char *take_place(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_client *surplus = NULL;
    int result = wzp_relay_presence_register(&r->presence, client, &surplus);
    if (result == WZP_E_REFUSED)
        return WZP_RELAY_GIVES_WAY;
    if (result < 0)
        return wzp_strerror(result);
    client->stage = WZP_RELAY_STAGE_REGISTERED;
    if (client->conn)
        wzp_quic_conn_set_budget(client->conn, WZP_QUIC_BUDGET_REGISTERED);
    r->total.registrations++;
    displace_older(r, client, now);
    if (surplus)
        wzp_relay_client_close(r, surplus, "replaced by newer registrations", now);
    wzp_relay_watched_changed(r, &client->name, now);
    return NULL;
}

static void finish_register(struct wzp_relay *r, struct wzp_relay_client *client, const char *error,
                            uint64_t now)
{
    uint8_t exporter[WZP_EXPORTER_SIZE] = {0};
    if (client->link->export_key(client->at, exporter, WZP_EXPORTER_REGISTER) < 0)
        error = "no key material";
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    if (!error)
        error = wzp_relay_seat_take(r, client, now);
    if (!error && client->standing == WZP_REGISTRATION_ANONYMOUS) {
        client->stage = WZP_RELAY_STAGE_ANONYMOUS;
        wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_GUEST, client, now);
    } else if (!error) {
        error = take_place(r, client, now);
    }
    acknowledge(r, client, exporter, error, now);
    if (client->conn)
        wzp_quic_conn_forget_tls(client->conn);
    if (client->stage != WZP_RELAY_STAGE_REGISTERED)
        return;
    wzp_relay_pool_here(r, &client->name, now);
    wzp_relay_pool_adopt(r, client, now);
    wzp_relay_calls_return(&r->calls, &client->name, client->standing);
    wzp_relay_federation_people(r, now);
}

void wzp_relay_register_claimed(struct wzp_relay *r, struct wzp_relay_client *client,
                                const char *error, uint64_t now)
{
    finish_register(r, client, error, now);
    wzp_relay_dispatch_held(r, client, now);
}

void wzp_relay_register_moved(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_signal ack = {.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK};
    char why[] = WZP_DISPLACED_WORD ": a newer registration at another relay gets the calls now";
    client->stage = WZP_RELAY_STAGE_DISPLACED;
    wzp_relay_interests_drop(r, client);
    ack.u.register_presence_ack.error = why;
    ack.u.register_presence_ack.relay_build = r->build;
    (void)wzp_relay_client_send(r, client, &ack, now);
}

void wzp_relay_register_back(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    if (take_place(r, client, now)) {
        wzp_relay_client_close(r, client, "replaced by newer registrations", now);
        return;
    }
    tell_restored(r, client, now);
    wzp_relay_pool_here(r, &client->name, now);
    wzp_relay_federation_people(r, now);
}

/* The older registration that a client without a proof cannot displace while it is alive: one that
 * proved more, or one that proved as little and comes from another network. NULL: none. */
static struct wzp_relay_client *rival(const struct wzp_relay *r,
                                      const struct wzp_relay_client *client)
{
    struct wzp_relay_client *older = wzp_relay_presence_find(&r->presence, &client->name);
    bool is_rival =
        older && client->standing == WZP_REGISTRATION_PLAIN && !is_same_person(older, client);
    return is_rival ? older : NULL;
}

/* Sends the older registration a Ping; its connection acknowledges it if the client is alive. An
 * older one that proved more needs no Ping. The refusal is delayed all the same, so that the client
 * cannot tell the two cases apart. */
static void begin_asking(struct wzp_relay *r, struct wzp_relay_client *client,
                         struct wzp_relay_client *older, uint64_t now)
{
    struct wzp_signal ping = {.type = WZP_SIGNAL_PING};
    client->stage = WZP_RELAY_STAGE_ASKING;
    client->asked_at = now;
    client->heard_before = older->link->heard(older->at);
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_ASK, client, now);
    if (older->standing == client->standing)
        (void)wzp_relay_client_send(r, older, &ping, now);
}

void wzp_relay_register_ask(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_client *older = rival(r, client);
    char who[WZP_RELAY_WHO_MAX];
    if (older && (older->standing > client->standing ||
                  older->link->heard(older->at) != client->heard_before)) {
        wzp_relay_log(r, now, WZP_LOG_INFO, "%s lives: a second registration is refused",
                      wzp_relay_who(who, older));
        finish_register(r, client, WZP_RELAY_GIVES_WAY, now);
    } else if (older && wzp_time_since(now, client->asked_at) < WZP_RELAY_ASK_TIME) {
        wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_ASK, client, now);
        return;
    } else {
        if (older)
            wzp_relay_client_close(r, older, WZP_RELAY_GIVES_WAY, now);
        finish_register(r, client, NULL, now);
    }
    wzp_relay_dispatch_held(r, client, now);
}

void wzp_relay_on_register(struct wzp_relay *r, struct wzp_relay_client *client,
                           const struct wzp_relay_message *message, uint64_t now)
{
    uint8_t exporter[WZP_EXPORTER_SIZE] = {0};
    if (client->link->export_key(client->at, exporter, WZP_EXPORTER_REGISTER) < 0) {
        wzp_relay_client_close(r, client, "no key material", now);
        return;
    }
    const char *error = examine(r, client, message->signal, exporter, now);
    if (!error && client->standing != WZP_REGISTRATION_ANONYMOUS)
        wzp_relay_client_alias(client, message->signal->u.register_presence.alias);
    client->hidden = message->signal->u.register_presence.hidden;
    struct wzp_relay_client *older = error ? NULL : rival(r, client);
    if (older)
        begin_asking(r, client, older, now);
    else if (error || client->standing == WZP_REGISTRATION_ANONYMOUS ||
             !wzp_relay_pool_claim(r, client, now))
        finish_register(r, client, error, now);
}

void wzp_relay_unregister(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_client *successor;

    if (!wzp_relay_presence_unregister(&r->presence, client, &successor))
        return;
    if (successor && successor->stage == WZP_RELAY_STAGE_DISPLACED) {
        successor->stage = WZP_RELAY_STAGE_REGISTERED;
        tell_restored(r, successor, now);
    }
    wzp_relay_watched_changed(r, &client->name, now);
    wzp_relay_pool_here(r, &client->name, now);
    wzp_relay_calls_lost(r, &client->name, now);
    wzp_relay_federation_people(r, now);
}

/* ---- rooms ---- */

/* Sends CallAnswer before anything else: clients read exactly one message. */
static int answer_offer(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_signal *offer, const uint8_t offer_hash[32],
                        const uint8_t exporter[WZP_EXPORTER_SIZE], uint64_t now)
{
    struct wzp_signal answer = {0};
    uint8_t signature[WZP_SIGNATURE_SIZE];

    wzp_handshake_answer(&answer, signature, &r->identity, offer_hash, exporter,
                         offer->u.call_offer.binding.present, &r->random);
    /* Whoever shows a password believes that others need it, too. */
    answer.u.call_answer.has_open = answer.u.call_answer.open =
        offer->u.call_offer.room_proof.length > 0 && wzp_relay_access_is_open(r, client);
    return wzp_relay_client_send(r, client, &answer, now);
}

bool wzp_relay_is_somebody_else(const struct wzp_relay *r, const struct wzp_relay_client *client)
{
    const struct wzp_relay_client *registered =
        wzp_relay_presence_find(&r->presence, &client->name);
    return !client->bound && registered && registered->standing == WZP_REGISTRATION_PROVEN;
}

static void turn_away(struct wzp_relay *r, struct wzp_relay_client *client,
                      enum wzp_close_code code, const char *reason, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    r->total.joins_refused++;
    wzp_relay_log(r, now, WZP_LOG_INFO, "%s not let into %s: %s", wzp_relay_who(who, client),
                  client->sni[0] ? client->sni : WZP_ROOM_DEFAULT, reason);
    wzp_relay_client_close_with(r, client, code, reason, now);
}

void wzp_relay_enter(struct wzp_relay *r, struct wzp_relay_client *client, const char *reason,
                     uint64_t now)
{
    const char *room = client->sni[0] ? client->sni : WZP_ROOM_DEFAULT;

    if (!reason && wzp_relay_is_banned_name(r, client))
        reason = WZP_RELAY_BANNED;
    if (!reason) {
        /* Set before the join, so that the new member gets the RoomUpdate, too. */
        client->stage = WZP_RELAY_STAGE_MEMBER;
        if (wzp_relay_room_join(r, client, room, &reason, now) == 0) {
            if (client->conn)
                wzp_quic_conn_forget_tls(client->conn);
            return;
        }
    }
    turn_away(r, client, WZP_CLOSE_PLAIN, reason, now);
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
    /* A client that announces no version uses version 1. */
    client->version = offer->u.call_offer.has_protocol_version
                          ? offer->u.call_offer.protocol_version
                          : WZP_RELAY_MEDIA_VERSION;
    wzp_relay_client_alias(client, offer->u.call_offer.alias);
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    if (answer_offer(r, client, offer, offer_hash, exporter, now) < 0) {
        wzp_relay_client_close(r, client, wzp_strerror(WZP_E_MEMORY), now);
        return;
    }
    wzp_relay_metrics_handshake(&r->total, wzp_time_since(now, client->since));
    enum wzp_close_code code = WZP_CLOSE_PLAIN;
    const char *reason = wzp_relay_access_check(r, client, offer, exporter, &code);
    if (reason) {
        turn_away(r, client, code, reason, now);
        return;
    }
    if (wzp_relay_threads_ask(r, client, now))
        return;
    if (client->purpose == WZP_PURPOSE_CALL_ROOM)
        wzp_relay_call_admits(r, client, client->sni + strlen(WZP_CALL_ROOM_PREFIX), &reason);
    else if (wzp_relay_is_somebody_else(r, client))
        reason = "this registration wants a bound CallOffer";
    wzp_relay_enter(r, client, reason, now);
}
