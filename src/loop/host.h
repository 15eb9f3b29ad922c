/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The host (include/wzp/host.h) of a softphone in the real world. */
#ifndef WZP_LOOP_HOST_H
#define WZP_LOOP_HOST_H

#include "loop/loop.h"
#include "wzp/host.h"
#include "wzp/loop.h"

/* As wzp_loop_host, for a user whose files are in a given folder (folder/config, folder/data, ...)
 * instead of where the environment says, so that one process can serve several users. place and
 * folder are the caller's and outlive the host. */
struct wzp_space;
struct wzp_loop_place {
    struct wzp_loop *loop;
    const char *folder;           /* NULL: as the environment says */
    struct wzp_space *space;      /* network namespace of its sockets (loop/space.h); NULL: the
                                process's */
    const struct wzp_host *files; /* host that keeps its files instead; NULL: none */
};
void wzp_loop_host_at(struct wzp_host *out, struct wzp_loop_place *place, struct wzp_loop *l,
                      const char *folder, const struct wzp_log *log);

#endif
