/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay that says anything: the input is a sequence of signals on the `_signal` connection, on
 * media connections, datagrams and commands of the user, after a true handshake over QUIC. Each
 * line of the input is one step; its first character says what: 's' + JSON signal, 'm' + JSON on
 * the newest media connection, 'd' + datagram bytes, 't' time passes, 'a' answer, 'r' reject,
 * 'h' hang up, 'c' call, 'j' join, 'x' the relay closes the registration, 'z' it closes the
 * media connection. In JSON '@' stands for the id of our newest call, '%' for most fields of an
 * offer to us. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "crypto/handshake.h"
#include "quic/quic.h"
#include "wzp/phone.h"

#define STEPS_MAX 64
#define TEXT_MAX 8192
#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    uint64_t now;
    struct wzp_random_seeded seed;
    struct wzp_random random;
    struct wzp_identity own, relay_identity;
    struct wzp_certificate certificate;
    struct wzp_addr here, there;
    struct wzp_phone *phone;
    struct wzp_listener listener;
    struct wzp_quic_endpoint *relay;
    struct wzp_quic_conn *registration, *media;
    char call_id[64];
    wzp_session_id session;
} w;

static void on_event(void *context, const struct wzp_event *event)
{
    (void)context;
    const char *text = event->type == WZP_EVENT_UNREGISTERED ? event->u.unregistered.text
                       : event->type == WZP_EVENT_QUALITY    ? event->u.quality.text
                       : event->type == WZP_EVENT_ENDED      ? event->u.ended.text
                       : event->type == WZP_EVENT_ERROR      ? event->u.error.text
                                                             : "";
    if (event->about.call_id[0] != '\0')
        wzp_text_copy(w.call_id, sizeof w.call_id, event->about.call_id);
    if (event->session != 0)
        w.session = event->session;
    if (!wzp_utf8_valid(text, strlen(text)) || strchr(event->about.alias, '\x1b') != NULL ||
        strchr(event->about.peer, '\x1b') != NULL || strchr(text, '\x1b') != NULL)
        abort();
    if (event->type != WZP_EVENT_MEMBERS)
        return;
    for (size_t i = 0; i < event->u.members.count; i++)
        if (strchr(event->u.members.items[i].alias, '\x1b') != NULL)
            abort();
}

static void answer(struct wzp_quic_conn *conn, const struct wzp_signal *signal, uint64_t now)
{
    struct wzp_signal reply;
    uint8_t exporter[32], hash[32], signature[64];
    char *text;
    size_t length;
    int bound;

    memset(&reply, 0, sizeof reply);
    if (signal->type == WZP_SIGNAL_REGISTER_PRESENCE) {
        wzp_quic_conn_export(conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0);
        reply.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK;
        wzp_register_ack_make(&reply, &w.relay_identity, exporter);
        reply.u.register_presence_ack.success = true;
        reply.u.register_presence_ack.has_watch_limit = true;
        reply.u.register_presence_ack.watch_limit = 1;
    } else if (signal->type == WZP_SIGNAL_CALL_OFFER) {
        wzp_quic_conn_export(conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0);
        if (wzp_handshake_check_offer(&bound, hash, signal, exporter, wzp_quic_conn_sni(conn),
                                      NULL) < 0)
            abort();
        wzp_handshake_answer(&reply, signature, &w.relay_identity, hash, exporter, bound,
                             &w.random);
    } else {
        return;
    }
    if (wzp_signal_write(&text, &length, &reply) == 0) {
        wzp_quic_conn_send_signal(conn, text, length, now);
        wzp_free(text);
    }
}

static void on_accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    (void)owner;
    (void)now;
    if (strcmp(wzp_quic_conn_sni(conn), "_signal") == 0)
        w.registration = conn;
    else
        w.media = conn;
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    struct wzp_signal signal;

    (void)owner;
    (void)user;
    if (wzp_signal_parse(&signal, text, length, NULL) < 0)
        abort(); /* the phone must never send an invalid signal */
    if (signal.type == WZP_SIGNAL_DIRECT_CALL_OFFER)
        wzp_text_copy(w.call_id, sizeof w.call_id, signal.u.direct_call_offer.call_id);
    answer(conn, &signal, now);
    wzp_signal_fini(&signal);
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    (void)owner;
    (void)user;
    (void)why;
    (void)now;
    if (conn == w.registration)
        w.registration = NULL;
    if (conn == w.media)
        w.media = NULL;
}

static void pump(uint64_t duration)
{
    uint64_t until = w.now + duration;
    uint8_t bytes[WZP_PACKET_MAX];
    struct wzp_packet out;

    for (int turns = 0; turns < 2000; turns++) {
        bool moved = false;
        memset(&out, 0, sizeof out);
        out.data = bytes;
        out.capacity = sizeof bytes;
        while (wzp_phone_next_packet(w.phone, &out, w.now) > 0) {
            moved = true;
            wzp_quic_endpoint_receive(w.relay, &out.remote, &out.local, 0, bytes, out.length,
                                      w.now);
        }
        while (wzp_quic_endpoint_next_packet(w.relay, &out, w.now) > 0) {
            moved = true;
            wzp_phone_receive(w.phone, &out.remote, &out.local, 0, bytes, out.length, w.now);
        }
        if (moved)
            continue;
        uint64_t at = wzp_time_min(wzp_phone_expiry(w.phone), wzp_quic_endpoint_expiry(w.relay));
        if (at > until)
            break;
        if (at > w.now)
            w.now = at;
        wzp_phone_handle_expiry(w.phone, w.now);
        wzp_quic_endpoint_handle_expiry(w.relay, w.now);
    }
    w.now = until;
}

