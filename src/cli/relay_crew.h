/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay on as many threads as its configuration says: one service per thread, all on one port,
 * and the messages between them. */
#ifndef WZP_CLI_RELAY_CREW_H
#define WZP_CLI_RELAY_CREW_H

#include "app/relay_service.h"
#include "loop/loop.h"

struct wzp_relay_crew;
/* Starts `first` (the caller's) on the caller's loop, and makes the others.
 * calls (may be NULL) are asked from the caller's thread only; log is written to from all threads.
 * On error everything is undone. */
int wzp_relay_crew_start(struct wzp_relay_crew **out, struct wzp_relay_service *first,
                         struct wzp_loop *loop, const struct wzp_relay_config *config,
                         const uint8_t seed[WZP_SEED_SIZE], const char *build,
                         const struct wzp_relay_host *calls, const struct wzp_log *log,
                         struct wzp_error *err);
/* The debug tap of each (relay_tap.h): the first one's is `path`, those of the others, which have
 * rooms of their own, are path.2, path.3 and so on, and limit is shared by all. Before
 * wzp_relay_crew_run; wzp_relay_crew_stop ends it. As wzp_relay_tap_open. */
int wzp_relay_crew_tap(struct wzp_relay_crew *crew, const char *path, uint64_t limit,
                       struct wzp_error *err);
/* The others begin, on threads of their own. WZP_E_*. */
int wzp_relay_crew_run(struct wzp_relay_crew *crew, struct wzp_error *err);
/* Ends all of them, `first` too. Before the loop is freed; NULL is fine. */
void wzp_relay_crew_stop(struct wzp_relay_crew *crew);

#endif
