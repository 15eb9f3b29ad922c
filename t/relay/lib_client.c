/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_fake.h"
#include "tap.h"
#include "wire/media.h"

#define RELAY_ADDRESS "192.0.2.9:4433"

/* ---- the network ---- */

static void authenticate(void *context, uint64_t request, const char *token)
{
    struct net *net = context;

    net->request = request;
    snprintf(net->token, sizeof net->token, "%s", token);
}

/* ---- the relay as driven by the network; its allocations are counted ---- */

static void relay_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                          uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct net *net = object;
    uint64_t before = wzp_alloc_calls();

    wzp_relay_receive(net->relay, local, remote, ecn, data, length, now);
    net->relay_allocations += wzp_alloc_calls() - before;
}

static uint64_t relay_expiry(const void *object)
{
    return wzp_relay_expiry(((const struct net *)object)->relay);
}

static void relay_handle_expiry(void *object, uint64_t now)
{
    struct net *net = object;
    uint64_t before = wzp_alloc_calls();

    wzp_relay_handle_expiry(net->relay, now);
    net->relay_allocations += wzp_alloc_calls() - before;
}

static int relay_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct net *net = object;
    uint64_t before = wzp_alloc_calls();
    int result = wzp_relay_next_packet(net->relay, out, now);

    net->relay_allocations += wzp_alloc_calls() - before;
    if (result > 0)
        net->packets_from_relay += (out->length + out->segment - 1) / out->segment;
    return result;
}

void net_init(struct net *net, const struct wzp_relay_config *config)
{
    struct wzp_relay_config *own = malloc(sizeof *own);
    const struct wzp_relay_host host = {.context = net, .authenticate = authenticate};
    uint8_t seed[WZP_SEED_SIZE] = {99};
    struct wzp_error err = {0};

    wzp_signal_use_allocator();
    memset(net, 0, sizeof *net);
    if (!own)
        bail("no memory");
    wzp_relay_config_default(own);
    if (wzp_sim_new(&net->sim, 7))
        bail("no network");
    wzp_sim_run_until(net->sim, 1000 * WZP_SECOND);
    net->random = wzp_sim_random(net->sim);
    net->now = wzp_sim_now(net->sim);
    net->delay = 5 * WZP_MILLISECOND;
    wzp_identity_from_seed(&net->relay_identity, seed);
    wzp_addr_parse(&net->relay_address, RELAY_ADDRESS, strlen(RELAY_ADDRESS));
    if (wzp_relay_new(&net->relay, config ? config : own, net->relay_identity.seed,
                      &net->relay_address, "test-build", &host, &net->random, NULL, net->now,
                      &err) < 0) {
        free(own);
        bail("no relay: %s", err.text);
    }
    free(own);
    const struct wzp_sim_link line = {.delay = net->delay};
    const struct wzp_driver driver = {net, relay_receive, relay_expiry, relay_handle_expiry,
                                      relay_next_packet};
    if (wzp_sim_attach(net->sim, &net->relay_host, RELAY_ADDRESS, &driver, &line, &line))
        bail("no place for the relay");
}

void net_fini(struct net *net)
{
    while (net->peer_count)
        peer_free(net->peers[net->peer_count - 1]);
    wzp_relay_free(net->relay);
    wzp_sim_free(net->sim);
}

struct beyond {
    const size_t *counter;
    size_t value;
};

static bool is_beyond(void *context)
{
    const struct beyond *b = context;

    return *b->counter > b->value;
}

/* Runs until that time, or until *stop > beyond. */
static void run_until(struct net *net, uint64_t until, const size_t *stop, size_t beyond)
{
    struct beyond b = {stop, beyond};

    if (stop)
        wzp_sim_run_for(net->sim, is_beyond, &b, wzp_time_since(until, net->now));
    else
        wzp_sim_run_until(net->sim, until);
    net->now = wzp_sim_now(net->sim);
}

