/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Networks, hosts, their lines and addresses, and routing. */
#include "sim/internal.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#define PLACES_MAX 65536 /* addresses in one network */

/* "10.0.0.2", "10.0.0.2:5000", "2001:db8::2", "[2001:db8::2]:5000"; port 0 without one. */
static int parse_address(struct wzp_addr *out, const char *text)
{
    char whole[WZP_ADDR_TEXT_MAX];
    if (text[0] == '[' || (strchr(text, '.') && strchr(text, ':')))
        return wzp_addr_parse(out, text, strlen(text));
    int length = snprintf(whole, sizeof whole, strchr(text, ':') ? "[%.60s]:0" : "%.60s:0", text);
    return wzp_addr_parse(out, whole, (size_t)length);
}

/* ---- places ---- */

struct key {
    uint8_t bytes[18];
    size_t length;
};

static struct key key_of(const struct wzp_addr *a, uint16_t port)
{
    struct key key = {.length = wzp_addr_is_v6(a) ? 16 : 4};
    if (key.length == 16)
        memcpy(key.bytes, &a->u.in6.sin6_addr, 16);
    else
        memcpy(key.bytes, &a->u.in.sin_addr, 4);
    key.bytes[key.length++] = (uint8_t)(port >> 8);
    key.bytes[key.length++] = (uint8_t)port;
    return key;
}

static struct wzp_sim_place *place_at(const struct wzp_sim_network *net, const struct wzp_addr *a)
{
    struct key key = key_of(a, wzp_addr_port(a));
    struct wzp_sim_place *place = NULL;
    if (net->narrow > 0 && wzp_addr_port(a) > 0)
        place = wzp_map_get(&net->places, key.bytes, key.length);
    if (place)
        return place;
    key = key_of(a, 0);
    return wzp_map_get(&net->places, key.bytes, key.length);
}

static int enter_place(struct wzp_sim_network *net, struct wzp_sim_place *place)
{
    struct key key = key_of(&place->wire, wzp_addr_port(&place->wire));
    if (wzp_map_get(&net->places, key.bytes, key.length))
        return WZP_E_DUPLICATE;
    int result = wzp_map_put(&net->places, key.bytes, key.length, place);
    net->sim->topology++;
    if (!result)
        net->narrow += wzp_addr_port(&place->wire) > 0;
    return result;
}

static void leave_place(struct wzp_sim_network *net, const struct wzp_sim_place *place)
{
    struct key key = key_of(&place->wire, wzp_addr_port(&place->wire));
    wzp_map_remove(&net->places, key.bytes, key.length);
    net->sim->topology++;
    net->narrow -= wzp_addr_port(&place->wire) > 0;
}

/* ---- networks ---- */

struct wzp_sim_network *wzp_sim_internet(struct wzp_sim *s)
{
    return s->internet;
}

int wzp_sim_network_new(struct wzp_sim *s, struct wzp_sim_network **out, const char *name)
{
    struct wzp_sim_network *net = wzp_calloc(1, sizeof *net);
    if (!net)
        return WZP_E_MEMORY;
    struct wzp_random random = wzp_sim_random(s);
    net->sim = s;
    wzp_text_copy(net->name, sizeof net->name, name);
    wzp_map_init(&net->places, PLACES_MAX, &random);
    net->next = s->networks;
    s->networks = net;
    *out = net;
    return 0;
}

void wzp_sim_network_set_filter(struct wzp_sim_network *net, wzp_sim_filter filter, void *context)
{
    net->filter = filter;
    net->filter_context = context;
}

static const uint8_t *ip_of(const struct wzp_addr *a)
{
    return wzp_addr_is_v6(a) ? a->u.in6.sin6_addr.s6_addr : (const uint8_t *)&a->u.in.sin_addr;
}

