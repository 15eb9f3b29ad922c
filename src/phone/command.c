/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands of the phone: what its user wants of relays, calls and rooms. */
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/addr.h"
#include "crypto/certificate.h"
#include "phone/account.h"
#include "phone/account_dial.h"
#include "phone/call.h"
#include "phone/call_setup.h"
#include "phone/call_tell.h"
#include "phone/dial.h"
#include "phone/direct.h"
#include "phone/entry.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/ground.h"
#include "phone/leg.h"
#include "phone/leg_dial.h"
#include "phone/leg_watch.h"
#include "phone/ping.h"
#include "phone/room.h"
#include "phone/session.h"
#include "phone/stream.h"

/* ---- relay and registration ---- */

static void tell_change(struct wzp_phone *p, uint64_t now)
{
    wzp_log(&p->config.log, WZP_LOG_DEBUG, "phone: the networks changed (%llu)",
            (unsigned long long)p->networks);
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *call = wzp_call_at(p, i);
        if (call)
            wzp_direct_networks_changed(call, now);
        if (!p->sessions[i]->ended)
            wzp_leg_doubt(&p->sessions[i]->leg, now);
    }
    wzp_account_check(p, now);
    wzp_ground_moved(p, now);
}

void wzp_phone_set_stun(struct wzp_phone *p, const struct wzp_addr *servers, size_t count,
                        uint64_t now)
{
    wzp_phone_enter(p, now);
    wzp_ground_set_stun(p, servers, count, now);
    wzp_phone_leave(p);
}

void wzp_phone_portmap_done(struct wzp_phone *p, const struct wzp_portmap_work_result *done,
                            uint64_t now)
{
    wzp_phone_enter(p, now);
    wzp_ground_work_done(p, done, now);
    wzp_phone_leave(p);
}

void wzp_phone_set_networks(struct wzp_phone *p, const struct wzp_networks *networks,
                            const struct wzp_addr *local4, const struct wzp_addr *local6,
                            uint64_t now)
{
    uint64_t generation = networks ? networks->generation : p->networks;
    bool changed = generation != p->networks && p->networks != 0;

    p->locals[0] = *local4;
    p->locals[1] = *local6;
    p->networks = generation;
    wzp_phone_enter(p, now);
    wzp_ground_set_networks(p, networks, now);
    if (changed)
        tell_change(p, now);
    wzp_phone_leave(p);
}

static int make_place(struct wzp_relay_place *out, const struct wzp_phone *p,
                      const struct wzp_relay_entry *relay, struct wzp_error *err)
{
    memset(out, 0, sizeof *out);
    wzp_text_copy(out->name, sizeof out->name, relay->name);
    if (out->name[0] == '\0')
        return wzp_error_set(err, WZP_E_ARGUMENT, "the relay's name is empty");
    if (relay->count > WZP_RELAY_PLACES_MAX)
        return wzp_error_set(err, WZP_E_LIMIT, "the relay \"%s\" has too many addresses",
                             out->name);
    if (relay->count == 0 && !p->config.resolve)
        return wzp_error_set(err, WZP_E_ARGUMENT, "the relay \"%s\" has no address", out->name);
    for (size_t i = 0; i < relay->count; i++)
        if (wzp_addr_is_none(&relay->addresses[i]) || wzp_addr_port(&relay->addresses[i]) == 0)
            return wzp_error_set(err, WZP_E_ARGUMENT, "the relay \"%s\" has no address", out->name);
    memcpy(out->addresses, relay->addresses, relay->count * sizeof *relay->addresses);
    out->count = relay->count;
    wzp_dial_order(out->addresses, out->count);
    return 0;
}

int wzp_phone_set_relays(struct wzp_phone *p, const struct wzp_relay_entry *relays, size_t count,
                         const char *token, struct wzp_error *err)
{
    struct wzp_account *a = &p->account;
    struct wzp_relay_place places[WZP_PHONE_RELAYS_MAX];

    if (count == 0 || count > WZP_PHONE_RELAYS_MAX)
        return wzp_error_set(err, count == 0 ? WZP_E_ARGUMENT : WZP_E_LIMIT,
                             "between 1 and %d relays can be given", WZP_PHONE_RELAYS_MAX);
    for (size_t i = 0; i < count; i++) {
        int result = make_place(&places[i], p, &relays[i], err);
        if (result < 0)
            return result;
        places[i].ours = true;
    }
    if (token && strlen(token) >= sizeof a->token)
        return wzp_error_set(err, WZP_E_TOO_BIG, "the token is longer than %zu bytes",
                             sizeof a->token - 1);
    for (size_t i = 0; i < count; i++) {
        a->relays[i] = places[i];
        a->fresh[i] = true;
    }
    a->relay_count = count;
    a->turn = 0;
    if (a->state == WZP_ACCOUNT_IDLE)
        a->connected = places[0];
    wzp_wipe(a->token, sizeof a->token);
    wzp_text_copy(a->token, sizeof a->token, token ? token : "");
    return 0;
}

