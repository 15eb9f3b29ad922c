/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_old.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"
#include "sim/actors.h"
#include "tap.h"
#include "wire/media.h"
#include "wire/signal.h"

#define TICK (10 * WZP_MILLISECOND)
#define DIRECT_LIMIT (2 * WZP_SECOND)
/* the existing application waits its 500 ms head start twice */
#define RELAY_DELAY (1 * WZP_SECOND)
#define RELAY_LIMIT (5500 * WZP_MILLISECOND)
#define GRACE (1 * WZP_SECOND)
#define REPORT_WAIT (3 * WZP_SECOND)
#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define GOOD                                                                                       \
    "{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,\"frame_duration_ms\":20,\"frames_per_block\":5}"

static uint64_t now_of(const struct old *o)
{
    return wzp_sim_now(o->sim);
}

static void say(struct old *o, const char *text)
{
    if (o->signal)
        (void)wzp_quic_conn_send_signal(o->signal, text, strlen(text), now_of(o));
    wzp_sim_kick(o->sim, o->host);
}

/* ---- the race ---- */

static void dial(struct old *o, struct wzp_quic_conn **out, const struct wzp_addr *to,
                 const char *sni)
{
    if (wzp_quic_connect(out, o->endpoint, &o->local, to, sni, NULL, now_of(o)))
        *out = NULL;
}

static void set_up(struct old *o, const struct wzp_signal *setup)
{
    const struct wzp_candidate_texts texts = {
        .reflexive = setup->u.call_setup.peer_direct_addr,
        .mapped = setup->u.call_setup.peer_mapped_addr,
        .hosts = (const char *const *)setup->u.call_setup.peer_local_addrs.items,
        .host_count = setup->u.call_setup.peer_local_addrs.count};
    char sni[96];
    o->setup_at = now_of(o);
    snprintf(o->room, sizeof o->room, "%s", setup->u.call_setup.room);
    o->role = wzp_role_choose(o->reflexive, texts.reflexive ? texts.reflexive : "");
    if (!o->trusted)
        o->role = WZP_ROLE_NONE;
    wzp_candidate_list_read(&o->peer, &texts, NULL);
    if (o->role == WZP_ROLE_NONE || o->peer.count == 0)
        o->direct_failed = true;
    snprintf(sni, sizeof sni, "call-%s", o->room);
    for (size_t i = 0; o->role == WZP_ROLE_DIALER && i < o->peer.count; i++)
        if (!wzp_addr_is_v6(&o->peer.items[i].addr))
            dial(o, &o->dials[o->dial_count++], &o->peer.items[i].addr, sni);
}

static void close_conn(struct old *o, struct wzp_quic_conn **conn)
{
    struct wzp_quic_conn *closing = *conn;
    *conn = NULL;
    if (closing)
        wzp_quic_conn_close(closing, 0, "not-selected", false, now_of(o));
}

static void report(struct old *o)
{
    char text[256];
    o->ended_at = now_of(o);
    o->reported = true;
    snprintf(text, sizeof text,
             "{\"MediaPathReport\":{\"call_id\":\"%s\",\"direct_ok\":%s,\"race_winner\":\"%s\"}}",
             o->call_id, o->direct ? "true" : "false", o->direct ? "Direct" : "Relay");
    say(o, text);
}

/* Ends the race when both legs have succeeded or failed, or a second after the first of them. */
static void look_at_race(struct old *o)
{
    uint64_t at = now_of(o), took = at - o->setup_at;
    if (!o->leg_dialled && took >= RELAY_DELAY) {
        o->leg_dialled = true;
        dial(o, &o->leg, &o->relay, o->room);
    }
    if (!o->direct && took >= DIRECT_LIMIT)
        o->direct_failed = true;
    bool leg_failed = o->leg_dialled && !o->leg_at && (!o->leg || took >= RELAY_LIMIT);
    uint64_t first = 0;
    if (o->direct)
        first = o->direct_at;
    else if (o->direct_failed)
        first = o->setup_at + (o->role == WZP_ROLE_NONE ? 0 : DIRECT_LIMIT);
    if (o->leg_at && (first == 0 || o->leg_at < first))
        first = o->leg_at;
    bool both = (o->direct || o->direct_failed) && (o->leg_at || leg_failed);
    if (first && (both || at >= first + GRACE || o->role == WZP_ROLE_NONE))
        report(o);
}

static void settle(struct old *o)
{
    o->settled_at = now_of(o);
    o->is_direct = o->direct && o->peer_reported && o->peer_ok;
    close_conn(o, o->is_direct ? &o->leg : &o->direct);
    if (!o->is_direct && !o->leg) {
        o->leg_at = 0;
        dial(o, &o->leg, &o->relay, o->room);
    }
}

