/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Browsers in the rooms of a relay: a web server and a phone for each browser, on one thread beside
 * those of the relay, which they reach through its port as any client does. A browser counts there
 * as an address in 127.0.0.0/8 that belongs to where it comes from, so that the limits of one
 * address are those of one place. */
#ifndef WZP_CLI_RELAY_BRIDGE_H
#define WZP_CLI_RELAY_BRIDGE_H

#include "base/addr.h"
#include "base/log.h"
#include "wzp/relay.h"

struct wzp_relay_bridge;
/* Serves at ws_host and ws_port of config, which outlives it as log does; listen: where the relay
 * really listens. WZP_E_NETWORK, WZP_E_UNSUPPORTED (a build without libwslay), WZP_E_MEMORY,
 * WZP_E_IO with a sentence. */
int wzp_relay_bridge_start(struct wzp_relay_bridge **out, const struct wzp_relay_config *config,
                           const struct wzp_addr *listen, const struct wzp_log *log,
                           struct wzp_error *err);
/* Where it serves. */
const struct wzp_addr *wzp_relay_bridge_at(const struct wzp_relay_bridge *b);
/* From any thread, a second old at most. */
void wzp_relay_bridge_counts(struct wzp_relay_bridge *b, struct wzp_relay_bridge_counts *out);
/* Browsers are told that it ends. NULL is fine. */
void wzp_relay_bridge_stop(struct wzp_relay_bridge *b);

#endif
