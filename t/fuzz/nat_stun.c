/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* STUN messages and what the client and the responder make of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nat/demux.h"
#include "nat/discovery.h"
#include "nat/stun.h"
#include "nat/stun_client.h"
#include "nat/stun_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wzp_stun_server server;
    struct wzp_random_seeded seeded;
    struct wzp_stun_answer answer;
    struct wzp_stun_client client;
    struct wzp_addr addr, to;
    uint8_t id[WZP_STUN_ID_SIZE] = {0}, out[WZP_PACKET_MAX], response[WZP_STUN_RESPONSE_MAX];
    struct wzp_packet packet = {.data = out, .capacity = sizeof out};

    wzp_random_seeded_init(&seeded, 1);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    wzp_addr_from_ip4(&addr, (const uint8_t *)"\xc6\x33\x64\x01", 3478);
    enum wzp_stun_error error = wzp_stun_parse(&answer, data, size, id);
    if ((error == WZP_STUN_OK) == wzp_addr_is_none(&answer.mapped) ||
        (error == WZP_STUN_MALFORMED) != (answer.malformed != NULL))
        abort();
    wzp_demux(data, size);

    wzp_stun_server_init(&server, &random);
    if (wzp_stun_server_answer(&server, response, sizeof response, &to, &addr, data, size, 0) >
        size)
        abort();

    if (server.answered > 0 && !wzp_addr_equal_ip(&to, &addr))
        abort();

    /* A server that says anything about its other address, and about itself. */
    static struct wzp_discovery discovery;
    memset(&discovery, 0, sizeof discovery);
    if (wzp_discovery_start(&discovery, &random, &addr, &answer.other, true, 0, 0)) {
        uint8_t copy[WZP_PACKET_MAX];
        size_t length = size < sizeof copy ? size : sizeof copy;
        while (wzp_discovery_next_packet(&discovery, &packet, size % 2, 0)) {
            memcpy(copy, data, length);
            memcpy(copy + 8, out + 8, WZP_STUN_ID_SIZE);
            wzp_discovery_receive(&discovery, &packet.remote, copy, length, 1);
        }
        wzp_discovery_handle_expiry(&discovery, WZP_SECOND * 3);
        if (discovery.state != WZP_DISCOVERY_OVER)
            abort();
    }

    /* The answer that the client waits for, with everything but its number from outside. */
    wzp_stun_client_init(&client, &random, WZP_STUN_DEADLINE);
    wzp_stun_client_add(&client, "fuzz", &addr, false, NULL);
    wzp_stun_client_start(&client, 0);
    wzp_stun_client_next_packet(&client, &packet, 0);
    wzp_stun_client_receive(&client, &addr, data, size, 1);
    if (size >= WZP_STUN_HEADER_SIZE && size <= sizeof out) {
        uint8_t number[WZP_STUN_ID_SIZE];
        memcpy(number, out + 8, sizeof number);
        memcpy(out, data, size);
        memcpy(out + 8, number, sizeof number);
        wzp_stun_client_receive(&client, &addr, out, size, 2);
        if (client.probes[0].state == WZP_STUN_ANSWERED &&
            wzp_addr_is_none(&client.probes[0].mapped))
            abort();
    }
    return 0;
}
