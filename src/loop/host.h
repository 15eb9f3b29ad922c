/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real world as a softphone's host. Source: design.md 3. */
#ifndef WZP_LOOP_HOST_H
#define WZP_LOOP_HOST_H

#include "loop/loop.h"
#include "wzp/host.h"

/* A host over a loop (NULL: clocks and files only); log may be NULL. Valid as long as the loop;
 * nothing to release. What was opened through it and not given back is closed with the loop. */
void wzp_loop_host(struct wzp_host *out, struct wzp_loop *l, const struct wzp_log *log);

#endif
