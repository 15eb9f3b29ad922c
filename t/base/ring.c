/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sample ring, alone and between two threads (build with SAN=thread to see races). */
#include "base/ring.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

#define TOTAL 200000

static void check_alone(void)
{
    struct wzp_ring r;
    int16_t in[16], out[16];
    for (int16_t i = 0; i < 16; i++)
        in[i] = i;
    if (wzp_ring_init(&r, 5) < 0)
        bail("no ring");
    is_int(r.capacity, 8, "rounded up to a power of two");
    is_int(wzp_ring_readable(&r), 0, "empty");
    is_int(wzp_ring_writable(&r), 8, "all free");
    is_int(wzp_ring_read(&r, out, 4), 0, "nothing to read");
    is_int(wzp_ring_write(&r, in, 5), 5, "five in");
    is_int(wzp_ring_read(&r, out, 3), 3, "three out");
    is_bytes(out, 6, in, 6, "the first three");
    is_int(wzp_ring_write(&r, in + 5, 11), 6, "only what fits, over the end");
    is_int(wzp_ring_writable(&r), 0, "full");
    is_int(wzp_ring_write(&r, in, 1), 0, "full is full");
    is_int(wzp_ring_read(&r, out, 2), 2, "two more");
    is_int(wzp_ring_read(&r, out, 16), 6, "the rest, over the end");
    is_bytes(out, 12, in + 5, 12, "in order");
    is_int(wzp_ring_read(&r, out, 2), 0, "nothing left");
    is_int(wzp_ring_write(&r, in, 0), 0, "no samples");

    /* The counters wrap with size_t: start just before. */
    atomic_store(&r.head, SIZE_MAX - 3);
    atomic_store(&r.tail, SIZE_MAX - 3);
    is_int(wzp_ring_write(&r, in, 8), 8, "over the wrap of the counters");
    is_int(wzp_ring_readable(&r), 8, "all there");
    is_int(wzp_ring_read(&r, out, 8), 8, "all back");
    is_bytes(out, 16, in, 16, "in order");
    wzp_ring_fini(&r);
    is_int(wzp_ring_init(&r, SIZE_MAX), WZP_E_MEMORY, "too large");
    if (wzp_ring_init(&r, 0) < 0)
        bail("no ring");
    is_int(r.capacity, 1, "at least one sample");
    wzp_ring_fini(&r);
}

static void *produce(void *context)
{
    struct wzp_ring *r = context;
    int16_t block[97];
    for (uint32_t sent = 0; sent < TOTAL;) {
        uint32_t n = 1 + sent % 97;
        if (n > TOTAL - sent)
            n = TOTAL - sent;
        for (uint32_t i = 0; i < n; i++)
            block[i] = (int16_t)(uint16_t)(sent + i);
        uint32_t written = (uint32_t)wzp_ring_write(r, block, n);
        sent += written;
        if (written == 0)
            sched_yield();
    }
    return NULL;
}

static void check_two_threads(void)
{
    struct wzp_ring r;
    pthread_t thread;
    int16_t block[64];
    bool in_order = true;
    bool in_bounds = true;
    if (wzp_ring_init(&r, 256) < 0)
        bail("no ring");
    if (pthread_create(&thread, NULL, produce, &r) != 0)
        bail("no thread");
    for (uint32_t got = 0; got < TOTAL;) {
        size_t there = wzp_ring_readable(&r);
        in_bounds = in_bounds && there <= r.capacity;
        size_t n = wzp_ring_read(&r, block, 1 + got % 64);
        for (size_t i = 0; i < n; i++)
            in_order = in_order && block[i] == (int16_t)(uint16_t)(got + i);
        got += (uint32_t)n;
        if (n == 0)
            sched_yield();
    }
    pthread_join(thread, NULL);
    ok(in_order, "%d samples arrive in order", TOTAL);
    ok(in_bounds, "never more than the ring holds");
    is_int(wzp_ring_readable(&r), 0, "nothing is left");
    wzp_ring_fini(&r);
}

TAP_MAIN
{
    check_alone();
    check_two_threads();
}
