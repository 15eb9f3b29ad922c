/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Waiting for a file: a terminal, a pipe, a socket. The file stays the caller's, and its flags are
 * left alone for others who share it. */
#ifndef WZP_LOOP_WATCH_H
#define WZP_LOOP_WATCH_H

#include "loop/loop.h"

enum { WZP_WATCH_READ = 1, WZP_WATCH_WRITE = 2 };
struct wzp_watch;
/* Calls ready, with what it is ready for, as long as it is. WZP_E_MEMORY, WZP_E_IO (a file that
 * cannot be waited for). */
int wzp_watch_start(struct wzp_watch **out, struct wzp_loop *l, int fd, int events,
                    void (*ready)(void *context, int events), void *context);
/* Waits for something else from now on; 0: for nothing. */
void wzp_watch_set(struct wzp_watch *w, int events);
/* Also from inside ready; NULL is fine. The caller may close the file afterwards. */
void wzp_watch_close(struct wzp_watch *w);

#endif
