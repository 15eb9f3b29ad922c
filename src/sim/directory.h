/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The directory that relays behind one name share, in virtual time, in place of Redis
 * (loop/redis.h): keys with texts that expire, and channels with messages ("letters"). It simulates
 * network delay, outages and lost messages, and lets tests write into it as an outsider would. */
#ifndef WZP_SIM_DIRECTORY_H
#define WZP_SIM_DIRECTORY_H

#include "base/map.h"
#include "sim/network.h"
#include "wzp/relay.h"

#define WZP_SIM_DIRECTORY_RELAYS_MAX 32
#define WZP_SIM_DIRECTORY_TEXTS_MAX 2000000

struct wzp_sim_directory_errand;
struct wzp_sim_directory;

/* A seat: one relay's connection to the directory. */
struct wzp_sim_directory_seat {
    struct wzp_sim_directory *directory;
    struct wzp_relay *relay; /* NULL: free */
    struct wzp_sim_host *host;
    bool is_up; /* the state that the relay was told */
};

struct wzp_sim_directory {
    struct wzp_sim *sim;
    struct wzp_sim_timer timer;
    uint64_t delay; /* ns each way */
    bool away;
    unsigned lose_every;                               /* every n-th message is lost; 0: none */
    struct wzp_map texts;                              /* key -> owned text with its end */
    struct wzp_sim_directory_errand *first, **last_at; /* by time */
    uint64_t latest;                                   /* of them */
    struct wzp_sim_directory_seat seats[WZP_SIM_DIRECTORY_RELAYS_MAX];
    uint64_t operations, letters, deliveries; /* counters since init */
    size_t most_texts;
};

/* WZP_E_MEMORY. */
int wzp_sim_directory_init(struct wzp_sim_directory *d, struct wzp_sim *sim, uint64_t delay);
/* To be called after its relays have left. */
void wzp_sim_directory_fini(struct wzp_sim_directory *d);
/* A seat for a relay that is about to be made: the relay's host uses wzp_sim_directory_ask with the
 * seat as context. NULL: all seats are taken. */
struct wzp_sim_directory_seat *wzp_sim_directory_seat(struct wzp_sim_directory *d);
/* The pool function of a relay's host, with a seat as its context. */
bool wzp_sim_directory_ask(void *context, const struct wzp_pool_request *request);
/* The relay is made: it is told soon that the directory is up. */
void wzp_sim_directory_join(struct wzp_sim_directory_seat *seat, struct wzp_relay *relay,
                            struct wzp_sim_host *host);
/* The relay is gone: frees its seat. */
void wzp_sim_directory_leave(struct wzp_sim_directory_seat *seat);
/* away: the directory is unreachable; all relays are told at once, and messages under way are lost.
 * false: it is back. */
void wzp_sim_directory_set_away(struct wzp_sim_directory *d, bool away);
/* The text of a key now; NULL: none. */
const char *wzp_sim_directory_get(struct wzp_sim_directory *d, const char *key);
/* Writes a text that no relay of the pool wrote; text NULL removes the key, key NULL removes
 * everything. WZP_E_MEMORY. */
int wzp_sim_directory_put(struct wzp_sim_directory *d, const char *key, const char *text);
/* Publishes a message that no relay of the pool sent. */
void wzp_sim_directory_say(struct wzp_sim_directory *d, const char *channel, const char *text,
                           size_t length);

#endif