/* "10.1.0.0/16" */
static int parse_prefix(struct wzp_sim_route *out, const char *text)
{
    char address[WZP_ADDR_TEXT_MAX];
    const char *slash = strchr(text, '/');
    uint64_t bits;
    if (!slash || (size_t)(slash - text) >= sizeof address)
        return WZP_E_SYNTAX;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = 0;
    int result = parse_address(&out->prefix, address);
    if (result)
        return result;
    if (wzp_text_number(&bits, slash + 1, wzp_addr_is_v6(&out->prefix) ? 128 : 32))
        return WZP_E_SYNTAX;
    out->bits = (unsigned)bits;
    return 0;
}

int wzp_sim_network_route(struct wzp_sim_network *net, const char *prefix,
                          struct wzp_sim_host *router)
{
    struct wzp_sim_route route = {.router = router};
    int result = parse_prefix(&route, prefix);
    if (result)
        return result;
    if (net->route_count >= WZP_SIM_ROUTES_MAX)
        return WZP_E_LIMIT;
    struct wzp_sim_route *grown =
        wzp_realloc(net->routes, (net->route_count + 1) * sizeof *net->routes);
    if (!grown)
        return WZP_E_MEMORY;
    net->routes = grown;
    net->routes[net->route_count++] = route;
    net->sim->topology++;
    return 0;
}

static void forget_routes(struct wzp_sim_network *net, const struct wzp_sim_host *router)
{
    size_t kept = 0;
    for (size_t i = 0; i < net->route_count; i++)
        if (net->routes[i].router != router)
            net->routes[kept++] = net->routes[i];
    net->route_count = kept;
    net->sim->topology++;
}

static bool covers(const struct wzp_sim_route *route, const struct wzp_addr *a)
{
    if (wzp_addr_is_v6(&route->prefix) != wzp_addr_is_v6(a))
        return false;
    const uint8_t *prefix = ip_of(&route->prefix), *ip = ip_of(a);
    unsigned bytes = route->bits / 8, rest = route->bits % 8;
    if (memcmp(prefix, ip, bytes))
        return false;
    return rest == 0 || (prefix[bytes] ^ ip[bytes]) >> (8 - rest) == 0;
}

bool wzp_sim_find_way(struct wzp_sim_way *out, const struct wzp_sim_network *net,
                      const struct wzp_addr *to)
{
    const struct wzp_sim_route *best = NULL;
    out->place = place_at(net, to);
    if (out->place) {
        out->interface = out->place->interface;
        out->bits = WZP_SIM_WAY_EXACT;
        return true;
    }
    for (size_t i = 0; i < net->route_count; i++)
        if (covers(&net->routes[i], to) && (!best || net->routes[i].bits >= best->bits))
            best = &net->routes[i];
    if (!best || !best->router)
        return false;
    out->bits = best->bits;
    out->interface = wzp_sim_interface_of(best->router, net);
    return out->interface != NULL;
}

/* ---- hosts ---- */

int wzp_sim_host_add(struct wzp_sim *s, struct wzp_sim_host **out, const char *name)
{
    if (s->host_count >= WZP_SIM_HOSTS_MAX)
        return WZP_E_LIMIT;
    struct wzp_sim_host *host = wzp_calloc(1, sizeof *host);
    if (!host)
        return WZP_E_MEMORY;
    host->sim = s;
    wzp_text_copy(host->name, sizeof host->name, name);
    host->previous = s->last_host;
    *(s->last_host ? &s->last_host->next : &s->hosts) = host;
    s->last_host = host;
    s->host_count++;
    *out = host;
    return 0;
}

int wzp_sim_router_add(struct wzp_sim *s, struct wzp_sim_host **out, const char *name,
                       const struct wzp_sim_router *router)
{
    int result = wzp_sim_host_add(s, out, name);
    if (result)
        return result;
    (*out)->forwards = true;
    if (router)
        (*out)->router = *router;
    return 0;
}

void wzp_sim_host_changed(struct wzp_sim_host *host)
{
    host->generation++;
    if (host->changed)
        host->changed(host->changed_context, host->sim->now);
}

uint64_t wzp_sim_host_generation(const struct wzp_sim_host *host)
{
    return host->generation;
}

