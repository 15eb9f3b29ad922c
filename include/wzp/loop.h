/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real system as a host (wzp/host.h): a single-threaded event loop with its clock, sockets,
 * name resolution, files and sound devices. A program that has its own event loop provides its own
 * host instead. */
#ifndef WZP_LOOP_H
#define WZP_LOOP_H

#include "wzp/host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wzp_loop;
/* New loop; the caller frees it. Sets SIGPIPE to be ignored, unless the process handles it.
 * WZP_E_MEMORY, WZP_E_IO. */
int wzp_loop_new(struct wzp_loop **out, struct wzp_error *err);
/* Closes and frees what is still open on the loop, waits for worker threads (which have time
 * limits), and frees it. No callback is called any more. NULL is fine. */
void wzp_loop_free(struct wzp_loop *l);
/* Runs until wzp_loop_stop, or until there is nothing left to wait for (process signals alone do
 * not count). All callbacks are called from inside it. */
void wzp_loop_run(struct wzp_loop *l);
/* Makes wzp_loop_run return after the current iteration; to be called on the loop's thread. */
void wzp_loop_stop(struct wzp_loop *l);
/* Fills in a host that uses a loop (NULL: only clocks and files work); log may be NULL. Valid as
 * long as the loop; nothing to release. Whatever was opened through the host and not released is
 * closed with the loop. */
void wzp_loop_host(struct wzp_host *out, struct wzp_loop *l, const struct wzp_log *log);

#ifdef __cplusplus
}
#endif

#endif
