/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A TCP service in a child process, for tests of programs that ask one. */
#ifndef WZP_T_LOOP_SERVICE_H
#define WZP_T_LOOP_SERVICE_H

#include <stdint.h>
#include <sys/types.h>

/* Listens on a free port of 127.0.0.1 and forks. In the parent: the child's process, which the
 * caller kills and waits for; *port is where it listens. In the child: 0, and *listener accepts
 * connections; the child dies with the test. */
pid_t service_fork(uint16_t *port, int *listener);

#endif
