/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/dispatch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"

#define AT(stage) (1u << WZP_RELAY_STAGE_##stage)
/* Stages in which an unexpected or malformed message is only counted; in the others it ends the
 * connection. */
#define PATIENT                                                                                    \
    (AT(ANONYMOUS) | AT(REGISTERED) | AT(DISPLACED) | AT(PLACING) | AT(MEMBER) | AT(PROBE) |       \
     AT(PROBING) | AT(QUERY) | AT(UPSTREAM) | AT(LINK))

static void on_ping(struct wzp_relay *r, struct wzp_relay_client *client,
                    const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_signal pong = {.type = WZP_SIGNAL_PONG};

    pong.u.pong.timestamp_ms = message->signal->u.ping.timestamp_ms;
    (void)wzp_relay_client_send(r, client, &pong, now);
}

/* Reports the peer's present address, not that of the handshake, because NATs rebind. IPv4-mapped
 * addresses were converted to IPv4 on arrival. */
static void on_reflect(struct wzp_relay *r, struct wzp_relay_client *client,
                       const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_signal response = {.type = WZP_SIGNAL_REFLECT_RESPONSE};
    char address[WZP_ADDR_TEXT_MAX];
    struct wzp_addr local, remote;

    (void)message;
    memset(&remote, 0, sizeof remote);
    client->link->path(client->at, &local, &remote);
    response.u.reflect_response.observed_addr = address;
    wzp_addr_format(address, &remote);
    r->total.reflects++;
    (void)wzp_relay_client_send(r, client, &response, now);
}

static void on_room_hangup(struct wzp_relay *r, struct wzp_relay_client *client,
                           const struct wzp_relay_message *message, uint64_t now)
{
    (void)message;
    wzp_relay_room_leave(r, client, now);
    wzp_relay_client_close(r, client, "hangup", now);
}

/* Raises a total. More than a member can have restored in a year is ignored. */
static void raise_total(uint64_t *own, uint64_t *all, uint64_t told)
{
    if (told <= *own || told > UINT64_C(1) << 32)
        return;
    *all += told - *own;
    *own = told;
}

/* Totals since the client's start. A lower one (after a new decoder) is ignored. */
static void on_loss_recovery(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_member *member = &client->member;
    const struct wzp_signal *signal = message->signal;

    (void)now;
    raise_total(&member->dred, &r->total.dred, signal->u.loss_recovery_update.dred_reconstructions);
    raise_total(&member->concealed, &r->total.concealed,
                signal->u.loss_recovery_update.classical_plc_invocations);
}

/* A known message that has no effect here and needs no warning. */
static void on_nothing(struct wzp_relay *r, struct wzp_relay_client *client,
                       const struct wzp_relay_message *message, uint64_t now)
{
    (void)r;
    (void)client;
    (void)message;
    (void)now;
}

#define KB 1024

/* Which messages are accepted in which stages, and their maximum length; longer ones are not
 * parsed. */
