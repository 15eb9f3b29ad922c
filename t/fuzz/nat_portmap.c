/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers of a router at any point of a mapping's life: pieces of the input are datagrams, time
 * steps and results of work, told apart by their first byte. No impossible address may become a
 * candidate, and the service must not loop. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "nat/natpmp.h"
#include "nat/pcp.h"
#include "nat/portmap.h"
#include "nat/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t now;

static void settle(struct wzp_portmap *map)
{
    uint8_t out[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = out, .capacity = sizeof out};
    for (unsigned i = 0; wzp_portmap_expiry(map) <= now || i == 0; i++) {
        if (i > 100)
            abort();
        wzp_portmap_handle_expiry(map, now);
        while (wzp_portmap_next_packet(map, &packet, now))
            if (packet.length > 60)
                abort();
    }
}

static void outcome(struct wzp_portmap *map, const uint8_t *piece, size_t length)
{
    struct wzp_portmap_work work = {0};
    struct wzp_portmap_work_result done = {0};
    wzp_portmap_next_work(map, &work);
    done.id = work.id;
    if (length >= 8) {
        done.result = piece[0] % 3 ? 0 : WZP_E_REFUSED;
        done.upnp_error = piece[0] % 2 ? 718 : 725;
        wzp_addr_from_ip4(&done.external, piece + 1, 0);
        done.external_port = (uint16_t)(piece[5] << 8 | piece[6]);
        done.lifetime = piece[7];
    }
    wzp_portmap_work_done(map, &done, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_random_seeded seeded;
    struct wzp_natpmp_answer natpmp;
    struct wzp_pcp_answer pcp;
    struct wzp_pcp_map asked = {0};
    struct wzp_portmap map;
    struct wzp_addr gateway, lan;

    wzp_natpmp_parse(&natpmp, data, size);
    wzp_pcp_parse(&pcp, &asked, data, size);
    wzp_random_seeded_init(&seeded, 1);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    wzp_addr_from_ip4(&gateway, (const uint8_t *)"\xc0\xa8\x01\x01", 5351);
    wzp_addr_from_ip4(&lan, (const uint8_t *)"\xc0\xa8\x01\x0a", 0);
    wzp_portmap_init(&map, &random);
    now = 0;
    wzp_portmap_start(&map, &gateway, &lan, 4433, now);
    settle(&map);
    while (size >= 2) {
        size_t length = data[1];
        unsigned kind = data[0] % 4;
        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        if (kind == 0 || kind == 1) {
            wzp_portmap_receive(&map, &gateway, data, length, now);
        } else if (kind == 2) {
            outcome(&map, data, length);
        } else {
            now += (uint64_t)length * 100 * WZP_MILLISECOND;
            length = 0;
        }
        settle(&map);
        const struct wzp_addr *external = wzp_portmap_external(&map);
        if (!wzp_addr_is_none(external) &&
            (!wzp_scope_is_global(external) || wzp_addr_port(external) == 0))
            abort();
        data += length;
        size -= length;
    }
    wzp_portmap_stop(&map, now);
    for (unsigned i = 0; i < 10; i++) {
        now += WZP_SECOND;
        settle(&map);
    }
    if (!wzp_portmap_stopped(&map))
        abort();
    return 0;
}
