/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Something that will happen: a packet arrives, a timer expires, an object wants to be woken. It is
 * a member of what it happens to, kept in the world's one heap. At one instant packets come first,
 * then timers, then wake-ups; within a class the order is that of their making, so that a run
 * repeats. */
#ifndef WZP_SIM_EVENT_H
#define WZP_SIM_EVENT_H

#include "base/heap.h"

struct wzp_sim;

enum wzp_sim_event_class { WZP_SIM_EVENT_FLIGHT, WZP_SIM_EVENT_TIMER, WZP_SIM_EVENT_EXPIRY };

struct wzp_sim_event {
    struct wzp_heap_node node; /* first; the key is the time in ns */
    enum wzp_sim_event_class class;
    /* It is out of the heap then, and may be set again. */
    void (*happen)(struct wzp_sim *sim, struct wzp_sim_event *event);
};

#endif
