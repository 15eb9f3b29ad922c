/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Forward mode: the rooms of this relay are those of another one, the remote relay. Every member
 * here is a member there, over a connection of its own on which we are its client: its frames go
 * up, and what the remote relay says and sends comes down as it is. So the remote relay, also one
 * of the existing kind, does all that a room needs, and this one is a door to it. Rooms of direct
 * calls stay here. Source: wzp-protocol(7), Forwarding. */
#ifndef WZP_RELAY_UPSTREAM_H
#define WZP_RELAY_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_RELAY_UPSTREAM_TIME (10 * WZP_SECOND) /* until the remote relay let somebody in */

struct wzp_quic_close;
struct wzp_relay;
struct wzp_relay_client;

/* True when this room is one of the remote relay's. */
bool wzp_relay_upstream_has(const struct wzp_relay *r, const struct wzp_relay_client *client);
/* A member's connection to the remote relay begins. Errors of wzp_relay_client_dial. */
int wzp_relay_upstream_open(struct wzp_relay *r, struct wzp_relay_client *member, uint64_t now);
/* It stands: the member is introduced. Harmless for a client that is no such connection. */
void wzp_relay_upstream_connected(struct wzp_relay *r, struct wzp_relay_client *up, uint64_t now);
/* It ended: so does the member's connection, for the same reason. Harmless as above. */
void wzp_relay_upstream_ended(struct wzp_relay *r, struct wzp_relay_client *up,
                              const struct wzp_quic_close *why, uint64_t now);
/* It is freed. Harmless as above. */
void wzp_relay_upstream_gone(struct wzp_relay *r, struct wzp_relay_client *up, uint64_t now);
/* A member leaves: so it does there. Harmless for one without such a connection. */
void wzp_relay_upstream_close(struct wzp_relay *r, struct wzp_relay_client *member, uint64_t now);
/* A member's frame, checked: up. is_later: of a later version, whose bytes stay as they are. */
void wzp_relay_upstream_send(struct wzp_relay *r, struct wzp_relay_client *member,
                             const uint8_t *data, size_t length, bool is_later, uint64_t now);
/* A datagram that came down. No allocation but the endpoint's own buffers. */
void wzp_relay_upstream_receive(struct wzp_relay *r, struct wzp_relay_client *up,
                                const uint8_t *data, size_t length, uint64_t now);

#endif
