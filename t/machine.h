/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Limits on processor time: when there is one, and how much of it. */
#ifndef WZP_TEST_MACHINE_H
#define WZP_TEST_MACHINE_H

#include <stdint.h>
#include <time.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || !defined __OPTIMIZE__
#define MEASURED 0 /* another program, so to say */
#else
#define MEASURED 1
#endif

/* Limits hold on a machine that does nothing else. What runs beside a test, also as another guest
 * of the same silicon, takes caches and units from it, and the same work then takes up to twice as
 * long, even of many runs the shortest. Faults that such limits are there to find cost many times
 * as much. */
#define MACHINE_BUSY 2

/* What machine_slowness measures, on the machine where the limits were set. */
#define MACHINE_REFERENCE_NS 300000.0

/* How many times as long as there the same work takes here and now: bytes that are read one after
 * the other, each with a choice that depends on all before it. 1 at least. */
static inline double machine_slowness(void)
{
    static uint8_t bytes[65536];
    double best = 1e18;
    for (unsigned run = 0; run < 5; run++) {
        struct timespec from, to;
        uint32_t state = 1, odd = 0;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (unsigned i = 0; i < sizeof bytes; i++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            if (state & 0x80)
                bytes[(state >> 8) % sizeof bytes]++;
            else
                odd += bytes[i];
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        bytes[0] ^= (uint8_t)odd; /* it is wanted, so to say */
        double took =
            (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
        best = took < best ? took : best;
    }
    return best > MACHINE_REFERENCE_NS ? best / MACHINE_REFERENCE_NS : 1;
}

#endif
