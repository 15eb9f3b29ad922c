/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Forward mode: the rooms of this relay are those of another relay, the remote relay. Each member
 * here has a connection of its own to the remote relay, on which this relay acts as a client.
 * Frames of the member are sent up; messages and frames of the remote relay are passed down
 * unchanged. So the remote relay, which may be an existing one, does all the work of a room, and
 * this one is an entrance to it. Rooms of direct calls stay at this relay. Source: wzp-protocol(7),
 * Forwarding. */
#ifndef WZP_RELAY_UPSTREAM_H
#define WZP_RELAY_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_RELAY_UPSTREAM_TIME (10 * WZP_SECOND) /* for the remote relay to admit a member */

struct wzp_quic_close;
struct wzp_relay;
struct wzp_relay_client;

/* True when this room is one of the remote relay's. */
bool wzp_relay_upstream_has(const struct wzp_relay *r, const struct wzp_relay_client *client);
/* Opens the member's connection to the remote relay. Errors of wzp_relay_client_dial. */
int wzp_relay_upstream_open(struct wzp_relay *r, struct wzp_relay_client *member, uint64_t now);
/* The connection is established: sends the member's messages of introduction. No effect for any
 * other client. */
void wzp_relay_upstream_connected(struct wzp_relay *r, struct wzp_relay_client *up, uint64_t now);
/* The connection ended: closes the member's connection with the same reason. No effect for any
 * other client. */
void wzp_relay_upstream_ended(struct wzp_relay *r, struct wzp_relay_client *up,
                              const struct wzp_quic_close *why, uint64_t now);
/* The connection is freed. No effect for any other client. */
void wzp_relay_upstream_gone(struct wzp_relay *r, struct wzp_relay_client *up, uint64_t now);
/* The member leaves: its connection to the remote relay is closed. No effect for a member without
 * one. */
void wzp_relay_upstream_close(struct wzp_relay *r, struct wzp_relay_client *member, uint64_t now);
/* Sends a member's checked frame up. is_later: a frame of a later media version, whose bytes are
 * not changed. */
void wzp_relay_upstream_send(struct wzp_relay *r, struct wzp_relay_client *member,
                             const uint8_t *data, size_t length, bool is_later, uint64_t now);
/* Passes a datagram of the remote relay down to the member. Allocates nothing but the endpoint's
 * buffers. */
void wzp_relay_upstream_receive(struct wzp_relay *r, struct wzp_relay_client *up,
                                const uint8_t *data, size_t length, uint64_t now);

#endif
