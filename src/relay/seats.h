/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Places for registrations, max_signals of them. Whoever comes may take one while there are any;
 * when all are taken, who proves the key takes that of one who did not: of the network that has
 * most of those, the one that has been there longest. So that no network keeps people out by
 * registering names, and finding out whom to send away costs no look at all of them. */
#ifndef WZP_RELAY_SEATS_H
#define WZP_RELAY_SEATS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/heap.h"
#include "base/map.h"

/* Connections beyond max_signals that may say who they are: a newcomer takes the place of the one
 * that has waited longest. */
#define WZP_RELAY_ANTEROOM 64
#define WZP_RELAY_ANTEROOM_LOOKS 256 /* at connections that have yet to say what they want */

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_network; /* an IPv4 /24, an IPv6 /48, and who of it proved nothing */

struct wzp_relay_seats {
    size_t taken;
    struct wzp_map networks;  /* prefix -> struct wzp_relay_network */
    struct wzp_heap by_count; /* the fullest first */
};
/* A client's part; lives in the client. */
struct wzp_relay_seat {
    bool is_taken;
    struct wzp_relay_network *network; /* NULL: proven, or none taken */
    struct wzp_relay_client *newer, *older;
};

/* Nobody has one; people of at most limit networks will. No allocation. */
void wzp_relay_seats_init(struct wzp_relay_seats *seats, size_t limit,
                          const struct wzp_random *random);
/* The clients are the relay's. */
void wzp_relay_seats_fini(struct wzp_relay_seats *seats);
/* One more connection came that may register, and is counted: whether it may stay to say who it is.
 */
bool wzp_relay_seat_await(struct wzp_relay *r, uint64_t now);
/* A place for client, whose class is set; may send somebody else away for it. NULL, or why not. */
const char *wzp_relay_seat_take(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Harmless for who has none. */
void wzp_relay_seat_give(struct wzp_relay *r, struct wzp_relay_client *client);

#endif
