/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The phone object: creation, the four driver calls, shutdown. */
#include "wzp/phone.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "phone/accept.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/call_inbox.h"
#include "phone/direct.h"
#include "phone/entry.h"
#include "phone/ground.h"
#include "phone/link.h"
#include "phone/ping.h"
#include "phone/ports.h"
#include "phone/session.h"
#include "phone/step.h"

#define PART_TIME (1 * WZP_SECOND) /* for the last packets to leave */

/* ---- birth and end ---- */

static void on_qlog(void *owner, const struct wzp_quic_conn *conn, const void *data, size_t length)
{
    const struct wzp_phone *p = owner;
    p->config.qlog(p->config.context, conn, data, length);
}

static void on_keys(void *owner, const char *line, size_t length)
{
    const struct wzp_phone *p = owner;
    p->config.keys(p->config.context, line, length);
}

static int phone_open(struct wzp_phone *p, struct wzp_error *err)
{
    struct wzp_quic_config quic;
    const struct wzp_phone_config *c = &p->config;

    memset(&quic, 0, sizeof quic);
    quic.callbacks = wzp_link_callbacks();
    quic.callbacks.qlog = c->qlog ? on_qlog : NULL;
    quic.callbacks.keys = c->keys ? on_keys : NULL;
    wzp_accept_callbacks(&quic.callbacks);
    quic.owner = p;
    quic.random = c->random;
    quic.log = c->log;
    int result = wzp_quic_endpoint_new(&p->endpoint, &quic, err);
    if (result < 0)
        return result;
    result = wzp_phone_set_dsp(p, c->auto_gain, c->denoise, c->echo_cancel);
    if (result < 0)
        return wzp_error_set(err, result, "the microphone's filters: %s", wzp_strerror(result));
    return 0;
}

int wzp_phone_new_sized(struct wzp_phone **out, const struct wzp_phone_config *config, size_t size,
                        uint64_t now, struct wzp_error *err)
{
    *out = NULL;
    if (!wzp_codec_info(config->codec) || config->codec == WZP_CODEC_COMFORT_NOISE)
        return wzp_error_set(err, WZP_E_ARGUMENT, "this codec cannot be sent");
    if (!wzp_utf8_valid(config->alias, strlen(config->alias)))
        return wzp_error_set(err, WZP_E_SYNTAX, "the alias is not UTF-8");
    struct wzp_phone *p = wzp_calloc(1, sizeof *p);
    if (!p)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    memcpy(&p->config, config, size < sizeof p->config ? size : sizeof p->config);
    wzp_identity_from_seed(&p->identity, config->seed);
    wzp_wipe(p->config.seed, sizeof p->config.seed);
    p->born = p->now = now;
    wzp_account_init(p, &wzp_call_inbox);
    p->part_by = WZP_NEVER;
    wzp_ground_init(p);
    wzp_effort_init(&p->effort, p->config.low_complexity);
    wzp_pins_init(&p->own_pins);
    p->pins = config->pins ? config->pins : &p->own_pins;
    int result = phone_open(p, err);
    if (result < 0) {
        wzp_phone_free(p);
        return result;
    }
    *out = p;
    return 0;
}

void wzp_phone_free(struct wzp_phone *p)
{
    if (!p)
        return;
    if (p->endpoint)
        wzp_quic_endpoint_free(p->endpoint);
    wzp_session_reap(p, true);
    wzp_ping_reap(p, true);
    wzp_link_reap(p, true);
    wzp_dsp_free(p->dsp);
    wzp_free(p->seen.friends);
    wzp_pins_fini(&p->own_pins);
    wzp_identity_wipe(&p->identity);
    wzp_wipe(p, sizeof *p);
    wzp_free(p);
}

/* ---- the four calls ---- */

void wzp_phone_receive(struct wzp_phone *p, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now)
{
    wzp_phone_enter(p, now);
    wzp_quic_endpoint_receive(p->endpoint, local, remote, ecn, data, length, now);
    wzp_phone_leave(p);
}

