/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/account.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "phone/dial.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/link.h"
#include "phone/probe.h"
#include "phone/seen.h"

#define URGENT_ROW 16 /* tries, of which one is told */

static const struct wzp_link_calls link_calls;

static void enter(struct wzp_phone *p, enum wzp_account_state state, uint64_t deadline)
{
    static const char *const names[] = {"idle",      "connecting", "proving", "registered",
                                        "displaced", "paused",     "blocked"};

    wzp_log(&p->config.log, WZP_LOG_DEBUG, "phone: registration: %s -> %s", names[p->account.state],
            names[state]);
    p->account.state = state;
    p->account.deadline = deadline;
}

static void drop_kept(struct wzp_phone *p, const char *reason, uint64_t now)
{
    struct wzp_account *a = &p->account;

    for (size_t i = 0; i < a->kept_count; i++)
        wzp_link_drop(&a->kept[i], reason, false, now);
    a->kept_count = 0;
}

/* A call is silent until we are registered again: tries are short and follow at once, most of them
 * without a word, and at the same relay. */
static bool is_urgent(const struct wzp_phone *p)
{
    return p->account.calls->waits(p);
}

static bool is_told(const struct wzp_phone *p)
{
    return p->account.urgent % URGENT_ROW == 0;
}

/* How long the handshake may take. */
static uint64_t patience(const struct wzp_phone *p)
{
    uint64_t trips = 3 * p->account.rtt;

    if (!is_urgent(p))
        return WZP_QUIC_HANDSHAKE_TIME + WZP_SECOND;
    return trips > WZP_PHONE_URGENT_TIME ? trips : WZP_PHONE_URGENT_TIME;
}

/* The connection is gone or was given up: when the next try is, and that is told. */
static void pause_because(struct wzp_phone *p, int code, const char *text, uint64_t now)
{
    struct wzp_account *a = &p->account;
    bool was_registered = a->state == WZP_ACCOUNT_REGISTERED, urgent = is_urgent(p);
    struct wzp_event event;

    wzp_dial_stop(&a->dial, now);
    wzp_link_drop(&a->link, "", false, now);
    a->probe.at = WZP_NEVER;
    if (a->state == WZP_ACCOUNT_IDLE)
        return; /* stopped from inside an event */
    /* A relay that was there is tried first, any other one after the next of the list. */
    a->urgent = urgent && !was_registered ? a->urgent + 1 : 0;
    if (!was_registered && a->relay_count > 0 && is_told(p))
        a->turn = (a->turn + 1) % a->relay_count;
    if (was_registered && wzp_time_since(now, a->registered_at) >= WZP_BACKOFF_GOOD_TIME)
        wzp_backoff_reset(&a->backoff);
    uint64_t delay = urgent ? 0 : wzp_backoff_next(&a->backoff, &p->config.random);
    /* Where there is no network at all a try ends at once. */
    if (urgent && a->state == WZP_ACCOUNT_CONNECTING && now < a->deadline)
        delay = WZP_PHONE_URGENT_TIME;
    enter(p, WZP_ACCOUNT_PAUSED, wzp_time_add(now, delay));
    wzp_event_init(&event, WZP_EVENT_UNREGISTERED);
    event.u.unregistered.relay = a->connected.name;
    event.u.unregistered.text = text;
    event.u.unregistered.code = code;
    event.u.unregistered.retry_ms = (uint32_t)(delay / WZP_MILLISECOND);
    event.u.unregistered.token_wanted = a->token_wanted;
    a->refused = code == WZP_E_REFUSED || a->token_wanted;
    a->token_wanted = false;
    if (is_told(p))
        wzp_event_emit(p, &event);
    wzp_seen_lost(p);
    if (was_registered)
        a->calls->lost(p, now);
}

static void pause_until_next(struct wzp_phone *p, const char *text, uint64_t now)
{
    pause_because(p, 0, text, now);
}

static void block(struct wzp_phone *p, uint64_t now)
{
    enter(p, WZP_ACCOUNT_BLOCKED, WZP_NEVER);
    wzp_link_drop(&p->account.link, "not trusted", false, now);
}

static void dial_failed(void *owner, int code, const char *why, uint64_t now)
{
    (void)code;
    pause_until_next(owner, why, now);
}

