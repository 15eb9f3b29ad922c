/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A network check with arbitrary answers of network and host: pieces of the input are datagrams,
 * results of work, and time steps. It must end within its limit, and its report must be valid JSON
 * and text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "nat/netcheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wzp_netcheck check;
static uint64_t now;
static uint8_t question[WZP_PACKET_MAX]; /* the last one sent */
static struct wzp_addr asked;
static unsigned given;

static void settle(void)
{
    struct wzp_packet packet = {.data = question, .capacity = sizeof question};
    struct wzp_netcheck_work work;
    for (unsigned i = 0; i == 0 || wzp_netcheck_expiry(&check) <= now; i++) {
        if (i > 100)
            abort();
        wzp_netcheck_handle_expiry(&check, now);
        for (unsigned socket = 0; socket < 2; socket++)
            while (wzp_netcheck_next_packet(&check, &packet, socket, now))
                asked = packet.remote;
        while (wzp_netcheck_next_work(&check, &work))
            given = work.id + 1;
    }
}

static void outcome(const uint8_t *bytes, size_t length)
{
    struct wzp_netcheck_done done = {0};
    if (length < 8)
        return;
    done.id = bytes[0] % (given + 2);
    done.result = bytes[1] % 3 ? 0 : WZP_E_TIMEOUT;
    done.addr_count = bytes[1] % 4;
    for (size_t i = 0; i < done.addr_count; i++)
        wzp_addr_from_ip4(&done.addrs[i], bytes + 2, (uint16_t)(bytes[6] << 8 | bytes[7]));
    done.rtt = (uint64_t)bytes[6] << 24;
    done.value = bytes[7];
    wzp_addr_from_ip4(&done.observed, bytes + 3, bytes[7]);
    done.portmap.id = bytes[2];
    done.portmap.external = done.observed;
    wzp_netcheck_work_done(&check, &done, now);
}

/* Delivers a datagram as it is, and again as an answer to the last question. */
static void datagram(const uint8_t *bytes, size_t length)
{
    uint8_t copy[256];
    wzp_netcheck_receive(&check, length % 2, &asked, bytes, length, now);
    if (length < WZP_STUN_HEADER_SIZE || length > sizeof copy)
        return;
    memcpy(copy, bytes, length);
    memcpy(copy + 4, question + 4, 16);
    wzp_netcheck_receive(&check, length % 2, &asked, copy, length, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct wzp_netcheck_relay_config relays[] = {{"a", "203.0.113.1:1"}, {"b", "b"}};
    struct wzp_netcheck_config config;
    struct wzp_random_seeded seeded;
    static struct wzp_networks networks = {
        .items = {{.name = "eth0",
                   .flags = WZP_INTERFACE_UP | WZP_INTERFACE_DEFAULT_V4,
                   .count = 1}},
        .count = 1};
    long live = wzp_alloc_live();
    wzp_random_seeded_init(&seeded, 1);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    wzp_netcheck_config_default(&config);
    config.relays = relays;
    config.relay_count = 2;
    wzp_addr_from_ip4(&networks.items[0].addresses[0], (const uint8_t *)"\xc0\xa8\x01\x0a", 0);
    config.networks = &networks;
    wzp_addr_from_ip4(&config.gateway, (const uint8_t *)"\xc0\xa8\x01\x01", 0);
    wzp_addr_from_ip4(&config.socket4, (const uint8_t *)"\0\0\0\0", 4433);
    config.has_second_socket = true;
    config.mapping_lifetime = size % 2 ? 10 * WZP_SECOND : 0;
    now = 0;
    given = 0;
    memset(&asked, 0, sizeof asked);
    wzp_netcheck_start(&check, &config, &random, now);
    settle();
    while (size >= 2) {
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        if (data[0] % 3 == 0)
            datagram(data + 2, length);
        else if (data[0] % 3 == 1)
            outcome(data + 2, length);
        else
            now += (uint64_t)length * 10 * WZP_MILLISECOND;
        settle();
        data += 2 + length;
        size -= 2 + length;
    }
    now += WZP_NETCHECK_LIMIT;
    settle();
    for (unsigned i = 0; i < 200 && !wzp_netcheck_result(&check); i++) {
        uint64_t next = wzp_netcheck_expiry(&check);
        if (next == WZP_NEVER)
            abort();
        now = next > now ? next : now;
        settle();
    }
    const struct wzp_netcheck_report *report = wzp_netcheck_result(&check);
    struct wzp_buffer out;
    if (!report || !report->verdict)
        abort();
    wzp_buffer_init(&out, 65536);
    if (wzp_netcheck_write_json(&out, report) < 0)
        abort();
    wzp_netcheck_write_text(&out, report, false);
    if (out.result < 0)
        abort();
    wzp_buffer_fini(&out);
    if (wzp_alloc_live() != live)
        abort();
    return 0;
}
