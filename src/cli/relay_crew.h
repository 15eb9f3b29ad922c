/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A crew: a relay on as many threads as its configuration says, with one service per thread, all on
 * one port, and the messages between them. */
#ifndef WZP_CLI_RELAY_CREW_H
#define WZP_CLI_RELAY_CREW_H

#include "app/relay_service.h"
#include "loop/loop.h"

struct wzp_relay_crew;
/* Starts `first` (the caller's) on the caller's loop, and makes the others. calls (may be NULL) are
 * called on the caller's thread only; log is used by all threads. On error everything is undone. */
int wzp_relay_crew_start(struct wzp_relay_crew **out, struct wzp_relay_service *first,
                         struct wzp_loop *loop, const struct wzp_relay_config *config,
                         const uint8_t seed[WZP_SEED_SIZE], const char *build,
                         const struct wzp_relay_host *calls, const struct wzp_log *log,
                         struct wzp_error *err);
/* Opens the debug tap of each thread (relay_tap.h): the first one's file is `path`. The other
 * threads have rooms of their own, so their files are path.2, path.3 and so on; all share limit. To
 * be called before wzp_relay_crew_run; wzp_relay_crew_stop ends it. Errors as
 * wzp_relay_tap_open. */
int wzp_relay_crew_tap(struct wzp_relay_crew *crew, const char *path, uint64_t limit,
                       struct wzp_error *err);
/* Starts the other threads. WZP_E_*. */
int wzp_relay_crew_run(struct wzp_relay_crew *crew, struct wzp_error *err);
/* Stops all services, `first` too. To be called before the loop is freed; NULL is fine. */
void wzp_relay_crew_stop(struct wzp_relay_crew *crew);

#endif
