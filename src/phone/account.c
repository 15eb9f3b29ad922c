/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/account.h"

#include <stdio.h>
#include <string.h>

#include "phone/account_ack.h"
#include "phone/account_dial.h"
#include "phone/account_watch.h"
#include "phone/dial.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/link.h"
#include "phone/probe.h"
#include "phone/seen.h"

static void drop_kept(struct wzp_phone *p, const char *reason, uint64_t now)
{
    struct wzp_account *a = &p->account;

    for (size_t i = 0; i < a->kept_count; i++)
        wzp_link_drop(&a->kept[i], reason, false, now);
    a->kept_count = 0;
}

void wzp_account_start(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state == WZP_ACCOUNT_IDLE || p->account.state == WZP_ACCOUNT_PAUSED)
        wzp_account_connect(p, now);
}

void wzp_account_move(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state != WZP_ACCOUNT_REGISTERED)
        return;
    wzp_account_pause(p, "another relay is nearer", now);
    wzp_account_start(p, now);
}

void wzp_account_unblock(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state == WZP_ACCOUNT_BLOCKED)
        wzp_account_connect(p, now);
}

void wzp_account_stop(struct wzp_phone *p, uint64_t now)
{
    wzp_account_enter(p, WZP_ACCOUNT_IDLE, WZP_NEVER);
    wzp_dial_stop(&p->account.dial, now);
    wzp_seen_lost(p);
    drop_kept(p, "shutdown", now);
    p->account.probe.at = WZP_NEVER;
    wzp_link_drop(&p->account.link, "shutdown", true, now);
}

int wzp_account_send(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now)
{
    /* A displaced program may end its calls, but send nothing else. */
    bool ends = p->account.state == WZP_ACCOUNT_DISPLACED && signal->type == WZP_SIGNAL_HANGUP;

    if (p->account.state != WZP_ACCOUNT_REGISTERED && !ends)
        return WZP_E_STATE;
    int result = wzp_link_send(p->account.link, signal, now);
    wzp_account_watch_begin(p, now);
    /* A relay that does not read its signals is given up: `closed` follows, and with it the next
     * try. */
    if (result == WZP_E_LIMIT)
        wzp_quic_conn_close(p->account.link->conn, 0, "signals are not read", false, now);
    return result;
}

void wzp_account_renew(struct wzp_phone *p, uint64_t now)
{
    if (p->account.state == WZP_ACCOUNT_REGISTERED && wzp_account_send_register(p, now) < 0)
        wzp_log(&p->config.log, WZP_LOG_WARN, "phone: the registration could not be renewed");
}

void wzp_account_check(struct wzp_phone *p, uint64_t now)
{
    struct wzp_signal ping;

    memset(&ping, 0, sizeof ping);
    ping.type = WZP_SIGNAL_PING;
    ping.u.ping.timestamp_ms = now / WZP_MILLISECOND;
    /* The packet itself matters: the relay sees our new address, or QUIC finds out that nobody
     * answers. Without a connection, a pause between two tries ends, and a try under way starts
     * again: the new network may do better. */
    if (p->account.state == WZP_ACCOUNT_REGISTERED)
        (void)wzp_account_send(p, &ping, now);
    else if (p->account.state == WZP_ACCOUNT_PAUSED || p->account.state == WZP_ACCOUNT_CONNECTING)
        wzp_account_connect(p, now);
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
        return; /* a listener stopped the account from inside the event */
    if (gate == WZP_GATE_SHUT) {
        wzp_account_block(p, now);
        wzp_gate_ask(p, a->pin, a->certificate, &a->connected);
        return;
    }
    a->must_prove = gate == WZP_GATE_PROVE;
    if (gate == WZP_GATE_OPEN && a->token[0] != '\0')
        result = wzp_account_send_token(p, now);
    if (result == 0)
        result = wzp_account_send_register(p, now);
    if (result < 0) {
        wzp_account_pause(p, wzp_strerror(result), now);
        return;
    }
    wzp_account_enter(p, WZP_ACCOUNT_PROVING, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
}

/* The relay has forgotten our registration: makes another connection beside this one. This one
 * stays open, because closing it would remove the new registration, too. */
static void register_beside(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;

    wzp_event_notice(p, NULL, "the relay had forgotten our registration: registering again");
    wzp_seen_lost(p);
    if (a->state != WZP_ACCOUNT_REGISTERED)
        return; /* stopped from inside the event */
    if (a->kept_count == WZP_PHONE_KEPT_MAX)
        drop_kept(p, "", now);
    a->kept[a->kept_count++] = a->link;
    a->link = NULL;
    a->probe.at = WZP_NEVER;
    wzp_account_connect(p, now);
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
        register_beside(p, now); /* the probe's offer did not come back */
    } else if (a->calls->busy(p)) {
        a->probe.at = wzp_time_add(now, WZP_PROBE_INTERVAL);
    } else {
        a->probe.at = wzp_time_add(now, WZP_PROBE_ANSWER);
        if (wzp_probe_send(&a->probe, p, a->link, now) < 0)
            a->probe.out = false;
    }
}

