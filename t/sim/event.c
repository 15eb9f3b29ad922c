/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The heap of events: order, ties, moving, taking out, against a plain list. */
#include "sim/event.h"

#include "base/random.h"
#include "base/time.h"
#include "tap.h"

#define EVENTS 300

static struct wzp_sim_event events[EVENTS];

static void nothing(struct wzp_sim *sim, struct wzp_sim_event *event)
{
    (void)sim;
    (void)event;
}

/* The first by looking at each. */
static const struct wzp_sim_event *first_of_all(void)
{
    const struct wzp_sim_event *first = NULL;
    for (size_t i = 0; i < EVENTS; i++) {
        const struct wzp_sim_event *e = &events[i];
        if (e->due == WZP_NEVER)
            continue;
        if (!first || e->due < first->due ||
            (e->due == first->due &&
             (e->class < first->class || (e->class == first->class && e->number < first->number))))
            first = e;
    }
    return first;
}

TAP_MAIN
{
    struct wzp_sim_events heap = {0};
    struct wzp_random_seeded seed;
    unsigned wrong = 0;
    wzp_random_seeded_init(&seed, 5);
    struct wzp_random random = wzp_random_seeded_source(&seed);
    for (size_t i = 0; i < EVENTS; i++) {
        if (wzp_sim_events_reserve(&heap))
            bail("no memory");
        wzp_sim_event_init(&heap, &events[i], (enum wzp_sim_event_class)(i % 3), nothing);
    }
    ok(!wzp_sim_events_first(&heap), "a new heap is empty");
    for (unsigned i = 0; i < 20000; i++) {
        struct wzp_sim_event *e = &events[wzp_random_below(&random, EVENTS)];
        /* Few different times, so that many are equal. */
        uint64_t due = wzp_random_below(&random, 50);
        wzp_sim_event_set(&heap, e, due < 10 ? WZP_NEVER : due);
        wrong += wzp_sim_events_first(&heap) != first_of_all();
    }
    is_int(wrong, 0, "the first is always the first by time, class and number");
    uint64_t last = 0;
    unsigned unordered = 0;
    struct wzp_sim_event *e;
    while ((e = wzp_sim_events_first(&heap))) {
        unordered += e->due < last;
        last = e->due;
        wzp_sim_event_set(&heap, e, WZP_NEVER);
    }
    is_int(unordered, 0, "taken out one by one they come in order");
    ok(last > 0, "and there were some");
    wzp_sim_events_fini(&heap);
}
