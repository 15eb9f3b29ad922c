/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The host (include/wzp/host.h) of a softphone in the real world. */
#ifndef WZP_LOOP_HOST_H
#define WZP_LOOP_HOST_H

#include "loop/loop.h"
#include "wzp/host.h"
#include "wzp/loop.h"

/* wzp_loop_host for a person whose files are in a folder of their own (folder/config, folder/data,
 * ...) and not where the environment says: of several people in one process. place is the caller's
 * and outlives the host, as does folder. */
struct wzp_space;
struct wzp_loop_place {
    struct wzp_loop *loop;
    const char *folder;      /* NULL: as the environment says */
    struct wzp_space *space; /* where its sockets are (loop/space.h); NULL: where the process is */
    const struct wzp_host *files; /* who keeps its files instead; NULL: nobody */
};
void wzp_loop_host_at(struct wzp_host *out, struct wzp_loop_place *place, struct wzp_loop *l,
                      const char *folder, const struct wzp_log *log);

#endif
