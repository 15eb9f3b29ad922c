/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A call on bad lines while a stranger sends garbage, replays what he overheard and lies about
 * where he is: the sound stays, nobody loses a call, and what was dropped is counted. */
#include <arpa/inet.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "phone/internal.h"
#include "sim/lib_stage.h"
#include "sim/lib_stranger.h"
#include "tap.h"

#define KEPT 1024

static struct stage st;
static struct wzp_sim_phone carl, dora;

/* The packets that the stranger overheard, and what he does with them. */
static struct {
    struct {
        struct wzp_addr from, to;
        size_t length;
        uint8_t data[1500];
    } kept[KEPT];
    size_t count;
    struct wzp_addr elsewhere, places[3];
    struct wzp_random random;
    bool flooding;
    /* percentage of all packets that are copied and arrive first, from another address */
    unsigned racing;
    uint64_t sent, raced;
} eve;

static uint64_t pick(uint64_t below)
{
    return wzp_random_below(&eve.random, below);
}

static void overhear(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                     const uint8_t *data, size_t length)
{
    (void)context;
    if (length > sizeof eve.kept[0].data)
        return;
    size_t i = eve.count++ % KEPT;
    eve.kept[i].from = *from;
    eve.kept[i].to = *to;
    eve.kept[i].length = length;
    memcpy(eve.kept[i].data, data, length);
    if (eve.racing > 0 && pick(100) < eve.racing) {
        wzp_sim_inject(st.sim, &eve.elsewhere, to, data, length);
        eve.raced++;
    }
}

static void garbage(void)
{
    uint8_t junk[1400];
    size_t length = pick(sizeof junk);
    const struct wzp_addr *to = &eve.places[pick(3)];
    wzp_random_bytes(&eve.random, junk, length);
    if (length > 6 && pick(3) == 0) { /* it claims to be an Initial of version 1 */
        junk[0] |= 0xc0;
        memcpy(junk + 1, "\0\0\0\1", 4);
        junk[5] = (uint8_t)pick(22);
    }
    wzp_sim_inject(st.sim, pick(2) ? &eve.elsewhere : &eve.places[pick(3)], to, junk, length);
    eve.sent++;
}

/* Replays an old packet of the calls: unchanged, from another address, or altered behind its
 * connection ID. */
static void replay(void)
{
    size_t i = pick(eve.count < KEPT ? eve.count : KEPT);
    uint8_t data[1500];
    size_t length = eve.kept[i].length;
    memcpy(data, eve.kept[i].data, length);
    if (length > 30 && pick(2))
        data[9 + pick(length - 9)] ^= (uint8_t)(1 + pick(255));
    wzp_sim_inject(st.sim, pick(2) ? &eve.kept[i].from : &eve.elsewhere, &eve.kept[i].to, data,
                   length);
    eve.sent++;
}

static bool flood(void *context, uint64_t now)
{
    (void)context;
    (void)now;
    for (int i = 0; eve.flooding && i < 4; i++) {
        garbage();
        if (eve.count > 0)
            replay();
    }
    return true;
}

static void curtain(uint64_t seed, const struct wzp_sim_link *line)
{
    static const char *const places[3] = {STAGE_RELAY, STAGE_ANN, STAGE_BOB};
    st.ann_fine = st.bob_fine = true; /* the sound quality is compared here */
    stage_raise(&st, seed, line);
    memset(&eve, 0, sizeof eve);
    eve.random = wzp_sim_random(st.sim);
    wzp_addr_parse(&eve.elsewhere, "10.9.9.9:666", 12);
    for (int i = 0; i < 3; i++)
        wzp_addr_parse(&eve.places[i], places[i], strlen(places[i]));
    wzp_sim_set_tap(st.sim, overhear, NULL);
    wzp_sim_every(st.sim, 0, 5 * WZP_MILLISECOND, flood, NULL);
}

static bool ended(const struct wzp_sim_phone *p)
{
    return wzp_sim_phone_find(p, WZP_EVENT_ENDED, 0) != NULL;
}

