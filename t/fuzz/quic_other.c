/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets of any first byte into an endpoint (two bytes of length before each): what is not QUIC
 * reaches the owner unchanged and leaves no trace, what is QUIC does not reach the owner. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "quic/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct wzp_quic_endpoint *ep;
    const uint8_t *expected; /* NULL: no packet may reach the owner */
    size_t length;
    unsigned heard;
};

static void other(void *owner, const struct wzp_addr *local, const struct wzp_addr *remote,
                  const uint8_t *data, size_t length, uint64_t now)
{
    struct world *w = owner;
    (void)now;
    if (!w->expected || length != w->length || memcmp(data, w->expected, length) != 0)
        abort();
    w->heard++;
    wzp_quic_endpoint_send_raw(w->ep, local, remote, data, length < 8 ? length : 8);
}

static bool is_quic(const uint8_t *data, size_t length)
{
    if (length == 0 || data[0] < 64)
        return false;
    if (data[0] >= 128 && data[0] < 192)
        return length >= 5 && wzp_get_be32(data + 1) == 0;
    return true;
}

static unsigned drain(struct wzp_quic_endpoint *ep, uint64_t now)
{
    static uint8_t buffer[4096];
    struct wzp_packet p;
    unsigned count = 0;
    memset(&p, 0, sizeof p);
    p.data = buffer;
    p.capacity = sizeof buffer;
    while (wzp_quic_endpoint_next_packet(ep, &p, now) > 0)
        count++;
    return count;
}

static void one(struct world *w, const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_addr local, remote;
    wzp_addr_from_ip4(&local, (const uint8_t[]){10, 0, 0, 1}, 4433);
    wzp_addr_from_ip4(&remote, (const uint8_t[]){10, 0, 0, 2}, 1000);
    bool foreign = length > 0 && !is_quic(data, length);
    size_t connections = w->ep->conn_count, routes = w->ep->routes.count;
    unsigned heard = w->heard;
    w->expected = foreign ? data : NULL;
    w->length = length;
    wzp_quic_endpoint_receive(w->ep, &local, &remote, 0, data, length, now);
    unsigned out = drain(w->ep, now);
    if (w->heard != heard + foreign)
        abort();
    int thread = wzp_quic_thread_of(data, length);
    if (thread < -1 || thread > 255 || (foreign && thread != -1))
        abort();
    if (foreign && (out > 1 || w->ep->conn_count != connections || w->ep->routes.count != routes))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[32] = {7};
    struct world w = {0};
    struct wzp_random_seeded seed;
    struct wzp_certificate certificate;
    wzp_random_seeded_init(&seed, 1);
    wzp_certificate_make(&certificate, secret);
    const struct wzp_quic_config config = {.callbacks = {.other = other},
                                           .owner = &w,
                                           .random = wzp_random_seeded_source(&seed),
                                           .certificate = &certificate};
    if (wzp_quic_endpoint_new(&w.ep, &config, NULL) < 0)
        return 0;
    uint64_t now = WZP_SECOND;
    while (size >= 2) {
        size_t length = wzp_get_be16(data) & 0x7ff;
        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        one(&w, data, length, now);
        data += length;
        size -= length;
        now += WZP_MILLISECOND;
    }
    wzp_quic_endpoint_free(w.ep);
    return 0;
}
