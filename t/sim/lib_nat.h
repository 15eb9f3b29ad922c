/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A home behind a NAT ("box"): two hosts inside, and three servers on the internet (two of them
 * share an address). */
#ifndef WZP_T_SIM_LIB_NAT_H
#define WZP_T_SIM_LIB_NAT_H

#include "sim/lib_probe.h"
#include "sim/nat.h"

#define NAT_OUTSIDE "203.0.113.7"
#define NAT_ALICE "192.168.1.2:5000"
#define NAT_BOB "192.168.1.3:5000"
#define NAT_SERVER "192.0.2.1:3478"
#define NAT_OTHER "192.0.2.2:3478"

struct home {
    struct wzp_sim *sim;
    struct wzp_sim_network *net, *lan;
    struct wzp_sim_nat *box;
    struct probe alice, bob, server, other;
};
/* Bails when it cannot be made. */
void home_init(struct home *h, const struct wzp_sim_nat_config *config);
void home_fini(struct home *h);
/* Another home behind a NAT, in the simulation of the first: with these addresses outside and
 * inside ("192.168.7."), its NAT connected to the network `outer`. */
void home_beside(struct home *out, struct home *first, struct wzp_sim_network *outer,
                 const char *outside, const char *inside, const struct wzp_sim_nat_config *config);
/* The source address that a server sees when alice sends to it from her port 5000. */
struct wzp_addr home_seen(struct home *h, const char *server);
struct wzp_addr home_seen_from(struct home *h, struct probe *who, const char *from,
                               const char *server);
struct wzp_sim_nat_counters home_counters(const struct home *h);

#endif