static void check_counters(void)
{
    uint64_t now = wzp_sim_now(st.sim);
    struct wzp_quic_counters ann;
    struct wzp_session_stats stats;
    double unknown = stage_metric(st.relay.relay, "wzp_relay_udp_dropped_total", now);
    ok(unknown > 500, "the relay counts what it dropped (%.0f)", unknown);
    wzp_quic_endpoint_counters(st.ann.phone->endpoint, &ann);
    ok(ann.dropped_unknown + ann.dropped_malformed > 200, "so does Ann's phone (%llu)",
       (unsigned long long)(ann.dropped_unknown + ann.dropped_malformed));
    is_int(wzp_phone_session_stats(st.ann.phone, st.call, &stats, now), 0, "Ann's call is there");
    is_int(stats.sealed_failed + stats.unsealed_dropped, 0,
           "nothing forged came as far as the end-to-end seal");
    ok(wzp_quic_endpoint_connections(st.ann.phone->endpoint) == 2, "Ann has her two connections");
}

static void flooded_call(void)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND,
                                      .jitter = 5 * WZP_MILLISECOND,
                                      .corrupt = 0.05,
                                      .duplicate = 0.05,
                                      .reorder = 0.05,
                                      .reorder_delay = 25 * WZP_MILLISECOND};
    wzp_session_id other;
    curtain(36, &line);
    eve.flooding = true;
    stage_add(&st, &carl, "10.0.0.4:5000", 3, true);
    stage_add(&st, &dora, "10.0.0.5:5000", 4, true);
    dora.auto_answer = true;
    ok(wzp_sim_phone_wait(&dora, WZP_EVENT_REGISTERED, 1, 5 * WZP_SECOND) &&
           wzp_sim_phone_wait(&carl, WZP_EVENT_REGISTERED, 1, 5 * WZP_SECOND) &&
           !wzp_sim_phone_call(&carl, &other, &dora),
       "others register and call under the flood");
    ok(stage_call(&st, 10 * WZP_SECOND), "a call comes up under the flood");
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    long live = wzp_alloc_live();
    size_t from = st.ann.card.heard.samples;
    double alike = stage_listen(&st, &st.ann, 8 * WZP_SECOND);
    /* Meanwhile the jitter buffer adapts to late packets; and when one of the first packets is late
     * the line may be taken for a narrow one: the delay changes during the comparison. */
    ok(alike > 0.8, "5 %% altered, doubled and overtaken packets: the sound is the speech (%.3f)",
       alike);
    unsigned gap = stage_extra_gap(&st, &st.ann, from);
    ok(gap <= 200, "no stall (%u ms)", gap);
    ok(wzp_alloc_live() - live < 400, "the flood does not grow memory (%ld blocks)",
       wzp_alloc_live() - live);
    ok(eve.sent > 5000, "there was a flood (%llu packets)", (unsigned long long)eve.sent);
    ok(!ended(&st.ann) && !ended(&st.bob), "their call lives");
    ok(wzp_sim_phone_find(&carl, WZP_EVENT_ANSWERED, 0) && !ended(&carl) && !ended(&dora),
       "so does the others'");
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_REGISTERED), 1, "no registration was lost");
    check_counters();
    wzp_sim_phone_stop(&carl);
    wzp_sim_phone_stop(&dora);
    stage_lower(&st);
}

/* The attacker is on the path and faster: his copies arrive first, from his own address. */
static void racing_copies(void)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
    curtain(22, &line);
    ok(stage_call(&st, 5 * WZP_SECOND), "a call is up");
    eve.racing = 5;
    size_t from = st.ann.card.heard.samples;
    double alike = stage_listen(&st, &st.ann, 8 * WZP_SECOND);
    ok(eve.raced > 30, "copies of %llu packets came first from another address",
       (unsigned long long)eve.raced);
    ok(alike > 0.85, "the sound is the speech (%.3f)", alike);
    unsigned gap = stage_extra_gap(&st, &st.ann, from);
    ok(gap <= 400, "no stall (%u ms)", gap);
    ok(!ended(&st.ann) && !ended(&st.bob), "the call lives");
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_REGISTERED), 1, "no registration was lost");
    stage_lower(&st);
}

/* Carl calls Dora; ms until both hear something, 0 when they never do. */
static unsigned set_up_ms(void)
{
    size_t count = wzp_sim_phone_count(&dora, WZP_EVENT_MEDIA);
    uint64_t began = wzp_sim_now(st.sim);
    wzp_session_id call;
    carl.card.voice = dora.card.voice = st.speech;
    carl.card.voice_samples = dora.card.voice_samples = st.samples;
    if (wzp_sim_phone_call(&carl, &call, &dora) ||
        !wzp_sim_phone_wait(&dora, WZP_EVENT_MEDIA, count + 1, 5 * WZP_SECOND) ||
        !wzp_sim_phone_wait(&carl, WZP_EVENT_MEDIA, count + 1, 5 * WZP_SECOND))
        return 0;
    unsigned ms = (unsigned)((wzp_sim_now(st.sim) - began) / WZP_MILLISECOND);
    wzp_sim_phone_hangup(&carl, call);
    wzp_sim_run(st.sim, WZP_SECOND);
    return ms;
}

