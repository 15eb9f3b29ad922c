/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Asking an existing relay whom it has. It says no to no offer that comes over a link, but whoever
 * opens a probe connection may ask. What it says there is true of people who are registered, unless
 * it checks tokens: then who leaves a room is unknown, registered or not. So it is tried first, as
 * NAT probes do, whether it takes a registration without a token. Source: wzp-protocol(7), Calls
 * between relays, Probes. */
#ifndef WZP_RELAY_OLD_QUERY_H
#define WZP_RELAY_OLD_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_RELAY_TRIAL_WAIT WZP_SECOND /* until a link is known not to be to one of ours */
#define WZP_RELAY_QUERY_TIME (700 * WZP_MILLISECOND) /* for its answer; then it is taken to ring */

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_neighbour;

/* Time to try whether it may be believed. Nothing happens where that is known, or being tried. */
void wzp_relay_old_try(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
/* Asks it for the person of that fingerprint, as offers write it. False: it cannot be asked, and
 * nothing will come. Its answers end or ring the calls that led to it: forward.c. */
bool wzp_relay_old_ask(struct wzp_relay *r, struct wzp_relay_neighbour *n, const char *fingerprint,
                       uint64_t now);
/* Its link is down: what was known of it may be of another life. */
void wzp_relay_old_forget(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
/* A connection of ours is through, or gone; others than these are left alone. */
void wzp_relay_old_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
void wzp_relay_old_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

#endif
