/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Admission to rooms by address: no address gets more than its share of the places, some places are
 * reserved for calls, and when all are taken an idle unproven member is displaced by a client that
 * proved its key. */
#ifndef WZP_RELAY_SHARE_H
#define WZP_RELAY_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/map.h"
#include "base/time.h"

#define WZP_RELAY_SHARE_DIVISOR 4   /* one address takes a quarter of the places at most ... */
#define WZP_RELAY_SHARE_MIN 8       /* ... but so many in any case */
#define WZP_RELAY_RESERVE_DIVISOR 8 /* an eighth of all places is for call rooms only */
#define WZP_RELAY_IDLE_TIME (30 * WZP_SECOND) /* a member who sent nothing for so long is idle */

struct wzp_relay;
struct wzp_relay_client;

/* The network that a client counts for: an IPv4 address, the first 64 bits of an IPv6 one. */
struct wzp_relay_origin {
    uint8_t bytes[8];
    uint8_t length;
};
void wzp_relay_origin_of_address(struct wzp_relay_origin *out, const struct wzp_addr *addr);
void wzp_relay_origin_of(struct wzp_relay_origin *out, const struct wzp_relay_client *client);

/* Counts per origin. */
struct wzp_relay_shares {
    struct wzp_map counts; /* origin -> counter */
};
void wzp_relay_shares_init(struct wzp_relay_shares *shares, size_t limit,
                           const struct wzp_random *random);
void wzp_relay_shares_fini(struct wzp_relay_shares *shares);

/* Number of places in rooms: all for members of calls, fewer for others, because some are
 * reserved. */
size_t wzp_relay_places(const struct wzp_relay *r, bool is_call);
/* Takes a place for client, which is about to join a room that `leaving` members will leave for it.
 * If the relay is full, *idle is a member to be removed once the client is in, else NULL.
 * WZP_E_LIMIT (none), WZP_E_MEMORY; *reason says why. */
int wzp_relay_place_take(struct wzp_relay_client **idle, struct wzp_relay *r,
                         struct wzp_relay_client *client, size_t leaving, const char **reason,
                         uint64_t now);
/* The sentence for a client that gets no place, for the result of the function that refused it. */
const char *wzp_relay_place_refusal(int result);
void wzp_relay_place_give(struct wzp_relay *r, struct wzp_relay_client *client);

#endif
