/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A network in virtual time: hosts (any struct wzp_driver) with addresses, each behind an up-link
 * and a down-link with delay, jitter, loss, reordering, duplication, rate and MTU. Deterministic
 * from a seed: same seed, same run. (Proofs over TLS keys, which the seed does not make, differ by
 * some bytes of JSON; only a line with a rate feels that.) It is the second driver of phones and
 * relays; loop/ is the first. Source: design.md 3. */
#ifndef WZP_SIM_NETWORK_H
#define WZP_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/random.h"
#include "base/packet.h"

#define WZP_SIM_HOSTS_MAX 2048
#define WZP_SIM_PACKETS_MAX 262144 /* in flight at once; more are dropped as a full queue would */

/* One direction of a host's access line. All zero = perfect: no delay, no loss. */
struct wzp_sim_link {
    uint64_t delay;  /* ns, fixed part */
    uint64_t jitter; /* ns, uniform extra 0..jitter; packets keep their order unless reorder says
                        otherwise */
    double loss;     /* 0..1, independent */
    double burst;    /* 0..1: chance that a loss begins a burst of burst_length packets */
    unsigned burst_length;
    double duplicate; /* 0..1 */
    double reorder;   /* 0..1: share of packets that are held back by reorder_delay, so that others
                         overtake */
    uint64_t reorder_delay;
    double corrupt;     /* 0..1: one byte is changed */
    uint64_t rate;      /* bit/s, 0 = no limit; packets queue up to queue_bytes, then drop */
    size_t queue_bytes; /* 0: 64 KiB */
    size_t mtu;         /* largest UDP payload, 0 = no limit; larger ones vanish */
    bool down;          /* cable pulled */
};
struct wzp_sim_host_counters {
    uint64_t packets_out, packets_in, bytes_out, bytes_in;
    uint64_t lost, too_big, queue_full, unreachable;
};

struct wzp_sim;
struct wzp_sim_host;
/* New network; time begins at one second so that 0 stays "never". WZP_E_MEMORY. */
int wzp_sim_new(struct wzp_sim **out, uint64_t seed);
/* Frees network and hosts; the objects they drove are the caller's. */
void wzp_sim_free(struct wzp_sim *s);
uint64_t wzp_sim_now(const struct wzp_sim *s);
/* A source drawn from the seed, for the objects of this network. */
struct wzp_random wzp_sim_random(struct wzp_sim *s);

/* Puts an object at an address. up/down NULL = perfect. WZP_E_MEMORY, WZP_E_LIMIT, WZP_E_DUPLICATE
 * (address taken), WZP_E_SYNTAX. */
int wzp_sim_attach(struct wzp_sim *s, struct wzp_sim_host **out, const char *address,
                   const struct wzp_driver *driver, const struct wzp_sim_link *up,
                   const struct wzp_sim_link *down);
/* Takes a host away (a crash): its packets in flight to it vanish. */
void wzp_sim_detach(struct wzp_sim *s, struct wzp_sim_host *host);
/* Lines may change at any time; NULL leaves one as it is. */
void wzp_sim_set_links(struct wzp_sim_host *host, const struct wzp_sim_link *up,
                       const struct wzp_sim_link *down);
/* The host moves: sends and receives from this address from now on (a NAT that changed its mapping:
 * the object inside is not told). */
int wzp_sim_move(struct wzp_sim *s, struct wzp_sim_host *host, const char *address);
const struct wzp_addr *wzp_sim_address(const struct wzp_sim_host *host);
void wzp_sim_host_counters(const struct wzp_sim_host *host, struct wzp_sim_host_counters *out);
/* A command was given to the object: send what it wants to send. */
void wzp_sim_kick(struct wzp_sim *s, struct wzp_sim_host *host);
/* Injects a packet from an address without host (an attacker). Dropped silently when nobody is at
 * `to`. */
void wzp_sim_inject(struct wzp_sim *s, const struct wzp_addr *from, const struct wzp_addr *to,
                    const uint8_t *data, size_t length);

/* Shows every packet that a host sends, before its line does anything to it; NULL: no longer. A tap
 * may inject, and must not change hosts. */
void wzp_sim_set_tap(struct wzp_sim *s,
                     void (*tap)(void *context, const struct wzp_addr *from,
                                 const struct wzp_addr *to, const uint8_t *data, size_t length),
                     void *context);

/* Calls back every `period` ns from now + offset on (a sound card's clock); returns false to stop.
 * WZP_E_MEMORY, WZP_E_LIMIT. */
int wzp_sim_every(struct wzp_sim *s, uint64_t offset, uint64_t period,
                  bool (*tick)(void *context, uint64_t now), void *context);

/* Runs all that happens up to `until` (absolute), then time stands there. */
void wzp_sim_run_until(struct wzp_sim *s, uint64_t until);
void wzp_sim_run(struct wzp_sim *s, uint64_t duration);
/* Runs until done(context) is true (asked after each event) or `limit` ns passed; returns whether
 * it became true. */
bool wzp_sim_run_for(struct wzp_sim *s, bool (*done)(void *context), void *context, uint64_t limit);

#endif
