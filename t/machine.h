/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Limits on processor time: when there is one, and how much of it. */
#ifndef WZP_TEST_MACHINE_H
#define WZP_TEST_MACHINE_H

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

#endif
