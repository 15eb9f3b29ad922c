/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which of the addresses that a client names is its own: a phone asks a thousand ports only where
 * the peer's relay has seen the peer itself, so that nobody can send it upon somebody else. The
 * relay writes that into what its own clients say, in place of what they say of it. Source:
 * wzp-protocol(7), Addresses. */
#ifndef WZP_RELAY_VOUCH_H
#define WZP_RELAY_VOUCH_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/state.h"
#include "wire/signal.h"

/* True when the client's connection comes from that IP address now. text: an address, NULL. */
bool wzp_relay_sees(const struct wzp_relay_client *client, const char *text);
/* The text of an offer, an answer or an update with what we see in its field caller_seen_addr,
 * callee_seen_addr or seen_addr. *made stays NULL where text can go on as it is, otherwise it is
 * the new one of *length bytes (wzp_free it). Errors of wzp_signal_replace_field. */
int wzp_relay_vouch(char **made, size_t *length, const struct wzp_relay_client *client,
                    const struct wzp_signal *signal, const char *text);

#endif
