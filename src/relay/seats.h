/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Seats: the places for registrations, max_signals of them. While there are free ones, anybody may
 * take one. When all are taken, a client that proves its key displaces one that did not: the oldest
 * unproven registration of the network that has most of these. So no network can keep others out by
 * registering names. A heap finds the one to displace without a search through all. */
#ifndef WZP_RELAY_SEATS_H
#define WZP_RELAY_SEATS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/heap.h"
#include "base/map.h"

/* Connections beyond max_signals that may still identify themselves (the anteroom). A newcomer
 * displaces the one that has waited longest. */
#define WZP_RELAY_ANTEROOM 64
#define WZP_RELAY_ANTEROOM_LOOKS 256 /* connections searched at most for that one */

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_network; /* an IPv4 /24 or IPv6 /48, and its unproven registrations */

struct wzp_relay_seats {
    size_t taken;
    struct wzp_map networks;  /* prefix -> struct wzp_relay_network */
    struct wzp_heap by_count; /* the network with most of them first */
};
/* The seat of one client; lives in the client. */
struct wzp_relay_seat {
    bool is_taken;
    struct wzp_relay_network *network; /* NULL: proven, or no seat */
    struct wzp_relay_client *newer, *older;
};

/* Initialises it without any seat taken, for people of at most limit networks. No allocation. */
void wzp_relay_seats_init(struct wzp_relay_seats *seats, size_t limit,
                          const struct wzp_random *random);
/* Frees the networks; the clients belong to the relay. */
void wzp_relay_seats_fini(struct wzp_relay_seats *seats);
/* A further connection that may register has come and is counted: true when it may stay to identify
 * itself. */
bool wzp_relay_seat_await(struct wzp_relay *r, uint64_t now);
/* Takes a seat for client, whose class is set; may disconnect another client for it. NULL, or the
 * reason to refuse it. */
const char *wzp_relay_seat_take(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Gives the client's seat back. No effect for a client without one. */
void wzp_relay_seat_give(struct wzp_relay *r, struct wzp_relay_client *client);

#endif
