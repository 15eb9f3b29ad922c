/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/local.h"

#include <string.h>

#include "nat/scope.h"

/* True for interfaces of containers, virtual machines and tunnels, by their names. */
static bool is_virtual(const char *name)
{
    /* Bridges and cables of containers and virtual machines, then tunnels and overlays. */
    static const char *const prefixes[] = {
        "docker",    "br-",    "veth",  "virbr", "vnet", "lxc",       "lxdbr", "cni",    "flannel",
        "cali",      "podman", "vmnet", "vbox",  "kube", "nodelocal", "tun",   "tap",    "wg",
        "tailscale", "zt",     "ipsec", "gre",   "sit",  "ip6tnl",    "utun",  "nebula", "dummy",
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* The ranges of wzp-protocol(7), Addresses. A public v4 address is left out, because it is
 * announced as the reflexive one. */
static bool range_allowed(const struct wzp_addr *addr)
{
    switch (wzp_scope_of(addr)) {
    case WZP_SCOPE_PRIVATE:
    case WZP_SCOPE_CGNAT:
    case WZP_SCOPE_UNIQUE: return true;
    case WZP_SCOPE_PUBLIC:
    case WZP_SCOPE_DOCUMENTATION: return wzp_addr_is_v6(addr);
    default: return false;
    }
}

bool wzp_local_is_default(const struct wzp_interface *interface, const struct wzp_addr *addr)
{
    return interface->flags &
           (wzp_addr_is_v6(addr) ? WZP_INTERFACE_DEFAULT_V6 : WZP_INTERFACE_DEFAULT_V4);
}

static bool usable(const struct wzp_interface *i, const struct wzp_addr *addr)
{
    if (!(i->flags & WZP_INTERFACE_UP) || (i->flags & WZP_INTERFACE_LOOPBACK))
        return false;
    return wzp_local_is_default(i, addr) ||
           (!(i->flags & WZP_INTERFACE_POINT_TO_POINT) && !is_virtual(i->name));
}

/* The order of announcing: lower is earlier. */
static unsigned rank(const struct wzp_interface *i, size_t at)
{
    bool lasting = wzp_addr_is_v6(&i->addresses[at]) && !i->is_temporary[at];
    return (wzp_local_is_default(i, &i->addresses[at]) ? 0u : 2u) + (lasting ? 1u : 0u);
}

static bool known(const struct wzp_addr *list, size_t count, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < count; i++)
        if (wzp_addr_equal(&list[i], addr))
            return true;
    return false;
}

/* Adds the addresses of one interface that have this rank. Returns how many are in out then. */
static size_t add_ranked(struct wzp_addr *out, size_t found, const struct wzp_interface *from,
                         unsigned wanted, const uint16_t ports[2])
{
    for (size_t k = 0; k < from->count && found < WZP_HOST_CANDIDATES_MAX; k++) {
        struct wzp_addr addr = from->addresses[k];
        uint16_t port = ports[wzp_addr_is_v6(&addr)];
        if (rank(from, k) != wanted || port == 0 || !usable(from, &addr) || !range_allowed(&addr))
            continue;
        wzp_addr_set_port(&addr, port);
        if (!known(out, found, &addr))
            out[found++] = addr;
    }
    return found;
}

size_t wzp_local_candidates(struct wzp_addr *out, const struct wzp_networks *networks,
                            uint16_t port4, uint16_t port6)
{
    const uint16_t ports[2] = {port4, port6};
    size_t found = 0;
    for (unsigned wanted = 0; wanted < 4 && networks; wanted++)
        for (size_t i = 0; i < networks->count; i++)
            found = add_ranked(out, found, &networks->items[i], wanted, ports);
    return found;
}

/* The first private v4 address of an interface, NULL. */
static const struct wzp_addr *private_of(const struct wzp_interface *from, bool default_only)
{
    for (size_t k = 0; k < from->count; k++) {
        const struct wzp_addr *addr = &from->addresses[k];
        enum wzp_scope scope = wzp_scope_of(addr);
        if (!wzp_addr_is_v6(addr) && usable(from, addr) &&
            (!default_only || wzp_local_is_default(from, addr)) &&
            (scope == WZP_SCOPE_PRIVATE || scope == WZP_SCOPE_CGNAT))
            return addr;
    }
    return NULL;
}

bool wzp_local_lan_address(struct wzp_addr *out, const struct wzp_networks *networks)
{
    const struct wzp_addr *found = NULL;
    memset(out, 0, sizeof *out);
    for (int default_only = 1; default_only >= 0 && networks; default_only--)
        for (size_t i = 0; i < networks->count && !found; i++)
            found = private_of(&networks->items[i], default_only);
    if (!found)
        return false;
    *out = *found;
    wzp_addr_set_port(out, 0);
    return true;
}

bool wzp_local_on_link(const struct wzp_networks *networks, const struct wzp_addr *addr)
{
    for (size_t i = 0; networks && i < networks->count; i++) {
        const struct wzp_interface *at = &networks->items[i];
        if (!(at->flags & WZP_INTERFACE_UP) || (at->flags & WZP_INTERFACE_LOOPBACK))
            continue;
        for (size_t k = 0; k < at->count; k++)
            if (at->prefix_bits[k] > 0 &&
                wzp_scope_same_subnet(&at->addresses[k], addr, at->prefix_bits[k]))
                return true;
    }
    return false;
}

bool wzp_local_metered(const struct wzp_networks *networks)
{
    for (size_t i = 0; networks && i < networks->count; i++) {
        unsigned flags = networks->items[i].flags;
        if ((flags & WZP_INTERFACE_UP) && (flags & WZP_INTERFACE_METERED) &&
            (flags & (WZP_INTERFACE_DEFAULT_V4 | WZP_INTERFACE_DEFAULT_V6)))
            return true;
    }
    return false;
}