void net_run(struct net *net, uint64_t ns)
{
    run_until(net, net->now + ns, NULL, 0);
}

/* ---- a client ---- */

static void on_connected(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    (void)conn;
    (void)user;
    (void)now;
    ((struct peer *)owner)->connected = true;
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    struct peer *peer = owner;

    (void)conn;
    (void)user;
    (void)length;
    (void)now;
    if (peer->inbox_count == INBOX_MAX)
        bail("inbox is full");
    peer->inbox[peer->inbox_count] = strdup(text);
    if (!peer->inbox[peer->inbox_count++])
        bail("no memory");
}

static void on_datagram(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct peer *peer = owner;
    struct frame *frame = &peer->frames[peer->frame_count % FRAMES_MAX];

    (void)conn;
    (void)user;
    peer->frame_count++;
    frame->length = length;
    frame->at = now;
    memcpy(frame->data, data, length < FRAME_KEPT ? length : FRAME_KEPT);
}

static void on_uni(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                   size_t length, uint64_t now)
{
    (void)conn;
    (void)user;
    (void)now;
    snprintf(((struct peer *)owner)->uni, 300, "%.*s", (int)length, (const char *)data);
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    struct peer *peer = owner;

    (void)conn;
    (void)user;
    (void)now;
    peer->closed = true;
    peer->why = *why;
    peer->conn = NULL;
}

/* ---- the client as driven by the network; nothing happens while it is frozen ---- */

static void peer_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                         uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct peer *peer = object;

    if (!peer->frozen)
        wzp_quic_endpoint_receive(peer->endpoint, local, remote, ecn, data, length, now);
}

static uint64_t peer_expiry(const void *object)
{
    const struct peer *peer = object;

    return peer->frozen ? WZP_NEVER : wzp_quic_endpoint_expiry(peer->endpoint);
}

static void peer_handle_expiry(void *object, uint64_t now)
{
    struct peer *peer = object;

    if (!peer->frozen)
        wzp_quic_endpoint_handle_expiry(peer->endpoint, now);
}

static int peer_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct peer *peer = object;

    return peer->frozen ? 0 : wzp_quic_endpoint_next_packet(peer->endpoint, out, now);
}

static void plug_in(struct peer *peer)
{
    const struct wzp_driver driver = {peer, peer_receive, peer_expiry, peer_handle_expiry,
                                      peer_next_packet};
    char address[WZP_ADDR_TEXT_MAX];

    wzp_addr_format(address, &peer->address);
    if (wzp_sim_attach(peer->net->sim, &peer->host, address, &driver, NULL, NULL))
        bail("no place for a peer");
}

void peer_dial(struct net *net, struct peer *peer, const char *sni, uint8_t seed)
{
    struct wzp_quic_config config = {.callbacks = {.connected = on_connected,
                                                   .signal = on_signal,
                                                   .datagram = on_datagram,
                                                   .uni = on_uni,
                                                   .closed = on_closed},
                                     .owner = peer,
                                     .random = net->random,
                                     .stream_limit = net->stream_limit};
    static unsigned number;
    uint8_t ip[4] = {198, 51, 100, 0};
    struct wzp_error err = {0};
    int result;

    memset(peer, 0, sizeof *peer);
    peer->net = net;
    ip[3] = (uint8_t)(++number % 250 + 1);
    wzp_addr_from_ip4(&peer->address, ip, 5000);
    fake_identity(&peer->identity, seed);
    snprintf(peer->sni, sizeof peer->sni, "%s", sni ? sni : "");
    peer->frames = calloc(FRAMES_MAX, sizeof *peer->frames);
    if (!peer->frames || net->peer_count == PEERS_MAX)
        bail("no room for a peer");
    if (wzp_quic_endpoint_new(&peer->endpoint, &config, &err) < 0)
        bail("no endpoint: %s", err.text);
    net->peers[net->peer_count++] = peer;
    plug_in(peer);
    result = wzp_quic_connect(&peer->conn, peer->endpoint, &peer->address, &net->relay_address, sni,
                              NULL, net->now);
    if (result < 0)
        bail("no connection: %d", result);
    for (unsigned i = 0; i < 1500 && !peer->connected && !peer->closed; i++)
        net_run(net, 2 * WZP_MILLISECOND);
}

