/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_grid.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

#define KINDS 9
#define LIMIT (6 * WZP_SECOND)
#define SEARCH_LIMIT (12 * WZP_SECOND) /* where a search for a port is promised */

static struct homes h;
static const char letters[] = " eap"; /* endpoint-independent, by address, by address and port */

static struct wzp_sim_nat_config kind(unsigned i, enum wzp_sim_ports ports)
{
    struct wzp_sim_nat_config config = {
        .mapping = (enum wzp_sim_dependence)(WZP_SIM_ENDPOINT_INDEPENDENT + (int)i / 3),
        .filtering = (enum wzp_sim_dependence)(WZP_SIM_ENDPOINT_INDEPENDENT + (int)i % 3),
        .ports = WZP_SIM_PORTS_PRESERVING};
    if (config.mapping != WZP_SIM_ENDPOINT_INDEPENDENT)
        config.ports = ports;
    return config;
}

static bool is_hard(const struct wzp_sim_nat_config *nat)
{
    return nat->mapping != WZP_SIM_ENDPOINT_INDEPENDENT;
}

/* Without what two hard routers sometimes allow. */
static bool theory(const struct wzp_sim_nat_config *a, const struct wzp_sim_nat_config *b)
{
    return !is_hard(a) || !is_hard(b);
}

/* Of what theory allows, what only a search can find. */
static bool needs_search(const struct wzp_sim_nat_config *a, const struct wzp_sim_nat_config *b)
{
    const struct wzp_sim_nat_config *hard = is_hard(a) ? a : b, *easy = is_hard(a) ? b : a;
    return theory(a, b) && is_hard(hard) && hard->ports == WZP_SIM_PORTS_RANDOM &&
           easy->filtering == WZP_SIM_ADDRESS_AND_PORT_DEPENDENT;
}

struct counts {
    unsigned direct, promised, missed, split, mute, unexplained;
    uint64_t slowest, slowest_search;
};

static bool heard(const struct home_side *s)
{
    return wzp_sim_phone_count(&s->phone, WZP_EVENT_MEDIA) > 0;
}

/* That side knows: a direct path, or why there is none. */
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

/* One pair; what the table shows of it. */
static char play(struct counts *c, uint64_t seed, const struct home_plan *a,
                 const struct home_plan *b)
{
    const char *why;
    bool promised = theory(a->nat, b->nat), search = needs_search(a->nat, b->nat);
    homes_open(&h, seed, a, b, false);
    homes_call(&h);
    wzp_sim_run_for(h.sim, both_know, NULL, search ? SEARCH_LIMIT : LIMIT);
    uint64_t took = homes_wait_direct(&h, promised ? LIMIT : 0);
    wzp_sim_run(h.sim, 300 * WZP_MILLISECOND);
    bool at_a = homes_is_direct(&h.a, &why), at_b = homes_is_direct(&h.b, NULL);
    c->direct += at_a && at_b;
    c->promised += promised;
    c->missed += promised && !(at_a && at_b);
    c->split += at_a != at_b;
    c->mute += !heard(&h.a) || !heard(&h.b);
    c->unexplained += !at_a && (!*why || strcmp(why, "through the relay") == 0);
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
    is_int(c->split, 0, "%s: nobody believes in a direct path alone", name);
    is_int(c->mute, 0, "%s: everybody is heard", name);
    is_int(c->unexplained, 0, "%s: whoever goes over the relay is told why", name);
}

void grid_play(const char *name, enum wzp_sim_ports ports,
               const struct wzp_sim_nat_config *provider)
{
    struct counts c = {0};
    note("%s; mapping and filtering by: e nothing, a address, p address and port", name);
    note("D direct, S direct by a search, . over the relay as must be");
    note("    ee ea ep ae aa ap pe pa pp");
    for (unsigned i = 0; i < KINDS; i++) {
        struct wzp_sim_nat_config a = kind(i, ports);
        char row[64];
        size_t at =
            (size_t)snprintf(row, sizeof row, "%c%c ", letters[a.mapping], letters[a.filtering]);
        for (unsigned k = 0; k < KINDS; k++) {
            struct wzp_sim_nat_config b = kind(k, ports);
            const struct home_plan here = {.nat = &a,
                                           .provider = provider,
                                           .delay = 20 * WZP_MILLISECOND},
                                   there = {.nat = &b, .delay = 20 * WZP_MILLISECOND};
            at += (size_t)snprintf(row + at, sizeof row - at, "  %c",
                                   play(&c, 100 + KINDS * i + k, &here, &there));
        }
        note("%s", row);
    }
    judge(&c, name);
}