void wzp_sim_host_watch(struct wzp_sim_host *host, void (*changed)(void *context, uint64_t now),
                        void *context)
{
    host->changed = changed;
    host->changed_context = context;
}

struct wzp_sim_interface *wzp_sim_interface_of(const struct wzp_sim_host *host,
                                               const struct wzp_sim_network *net)
{
    struct wzp_sim_interface *i = host->interfaces;
    while (i && i->network != net)
        i = i->next;
    return i;
}

/* Appends it, so that the first interface stays the first. */
static struct wzp_sim_interface *join(struct wzp_sim_host *host, struct wzp_sim_network *net)
{
    struct wzp_sim_interface **end = &host->interfaces;
    while (*end)
        end = &(*end)->next;
    *end = wzp_calloc(1, sizeof **end);
    if (*end) {
        (*end)->host = host;
        (*end)->index = ++host->interface_count;
        (*end)->network = net;
    }
    return *end;
}

static void free_interface(struct wzp_sim_host *host, struct wzp_sim_interface *interface)
{
    struct wzp_sim_interface **link = &host->interfaces;
    while (*link != interface)
        link = &(*link)->next;
    *link = interface->next;
    wzp_free(interface);
}

/* The address, and the host's interface to that network, NULL when it has none. WZP_E_SYNTAX. */
static int look_up(struct wzp_addr *parsed, struct wzp_sim_interface **interface,
                   struct wzp_sim_host *host, struct wzp_sim_network *net, const char *address)
{
    int result = parse_address(parsed, address);
    if (result == 0)
        *interface = wzp_sim_interface_of(host, net);
    return result;
}

int wzp_sim_host_address(struct wzp_sim_host *host, struct wzp_sim_network *net,
                         const char *address)
{
    struct wzp_addr parsed;
    struct wzp_sim_interface *interface;
    int result = look_up(&parsed, &interface, host, net, address);
    if (result)
        return result;
    if (!interface)
        interface = join(host, net);
    struct wzp_sim_place *place = interface ? wzp_calloc(1, sizeof *place) : NULL;
    result = place ? 0 : WZP_E_MEMORY;
    if (place) {
        *place = (struct wzp_sim_place){.interface = interface, .own = parsed, .wire = parsed};
        result = enter_place(net, place);
    }
    if (result) {
        wzp_free(place);
        if (interface && !interface->places)
            free_interface(host, interface);
        return result;
    }
    struct wzp_sim_place **end = &interface->places;
    while (*end)
        end = &(*end)->next;
    *end = place;
    wzp_sim_host_changed(host);
    return 0;
}

int wzp_sim_host_drop_address(struct wzp_sim_host *host, struct wzp_sim_network *net,
                              const char *address)
{
    struct wzp_addr parsed;
    struct wzp_sim_interface *interface;
    int result = look_up(&parsed, &interface, host, net, address);
    if (result)
        return result;
    struct wzp_sim_place **link = interface ? &interface->places : NULL;
    while (link && *link && !wzp_addr_equal(&(*link)->own, &parsed))
        link = &(*link)->next;
    if (!link || !*link)
        return WZP_E_NOT_FOUND;
    struct wzp_sim_place *place = *link;
    *link = place->next;
    leave_place(net, place);
    wzp_free(place);
    if (!interface->places)
        free_interface(host, interface);
    wzp_sim_host_changed(host);
    return 0;
}

static void leave(struct wzp_sim_interface *interface)
{
    while (interface->places) {
        struct wzp_sim_place *place = interface->places;
        interface->places = place->next;
        leave_place(interface->network, place);
        wzp_free(place);
    }
    free_interface(interface->host, interface);
}

void wzp_sim_host_leave(struct wzp_sim_host *host, struct wzp_sim_network *net)
{
    struct wzp_sim_interface *interface = wzp_sim_interface_of(host, net);
    if (!interface)
        return;
    leave(interface);
    wzp_sim_host_changed(host);
}

