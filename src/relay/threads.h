/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One relay on several threads. Each thread has a struct wzp_relay with its own endpoint; they
 * share a port and a certificate. The first thread handles everything but rooms: registrations,
 * calls, links to other relays, probes. It also has the rooms shared with other relays, including
 * those of calls that lead there. All other rooms are distributed over all threads by name. A room
 * never changes its thread, so no frame crosses threads. The first packet of a new connection is
 * handed to the thread of its room (quic/pass.c).
 *
 * The threads share no memory. They exchange messages ("letters", letter.h), which the host copies
 * and delivers in order. A thread asks the first one whether a client may enter a room, because a
 * person registered with a proof must not be impersonated, and because there is one limit for all
 * threads. It also tells the first one who left, and its counters. Source: wzp-protocol(7), Relay
 * rules. */
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

#define WZP_RELAY_COUNTS_TIME WZP_SECOND      /* between two letters with counters */
#define WZP_RELAY_PLACE_TIME (2 * WZP_SECOND) /* for the first thread's answer */
#define WZP_RELAY_UNSENT_MAX 4096 /* letters kept while the queue is full; others are lost */

struct wzp_relay_client;
struct wzp_relay_unsent;

struct wzp_relay_threads {
    unsigned own, count;
    uint64_t key[2];                 /* hash key of room to thread, the same on all threads */
    struct wzp_relay_client *asking; /* clients that wait for the first thread's answer */
    struct wzp_relay_timer timer;    /* the counters are to be sent */
    struct wzp_relay_totals told;    /* our counters as last sent to the first thread */
    struct wzp_quic_counters told_quic;
    struct wzp_relay_unsent *unsent, **unsent_tail; /* oldest first */
    size_t unsent_count;
    bool drained;                     /* all clients are gone, and the first thread knows it */
    struct wzp_relay_listing listing; /* of our rooms, for the first thread's listing */
    /* On the first thread: what the others reported. */
    size_t visitors; /* members of their rooms */
    struct {
        size_t rooms, connections;
        struct wzp_relay_reported reported;
    } told_of[WZP_RELAY_THREADS_MAX];
    struct {
        uint64_t number; /* of the request that is pending, or answered */
        bool is_here, more;
        char *text; /* owned */
        size_t length;
    } listed;
    struct wzp_quic_counters quic;
    unsigned drained_count;
};

/* `host` says which thread this is. WZP_E_ARGUMENT. */
int wzp_relay_threads_init(struct wzp_relay *r, const struct wzp_relay_host *host,
                           const uint8_t seed[WZP_SEED_SIZE], uint64_t now);
void wzp_relay_threads_fini(struct wzp_relay *r);
/* The thread that serves connections with this server name. */
unsigned wzp_relay_threads_place(const struct wzp_relay *r, const char *sni);
/* True when a packet belongs to another thread by its connection ID; it was then handed over. */
bool wzp_relay_threads_pass(const struct wzp_relay *r, const struct wzp_addr *local,
                            const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                            size_t length);
/* Hands a packet of a new connection to the thread of the room it names. Only the thread that the
 * packet's connection ID leads to does so, all others drop it: no packet is handed over twice. */
void wzp_relay_threads_give(const struct wzp_relay *r, unsigned thread,
                            const struct wzp_addr *local, const struct wzp_addr *remote,
                            uint8_t ecn, const uint8_t *data, size_t length);
/* True when the first thread has to be asked whether client may enter its room. The question is
 * then sent, and wzp_relay_enter follows. */
bool wzp_relay_threads_ask(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The answer did not come in time. */
void wzp_relay_threads_late(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* The client ended: its question is dropped. */
void wzp_relay_threads_forget(struct wzp_relay *r, struct wzp_relay_client *client);
/* A member left its room. */
void wzp_relay_threads_left(struct wzp_relay *r, const struct wzp_relay_client *client);
/* The counters are to be sent to the first thread. */
void wzp_relay_threads_tell(struct wzp_relay *r, uint64_t now);
/* Connections of all threads, as of the last second. */
size_t wzp_relay_threads_connections(const struct wzp_relay *r);
/* The rooms of the other threads, for a listing on the first one; requested piece by piece. */
#define WZP_RELAY_LISTED_TIME WZP_SECOND /* for an answer; then that thread is left out */
/* Appends the text received, and requests more. False when that was all. */
bool wzp_relay_threads_rooms(struct wzp_relay *r, struct wzp_relay_listing_walk *walk,
                             struct wzp_buffer *out, uint64_t now);
/* All clients are to leave: the relay shuts down. */
void wzp_relay_threads_drain(struct wzp_relay *r);
/* Sends an order of the operator (relay/order.h) to the other threads. False: a queue is full. */
bool wzp_relay_threads_order(struct wzp_relay *r, int order, const char *text);
/* The same for an order about a room (relay/access.h). */
bool wzp_relay_threads_access(struct wzp_relay *r, int order, const char *room,
                              const char *argument);
/* The last client of this thread is gone. */
void wzp_relay_threads_parted(struct wzp_relay *r);

#endif