void wzp_phone_resolved(struct wzp_phone *p, uint32_t request, const struct wzp_addr *addresses,
                        size_t count, uint64_t now)
{
    wzp_phone_enter(p, now);
    wzp_account_resolved(p, request, addresses, count, now);
    for (size_t i = 0; i < p->session_count; i++)
        wzp_leg_resolved(&p->sessions[i]->leg, request, addresses, count, now);
    wzp_phone_leave(p);
}

void wzp_phone_unreachable(struct wzp_phone *p, const struct wzp_addr *remote, int code,
                           uint64_t now)
{
    wzp_phone_enter(p, now);
    wzp_dial_unreachable(&p->account.dial, remote, code, now);
    for (size_t i = 0; i < p->session_count; i++)
        if (!p->sessions[i]->ended)
            wzp_dial_unreachable(&p->sessions[i]->leg.dial, remote, code, now);
    for (size_t i = 0; i < p->ping_count; i++)
        wzp_dial_unreachable(&p->pings[i]->dial, remote, code, now);
    wzp_phone_leave(p);
}

int wzp_phone_register_start(struct wzp_phone *p, uint64_t now, struct wzp_error *err)
{
    if (p->account.relay_count == 0)
        return wzp_error_set(err, WZP_E_STATE, "there is no relay to register at");
    if (p->parting)
        return wzp_error_set(err, WZP_E_STATE, "the phone is shutting down");
    wzp_phone_enter(p, now);
    wzp_account_start(p, now);
    wzp_phone_leave(p);
    return 0;
}

void wzp_phone_move(struct wzp_phone *p, uint64_t now)
{
    wzp_phone_enter(p, now);
    wzp_account_move(p, now);
    wzp_phone_leave(p);
}

bool wzp_phone_registered(const struct wzp_phone *p)
{
    return p->account.state == WZP_ACCOUNT_REGISTERED;
}

struct wzp_addr wzp_phone_seen_by_relay(const struct wzp_phone *p)
{
    return p->ground.seen_by_relay;
}

int wzp_phone_accept_relay(struct wzp_phone *p, const char *relay, const char *certificate,
                           uint64_t now)
{
    uint8_t sha256[32];

    if (relay[0] == '\0' || strlen(relay) >= WZP_PIN_NAME_MAX)
        return WZP_E_ARGUMENT;
    int result = wzp_tls_fingerprint_parse(sha256, certificate, strlen(certificate));
    if (result < 0)
        return result;
    wzp_gate_accept(p, relay, sha256);
    wzp_phone_enter(p, now);
    wzp_account_unblock(p, now);
    for (size_t i = 0; i < p->session_count; i++)
        if (!p->sessions[i]->ended)
            wzp_leg_unblock(&p->sessions[i]->leg, now);
    wzp_phone_leave(p);
    return 0;
}

int wzp_phone_ping(struct wzp_phone *p, const struct wzp_relay_entry *relay, uint64_t now,
                   struct wzp_error *err)
{
    struct wzp_relay_place place;

