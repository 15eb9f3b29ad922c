/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One connection: its purpose by its server name, sending, closing, its end. Source:
 * wzp-protocol(7), Names, Registration, Relay rules. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/old_query.h"
#include "relay/state.h"

void wzp_relay_log(struct wzp_relay *r, uint64_t now, enum wzp_log_level level, const char *format,
                   ...)
{
    char line[WZP_LOG_LINE_MAX];
    va_list list;

    if (!r->log.write || level > r->log.level)
        return;
    if (!wzp_bucket_take(&r->log_bucket, 1, WZP_SECOND / WZP_RELAY_LOG_RATE, WZP_RELAY_LOG_BURST,
                         now)) {
        r->log_suppressed++;
        return;
    }
    if (r->log_suppressed) {
        wzp_log(&r->log, WZP_LOG_WARN, "%llu %s left out", (unsigned long long)r->log_suppressed,
                wzp_plural(r->log_suppressed, "log line was", "log lines were"));
        r->log_suppressed = 0;
    }
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    wzp_log(&r->log, level, "%s", line);
}

const char *wzp_relay_who(char *out, const struct wzp_relay_client *client)
{
    char address[WZP_ADDR_TEXT_MAX];
    struct wzp_addr local, remote;

    memset(&remote, 0, sizeof remote);
    client->link->path(client->at, &local, &remote);
    snprintf(out, WZP_RELAY_WHO_MAX, "%s (%s)", client->name.text[0] ? client->name.text : "?",
             wzp_addr_format(address, &remote));
    return out;
}

bool wzp_relay_tapped(const struct wzp_relay *r, const char *room)
{
    return r->config.debug_tap[0] &&
           (strcmp(r->config.debug_tap, "*") == 0 || strcmp(r->config.debug_tap, room) == 0);
}

void wzp_relay_address_for(const struct wzp_relay *r, const struct wzp_relay_client *client,
                           char *out)
{
    struct wzp_addr local, remote;

    if (!r->config.advertised_addr[0] && wzp_addr_is_unspecified(&r->local)) {
        /* Bound to all addresses: the one that this client reached is known to be reachable for
         * it. */
        memset(&local, 0, sizeof local);
        client->link->path(client->at, &local, &remote);
        if (!wzp_addr_is_none(&local) && !wzp_addr_is_unspecified(&local)) {
            wzp_addr_set_port(&local, wzp_addr_port(&r->local));
            wzp_addr_format(out, &local);
            return;
        }
    }
    wzp_relay_advertised(r, out);
}

void wzp_relay_client_alias(struct wzp_relay_client *client, const char *alias)
{
    /* A control character takes six bytes in every list, and could disturb terminals. */
    wzp_text_filter(client->alias, sizeof client->alias, alias ? alias : "",
                    alias ? strlen(alias) : 0);
}

void wzp_relay_client_close(struct wzp_relay *r, struct wzp_relay_client *client,
                            const char *reason, uint64_t now)
{
    wzp_relay_client_close_with(r, client, WZP_CLOSE_PLAIN, reason, now);
}

void wzp_relay_client_close_with(struct wzp_relay *r, struct wzp_relay_client *client,
                                 enum wzp_close_code code, const char *reason, uint64_t now)
{
    if (client->stage == WZP_RELAY_STAGE_CLOSING)
        return;
    client->stage = WZP_RELAY_STAGE_CLOSING;
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    client->link->close(client->at, code, reason, true, now);
}

void wzp_relay_client_cut(struct wzp_relay *r, struct wzp_relay_client *client, const char *reason,
                          uint64_t now)
{
    if (client->stage == WZP_RELAY_STAGE_CLOSING)
        return;
    client->stage = WZP_RELAY_STAGE_CLOSING;
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    client->link->close(client->at, WZP_CLOSE_PLAIN, reason, false, now);
}

void wzp_relay_client_send_text(struct wzp_relay *r, struct wzp_relay_client *client,
                                const char *text, size_t length, uint64_t now)
{
    int result;

    if (client->stage == WZP_RELAY_STAGE_CLOSING)
        return;
    result = client->link->send(client->at, text, length, now);
    if (result == WZP_E_LIMIT) {
        char who[WZP_RELAY_WHO_MAX];

        r->total.slow_readers++;
        wzp_relay_log(r, now, WZP_LOG_WARN, "%s does not read its messages: closed",
                      wzp_relay_who(who, client));
        wzp_relay_client_cut(r, client, "slow reader", now);
    } else if (result < 0 && result != WZP_E_CLOSED) {
        /* A peer that missed a message would disagree about the state. */
        wzp_relay_client_close(r, client, wzp_strerror(result), now);
    }
}

int wzp_relay_client_send(struct wzp_relay *r, struct wzp_relay_client *client,
                          const struct wzp_signal *signal, uint64_t now)
{
    char *text;
    size_t length;
    int result = wzp_signal_write(&text, &length, signal);

    if (result < 0)
        return result;
    wzp_relay_client_send_text(r, client, text, length, now);
    wzp_free(text);
    return 0;
}

/* Waits for the first message, or if tokens are in use for the AuthToken before it. */
static void await_first(struct wzp_relay *r, struct wzp_relay_client *client,
                        enum wzp_relay_stage stage, uint64_t now)
{
    client->stage = r->config.auth_url[0] ? WZP_RELAY_STAGE_TOKEN : stage;
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_FIRST, client, now);
}

static void refuse(struct wzp_relay *r, struct wzp_relay_client *client, const char *reason,
                   uint64_t now)
{
    r->total.connections_refused++;
    wzp_relay_client_close(r, client, reason, now);
}