static void join(struct old *o)
{
    struct wzp_signal offer = {0};
    struct wzp_handshake state;
    uint8_t signature[WZP_SIGNATURE_SIZE], exporter[WZP_EXPORTER_SIZE];
    char *text;
    size_t length;
    if (wzp_quic_conn_export(o->leg, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0))
        return;
    wzp_handshake_offer(&state, &offer, signature, &o->identity, exporter, o->room, &o->random);
    wzp_handshake_wipe(&state);
    offer.u.call_offer.binding.present = false;
    if (wzp_signal_write(&text, &length, &offer))
        return;
    (void)wzp_quic_conn_send_signal(o->leg, text, length, now_of(o));
    wzp_free(text);
    o->leg_ready = true;
}

/* ---- media ---- */

static void speak(struct old *o)
{
    uint8_t frame[WZP_FRAME_BYTES_MAX], packet[WZP_PACKET_MAX];
    int16_t pcm[960];
    struct wzp_media_packet media = {.header = {.codec = WZP_CODEC_OPUS_24K,
                                                .sequence = o->sequence,
                                                .timestamp = o->sequence * 20u}};
    struct wzp_quic_conn *path = o->is_direct ? o->direct : o->leg_ready ? o->leg : NULL;
    for (size_t i = 0; i < 960; i++)
        pcm[i] = (int16_t)(8000 * sin(2 * 3.14159265358979 * (double)i / 96));
    int length = wzp_encoder_encode(o->encoder, frame, sizeof frame, pcm, 960);
    if (!path || length < 0)
        return;
    o->sequence++;
    media.payload = frame;
    media.payload_length = (size_t)length;
    int size = wzp_media_write(packet, sizeof packet, &media);
    if (size > 0)
        (void)wzp_quic_conn_send_datagram(path, packet, (size_t)size, 0, now_of(o));
}

static bool tick(void *context, uint64_t now)
{
    struct old *o = context;
    if (o->over)
        return false;
    if (o->setup_at && !o->hung_up) {
        if (!o->reported)
            look_at_race(o);
        else if (!o->settled_at &&
                 (!o->direct || o->peer_reported || now >= o->ended_at + REPORT_WAIT))
            settle(o);
        if (o->settled_at && !o->is_direct && o->leg_at && !o->leg_ready)
            join(o);
        if (o->settled_at && now / TICK % 2 == 0)
            speak(o);
        wzp_sim_kick(o->sim, o->host);
    }
    return true;
}

/* ---- callbacks ---- */

static void on_accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    struct old *o = owner;
    /* The existing application takes the first connection for the peer's. */
    if (o->role == WZP_ROLE_ACCEPTOR && o->setup_at && !o->reported && !o->direct) {
        o->direct = conn;
        o->direct_at = now;
    }
}

static void on_connected(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    struct old *o = owner;
    (void)user;
    if (conn == o->leg)
        o->leg_at = now;
    for (size_t i = 0; i < o->dial_count; i++) {
        if (o->dials[i] != conn)
            continue;
        o->dials[i] = NULL;
        if (o->direct || o->reported) {
            close_conn(o, &conn);
            continue;
        }
        o->direct = conn;
        o->direct_at = now;
        for (size_t k = 0; k < o->dial_count; k++)
            close_conn(o, &o->dials[k]);
    }
}

static void answer(struct old *o)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"%s\",\"accept_mode\":\"%s\","
             "\"chosen_profile\":" GOOD "%s%s%s,\"callee_build_version\":\"8fcf1be\"}}",
             o->call_id, o->trusted ? "AcceptTrusted" : "AcceptGeneric",
             o->trusted ? ",\"callee_reflexive_addr\":\"" : "", o->trusted ? o->reflexive : "",
             o->trusted ? "\"" : "");
    if (o->trusted) { /* the offer contains our address */
        char inside[64];
        size_t length = strlen(text) - 2;
        snprintf(text + length, sizeof text - length, ",\"callee_local_addrs\":[\"%s\"]}}",
                 wzp_addr_format(inside, &o->local));
    }
    say(o, text);
}

static void take(struct old *o, const struct wzp_signal *signal)
{
    switch (signal->type) {
    case WZP_SIGNAL_REGISTER_PRESENCE_ACK: say(o, "\"Reflect\""); break;
    case WZP_SIGNAL_REFLECT_RESPONSE:
        snprintf(o->reflexive, sizeof o->reflexive, "%s", signal->u.reflect_response.observed_addr);
        o->registered = true;
        break;
    case WZP_SIGNAL_DIRECT_CALL_OFFER:
        snprintf(o->call_id, sizeof o->call_id, "%s", signal->u.direct_call_offer.call_id);
        answer(o);
        break;
    case WZP_SIGNAL_CALL_SETUP: set_up(o, signal); break;
    case WZP_SIGNAL_MEDIA_PATH_REPORT:
        o->peer_reported = true;
        o->peer_ok = signal->u.media_path_report.direct_ok;
        break;
    case WZP_SIGNAL_HANGUP: o->hung_up = true; break;
    default: break;
    }
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    struct old *o = owner;
    struct wzp_signal signal;
    (void)user;
    (void)now;
    if (conn != o->signal || wzp_signal_parse(&signal, text, length, NULL) < 0)
        return;
    take(o, &signal);
    wzp_signal_fini(&signal);
}

