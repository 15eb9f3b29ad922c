/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sets a check up: the servers to ask, and the addresses to ask them from. */
#include <string.h>

#include "base/text.h"
#include "nat/netcheck.h"
#include "nat/scope.h"

void wzp_netcheck_config_default(struct wzp_netcheck_config *config)
{
    memset(config, 0, sizeof *config);
    config->stun = wzp_stun_servers;
    config->stun_count = WZP_STUN_SERVERS;
    config->test_port_mapping = config->test_ipv4 = config->test_ipv6 = true;
    config->relay_probes = WZP_NETCHECK_RELAY_PROBES;
    config->limit = WZP_NETCHECK_LIMIT;
}

/* True when packets can leave by this interface; by loopback only from a socket bound to it. */
static bool is_up(const struct wzp_interface *at)
{
    return at->flags & (WZP_INTERFACE_UP | WZP_INTERFACE_LOOPBACK);
}

/* The address a packet of this family leaves from, as far as the interfaces tell: the one that the
 * socket is bound to, else the first with a default route. */
static void find_local(struct wzp_addr *out, char *name, const struct wzp_netcheck_config *config,
                       bool v6)
{
    const struct wzp_addr *socket = v6 ? &config->socket6 : &config->socket4;
    memset(out, 0, sizeof *out);
    name[0] = '\0';
    if (wzp_addr_is_none(socket) || !config->networks)
        return;
    for (size_t i = 0; i < config->networks->count; i++) {
        const struct wzp_interface *at = &config->networks->items[i];
        for (size_t k = 0; k < at->count && is_up(at); k++) {
            const struct wzp_addr *addr = &at->addresses[k];
            bool bound = wzp_addr_equal_ip(addr, socket);
            if (wzp_addr_is_v6(addr) != v6 || (v6 && wzp_scope_of(addr) == WZP_SCOPE_LINK_LOCAL) ||
                (!bound && (!wzp_addr_is_none(out) || !wzp_local_is_default(at, addr))))
                continue;
            *out = *addr;
            wzp_addr_set_port(out, wzp_addr_port(socket));
            wzp_text_copy(name, WZP_INTERFACE_NAME_MAX, at->name);
            if (bound)
                return;
        }
    }
}

/* Servers on this machine are reached over loopback, from its address, or from the one that the
 * socket is bound to. */
static void find_loopback(struct wzp_netcheck *n, const struct wzp_networks *networks)
{
    n->loop4 = n->local4;
    n->loop6 = n->local6;
    for (size_t i = 0; networks && i < networks->count; i++) {
        const struct wzp_interface *at = &networks->items[i];
        if (!(at->flags & WZP_INTERFACE_LOOPBACK))
            continue;
        wzp_text_copy(n->interface_loop, sizeof n->interface_loop, at->name);
        for (size_t k = 0; k < at->count; k++) {
            bool v6 = wzp_addr_is_v6(&at->addresses[k]);
            const struct wzp_addr *socket = v6 ? &n->socket6 : &n->socket4;
            struct wzp_addr *out = v6 ? &n->loop6 : &n->loop4;
            if (!wzp_addr_is_unspecified(socket) || wzp_addr_is_loopback(out))
                continue;
            *out = at->addresses[k];
            wzp_addr_set_port(out, wzp_addr_port(socket));
        }
    }
}

/* Copies the servers to ask, and finds the addresses to ask them from. */
static void copy_config(struct wzp_netcheck *n, const struct wzp_netcheck_config *config)
{
    const char *const *stun = config->stun ? config->stun : wzp_stun_servers;
    size_t stun_count = config->stun ? config->stun_count : WZP_STUN_SERVERS;
    for (; n->stun_count < stun_count && n->stun_count < WZP_NETCHECK_STUN_MAX; n->stun_count++)
        wzp_text_copy(n->stun_names[n->stun_count], WZP_NETCHECK_NAME_MAX, stun[n->stun_count]);
    for (; n->relay_count < config->relay_count && n->relay_count < WZP_NETCHECK_RELAYS_MAX;
         n->relay_count++) {
        const struct wzp_netcheck_relay_config *relay = &config->relays[n->relay_count];
        wzp_text_filter(n->relay_names[n->relay_count], sizeof n->relay_names[0], relay->name,
                        strlen(relay->name));
        wzp_text_copy(n->relay_addrs[n->relay_count], WZP_NETCHECK_NAME_MAX, relay->addr);
    }
    n->relay_probes = config->relay_probes ? config->relay_probes : WZP_NETCHECK_RELAY_PROBES;
    if (n->relay_probes > WZP_NETCHECK_RELAY_PROBES_MAX)
        n->relay_probes = WZP_NETCHECK_RELAY_PROBES_MAX;
    n->series_probes = config->relay_probes ? n->relay_probes : WZP_SERIES_MAX;
    n->socket4 = config->socket4;
    n->socket6 = config->socket6;
    n->test_ipv4 = config->test_ipv4;
    n->test_ipv6 = config->test_ipv6;
    n->test_port_mapping = config->test_port_mapping;
    n->has_second_socket = config->has_second_socket;
    find_local(&n->local4, n->interface4, config, false);
    find_local(&n->local6, n->interface6, config, true);
    find_loopback(n, config->networks);
    n->use_v6 = config->test_ipv6 && !wzp_addr_is_none(&n->local6);
}

static void list_interfaces(struct wzp_netcheck *n, const struct wzp_networks *networks)
{
    struct wzp_netcheck_report *r = &n->report;
    for (size_t i = 0; networks && i < networks->count; i++) {
        const struct wzp_interface *at = &networks->items[i];
        if (!(at->flags & WZP_INTERFACE_UP) || (at->flags & WZP_INTERFACE_LOOPBACK))
            continue;
        for (size_t k = 0; k < at->count && r->interface_count < WZP_NETCHECK_INTERFACES_MAX; k++) {
            struct wzp_netcheck_interface *out = &r->interfaces[r->interface_count++];
            wzp_text_copy(out->name, sizeof out->name, at->name);
            out->addr = at->addresses[k];
            out->default_route = wzp_local_is_default(at, &out->addr);
            out->metered = at->flags & WZP_INTERFACE_METERED ? WZP_TRI_YES : WZP_TRI_UNKNOWN;
        }
    }
}

void wzp_netcheck_take_config(struct wzp_netcheck *n, const struct wzp_netcheck_config *config)
{
    copy_config(n, config);
    n->report.nobody_asked = n->stun_count == 0 && n->relay_count == 0;
    list_interfaces(n, config->networks);
}
