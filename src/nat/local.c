/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/local.h"

#include <string.h>

#include "nat/scope.h"

bool wzp_local_is_virtual(const char *name)
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

/* The ranges of wzp-protocol(7), Addresses: a public v4 address is covered by the reflexive one. */
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

static bool usable(const struct wzp_local_address *i)
{
    if (!i->up || !i->running || i->loopback)
        return false;
    return i->default_route || (!i->point_to_point && !wzp_local_is_virtual(i->name));
}

/* Lower is announced earlier. */
static unsigned rank(const struct wzp_local_address *i)
{
    return (i->default_route ? 0u : 2u) + (wzp_addr_is_v6(&i->addr) && !i->temporary ? 1u : 0u);
}

static bool known(const struct wzp_addr *list, size_t count, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < count; i++)
        if (wzp_addr_equal(&list[i], addr))
            return true;
    return false;
}

size_t wzp_local_candidates(struct wzp_addr *out, const struct wzp_local_address *interfaces,
                            size_t count, uint16_t port4, uint16_t port6)
{
    size_t found = 0;
    if (count > WZP_LOCAL_ADDRESSES_MAX)
        count = WZP_LOCAL_ADDRESSES_MAX;
    for (unsigned wanted = 0; wanted < 4; wanted++) {
        for (size_t i = 0; i < count && found < WZP_HOST_CANDIDATES_MAX; i++) {
            uint16_t port = wzp_addr_is_v6(&interfaces[i].addr) ? port6 : port4;
            if (rank(&interfaces[i]) != wanted || port == 0 || !usable(&interfaces[i]) ||
                !range_allowed(&interfaces[i].addr))
                continue;
            struct wzp_addr addr = interfaces[i].addr;
            wzp_addr_set_port(&addr, port);
            if (!known(out, found, &addr))
                out[found++] = addr;
        }
    }
    return found;
}

bool wzp_local_lan_address(struct wzp_addr *out, const struct wzp_local_address *interfaces,
                           size_t count)
{
    for (int default_only = 1; default_only >= 0; default_only--) {
        for (size_t i = 0; i < count; i++) {
            const struct wzp_local_address *at = &interfaces[i];
            if (wzp_addr_is_v6(&at->addr) || !usable(at) || (default_only && !at->default_route))
                continue;
            enum wzp_scope scope = wzp_scope_of(&at->addr);
            if (scope != WZP_SCOPE_PRIVATE && scope != WZP_SCOPE_CGNAT)
                continue;
            *out = at->addr;
            wzp_addr_set_port(out, 0);
            return true;
        }
    }
    memset(out, 0, sizeof *out);
    return false;
}

bool wzp_local_on_link(const struct wzp_local_address *interfaces, size_t count,
                       const struct wzp_addr *addr)
{
    for (size_t i = 0; i < count; i++)
        if (interfaces[i].up && !interfaces[i].loopback && interfaces[i].prefix > 0 &&
            wzp_scope_same_subnet(&interfaces[i].addr, addr, interfaces[i].prefix))
            return true;
    return false;
}

bool wzp_local_metered(const struct wzp_local_address *interfaces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (interfaces[i].up && interfaces[i].default_route && interfaces[i].metered)
            return true;
    return false;
}
