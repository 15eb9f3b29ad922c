/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/account_ack.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "phone/account_dial.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/link.h"
#include "phone/probe.h"
#include "phone/seen.h"

int wzp_account_send_token(struct wzp_phone *p, uint64_t now)
{
    struct wzp_signal signal;

    memset(&signal, 0, sizeof signal);
    signal.type = WZP_SIGNAL_AUTH_TOKEN;
    signal.u.auth_token.token = p->account.token;
    return wzp_link_send(p->account.link, &signal, now);
}

int wzp_account_send_register(struct wzp_phone *p, uint64_t now)
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

/* We receive calls from now on. */
static void begin(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;
    if (a->state == WZP_ACCOUNT_REGISTERED)
        a->calls->registered(p, now);
    if (a->state == WZP_ACCOUNT_REGISTERED)
        wzp_seen_ask(p, a->watch_limit, now);
}

void wzp_account_take_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now)
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
        wzp_account_pause_because(p, result, "the relay's proof of its identity is wrong", now);
        return;
    }
    if (a->must_prove && !proven) {
        wzp_account_block(p, now);
        wzp_gate_ask(p, WZP_PIN_MISMATCH, a->certificate, &a->connected);
        return;
    }
    if (proven && !wzp_gate_proven(p, &a->pin, a->certificate, &a->connected,
                                   ack->u.register_presence_ack.identity_pub, now)) {
        wzp_account_block(p, now);
        wzp_gate_ask(p, a->pin, a->certificate, &a->connected);
        return;
    }
    if (!ack->u.register_presence_ack.success) {
        const char *said = ack->u.register_presence_ack.error;
        char words[WZP_ERROR_TEXT_MAX], text[WZP_ERROR_TEXT_MAX + 40];
        wzp_event_text(words, sizeof words, said ? said : "no reason given");
        snprintf(text, sizeof text, "the relay refused the registration: %s", words);
        wzp_account_pause_because(p, WZP_E_REFUSED, text, now);
        return;
    }
    wzp_account_enter(p, WZP_ACCOUNT_REGISTERED, WZP_NEVER);
    a->registered_at = now;
    a->proven = proven != 0;
    a->refused = false;
    a->urgent = 0;
    a->probe.out = false;
    /* A relay that proves its identity is of our kind, and does not forget registrations. */
    a->probe.at = proven ? WZP_NEVER : wzp_time_add(now, WZP_PROBE_INTERVAL);
    a->watch_limit = ack->u.register_presence_ack.watch_limit;
    tell_registered(p, ack);
    begin(p, now);
}

void wzp_account_take_later_ack(struct wzp_phone *p, const struct wzp_signal *ack, uint64_t now)
{
    struct wzp_account *a = &p->account;
    struct wzp_event event;

    const char *error = ack->u.register_presence_ack.error;

    if (a->state == WZP_ACCOUNT_REGISTERED && !ack->u.register_presence_ack.success && error &&
        strncmp(error, WZP_DISPLACED_WORD, strlen(WZP_DISPLACED_WORD)) == 0) {
        wzp_account_enter(p, WZP_ACCOUNT_DISPLACED, WZP_NEVER);
        wzp_event_init(&event, WZP_EVENT_UNREGISTERED);
        event.u.unregistered.relay = a->connected.name;
        event.u.unregistered.displaced = true;
        event.u.unregistered.text = "another program with our identity registered here, and gets "
                                    "our calls now";
        wzp_event_emit(p, &event);
        wzp_seen_lost(p);
        a->calls->displaced(p, now);
    } else if (a->state == WZP_ACCOUNT_DISPLACED && ack->u.register_presence_ack.success) {
        wzp_account_enter(p, WZP_ACCOUNT_REGISTERED, WZP_NEVER);
        tell_registered(p, ack);
        begin(p, now);
    }
}
