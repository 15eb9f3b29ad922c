/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Telling a queue from jitter and from a longer path by round trips alone. */
#include "media/path_queue.h"

#include "base/time.h"
#include "tap.h"

#define TICK (100 * WZP_MILLISECOND)

static struct wzp_path_queue q;
static uint64_t now;

/* Round trips that grow by so much from one to the next, and jump to and fro by `jitter`. */
static double sample(unsigned count, double from_ms, double step_ms, double jitter_ms)
{
    double growth, reached;

    for (unsigned i = 0; i < count; i++) {
        now += TICK;
        wzp_path_queue_sample(&q, from_ms + i * step_ms + (i % 3 == 1 ? jitter_ms : 0), now);
    }
    return wzp_path_queue_ms(&q, &growth, &reached, now);
}

TAP_MAIN
{
    double growth, reached;

    now = 10 * WZP_SECOND;
    wzp_path_queue_init(&q, now);
    ok(sample(20, 60, 0, 0) < 1, "round trips that stay: no queue");
    ok(wzp_path_queue_is_flat(&q, now), "and flat");
    ok(sample(20, 60, 0, 50) < 1, "jitter is none");
    ok(!wzp_path_queue_is_flat(&q, now) && q.noise_ms > 10, "but noise (%.0f ms)", q.noise_ms);
    ok(sample(10, 60, 20, 0) > 50, "one that fills is seen");
    (void)wzp_path_queue_ms(&q, &growth, &reached, now);
    ok(growth > 0.15 && growth < 0.25, "as fast as it fills (%.2f ms per ms)", growth);
    ok(reached > 100, "and how far it has come (%.0f ms)", reached);
    double longer = sample(20, 150, 0, 0);
    ok(longer > 80, "a longer way looks like one");
    wzp_path_queue_rebase(&q, longer, now);
    ok(sample(20, 150, 0, 0) < 1, "until it is known");
}
