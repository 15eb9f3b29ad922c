/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The jitter buffer alone: order, units of timestamps, wrap-around, stray packets, statistics,
 * target delay. */
#include "tap.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/time.h"
#include "media/delay.h"
#include "media/jitter.h"

#define BASE (50 * WZP_SECOND)

static struct wzp_jitter *j;
static uint64_t now;

static void fresh(void)
{
    wzp_jitter_free(j);
    if (wzp_jitter_new(&j) != 0)
        bail("no jitter buffer");
    now = BASE;
}

static int put(uint16_t sequence, uint32_t timestamp, unsigned codec)
{
    static uint8_t payload[40];
    struct wzp_media_packet packet;

    memset(&packet, 0, sizeof packet);
    packet.header.codec = (uint8_t)codec;
    packet.header.sequence = sequence;
    packet.header.timestamp = timestamp;
    packet.payload = payload;
    packet.payload_length = sizeof payload;
    payload[0] = 0x08; /* SILK, one frame of 20 ms */
    payload[1] = (uint8_t)sequence;
    return wzp_jitter_put(j, &packet, now);
}

static struct wzp_jitter_stats stats(void)
{
    struct wzp_jitter_stats s;

    wzp_jitter_stats(j, &s, now);
    return s;
}

static void test_order(void)
{
    int64_t oldest = 0;
    const struct wzp_jitter_packet *p;
    unsigned gap = 0;

    fresh();
    ok(!wzp_jitter_oldest(j, &oldest) && !wzp_jitter_ready(j, now), "empty");
    is_int(wzp_jitter_epoch(j), 0, "no timeline yet");
    is_int(put(2, 40, 0), 1, "first");
    is_int(put(0, 0, 0), 1, "older ones");
    is_int(put(1, 20, 0), 1, "fill in from behind");
    is_int(put(1, 20, 0), 0, "a duplicate is dropped");
    is_int(put(5, 100, 0), 1, "a gap");
    p = wzp_jitter_gap(j, &gap);
    ok(p && p->timestamp == 100 && gap == 40, "of 40 ms is seen");
    ok(wzp_jitter_oldest(j, &oldest) && oldest == 0, "the oldest");
    p = wzp_jitter_find(j, 20);
    ok(p && p->sequence == 1 && p->data[1] == 1, "found by time");
    p = wzp_jitter_find(j, 35);
    ok(p && p->sequence == 1, "also in its middle");
    ok(!wzp_jitter_find(j, 60), "the gap is empty");
    p = wzp_jitter_next_after(j, 60);
    ok(p && p->sequence == 5, "behind it comes 5");
    ok(!wzp_jitter_next_after(j, 100), "and nothing behind that");
    is_int(stats().buffered_ms, 80, "80 ms buffered");
    wzp_jitter_release(j, 60);
    is_int(stats().buffered_ms, 20, "played ones are gone");
    is_int(put(3, 60, 0), 1, "just in time");
    wzp_jitter_release(j, 100);
    is_int(put(4, 80, 0), 0, "too late");
    is_int(stats().late, 1, "is counted");
    is_int(stats().duplicate, 1, "as is the duplicate");
    is_int(stats().lost, 0, "late is not lost");
    is_int(stats().reordered, 4, "reordering");
}

static void test_units_and_wraps(void)
{
    fresh();
    for (unsigned i = 0; i < 20; i++, now += 20 * WZP_MILLISECOND)
        is_int(put((uint16_t)(65530 + i), 4294967200u + i * 20, 0), 1, "wrap: packet %u", i);
    is_int(stats().resets, 0, "no reset");
    is_int(stats().lost, 0, "no loss");
    is_int(stats().buffered_ms, 400, "all of it");
    fresh();
    for (unsigned i = 0; i < 20; i++, now += 20 * WZP_MILLISECOND)
        put((uint16_t)i, 4294960000u + i * 960, 0);
    is_int(stats().buffered_ms, 380, "samples: all but the first");
    is_near(wzp_jitter_lag_ms(j, wzp_jitter_next_after(j, INT64_MIN)->timestamp, now), 380, 25,
            "samples: understood as 20 ms each");
    fresh();
    put(0, 0, 0);
    now += 960 * WZP_MILLISECOND;
    put(1, 960, 0);
    is_int(stats().resets, 0, "a real pause of 960 ms is no change of unit");
}

static void test_strays(void)
{
    fresh();
    for (unsigned i = 0; i < 10; i++, now += 20 * WZP_MILLISECOND)
        put((uint16_t)(1000 + i), 20000 + i * 20, 0);
    is_int(put(40000, 123456, 0), 0, "a stray is not taken");
    is_int(put(7, 99, 0), 0, "nor another");
    is_int(stats().stray, 2, "both are counted");
    is_int(put(1010, 20200, 0), 1, "the stream goes on");
    is_int(put(0, 0, 0), 0, "a new sender is not believed at once");
    is_int(put(1, 20, 0), 1, "but at the second packet");
    is_int(stats().resets, 1, "one reset");
    is_int(stats().buffered_ms, 40, "with both packets");
    is_int(wzp_jitter_epoch(j), 2, "a new timeline");
    /* A restart within the first seconds looks like late packets at first. */
    fresh();
    for (unsigned i = 0; i < 50; i++, now += 20 * WZP_MILLISECOND) {
        put((uint16_t)i, i * 20, 0);
        wzp_jitter_release(j, i * 20 + 20);
    }
    int stored = 0;
    for (unsigned i = 0; i < 20; i++, now += 20 * WZP_MILLISECOND)
        stored += put((uint16_t)i, i * 20, 0);
    ok(stored >= 10, "a restart inside the window is understood too (%d)", stored);
}