/* Any number of new connections from invented addresses, which never answer. */
static struct {
    struct wzp_quic_endpoint *endpoint;
    uint64_t count, bytes, answered;
    bool coming;
} crowd;

static void count_answers(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                          const uint8_t *data, size_t length)
{
    (void)context;
    (void)data;
    if (wzp_addr_equal(from, &eve.places[0]) && ntohl(to->u.in.sin_addr.s_addr) >> 20 == 0xac1)
        crowd.answered += length;
}

static bool newcomers(void *context, uint64_t now)
{
    static uint8_t bytes[65536];
    (void)context;
    for (int i = 0; crowd.coming && i < 10; i++) {
        uint8_t ip[4] = {172, 16, (uint8_t)(crowd.count >> 8), (uint8_t)crowd.count};
        struct wzp_packet packet = {.data = bytes, .capacity = WZP_PACKET_MAX};
        struct wzp_quic_conn *conn;
        struct wzp_addr invented;
        wzp_addr_from_ip4(&invented, ip, 53);
        if (wzp_quic_connect(&conn, crowd.endpoint, &invented, &eve.places[0], "_signal", NULL,
                             now))
            return false;
        while (wzp_quic_endpoint_next_packet(crowd.endpoint, &packet, now) > 0) {
            wzp_sim_inject(st.sim, &packet.local, &packet.remote, packet.data, packet.length);
            crowd.bytes += packet.length;
            packet.capacity = WZP_PACKET_MAX;
        }
        crowd.count++;
    }
    return crowd.coming;
}

static void invented_newcomers(void)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
    struct wzp_quic_config config = {0};
    curtain(23, &line);
    memset(&crowd, 0, sizeof crowd);
    wzp_sim_set_tap(st.sim, count_answers, NULL);
    config.random = eve.random;
    if (wzp_quic_endpoint_new(&crowd.endpoint, &config, NULL))
        bail("no crowd");
    stage_add(&st, &carl, "10.0.0.4:5000", 3, true);
    stage_add(&st, &dora, "10.0.0.5:5000", 4, true);
    wzp_sim_set_links(carl.host, &line, &line);
    wzp_sim_set_links(dora.host, &line, &line);
    dora.auto_answer = true;
    ok(stage_call(&st, 5 * WZP_SECOND), "a call is up");
    unsigned calm = set_up_ms();
    crowd.coming = true;
    wzp_sim_every(st.sim, 0, 10 * WZP_MILLISECOND, newcomers, NULL);
    wzp_sim_run(st.sim, WZP_SECOND / 2);
    size_t from = st.bob.card.heard.samples;
    unsigned busy = set_up_ms();
    crowd.coming = false;
    wzp_sim_run(st.sim, WZP_SECOND);
    ok(crowd.count > 1000, "%llu newcomers say hello", (unsigned long long)crowd.count);
    ok(calm > 0 && busy > 0 && busy <= 2 * calm,
       "others call each other meanwhile (in %u ms, else in %u ms)", busy, calm);
    ok(crowd.answered > 0 && crowd.answered <= 3 * crowd.bytes,
       "what goes to invented addresses is less than three times what came (%llu of %llu bytes)",
       (unsigned long long)crowd.answered, (unsigned long long)crowd.bytes);
    double retries =
        stage_metric(st.relay.relay, "wzp_relay_quic_retries_total", wzp_sim_now(st.sim));
    ok(retries > 100, "most must prove their address first (%.0f)", retries);
    unsigned gap = stage_extra_gap(&st, &st.bob, from);
    ok(gap <= 100, "the running call does not stall (%u ms)", gap);
    ok(!ended(&st.ann) && !ended(&st.bob), "and lives");
    wzp_quic_endpoint_free(crowd.endpoint);
    wzp_sim_phone_stop(&carl);
    wzp_sim_phone_stop(&dora);
    stage_lower(&st);
}

TAP_MAIN
{
    flooded_call();
    racing_copies();
    invented_newcomers();
    stage_fini(&st);
}
