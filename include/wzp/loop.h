/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real world as a host: an event loop of one thread with its clock, sockets, names, files and
 * sound devices. A program that has a loop of its own brings its own host instead (wzp/host.h). */
#ifndef WZP_LOOP_H
#define WZP_LOOP_H

#include "wzp/host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wzp_loop;
/* New loop; the caller frees it. Ignores SIGPIPE for the process where nobody handles it.
 * WZP_E_MEMORY, WZP_E_IO. */
int wzp_loop_new(struct wzp_loop **out, struct wzp_error *err);
/* Closes and frees what was left open on it, waits for worker threads (they have time limits),
 * frees. Nobody is called back any more. NULL is fine. */
void wzp_loop_free(struct wzp_loop *l);
/* Runs until wzp_loop_stop or nothing is left to wait for (waiting for process signals alone is
 * nothing). All callbacks come from inside it. */
void wzp_loop_run(struct wzp_loop *l);
/* Makes wzp_loop_run return after the current round; from the loop's thread. */
void wzp_loop_stop(struct wzp_loop *l);
/* A host over a loop (NULL: clocks and files only); log may be NULL. Valid as long as the loop;
 * nothing to release. What was opened through it and not given back is closed with the loop. */
void wzp_loop_host(struct wzp_host *out, struct wzp_loop *l, const struct wzp_log *log);

#ifdef __cplusplus
}
#endif

#endif
