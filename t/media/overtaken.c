/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reordering, as every packet has a random delay of its own: how copies help in such a network, and
 * how the sender learns of it. */
#include "tap.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "media/delay.h"
#include "media/feedback.h"
#include "media/jitter.h"
#include "media/profile.h"

#define BASE (50 * WZP_SECOND)
#define FRAME_MS 20
#define MEAN_MS 20 /* of the delay above the least */
#define PACKETS 1502
#define SEEDS 10

static struct wzp_random_seeded seeded;
static struct wzp_random rng;

/* ms above the least delay, exponential. */
static double some_delay(void)
{
    return -MEAN_MS * log(1 - wzp_random_unit(&rng));
}

/* --- the buffer ---------------------------------------------------------------------------- */

static struct wzp_jitter *j;

static void put(unsigned i, double late_ms, bool copies)
{
    static const uint8_t payload[40] = {0x08}; /* SILK, one frame of 20 ms */
    struct wzp_media_packet packet = {.payload = payload, .payload_length = sizeof payload};
    struct wzp_copy copy = {1, FRAME_MS, payload, sizeof payload};
    uint64_t now = BASE + (uint64_t)((i * FRAME_MS + late_ms) * (double)WZP_MILLISECOND);

    packet.header.sequence = (uint16_t)i;
    packet.header.timestamp = i * FRAME_MS;
    if (wzp_jitter_put(j, &packet, now) && copies && i > 0)
        wzp_jitter_put_copy(j, &packet, &copy);
    wzp_jitter_release(j, (int64_t)i * FRAME_MS - 400);
}

/* Every tenth packet is late by `late_ms`; returns the statistics afterwards. */
static struct wzp_jitter_stats overtake(double late_ms, bool copies)
{
    struct wzp_jitter_stats stats;
    unsigned held = PACKETS; /* none */
    double held_at = 0;

    wzp_jitter_free(j);
    if (wzp_jitter_new(&j) != 0)
        bail("no jitter buffer");
    for (unsigned i = 0; i < PACKETS; i++) {
        if (held < i && held_at < i * FRAME_MS) {
            put(held, late_ms, copies);
            held = PACKETS;
        }
        if (i % 10 == 5) {
            held = i;
            held_at = i * FRAME_MS + late_ms;
        } else {
            put(i, 0, copies);
        }
    }
    wzp_jitter_stats(j, &stats, BASE + PACKETS * FRAME_MS * WZP_MILLISECOND);
    return stats;
}

static void test_target(void)
{
    unsigned without = overtake(90, false).target_ms, with = overtake(90, true).target_ms;

    ok(without >= 90, "each tenth packet is 90 ms late: all of that is waited for (%u ms)",
       without);
    ok(with >= 20 && with <= 30, "not when the next packet brings a copy (%u ms)", with);
    is_int(overtake(90, true).lost, 0, "and nothing counts as lost");
}

static void test_told(void)
{
    struct wzp_jitter_stats far = overtake(90, false), near = overtake(15, false);

    is_near(far.behind_percent_5s, 10, 1, "what comes 90 ms behind its time is as good as lost");
    is_near(overtake(90, true).behind_percent_5s, 10, 1,
            "also when copies bring it, so that they do not end");
    is_near(near.behind_percent_5s, 0, 0.01, "what comes before a copy would have is not");
    is_near(far.loss_percent_5s, 0, 1, "and neither is loss");

    struct wzp_playout_stats heard = {.jitter = {.behind_percent_5s = 10}};
    struct wzp_quality_report report;
    struct wzp_feedback feedback;
    wzp_feedback_write(&report, &heard, 50);
    wzp_feedback_read(&feedback, &report);
    is_int(wzp_line_profile_for(feedback.loss_percent, 1, true)->copies, 1,
           "the sender hears of it what makes it send copies, on a line with room");
    is_int(wzp_line_profile_for(feedback.loss_percent, 1, false)->bitrate,
           wzp_line_profile_for(0, 1, false)->bitrate, "and nothing that costs rate on another");
    heard.jitter.loss_percent_5s = 12;
    wzp_feedback_write(&report, &heard, 50);
    wzp_feedback_read(&feedback, &report);
    is_near(feedback.loss_percent, 12, 0.5, "real loss is told as it is");
}

/* --- when copies begin --------------------------------------------------------------------- */

/* The target delay after so many packets; copied: each arrives as the earlier of two. */
static double target_of(struct wzp_delay *d, unsigned packets, bool copied)
{
    memset(d, 0, sizeof *d);
    for (unsigned i = 0; i < packets; i++) {
        double delay = i == 0 ? 0 : some_delay();
        if (copied)
            delay = fmin(delay, FRAME_MS + some_delay());
        wzp_delay_packet(d, i * FRAME_MS + delay, i * FRAME_MS, true);
    }
    return wzp_delay_target(d, packets * FRAME_MS);
}

static void test_beginning(void)
{
    double alone = 0, both = 0, turned = 0;
    struct wzp_delay d;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        wzp_random_seeded_init(&seeded, seed);
        rng = wzp_random_seeded_source(&seeded);
        alone += target_of(&d, PACKETS, false) / SEEDS;
        wzp_delay_copied(&d, FRAME_MS);
        turned += wzp_delay_target(&d, PACKETS * FRAME_MS) / SEEDS;
        both += target_of(&d, PACKETS, true) / SEEDS;
    }
    ok(both < alone * 0.7, "with copies less is needed: %.0f ms in place of %.0f", both, alone);
    is_near(turned, both, both * 0.12,
            "which follows at their first from what was seen without them");
    double before = wzp_delay_target(&d, PACKETS * FRAME_MS);
    wzp_delay_copied(&d, 640);
    is_near(wzp_delay_target(&d, PACKETS * FRAME_MS), before, 0.01,
            "copies of what was long ago change nothing");
    memset(&d, 0, sizeof d);
    wzp_delay_copied(&d, FRAME_MS);
    is_near(wzp_delay_target(&d, 0), target_of(&d, 0, false), 0.01,
            "nor does the first before any delay is known");
}

TAP_MAIN
{
    test_target();
    test_told();
    test_beginning();
    wzp_jitter_free(j);
}
