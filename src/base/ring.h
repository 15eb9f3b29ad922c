/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Single-producer single-consumer ring of 16-bit samples: the only thing an audio thread and the
 * loop thread share. Wait-free, no locks, no allocation after init. */
#ifndef WZP_BASE_RING_H
#define WZP_BASE_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct wzp_ring {
    int16_t *samples;
    size_t capacity;    /* power of two */
    atomic_size_t head; /* written by the producer only: samples ever written */
    atomic_size_t tail; /* written by the consumer only: samples ever read */
};

/* capacity is rounded up to a power of two. WZP_E_MEMORY. */
int wzp_ring_init(struct wzp_ring *r, size_t capacity);
void wzp_ring_fini(struct wzp_ring *r);
/* Producer: writes up to count samples, returns how many fitted. */
size_t wzp_ring_write(struct wzp_ring *r, const int16_t *in, size_t count);
/* Consumer: reads up to count samples, returns how many there were. */
size_t wzp_ring_read(struct wzp_ring *r, int16_t *out, size_t count);
/* Either side: samples that can be read / written now (a lower bound for the other side). */
size_t wzp_ring_readable(const struct wzp_ring *r);
size_t wzp_ring_writable(const struct wzp_ring *r);

#endif
