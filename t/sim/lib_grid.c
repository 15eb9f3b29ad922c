/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_grid.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "sim/lib_pmp.h"
#include "tap.h"

#define KINDS 9
#define LIMIT (6 * WZP_SECOND)
#define SEARCH_LIMIT (12 * WZP_SECOND) /* where a port search is needed */

static struct homes h;
static struct pmp pmp;
/* endpoint-independent, address-dependent, address- and port-dependent */
static const char letters[] = " eap";

static struct wzp_sim_nat_config kind(unsigned i, enum wzp_sim_ports ports)
{
    struct wzp_sim_nat_config config = {
        .mapping = (enum wzp_sim_dependence)(WZP_SIM_ENDPOINT_INDEPENDENT + (int)i / 3),
        .filtering = (enum wzp_sim_dependence)(WZP_SIM_ENDPOINT_INDEPENDENT + (int)i % 3),
        .filtering6 = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
        .ports = WZP_SIM_PORTS_PRESERVING};
    if (config.mapping != WZP_SIM_ENDPOINT_INDEPENDENT)
        config.ports = ports;
    return config;
}

static bool is_hard(const struct wzp_sim_nat_config *nat)
{
    return nat->mapping != WZP_SIM_ENDPOINT_INDEPENDENT;
}

/* `open` has a destination-dependent mapping but filters nothing. A packet that arrives at any of
 * its ports is answered from another port. The other side must let that answer in and send to that
 * port from then on; the two come to agree when one of the routers uses a single port for all ports
 * of an address. */
static bool settles(const struct wzp_sim_nat_config *open, const struct wzp_sim_nat_config *other)
{
    return open->filtering == WZP_SIM_ENDPOINT_INDEPENDENT &&
           other->filtering != WZP_SIM_ADDRESS_AND_PORT_DEPENDENT &&
           (open->mapping == WZP_SIM_ADDRESS_DEPENDENT ||
            other->mapping == WZP_SIM_ADDRESS_DEPENDENT);
}

/* Whether a direct path can be found. Not between two routers with destination-dependent mappings
 * that assign random ports: each side would have to send to the one port of 64 512 that the other
 * sends from, and vice versa, which takes about 170 000 packets. When both assign ports
 * sequentially, both can be predicted. */
static bool theory(const struct grid *grid, const struct home_plan *a, const struct home_plan *b)
{
    return grid->portmap || (grid->caller_v6 && grid->callee_v6) || !is_hard(a->nat) ||
           !is_hard(b->nat) || grid->ports == WZP_SIM_PORTS_SEQUENTIAL || settles(a->nat, b->nat) ||
           settles(b->nat, a->nat);
}

/* True for pairs that theory() allows and that only a port search can connect. */
static bool needs_search(const struct grid *grid, const struct home_plan *a,
                         const struct home_plan *b)
{
    const struct wzp_sim_nat_config *hard = is_hard(a->nat) ? a->nat : b->nat,
                                    *easy = is_hard(a->nat) ? b->nat : a->nat;
    return !grid->portmap && !(grid->caller_v6 && grid->callee_v6) && is_hard(hard) &&
           !is_hard(easy) && hard->ports == WZP_SIM_PORTS_RANDOM &&
           easy->filtering == WZP_SIM_ADDRESS_AND_PORT_DEPENDENT;
}

struct counts {
    unsigned direct, promised, missed, split, mute, deaf, unexplained;
    uint64_t slowest, slowest_search;
};

static bool heard(const struct home_side *s)
{
    return wzp_sim_phone_count(&s->phone, WZP_EVENT_MEDIA) > 0;
}

/* That side has a direct path, or knows the reason why there is none. */
static bool knows(const struct home_side *s)
{
    const char *why;
    return homes_is_direct(s, &why) || strncmp(why, "over the relay: ", 16) == 0;
}

static bool both_know(void *context)
{
    (void)context;
    return knows(&h.a) && knows(&h.b);
}

