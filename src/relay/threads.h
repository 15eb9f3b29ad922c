/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One relay on several threads. Each has a struct wzp_relay with an endpoint of its own, and they
 * share a port and a certificate. The first has everything but rooms: registrations, calls, other
 * relays with the rooms they share (also those of calls that lead there), probes. All other rooms
 * are spread over all threads by their names, and a room never leaves its thread: no frame crosses
 * one. A newcomer is handed to the thread of its room with its first packet (quic/pass.c).
 *
 * The threads share no memory. They exchange messages, copied and delivered in order by the host: a
 * thread asks the first one whether somebody may enter (who is registered with proof cannot be
 * impersonated, and there is one limit for all), tells it who left, and what it counted. Source:
 * wzp-protocol(7), Relay rules. */
#ifndef WZP_RELAY_THREADS_H
#define WZP_RELAY_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "quic/quic.h"
#include "relay/listing.h"
#include "relay/metrics.h"
#include "relay/presence.h"
#include "relay/timer.h"
#include "wzp/relay.h"

#define WZP_RELAY_COUNTS_TIME WZP_SECOND      /* between letters with counts */
#define WZP_RELAY_PLACE_TIME (2 * WZP_SECOND) /* for the first thread's answer */
#define WZP_RELAY_UNSENT_MAX 4096 /* letters kept while the way is full; the rest is lost */

struct wzp_relay_client;
struct wzp_relay_unsent;

struct wzp_relay_threads {
    unsigned own, count;
    uint64_t key[2];                 /* of rooms to threads, the same for all */
    struct wzp_relay_client *asking; /* who wait for the first thread's answer */
    struct wzp_relay_timer timer;    /* counts are due */
    struct wzp_relay_totals told;    /* what the first thread knows of ours */
    struct wzp_quic_counters told_quic;
    struct wzp_relay_unsent *unsent, **unsent_tail; /* oldest first */
    size_t unsent_count;
    bool drained;                     /* and told so */
    struct wzp_relay_listing listing; /* of our rooms, as the first thread asks for it */
    /* The first thread's: what the others told. */
    size_t visitors; /* people in their rooms */
    struct {
        size_t rooms, connections;
        struct wzp_relay_reported reported;
    } told_of[WZP_RELAY_THREADS_MAX];
    struct {
        uint64_t number; /* of the question whose answer is wanted, or here */
        bool is_here, more;
        char *text; /* owned */
        size_t length;
    } listed;
    struct wzp_quic_counters quic;
    unsigned drained_count;
};

/* host says which thread this is. WZP_E_ARGUMENT. */
int wzp_relay_threads_init(struct wzp_relay *r, const struct wzp_relay_host *host,
                           const uint8_t seed[WZP_SEED_SIZE], uint64_t now);
void wzp_relay_threads_fini(struct wzp_relay *r);
/* The thread that serves this server name. */
unsigned wzp_relay_threads_place(const struct wzp_relay *r, const char *sni);
/* True when a packet is another thread's, by its connection ID; it was handed over then. */
bool wzp_relay_threads_pass(const struct wzp_relay *r, const struct wzp_addr *local,
                            const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                            size_t length);
/* Gives a packet of a newcomer's to the thread that serves the room it names. Only the thread that
 * the packet's ID leads to does so, all others drop it: a packet is given away once. */
void wzp_relay_threads_give(const struct wzp_relay *r, unsigned thread,
                            const struct wzp_addr *local, const struct wzp_addr *remote,
                            uint8_t ecn, const uint8_t *data, size_t length);
/* True when the first thread has to be asked whether client may enter its room: it was, and
 * wzp_relay_enter follows. */
bool wzp_relay_threads_ask(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* No answer came in time. */
void wzp_relay_threads_late(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The client ended: it waits for no answer. */
void wzp_relay_threads_forget(struct wzp_relay *r, struct wzp_relay_client *client);
/* A member left its room. */
void wzp_relay_threads_left(struct wzp_relay *r, const struct wzp_relay_client *client);
/* Counts are due. */
void wzp_relay_threads_tell(struct wzp_relay *r, uint64_t now);
/* Connections of all threads, a second ago. */
size_t wzp_relay_threads_connections(const struct wzp_relay *r);
/* Rooms of the other threads, for a list of the first one's: asked for piece by piece. */
#define WZP_RELAY_LISTED_TIME WZP_SECOND /* for an answer; then that thread is left out */
/* Appends what has come, and asks for more. False when that was all. */
bool wzp_relay_threads_rooms(struct wzp_relay *r, struct wzp_relay_listing_walk *walk,
                             struct wzp_buffer *out, uint64_t now);
/* Everybody parts. */
void wzp_relay_threads_drain(struct wzp_relay *r);
/* Tells the other threads an order of the operator (relay/order.h). False: one takes no letter now.
 */
bool wzp_relay_threads_order(struct wzp_relay *r, int order, const char *text);
/* The same of an order about a room (relay/access.h). */
bool wzp_relay_threads_access(struct wzp_relay *r, int order, const char *room,
                              const char *argument);
/* Everybody is gone from this thread. */
void wzp_relay_threads_parted(struct wzp_relay *r);

#endif
