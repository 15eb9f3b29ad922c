/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Single-producer single-consumer ring. head and tail count samples for ever and wrap with
 * size_t; their difference is the fill, which is exact because the capacity is a power of two. */
#include "base/ring.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

int wzp_ring_init(struct wzp_ring *r, size_t capacity)
{
    memset(r, 0, sizeof *r);
    if (capacity > SIZE_MAX / 4 / sizeof(int16_t))
        return WZP_E_MEMORY;
    size_t size = 1;
    while (size < capacity)
        size *= 2;
    r->samples = wzp_calloc(size, sizeof(int16_t));
    if (!r->samples)
        return WZP_E_MEMORY;
    r->capacity = size;
    atomic_init(&r->head, 0);
    atomic_init(&r->tail, 0);
    return 0;
}

void wzp_ring_fini(struct wzp_ring *r)
{
    wzp_free(r->samples);
    r->samples = NULL;
    r->capacity = 0;
    atomic_store(&r->head, 0);
    atomic_store(&r->tail, 0);
}

size_t wzp_ring_write(struct wzp_ring *r, const int16_t *in, size_t count)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t room = r->capacity - (head - tail);
    if (count > room)
        count = room;
    if (count == 0)
        return 0;
    size_t start = head & (r->capacity - 1);
    size_t first = count < r->capacity - start ? count : r->capacity - start;
    memcpy(r->samples + start, in, first * sizeof(int16_t));
    if (count > first)
        memcpy(r->samples, in + first, (count - first) * sizeof(int16_t));
    atomic_store_explicit(&r->head, head + count, memory_order_release);
    return count;
}

size_t wzp_ring_read(struct wzp_ring *r, int16_t *out, size_t count)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    if (count > head - tail)
        count = head - tail;
    if (count == 0)
        return 0;
    size_t start = tail & (r->capacity - 1);
    size_t first = count < r->capacity - start ? count : r->capacity - start;
    memcpy(out, r->samples + start, first * sizeof(int16_t));
    if (count > first)
        memcpy(out + first, r->samples, (count - first) * sizeof(int16_t));
    atomic_store_explicit(&r->tail, tail + count, memory_order_release);
    return count;
}

size_t wzp_ring_readable(const struct wzp_ring *r)
{
    /* Tail first: called by the producer, a tail that moves in between must not make the
     * difference negative. */
    size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    size_t fill = head - tail;
    return fill < r->capacity ? fill : r->capacity;
}

size_t wzp_ring_writable(const struct wzp_ring *r)
{
    return r->capacity - wzp_ring_readable(r);
}
