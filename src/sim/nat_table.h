/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The mappings of a NAT box: found by inner endpoint and peer on the way out, by external endpoint
 * on the way in; and which peers each has sent to. What has expired is swept when room is needed
 * and never found. */
#ifndef WZP_SIM_NAT_TABLE_H
#define WZP_SIM_NAT_TABLE_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/map.h"

/* What of a peer counts. */
enum wzp_sim_scope { WZP_SIM_SCOPE_ANY, WZP_SIM_SCOPE_IP, WZP_SIM_SCOPE_IP_AND_PORT };

struct wzp_sim_mapping {
    struct wzp_addr inner, outer; /* outer: with the external IP of the time it was made */
    struct wzp_addr peer;         /* the first one */
    enum wzp_sim_scope scope;     /* of the peers it is for */
    uint64_t number, expires;
    bool on_demand;                    /* for everybody, until its own time */
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
/* Whether it did, and that still holds, for a peer of which that much counts. */
bool wzp_sim_nat_table_knows(const struct wzp_sim_nat_table *t, const struct wzp_sim_mapping *m,
                             const struct wzp_addr *peer, enum wzp_sim_scope scope, uint64_t now);

#endif
