/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tap.h"
#include "wire/media.h"

/* ---- the network ---- */

static void authenticate(void *context, uint64_t request, const char *token)
{
    struct net *net = context;

    net->request = request;
    snprintf(net->token, sizeof net->token, "%s", token);
}

void net_init(struct net *net, const struct wzp_relay_config *config)
{
    struct wzp_relay_config *own = malloc(sizeof *own);
    const struct wzp_relay_host host = {net, authenticate};
    uint8_t seed[WZP_SEED_SIZE] = {99};
    struct wzp_error err = {0};

    wzp_signal_use_allocator();
    memset(net, 0, sizeof *net);
    if (!own)
        bail("no memory");
    wzp_relay_config_default(own);
    wzp_random_seeded_init(&net->seed, 7);
    net->random = wzp_random_seeded_source(&net->seed);
    net->now = 1000 * WZP_SECOND;
    net->delay = 5 * WZP_MILLISECOND;
    wzp_identity_from_seed(&net->relay_identity, seed);
    wzp_addr_parse(&net->relay_address, "192.0.2.9:4433", 14);
    if (wzp_relay_new(&net->relay, config ? config : own, net->relay_identity.seed,
                      &net->relay_address, "test-build", &host, &net->random, NULL, net->now,
                      &err) < 0) {
        free(own);
        bail("no relay: %s", err.text);
    }
    free(own);
}

void net_fini(struct net *net)
{
    while (net->peer_count)
        peer_free(net->peers[net->peer_count - 1]);
    wzp_relay_free(net->relay);
    while (net->first) {
        struct packet *next = net->first->next;

        free(net->first);
        net->first = next;
    }
}

static void put(struct net *net, const struct wzp_addr *from, const struct wzp_addr *to,
                const uint8_t *data, size_t length)
{
    struct packet *packet = malloc(sizeof *packet + length);

    if (!packet)
        bail("no memory");
    packet->next = NULL;
    packet->at = net->now + net->delay;
    packet->from = *from;
    packet->to = *to;
    packet->length = length;
    memcpy(packet->data, data, length);
    if (net->first)
        net->last->next = packet;
    else
        net->first = packet;
    net->last = packet;
}

static void put_all(struct net *net, struct wzp_packet *out)
{
    for (size_t at = 0; at < out->length; at += out->segment)
        put(net, &out->local, &out->remote, out->data + at,
            out->length - at < out->segment ? out->length - at : out->segment);
}

static void flush_relay(struct net *net)
{
    static uint8_t buffer[65536];
    struct wzp_packet out;

    for (;;) {
        uint64_t before = wzp_alloc_calls();
        int result;

        memset(&out, 0, sizeof out);
        out.data = buffer;
        out.capacity = sizeof buffer;
        result = wzp_relay_next_packet(net->relay, &out, net->now);
        net->relay_allocations += wzp_alloc_calls() - before;
        if (result <= 0)
            return;
        net->packets_from_relay += (out.length + out.segment - 1) / out.segment;
        put_all(net, &out);
    }
}

static void flush_peer(struct peer *peer)
{
    static uint8_t buffer[65536];
    struct wzp_packet out;

    if (peer->frozen)
        return;
    for (;;) {
        memset(&out, 0, sizeof out);
        out.data = buffer;
        out.capacity = sizeof buffer;
        if (wzp_quic_endpoint_next_packet(peer->endpoint, &out, peer->net->now) <= 0)
            return;
        put_all(peer->net, &out);
    }
}

static void flush_all(struct net *net)
{
    flush_relay(net);
    for (size_t i = 0; i < net->peer_count; i++)
        flush_peer(net->peers[i]);
}

static void deliver(struct net *net, struct packet *packet)
{
    uint64_t before = wzp_alloc_calls();

    if (wzp_addr_equal(&packet->to, &net->relay_address)) {
        wzp_relay_receive(net->relay, &packet->to, &packet->from, 0, packet->data, packet->length,
                          net->now);
        net->relay_allocations += wzp_alloc_calls() - before;
        return;
    }
    for (size_t i = 0; i < net->peer_count; i++)
        if (wzp_addr_equal(&packet->to, &net->peers[i]->address) && !net->peers[i]->frozen)
            wzp_quic_endpoint_receive(net->peers[i]->endpoint, &packet->to, &packet->from, 0,
                                      packet->data, packet->length, net->now);
}

/* One round: everything due at `at`. */
static void step(struct net *net, uint64_t at)
{
    uint64_t before;

    net->now = at;
    while (net->first && net->first->at <= at) {
        struct packet *packet = net->first;

        net->first = packet->next;
        deliver(net, packet);
        free(packet);
    }
    before = wzp_alloc_calls();
    if (wzp_relay_expiry(net->relay) <= at)
        wzp_relay_handle_expiry(net->relay, at);
    net->relay_allocations += wzp_alloc_calls() - before;
    for (size_t i = 0; i < net->peer_count; i++)
        if (!net->peers[i]->frozen && wzp_quic_endpoint_expiry(net->peers[i]->endpoint) <= at)
            wzp_quic_endpoint_handle_expiry(net->peers[i]->endpoint, at);
    flush_all(net);
}

static uint64_t next_event(const struct net *net)
{
    uint64_t at = wzp_relay_expiry(net->relay);

    if (net->first)
        at = wzp_time_min(at, net->first->at);
    for (size_t i = 0; i < net->peer_count; i++)
        if (!net->peers[i]->frozen)
            at = wzp_time_min(at, wzp_quic_endpoint_expiry(net->peers[i]->endpoint));
    return at;
}

/* Up to `until`, or until *stop grows beyond `beyond`. */
static void run_until(struct net *net, uint64_t until, const size_t *stop, size_t beyond)
{
    unsigned rounds = 0;

    flush_all(net);
    while (!stop || *stop <= beyond) {
        uint64_t at = next_event(net);

        if (at > until)
            break;
        if (at <= net->now && ++rounds > 10000)
            bail("virtual time stands still");
        if (at > net->now)
            rounds = 0;
        step(net, at > net->now ? at : net->now);
    }
    if ((!stop || *stop <= beyond) && until > net->now)
        net->now = until;
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
    uint8_t bytes[WZP_SEED_SIZE];
    struct wzp_error err = {0};
    int result;

    memset(peer, 0, sizeof *peer);
    peer->net = net;
    ip[3] = (uint8_t)(++number % 250 + 1);
    wzp_addr_from_ip4(&peer->address, ip, 5000);
    memset(bytes, seed, sizeof bytes);
    wzp_identity_from_seed(&peer->identity, bytes);
    snprintf(peer->sni, sizeof peer->sni, "%s", sni ? sni : "");
    peer->frames = calloc(FRAMES_MAX, sizeof *peer->frames);
    if (!peer->frames || net->peer_count == PEERS_MAX)
        bail("no room for a peer");
    if (wzp_quic_endpoint_new(&peer->endpoint, &config, &err) < 0)
        bail("no endpoint: %s", err.text);
    net->peers[net->peer_count++] = peer;
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
    /* A field that this relay does not know must arrive. */
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
