/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_grid.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

#define KINDS 9
#define LIMIT (6 * WZP_SECOND)

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

/* Without a search for random ports, and without what two hard routers sometimes allow. */
static bool theory(const struct wzp_sim_nat_config *a, const struct wzp_sim_nat_config *b)
{
    bool a_hard = a->mapping != WZP_SIM_ENDPOINT_INDEPENDENT;
    bool b_hard = b->mapping != WZP_SIM_ENDPOINT_INDEPENDENT;
    if (!a_hard && !b_hard)
        return true;
    if (a_hard && b_hard)
        return false;
    const struct wzp_sim_nat_config *easy = a_hard ? b : a, *hard = a_hard ? a : b;
    return easy->filtering != WZP_SIM_ADDRESS_AND_PORT_DEPENDENT ||
           hard->ports == WZP_SIM_PORTS_SEQUENTIAL;
}

struct counts {
    unsigned direct, promised, missed, split, mute, unexplained;
    uint64_t slowest;
};

static bool heard(const struct home_side *s)
{
    return wzp_sim_phone_count(&s->phone, WZP_EVENT_MEDIA) > 0;
}

/* One pair; what the table shows of it. */
static char play(struct counts *c, uint64_t seed, const struct home_plan *a,
                 const struct home_plan *b, bool promised)
{
    const char *why;
    homes_open(&h, seed, a, b, false);
    homes_call(&h);
    uint64_t took = homes_wait_direct(&h, LIMIT);
    wzp_sim_run(h.sim, 300 * WZP_MILLISECOND);
    bool at_a = homes_is_direct(&h.a, &why), at_b = homes_is_direct(&h.b, NULL);
    c->direct += at_a && at_b;
    c->promised += promised;
    c->missed += promised && !(at_a && at_b);
    c->split += at_a != at_b;
    c->mute += !heard(&h.a) || !heard(&h.b);
    c->unexplained += !at_a && (!*why || strcmp(why, "through the relay") == 0);
    if (promised && took > c->slowest)
        c->slowest = took;
    homes_close(&h);
    return at_a && at_b ? 'D' : at_a || at_b ? '!' : promised ? 'x' : '.';
}

static void judge(const struct counts *c, const char *name)
{
    note("%s: %u direct, %u promised, the slowest of those after %u ms", name, c->direct,
         c->promised, (unsigned)(c->slowest / WZP_MILLISECOND));
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
                                   play(&c, 100 + KINDS * i + k, &here, &there, theory(&a, &b)));
        }
        note("%s", row);
    }
    judge(&c, name);
}
