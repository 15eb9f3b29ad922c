/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The setting for tests of direct calls: two homes, each with a phone behind a NAT router ("box"),
 * and a relay and two STUN servers on the internet. */
#ifndef WZP_T_SIM_LIB_HOMES_H
#define WZP_T_SIM_LIB_HOMES_H

#include "sim/actors.h"
#include "sim/nat.h"
#include "sim/stun.h"

#define HOMES_RELAY "198.51.100.1:4433"
#define HOMES_PORT "5000"

/* One side. nat NULL: the phone is on the internet without a router. */
struct home_plan {
    const struct wzp_sim_nat_config *nat;
    /* a second router between the first one and the internet; NULL: none */
    const struct wzp_sim_nat_config *provider;
    bool v6; /* an IPv6 address in addition (filtered by nat->filtering6) */
    bool no_v4;
    bool portmap, relay_only, no_search;
    uint64_t delay; /* one-way delay of its line to the internet, ns */
};
struct home_side {
    struct wzp_sim_network *lan, *between;
    struct wzp_sim_nat *box, *provider;
    struct wzp_sim_host *host;
    struct wzp_sim_phone phone;
};
/* Static in tests: large. */
struct homes {
    struct wzp_sim *sim;
    struct wzp_sim_relay relay;
    struct wzp_sim_host *servers[2];
    struct wzp_sim_stun stun[2];
    struct home_side a, b;
    int16_t tone[96]; /* 500 Hz, the voice of both */
    wzp_session_id call;
    uint64_t answered_at;
    bool eats_both_ways; /* of homes_cut_path */
};
/* Builds both homes; returns two seconds after both phones have registered. same_lan: b is behind
 * a's router. Bails. */
void homes_open(struct homes *h, uint64_t seed, const struct home_plan *a,
                const struct home_plan *b, bool same_lan);
/* The same, but calls furnished when the routers exist and the phones have not been started. */
void homes_open_with(struct homes *h, uint64_t seed, const struct home_plan *a,
                     const struct home_plan *b, void (*furnished)(struct homes *h));
void homes_close(struct homes *h);
/* Starts that side's phone again after it was stopped: the same identity, no other state. */
void homes_start(struct homes *h, struct home_side *side, const struct home_plan *plan);
/* a calls b, who answers at once; answered_at is set to when. Bails when it is not answered. */
void homes_call(struct homes *h);
/* True when that side's last path is a direct one; why (may be NULL) gets its reason. */
bool homes_is_direct(const struct home_side *side, const char **why);
/* Waits until both sides are direct; ns since the answer, 0 when the limit passed. */
uint64_t homes_wait_direct(struct homes *h, uint64_t limit);
/* Statistics of the first session of that side's phone; all 0 when there is none. */
struct wzp_session_stats homes_stats(const struct home_side *side);
/* A condition for wzp_sim_run_for, with the homes as its context: each side has heard the other
 * once. */
bool homes_both_heard(void *homes);
/* Waits until each side has decoded five more frames than now; works also when the call is made
 * again meanwhile. False when the limit passed. */
bool homes_wait_heard_again(struct homes *h, uint64_t limit);
/* Whether a packet between these addresses goes directly from a's router to b's. */
bool homes_is_path(const struct wzp_addr *from, const struct wzp_addr *to);
/* Drops all packets that go directly from a's router to b's (both_ways: and from b's to a's), until
 * wzp_sim_network_set_filter removes this filter. */
void homes_cut_path(struct homes *h, bool both_ways);
/* The quantile of the values for that share (0..1). Sorts them. */
double homes_part(double *values, size_t count, double share);

#endif
