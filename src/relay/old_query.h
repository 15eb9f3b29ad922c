/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Asks an existing relay whether it has a person. Such a relay never refuses an offer that comes
 * over a link, but it answers a RouteQuery on a probe connection. The answer is right for people
 * who are registered, unless the relay checks tokens: then a person who leaves a room is reported
 * as unknown, even if still registered. So the relay is first tested with a registration without a
 * token, as NAT probes send it: if it accepts that, it does not check tokens. Source:
 * wzp-protocol(7), Calls between relays, Probes. */
#ifndef WZP_RELAY_OLD_QUERY_H
#define WZP_RELAY_OLD_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_RELAY_TRIAL_WAIT WZP_SECOND /* then a link is taken as an existing relay's */
#define WZP_RELAY_QUERY_TIME (700 * WZP_MILLISECOND) /* for an answer; then the call rings */

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_neighbour;

/* Starts the test, unless its result is known or it is under way. */
void wzp_relay_old_try(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
/* Asks the relay for the person of that fingerprint, in the spelling of the offer. False: it cannot
 * be asked, and no answer will come. The answer ends the calls that led there, or reports that they
 * ring: forward.c. */
bool wzp_relay_old_ask(struct wzp_relay *r, struct wzp_relay_neighbour *n, const char *fingerprint,
                       uint64_t now);
/* The link is down: forgets the test's result, since the relay may restart with other settings. */
void wzp_relay_old_forget(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
/* A connection of this module is established, or gone. No effect for other connections. */
void wzp_relay_old_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
void wzp_relay_old_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

#endif
