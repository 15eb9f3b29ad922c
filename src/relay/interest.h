/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Subscriptions to presence ("interests"): a registered client that proved its key watches people.
 * It is told whether each of them is registered, and later each change ("news"). A person whom
 * nobody watches costs one look-up at registration; media packets cost nothing. Source:
 * wzp-protocol(7), Presence. */
#ifndef WZP_RELAY_INTEREST_H
#define WZP_RELAY_INTEREST_H

#include "base/bucket.h"
#include "base/map.h"
#include "base/time.h"
#include "relay/presence.h"
#include "relay/timer.h"

#define WZP_RELAY_INTERESTS_MAX 256       /* people that one connection watches */
#define WZP_RELAY_INTERESTS_ALL_MAX 65536 /* of all connections together */
/* A connection may use at most this part of the interests that are left, so that many connections
 * together cannot exhaust them. */
#define WZP_RELAY_INTERESTS_DIVISOR 128
#define WZP_RELAY_INTERESTS_MESSAGE 64 /* people in one message */
#define WZP_RELAY_INTEREST_RATE 16     /* people asked for per second and connection, after ... */
#define WZP_RELAY_INTEREST_BURST 512   /* ... so many at once */
#define WZP_RELAY_NEWS_TIME (500 * WZP_MILLISECOND) /* changes are collected for so long */

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_interest;
struct wzp_relay_watched_person;

/* Of one client; all zero: it watches nobody. */
struct wzp_relay_interests {
    struct wzp_relay_interest *first;
    size_t count;
    struct wzp_bucket asked;
    struct wzp_relay_timer news; /* armed: somebody's state may have changed */
};
/* Of the relay. */
struct wzp_relay_watched {
    struct wzp_map people; /* key -> struct wzp_relay_watched_person */
    size_t interests;      /* of all */
};

/* No allocation. */
void wzp_relay_watched_init(struct wzp_relay_watched *watched, const struct wzp_random *random);
/* All clients are gone by then. */
void wzp_relay_watched_fini(struct wzp_relay_watched *watched);
/* The registration of this person began, ended or changed its standing: clients that watch them are
 * told soon. */
void wzp_relay_watched_changed(struct wzp_relay *r, const struct wzp_relay_name *name,
                               uint64_t now);
/* A relay of the pool (0: the directory) reports the person's state: 'p', 'u' or 'o'
 * (pool_text.h). */
void wzp_relay_watched_told(struct wzp_relay *r, const struct wzp_relay_name *name, char state,
                            uint64_t relay, uint64_t now);
/* Forgets the state of a person that was known from that relay (0: from any). person: a value of
 * watched.people. */
void wzp_relay_watched_unknown(struct wzp_relay *r, struct wzp_relay_watched_person *person,
                               uint64_t relay, uint64_t now);
/* Asks the pool about such a person, if they are not registered here. */
void wzp_relay_watched_look(struct wzp_relay *r, const struct wzp_relay_watched_person *person,
                            uint64_t now);
/* Removes all interests of the client. */
void wzp_relay_interests_drop(struct wzp_relay *r, struct wzp_relay_client *client);
/* Sends the client the changes collected so far. */
void wzp_relay_news_due(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

#endif
