/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Gathers this client's own candidates (RFC 8445) from the registration on, so that an offer or
 * answer leaves at once with what is known. The code that learns something (interfaces, a router's
 * mapping, an answer from a STUN server or relay) sets it here; after a change has settled, the
 * peers of the calls under way are told by a CandidateUpdate with the next generation. Source:
 * wzp-protocol(7), Addresses, Moving. */
#ifndef WZP_NAT_GATHER_H
#define WZP_NAT_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"
#include "nat/local.h"

#define WZP_GATHER_SETTLE (250 * WZP_MILLISECOND) /* changes come in bursts */
/* Host entries announced: the machine's own, a v6 reflexive address and the guessed port. */
#define WZP_GATHER_HOSTS_MAX (WZP_HOST_CANDIDATES_MAX + 2)

/* What an offer, answer or update carries. */
struct wzp_gathered {
    uint32_t generation;
    struct wzp_addr reflexive, mapped; /* none = left out */
    struct wzp_addr hosts[WZP_GATHER_HOSTS_MAX];
    size_t host_count;
};

struct wzp_gather {
    struct wzp_addr hosts[WZP_HOST_CANDIDATES_MAX];
    size_t host_count;
    struct wzp_addr mapped, reflexive4, reflexive6;
    uint16_t local_port;    /* of the v4 socket */
    bool hard;              /* the NAT maps per destination: announce a guessed port, too */
    uint64_t changed_since; /* WZP_NEVER = nothing changed since the last announcement */
};
/* Per call: how many announcements its peer was sent. */
struct wzp_gather_counter {
    uint32_t next; /* generation of the next announcement; 0 is the offer or answer */
};

/* Nothing is known yet. */
void wzp_gather_init(struct wzp_gather *g, uint16_t local_port);

/* Set what was learnt; equal values change nothing. hosts beyond WZP_HOST_CANDIDATES_MAX are
 * dropped. A none address clears the value. reflexive is stored by its family (none clears
 * both). */
void wzp_gather_set_hosts(struct wzp_gather *g, const struct wzp_addr *hosts, size_t count,
                          uint64_t now);
void wzp_gather_set_mapped(struct wzp_gather *g, const struct wzp_addr *mapped, uint64_t now);
void wzp_gather_set_reflexive(struct wzp_gather *g, const struct wzp_addr *reflexive, uint64_t now);
void wzp_gather_set_hard(struct wzp_gather *g, bool hard, uint64_t now);

/* When a change has settled and the calls should be told; WZP_NEVER. */
uint64_t wzp_gather_expiry(const struct wzp_gather *g);
/* True once per settled change: send every call with a direct race an update. */
bool wzp_gather_due(struct wzp_gather *g, uint64_t now);

/* Fills out with what is known and the call's generation, and counts the generation up. */
void wzp_gather_take(const struct wzp_gather *g, struct wzp_gather_counter *counter,
                     struct wzp_gathered *out);

#endif
