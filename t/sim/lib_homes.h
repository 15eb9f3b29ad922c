/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two homes behind routers of their own, a phone in each, a relay and two STUN servers on the
 * internet: what direct calls are tested with. */
#ifndef WZP_T_SIM_LIB_HOMES_H
#define WZP_T_SIM_LIB_HOMES_H

#include "sim/actors.h"
#include "sim/nat.h"
#include "sim/stun.h"

#define HOMES_RELAY "198.51.100.1:4433"
#define HOMES_PORT "5000"

/* One side. box NULL: straight on the internet. */
struct home_plan {
    const struct wzp_sim_nat_config *nat;
    const struct wzp_sim_nat_config *provider; /* a second router before the first; NULL: none */
    bool v6; /* an IPv6 address, too (filtered by nat->filtering6) */
    bool no_v4;
    bool portmap, relay_only, no_search;
    uint64_t delay; /* of its line to the internet, one way, ns */
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
    int16_t tone[96]; /* 500 Hz, what both say */
    wzp_session_id call;
    uint64_t answered_at;
    bool eats_both_ways; /* homes_cut_path */
};
/* Builds it, phones registered and settled. same_lan: b lives behind a's router. Bails. */
void homes_open(struct homes *h, uint64_t seed, const struct home_plan *a,
                const struct home_plan *b, bool same_lan);
/* The same, and furnished is called when the boxes stand, before the phones start. */
void homes_open_with(struct homes *h, uint64_t seed, const struct home_plan *a,
                     const struct home_plan *b, void (*furnished)(struct homes *h));
void homes_close(struct homes *h);
/* Starts that side's phone, which was stopped: the same person, who remembers nothing. */
void homes_start(struct homes *h, struct home_side *side, const struct home_plan *plan);
/* a calls b, who answers at once; notes when b's answer left. Bails when it is not answered. */
void homes_call(struct homes *h);
/* True when that side's last path is a direct one; why (may be NULL) gets its reason. */
bool homes_is_direct(const struct home_side *side, const char **why);
/* Waits until both sides are direct; ns since the answer, 0 when the limit passed. */
uint64_t homes_wait_direct(struct homes *h, uint64_t limit);
/* What the first session of that side's phone has counted; all 0 without one. */
struct wzp_session_stats homes_stats(const struct home_side *side);
/* For wzp_sim_run_for, context: the homes. True when each side has heard the other once. */
bool homes_both_heard(void *homes);
/* Waits until each side has decoded five more frames than now, also when the call is made again
 * meanwhile. False when the limit passed. */
bool homes_wait_heard_again(struct homes *h, uint64_t limit);
/* Whether a packet between these goes straight from a's router to b's. */
bool homes_is_path(const struct wzp_addr *from, const struct wzp_addr *to);
/* Nothing goes straight from a's router to b's any more, both ways: nor back. Until
 * wzp_sim_network_set_filter takes it away. */
void homes_cut_path(struct homes *h, bool both_ways);
/* The value that a share (0..1) of them does not exceed. Sorts them. */
double homes_part(double *values, size_t count, double share);

#endif
