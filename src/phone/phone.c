/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The object itself: birth, the four driver calls, the commands. */
#include "wzp/phone.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/carrier.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/link.h"
#include "phone/ping.h"
#include "phone/session.h"
#include "phone/stream.h"

/* Every entry from outside stands between these two: an event may lead to a command inside, and
 * what ended meanwhile is freed when the outermost entry is left. */
static void phone_enter(struct wzp_phone *p, uint64_t now)
{
    p->now = now;
    p->depth++;
}

static void phone_leave(struct wzp_phone *p)
{
    if (--p->depth > 0)
        return;
    wzp_session_reap(p, false);
    wzp_ping_reap(p, false);
    wzp_link_reap(p);
}

/* ---- birth and end ---- */

static int phone_open(struct wzp_phone *p, struct wzp_error *err)
{
    struct wzp_quic_config quic;
    const struct wzp_phone_config *c = &p->config;

    memset(&quic, 0, sizeof quic);
    quic.callbacks = wzp_link_callbacks();
    quic.owner = p;
    quic.random = c->random;
    quic.log = c->log;
    int result = wzp_quic_endpoint_new(&p->endpoint, &quic, err);
    if (result < 0)
        return result;
    if (c->auto_gain || c->denoise || c->echo_cancel) {
        struct wzp_dsp_options options = {
            .echo_cancel = c->echo_cancel, .gain = c->auto_gain, .denoise = c->denoise};
        result = wzp_dsp_new(&p->dsp, &options);
        if (result < 0)
            return wzp_error_set(err, result, "the microphone's filters: %s", wzp_strerror(result));
    }
    return 0;
}

int wzp_phone_new(struct wzp_phone **out, const struct wzp_phone_config *config, uint64_t now,
                  struct wzp_error *err)
{
    *out = NULL;
    if (!wzp_codec_info(config->codec) || config->codec == WZP_CODEC_COMFORT_NOISE)
        return wzp_error_set(err, WZP_E_ARGUMENT, "this codec cannot be sent");
    struct wzp_phone *p = wzp_calloc(1, sizeof *p);
    if (!p)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    p->config = *config;
    wzp_identity_from_seed(&p->identity, config->seed);
    wzp_wipe(p->config.seed, sizeof p->config.seed);
    p->born = p->now = now;
    p->account.deadline = WZP_NEVER;
    p->part_by = WZP_NEVER;
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
    for (struct wzp_link *link = p->links; link; link = link->next)
        link->conn = NULL;
    wzp_link_reap(p);
    wzp_dsp_free(p->dsp);
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
    phone_enter(p, now);
    wzp_quic_endpoint_receive(p->endpoint, local, remote, ecn, data, length, now);
    phone_leave(p);
}

static uint64_t session_expiry(const struct wzp_session *s)
{
    if (s->ended)
        return WZP_NEVER;
    uint64_t at = wzp_time_min(wzp_carrier_expiry(s), wzp_stream_expiry(s));
    return s->is_room ? at : wzp_time_min(at, wzp_call_expiry(s));
}

uint64_t wzp_phone_expiry(const struct wzp_phone *p)
{
    uint64_t at = wzp_time_min(wzp_quic_endpoint_expiry(p->endpoint), p->account.deadline);

    at = wzp_time_min(at, p->part_by);
    for (size_t i = 0; i < p->session_count; i++)
        at = wzp_time_min(at, session_expiry(p->sessions[i]));
    for (size_t i = 0; i < p->ping_count; i++)
        at = wzp_time_min(at, p->pings[i]->deadline);
    return at;
}

static void session_expire(struct wzp_session *s, uint64_t now)
{
    if (!s->ended && !s->is_room)
        wzp_call_expire(s, now);
    if (!s->ended)
        wzp_carrier_expire(s, now);
    if (!s->ended)
        wzp_stream_expire(s, now);
}