static const struct row {
    enum wzp_signal_type type;
    unsigned stages;
    size_t longest; /* bytes */
    wzp_relay_handler handler;
} rows[] = {
    {WZP_SIGNAL_AUTH_TOKEN, AT(TOKEN), 16 * KB, wzp_relay_on_auth_token},
    {WZP_SIGNAL_REGISTER_PRESENCE, AT(REGISTER), 4 * KB, wzp_relay_on_register},
    {WZP_SIGNAL_CALL_OFFER, AT(OFFER), 8 * KB, wzp_relay_on_call_offer},
    {WZP_SIGNAL_CALL_ANSWER, AT(UPSTREAM), 8 * KB, wzp_relay_on_upstream_answer},
    {WZP_SIGNAL_ROOM_UPDATE, AT(UPSTREAM), 512 * KB, wzp_relay_on_upstream_word},
    {WZP_SIGNAL_QUALITY_DIRECTIVE, AT(UPSTREAM), 2 * KB, wzp_relay_on_upstream_word},
    {WZP_SIGNAL_PING, PATIENT, 1 * KB, on_ping},
    {WZP_SIGNAL_PONG, AT(PROBING), 1 * KB, wzp_relay_on_pong},
    {WZP_SIGNAL_PONG, PATIENT, 1 * KB, on_nothing},
    {WZP_SIGNAL_REFLECT, AT(ANONYMOUS) | AT(REGISTERED) | AT(DISPLACED), 1 * KB, on_reflect},
    {WZP_SIGNAL_DIRECT_CALL_OFFER, AT(REGISTERED), 16 * KB, wzp_relay_on_offer},
    {WZP_SIGNAL_DIRECT_CALL_ANSWER, AT(REGISTERED), 16 * KB, wzp_relay_on_answer},
    {WZP_SIGNAL_HANGUP, AT(REGISTERED) | AT(DISPLACED), 4 * KB, wzp_relay_on_hangup},
    {WZP_SIGNAL_HANGUP, AT(MEMBER), 4 * KB, on_room_hangup},
    {WZP_SIGNAL_MEDIA_PATH_REPORT, AT(REGISTERED), 4 * KB, wzp_relay_on_call_message},
    {WZP_SIGNAL_CANDIDATE_UPDATE, AT(REGISTERED), 8 * KB, wzp_relay_on_call_message},
    {WZP_SIGNAL_CALL_RINGING, AT(REGISTERED), 1 * KB, on_nothing},
    {WZP_SIGNAL_WZP_WATCH, AT(REGISTERED), 8 * KB, wzp_relay_on_watch},
    {WZP_SIGNAL_LOSS_RECOVERY_UPDATE, AT(MEMBER), 1 * KB, on_loss_recovery},
    {WZP_SIGNAL_QUALITY_UPDATE, AT(MEMBER), 1 * KB, on_nothing},
    {WZP_SIGNAL_PRESENCE_UPDATE, AT(PROBE), 512 * KB, wzp_relay_on_presence_update},
    {WZP_SIGNAL_PRESENCE_UPDATE, AT(PROBING), 512 * KB, wzp_relay_on_probe_answer},
    {WZP_SIGNAL_FEDERATION_HELLO, AT(HELLO) | AT(LINK), 16 * KB, wzp_relay_on_hello},
    {WZP_SIGNAL_GLOBAL_ROOM_ACTIVE, AT(LINK), 256 * KB, wzp_relay_on_room_active},
    {WZP_SIGNAL_GLOBAL_ROOM_INACTIVE, AT(LINK), 1 * KB, wzp_relay_on_room_inactive},
    {WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD, AT(LINK), 20 * KB, wzp_relay_on_forward},
    {WZP_SIGNAL_ROUTE_RESPONSE, AT(LINK), 4 * KB, wzp_relay_on_route_response},
    {WZP_SIGNAL_REGISTER_PRESENCE_ACK, AT(QUERY), 16 * KB, wzp_relay_on_trial},
    {WZP_SIGNAL_ROUTE_RESPONSE, AT(QUERY), 4 * KB, wzp_relay_on_old_answer},
    {WZP_SIGNAL_PRESENCE_UPDATE, AT(LINK), 512 * KB, wzp_relay_on_people},
    {WZP_SIGNAL_ROUTE_QUERY, AT(PROBE), 1 * KB, wzp_relay_on_route_query},
};

static const struct row *row_of(enum wzp_signal_type type, enum wzp_relay_stage stage)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type && (rows[i].stages & 1u << stage))
            return &rows[i];
    return NULL;
}

static void unexpected(struct wzp_relay *r, struct wzp_relay_client *client,
                       enum wzp_signal_type type, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    r->total.signals_unexpected++;
    wzp_relay_log(r, now, WZP_LOG_DEBUG, "%s from %s is not expected here",
                  wzp_signal_type_name(type), wzp_relay_who(who, client));
    if (PATIENT & 1u << client->stage)
        return;
    bool wants_token = client->stage == WZP_RELAY_STAGE_TOKEN;
    wzp_relay_client_close_with(
        r, client, wants_token ? WZP_CLOSE_TOKEN : WZP_CLOSE_PLAIN,
        wants_token                                 ? "this relay wants a token first"
        : client->stage == WZP_RELAY_STAGE_REGISTER ? "RegisterPresence was expected"
        : client->stage == WZP_RELAY_STAGE_HELLO    ? "FederationHello was expected"
                                                    : "CallOffer was expected",
        now);
}

static void unreadable(struct wzp_relay *r, struct wzp_relay_client *client, int result,
                       const char *why, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    if (result == WZP_E_UNKNOWN)
        r->total.signals_unknown++;
    else if (result == WZP_E_TOO_BIG)
        r->total.signals_too_long++;
    else if (result != WZP_E_MEMORY)
        r->total.signals_malformed++;
    wzp_relay_log(r, now, WZP_LOG_DEBUG, "message from %s skipped: %s", wzp_relay_who(who, client),
                  why);
    if (!(PATIENT & 1u << client->stage))
        wzp_relay_client_close(
            r, client, result == WZP_E_MEMORY ? wzp_strerror(result) : "malformed message", now);
}