static void start(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    switch (client->purpose) {
    case WZP_PURPOSE_PING: wzp_relay_client_close(r, client, "", now); break;
    case WZP_PURPOSE_VERSION:
        /* Nothing is read from it; the connection stays until the text has been sent. */
        client->stage = WZP_RELAY_STAGE_PROBE;
        if (client->conn)
            (void)wzp_quic_conn_send_uni(client->conn, r->build, strlen(r->build));
        wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_LINGER, client, now);
        break;
    case WZP_PURPOSE_PROBE:
        client->stage = WZP_RELAY_STAGE_PROBE;
        if (r->probe_count > WZP_RELAY_PROBES_MAX)
            refuse(r, client, "relay is full", now);
        else if (client->conn && wzp_relay_probe_is_known(r, client))
            wzp_quic_conn_set_budget(client->conn, WZP_QUIC_BUDGET_LINK);
        break;
    case WZP_PURPOSE_FEDERATION:
        client->stage = WZP_RELAY_STAGE_HELLO;
        if (r->neighbours.count)
            wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_HELLO, client, now);
        else
            wzp_relay_link_refuse(r, client, "federation not configured", "", now);
        break;
    case WZP_PURPOSE_SIGNAL:
        if (wzp_relay_seat_await(r, now))
            await_first(r, client, WZP_RELAY_STAGE_REGISTER, now);
        else
            refuse(r, client, "relay is full", now);
        break;
    case WZP_PURPOSE_UNKNOWN: /* an existing relay takes it as a room */
    case WZP_PURPOSE_ROOM:
    case WZP_PURPOSE_CALL_ROOM:
        if (client->sni[0] && !wzp_sni_valid(client->sni, strlen(client->sni)))
            refuse(r, client, "bad room name", now);
        else
            await_first(r, client, WZP_RELAY_STAGE_OFFER, now);
        break;
    }
}

static struct wzp_relay_client *make(struct wzp_relay *r, const struct wzp_relay_link *link,
                                     void *at, struct wzp_quic_conn *conn, const char *sni,
                                     uint64_t now)
{
    struct wzp_relay_client *client = wzp_calloc(1, sizeof *client);

    if (!client)
        return NULL;
    client->link = link;
    client->at = at;
    client->conn = conn;
    client->since = now;
    client->stage = WZP_RELAY_STAGE_PROBE;
    (void)wzp_text_copy(client->sni, sizeof client->sni, sni);
    client->purpose = wzp_sni_purpose(client->sni);
    client->next = r->clients;
    if (client->next)
        client->next->previous = client;
    r->clients = client;
    r->client_count++;
    if (client->purpose == WZP_PURPOSE_SIGNAL)
        r->signal_count++;
    if (client->purpose == WZP_PURPOSE_PROBE)
        r->probe_count++;
    return client;
}

struct wzp_relay_client *wzp_relay_client_new(struct wzp_relay *r,
                                              const struct wzp_relay_link *link, void *at,
                                              struct wzp_quic_conn *conn, const char *sni,
                                              uint64_t now)
{
    struct wzp_relay_client *client = make(r, link, at, conn, sni, now);

    if (client && r->draining)
        refuse(r, client, "shutdown", now);
    else if (client && wzp_relay_is_banned_network(r, client))
        refuse(r, client, WZP_RELAY_BANNED, now);
    else if (client)
        start(r, client, now);
    return client;
}

int wzp_relay_client_dial(struct wzp_relay_client **out, struct wzp_relay *r,
                          const struct wzp_addr *to, const char *sni, uint64_t now)
{
    struct wzp_addr local = r->local;
    struct wzp_quic_conn *conn;
    if (wzp_addr_is_v6(to) != wzp_addr_is_v6(&local)) {
        uint8_t any[16] = {0};
        uint16_t port = wzp_addr_port(&local);
        if (wzp_addr_is_v6(to))
            wzp_addr_from_ip6(&local, any, port);
        else
            wzp_addr_from_ip4(&local, any, port);
    }
    *out = NULL;
    int result = wzp_quic_connect(&conn, r->endpoint, &local, to, sni, NULL, now);
    if (result < 0)
        return result;
    struct wzp_relay_client *client = make(r, &wzp_relay_quic_link, conn, conn, sni, now);
    if (!client) {
        wzp_quic_conn_close(conn, 0, "", false, now);
        return WZP_E_MEMORY;
    }
    wzp_quic_conn_set_user(conn, client);
    client->is_dialled = true;
    client->stage = WZP_RELAY_STAGE_DIALLING;
    *out = client;
    return 0;
}

void wzp_relay_client_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    /* What follows from the client's end must not send to it any more. */
    client->stage = WZP_RELAY_STAGE_CLOSING;
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    if (client->previous)
        client->previous->next = client->next;
    else
        r->clients = client->next;
    if (client->next)
        client->next->previous = client->previous;
    r->client_count--;
    if (client->purpose == WZP_PURPOSE_SIGNAL)
        r->signal_count--;
    if (client->purpose == WZP_PURPOSE_PROBE)
        r->probe_count--;
    wzp_relay_link_gone(r, client, now);
    wzp_relay_prober_gone(r, client, now);
    wzp_relay_old_gone(r, client, now);
    wzp_relay_upstream_gone(r, client, now);
    wzp_relay_room_leave(r, client, now);
    wzp_relay_interests_drop(r, client);
    wzp_relay_seat_give(r, client);
    wzp_relay_pool_forget(r, client);
    wzp_relay_unregister(r, client, now);
    wzp_relay_offers_forget(r, client);
    wzp_relay_token_forget(r, client);
    wzp_relay_threads_forget(r, client);
    if (client->held)
        wzp_wipe(client->held, client->held_length);
    wzp_free(client->held);
    wzp_free(client);
}