uint64_t wzp_phone_expiry(const struct wzp_phone *p)
{
    uint64_t at = wzp_time_min(wzp_quic_endpoint_expiry(p->endpoint), wzp_account_expiry(p));

    at = wzp_time_min(at, wzp_time_min(p->part_by, wzp_ground_expiry(p)));
    at = wzp_time_min(at, wzp_time_min(wzp_ports_expiry(p), wzp_step_expiry(p)));
    for (size_t i = 0; i < p->session_count; i++)
        at = wzp_time_min(at, wzp_session_expiry(p->sessions[i]));
    for (size_t i = 0; i < p->ping_count; i++)
        at = wzp_time_min(at, wzp_ping_expiry(p->pings[i]));
    return at;
}

/* Tells all calls that our candidates have changed. */
static void announce(struct wzp_phone *p, uint64_t now)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *call = wzp_call_at(p, i);
        if (call)
            wzp_direct_announce(call, now);
    }
}

void wzp_phone_handle_expiry(struct wzp_phone *p, uint64_t now)
{
    wzp_phone_enter(p, now);
    wzp_quic_endpoint_handle_expiry(p->endpoint, now);
    wzp_account_expire(p, now);
    if (wzp_ground_expire(p, now))
        announce(p, now);
    for (size_t i = 0; i < p->session_count; i++)
        wzp_session_expire(p->sessions[i], now);
    for (size_t i = 0; i < p->ping_count; i++)
        wzp_ping_expire(p->pings[i], now);
    wzp_step_expire(p, now);
    wzp_ports_expire(p, now);
    if (now >= p->part_by)
        p->part_by = WZP_NEVER;
    wzp_phone_leave(p);
}

int wzp_phone_next_packet(struct wzp_phone *p, struct wzp_packet *out, uint64_t now)
{
    wzp_phone_enter(p, now);
    int result = wzp_quic_endpoint_next_packet(p->endpoint, out, now);
    wzp_phone_leave(p);
    return result;
}

static void drive_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                          uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    wzp_phone_receive(object, local, remote, ecn, data, length, now);
}

static uint64_t drive_expiry(const void *object)
{
    return wzp_phone_expiry(object);
}

static void drive_handle_expiry(void *object, uint64_t now)
{
    wzp_phone_handle_expiry(object, now);
}

static int drive_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    return wzp_phone_next_packet(object, out, now);
}

void wzp_phone_driver(struct wzp_driver *out, struct wzp_phone *p)
{
    *out = (struct wzp_driver){.object = p,
                               .receive = drive_receive,
                               .expiry = drive_expiry,
                               .handle_expiry = drive_handle_expiry,
                               .next_packet = drive_next_packet};
}

/* ---- parting ---- */

void wzp_phone_shutdown(struct wzp_phone *p, uint64_t now)
{
    if (p->parting)
        return;
    wzp_phone_enter(p, now);
    p->parting = true;
    p->part_by = wzp_time_add(now, PART_TIME);
    for (size_t i = 0; i < p->session_count; i++)
        if (!p->sessions[i]->ended)
            p->sessions[i]->kind->hang_up(p->sessions[i], now);
    for (size_t i = 0; i < p->ping_count; i++)
        p->pings[i]->finished = true;
    for (size_t i = 0; i < p->ping_count; i++)
        wzp_ping_drop(p->pings[i], now);
    wzp_account_stop(p, now);
    wzp_ground_stop(p, now);
    wzp_phone_leave(p);
}

bool wzp_phone_idle(const struct wzp_phone *p)
{
    if (p->session_count > 0)
        return false;
    if (p->parting && p->part_by == WZP_NEVER)
        return true;
    return !p->links && (!p->parting || wzp_ground_stopped(p));
}

const char *wzp_phone_fingerprint(const struct wzp_phone *p)
{
    return p->identity.fingerprint_text;
}

wzp_session_id wzp_phone_session(const struct wzp_phone *p, size_t i)
{
    for (size_t at = 0; at < p->session_count; at++)
        if (!p->sessions[at]->ended && i-- == 0)
            return p->sessions[at]->id;
    return 0;
}