/* Holds a message. A client may send the next message while its token or an older registration is
 * checked, but only one. */
static void hold(struct wzp_relay *r, struct wzp_relay_client *client, const char *text,
                 size_t length, uint64_t now)
{
    if (client->held || length > WZP_RELAY_HELD_MAX) {
        wzp_relay_client_close(r, client, "too many messages before the first was answered", now);
        return;
    }
    client->held = wzp_alloc(length + 1); /* no string function: a zero byte may be inside */
    if (!client->held) {
        wzp_relay_client_close(r, client, wzp_strerror(WZP_E_MEMORY), now);
        return;
    }
    memcpy(client->held, text, length);
    client->held[length] = '\0';
    client->held_length = length;
}

static bool within_bytes(struct wzp_relay_client *client, size_t length, uint64_t now)
{
    return !client->neighbour ||
           wzp_bucket_take(&client->neighbour->bytes, length, WZP_SECOND / WZP_RELAY_LINK_BYTES,
                           WZP_RELAY_LINK_BYTES_BURST, now);
}

static bool within_rate(struct wzp_relay *r, struct wzp_relay_client *client, size_t length,
                        uint64_t now)
{
    /* A link carries the messages of many people. */
    bool is_relay =
        client->stage == WZP_RELAY_STAGE_LINK || client->stage == WZP_RELAY_STAGE_UPSTREAM;
    unsigned times = is_relay ? WZP_RELAY_LINK_TIMES : 1;
    if (within_bytes(client, length, now) &&
        wzp_bucket_take(&client->signals, 1, WZP_SECOND / WZP_RELAY_SIGNAL_RATE / times,
                        (uint64_t)WZP_RELAY_SIGNAL_BURST * times, now)) {
        if (client->excess)
            client->excess--;
        return true;
    }
    r->total.signals_over_rate++;
    if (!is_relay && ++client->excess >= WZP_RELAY_SIGNAL_EXCESS) {
        r->total.floods++;
        wzp_relay_client_close(r, client, "too many messages", now);
    }
    return false;
}

static void read_and_handle(struct wzp_relay *r, struct wzp_relay_client *client,
                            const struct row *row, const char *text, size_t length, uint64_t now)
{
    struct wzp_signal signal;
    struct wzp_error error = {0};
    struct wzp_relay_message message = {&signal, text, length};
    int result = wzp_signal_parse(&signal, text, length, &error);
    if (result < 0) {
        unreadable(r, client, result, error.text, now);
        return;
    }
    row->handler(r, client, &message, now);
    wzp_signal_fini(&signal);
}

static void handle(struct wzp_relay *r, struct wzp_relay_client *client, const char *text,
                   size_t length, uint64_t now)
{
    enum wzp_signal_type type = wzp_signal_peek(text, length);
    const struct row *row = row_of(type, client->stage);
    if (type == WZP_SIGNAL_COUNT)
        unreadable(r, client, WZP_E_UNKNOWN, "no known message", now);
    else if (!row)
        unexpected(r, client, type, now);
    else if (type == WZP_SIGNAL_PRESENCE_UPDATE && client->stage == WZP_RELAY_STAGE_PROBE &&
             !wzp_relay_probe_is_known(r, client))
        wzp_relay_probe_stranger(r, client, now);
    else if (length > row->longest)
        unreadable(r, client, WZP_E_TOO_BIG, "too long for what it is", now);
    else
        read_and_handle(r, client, row, text, length, now);
}

void wzp_relay_dispatch(struct wzp_relay *r, struct wzp_relay_client *client, const char *text,
                        size_t length, uint64_t now)
{
    if (client->stage == WZP_RELAY_STAGE_CLOSING || client->purpose == WZP_PURPOSE_VERSION)
        return;
    r->total.signals_in++;
    if (!within_rate(r, client, length, now))
        return;
    if (client->stage == WZP_RELAY_STAGE_CHECKING || client->stage == WZP_RELAY_STAGE_ASKING)
        hold(r, client, text, length, now);
    else
        handle(r, client, text, length, now);
}

void wzp_relay_dispatch_held(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    char *text = client->held;
    size_t length = client->held_length;
    client->held = NULL; /* another may be held while this one is handled */
    if (!text)
        return;
    if (client->stage != WZP_RELAY_STAGE_CLOSING)
        handle(r, client, text, length, now);
    wzp_wipe(text, length);
    wzp_free(text);
}