void wzp_phone_handle_expiry(struct wzp_phone *p, uint64_t now)
{
    phone_enter(p, now);
    wzp_quic_endpoint_handle_expiry(p->endpoint, now);
    wzp_account_expire(p, now);
    for (size_t i = 0; i < p->session_count; i++)
        session_expire(p->sessions[i], now);
    for (size_t i = 0; i < p->ping_count; i++)
        wzp_ping_expire(p->pings[i], now);
    if (now >= p->part_by)
        p->part_by = WZP_NEVER;
    phone_leave(p);
}

int wzp_phone_next_packet(struct wzp_phone *p, struct wzp_packet *out, uint64_t now)
{
    phone_enter(p, now);
    int result = wzp_quic_endpoint_next_packet(p->endpoint, out, now);
    phone_leave(p);
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

/* ---- relay and registration ---- */

static int make_place(struct wzp_relay_place *out, const char *name, const struct wzp_addr *remote,
                      const struct wzp_addr *local, struct wzp_error *err)
{
    memset(out, 0, sizeof *out);
    if (name[0] == '\0' || !wzp_text_copy(out->name, sizeof out->name, name))
        return wzp_error_set(err, WZP_E_ARGUMENT, "the relay's name is empty or too long");
    if (wzp_addr_is_none(remote) || wzp_addr_port(remote) == 0)
        return wzp_error_set(err, WZP_E_ARGUMENT, "the relay \"%s\" has no address", out->name);
    if (wzp_addr_is_none(local) || wzp_addr_is_v6(local) != wzp_addr_is_v6(remote))
        return wzp_error_set(err, WZP_E_NETWORK,
                             "there is no local address that reaches the relay \"%s\"", out->name);
    out->remote = *remote;
    out->local = *local;
    return 0;
}

int wzp_phone_set_relay(struct wzp_phone *p, const char *name, const struct wzp_addr *remote,
                        const struct wzp_addr *local, const char *token, struct wzp_error *err)
{
    struct wzp_relay_place place;

    int result = make_place(&place, name, remote, local, err);
    if (result < 0)
        return result;
    if (token && strlen(token) >= sizeof p->account.token)
        return wzp_error_set(err, WZP_E_TOO_BIG, "the token is longer than %zu bytes",
                             sizeof p->account.token - 1);
    place.ours = true;
    p->account.place = place;
    p->account.has_place = true;
    if (p->account.state == WZP_ACCOUNT_IDLE)
        p->account.connected = place;
    wzp_wipe(p->account.token, sizeof p->account.token);
    wzp_text_copy(p->account.token, sizeof p->account.token, token ? token : "");
    return 0;
}

int wzp_phone_register_start(struct wzp_phone *p, uint64_t now, struct wzp_error *err)
{
    if (!p->account.has_place)
        return wzp_error_set(err, WZP_E_STATE, "there is no relay to register at");
    if (p->parting)
        return wzp_error_set(err, WZP_E_STATE, "the phone is shutting down");
    phone_enter(p, now);
    wzp_account_start(p, now);
    phone_leave(p);
    return 0;
}

bool wzp_phone_registered(const struct wzp_phone *p)
{
    return p->account.state == WZP_ACCOUNT_REGISTERED;
}

int wzp_phone_accept_relay(struct wzp_phone *p, uint64_t now)
{
    if (!wzp_gate_accept(p))
        return WZP_E_STATE;
    phone_enter(p, now);
    wzp_account_unblock(p, now);
    for (size_t i = 0; i < p->session_count; i++)
        if (!p->sessions[i]->ended)
            wzp_carrier_unblock(p->sessions[i], now);
    phone_leave(p);
    return 0;
}

int wzp_phone_ping(struct wzp_phone *p, const char *name, const struct wzp_addr *remote,
                   const struct wzp_addr *local, uint64_t now, struct wzp_error *err)
{
    struct wzp_relay_place place;

    int result = make_place(&place, name, remote, local, err);
    if (result < 0)
        return result;
    phone_enter(p, now);
    result = wzp_ping_start(p, &place, now);
    phone_leave(p);
    if (result < 0)
        return wzp_error_set(err, result, "ping of \"%s\": %s", place.name, wzp_strerror(result));
    return 0;
}

/* ---- calls and rooms ---- */

static int session_error(struct wzp_error *err, int result)
{
    if (result == WZP_E_LIMIT)
        return wzp_error_set(err, result, "there are %d calls and rooms already",
                             WZP_PHONE_SESSIONS_MAX);
    return wzp_error_set(err, result, "%s", wzp_strerror(result));
}

/* 128 random bits, so that nobody can name a call that is not theirs (C12). */
static void make_call_id(char *out, const struct wzp_random *random)
{
    uint8_t bits[16];

    wzp_random_bytes(random, bits, sizeof bits);
    wzp_hex_encode(out, bits, sizeof bits);
}

int wzp_phone_call(struct wzp_phone *p, wzp_session_id *out, const char *peer, uint64_t now,
                   struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    struct wzp_session *s;

    *out = 0;
    if (wzp_fingerprint_parse(fingerprint, peer, strlen(peer)) < 0) {
        char shown[64];
        wzp_text_filter(shown, sizeof shown, peer, strlen(peer));
        return wzp_error_set(err, WZP_E_SYNTAX, "\"%s\" is no fingerprint (32 hex digits)", shown);
    }
    if (memcmp(fingerprint, p->identity.fingerprint, sizeof fingerprint) == 0)
        return wzp_error_set(err, WZP_E_ARGUMENT, "that is your own fingerprint");
    if (p->parting || p->account.state == WZP_ACCOUNT_IDLE)
        return wzp_error_set(err, WZP_E_STATE, "calls need a registration: none was started");
    phone_enter(p, now);
    int result = wzp_session_new(&s, p, false, true, now);
    if (result == 0) {
        *out = s->id;
        memcpy(s->peer_fingerprint, fingerprint, sizeof fingerprint);
        s->has_peer_fingerprint = true;
        wzp_fingerprint_format(s->peer, fingerprint);
        make_call_id(s->call_id, &p->config.random);
        wzp_call_place(s, now);
    }
    phone_leave(p);
    return result < 0 ? session_error(err, result) : 0;
}

static int find_incoming(struct wzp_session **out, const struct wzp_phone *p, wzp_session_id id,
                         struct wzp_error *err)
{
    struct wzp_session *s = wzp_session_find(p, id);

    *out = s;
    if (!s || s->is_room)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such call");
    if (s->state != WZP_CALL_INCOMING)
        return wzp_error_set(err, WZP_E_STATE, "this call does not wait for an answer");
    return 0;
}

int wzp_phone_answer(struct wzp_phone *p, wzp_session_id session, bool trusted, uint64_t now,
                     struct wzp_error *err)
{
    struct wzp_session *s;

    int result = find_incoming(&s, p, session, err);
    if (result < 0)
        return result;
    phone_enter(p, now);
    s->trusted = trusted;
    wzp_call_on(s, WZP_ON_USER_ANSWER, now);
    phone_leave(p);
    return 0;
}

int wzp_phone_reject(struct wzp_phone *p, wzp_session_id session, bool busy, uint64_t now,
                     struct wzp_error *err)
{
    struct wzp_session *s;

    int result = find_incoming(&s, p, session, err);
    if (result < 0)
        return result;
    phone_enter(p, now);
    wzp_call_reject(s, busy, now);
    phone_leave(p);
    return 0;
}

static void hang_up(struct wzp_session *s, uint64_t now)
{
    if (s->is_room)
        wzp_session_end(s, WZP_END_NORMAL, "left", now);
    else
        wzp_call_on(s, WZP_ON_USER_HANGUP, now);
}

int wzp_phone_hangup(struct wzp_phone *p, wzp_session_id session, uint64_t now,
                     struct wzp_error *err)
{
    struct wzp_session *s = wzp_session_find(p, session);

    if (!s)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such call or room");
    phone_enter(p, now);
    hang_up(s, now);
    phone_leave(p);
    return 0;
}

int wzp_phone_join(struct wzp_phone *p, wzp_session_id *out, const char *room, uint64_t now,
                   struct wzp_error *err)
{
    char name[WZP_SNI_MAX + 1];
    struct wzp_session *s;

    *out = 0;
    int result = wzp_room_name_normalize(name, room, err);
    if (result < 0)
        return result;
    if (!p->account.has_place || p->parting)
        return wzp_error_set(err, WZP_E_STATE, "there is no relay that could hold the room");
    phone_enter(p, now);
    result = wzp_session_new(&s, p, true, true, now);
    if (result == 0) {
        *out = s->id;
        wzp_text_copy(s->room, sizeof s->room, name);
        wzp_text_copy(s->carrier.sni, sizeof s->carrier.sni, name);
        s->carrier.places[0] = p->account.place;
        s->carrier.place_count = 1;
        wzp_carrier_start(s, now);
    }
    phone_leave(p);
    return result < 0 ? session_error(err, result) : 0;
}

/* Mute and hold end in the same: the stream is told, and the listeners, when something changed. */
static int set_silence(struct wzp_phone *p, wzp_session_id session, const bool *muted,
                       const bool *held, uint64_t now)
{
    struct wzp_session *s = wzp_session_find(p, session);
    struct wzp_event event;

    if (!s)
        return WZP_E_NOT_FOUND;
    bool was_muted = s->muted, was_held = s->held;
    s->muted = muted ? *muted : s->muted;
    s->held = held ? *held : s->held;
    if (s->muted == was_muted && s->held == was_held)
        return 0;
    phone_enter(p, now);
    wzp_stream_apply_mute(s);
    wzp_event_about(&event, s, WZP_EVENT_MUTED);
    event.u.muted.muted = s->muted;
    event.u.muted.held = s->held;
    wzp_event_emit(p, &event);
    phone_leave(p);
    return 0;
}

int wzp_phone_mute(struct wzp_phone *p, wzp_session_id session, bool on, uint64_t now)
{
    return set_silence(p, session, &on, NULL, now);
}

int wzp_phone_hold(struct wzp_phone *p, wzp_session_id session, bool on, uint64_t now)
{
    return set_silence(p, session, NULL, &on, now);
}

int wzp_phone_verify_peer(struct wzp_phone *p, wzp_session_id session, uint64_t now)
{
    struct wzp_session *s = wzp_session_find(p, session);

    if (!s)
        return WZP_E_NOT_FOUND;
    if (!s->confirmed)
        return WZP_E_STATE;
    int result = wzp_pins_note_peer(p->pins, s->peer_fingerprint, s->peer_key, true, true);
    if (result < 0)
        return result;
    phone_enter(p, now);
    wzp_call_tell_security(s);
    phone_leave(p);
    return 0;
}

/* ---- parting ---- */

void wzp_phone_shutdown(struct wzp_phone *p, uint64_t now)
{
    if (p->parting)
        return;
    phone_enter(p, now);
    p->parting = true;
    p->part_by = wzp_time_add(now, WZP_PHONE_PART_TIME);
    for (size_t i = 0; i < p->session_count; i++)
        if (!p->sessions[i]->ended)
            hang_up(p->sessions[i], now);
    for (size_t i = 0; i < p->ping_count; i++)
        p->pings[i]->finished = true;
    for (size_t i = 0; i < p->ping_count; i++)
        wzp_link_drop(&p->pings[i]->link, "shutdown", false, now);
    wzp_account_stop(p, now);
    phone_leave(p);
}

bool wzp_phone_idle(const struct wzp_phone *p)
{
    if (p->session_count > 0)
        return false;
    return !p->links || (p->parting && p->part_by == WZP_NEVER);
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