static void tell_connecting(struct wzp_phone *p)
{
    const struct wzp_relay_place *place = &p->account.connected;
    struct wzp_event event;
    char remote[WZP_ADDR_TEXT_MAX] = "";

    wzp_event_init(&event, WZP_EVENT_CONNECTING);
    event.u.connecting.relay = place->name;
    if (place->count > 0)
        event.u.connecting.remote = wzp_addr_format(remote, &place->addresses[0]);
    wzp_event_emit(p, &event);
}

/* Names are resolved again at every connect, beside the dialling of what is known. */
static void ask_addresses(struct wzp_phone *p)
{
    struct wzp_account *a = &p->account;
    bool fresh = a->fresh[a->turn] && a->connected.count > 0;

    a->fresh[a->turn] = false;
    a->request = 0;
    if (!p->config.resolve || fresh)
        return;
    a->request = wzp_dial_ask(p, a->connected.name);
}

static void connect_now(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;

    a->connected = a->relays[a->turn];
    a->must_prove = false;
    enter(p, WZP_ACCOUNT_CONNECTING, wzp_time_add(now, patience(p)));
    if (is_told(p))
        tell_connecting(p);
    if (a->state != WZP_ACCOUNT_CONNECTING)
        return; /* stopped from inside the event */
    ask_addresses(p);
    int result = wzp_dial_start(&a->dial, p, &a->connected, WZP_SNI_SIGNAL, &link_calls,
                                dial_failed, p, now);
    if (result == WZP_E_NETWORK)
        pause_until_next(p, "no address of the relay can be reached from here", now);
    else if (result < 0)
        pause_until_next(p, wzp_strerror(result), now);
}

void wzp_account_resolved(struct wzp_phone *p, uint32_t request, const struct wzp_addr *addresses,
                          size_t count, uint64_t now)
{
    struct wzp_account *a = &p->account;

    if (request == 0 || request != a->request)
        return;
    a->request = 0;
    if (count > 0) {
        wzp_dial_fill(&a->connected, addresses, count);
        for (size_t i = 0; i < a->relay_count; i++)
            if (strcmp(a->relays[i].name, a->connected.name) == 0)
                a->relays[i] = a->connected;
        wzp_dial_more(&a->dial, now);
    } else if (a->state == WZP_ACCOUNT_CONNECTING && a->connected.count == 0) {
        pause_until_next(p, "the relay's name could not be resolved", now);
    }
}

void wzp_account_start(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state == WZP_ACCOUNT_IDLE || p->account.state == WZP_ACCOUNT_PAUSED)
        connect_now(p, now);
}

void wzp_account_move(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state != WZP_ACCOUNT_REGISTERED)
        return;
    pause_until_next(p, "another relay is nearer", now);
    wzp_account_start(p, now);
}

void wzp_account_unblock(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state == WZP_ACCOUNT_BLOCKED)
        connect_now(p, now);
}

void wzp_account_stop(struct wzp_phone *p, uint64_t now)
{
    enter(p, WZP_ACCOUNT_IDLE, WZP_NEVER);
    wzp_dial_stop(&p->account.dial, now);
    wzp_seen_lost(p);
    drop_kept(p, "shutdown", now);
    p->account.probe.at = WZP_NEVER;
    wzp_link_drop(&p->account.link, "shutdown", true, now);
}

int wzp_account_send(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now)
{
    if (p->account.state != WZP_ACCOUNT_REGISTERED)
        return WZP_E_STATE;
    int result = wzp_link_send(p->account.link, signal, now);
    /* A relay that does not read is as good as gone; `closed` follows, and the next try. */
    if (result == WZP_E_LIMIT)
        wzp_quic_conn_close(p->account.link->conn, 0, "signals are not read", false, now);
    return result;
}

static int send_token(struct wzp_phone *p, uint64_t now)
{
    struct wzp_signal signal;

    memset(&signal, 0, sizeof signal);
    signal.type = WZP_SIGNAL_AUTH_TOKEN;
    signal.u.auth_token.token = p->account.token;
    return wzp_link_send(p->account.link, &signal, now);
}

