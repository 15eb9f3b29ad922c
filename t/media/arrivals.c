/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the receiver concludes from arrivals: that a line is full, at what rate, and what is lost.
 */
#include "media/arrivals.h"

#include "base/time.h"
#include "media/encoder.h"
#include "tap.h"

static struct wzp_arrivals a;
static uint64_t now = 10 * WZP_SECOND;

/* A second of packets of 100 bytes, one each 20 ms. */
static bool come(double delay_ms, unsigned lost_of)
{
    bool ended = false;
    double most_ms;

    for (unsigned i = 0; i < 50; i++) {
        bool lost = lost_of > 0 && i % lost_of == 0;
        now += 20 * WZP_MILLISECOND;
        wzp_arrivals_number(&a, 1, !lost, now);
        if (lost)
            continue;
        wzp_arrivals_packet(&a, 100, delay_ms, now);
        ended |= wzp_arrivals_queue_ended(&a, delay_ms, 20, &most_ms, now);
    }
    return ended;
}

/* All packets are queued from now on; returns the ms until that is detected. */
static double milliseconds_until_full(void)
{
    unsigned packets = 0;

    wzp_arrivals_new_sender(&a);
    come(0, 0);
    while (packets < 100 && wzp_arrivals_limit_kbps(&a, 20, now) == 0) {
        now += 20 * WZP_MILLISECOND;
        wzp_arrivals_number(&a, 1, 1, now);
        wzp_arrivals_packet(&a, 100, 100, now);
        packets++;
    }
    return packets * 20;
}

/* A stream over a line of 48 kbit/s whose third packet is long. */
static void begins(void)
{
    double free = 0;

    wzp_arrivals_new_sender(&a);
    ok(wzp_arrivals_is_unsure(&a, now), "a line over which nothing came is not known");
    for (unsigned i = 0; i < 8; i++) {
        double sent = i * 20;
        double bytes = i == 2 ? 200 : 20;

        free = (free > sent ? free : sent) + (bytes + WZP_PACKET_OVERHEAD) * 8 / 48;
        wzp_arrivals_packet(&a, (size_t)bytes, free - sent,
                            now + (uint64_t)(free * WZP_MILLISECOND));
    }
    now += 200 * WZP_MILLISECOND;
    ok(!wzp_arrivals_is_unsure(&a, now), "it is after a few packets");
    is_near(wzp_arrivals_limit_kbps(&a, 20, now), 48, 4, "without a queue: what it carries");
    now += 3 * WZP_SECOND;
    is_int(wzp_arrivals_limit_kbps(&a, 20, now), 0, "told for two seconds");
    wzp_arrivals_new_sender(&a);
    wzp_arrivals_packet(&a, 20, 30, now);
    ok(wzp_arrivals_is_unsure(&a, now), "one packet says nothing");
    ok(!wzp_arrivals_is_unsure(&a, now + 1100 * WZP_MILLISECOND),
       "for which nobody waits longer than a second");
}

TAP_MAIN
{
    double line = (100 + WZP_PACKET_OVERHEAD) * 8 / 20.0;

    ok(!come(0, 0), "no queue, none that ends");
    is_int(wzp_arrivals_limit_kbps(&a, 20, now), 0, "a line that is not full has no limit");
    is_near(wzp_arrivals_loss_percent(&a, 2, now), 0, 0.1, "nothing is lost");
    come(0, 5);
    is_near(wzp_arrivals_loss_percent(&a, 1, now), 20, 2, "one of five is");
    come(100, 0);
    is_near(wzp_arrivals_limit_kbps(&a, 20, now), line, 2,
            "all packets wait: what comes is what it carries");
    come(0, 0);
    is_int(wzp_arrivals_limit_kbps(&a, 20, now), 0, "not when one packet did not");
    ok(come(0, 0), "a queue that is gone is told");
    is_near(milliseconds_until_full(), 500, 20, "that a line is full is known after half a second");
    begins();
}
