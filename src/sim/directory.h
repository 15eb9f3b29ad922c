/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The directory that relays behind one name share, in virtual time: what Redis is to them in life
 * (loop/redis.h). Texts that expire and channels, with the delay of a network, outages, and letters
 * that get lost; and hands for a test to write into it what a stranger would. */
#ifndef WZP_SIM_DIRECTORY_H
#define WZP_SIM_DIRECTORY_H

#include "base/map.h"
#include "sim/network.h"
#include "wzp/relay.h"

#define WZP_SIM_DIRECTORY_RELAYS_MAX 32
#define WZP_SIM_DIRECTORY_TEXTS_MAX 2000000

struct wzp_sim_directory_errand;
struct wzp_sim_directory;

/* One relay's connection to it. */
struct wzp_sim_directory_seat {
    struct wzp_sim_directory *directory;
    struct wzp_relay *relay; /* NULL: free */
    struct wzp_sim_host *host;
    bool is_up; /* as the relay was told */
};

struct wzp_sim_directory {
    struct wzp_sim *sim;
    struct wzp_sim_timer timer;
    uint64_t delay; /* ns each way */
    bool away;
    unsigned lose_every;  /* of the letters, this one is lost; 0: none */
    struct wzp_map texts; /* key -> owned text with its end */
    struct wzp_sim_directory_errand *first, **last_at; /* by time */
    uint64_t latest;                                   /* of them */
    struct wzp_sim_directory_seat seats[WZP_SIM_DIRECTORY_RELAYS_MAX];
    uint64_t operations, letters, deliveries; /* that it did */
    size_t most_texts;
};

/* WZP_E_MEMORY. */
int wzp_sim_directory_init(struct wzp_sim_directory *d, struct wzp_sim *sim, uint64_t delay);
/* After its relays. */
void wzp_sim_directory_fini(struct wzp_sim_directory *d);
/* A seat for a relay that is about to be made; host.pool and host.context are for it. NULL: all are
 * taken. */
struct wzp_sim_directory_seat *wzp_sim_directory_seat(struct wzp_sim_directory *d);
/* The pool function of a relay's host, with a seat as its context. */
bool wzp_sim_directory_ask(void *context, const struct wzp_pool_request *request);
/* The relay is made: it hears soon that the directory answers. */
void wzp_sim_directory_join(struct wzp_sim_directory_seat *seat, struct wzp_relay *relay,
                            struct wzp_sim_host *host);
/* It is gone. */
void wzp_sim_directory_leave(struct wzp_sim_directory_seat *seat);
/* Nobody reaches it any more: all hear that at once, what is on its way is lost. Or it is back. */
void wzp_sim_directory_set_away(struct wzp_sim_directory *d, bool away);
/* What stands there now, NULL: nothing. */
const char *wzp_sim_directory_get(struct wzp_sim_directory *d, const char *key);
/* Writes what nobody of the pool wrote; text NULL takes away, key NULL everything. WZP_E_MEMORY. */
int wzp_sim_directory_put(struct wzp_sim_directory *d, const char *key, const char *text);
/* Says on a channel what nobody of the pool said. */
void wzp_sim_directory_say(struct wzp_sim_directory *d, const char *channel, const char *text,
                           size_t length);

#endif
