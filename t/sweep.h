/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes the allocations of a test program fail, one per run. The program forks itself for each run,
 * since starting it anew costs more than most of these runs. Used by t/tap.c for t/house/oom. */
#ifndef WZP_SWEEP_H
#define WZP_SWEEP_H

#include <stdint.h>

/* Exit status of a program that leaked in a run with failing allocations. */
#define TAP_EXIT_LEAK 98

/* Runs the program once with no failing allocation, and then with the n-th allocation failing: for
 * each n, or, when `milliseconds` of CPU time do not allow that, for the first ones and some spread
 * evenly. Of a program that runs several times longer than that, only the beginning is run.
 * Crashes, hangs, leaks and sanitizers' reports go to stderr. Returns in the children only: n, or
 * LONG_MAX in the run without a failure. A child that comes to its end writes to *counted how many
 * allocations it made. The parent prints one line, how many allocations it tried of how many, and
 * exits with 0, or with 1 after a bad run. */
long tap_sweep(long milliseconds, uint64_t **counted);

#endif