static int send_register(struct wzp_phone *p, uint64_t now)
{
    struct wzp_signal signal;
    uint8_t exporter[WZP_EXPORTER_SIZE];
    uint8_t signature[64];

    int result =
        wzp_quic_conn_export(p->account.link->conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0);
    if (result < 0)
        return result;
    memset(&signal, 0, sizeof signal);
    wzp_register_make(&signal, signature, &p->identity, exporter);
    if (p->config.alias[0] != '\0')
        signal.u.register_presence.alias = p->config.alias;
    signal.u.register_presence.has_hidden = signal.u.register_presence.hidden = p->config.hidden;
    result = wzp_link_send(p->account.link, &signal, now);
    wzp_wipe(exporter, sizeof exporter);
    return result;
}

void wzp_account_renew(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state == WZP_ACCOUNT_REGISTERED && send_register(p, now) < 0)
        wzp_log(&p->config.log, WZP_LOG_WARN, "phone: the registration could not be renewed");
}

void wzp_account_check(struct wzp_phone *p, uint64_t now)
{
    struct wzp_signal ping;

    memset(&ping, 0, sizeof ping);
    ping.type = WZP_SIGNAL_PING;
    ping.u.ping.timestamp_ms = now / WZP_MILLISECOND;
    /* The packet itself is what counts: the relay sees where we are now, or QUIC sees that nobody
     * answers. A pause between two tries is over, and a try under way begins anew: the new network
     * may do better. */
    if (p->account.state == WZP_ACCOUNT_REGISTERED)
        (void)wzp_account_send(p, &ping, now);
    else if (p->account.state == WZP_ACCOUNT_PAUSED || p->account.state == WZP_ACCOUNT_CONNECTING)
        connect_now(p, now);
}

static void on_connected(void *owner, struct wzp_link *link, uint64_t now)
{
    struct wzp_phone *p = owner;
    struct wzp_account *a = &p->account;
    int result = 0;

    a->link = link;
    a->connected.remote = link->remote;
    enum wzp_gate gate = wzp_gate_check(p, &a->pin, a->certificate, &a->connected, link->conn, now);
    if (!a->link || a->state != WZP_ACCOUNT_CONNECTING)
        return; /* the owner stopped us from inside the event */
    if (gate == WZP_GATE_SHUT) {
        block(p, now);
        return;
    }
    a->must_prove = gate == WZP_GATE_PROVE;
    if (gate == WZP_GATE_OPEN && a->token[0] != '\0')
        result = send_token(p, now);
    if (result == 0)
        result = send_register(p, now);
    if (result < 0) {
        pause_until_next(p, wzp_strerror(result), now);
        return;
    }
    enter(p, WZP_ACCOUNT_PROVING, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
}

static void tell_registered(struct wzp_phone *p, const struct wzp_signal *ack)
{
    struct wzp_event event;
    struct wzp_quic_stats stats;
    char build[64], region[64], remote[WZP_ADDR_TEXT_MAX];

    wzp_event_text(build, sizeof build, ack->u.register_presence_ack.relay_build);
    wzp_event_text(region, sizeof region, ack->u.register_presence_ack.relay_region);
    wzp_quic_conn_stats(p->account.link->conn, &stats);
    p->account.rtt = stats.rtt_smoothed;
    wzp_event_init(&event, WZP_EVENT_REGISTERED);
    event.u.registered.relay = p->account.connected.name;
    event.u.registered.remote = wzp_addr_format(remote, &p->account.connected.remote);
    event.u.registered.build = build;
    event.u.registered.region = region;
    event.u.registered.proven = p->account.proven;
    event.u.registered.pin = p->account.pin;
    event.u.registered.rtt_ms = (uint32_t)(stats.rtt_smoothed / WZP_MILLISECOND);
    wzp_event_emit(p, &event);
}

/* Calls come here from now on. */
static void begin(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;
    if (a->state == WZP_ACCOUNT_REGISTERED)
        a->calls->registered(p, now);
    if (a->state == WZP_ACCOUNT_REGISTERED)
        wzp_seen_ask(p, a->watch_limit, now);
}

/* The first answer on the connection: are we in, and is it the relay it says it is? */
static void take_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now)
{
    struct wzp_account *a = &p->account;
    uint8_t exporter[WZP_EXPORTER_SIZE];
    struct wzp_error err = {0};
    int proven = 0;

    int result = wzp_quic_conn_export(a->link->conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0);
    if (result == 0)
        result = wzp_register_ack_check(&proven, ack, exporter, &err);
    wzp_wipe(exporter, sizeof exporter);
    if (result < 0) {
        pause_because(p, result, "the relay's proof of its identity is wrong", now);
        return;
    }
    if (a->must_prove && !proven) {
        wzp_gate_ask(p, WZP_PIN_MISMATCH, a->certificate, &a->connected);
        block(p, now);
        return;
    }
    if (proven && !wzp_gate_proven(p, &a->pin, a->certificate, &a->connected,
                                   ack->u.register_presence_ack.identity_pub, now)) {
        block(p, now);
        return;
    }
    if (!ack->u.register_presence_ack.success) {
        const char *said = ack->u.register_presence_ack.error;
        char words[WZP_ERROR_TEXT_MAX], text[WZP_ERROR_TEXT_MAX + 40];
        wzp_event_text(words, sizeof words, said ? said : "no reason given");
        snprintf(text, sizeof text, "the relay refused the registration: %s", words);
        pause_because(p, WZP_E_REFUSED, text, now);
        return;
    }
    enter(p, WZP_ACCOUNT_REGISTERED, WZP_NEVER);
    a->registered_at = now;
    a->proven = proven != 0;
    a->urgent = 0;
    a->probe.out = false;
    /* Who proves its identity is one of ours, and keeps what it files. */
    a->probe.at = proven ? WZP_NEVER : wzp_time_add(now, WZP_PROBE_INTERVAL);
    a->watch_limit = ack->u.register_presence_ack.watch_limit;
    tell_registered(p, ack);
    begin(p, now);
}

