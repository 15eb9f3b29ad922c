/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A scheduled event of the simulation: a packet arrives, a timer expires, an object's expiry is
 * due. It is embedded in the struct that it concerns, and kept in the world's single heap. At one
 * instant packets come first, then timers, then expiries; within a class in order of scheduling, so
 * that runs are reproducible. */
#ifndef WZP_SIM_EVENT_H
#define WZP_SIM_EVENT_H

#include "base/heap.h"

struct wzp_sim;

enum wzp_sim_event_class { WZP_SIM_EVENT_FLIGHT, WZP_SIM_EVENT_TIMER, WZP_SIM_EVENT_EXPIRY };

struct wzp_sim_event {
    struct wzp_heap_node node; /* first; the key is the time in ns */
    enum wzp_sim_event_class class;
    /* The event is out of the heap when this is called, and may be scheduled again. */
    void (*happen)(struct wzp_sim *sim, struct wzp_sim_event *event);
};

#endif
