/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* UDP payloads as they come to a relay: each is [address byte][u16 big-endian length][bytes]. The
 * high bit of the address byte lets half a second pass first. Whatever comes, the relay answers
 * within bounds and can be freed. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"
#include "tap.h"
#include "wire/signal.h"
#include "base/addr.h"
#include "crypto/identity.h"
#include "wzp/relay.h"

#define PACKETS_MAX 64

static void drain_packets(struct wzp_relay *r, uint64_t now)
{
    static uint8_t buffer[65536];
    struct wzp_packet out;

    for (unsigned i = 0;; i++) {
        memset(&out, 0, sizeof out);
        out.data = buffer;
        out.capacity = sizeof buffer;
        if (wzp_relay_next_packet(r, &out, now) <= 0)
            return;
        if (i > 1000 || !out.length || out.length > sizeof buffer || !out.segment)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wzp_relay_config config;
    static struct wzp_identity identity;
    struct wzp_random_seeded seeded;
    struct wzp_random source;
    struct wzp_relay *r;
    struct wzp_reader reader;
    struct wzp_addr local, remote;
    uint64_t now = WZP_SECOND;

    wzp_signal_use_allocator();
    wzp_random_seeded_init(&seeded, 1);
    source = wzp_random_seeded_source(&seeded);
    if (!identity.fingerprint_text[0])
        wzp_identity_new(&identity, &source);
    wzp_relay_config_default(&config);
    wzp_addr_parse(&local, "192.0.2.9:4433", 14);
    if (wzp_relay_new(&r, &config, identity.seed, &local, "fuzz", NULL, &source, NULL, now, NULL) <
        0)
        return 0;
    wzp_reader_init(&reader, data, size);
    for (unsigned i = 0; i < PACKETS_MAX && wzp_reader_left(&reader) > 3; i++) {
        uint8_t from = wzp_reader_u8(&reader);
        size_t length = wzp_reader_be16(&reader);
        uint8_t ip[4] = {198, 51, 100, from & 3};

        if (length > wzp_reader_left(&reader))
            length = wzp_reader_left(&reader);
        if (from & 0x80) {
            now += 500 * WZP_MILLISECOND;
            wzp_relay_handle_expiry(r, now);
        }
        wzp_addr_from_ip4(&remote, ip, (uint16_t)(4000 + (from >> 2 & 7)));
        wzp_relay_receive(r, &local, &remote, 0, wzp_reader_bytes(&reader, length), length, now);
        drain_packets(r, now);
    }
    for (unsigned i = 0; i < 40 && wzp_relay_expiry(r) != WZP_NEVER; i++) {
        now = wzp_relay_expiry(r) > now ? wzp_relay_expiry(r) : now;
        wzp_relay_handle_expiry(r, now);
        drain_packets(r, now);
    }
    wzp_relay_free(r);
    return 0;
}
