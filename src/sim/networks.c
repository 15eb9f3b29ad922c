/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/networks.h"

#include <string.h>

#include "base/text.h"
#include "sim/internal.h"

#define ADDRESSES_MAX 64

/* ---- as the world has them ---- */

/* Whether a default route of its family leads out of a network, or the network is all there is. */
static bool leads_out(const struct wzp_sim_network *net, const struct wzp_addr *a)
{
    if (net == net->sim->internet)
        return true;
    for (size_t i = 0; i < net->route_count; i++) {
        const struct wzp_sim_route *route = &net->routes[i];
        if (route->bits == 0 && route->router &&
            wzp_addr_is_v6(&route->prefix) == wzp_addr_is_v6(a))
            return true;
    }
    return false;
}

/* The router's address in the network whose default route it is. */
static struct wzp_addr gateway_of(const struct wzp_sim_network *net, const struct wzp_addr *a)
{
    struct wzp_addr none = {.length = 0};
    for (size_t i = net->route_count; i-- > 0;) {
        const struct wzp_sim_route *route = &net->routes[i];
        if (route->bits != 0 || !route->router ||
            wzp_addr_is_v6(&route->prefix) != wzp_addr_is_v6(a))
            continue;
        const struct wzp_sim_interface *at = wzp_sim_interface_of(route->router, net);
        for (const struct wzp_sim_place *place = at ? at->places : NULL; place; place = place->next)
            if (wzp_addr_is_v6(&place->own) == wzp_addr_is_v6(a))
                return place->own;
    }
    return none;
}

size_t wzp_sim_host_addresses(const struct wzp_sim_host *host, struct wzp_sim_host_view *out,
                              size_t capacity)
{
    size_t count = 0;
    for (struct wzp_sim_interface *i = host->interfaces; i; i = i->next)
        for (struct wzp_sim_place *place = i->places; place && count < capacity;
             place = place->next)
            out[count++] =
                (struct wzp_sim_host_view){.address = place->own,
                                           .network = i->network->name,
                                           .interface = i->index,
                                           .leads_out = leads_out(i->network, &place->own),
                                           .gateway = gateway_of(i->network, &place->own),
                                           .cable_in = !i->unplugged};
    return count;
}

/* ---- as a program is told ---- */

static struct wzp_interface *interface_of(struct wzp_networks *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i].name, name) == 0)
            return &n->items[i];
    if (n->count == WZP_INTERFACES_MAX)
        return NULL;
    struct wzp_interface *item = &n->items[n->count++];
    wzp_text_copy(item->name, sizeof item->name, name);
    item->index = (unsigned)n->count;
    return item;
}

static void add(struct wzp_networks *out, const struct wzp_sim_host_view *view)
{
    struct wzp_interface *item = interface_of(out, view->network);
    bool v6 = wzp_addr_is_v6(&view->address);
    if (!item || item->count == WZP_INTERFACE_ADDRESSES_MAX)
        return;
    if (view->cable_in)
        item->flags |= WZP_INTERFACE_UP;
    if (view->leads_out)
        item->flags |= v6 ? WZP_INTERFACE_DEFAULT_V6 : WZP_INTERFACE_DEFAULT_V4;
    item->prefix_bits[item->count] = v6 ? 64 : 24;
    item->addresses[item->count] = view->address;
    wzp_addr_set_port(&item->addresses[item->count++], 0);
    if (!v6 && wzp_addr_is_none(&out->gateway))
        out->gateway = view->gateway;
}

void wzp_sim_host_networks(const struct wzp_sim_host *host, struct wzp_networks *out)
{
    struct wzp_sim_host_view views[ADDRESSES_MAX];
    size_t count = wzp_sim_host_addresses(host, views, ADDRESSES_MAX);
    memset(out, 0, sizeof *out);
    out->generation = wzp_sim_host_generation(host);
    for (size_t i = 0; i < count && i < ADDRESSES_MAX; i++)
        add(out, &views[i]);
}