/* Another program with our identity came, or went, as our relays say it: the newest gets the calls.
 * Going there again would only take them back from it. */
static void take_later_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now)
{
    struct wzp_account *a = &p->account;
    struct wzp_event event;

    const char *error = ack->u.register_presence_ack.error;

    if (a->state == WZP_ACCOUNT_REGISTERED && !ack->u.register_presence_ack.success && error &&
        strncmp(error, WZP_DISPLACED_WORD, strlen(WZP_DISPLACED_WORD)) == 0) {
        enter(p, WZP_ACCOUNT_DISPLACED, WZP_NEVER);
        wzp_event_init(&event, WZP_EVENT_UNREGISTERED);
        event.u.unregistered.relay = a->connected.name;
        event.u.unregistered.displaced = true;
        event.u.unregistered.text = "another program with our identity registered here, and gets "
                                    "our calls now";
        wzp_event_emit(p, &event);
        wzp_seen_lost(p);
    } else if (a->state == WZP_ACCOUNT_DISPLACED && ack->u.register_presence_ack.success) {
        enter(p, WZP_ACCOUNT_REGISTERED, WZP_NEVER);
        tell_registered(p, ack);
        begin(p, now);
    }
}

/* The relay does not know us any more: another connection, beside this one, which stays open,
 * because its end would take the new one along. */
static void register_beside(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;
    struct wzp_event event;

    wzp_event_init(&event, WZP_EVENT_NOTICE);
    event.u.notice.text = "the relay had forgotten our registration: registering again";
    wzp_event_emit(p, &event);
    wzp_seen_lost(p);
    if (a->state != WZP_ACCOUNT_REGISTERED)
        return; /* stopped from inside the event */
    if (a->kept_count == WZP_PHONE_KEPT_MAX)
        drop_kept(p, "", now);
    a->kept[a->kept_count++] = a->link;
    a->link = NULL;
    a->probe.at = WZP_NEVER;
    connect_now(p, now);
}

static bool take_probe(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now)
{
    struct wzp_account *a = &p->account;
    enum wzp_probe_answer answer = wzp_probe_take(&a->probe, a->link, signal, now);

    if (answer == WZP_PROBE_FOUND)
        a->probe.at = wzp_time_add(now, WZP_PROBE_INTERVAL);
    else if (answer == WZP_PROBE_LOST)
        register_beside(p, now);
    return answer != WZP_PROBE_NONE;
}

static void probe(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;

    if (a->state != WZP_ACCOUNT_REGISTERED) {
        a->probe.at = WZP_NEVER;
    } else if (a->probe.out) {
        a->probe.out = false;
        register_beside(p, now); /* it did not come back */
    } else if (a->calls->busy(p)) {
        a->probe.at = wzp_time_add(now, WZP_PROBE_INTERVAL);
    } else {
        a->probe.at = wzp_time_add(now, WZP_PROBE_ANSWER);
        if (wzp_probe_send(&a->probe, p, a->link, now) < 0)
            a->probe.out = false;
    }
}

