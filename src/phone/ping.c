/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/ping.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/text.h"
#include "phone/dial.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/link.h"

#define PING_TIME (3 * WZP_SECOND)

static void on_connected(void *owner, struct wzp_link *link, uint64_t now);
static void on_failed(void *owner, int code, const char *why, uint64_t now);
static void on_build(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                     uint64_t now);
static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now);
static const struct wzp_link_calls ping_calls = {
    .name = "ping", .connected = on_connected, .closed = on_closed};
static const struct wzp_link_calls version_calls = {
    .name = "version", .uni = on_build, .closed = on_closed};

int wzp_ping_start(struct wzp_phone *p, const struct wzp_relay_place *place, uint64_t now)
{
    if (p->ping_count == WZP_PHONE_PINGS_MAX)
        return WZP_E_LIMIT;
    struct wzp_ping *ping = wzp_calloc(1, sizeof *ping);
    if (!ping)
        return WZP_E_MEMORY;
    ping->phone = p;
    ping->place = *place;
    ping->began = now;
    ping->deadline = wzp_time_add(now, PING_TIME);
    int result = wzp_dial_start(&ping->dial, p, &ping->place, WZP_SNI_PING, &ping_calls, on_failed,
                                ping, now);
    if (result < 0) {
        wzp_free(ping);
        return result;
    }
    p->pings[p->ping_count++] = ping;
    return 0;
}

void wzp_ping_drop(struct wzp_ping *ping, uint64_t now)
{
    wzp_dial_stop(&ping->dial, now);
    wzp_link_drop(&ping->link, "ping", false, now);
}

static void finish(struct wzp_ping *ping, int code, const char *trouble, uint64_t now)
{
    struct wzp_event event;
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char remote[WZP_ADDR_TEXT_MAX];

    if (ping->finished)
        return;
    ping->finished = true;
    ping->deadline = WZP_NEVER;
    wzp_ping_drop(ping, now);
    wzp_event_init(&event, ping->answered ? WZP_EVENT_PONG : WZP_EVENT_ERROR);
    if (ping->answered) {
        wzp_tls_fingerprint_format(fingerprint, ping->certificate);
        event.u.pong.relay = ping->place.name;
        event.u.pong.remote = wzp_addr_format(remote, &ping->place.remote);
        event.u.pong.certificate = fingerprint;
        event.u.pong.rtt_ms = ping->rtt_ms;
        event.u.pong.pin = ping->pin;
        event.u.pong.build = ping->build;
    } else {
        event.u.error.relay = ping->place.name;
        event.u.error.code = code;
        event.u.error.text = trouble;
    }
    wzp_event_emit(ping->phone, &event);
}

static void on_connected(void *owner, struct wzp_link *link, uint64_t now)
{
    struct wzp_ping *ping = owner;

    if (ping->answered)
        return;
    ping->link = link;
    ping->place.remote = link->remote;
    ping->rtt_ms = (uint32_t)(wzp_time_since(now, ping->began) / WZP_MILLISECOND);
    if (wzp_gate_check(ping->phone, &ping->pin, ping->certificate, &ping->place, link->conn, now) ==
        WZP_GATE_SHUT)
        wzp_gate_ask(ping->phone, ping->pin, ping->certificate, &ping->place);
    if (ping->finished)
        return;
    ping->answered = true;
    wzp_link_drop(&ping->link, "ping", false, now);
    ping->deadline = wzp_time_add(now, PING_TIME);
    if (wzp_link_open(&ping->link, ping->phone, &version_calls, ping,
                      &ping->phone->locals[wzp_addr_is_v6(&ping->place.remote)],
                      &ping->place.remote, WZP_SNI_VERSION, now) < 0)
        finish(ping, 0, "", now);
}

static void on_failed(void *owner, int code, const char *why, uint64_t now)
{
    finish(owner, code, why, now);
}

static void on_build(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                     uint64_t now)
{
    struct wzp_ping *ping = owner;

    (void)link;
    wzp_text_filter(ping->build, sizeof ping->build, (const char *)data, length);
    finish(ping, 0, "", now);
}

static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now)
{
    struct wzp_ping *ping = owner;
    char text[192];

    (void)link;
    ping->link = NULL;
    snprintf(text, sizeof text, "no answer from the relay%s%s", why->reason[0] != '\0' ? ": " : "",
             why->reason);
    finish(ping, WZP_E_TIMEOUT, text, now);
}

uint64_t wzp_ping_expiry(const struct wzp_ping *ping)
{
    return wzp_time_min(ping->deadline, wzp_dial_expiry(&ping->dial));
}

void wzp_ping_expire(struct wzp_ping *ping, uint64_t now)
{
    wzp_dial_expire(&ping->dial, now);
    if (now >= ping->deadline)
        finish(ping, WZP_E_TIMEOUT, "no answer from the relay", now);
}

void wzp_ping_reap(struct wzp_phone *p, bool all)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->ping_count; i++) {
        if (p->pings[i]->finished || all)
            wzp_free(p->pings[i]);
        else
            p->pings[kept++] = p->pings[i];
    }
    p->ping_count = kept;
}