/* The JSON of a line with the two abbreviations expanded. */
static size_t expand(char *out, const uint8_t *line, size_t length)
{
    size_t at = 0;

    static const char offer[] =
        "\"caller_fingerprint\":\"00112233445566778899aabbccddeeff\",\"target_fingerprint\":\"\","
        "\"identity_pub\":" ZEROS ",\"ephemeral_pub\":" ZEROS
        ",\"signature\":[],\"supported_profiles\":[]";
    for (size_t i = 0; i < length && at < TEXT_MAX - sizeof offer; i++) {
        const char *word = line[i] == '@' ? w.call_id : line[i] == '%' ? offer : NULL;
        if (!word) {
            out[at++] = (char)line[i];
            continue;
        }
        memcpy(out + at, word, strlen(word));
        at += strlen(word);
    }
    out[at] = '\0';
    return at;
}

static void sound(void)
{
    static int16_t pcm[960];

    wzp_phone_capture(w.phone, pcm, 960, w.now);
    wzp_phone_playback(w.phone, pcm, 960, w.now);
}

static void step(const uint8_t *line, size_t length)
{
    static char text[TEXT_MAX];
    struct wzp_quic_conn *conn = line[0] == 's' ? w.registration : w.media;
    struct wzp_session_stats stats;
    wzp_session_id session;
    size_t n;

    switch (line[0]) {
    case 's':
    case 'm':
        n = expand(text, line + 1, length - 1);
        if (conn != NULL && n > 0)
            wzp_quic_conn_send_signal(conn, text, n, w.now);
        break;
    case 'd':
        if (conn != NULL && length > 1)
            wzp_quic_conn_send_datagram(conn, line + 1, length - 1, 0, w.now);
        break;
    case 't': pump((uint64_t)(length > 1 ? line[1] & 15 : 1) * WZP_SECOND); break;
    case 'a': wzp_phone_answer(w.phone, w.session, true, w.now, NULL); break;
    case 'r': wzp_phone_reject(w.phone, w.session, true, w.now, NULL); break;
    case 'h': wzp_phone_hangup(w.phone, w.session, w.now, NULL); break;
    case 'c':
        wzp_phone_call(w.phone, &session, "00112233445566778899aabbccddeeff", w.now, NULL);
        break;
    case 'j': wzp_phone_join(w.phone, &session, "room", w.now, NULL); break;
    case 'x':
        if (w.registration != NULL)
            wzp_quic_conn_close(w.registration, 0, "x", false, w.now);
        break;
    case 'z':
        if (w.media != NULL)
            wzp_quic_conn_close(w.media, 0, "z", false, w.now);
        break;
    default: break;
    }
    pump(5 * WZP_MILLISECOND);
    sound();
    wzp_phone_session_stats(w.phone, w.session, &stats, w.now);
}

static bool begin(void)
{
    static const uint8_t here[4] = {10, 0, 0, 2}, there[4] = {10, 0, 0, 1};
    struct wzp_phone_config config;
    struct wzp_quic_config quic;
    uint8_t seed[32];

    memset(&w, 0, sizeof w);
    w.now = WZP_SECOND;
    wzp_random_seeded_init(&w.seed, 1);
    w.random = wzp_random_seeded_source(&w.seed);
    wzp_addr_from_ip4(&w.here, here, 5000);
    wzp_addr_from_ip4(&w.there, there, 4433);
    memset(seed, 1, sizeof seed);
    wzp_identity_from_seed(&w.own, seed);
    memset(seed, 2, sizeof seed);
    wzp_identity_from_seed(&w.relay_identity, seed);
    wzp_certificate_of_relay(&w.certificate, &w.relay_identity);
    memset(&quic, 0, sizeof quic);
    quic.callbacks.accepted = on_accepted;
    quic.callbacks.signal = on_signal;
    quic.callbacks.closed = on_closed;
    quic.random = w.random;
    quic.certificate = &w.certificate;
    memset(&config, 0, sizeof config);
    memcpy(config.seed, w.own.seed, sizeof config.seed);
    config.codec = WZP_CODEC_OPUS_24K;
    config.accept_new_relays = true;
    config.random = w.random;
    if (wzp_quic_endpoint_new(&w.relay, &quic, NULL) < 0)
        return false;
    if (wzp_phone_new(&w.phone, &config, w.now, NULL) < 0)
        return false;
    w.listener = (struct wzp_listener){.event = on_event};
    wzp_phone_listen(w.phone, &w.listener);
    struct wzp_relay_entry relay = {.name = "r", .addresses = {w.there}, .count = 1};
    struct wzp_addr none = {0};
    wzp_phone_set_networks(w.phone, NULL, &w.here, &none, w.now);
    const uint8_t friend[1][16] = {{0x10}};
    return wzp_phone_watch(w.phone, friend, 1, w.now) == 0 &&
           wzp_phone_set_relays(w.phone, &relay, 1, NULL, NULL) == 0 &&
           wzp_phone_register_start(w.phone, w.now, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (begin()) {
        pump(50 * WZP_MILLISECOND);
        for (int steps = 0; steps < STEPS_MAX && size > 0; steps++) {
            const uint8_t *end = memchr(data, '\n', size);
            size_t length = end != NULL ? (size_t)(end - data) : size;
            if (length > 0)
                step(data, length);
            data += length;
            size -= length;
            if (size > 0) {
                data++;
                size--;
            }
        }
        wzp_phone_shutdown(w.phone, w.now);
        pump(100 * WZP_MILLISECOND);
    }
    wzp_phone_free(w.phone);
    wzp_quic_endpoint_free(w.relay);
    return 0;
}
