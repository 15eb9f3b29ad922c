/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets that are not QUIC on a phone's socket: answers of routers and STUN servers, punches. The
 * first byte of each piece selects the source address, the second is its length. */
#include <string.h>

#include "base/addr.h"
#include "base/random.h"
#include "base/time.h"
#include "wzp/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(struct wzp_phone *p, uint64_t now)
{
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    while (wzp_phone_next_packet(p, &packet, now) > 0)
        ;
}

static struct wzp_phone *make(struct wzp_random random, const struct wzp_addr *router,
                              const struct wzp_addr *server)
{
    static const uint8_t lan[4] = {192, 168, 1, 2}, any[4] = {0};
    struct wzp_phone_config config = {.codec = WZP_CODEC_OPUS_24K, .portmap = true};
    struct wzp_networks networks;
    struct wzp_addr local, none = {.length = 0};
    struct wzp_phone *p;
    config.random = random;
    if (wzp_phone_new(&p, &config, WZP_SECOND, NULL) < 0)
        return NULL;
    memset(&networks, 0, sizeof networks);
    networks.generation = networks.count = 1;
    networks.gateway = *router;
    networks.items[0].flags = WZP_INTERFACE_UP | WZP_INTERFACE_DEFAULT_V4;
    networks.items[0].count = 1;
    networks.items[0].prefix_bits[0] = 24;
    wzp_addr_from_ip4(&networks.items[0].addresses[0], lan, 0);
    wzp_addr_from_ip4(&local, any, 5000);
    wzp_phone_set_networks(p, &networks, &local, &none, WZP_SECOND);
    wzp_phone_set_stun(p, server, 1, WZP_SECOND);
    return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t ips[3][4] = {{192, 168, 1, 1}, {198, 51, 100, 2}, {203, 0, 113, 9}};
    static const uint16_t ports[3] = {5351, 3478, 40000};
    struct wzp_random_seeded seed;
    struct wzp_addr from[3], local;
    uint64_t now = WZP_SECOND;
    for (int i = 0; i < 3; i++)
        wzp_addr_from_ip4(&from[i], ips[i], ports[i]);
    wzp_addr_from_ip4(&local, ips[0], 5000);
    wzp_random_seeded_init(&seed, 1);
    struct wzp_phone *p = make(wzp_random_seeded_source(&seed), &from[0], &from[1]);
    if (!p)
        return 0;
    drain(p, now);
    while (size > 2) {
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        now += (data[0] >> 4) * 20 * WZP_MILLISECOND;
        if (now >= wzp_phone_expiry(p))
            wzp_phone_handle_expiry(p, now);
        wzp_phone_receive(p, &local, &from[data[0] % 3], 0, data + 2, length, now);
        drain(p, now);
        data += 2 + length;
        size -= 2 + length;
    }
    wzp_phone_shutdown(p, now);
    drain(p, now);
    wzp_phone_free(p);
    return 0;
}