/* True when it was one of those that are only kept. */
static bool forget_kept(struct wzp_account *a, const struct wzp_link *link)
{
    for (size_t i = 0; i < a->kept_count; i++) {
        if (a->kept[i] != link)
            continue;
        a->kept[i] = a->kept[--a->kept_count];
        return true;
    }
    return false;
}

static void on_signal(void *owner, struct wzp_link *link, const struct wzp_signal *signal,
                      uint64_t now)
{
    struct wzp_phone *p = owner;

    if (link != p->account.link)
        return; /* a kept one */
    if (p->account.state == WZP_ACCOUNT_PROVING) {
        if (signal->type == WZP_SIGNAL_REGISTER_PRESENCE_ACK)
            take_ack(p, signal, now);
        return;
    }
    if (signal->type == WZP_SIGNAL_REGISTER_PRESENCE_ACK)
        take_later_ack(p, signal, now);
    else if (p->account.state == WZP_ACCOUNT_REGISTERED && !wzp_seen_take(p, signal) &&
             !take_probe(p, signal, now))
        p->account.calls->signal(p, signal, now);
}

static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now)
{
    struct wzp_phone *p = owner;
    char text[192];

    if (forget_kept(&p->account, link)) {
        if (p->account.probe.at != WZP_NEVER && !p->account.probe.out)
            p->account.probe.at = now; /* did it take the newer one along? */
        return;
    }
    p->account.link = NULL;
    bool is_peer = why->kind == WZP_QUIC_CLOSE_PEER;
    bool is_shutdown = is_peer && (why->code == WZP_CLOSE_SHUTDOWN ||
                                   strcmp(why->reason, "shutdown") == 0); /* older relays of ours */
    if (is_shutdown)
        p->account.relay_stopped = now;
    p->account.token_wanted = is_peer && why->code == WZP_CLOSE_TOKEN;
    switch (why->kind) {
    case WZP_QUIC_CLOSE_PEER:
        if (is_shutdown)
            snprintf(text, sizeof text, "the relay is shutting down");
        else
            snprintf(text, sizeof text, "the relay closed the connection%s%s",
                     why->reason[0] != '\0' ? ": " : "", why->reason);
        break;
    case WZP_QUIC_CLOSE_HANDSHAKE: snprintf(text, sizeof text, "no answer from the relay"); break;
    case WZP_QUIC_CLOSE_IDLE:
        snprintf(text, sizeof text, "nothing was heard from the relay any more");
        break;
    case WZP_QUIC_CLOSE_RESET:
        snprintf(text, sizeof text, "the relay does not know the connection any more");
        break;
    case WZP_QUIC_CLOSE_LOCAL:
    case WZP_QUIC_CLOSE_TRANSPORT:
        snprintf(text, sizeof text, "the connection to the relay failed%s%s",
                 why->reason[0] != '\0' ? ": " : "", why->reason);
        break;
    }
    pause_until_next(p, text, now);
}

static const struct wzp_link_calls link_calls = {
    .name = "registration", .connected = on_connected, .signal = on_signal, .closed = on_closed};

uint64_t wzp_account_expiry(const struct wzp_phone *p)
{
    const struct wzp_account *a = &p->account;

    return wzp_time_min(wzp_time_min(a->deadline, a->probe.at), wzp_dial_expiry(&a->dial));
}

void wzp_account_expire(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;

    wzp_dial_expire(&a->dial, now);
    if (now >= a->probe.at)
        probe(p, now);
    if (now < a->deadline)
        return;
    switch (a->state) {
    case WZP_ACCOUNT_PAUSED: connect_now(p, now); break;
    case WZP_ACCOUNT_CONNECTING: pause_until_next(p, "no answer from the relay", now); break;
    case WZP_ACCOUNT_PROVING:
        pause_until_next(p, "the relay did not answer the registration", now);
        break;
    case WZP_ACCOUNT_IDLE:
    case WZP_ACCOUNT_REGISTERED:
    case WZP_ACCOUNT_DISPLACED:
    case WZP_ACCOUNT_BLOCKED: a->deadline = WZP_NEVER; break;
    }
}
