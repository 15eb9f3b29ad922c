/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* STUN messages: the parser, the client and the responder. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nat/demux.h"
#include "nat/discovery.h"
#include "nat/lifetime.h"
#include "nat/series.h"
#include "nat/stun.h"
#include "nat/stun_client.h"
#include "nat/stun_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input with the transaction ID of the last request. */
static size_t numbered(uint8_t *out, const struct wzp_packet *question, const uint8_t *data,
                       size_t size)
{
    size_t length = size < WZP_PACKET_MAX ? size : WZP_PACKET_MAX;
    memcpy(out, data, length);
    if (length >= WZP_STUN_HEADER_SIZE)
        memcpy(out + 8, question->data + 8, WZP_STUN_ID_SIZE);
    return length;
}

/* A series of requests, and the measurement of a mapping's lifetime: whatever is answered, both
 * end. */
static void ask_in_rows(const struct wzp_random *random, const struct wzp_addr *server,
                        const uint8_t *data, size_t size)
{
    static struct wzp_series series;
    static struct wzp_lifetime lifetime;
    uint8_t out[WZP_PACKET_MAX], copy[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = out, .capacity = sizeof out};
    uint64_t now = 0;
    wzp_series_start(&series, random, server, 10, 0, now);
    for (; series.state == WZP_SERIES_RUNNING; now = wzp_series_expiry(&series)) {
        while (wzp_series_next_packet(&series, &packet, now))
            wzp_series_receive(&series, server, copy, numbered(copy, &packet, data, size), now);
        wzp_series_handle_expiry(&series, now);
        if (series.answered > series.sent || now > 10 * WZP_SECOND)
            abort();
    }
    now = 0;
    wzp_lifetime_start(&lifetime, random, server, 1, 20 * WZP_SECOND, now);
    for (unsigned turns = 0; wzp_lifetime_running(&lifetime); turns++) {
        for (unsigned socket = 0; socket < 2; socket++)
            while (wzp_lifetime_next_packet(&lifetime, &packet, socket, now))
                wzp_lifetime_receive(&lifetime, (size + turns) % 2, server, copy,
                                     numbered(copy, &packet, data, size), now);
        uint64_t next = wzp_lifetime_expiry(&lifetime);
        now = next != WZP_NEVER && next > now ? next : now;
        wzp_lifetime_handle_expiry(&lifetime, now);
        if (turns > 1000)
            abort();
    }
}

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

    ask_in_rows(&random, &addr, data, size);

    /* A server that returns any addresses for itself and for its other address. */
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

    /* An answer to the client's request: the transaction ID is right, everything else is input. */
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