static void test_bounds(void)
{
    struct wzp_media_packet packet;
    uint8_t big[2000] = {0};
    uint64_t calls;

    fresh();
    calls = wzp_alloc_calls();
    memset(&packet, 0, sizeof packet);
    packet.payload = big;
    packet.payload_length = WZP_FRAME_BYTES_MAX + 1;
    is_int(wzp_jitter_put(j, &packet, now), 0, "too long a payload");
    packet.payload_length = 0;
    is_int(wzp_jitter_put(j, &packet, now), 0, "an empty one");
    packet.payload_length = 10;
    packet.header.codec = 12;
    is_int(wzp_jitter_put(j, &packet, now), 0, "an unknown codec");
    for (unsigned i = 0; i < 200; i++)
        put((uint16_t)i, i * 20, 0);
    is_int(stats().buffered_ms, WZP_JITTER_SLOTS * 20, "a heap of packets is bounded");
    ok(stats().overflow >= 30, "the oldest go (%ju)", (uintmax_t)stats().overflow);
    is_int(wzp_alloc_calls(), calls, "without allocating");
}

static void test_target(void)
{
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    double calm;
    double rough;
    double fell;
    unsigned i = 0;

    wzp_random_seeded_init(&seeded, 3);
    random = wzp_random_seeded_source(&seeded);
    fresh();
    for (; i < 200; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
        wzp_jitter_release(j, (int64_t)i * 20 - 100);
    }
    calm = wzp_jitter_target_ms(j);
    is_near(calm, WZP_JITTER_TARGET_MIN_MS, 0.1, "a clean network needs the least target");
    for (; i < 230; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND +
              wzp_random_below(&random, 80) * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
    }
    rough = wzp_jitter_target_ms(j);
    ok(rough > 50, "600 ms of jitter raise it (%.0f ms)", rough);
    for (; i < 400; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
    }
    fell = wzp_jitter_target_ms(j);
    ok(fell > calm + 20, "3 calm seconds do not lower it to the least (%.0f ms)", fell);
    for (; i < 4000; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
    }
    is_near(wzp_jitter_target_ms(j), calm, 3, "a calm minute does");
    /* The path becomes 300 ms longer permanently: after some seconds that is the normal delay. */
    for (; i < 5500; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND + 300 * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
    }
    ok(wzp_jitter_target_ms(j) < 40, "a longer path is no jitter (%.0f ms)",
       wzp_jitter_target_ms(j));
    for (; i < 6000; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND + 2000 * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
    }
    ok(wzp_jitter_target_ms(j) < 60, "not even 1.7 s longer (%.0f ms)", wzp_jitter_target_ms(j));
    for (; i < 9000; i++) {
        now += 20 * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
    }
    ok(wzp_jitter_target_ms(j) <= WZP_JITTER_TARGET_MAX_MS, "never above the most");
}

/* Packet i, that late. */
static void put_late(unsigned i, unsigned late_ms)
{
    now = BASE + (uint64_t)(i * 20 + late_ms) * WZP_MILLISECOND;
    put((uint16_t)i, i * 20, 0);
    wzp_jitter_release(j, (int64_t)i * 20 - 400);
}

static void test_target_moves(void)
{
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    unsigned i = 0;

    wzp_random_seeded_init(&seeded, 4);
    random = wzp_random_seeded_source(&seeded);
    fresh();
    for (; i < 25; i++)
        put_late(i, i == 10 ? 250 : (unsigned)wzp_random_below(&random, 15));
    ok(wzp_jitter_target_ms(j) < 80, "one packet far behind the first few does not rule (%.0f ms)",
       wzp_jitter_target_ms(j));
    fresh();
    for (i = 0; i < 1500; i++)
        put_late(i, (unsigned)wzp_random_below(&random, 3));
    ok(wzp_jitter_target_ms(j) < 10, "half a minute of calm (%.0f ms)", wzp_jitter_target_ms(j));
    for (; i < 1600; i++)
        put_late(i, (unsigned)wzp_random_below(&random, 60));
    ok(wzp_jitter_target_ms(j) > 55, "is forgotten within two seconds of jitter (%.0f ms)",
       wzp_jitter_target_ms(j));
}

static void test_loss(void)
{
    fresh();
    for (unsigned i = 0; i < 500; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND;
        if (i % 10 != 3)
            put((uint16_t)i, i * 20, 0);
        wzp_jitter_release(j, (int64_t)i * 20);
    }
    is_near(stats().loss_percent_1s, 10, 3, "loss of the last second");
    is_near(stats().loss_percent_5s, 10, 1, "and of five");
    is_int(stats().lost, 50, "in all");
    for (unsigned i = 500; i < 800; i++) {
        now = BASE + (uint64_t)i * 20 * WZP_MILLISECOND;
        put((uint16_t)i, i * 20, 0);
        wzp_jitter_release(j, (int64_t)i * 20);
    }
    is_near(stats().loss_percent_5s, 0, 0.01, "the windows forget");
    is_int(stats().lost, 50, "the sum does not");
    is_near(stats().jitter_ms, 0, 0.1, "no jitter");
}

TAP_MAIN
{
    test_order();
    test_units_and_wraps();
    test_strays();
    test_bounds();
    test_target();
    test_target_moves();
    test_loss();
    wzp_jitter_free(j);
}
