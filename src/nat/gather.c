/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/gather.h"

#include <string.h>

void wzp_gather_init(struct wzp_gather *g, uint16_t local_port)
{
    memset(g, 0, sizeof *g);
    g->local_port = local_port;
    g->changed_since = WZP_NEVER;
}

static void mark(struct wzp_gather *g, uint64_t now)
{
    if (g->changed_since == WZP_NEVER)
        g->changed_since = now;
}

static void set_addr(struct wzp_gather *g, struct wzp_addr *place, const struct wzp_addr *addr,
                     uint64_t now)
{
    if (wzp_addr_equal(place, addr))
        return;
    *place = *addr;
    mark(g, now);
}

void wzp_gather_set_hosts(struct wzp_gather *g, const struct wzp_addr *hosts, size_t count,
                          uint64_t now)
{
    if (count > WZP_HOST_CANDIDATES_MAX)
        count = WZP_HOST_CANDIDATES_MAX;
    bool same = count == g->host_count;
    for (size_t i = 0; same && i < count; i++)
        same = wzp_addr_equal(&g->hosts[i], &hosts[i]);
    if (same)
        return;
    for (size_t i = 0; i < count; i++)
        g->hosts[i] = hosts[i];
    g->host_count = count;
    mark(g, now);
}

void wzp_gather_set_mapped(struct wzp_gather *g, const struct wzp_addr *mapped, uint64_t now)
{
    set_addr(g, &g->mapped, mapped, now);
}

void wzp_gather_set_reflexive(struct wzp_gather *g, const struct wzp_addr *reflexive, uint64_t now)
{
    if (wzp_addr_is_none(reflexive)) {
        set_addr(g, &g->reflexive4, reflexive, now);
        set_addr(g, &g->reflexive6, reflexive, now);
        return;
    }
    set_addr(g, wzp_addr_is_v6(reflexive) ? &g->reflexive6 : &g->reflexive4, reflexive, now);
}

void wzp_gather_set_hard(struct wzp_gather *g, bool hard, uint64_t now)
{
    if (g->hard == hard)
        return;
    g->hard = hard;
    mark(g, now);
}

uint64_t wzp_gather_expiry(const struct wzp_gather *g)
{
    return wzp_time_add(g->changed_since, WZP_GATHER_SETTLE);
}

bool wzp_gather_due(struct wzp_gather *g, uint64_t now)
{
    if (g->changed_since == WZP_NEVER || now < wzp_gather_expiry(g))
        return false;
    g->changed_since = WZP_NEVER;
    return true;
}

static void add_host(struct wzp_gathered *out, const struct wzp_addr *addr)
{
    if (wzp_addr_is_none(addr) || out->host_count == WZP_GATHER_HOSTS_MAX)
        return;
    for (size_t i = 0; i < out->host_count; i++)
        if (wzp_addr_equal(&out->hosts[i], addr))
            return;
    out->hosts[out->host_count++] = *addr;
}

void wzp_gather_take(const struct wzp_gather *g, struct wzp_gather_counter *counter,
                     struct wzp_gathered *out)
{
    memset(out, 0, sizeof *out);
    out->generation = counter->next++;
    out->mapped = g->mapped;
    out->reflexive = wzp_addr_is_none(&g->reflexive4) ? g->reflexive6 : g->reflexive4;
    for (size_t i = 0; i < g->host_count; i++)
        add_host(out, &g->hosts[i]);
    if (!wzp_addr_is_none(&g->reflexive4))
        add_host(out, &g->reflexive6);
    /* A NAT that maps per destination often lets a manually forwarded port through unchanged: guess
     * the reflexive address with the local port (wzp-protocol(7), Addresses). */
    if (g->hard && g->local_port && !wzp_addr_is_none(&g->reflexive4)) {
        struct wzp_addr guess = g->reflexive4;
        wzp_addr_set_port(&guess, g->local_port);
        if (!wzp_addr_equal(&guess, &g->reflexive4))
            add_host(out, &guess);
    }
}