void peer_close(struct peer *peer)
{
    if (peer->conn)
        wzp_quic_conn_close(peer->conn, 0, "bye", true, peer->net->now);
    net_run(peer->net, 50 * WZP_MILLISECOND);
}

void peer_forget(struct peer *peer)
{
    peer->inbox_read = peer->inbox_count;
}

void peer_free(struct peer *peer)
{
    struct net *net = peer->net;

    for (size_t i = 0; i < net->peer_count; i++)
        if (net->peers[i] == peer) {
            memmove(&net->peers[i], &net->peers[i + 1],
                    (net->peer_count - i - 1) * sizeof net->peers[0]);
            net->peer_count--;
            break;
        }
    wzp_sim_detach(net->sim, peer->host);
    wzp_quic_endpoint_free(peer->endpoint);
    for (size_t i = 0; i < peer->inbox_count; i++)
        free(peer->inbox[i]);
    free(peer->frames);
}

void peer_send(struct peer *peer, const char *text)
{
    if (peer->conn)
        (void)wzp_quic_conn_send_signal(peer->conn, text, strlen(text), peer->net->now);
}

void peer_send_signal(struct peer *peer, const struct wzp_signal *signal)
{
    char *text;
    size_t length;

    if (wzp_signal_write(&text, &length, signal) < 0)
        bail("cannot write %s", wzp_signal_type_name(signal->type));
    peer_send(peer, text);
    wzp_free(text);
}

static bool is_type(const char *text, enum wzp_signal_type type)
{
    const char *name = wzp_signal_type_name(type);
    const char *at = text + strspn(text, "{\"");

    return strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == '"';
}

bool peer_has(struct peer *peer, enum wzp_signal_type type)
{
    for (size_t i = peer->inbox_read; i < peer->inbox_count; i++)
        if (is_type(peer->inbox[i], type))
            return true;
    return false;
}

const char *peer_wait(struct peer *peer, enum wzp_signal_type type)
{
    uint64_t until = peer->net->now + 3 * WZP_SECOND;

    for (;;) {
        while (peer->inbox_read < peer->inbox_count) {
            const char *text = peer->inbox[peer->inbox_read++];

            if (is_type(text, type))
                return text;
        }
        if (peer->closed || peer->net->now >= until)
            return NULL;
        run_until(peer->net, until, &peer->inbox_count, peer->inbox_count);
    }
}

bool peer_wait_signal(struct peer *peer, enum wzp_signal_type type, struct wzp_signal *out)
{
    const char *text = peer_wait(peer, type);

    return text && wzp_signal_parse(out, text, strlen(text), NULL) == 0;
}

bool peer_register(struct peer *peer, enum wzp_registration_class standing)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    uint8_t signature[WZP_SIGNATURE_SIZE], exporter[WZP_EXPORTER_SIZE];
    struct wzp_signal ack = {0};
    bool success;

    if (!peer->conn ||
        wzp_quic_conn_export(peer->conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0) < 0)
        return false;
    if (standing != WZP_REGISTRATION_ANONYMOUS)
        wzp_register_make(&signal, signature, &peer->identity, exporter);
    if (standing < WZP_REGISTRATION_PROVEN)
        signal.u.register_presence.binding.present = false;
    if (standing < WZP_REGISTRATION_SIGNED)
        signal.u.register_presence.signature.length = 0;
    peer_send_signal(peer, &signal);
    if (!peer_wait_signal(peer, WZP_SIGNAL_REGISTER_PRESENCE_ACK, &ack))
        return false;
    success = ack.u.register_presence_ack.success;
    wzp_signal_fini(&ack);
    return success;
}