static uint64_t decoded(const struct home_side *s)
{
    struct wzp_session_stats stats;
    memset(&stats, 0, sizeof stats);
    wzp_phone_session_stats(s->phone.phone, wzp_phone_session(s->phone.phone, 0), &stats,
                            wzp_sim_now(h.sim));
    return stats.heard.frames_decoded;
}

static void furnished(struct homes *homes)
{
    pmp_start(&pmp, homes->sim, homes->a.box);
}

/* Runs one pair of routers; returns its character in the table. */
static char play(struct counts *c, const struct grid *grid, uint64_t seed,
                 const struct home_plan *a, const struct home_plan *b)
{
    const char *why;
    bool promised = theory(grid, a, b), search = needs_search(grid, a, b);
    homes_open_with(&h, seed, a, b, grid->portmap ? furnished : NULL);
    homes_call(&h);
    wzp_sim_run_for(h.sim, both_know, NULL, search ? SEARCH_LIMIT : LIMIT);
    uint64_t took = homes_wait_direct(&h, promised ? LIMIT : 0);
    uint64_t at_a_before = decoded(&h.a), at_b_before = decoded(&h.b);
    wzp_sim_run(h.sim, 300 * WZP_MILLISECOND);
    bool at_a = homes_is_direct(&h.a, &why), at_b = homes_is_direct(&h.b, NULL);
    c->direct += at_a && at_b;
    c->promised += promised;
    c->missed += promised && !(at_a && at_b);
    c->split += at_a != at_b;
    c->mute += !heard(&h.a) || !heard(&h.b);
    c->deaf += decoded(&h.a) < at_a_before + 14 || decoded(&h.b) < at_b_before + 14;
    c->unexplained += !knows(&h.a) || !knows(&h.b);
    uint64_t *slowest = search ? &c->slowest_search : &c->slowest;
    if (promised && took > *slowest)
        *slowest = took;
    homes_close(&h);
    return at_a && at_b ? (search ? 'S' : 'D') : at_a || at_b ? '!' : promised ? 'x' : '.';
}

static void judge(const struct counts *c, const char *name)
{
    note("%s: %u direct, %u promised, the slowest of those after %u ms, with a search %u ms", name,
         c->direct, c->promised, (unsigned)(c->slowest / WZP_MILLISECOND),
         (unsigned)(c->slowest_search / WZP_MILLISECOND));
    is_int(c->missed, 0, "%s: every pair that theory allows is direct", name);
    is_int(c->direct, c->promised, "%s: and no other", name);
    is_int(c->split, 0, "%s: nobody believes in a direct path alone", name);
    is_int(c->mute, 0, "%s: everybody is heard", name);
    is_int(c->deaf, 0, "%s: and is heard on, whatever the path", name);
    is_int(c->unexplained, 0, "%s: whoever goes over the relay is told why", name);
}

void grid_play(const struct grid *grid)
{
    struct counts c = {0};
    note("%s; mapping and filtering by: e nothing, a address, p address and port", grid->name);
    note("D direct, S direct by a search, . over the relay as must be");
    note("    ee ea ep ae aa ap pe pa pp");
    for (unsigned i = 0; i < KINDS; i++) {
        struct wzp_sim_nat_config a = kind(i, grid->ports);
        char row[64];
        size_t at =
            (size_t)snprintf(row, sizeof row, "%c%c ", letters[a.mapping], letters[a.filtering]);
        for (unsigned k = 0; k < KINDS; k++) {
            struct wzp_sim_nat_config b = kind(k, grid->ports);
            const struct home_plan here = {.nat = &a,
                                           .provider = grid->provider,
                                           .v6 = grid->caller_v6,
                                           .portmap = grid->portmap,
                                           .delay = 20 * WZP_MILLISECOND},
                                   there = {.nat = &b,
                                            .provider = grid->provider,
                                            .v6 = grid->callee_v6,
                                            .delay = 20 * WZP_MILLISECOND};
            at += (size_t)snprintf(row + at, sizeof row - at, "  %c",
                                   play(&c, grid, 100 + KINDS * i + k, &here, &there));
        }
        note("%s", row);
    }
    judge(&c, grid->name);
}
