/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The world as its files share it: world.c (time, events), topology.c (networks, hosts, addresses,
 * routes), host.c (ports), flight.c (the way of a packet in flight). */
#ifndef WZP_SIM_INTERNAL_H
#define WZP_SIM_INTERNAL_H

#include "base/map.h"
#include "sim/network.h"

#define WZP_SIM_ROUTES_MAX 256
#define WZP_SIM_HOPS_MAX 16
#define WZP_SIM_SEND_BUFFER 65536

struct wzp_sim_interface;

/* One address of a host. */
struct wzp_sim_place {
    struct wzp_sim_interface *interface;
    struct wzp_addr own;  /* as the host knows it; port 0: the host has all ports of it */
    struct wzp_addr wire; /* as the network sees it (after a NAT's rebinding) */
    struct wzp_sim_place *next;
};

/* A host's line into a network. */
struct wzp_sim_interface {
    struct wzp_sim_host *host;
    struct wzp_sim_network *network;
    unsigned index;
    bool unplugged;
    struct wzp_sim_line up, down;
    struct wzp_sim_place *places;
    struct wzp_sim_interface *next;
};

/* What is bound to a port: an object (struct wzp_driver) or a service (a function). */
struct wzp_sim_binding {
    struct wzp_sim_event event; /* first; the object's expiry */
    struct wzp_sim_host *host;
    uint16_t port;
    struct wzp_driver driver; /* receive NULL: a service */
    wzp_sim_service service;
    void *context;
    uint64_t last_expiry; /* with `standing`: an object that stays due must not stop time */
    unsigned standing;
    unsigned busy; /* calls into it that have not returned */
    bool gone;     /* unbound meanwhile: freed when the last of these calls returns */
    struct wzp_sim_binding *next;
};

struct wzp_sim_host {
    struct wzp_sim *sim;
    char name[WZP_SIM_NAME_MAX];
    struct wzp_sim_interface *interfaces;
    unsigned interface_count; /* ever made */
    struct wzp_sim_binding *bindings;
    struct wzp_sim_host_counters counters;
    bool forwards;
    struct wzp_sim_router router;
    uint64_t generation;
    void (*changed)(void *context, uint64_t now);
    void *changed_context;
    struct wzp_sim_host *next, *previous;
};

struct wzp_sim_route {
    struct wzp_addr prefix;
    unsigned bits;
    struct wzp_sim_host *router; /* NULL: nowhere */
};

struct wzp_sim_network {
    struct wzp_sim *sim;
    char name[WZP_SIM_NAME_MAX];
    struct wzp_map places; /* by IP and port, as the network sees them */
    size_t narrow;         /* how many of these have one port only */
    struct wzp_sim_route *routes;
    size_t route_count;
    wzp_sim_filter filter;
    void *filter_context;
    struct wzp_sim_network *next;
};

struct wzp_sim_tick {
    struct wzp_sim_timer timer;
    uint64_t due, period;
    bool (*call)(void *context, uint64_t now);
    void *context;
    struct wzp_sim_tick *next, *previous;
};

struct wzp_sim {
    uint64_t now;
    unsigned standing; /* events run at this instant so far */
    struct wzp_random_seeded seeded;
    struct wzp_heap events;
    uint64_t event_count; /* made so far */
    uint64_t topology;    /* incremented by every change that may change routes */
    size_t flights;       /* allocated, in flight or free */
    struct flight *landed;
    struct wzp_sim_network *internet, *networks;
    struct wzp_sim_host *hosts, *last_host; /* in order of their making */
    size_t host_count;
    struct wzp_sim_tick *ticks;
    uint8_t *send_buffer;
    void (*tap)(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                const uint8_t *data, size_t length);
    void *tap_context;
};

/* Initialises an event that is not scheduled. The caller reserves room for it in the heap. */
void wzp_sim_event_init(struct wzp_sim *s, struct wzp_sim_event *event,
                        enum wzp_sim_event_class class,
                        void (*happen)(struct wzp_sim *sim, struct wzp_sim_event *event));

/* Where a packet goes in a network: an interface, and the place when it is that host's address
 * (NULL: the interface of a router that leads there). */
struct wzp_sim_way {
    struct wzp_sim_interface *interface;
    struct wzp_sim_place *place;
    unsigned bits; /* length of the matching prefix; more than any prefix when the address itself
                      is in this network */
};
#define WZP_SIM_WAY_EXACT 129
/* False when no interface accepts the packet. */
bool wzp_sim_find_way(struct wzp_sim_way *out, const struct wzp_sim_network *net,
                      const struct wzp_addr *to);
struct wzp_sim_interface *wzp_sim_interface_of(const struct wzp_sim_host *host,
                                               const struct wzp_sim_network *net);
/* The host's own address that matches (IP, and the port if it has only one); NULL: none. */
struct wzp_sim_place *wzp_sim_own_place(const struct wzp_sim_host *host,
                                        const struct wzp_addr *address);
void wzp_sim_host_changed(struct wzp_sim_host *host);

/* Sends a packet of a host. local may be empty; port: the sender's port when local has none. */
void wzp_sim_send(struct wzp_sim_host *host, const struct wzp_addr *local, uint16_t port,
                  const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length);
/* Delivers a payload to the object or service at the local port. */
void wzp_sim_hand_over(struct wzp_sim_host *host, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length);
/* Frees flights in the heap, at the end. */
void wzp_sim_flights_free(struct wzp_sim *s);

#endif