void net_of_two(struct net *net, struct peer *a, struct peer *b)
{
    net_init(net, NULL);
    peer_dial(net, a, "_signal", 1);
    peer_dial(net, b, "_signal", 2);
    if (!peer_register(a, WZP_REGISTRATION_PLAIN) || !peer_register(b, WZP_REGISTRATION_PLAIN))
        bail("nobody registers");
}

bool peer_join(struct peer *peer, bool bound)
{
    struct wzp_signal offer = {0};
    struct wzp_handshake state;
    uint8_t signature[WZP_SIGNATURE_SIZE], exporter[WZP_EXPORTER_SIZE];

    if (!peer->conn ||
        wzp_quic_conn_export(peer->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0) < 0)
        return false;
    wzp_handshake_offer(&state, &offer, signature, &peer->identity, exporter, peer->sni,
                        &peer->net->random);
    wzp_handshake_wipe(&state);
    offer.u.call_offer.binding.present = bound;
    if (peer->version)
        offer.u.call_offer.protocol_version = peer->version;
    peer_send_signal(peer, &offer);
    return peer_wait(peer, WZP_SIGNAL_CALL_ANSWER) && peer_wait(peer, WZP_SIGNAL_ROOM_UPDATE);
}

void peer_offer(struct peer *peer, const struct peer *target, const char *call_id)
{
    char text[2048];
    char keys[160] = "[0";

    for (unsigned i = 1; i < 32; i++)
        strcat(keys, ",0");
    strcat(keys, "]");
    /* An unknown field: the relay must forward it. */
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\",\"identity_pub\":%s,"
             "\"ephemeral_pub\":%s,\"signature\":[],\"supported_profiles\":[],"
             "\"caller_reflexive_addr\":\"192.0.2.17:40001\","
             "\"caller_local_addrs\":[\"10.0.0.1:40001\"],\"x_future\":{\"a\":[1,2]}}}",
             peer->identity.fingerprint_text, target->identity.fingerprint_text, call_id, keys,
             keys);
    peer_send(peer, text);
}

void peer_answer(struct peer *peer, const char *call_id, const char *mode)
{
    char text[1024];

    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"%s\",\"accept_mode\":\"%s\","
             "\"callee_reflexive_addr\":\"198.51.100.9:40002\","
             "\"callee_local_addrs\":[\"10.0.0.2:40002\"],\"callee_mapped_addr\":\"203.0.113.5:1\","
             "\"x_future\":7}}",
             call_id, mode);
    peer_send(peer, text);
}

void peer_hangup(struct peer *peer, const char *reason, const char *call_id)
{
    char text[256];

    if (call_id)
        snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"%s\",\"call_id\":\"%s\"}}", reason,
                 call_id);
    else
        snprintf(text, sizeof text, "{\"Hangup\":{\"reason\":\"%s\"}}", reason);
    peer_send(peer, text);
}

void peer_frame(struct peer *peer, uint16_t sequence, size_t length,
                const struct wzp_quality_report *report)
{
    uint8_t payload[1200], bytes[1400];
    struct wzp_media_packet packet = {0};
    int written;

    memset(payload, 0x5a, sizeof payload);
    packet.header.codec = WZP_CODEC_OPUS_24K;
    packet.header.sequence = sequence;
    packet.header.timestamp = sequence * 20u;
    packet.payload = payload;
    packet.payload_length = length;
    if (report) {
        packet.header.has_report = true;
        packet.report = *report;
    }
    written = wzp_media_write(bytes, sizeof bytes, &packet);
    if (written < 0)
        bail("cannot write a frame");
    peer_datagram(peer, bytes, (size_t)written);
}

void peer_datagram(struct peer *peer, const uint8_t *data, size_t length)
{
    if (peer->conn)
        (void)wzp_quic_conn_send_datagram(peer->conn, data, length, 0, peer->net->now);
}
