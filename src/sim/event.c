/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/event.h"

#include <stdbool.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"

int wzp_sim_events_reserve(struct wzp_sim_events *e)
{
    if (e->reserved == e->capacity) {
        size_t capacity = e->capacity ? 2 * e->capacity : 256;
        void *grown = wzp_realloc(e->entries, capacity * sizeof *e->entries);
        if (!grown)
            return WZP_E_MEMORY;
        e->entries = grown;
        e->capacity = capacity;
    }
    e->reserved++;
    return 0;
}

void wzp_sim_events_release(struct wzp_sim_events *e)
{
    e->reserved--;
}

void wzp_sim_events_fini(struct wzp_sim_events *e)
{
    wzp_free(e->entries);
    e->entries = NULL;
    e->count = e->capacity = e->reserved = 0;
}

void wzp_sim_event_init(struct wzp_sim_events *e, struct wzp_sim_event *event,
                        enum wzp_sim_event_class class,
                        void (*happen)(struct wzp_sim *sim, struct wzp_sim_event *event))
{
    *event = (struct wzp_sim_event){
        .due = WZP_NEVER, .number = e->numbers++, .class = class, .happen = happen};
}

static bool earlier(const struct wzp_sim_event *a, const struct wzp_sim_event *b)
{
    if (a->due != b->due)
        return a->due < b->due;
    return a->class != b->class ? a->class < b->class : a->number < b->number;
}

static bool earlier_than(const struct wzp_sim_events *e, size_t i, const struct wzp_sim_event *b)
{
    if (e->entries[i].due != b->due)
        return e->entries[i].due < b->due;
    return earlier(e->entries[i].event, b);
}

static void put(struct wzp_sim_events *e, size_t i, struct wzp_sim_event *event)
{
    e->entries[i].due = event->due;
    e->entries[i].event = event;
    event->position = i + 1;
}

static void sift_up(struct wzp_sim_events *e, size_t i, struct wzp_sim_event *event)
{
    while (i > 0 && !earlier_than(e, (i - 1) / 2, event)) {
        put(e, i, e->entries[(i - 1) / 2].event);
        i = (i - 1) / 2;
    }
    put(e, i, event);
}

static void sift_down(struct wzp_sim_events *e, size_t i, struct wzp_sim_event *event)
{
    for (size_t child = 2 * i + 1; child < e->count; child = 2 * i + 1) {
        if (child + 1 < e->count && earlier_than(e, child + 1, e->entries[child].event))
            child++;
        if (!earlier_than(e, child, event))
            break;
        put(e, i, e->entries[child].event);
        i = child;
    }
    put(e, i, event);
}

static void settle(struct wzp_sim_events *e, size_t i, struct wzp_sim_event *event)
{
    if (i > 0 && !earlier_than(e, (i - 1) / 2, event))
        sift_up(e, i, event);
    else
        sift_down(e, i, event);
}

static void take_out(struct wzp_sim_events *e, struct wzp_sim_event *event)
{
    size_t i = event->position - 1;
    struct wzp_sim_event *last = e->entries[--e->count].event;
    event->position = 0;
    if (last != event)
        settle(e, i, last);
}

void wzp_sim_event_set(struct wzp_sim_events *e, struct wzp_sim_event *event, uint64_t due)
{
    if (due == WZP_NEVER) {
        if (event->position)
            take_out(e, event);
        event->due = WZP_NEVER;
    } else if (!event->position) {
        event->due = due;
        sift_up(e, e->count++, event);
    } else if (due != event->due) {
        event->due = due;
        settle(e, event->position - 1, event);
    }
}

struct wzp_sim_event *wzp_sim_events_first(const struct wzp_sim_events *e)
{
    return e->count ? e->entries[0].event : NULL;
}
