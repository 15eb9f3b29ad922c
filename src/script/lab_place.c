/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Places of the laboratory: a machine, the router before it and its line; another network, another
 * address outside. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "script/lab.h"

void wzp_lab_must(lua_State *L, int result, const char *what)
{
    if (result)
        luaL_error(L, "%s: %s", what, wzp_strerror(result));
}

/* The kernel's routers keep the machine's port, so that only their filtering determines the kind of
 * NAT. In their rules OUT and IN stand for the addresses outside and inside, NEXT for the next
 * port, FROM and TO for what is done to the ports of what goes out and comes in. */
#define TO_INSIDE "iifname wan meta l4proto udp dnat ip to IN TO\n"
#define KEEP_PORT "oifname wan meta l4proto udp snat ip to OUT FROM\n"
static const struct wzp_lab_nat nat_kinds[] = {
    {.name = "none"},
    {"full",
     true,
     {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ENDPOINT_INDEPENDENT},
     TO_INSIDE,
     "iifname wan accept\n",
     KEEP_PORT},
    {"address",
     true,
     {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_DEPENDENT},
     "ip saddr @spoken " TO_INSIDE,
     "ip saddr @spoken accept\n",
     KEEP_PORT},
    {"easy",
     true,
     {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT},
     "",
     "",
     KEEP_PORT},
    {"hard",
     true,
     {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .ports = WZP_SIM_PORTS_SEQUENTIAL},
     "",
     "",
     "oifname wan meta l4proto udp snat ip to OUT : NEXT\n"},
    {"random",
     true,
     {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .ports = WZP_SIM_PORTS_RANDOM},
     "",
     "",
     "oifname wan meta l4proto udp snat ip to OUT fully-random\n"},
    {"blocked",
     true,
     {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .udp_blocked = true},
     "",
     "meta l4proto udp drop\n",
     KEEP_PORT},
};

const struct wzp_lab_nat *wzp_lab_nat(lua_State *L, const char *name)
{
    for (size_t i = 0; i < sizeof nat_kinds / sizeof nat_kinds[0]; i++)
        if (strcmp(nat_kinds[i].name, name) == 0)
            return &nat_kinds[i];
    luaL_error(L, "there is no NAT of kind %s: none, full, address, easy, hard, random, blocked",
               name);
    return NULL;
}

struct wzp_lab_place *wzp_lab_place(struct wzp_lab *lab, const char *name)
{
    for (struct wzp_lab_place *at = lab->places; at; at = at->next)
        if (strcmp(at->name, name) == 0)
            return at;
    return NULL;
}

/* The host at which its line to the internet begins; the kernel's routers are not simulated
 * hosts. */
static struct wzp_sim_host *edge_of(struct wzp_lab_place *place)
{
    return place->box ? wzp_sim_nat_host(place->box) : place->host;
}

void wzp_lab_set_lines(struct wzp_lab_place *place, struct wzp_lab_relay *relay)
{
    if (place)
        wzp_sim_host_link(edge_of(place), wzp_sim_internet(place->lab->sim), &place->up,
                          &place->down);
    if (relay)
        wzp_sim_host_link(relay->host, wzp_sim_internet(relay->lab->sim), &relay->up, &relay->down);
}

/* The same address in the kernel, behind its own router. */
static void add_real(lua_State *L, struct wzp_lab_place *place)
{
    char text[64];
    struct wzp_error err = {0};
    struct wzp_sim_network *internet = wzp_sim_internet(place->lab->sim);
    wzp_lab_must(L, wzp_sim_host_address(place->host, internet, place->outside), "an address");
    snprintf(text, sizeof text, "2001:db8:%x::2", place->number);
    if (place->v6)
        wzp_lab_must(L, wzp_sim_host_address(place->host, internet, text), "IPv6");
    if (wzp_lab_spaces_place(place, &err))
        luaL_error(L, "%s: %s", place->name, err.text);
}

static void add_box(lua_State *L, struct wzp_lab_place *place)
{
    struct wzp_sim *sim = place->lab->sim;
    wzp_lab_must(L, wzp_sim_network_new(sim, &place->lan, place->name), "a network");
    wzp_lab_must(L,
                 wzp_sim_nat_add(sim, &place->box, place->name, place->lan, wzp_sim_internet(sim),
                                 &place->nat->config),
                 "a router");
    wzp_lab_must(L, wzp_sim_host_address(wzp_sim_nat_host(place->box), place->lan, place->gateway),
                 "a router");
    wzp_lab_must(
        L,
        wzp_sim_host_address(wzp_sim_nat_host(place->box), wzp_sim_internet(sim), place->outside),
        "a router");
}

/* An IPv6 address: straight on the internet, or through the router's firewall. */
static void add_v6(lua_State *L, struct wzp_lab_place *place)
{
    struct wzp_sim *sim = place->lab->sim;
    char text[64];
    if (place->box) {
        snprintf(text, sizeof text, "2001:db8:%x::1", place->number);
        wzp_lab_must(L, wzp_sim_host_address(wzp_sim_nat_host(place->box), place->lan, text),
                     "IPv6");
        snprintf(text, sizeof text, "2001:db8:ffff::%x", place->number);
        wzp_lab_must(
            L, wzp_sim_host_address(wzp_sim_nat_host(place->box), wzp_sim_internet(sim), text),
            "IPv6");
        snprintf(text, sizeof text, "2001:db8:%x::/48", place->number);
        wzp_lab_must(
            L, wzp_sim_network_route(wzp_sim_internet(sim), text, wzp_sim_nat_host(place->box)),
            "IPv6");
    }
    snprintf(text, sizeof text, "2001:db8:%x::2", place->number);
    wzp_lab_must(L, wzp_sim_host_address(place->host, place->lan, text), "IPv6");
}

