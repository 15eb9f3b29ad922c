/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/networks.h"

#include <string.h>

#include "base/text.h"

#define ADDRESSES_MAX 64

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
