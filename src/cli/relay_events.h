/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The event log of a relay as a file: one JSON object per line says what was done with frames that
 * other relays sent (relay/event_log.h). */
#ifndef WZP_CLI_RELAY_EVENTS_H
#define WZP_CLI_RELAY_EVENTS_H

#include "loop/loop.h"
#include "wzp/relay.h"

#define WZP_RELAY_EVENTS_FILE_MAX (64 * 1024 * 1024) /* bytes; then it becomes FILE.1 */

struct wzp_relay_events;
/* Begins a new file (mode 0600) at path. limit: bytes of it, usually WZP_RELAY_EVENTS_FILE_MAX. The
 * relay must outlive it. WZP_E_IO, WZP_E_REFUSED (not a regular file), WZP_E_TOO_BIG (path),
 * WZP_E_MEMORY, with a sentence. */
int wzp_relay_events_open(struct wzp_relay_events **out, struct wzp_loop *l,
                          struct wzp_relay *relay, const char *path, size_t limit,
                          const struct wzp_log *log, struct wzp_error *err);
/* Writes what is left. NULL is fine. */
void wzp_relay_events_close(struct wzp_relay_events *e);

#endif
