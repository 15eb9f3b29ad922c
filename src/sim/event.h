/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What will happen, in one heap: packets that arrive, timers, appointments of drivers. An event is
 * a member of what it happens to, so that moving it costs O(log n) and no memory. At one instant
 * packets come first, then timers, then appointments; within a class the order is that of its
 * numbers, so that a run repeats. */
#ifndef WZP_SIM_EVENT_H
#define WZP_SIM_EVENT_H

#include <stddef.h>
#include <stdint.h>

struct wzp_sim;

enum wzp_sim_event_class { WZP_SIM_EVENT_FLIGHT, WZP_SIM_EVENT_TIMER, WZP_SIM_EVENT_EXPIRY };

struct wzp_sim_event {
    uint64_t due;    /* ns */
    uint64_t number; /* breaks ties within the class */
    size_t position; /* in the heap, from 1; 0 = not waiting */
    enum wzp_sim_event_class class;
    void (*happen)(struct wzp_sim *sim, struct wzp_sim_event *event);
};
struct wzp_sim_events {
    struct {
        uint64_t due;
        struct wzp_sim_event *event;
    } * entries;
    size_t count, capacity, reserved;
    uint64_t numbers;
};

/* Makes room for one more event, so that setting it cannot fail, and gives it up again.
 * WZP_E_MEMORY. */
int wzp_sim_events_reserve(struct wzp_sim_events *e);
void wzp_sim_events_release(struct wzp_sim_events *e);
void wzp_sim_events_fini(struct wzp_sim_events *e);
/* An event that is not waiting yet, with a number of its own. */
void wzp_sim_event_init(struct wzp_sim_events *e, struct wzp_sim_event *event,
                        enum wzp_sim_event_class class,
                        void (*happen)(struct wzp_sim *sim, struct wzp_sim_event *event));
/* Waits for that time, whether it waited before or not; WZP_NEVER: no longer. Room must have been
 * reserved. */
void wzp_sim_event_set(struct wzp_sim_events *e, struct wzp_sim_event *event, uint64_t due);
/* The next one, NULL. */
struct wzp_sim_event *wzp_sim_events_first(const struct wzp_sim_events *e);

#endif
