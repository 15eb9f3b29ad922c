/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_nat.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

static void furnish(struct home *h, struct wzp_sim_network *outer, const char *outside,
                    const char *inside, const struct wzp_sim_nat_config *config)
{
    char box[32], alice[32], bob[32];
    snprintf(box, sizeof box, "%s1", inside);
    snprintf(alice, sizeof alice, "%s2", inside);
    snprintf(bob, sizeof bob, "%s3", inside);
    if (wzp_sim_network_new(h->sim, &h->lan, "lan") ||
        wzp_sim_nat_add(h->sim, &h->box, "box", h->lan, outer, config) ||
        wzp_sim_host_address(wzp_sim_nat_host(h->box), h->lan, box) ||
        wzp_sim_host_address(wzp_sim_nat_host(h->box), outer, outside))
        bail("no home");
    probe_start(&h->alice, h->sim, "alice", h->lan, alice);
    probe_start(&h->bob, h->sim, "bob", h->lan, bob);
}

void home_init(struct home *h, const struct wzp_sim_nat_config *config)
{
    memset(h, 0, sizeof *h);
    if (wzp_sim_new(&h->sim, 7))
        bail("no world");
    h->net = wzp_sim_internet(h->sim);
    probe_start(&h->server, h->sim, "server", h->net, "192.0.2.1");
    probe_start(&h->other, h->sim, "other", h->net, "192.0.2.2");
    furnish(h, h->net, NAT_OUTSIDE, "192.168.1.", config);
}

void home_fini(struct home *h)
{
    wzp_sim_free(h->sim);
}

void home_beside(struct home *out, struct home *first, struct wzp_sim_network *outer,
                 const char *outside, const char *inside, const struct wzp_sim_nat_config *config)
{
    memset(out, 0, sizeof *out);
    out->sim = first->sim;
    out->net = first->net;
    furnish(out, outer, outside, inside, config);
}

struct wzp_addr home_seen_from(struct home *h, struct probe *who, const char *from,
                               const char *server)
{
    struct wzp_addr none = {.length = 0}, to = address_of(server);
    struct wzp_addr other = address_of(NAT_OTHER);
    struct probe *p = wzp_addr_equal_ip(&to, &other) ? &h->other : &h->server;
    return probe_reached(p, who, from, &to) ? p->remote : none;
}

struct wzp_addr home_seen(struct home *h, const char *server)
{
    return home_seen_from(h, &h->alice, NAT_ALICE, server);
}

struct wzp_sim_nat_counters home_counters(const struct home *h)
{
    struct wzp_sim_nat_counters counters;
    wzp_sim_nat_counters(h->box, &counters);
    return counters;
}
