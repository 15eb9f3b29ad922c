/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Failing allocations, one after the other: a test program as a child of itself, since to start it
 * anew costs more than most of these runs. Used by t/tap.c for t/house/oom. */
#ifndef WZP_SWEEP_H
#define WZP_SWEEP_H

#include <stdint.h>

/* Status of a program that leaked in a run with failing allocations. */
#define TAP_EXIT_LEAK 98

/* Runs the program once with nothing failing, and then with the n-th allocation failing: for each
 * n, or, when `milliseconds` of CPU time do not allow that, for the first ones and some spread
 * evenly; of programs that run for longer than a few times that, only their beginnings. Crashes,
 * hangs, leaks and sanitizers' reports are told on stderr. Returns in the children only: n, or
 * LONG_MAX in the run that counts. *counted is where a child that comes to its end writes how many
 * allocations it made. The parent prints one line, how many it tried of how many, and ends with 0,
 * or with 1 after a bad run. */
long tap_sweep(long milliseconds, uint64_t **counted);

#endif
