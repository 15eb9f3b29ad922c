/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/dispatch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define AT(stage) (1u << WZP_RELAY_STAGE_##stage)
/* Stages in which an unexpected or unreadable message only counts; elsewhere it ends the
 * connection. */
#define PATIENT (AT(ANONYMOUS) | AT(REGISTERED) | AT(DISPLACED) | AT(MEMBER) | AT(PROBE))

static void on_ping(struct wzp_relay *r, struct wzp_relay_client *client,
                    const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_signal pong = {.type = WZP_SIGNAL_PONG};

    pong.u.pong.timestamp_ms = message->signal->u.ping.timestamp_ms;
    (void)wzp_relay_client_send(r, client, &pong, now);
}

/* The address the peer has now, not the one it came with: NATs rebind. IPv4-mapped addresses are
 * IPv4 since they came in. */
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

/* A member cannot have restored more frames than a year holds. */
static void raise_total(uint64_t *own, uint64_t *all, uint64_t told)
{
    if (told <= *own || told > UINT64_C(1) << 32)
        return;
    *all += told - *own;
    *own = told;
}

/* Totals since the client's start; one that goes down (a new decoder) changes nothing. */
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

/* Known and of no use here: not worth a warning. */
static void on_nothing(struct wzp_relay *r, struct wzp_relay_client *client,
                       const struct wzp_relay_message *message, uint64_t now)
{
    (void)r;
    (void)client;
    (void)message;
    (void)now;
}

static const struct {
    enum wzp_signal_type type;
    unsigned stages;
    wzp_relay_handler handler;
} rows[] = {
    {WZP_SIGNAL_AUTH_TOKEN, AT(TOKEN), wzp_relay_on_auth_token},
    {WZP_SIGNAL_REGISTER_PRESENCE, AT(REGISTER), wzp_relay_on_register},
    {WZP_SIGNAL_CALL_OFFER, AT(OFFER), wzp_relay_on_call_offer},
    {WZP_SIGNAL_PING, PATIENT, on_ping},
    {WZP_SIGNAL_PONG, PATIENT, on_nothing},
    {WZP_SIGNAL_REFLECT, AT(ANONYMOUS) | AT(REGISTERED) | AT(DISPLACED), on_reflect},
    {WZP_SIGNAL_DIRECT_CALL_OFFER, AT(REGISTERED), wzp_relay_on_offer},
    {WZP_SIGNAL_DIRECT_CALL_ANSWER, AT(REGISTERED), wzp_relay_on_answer},
    {WZP_SIGNAL_HANGUP, AT(REGISTERED), wzp_relay_on_hangup},
    {WZP_SIGNAL_HANGUP, AT(MEMBER), on_room_hangup},
    {WZP_SIGNAL_MEDIA_PATH_REPORT, AT(REGISTERED), wzp_relay_on_call_message},
    {WZP_SIGNAL_CANDIDATE_UPDATE, AT(REGISTERED), wzp_relay_on_call_message},
    {WZP_SIGNAL_CALL_RINGING, AT(REGISTERED), on_nothing},
    {WZP_SIGNAL_LOSS_RECOVERY_UPDATE, AT(MEMBER), on_loss_recovery},
    {WZP_SIGNAL_QUALITY_UPDATE, AT(MEMBER), on_nothing},
    {WZP_SIGNAL_PRESENCE_UPDATE, AT(PROBE), wzp_relay_on_presence_update},
    {WZP_SIGNAL_ROUTE_QUERY, AT(PROBE), wzp_relay_on_route_query},
};

static wzp_relay_handler handler_of(enum wzp_signal_type type, enum wzp_relay_stage stage)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type && (rows[i].stages & 1u << stage))
            return rows[i].handler;
    return NULL;
}

static void unexpected(struct wzp_relay *r, struct wzp_relay_client *client,
                       const struct wzp_signal *signal, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    r->total.signals_unexpected++;
    wzp_relay_log(r, now, WZP_LOG_DEBUG, "%s from %s is not expected here",
                  wzp_signal_type_name(signal->type), wzp_relay_who(who, client));
    if (PATIENT & 1u << client->stage)
        return;
    wzp_relay_client_close(r, client,
                           client->stage == WZP_RELAY_STAGE_TOKEN ? "this relay wants a token first"
                           : client->stage == WZP_RELAY_STAGE_REGISTER
                               ? "RegisterPresence was expected"
                               : "CallOffer was expected",
                           now);
}

static void unreadable(struct wzp_relay *r, struct wzp_relay_client *client, int result,
                       const struct wzp_error *error, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX];

    if (result == WZP_E_UNKNOWN)
        r->total.signals_unknown++;
    else
        r->total.signals_malformed++;
    wzp_relay_log(r, now, WZP_LOG_DEBUG, "message from %s skipped: %s", wzp_relay_who(who, client),
                  error->text);
    if (!(PATIENT & 1u << client->stage))
        wzp_relay_client_close(r, client, "malformed message", now);
}

/* A client may send on while its token is checked, but only the one message that can follow. */
static void hold(struct wzp_relay *r, struct wzp_relay_client *client, const char *text,
                 size_t length, uint64_t now)
{
    if (client->held || length > WZP_RELAY_FORWARD_MAX) {
        wzp_relay_client_close(r, client, "too many messages before the token was checked", now);
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

static bool within_rate(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    if (wzp_bucket_take(&client->signals, 1, WZP_SECOND / WZP_RELAY_SIGNAL_RATE,
                        WZP_RELAY_SIGNAL_BURST, now)) {
        if (client->excess)
            client->excess--;
        return true;
    }
    r->total.signals_over_rate++;
    if (++client->excess >= WZP_RELAY_SIGNAL_EXCESS) {
        r->total.floods++;
        wzp_relay_client_close(r, client, "too many messages", now);
    }
    return false;
}

void wzp_relay_dispatch(struct wzp_relay *r, struct wzp_relay_client *client, const char *text,
                        size_t length, uint64_t now)
{
    struct wzp_signal signal;
    struct wzp_error error = {0};
    struct wzp_relay_message message = {&signal, text, length};
    wzp_relay_handler handler;
    int result;

    if (client->stage == WZP_RELAY_STAGE_CLOSING || client->purpose == WZP_PURPOSE_VERSION)
        return;
    r->total.signals_in++;
    if (!within_rate(r, client, now))
        return;
    if (client->stage == WZP_RELAY_STAGE_CHECKING) {
        hold(r, client, text, length, now);
        return;
    }
    result = wzp_signal_parse(&signal, text, length, &error);
    if (result < 0) {
        unreadable(r, client, result, &error, now);
        return;
    }
    handler = handler_of(signal.type, client->stage);
    if (handler)
        handler(r, client, &message, now);
    else
        unexpected(r, client, &signal, now);
    wzp_signal_fini(&signal);
}