    int result = make_place(&place, p, relay, err);
    if (result < 0)
        return result;
    wzp_phone_enter(p, now);
    result = wzp_ping_start(p, &place, now);
    wzp_phone_leave(p);
    if (result == WZP_E_NETWORK)
        return wzp_error_set(err, result, "there is no local address that reaches the relay \"%s\"",
                             place.name);
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

/* True when we are calling this person already. Their program would take a second offer for the
 * same call, re-established after a loss, and our first call would stay here without media.
 * Somebody who called us may still be called: two people may call each other at the same time, and
 * their program sees two calls. */
static bool is_calling(const struct wzp_phone *p, const uint8_t *fingerprint)
{
    for (size_t i = 0; i < p->session_count; i++) {
        const struct wzp_call *c = wzp_call_at(p, i);
        if (c && c->session.outgoing &&
            memcmp(c->peer_fingerprint, fingerprint, sizeof c->peer_fingerprint) == 0)
            return true;
    }
    return false;
}

static bool is_in_room(const struct wzp_phone *p, const char *name)
{
    for (size_t i = 0; i < p->session_count; i++) {
        const struct wzp_session *s = p->sessions[i];
        if (!s->ended && s->is_room && strcmp(s->room, name) == 0)
            return true;
    }
    return false;
}

int wzp_phone_call(struct wzp_phone *p, wzp_session_id *out, const char *peer, uint64_t now,
                   struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    struct wzp_call *c;

    *out = 0;
    if (wzp_fingerprint_parse(fingerprint, peer, strlen(peer)) < 0) {
        char shown[64];
        wzp_text_filter(shown, sizeof shown, peer, strlen(peer));
        return wzp_error_set(err, WZP_E_SYNTAX, "\"%s\" is no fingerprint (32 hex digits)", shown);
    }
    if (memcmp(fingerprint, p->identity.fingerprint, sizeof fingerprint) == 0)
        return wzp_error_set(err, WZP_E_ARGUMENT, "that is your own fingerprint");
    if (p->parting || p->account.state == WZP_ACCOUNT_IDLE)
        return wzp_error_set(err, WZP_E_STATE, "a call needs a registration, and none was started");
    if (is_calling(p, fingerprint))
        return wzp_error_set(err, WZP_E_STATE,
                             "you are in a call with them already; hang that up first");
    wzp_phone_enter(p, now);
    int result = wzp_call_new(&c, p, true, now);
    if (result == 0) {
        *out = c->session.id;
        memcpy(c->peer_fingerprint, fingerprint, sizeof fingerprint);
        wzp_fingerprint_format(c->session.peer, fingerprint);
        wzp_call_make_id(c);
        wzp_call_place(c, now);
    }
    wzp_phone_leave(p);
    return result < 0 ? session_error(err, result) : 0;
}

static int find_incoming(struct wzp_call **out, const struct wzp_phone *p, wzp_session_id id,
                         struct wzp_error *err)
{
    struct wzp_session *s = wzp_session_find(p, id);

    if (!s || s->is_room)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such call");
    *out = (struct wzp_call *)s;
    if ((*out)->state != WZP_CALL_INCOMING)
        return wzp_error_set(err, WZP_E_STATE, "this call does not wait for an answer");
    return 0;
}

int wzp_phone_answer(struct wzp_phone *p, wzp_session_id session, bool trusted, uint64_t now,
                     struct wzp_error *err)
{
    struct wzp_call *c;

    int result = find_incoming(&c, p, session, err);
    if (result < 0)
        return result;
    wzp_phone_enter(p, now);
    c->trusted = trusted;
    wzp_call_on(c, WZP_ON_USER_ANSWER, now);
    wzp_phone_leave(p);
    return 0;
}

int wzp_phone_reject(struct wzp_phone *p, wzp_session_id session, bool busy, uint64_t now,
                     struct wzp_error *err)
{
    struct wzp_call *c;

    int result = find_incoming(&c, p, session, err);
    if (result < 0)
        return result;
    wzp_phone_enter(p, now);
    wzp_call_reject(c, busy, now);
    wzp_phone_leave(p);
    return 0;
}

int wzp_phone_hangup(struct wzp_phone *p, wzp_session_id session, uint64_t now,
                     struct wzp_error *err)
{
    struct wzp_session *s = wzp_session_find(p, session);

