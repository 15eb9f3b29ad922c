/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The mappings of a NAT box: found by inner endpoint and peer on the way out, by external endpoint
 * on the way in; and which peers each has sent to. Expired mappings are never found; they are
 * removed when room is needed. */
#ifndef WZP_SIM_NAT_TABLE_H
#define WZP_SIM_NAT_TABLE_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/map.h"

/* Which part of a peer's address is compared. */
enum wzp_sim_scope { WZP_SIM_SCOPE_ANY, WZP_SIM_SCOPE_IP, WZP_SIM_SCOPE_IP_AND_PORT };

struct wzp_sim_mapping {
    struct wzp_addr inner, outer; /* outer: outer holds the external IP at its making */
    struct wzp_addr peer;         /* the first one */
    enum wzp_sim_scope scope;     /* of the peers it is for */
    uint64_t number, expires;
    bool on_demand;                    /* open to every peer, until it expires */
    struct wzp_sim_mapping *same_port; /* others at the same external endpoint */
    struct wzp_sim_mapping *next, *previous;
};
struct wzp_sim_nat_table {
    struct wzp_map by_inner, by_outer, on_demand, peers;
    struct wzp_sim_mapping *first;
    size_t count;
    uint64_t numbers;
};

/* Empty. */
void wzp_sim_nat_table_init(struct wzp_sim_nat_table *t, const struct wzp_random *random);
/* Forgets everything; the table can be used on. */
void wzp_sim_nat_table_clear(struct wzp_sim_nat_table *t);
/* The mapping on demand of an inner endpoint, else the one for that peer and scope; NULL. */
struct wzp_sim_mapping *wzp_sim_nat_table_inner(const struct wzp_sim_nat_table *t,
                                                const struct wzp_addr *inner,
                                                const struct wzp_addr *peer,
                                                enum wzp_sim_scope scope, uint64_t now);
/* The mappings at an external endpoint, linked by same_port; expired ones among them. */
struct wzp_sim_mapping *wzp_sim_nat_table_outer(const struct wzp_sim_nat_table *t,
                                                const struct wzp_addr *outer);
/* Adds a copy of a mapping. WZP_E_MEMORY; then nothing is there. */
int wzp_sim_nat_table_add(struct wzp_sim_nat_table *t, struct wzp_sim_mapping **out,
                          const struct wzp_sim_mapping *mapping);
void wzp_sim_nat_table_remove(struct wzp_sim_nat_table *t, struct wzp_sim_mapping *m);
/* Throws away what has expired; its peers too. */
void wzp_sim_nat_table_sweep(struct wzp_sim_nat_table *t, uint64_t now);
/* Remembers that the mapping's inner side sent to that peer. Without memory it does not. */
void wzp_sim_nat_table_note(struct wzp_sim_nat_table *t, const struct wzp_sim_mapping *m,
                            const struct wzp_addr *peer, uint64_t expires);
/* Whether such a note exists and has not expired; scope: which part of the peer's address must
 * match. */
bool wzp_sim_nat_table_knows(const struct wzp_sim_nat_table *t, const struct wzp_sim_mapping *m,
                             const struct wzp_addr *peer, enum wzp_sim_scope scope, uint64_t now);

#endif
