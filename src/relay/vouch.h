/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Confirms which of the addresses that a client names is its own. A phone probes a thousand ports
 * only at an address at which the peer's relay sees the peer, so that nobody can direct that
 * traffic at a third party. The relay writes the confirmed address into its clients' messages, and
 * removes what they wrote there themselves. Source: wzp-protocol(7), Addresses. */
#ifndef WZP_RELAY_VOUCH_H
#define WZP_RELAY_VOUCH_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/state.h"
#include "wire/signal.h"

/* True when the client's connection currently comes from that IP address. text: an address, or
 * NULL. */
bool wzp_relay_sees(const struct wzp_relay_client *client, const char *text);
/* Sets the field caller_seen_addr, callee_seen_addr or seen_addr in the text of an offer, an answer
 * or an update to the confirmed address. *made stays NULL when text can be sent unchanged,
 * otherwise it is the new text of *length bytes (wzp_free it). Errors of
 * wzp_signal_replace_field. */
int wzp_relay_vouch(char **made, size_t *length, const struct wzp_relay_client *client,
                    const struct wzp_signal *signal, const char *text);

#endif
