/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Limits on processor time in tests: whether this build is measured, and how much slower this
 * machine is than the one where the limits were set. */
#ifndef WZP_TEST_MACHINE_H
#define WZP_TEST_MACHINE_H

#include <stdint.h>
#include <time.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || !defined __OPTIMIZE__
#define MEASURED 0 /* sanitizers and unoptimized code change the times */
#else
#define MEASURED 1
#endif

/* The limits are set for a machine that does nothing else. Other processes, also other virtual
 * machines on the same processor, take caches and execution units away; the same work then takes up
 * to twice as long, even in the shortest of many runs. The faults that such limits are to find cost
 * many times as much. */
#define MACHINE_BUSY 2

/* The time that machine_slowness measures on the machine where the limits were set. */
#define MACHINE_REFERENCE_NS 300000.0

/* How many times as long as on that machine the same work takes here and now, at least 1. The work
 * reads bytes one after the other, with a branch for each that depends on all before it. */
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
        bytes[0] ^= (uint8_t)odd; /* the result is used, so that the loop is not optimized away */
        double took =
            (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
        best = took < best ? took : best;
    }
    return best > MACHINE_REFERENCE_NS ? best / MACHINE_REFERENCE_NS : 1;
}

#endif
