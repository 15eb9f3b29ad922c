/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Binary heap of appointments: O(log n) to set and clear, O(1) to see the next one. Room is
 * reserved when an object is made, so that setting a timer cannot fail. */
#ifndef WZP_QUIC_TIMER_H
#define WZP_QUIC_TIMER_H

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

/* Part of the object that is to be woken. All-zero is "not set". */
struct wzp_quic_timer {
    uint64_t at;
    size_t position; /* in the heap, from 1; 0 when not set */
};

struct wzp_quic_heap {
    struct wzp_quic_timer **entries;
    size_t count, capacity;
    size_t reserved; /* objects that may hold a timer */
};

/* One more object may use the heap. WZP_E_MEMORY. */
int wzp_quic_heap_reserve(struct wzp_quic_heap *h);
/* One object less; its timer must be cleared. */
void wzp_quic_heap_unreserve(struct wzp_quic_heap *h);
void wzp_quic_heap_fini(struct wzp_quic_heap *h);
/* at == WZP_NEVER clears. */
void wzp_quic_timer_set(struct wzp_quic_heap *h, struct wzp_quic_timer *t, uint64_t at);
/* Earliest timer, NULL when there is none. */
struct wzp_quic_timer *wzp_quic_heap_first(const struct wzp_quic_heap *h);

#endif