    if (!s)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such call or room");
    wzp_phone_enter(p, now);
    s->kind->hang_up(s, now);
    wzp_phone_leave(p);
    return 0;
}

/* The relay for a room: the one that we are registered at, else the first of the list. */
static const struct wzp_relay_place *room_relay(const struct wzp_phone *p)
{
    return p->account.state == WZP_ACCOUNT_REGISTERED ? &p->account.connected
                                                      : &p->account.relays[0];
}

int wzp_phone_join(struct wzp_phone *p, wzp_session_id *out, const char *room, uint64_t now,
                   struct wzp_error *err)
{
    return wzp_phone_join_locked(p, out, room, NULL, now, err);
}

int wzp_phone_join_locked(struct wzp_phone *p, wzp_session_id *out, const char *room,
                          const char *password, uint64_t now, struct wzp_error *err)
{
    char name[WZP_SNI_MAX + 1];
    struct wzp_session *s;

    *out = 0;
    int result = wzp_room_name_normalize(name, room, err);
    if (result < 0)
        return result;
    if (p->config.e2e == WZP_E2E_REQUIRE)
        return wzp_error_set(err, WZP_E_REFUSED,
                             "the relay can hear a room, and end-to-end encryption is required");
    if (p->account.relay_count == 0 || p->parting)
        return wzp_error_set(err, WZP_E_STATE, "there is no relay that could hold the room");
    if (password && (!password[0] || strlen(password) >= WZP_ROOM_PASSWORD_MAX))
        return wzp_error_set(err, WZP_E_RANGE, "a password has from 1 to %d bytes",
                             WZP_ROOM_PASSWORD_MAX - 1);
    if (is_in_room(p, name))
        return wzp_error_set(err, WZP_E_STATE, "you are in the room %s already", name);
    wzp_phone_enter(p, now);
    result = wzp_room_join(&s, p, name, password, room_relay(p), now);
    if (result == 0)
        *out = s->id;
    wzp_phone_leave(p);
    return result < 0 ? session_error(err, result) : 0;
}

/* Common part of mute and hold: tells the stream and the listeners when something changed. */
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
    wzp_phone_enter(p, now);
    wzp_stream_change(&s->leg, now);
    wzp_event_about(&event, s, WZP_EVENT_MUTED);
    event.u.muted.muted = s->muted;
    event.u.muted.held = s->held;
    wzp_event_emit(p, &event);
    wzp_phone_leave(p);
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
    struct wzp_call *c = s->is_room ? NULL : (struct wzp_call *)s;
    if (!c || !c->confirmed)
        return WZP_E_STATE;
    int result =
        wzp_pins_verify_peer(p->pins, c->peer_fingerprint, c->peer_key, wzp_phone_wall(p, now));
    if (result < 0)
        return result;
    wzp_phone_enter(p, now);
    wzp_call_tell_security(c);
    wzp_phone_leave(p);
    return 0;
}

int wzp_phone_set_audio(struct wzp_phone *p, wzp_session_id session,
                        const struct wzp_session_audio *audio, uint64_t now)
{
    struct wzp_session *s = wzp_session_find(p, session);

    if (!s)
        return WZP_E_NOT_FOUND;
    s->audio = audio ? *audio : (struct wzp_session_audio){0};
    wzp_stream_change(&s->leg, now);
    return 0;
}

/* ---- how we sound and are called ---- */

int wzp_phone_set_codec(struct wzp_phone *p, wzp_session_id session, enum wzp_codec codec,
                        uint64_t now)
{
    int result = 0;

    if (!wzp_codec_info(codec) || codec == WZP_CODEC_COMFORT_NOISE)
        return WZP_E_ARGUMENT;
    if (session != 0 && !wzp_session_find(p, session))
        return WZP_E_NOT_FOUND;
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_session *s = p->sessions[i];
        if (s->ended || (session != 0 && s->id != session))
            continue;
        int one = wzp_stream_set_codec(&s->leg, codec, "the user's choice", now);
        if (one < 0)
            result = one;
    }
    if (session == 0 && result == 0)
        p->config.codec = codec;
    return result;
}

int wzp_phone_set_dsp(struct wzp_phone *p, bool auto_gain, bool denoise, bool echo_cancel)
{
    struct wzp_dsp_options options = {
        .echo_cancel = echo_cancel, .gain = auto_gain, .denoise = denoise};
    struct wzp_dsp *dsp = NULL;

    if (auto_gain || denoise || echo_cancel) {
        int result = wzp_dsp_new(&dsp, &options);
        if (result < 0)
            return result;
    }
    wzp_dsp_free(p->dsp);
    p->dsp = dsp;
    p->far_filled = 0;
    return 0;
}

int wzp_phone_set_alias(struct wzp_phone *p, const char *alias, uint64_t now, struct wzp_error *err)
{
    if (!wzp_utf8_valid(alias, strlen(alias)))
        return wzp_error_set(err, WZP_E_SYNTAX, "the alias is not UTF-8");
    if (strlen(alias) >= sizeof p->config.alias)
        return wzp_error_set(err, WZP_E_SYNTAX, "the alias is longer than %zu bytes",
                             sizeof p->config.alias - 1);
    wzp_text_filter(p->config.alias, sizeof p->config.alias, alias, strlen(alias));
    wzp_phone_enter(p, now);
    wzp_account_renew(p, now);
    wzp_phone_leave(p);
    return 0;
}
