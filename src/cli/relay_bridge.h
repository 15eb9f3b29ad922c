/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bridge for browsers: lets them into the rooms of a relay by a web server and a phone for each
 * browser. It runs on one thread beside those of the relay, and reaches the relay through its port
 * like any client. There a browser has an address in 127.0.0.0/8 that is derived from its real one,
 * so that the relay's limits per address apply to it. */
#ifndef WZP_CLI_RELAY_BRIDGE_H
#define WZP_CLI_RELAY_BRIDGE_H

#include "base/addr.h"
#include "base/log.h"
#include "wzp/relay.h"

struct wzp_relay_bridge;
/* Serves at ws_host and ws_port of config, which must outlive it, as must log; listen: the address
 * that the relay is bound to. WZP_E_NETWORK, WZP_E_UNSUPPORTED (a build without libwslay),
 * WZP_E_MEMORY, WZP_E_IO with a sentence. */
int wzp_relay_bridge_start(struct wzp_relay_bridge **out, const struct wzp_relay_config *config,
                           const struct wzp_addr *listen, const struct wzp_log *log,
                           struct wzp_error *err);
/* The address at which it serves. */
const struct wzp_addr *wzp_relay_bridge_at(const struct wzp_relay_bridge *b);
/* The counters, at most a second old; may be called from any thread. */
void wzp_relay_bridge_counts(struct wzp_relay_bridge *b, struct wzp_relay_bridge_counts *out);
/* Closes all browsers' connections properly, and frees the bridge. NULL is fine. */
void wzp_relay_bridge_stop(struct wzp_relay_bridge *b);

#endif
