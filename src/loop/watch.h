/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Watches a file descriptor (terminal, pipe, socket) for readiness. The descriptor stays the
 * caller's, and its flags are not changed, since other processes may share it. */
#ifndef WZP_LOOP_WATCH_H
#define WZP_LOOP_WATCH_H

#include "loop/loop.h"

enum { WZP_WATCH_READ = 1, WZP_WATCH_WRITE = 2 };
struct wzp_watch;
/* Calls ready, with the events, as long as the descriptor is ready (level-triggered). WZP_E_MEMORY,
 * WZP_E_IO (a file that cannot be polled). */
int wzp_watch_start(struct wzp_watch **out, struct wzp_loop *l, int fd, int events,
                    void (*ready)(void *context, int events), void *context);
/* Changes the events waited for; 0: none. */
void wzp_watch_set(struct wzp_watch *w, int events);
/* Also from inside ready; NULL is fine. The caller may close the file afterwards. */
void wzp_watch_close(struct wzp_watch *w);

#endif