/* Removes a connection from those that are only kept open; true when it was one. */
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
        return; /* a connection that is only kept open */
    if (p->account.state == WZP_ACCOUNT_PROVING) {
        if (signal->type == WZP_SIGNAL_REGISTER_PRESENCE_ACK)
            wzp_account_take_ack(p, signal, now);
        return;
    }
    if (signal->type == WZP_SIGNAL_REGISTER_PRESENCE_ACK)
        wzp_account_take_later_ack(p, signal, now);
    else if (p->account.state == WZP_ACCOUNT_REGISTERED && !wzp_seen_take(p, signal) &&
             !take_probe(p, signal, now))
        p->account.calls->signal(p, signal, now);
    wzp_account_watch_begin(p, now);
}

static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now)
{
    struct wzp_phone *p = owner;
    char text[192];

    if (forget_kept(&p->account, link)) {
        if (p->account.probe.at != WZP_NEVER && !p->account.probe.out)
            p->account.probe.at = now; /* did its end remove the newer registration? */
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
    wzp_account_pause(p, text, now);
}

static const struct wzp_link_calls link_calls = {
    .name = "registration", .connected = on_connected, .signal = on_signal, .closed = on_closed};

void wzp_account_init(struct wzp_phone *p, const struct wzp_account_calls *calls)
{
    p->account.deadline = p->account.probe.at = p->account.watch.at = WZP_NEVER;
    p->account.calls = calls;
    p->account.link_calls = &link_calls;
}

uint64_t wzp_account_expiry(const struct wzp_phone *p)
{
    const struct wzp_account *a = &p->account;

    uint64_t looks = wzp_time_min(a->probe.at, a->watch.at);
    return wzp_time_min(wzp_time_min(a->deadline, looks), wzp_dial_expiry(&a->dial));
}

void wzp_account_expire(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;

    wzp_dial_expire(&a->dial, now);
    if (now >= a->probe.at)
        probe(p, now);
    if (now >= a->watch.at && wzp_account_watch_expire(p, now))
        wzp_account_check(p, now);
    if (now < a->deadline)
        return;
    switch (a->state) {
    case WZP_ACCOUNT_PAUSED: wzp_account_connect(p, now); break;
    case WZP_ACCOUNT_CONNECTING: wzp_account_pause(p, "no answer from the relay", now); break;
    case WZP_ACCOUNT_PROVING:
        wzp_account_pause(p, "the relay did not answer the registration", now);
        break;
    case WZP_ACCOUNT_IDLE:
    case WZP_ACCOUNT_REGISTERED:
    case WZP_ACCOUNT_DISPLACED:
    case WZP_ACCOUNT_BLOCKED: a->deadline = WZP_NEVER; break;
    }
}
