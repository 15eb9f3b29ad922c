/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Appointments in a binary heap. */
#include "quic/timer.h"

#include "base/alloc.h"
#include "base/error.h"

int wzp_quic_heap_reserve(struct wzp_quic_heap *h)
{
    if (h->reserved == h->capacity) {
        size_t capacity = h->capacity > 0 ? h->capacity * 2 : 64;
        struct wzp_quic_timer **entries = wzp_realloc(h->entries, capacity * sizeof(*h->entries));
        if (!entries)
            return WZP_E_MEMORY;
        h->entries = entries;
        h->capacity = capacity;
    }
    h->reserved++;
    return 0;
}

void wzp_quic_heap_unreserve(struct wzp_quic_heap *h)
{
    h->reserved--;
}

void wzp_quic_heap_fini(struct wzp_quic_heap *h)
{
    wzp_free(h->entries);
    h->entries = NULL;
    h->count = h->capacity = h->reserved = 0;
}

static void place(struct wzp_quic_heap *h, size_t i, struct wzp_quic_timer *t)
{
    h->entries[i] = t;
    t->position = i + 1;
}

static void sift_up(struct wzp_quic_heap *h, size_t i, struct wzp_quic_timer *t)
{
    while (i > 0) {
        size_t parent = (i - 1) / 2;
        if (h->entries[parent]->at <= t->at)
            break;
        place(h, i, h->entries[parent]);
        i = parent;
    }
    place(h, i, t);
}

static void sift_down(struct wzp_quic_heap *h, size_t i, struct wzp_quic_timer *t)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->entries[child + 1]->at < h->entries[child]->at)
            child++;
        if (t->at <= h->entries[child]->at)
            break;
        place(h, i, h->entries[child]);
        i = child;
    }
    place(h, i, t);
}

static void remove_timer(struct wzp_quic_heap *h, struct wzp_quic_timer *t)
{
    size_t i = t->position - 1;
    struct wzp_quic_timer *last = h->entries[--h->count];
    t->position = 0;
    if (last == t)
        return;
    if (i > 0 && last->at < h->entries[(i - 1) / 2]->at)
        sift_up(h, i, last);
    else
        sift_down(h, i, last);
}

void wzp_quic_timer_set(struct wzp_quic_heap *h, struct wzp_quic_timer *t, uint64_t at)
{
    if (at == WZP_NEVER) {
        if (t->position > 0)
            remove_timer(h, t);
        return;
    }
    if (t->position == 0) {
        t->at = at;
        sift_up(h, h->count++, t);
    } else if (at < t->at) {
        t->at = at;
        sift_up(h, t->position - 1, t);
    } else if (at > t->at) {
        t->at = at;
        sift_down(h, t->position - 1, t);
    }
}

struct wzp_quic_timer *wzp_quic_heap_first(const struct wzp_quic_heap *h)
{
    return h->count > 0 ? h->entries[0] : NULL;
}