void wzp_sim_host_remove(struct wzp_sim_host *host)
{
    if (!host)
        return;
    struct wzp_sim *s = host->sim;
    if (host->forwards)
        for (struct wzp_sim_network *net = s->networks; net; net = net->next)
            forget_routes(net, host);
    while (host->interfaces)
        leave(host->interfaces);
    while (host->bindings)
        wzp_sim_host_unbind(host, host->bindings->port);
    *(host->previous ? &host->previous->next : &s->hosts) = host->next;
    *(host->next ? &host->next->previous : &s->last_host) = host->previous;
    s->host_count--;
    if (host->router.gone)
        host->router.gone(host->router.object);
    wzp_free(host);
}

static void set_link(struct wzp_sim_interface *interface, const struct wzp_sim_link *up,
                     const struct wzp_sim_link *down)
{
    if (up)
        interface->up.link = *up;
    if (down)
        interface->down.link = *down;
}

void wzp_sim_host_link(struct wzp_sim_host *host, struct wzp_sim_network *net,
                       const struct wzp_sim_link *up, const struct wzp_sim_link *down)
{
    struct wzp_sim_interface *interface = wzp_sim_interface_of(host, net);
    if (interface)
        set_link(interface, up, down);
}

void wzp_sim_host_plug(struct wzp_sim_host *host, struct wzp_sim_network *net, bool in)
{
    struct wzp_sim_interface *interface = wzp_sim_interface_of(host, net);
    if (!interface || interface->unplugged == !in)
        return;
    interface->unplugged = !in;
    wzp_sim_host_changed(host);
}

void wzp_sim_set_links(struct wzp_sim_host *host, const struct wzp_sim_link *up,
                       const struct wzp_sim_link *down)
{
    for (struct wzp_sim_interface *i = host->interfaces; i; i = i->next)
        set_link(i, up, down);
}

struct wzp_sim_place *wzp_sim_own_place(const struct wzp_sim_host *host,
                                        const struct wzp_addr *address)
{
    for (struct wzp_sim_interface *i = host->interfaces; i; i = i->next)
        for (struct wzp_sim_place *place = i->places; place; place = place->next) {
            uint16_t port = wzp_addr_port(&place->own);
            if (wzp_addr_equal_ip(&place->own, address) &&
                (port == 0 || wzp_addr_port(address) == 0 || port == wzp_addr_port(address)))
                return place;
        }
    return NULL;
}

/* ---- the short form ---- */

int wzp_sim_attach(struct wzp_sim *s, struct wzp_sim_host **out, const char *address,
                   const struct wzp_driver *driver, const struct wzp_sim_link *up,
                   const struct wzp_sim_link *down)
{
    struct wzp_sim_host *host;
    int result = wzp_sim_host_add(s, &host, address);
    if (result)
        return result;
    result = wzp_sim_host_address(host, s->internet, address);
    if (!result)
        result = wzp_sim_host_bind(host, wzp_addr_port(wzp_sim_address(host)), driver);
    if (result) {
        wzp_sim_host_remove(host);
        return result;
    }
    wzp_sim_set_links(host, up, down);
    *out = host;
    return 0;
}

void wzp_sim_detach(struct wzp_sim *s, struct wzp_sim_host *host)
{
    (void)s;
    wzp_sim_host_remove(host);
}

const struct wzp_addr *wzp_sim_address(const struct wzp_sim_host *host)
{
    static const struct wzp_addr none;
    return host->interfaces ? &host->interfaces->places->wire : &none;
}

int wzp_sim_move(struct wzp_sim *s, struct wzp_sim_host *host, const char *address)
{
    struct wzp_addr parsed;
    (void)s;
    int result = parse_address(&parsed, address);
    if (result)
        return result;
    if (!host->interfaces)
        return WZP_E_STATE;
    struct wzp_sim_network *net = host->interfaces->network;
    struct wzp_sim_place *place = host->interfaces->places, old = *place;
    if (wzp_addr_port(&place->own) == 0)
        wzp_addr_set_port(&parsed, 0);
    place->wire = parsed;
    result = enter_place(net, place);
    if (result) {
        place->wire = old.wire;
        return result;
    }
    leave_place(net, &old);
    return 0;
}
