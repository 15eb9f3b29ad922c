/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Many registered phones on one relay, both in this process, over a network without delay in
 * virtual time: memory of each, CPU time of a registration and of a call's set-up. WZP_PHONES: how
 * many; 50000 take 5 GB and some minutes. The relay's own share is found as in relay_cost.c: by
 * comparison with an endpoint that has the same connections without a relay. */
#include "callers.h"
#include "crowd.h"

#define PHONES 2000
#define PLAIN 1000 /* connections without a relay */
#define PAIRS 1000
#define CALLS 5 /* of each pair, one after the other */
/* new connections at a time: with more the relay asks them to come back (Retry) */
#define AT_ONCE 10
#define STEP (1 * WZP_MILLISECOND)
#define PATIENCE (20 * WZP_SECOND)

static uint64_t now = 1000 * WZP_SECOND;
static struct crowd crowd;
static struct wzp_driver server;
static double server_cpu; /* seconds */

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t heap_in_use(void)
{
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

/* ---- the network ---- */

struct load {
    uint8_t data[CROWD_BATCH][WZP_PACKET_MAX];
    size_t lengths[CROWD_BATCH];
    unsigned count;
};

static void to_server(struct load *l)
{
    for (l->count = 0; l->count < CROWD_BATCH; l->count++) {
        struct wzp_packet p = {.data = l->data[l->count], .capacity = WZP_PACKET_MAX};
        if (wzp_quic_endpoint_next_packet(crowd.endpoint, &p, now) <= 0)
            break;
        l->lengths[l->count] = p.length;
    }
    double before = cpu_seconds();
    for (unsigned i = 0; i < l->count; i++)
        server.receive(server.object, &crowd.remote, &crowd.local, 2, l->data[i], l->lengths[i],
                       now);
    server_cpu += cpu_seconds() - before;
}

static void to_crowd(struct load *l)
{
    double before = cpu_seconds();
    if (server.expiry(server.object) <= now)
        server.handle_expiry(server.object, now);
    for (l->count = 0; l->count < CROWD_BATCH; l->count++) {
        struct wzp_packet p = {.data = l->data[l->count], .capacity = WZP_PACKET_MAX};
        if (server.next_packet(server.object, &p, now) <= 0)
            break;
        l->lengths[l->count] = p.length;
    }
    server_cpu += cpu_seconds() - before;
    for (unsigned i = 0; i < l->count; i++)
        wzp_quic_endpoint_receive(crowd.endpoint, &crowd.local, &crowd.remote, 2, l->data[i],
                                  l->lengths[i], now);
    if (wzp_quic_endpoint_expiry(crowd.endpoint) <= now)
        wzp_quic_endpoint_handle_expiry(crowd.endpoint, now);
}

/* Sends all packets that are ready, then a millisecond passes. */
static void step(void)
{
    static struct load l;
    bool moved = true;
    while (moved) {
        to_server(&l);
        moved = l.count > 0;
        to_crowd(&l);
        moved |= l.count > 0;
    }
    now += STEP;
}

static void run_for(uint64_t time)
{
    for (uint64_t until = now + time; now < until;)
        step();
}

static void open_crowd(size_t count)
{
    memset(&crowd, 0, sizeof crowd);
    crowd.random = wzp_system_random();
    wzp_addr_parse(&crowd.local, "192.0.2.1:5000", 14);
    wzp_addr_parse(&crowd.remote, "192.0.2.2:4433", 14);
    crowd_endpoint(&crowd);
    crowd.members = calloc(count, sizeof *crowd.members);
    if (!crowd.members)
        die("no memory");
    while (crowd.count < count) {
        crowd_dial(&crowd, 0, now);
        uint64_t limit = now + PATIENCE;
        while (crowd.count - crowd.in >= AT_ONCE || (crowd.count == count && crowd.in < count)) {
            step();
            if (now > limit)
                die("not everybody came in");
        }
    }
    run_for(WZP_SECOND); /* until the last handshakes are confirmed */
}

/* Frees the clients; the server's side stays as it is. */
static void close_crowd(void)
{
    wzp_quic_endpoint_free(crowd.endpoint);
    free(crowd.members);
}

/* ---- what is measured ---- */

struct cost {
    double heap, library, blocks; /* of each connection: bytes, ngtcp2's bytes, blocks */
};

static struct cost cost_since(uint64_t heap, uint64_t blocks, uint64_t library, size_t count)
{
    double each = 1.0 / (double)count;
    return (struct cost){.heap = (double)(heap_in_use() - heap) * each,
                         .library = (double)library * each,
                         .blocks = (double)((uint64_t)wzp_alloc_live() - blocks) * each};
}

static struct cost plain(void)
{
    struct wzp_quic_endpoint *endpoint;
    struct wzp_identity identity;
    struct wzp_certificate certificate;
    struct wzp_random random = wzp_system_random();
    wzp_identity_new(&identity, &random);
    wzp_certificate_of_relay(&certificate, &identity);
    const struct wzp_quic_config config = {.callbacks = {.signal = plain_answer},
                                           .random = random,
                                           .certificate = &certificate,
                                           .connection_limit = CROWD_MAX};
    if (wzp_quic_endpoint_new(&endpoint, &config, NULL))
        die("no endpoint");
    wzp_quic_endpoint_driver(&server, endpoint);
    uint64_t heap = heap_in_use(), blocks = (uint64_t)wzp_alloc_live();
    open_crowd(PLAIN);
    close_crowd();
    struct cost cost = cost_since(heap, blocks, library_of(endpoint), PLAIN);
    wzp_quic_endpoint_free(endpoint);
    return cost;
}

static void calls(void)
{
    crowd.signal = callers_signal;
    callers = (struct callers){.calls = CALLS};
    server_cpu = 0;
    uint64_t limit = now + PATIENCE;
    for (size_t i = 0; i < PAIRS; i++)
        callers_offer(&crowd, i, now);
    while (callers.ends < PAIRS * CALLS && now < limit)
        step();
    printf("{\"name\":\"relay_phones_calls\",\"value\":%.0f,\"unit\":\"call set-ups per "
           "CPU-second\",\"goal\":2000,\"done\":%.3f}\n",
           callers.setups / server_cpu, (double)callers.setups / (PAIRS * CALLS));
}

static void phones(size_t count)
{
    static struct wzp_relay_config config;
    struct wzp_relay *relay;
    struct wzp_identity identity;
    struct wzp_random random = wzp_system_random();
    struct wzp_addr local;
    const struct wzp_log log = {0};
    struct wzp_error err = {0};
    struct cost without = plain();
    relay_config(&config);
    wzp_identity_new(&identity, &random);
    wzp_addr_parse(&local, "192.0.2.2:4433", 14);
    if (wzp_relay_new(&relay, &config, identity.seed, &local, "bench", NULL, &random, &log, now,
                      &err))
        die(err.text);
    wzp_relay_driver(&server, relay);
    uint64_t heap = heap_in_use(), blocks = (uint64_t)wzp_alloc_live();
    server_cpu = 0;
    open_crowd(count);
    printf("{\"name\":\"relay_phones_registrations\",\"value\":%.0f,\"unit\":\"a CPU-second, "
           "handshakes and %zu phones\"}\n",
           (double)count / server_cpu, count);
    calls();
    run_for(WZP_SECOND);
    close_crowd();
    struct cost with = cost_since(heap, blocks, library_of(relay->endpoint), count);
    double own = plain_own(without.blocks) + with.heap - without.heap;
    printf("{\"name\":\"relay_phones_heap\",\"value\":%.1f,\"unit\":\"KB each of %zu\","
           "\"goal\":40,\"ngtcp2\":%.1f}\n",
           with.heap / 1024, count, with.library / 1024);
    printf("{\"name\":\"relay_phones_own\",\"value\":%.1f,\"unit\":\"KB each beyond ngtcp2 and "
           "GnuTLS\",\"goal\":12}\n",
           own / 1024);
    wzp_relay_free(relay);
}

int main(void)
{
    const char *asked = getenv("WZP_PHONES");
    size_t count = asked ? strtoul(asked, NULL, 10) : PHONES;
    if (count < 2 * PAIRS || count > CROWD_MAX)
        die("WZP_PHONES: from 2000 to 100000");
    wzp_signal_use_allocator();
    phones(count);
    return 0;
}
