/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The heap of appointments against a plain list. */
#include "quic/timer.h"

#include <string.h>

#include "base/random.h"
#include "tap.h"

#define COUNT 300

TAP_MAIN
{
    struct wzp_quic_heap heap;
    static struct wzp_quic_timer timers[COUNT];
    static uint64_t set[COUNT];
    struct wzp_random_seeded seed;
    memset(&heap, 0, sizeof heap);
    wzp_random_seeded_init(&seed, 3);
    struct wzp_random random = wzp_random_seeded_source(&seed);
    for (int i = 0; i < COUNT; i++) {
        if (wzp_quic_heap_reserve(&heap) < 0)
            bail("no memory");
        set[i] = WZP_NEVER;
    }
    ok(wzp_quic_heap_first(&heap) == NULL, "an empty heap has no first");
    unsigned wrong = 0;
    for (int k = 0; k < 20000; k++) {
        size_t i = (size_t)wzp_random_below(&random, COUNT);
        set[i] = wzp_random_below(&random, 4) == 0 ? WZP_NEVER : wzp_random_below(&random, 1000);
        wzp_quic_timer_set(&heap, &timers[i], set[i]);
        if (k % 37 != 0)
            continue;
        uint64_t least = WZP_NEVER;
        size_t count = 0;
        for (size_t j = 0; j < COUNT; j++) {
            least = wzp_time_min(least, set[j]);
            count += set[j] != WZP_NEVER;
            wrong += (set[j] == WZP_NEVER) != (timers[j].position == 0);
        }
        const struct wzp_quic_timer *first = wzp_quic_heap_first(&heap);
        wrong += (first != NULL ? first->at : WZP_NEVER) != least;
        wrong += heap.count != count;
    }
    is_int(wrong, 0, "the earliest is always first");
    uint64_t last = 0;
    unsigned taken = 0;
    for (struct wzp_quic_timer *t; (t = wzp_quic_heap_first(&heap)) != NULL; taken++) {
        wrong += t->at < last;
        last = t->at;
        wzp_quic_timer_set(&heap, t, WZP_NEVER);
    }
    is_int(wrong, 0, "%u come out in order", taken);
    for (int i = 0; i < COUNT; i++)
        wzp_quic_heap_unreserve(&heap);
    is_int(heap.reserved, 0, "none reserved");
    wzp_quic_heap_fini(&heap);
}