static void name_place(lua_State *L, struct wzp_lab *lab, struct wzp_lab_place *place,
                       const char *name)
{
    unsigned n = place->number;
    wzp_text_copy(place->name, sizeof place->name, name);
    snprintf(place->outside, sizeof place->outside, "45.%u.%u.%u", n >> 16, (n >> 8) & 255,
             n & 255);
    if (place->nat->has_box) {
        snprintf(place->address, sizeof place->address, "10.%u.%u.2", n >> 8, n & 255);
        snprintf(place->gateway, sizeof place->gateway, "10.%u.%u.1", n >> 8, n & 255);
    } else {
        wzp_text_copy(place->address, sizeof place->address, place->outside);
        wzp_text_copy(place->gateway, sizeof place->gateway, WZP_LAB_BARE_GATEWAY);
    }
    wzp_lab_must(L, wzp_sim_host_add(lab->sim, &place->host, name), "a machine");
}

struct wzp_lab_place *wzp_lab_place_new(lua_State *L, struct wzp_lab *lab, const char *name,
                                        const struct wzp_lab_nat *nat, bool v6)
{
    if (wzp_lab_place(lab, name))
        luaL_error(L, "there is a client named %s already", name);
    if (strlen(name) >= sizeof((struct wzp_lab_place *)0)->name || !name[0])
        luaL_error(L, "a client's name has 1 to %d bytes", WZP_SIM_NAME_MAX - 1);
    struct wzp_lab_place *place = wzp_lua_need(L, wzp_calloc(1, sizeof *place));
    place->lab = lab;
    place->number = ++lab->place_count;
    place->nat = nat;
    place->v6 = v6;
    place->up.delay = place->down.delay = WZP_LAB_DELAY;
    place->next = lab->places;
    lab->places = place;
    name_place(L, lab, place, name);
    place->lan = wzp_sim_internet(lab->sim);
    if (lab->in_spaces) {
        add_real(L, place);
    } else {
        if (place->nat->has_box)
            add_box(L, place);
        wzp_lab_must(L, wzp_sim_host_address(place->host, place->lan, place->address),
                     "an address");
        if (v6)
            add_v6(L, place);
    }
    wzp_sim_machine_init(&place->machine, lab->sim, place->host);
    place->has_machine = true;
    wzp_lab_set_lines(place, NULL);
    return place;
}

/* ---- what else happens in the world ---- */

static struct wzp_lab_place *place_at(lua_State *L, int index)
{
    struct wzp_script_client *client = wzp_lua_object(L, index, "client");
    struct wzp_lab *lab = wzp_lab_world(L);
    struct wzp_lab_place *place =
        client ? client->place : wzp_lab_place(lab, luaL_checkstring(L, index));
    if (!place)
        luaL_error(L, "there is no such client in the laboratory");
    return place;
}

/* Gives a host of the world another address on the internet: the new one first, an interface
 * without addresses would lose its line. */
static void change_address(lua_State *L, struct wzp_sim_host *host, struct wzp_sim_network *net,
                           char address[32], const char *wanted)
{
    wzp_lab_must(L, wzp_sim_host_address(host, net, wanted), "an address");
    wzp_lab_must(L, wzp_sim_host_drop_address(host, net, address), "an address");
    snprintf(address, 32, "%s", wanted);
}

/* Another network: the machine is told, as by a new Wi-Fi. */
int wzp_lab_move(lua_State *L)
{
    struct wzp_lab_place *place = place_at(L, 2);
    struct wzp_error err = {0};
    unsigned n = place->number, moves = ++place->moves;
    char address[32], old[32];
    if (moves > 200)
        return luaL_error(L, "it moved too often");
    snprintf(old, sizeof old, "%s", place->address);
    if (place->nat->has_box)
        snprintf(address, sizeof address, "10.%u.%u.%u", n >> 8, n & 255, 2 + moves);
    else
        snprintf(address, sizeof address, "46.%u.%u.%u", moves, (n >> 8) & 255, n & 255);
    if (place->real.lab && place->nat->has_box)
        snprintf(place->address, sizeof place->address, "%s", address);
    else
        change_address(L, place->host, place->lan, place->address, address);
    if (!place->nat->has_box)
        wzp_text_copy(place->outside, sizeof place->outside, address);
    if (place->real.lab && wzp_lab_spaces_move(place, old, &err))
        return luaL_error(L, "%s: %s", place->name, err.text);
    lua_pushstring(L, address);
    return 1;
}

/* The router forgets its mappings, or gets another outer address: neither machine nor softphone is
 * told. */
int wzp_lab_rebind(lua_State *L)
{
    struct wzp_lab_place *place = place_at(L, 2);
    struct wzp_error err = {0};
    char address[32], old[32];
    if (!place->nat->has_box)
        return luaL_error(L, "there is no router before %s", place->name);
    if (place->box)
        wzp_sim_nat_forget(place->box);
    snprintf(old, sizeof old, "%s", place->outside);
    place->rebinds++;
    if (wzp_lua_option_boolean(L, 3, "address", false)) {
        unsigned n = place->number, moves = ++place->moves;
        snprintf(address, sizeof address, "47.%u.%u.%u", moves & 255, (n >> 8) & 255, n & 255);
        change_address(L, edge_of(place), wzp_sim_internet(place->lab->sim), place->outside,
                       address);
    }
    if (place->real.lab && wzp_lab_spaces_rebind(place, old, &err))
        return luaL_error(L, "%s: %s", place->name, err.text);
    return 0;
}