static void on_datagram(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct old *o = owner;
    struct wzp_media_packet packet;
    (void)user;
    (void)now;
    if (wzp_media_parse(&packet, data, length) < 0)
        return;
    if (o->settled_at && conn == (o->is_direct ? o->direct : o->leg))
        o->heard++;
    else
        o->heard_elsewhere++;
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    struct old *o = owner;
    (void)user;
    (void)why;
    (void)now;
    if (conn == o->signal)
        o->signal = NULL;
    if (conn == o->direct)
        o->direct = NULL;
    if (conn == o->leg)
        o->leg = NULL;
    for (size_t i = 0; i < o->dial_count; i++)
        if (o->dials[i] == conn)
            o->dials[i] = NULL;
}

/* ---- opening and closing ---- */

static void sign_up(struct old *o)
{
    char text[1024];
    size_t at = (size_t)snprintf(text, sizeof text, "{\"RegisterPresence\":{\"identity_pub\":[");
    for (size_t i = 0; i < 32; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%u", i ? "," : "",
                               o->identity.public_key[i]);
    snprintf(text + at, sizeof text - at, "],\"signature\":[],\"alias\":null}}");
    say(o, text);
}

static bool is_registered(void *context)
{
    return ((struct old *)context)->registered;
}

void old_open(struct old *o, struct wzp_sim *sim, struct wzp_sim_network *net, const char *address,
              unsigned port, const char *relay)
{
    struct wzp_driver driver;
    char place[64];
    memset(o, 0, sizeof *o);
    o->sim = sim;
    o->trusted = true;
    o->random = wzp_sim_random(sim);
    wzp_sim_identity(&o->identity, 77);
    snprintf(place, sizeof place, "%s:%u", address, port);
    const struct wzp_quic_config config = {.callbacks = {.accepted = on_accepted,
                                                         .connected = on_connected,
                                                         .signal = on_signal,
                                                         .datagram = on_datagram,
                                                         .closed = on_closed},
                                           .owner = o,
                                           .random = o->random,
                                           .certificate = &o->certificate};
    wzp_certificate_of_relay(&o->certificate, &o->identity);
    if (wzp_encoder_new(&o->encoder, WZP_CODEC_OPUS_24K) ||
        wzp_quic_endpoint_new(&o->endpoint, &config, NULL) ||
        wzp_sim_host_add(sim, &o->host, "old") || wzp_sim_host_address(o->host, net, address) ||
        wzp_addr_parse(&o->local, place, strlen(place)) ||
        wzp_addr_parse(&o->relay, relay, strlen(relay)))
        bail("no old person");
    wzp_quic_endpoint_driver(&driver, o->endpoint);
    if (wzp_sim_host_bind(o->host, wzp_addr_port(&o->local), &driver) ||
        wzp_sim_every(sim, TICK, TICK, tick, o))
        bail("the old person has no place");
    dial(o, &o->signal, &o->relay, "_signal");
    wzp_sim_kick(sim, o->host);
    wzp_sim_run(sim, WZP_SECOND);
    sign_up(o);
    if (!wzp_sim_run_for(sim, is_registered, o, 3 * WZP_SECOND))
        bail("the old person is not registered");
}

void old_close(struct old *o)
{
    o->over = true;
    wzp_sim_run(o->sim, 2 * TICK);
    wzp_sim_host_unbind(o->host, wzp_addr_port(&o->local));
    wzp_quic_endpoint_free(o->endpoint);
    wzp_encoder_free(o->encoder);
    wzp_certificate_wipe(&o->certificate);
    wzp_identity_wipe(&o->identity);
}

void old_call(struct old *o, const char *fingerprint)
{
    char text[1024], inside[64];
    snprintf(o->call_id, sizeof o->call_id, "18a5f3c2b1d0e%03x", (unsigned)(now_of(o) % 4096));
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":" ZEROS
             ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],\"supported_profiles\":[" GOOD "],"
             "\"caller_reflexive_addr\":\"%s\",\"caller_local_addrs\":[\"%s\"],"
             "\"caller_build_version\":\"8fcf1be\"}}",
             o->identity.fingerprint_text, fingerprint, o->call_id, o->reflexive,
             wzp_addr_format(inside, &o->local));
    say(o, text);
}
