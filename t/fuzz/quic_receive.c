/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets from anywhere into a server. The first byte chooses: 0, the rest is one packet after the
 * other (two bytes of length before each); otherwise a true handshake and some traffic run, and
 * each three bytes (packet, offset, mask) alter a packet of the client on its way. Whatever
 * happens, the server must be able to serve the next client. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "quic/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROUNDS 40

struct world {
    struct wzp_quic_endpoint *server, *client;
    struct wzp_addr server_addr, client_addr;
    struct wzp_quic_conn *dialled;
    uint64_t now;
    const uint8_t *changes;
    size_t change_count;
    unsigned packets, accepted;
};

static void accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    struct world *w = owner;
    w->accepted++;
    wzp_quic_conn_send_signal(conn, "\"Hold\"", 6, now);
    wzp_quic_conn_send_datagram(conn, "x", 1, 1, now);
}

static void closed(void *owner, struct wzp_quic_conn *conn, void *user,
                   const struct wzp_quic_close *why, uint64_t now)
{
    struct world *w = owner;
    (void)user;
    (void)why;
    (void)now;
    if (conn == w->dialled)
        w->dialled = NULL;
}

static void transfer(struct world *w, struct wzp_quic_endpoint *from, struct wzp_quic_endpoint *to)
{
    static uint8_t buffer[4096];
    struct wzp_packet p;
    memset(&p, 0, sizeof p);
    p.data = buffer;
    p.capacity = sizeof buffer;
    while (wzp_quic_endpoint_next_packet(from, &p, w->now) > 0)
        for (size_t at = 0; at < p.length; at += p.segment) {
            size_t length = p.length - at < p.segment ? p.length - at : p.segment;
            if (from == w->client) {
                uint8_t number = (uint8_t)w->packets++;
                for (size_t i = 0; i < w->change_count; i++)
                    if (w->changes[3 * i] == number)
                        p.data[at + w->changes[3 * i + 1] % length] ^= w->changes[3 * i + 2];
            }
            if (to != NULL)
                wzp_quic_endpoint_receive(to, &p.remote, &p.local, 0, p.data + at, length, w->now);
        }
}

static void run(struct world *w, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        transfer(w, w->client, w->server);
        transfer(w, w->server, w->client);
        w->now += 20 * WZP_MILLISECOND;
        wzp_quic_endpoint_handle_expiry(w->client, w->now);
        wzp_quic_endpoint_handle_expiry(w->server, w->now);
    }
}

static void dial(struct world *w)
{
    if (wzp_quic_connect(&w->dialled, w->client, &w->client_addr, &w->server_addr, "_signal", NULL,
                         w->now) < 0)
        return;
    wzp_quic_conn_send_signal(w->dialled, "\"Reflect\"", 9, w->now);
    wzp_quic_conn_send_datagram(w->dialled, "y", 1, 1, w->now);
    run(w, ROUNDS);
    if (w->dialled != NULL)
        wzp_quic_conn_close(w->dialled, 1, "bye", true, w->now);
    run(w, ROUNDS);
}

static void plain_packets(struct world *w, const uint8_t *data, size_t size)
{
    while (size >= 2) {
        size_t length = wzp_get_be16(data) & 0x7ff;
        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        wzp_quic_endpoint_receive(w->server, &w->server_addr, &w->client_addr, 0, data, length,
                                  w->now);
        transfer(w, w->server, NULL);
        data += length;
        size -= length;
        w->now += WZP_MILLISECOND;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w;
    struct wzp_random_seeded seed;
    struct wzp_certificate certificate;
    struct wzp_quic_config config;
    static const uint8_t secret[32] = {7};
    if (size == 0)
        return 0;
    memset(&w, 0, sizeof w);
    memset(&config, 0, sizeof config);
    w.now = WZP_SECOND;
    wzp_random_seeded_init(&seed, 1);
    wzp_certificate_make(&certificate, secret);
    wzp_addr_from_ip4(&w.server_addr, (const uint8_t[]){10, 0, 0, 1}, 4433);
    wzp_addr_from_ip4(&w.client_addr, (const uint8_t[]){10, 0, 0, 2}, 1000);
    config.callbacks.accepted = accepted;
    config.callbacks.closed = closed;
    config.owner = &w;
    config.random = wzp_random_seeded_source(&seed);
    if (wzp_quic_endpoint_new(&w.client, &config, NULL) < 0)
        return 0;
    config.certificate = &certificate;
    if (wzp_quic_endpoint_new(&w.server, &config, NULL) < 0) {
        wzp_quic_endpoint_free(w.client);
        return 0;
    }
    if (data[0] == 0) {
        plain_packets(&w, data + 1, size - 1);
    } else {
        w.changes = data + 1;
        w.change_count = (size - 1) / 3;
        dial(&w);
        w.change_count = 0;
        w.accepted = 0;
        w.now += 60 * WZP_SECOND;
        run(&w, 1);
        dial(&w);
        if (w.accepted != 1)
            abort();
    }
    wzp_quic_endpoint_free(w.client);
    wzp_quic_endpoint_free(w.server);
    return 0;
}
