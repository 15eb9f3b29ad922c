/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A world in virtual time: a graph of networks, and of hosts and routers with addresses in them. A
 * host has any number of addresses in any number of networks and runs objects (any struct
 * wzp_driver) at its ports; a packet leaves by the address that it names, over the host's line into
 * that network, and is routed. Every line has delay, jitter, loss, reordering, duplication, rate
 * and MTU, each way. Routers forward between networks; NAT boxes are routers (sim/nat.h).
 * Deterministic from a seed: same seed, same run. (Proofs over TLS keys, which the seed does not
 * make, differ by some bytes of JSON; only a line with a rate feels that.) It is the second driver
 * of phones and relays; loop/ is the first.
 *
 *     struct wzp_sim_host *box, *alice;
 *     wzp_sim_network_new(sim, &home, "home");
 *     wzp_sim_nat_add(sim, &nat, "box", home, wzp_sim_internet(sim), &config);
 *     wzp_sim_host_address(box, home, "192.168.1.1");
 *     wzp_sim_host_address(box, wzp_sim_internet(sim), "203.0.113.7");
 *     wzp_sim_host_add(sim, &alice, "alice");
 *     wzp_sim_host_address(alice, home, "192.168.1.2");
 *     wzp_sim_host_bind(alice, 5000, &driver);
 *
 * Short form for a host straight on the internet: wzp_sim_attach(). An object may give up its port
 * or remove its host from inside its own calls. */
#ifndef WZP_SIM_NETWORK_H
#define WZP_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "sim/event.h"
#include "sim/line.h"
#include "wzp/sim.h"

#define WZP_SIM_HOSTS_MAX 16384
#define WZP_SIM_PACKETS_MAX 262144 /* in flight at once; more are dropped as a full queue would */
#define WZP_SIM_PAYLOAD_MAX 2048   /* bytes; longer ones vanish */
#define WZP_SIM_NAME_MAX 32

struct wzp_sim_host;
struct wzp_sim_network;

/* ---- the world and its time ---- */

/* A source drawn from the seed, for the objects of this world. */
struct wzp_random wzp_sim_random(struct wzp_sim *s);

/* Runs all events up to `until` (absolute), which is then the present time. First lets every object
 * send what earlier commands made it want to send. */
void wzp_sim_run_until(struct wzp_sim *s, uint64_t until);
/* When the next event is due, for callers that run the world by another clock; WZP_NEVER: none. */
uint64_t wzp_sim_expiry(const struct wzp_sim *s);

/* A timer of the caller's (a sound card, a host's alarm). Caller owned; it stays where it is from
 * init to fini. */
struct wzp_sim_timer {
    struct wzp_sim_event event; /* first */
    struct wzp_sim *sim;
    void (*call)(void *context, uint64_t now);
    void *context;
};
/* WZP_E_MEMORY. */
int wzp_sim_timer_init(struct wzp_sim_timer *t, struct wzp_sim *s,
                       void (*call)(void *context, uint64_t now), void *context);
/* Calls once at that time (absolute); WZP_NEVER: not. May be set again from inside the call. */
void wzp_sim_timer_set(struct wzp_sim_timer *t, uint64_t at);
uint64_t wzp_sim_timer_at(const struct wzp_sim_timer *t);
/* Before wzp_sim_free; harmless on a timer that was never made (all zero). */
void wzp_sim_timer_fini(struct wzp_sim_timer *t);
/* Calls back every `period` ns from now + offset on, until it returns false. WZP_E_MEMORY. */
int wzp_sim_every(struct wzp_sim *s, uint64_t offset, uint64_t period,
                  bool (*call)(void *context, uint64_t now), void *context);

/* ---- networks ---- */

/* The network of all hosts that are in no other one. */
struct wzp_sim_network *wzp_sim_internet(struct wzp_sim *s);
/* Another one, empty; it lives as long as the world. WZP_E_MEMORY. */
int wzp_sim_network_new(struct wzp_sim *s, struct wzp_sim_network **out, const char *name);
/* Adds a route: packets to "10.1.0.0/16" (or "::/0", ...) that are for no address in this network
 * go to that router, which has an address in this network; router NULL: nowhere, as on a LAN whose
 * prefix this is. The longest prefix wins, of equal ones the newest. WZP_E_SYNTAX, WZP_E_LIMIT. */
int wzp_sim_network_route(struct wzp_sim_network *net, const char *prefix,
                          struct wzp_sim_host *router);
/* Shows every packet as its sender puts it on its line into this network, before the line does
 * anything to it; the hook may change addresses and bytes (up to WZP_SIM_PAYLOAD_MAX), or swallow
 * the packet (false). NULL: no longer. It may inject, and must not change hosts. */
typedef bool (*wzp_sim_filter)(void *context, struct wzp_addr *from, struct wzp_addr *to,
                               uint8_t *data, size_t *length);
void wzp_sim_network_set_filter(struct wzp_sim_network *net, wzp_sim_filter filter, void *context);
/* Sends a packet from an address without a host (an attacker) to the host at `to` on the internet:
 * it only passes the line to that host. Dropped silently when nobody is there. */
void wzp_sim_inject(struct wzp_sim *s, const struct wzp_addr *from, const struct wzp_addr *to,
                    const uint8_t *data, size_t length);
/* Shows every packet that a host (not a router) sends into any network, before its line does
 * anything to it; NULL: no longer. A tap may inject, and must not change hosts. */
void wzp_sim_set_tap(struct wzp_sim *s,
                     void (*tap)(void *context, const struct wzp_addr *from,
                                 const struct wzp_addr *to, const uint8_t *data, size_t length),
                     void *context);

/* ---- hosts ---- */

/* A host without addresses. WZP_E_MEMORY, WZP_E_LIMIT. */
int wzp_sim_host_add(struct wzp_sim *s, struct wzp_sim_host **out, const char *name);
/* Takes a host away (a crash): packets on their way to it vanish. NULL is nobody. */
void wzp_sim_host_remove(struct wzp_sim_host *host);
/* Gives it an address in a network, "10.0.0.2" or "2001:db8::2"; with the first one it is joined
 * to the network by a perfect line. "10.0.0.2:5000" takes that port of the address only, so that
 * others can have its other ports. WZP_E_SYNTAX, WZP_E_DUPLICATE (taken), WZP_E_MEMORY. */
int wzp_sim_host_address(struct wzp_sim_host *host, struct wzp_sim_network *net,
                         const char *address);
/* Takes one away; WZP_E_NOT_FOUND. */
int wzp_sim_host_drop_address(struct wzp_sim_host *host, struct wzp_sim_network *net,
                              const char *address);
/* The interface goes with all its addresses (a cable out, a Wi-Fi left). */
void wzp_sim_host_leave(struct wzp_sim_host *host, struct wzp_sim_network *net);
/* The line between host and network may change at any time, and nobody is told; NULL leaves a
 * direction as it is. Up: from the host. */
void wzp_sim_host_link(struct wzp_sim_host *host, struct wzp_sim_network *net,
                       const struct wzp_sim_link *up, const struct wzp_sim_link *down);
/* Unplugs the host's own cable (or radio), or plugs it in: the addresses stay, and the host is
 * told. */
void wzp_sim_host_plug(struct wzp_sim_host *host, struct wzp_sim_network *net, bool in);
/* The same lines for all its interfaces. */
void wzp_sim_set_links(struct wzp_sim_host *host, const struct wzp_sim_link *up,
                       const struct wzp_sim_link *down);

/* Runs an object at a port: it gets what comes to that port of any of the host's addresses. Port 0:
 * what comes to ports that nobody else has. What the object sends leaves by the address it names
 * as local; without one, by the host's first address that leads there. WZP_E_MEMORY,
 * WZP_E_DUPLICATE. */
int wzp_sim_host_bind(struct wzp_sim_host *host, uint16_t port, const struct wzp_driver *driver);
/* A service: a function that is called for each payload to that port and answers by
 * wzp_sim_host_send. WZP_E_MEMORY, WZP_E_DUPLICATE. */
typedef void (*wzp_sim_service)(void *context, struct wzp_sim_host *host,
                                const struct wzp_addr *local, const struct wzp_addr *remote,
                                uint8_t ecn, const uint8_t *data, size_t length, uint64_t now);
int wzp_sim_host_serve(struct wzp_sim_host *host, uint16_t port, wzp_sim_service service,
                       void *context);
void wzp_sim_host_unbind(struct wzp_sim_host *host, uint16_t port);
/* Sends one payload, from a local address as a driver's packet would. */
void wzp_sim_host_send(struct wzp_sim_host *host, const struct wzp_addr *local,
                       const struct wzp_addr *remote, const uint8_t *data, size_t length);
/* A command was given to an object of the host: send what it wants to send. */
void wzp_sim_host_kick(struct wzp_sim_host *host);
void wzp_sim_kick(struct wzp_sim *s, struct wzp_sim_host *host);
void wzp_sim_host_counters(const struct wzp_sim_host *host, struct wzp_sim_host_counters *out);

/* What the host can know about its own networks. The generation grows with every change of it; the
 * function (NULL: none) is told after each. */
struct wzp_sim_host_view {
    struct wzp_addr address; /* port 0, or the one port it has */
    const char *network;     /* valid as long as the world */
    unsigned interface;      /* from 1, by the time of joining; never used again */
    bool leads_out;          /* a default route of this family leads there */
    struct wzp_addr gateway; /* by which router, in that network; none = there is none */
    bool cable_in;
};
size_t wzp_sim_host_addresses(const struct wzp_sim_host *host, struct wzp_sim_host_view *out,
                              size_t capacity);
uint64_t wzp_sim_host_generation(const struct wzp_sim_host *host);
void wzp_sim_host_watch(struct wzp_sim_host *host, void (*changed)(void *context, uint64_t now),
                        void *context);

/* ---- routers ---- */

enum wzp_sim_verdict {
    WZP_SIM_DROP,
    WZP_SIM_FORWARD, /* goes on to `to` */
    WZP_SIM_LOCAL    /* is for the router itself: its services */
};
/* A router's decision about a packet that came from a network; it may change the addresses. own:
 * `to` is one of the router's addresses. */
struct wzp_sim_router {
    enum wzp_sim_verdict (*judge)(void *object, const struct wzp_sim_network *came_from, bool own,
                                  struct wzp_addr *from, struct wzp_addr *to, uint64_t now);
    void (*gone)(void *object); /* the host was removed; NULL: no matter */
    void *object;
};
/* A host that forwards between its networks: to the host with that address in one of them, else by
 * the longest matching route. router NULL: forwards all that is not for itself. The struct is
 * copied. WZP_E_MEMORY, WZP_E_LIMIT. */
int wzp_sim_router_add(struct wzp_sim *s, struct wzp_sim_host **out, const char *name,
                       const struct wzp_sim_router *router);

/* ---- the short form ---- */

/* A host on the internet that has one port of one address, with an object there. up/down NULL =
 * perfect. WZP_E_MEMORY, WZP_E_LIMIT, WZP_E_DUPLICATE (address taken), WZP_E_SYNTAX. */
int wzp_sim_attach(struct wzp_sim *s, struct wzp_sim_host **out, const char *address,
                   const struct wzp_driver *driver, const struct wzp_sim_link *up,
                   const struct wzp_sim_link *down);
void wzp_sim_detach(struct wzp_sim *s, struct wzp_sim_host *host);
/* Changes the host's first address as the network sees it (like a NAT that changes its mapping:
 * host and object are not told). */
int wzp_sim_move(struct wzp_sim *s, struct wzp_sim_host *host, const char *address);
/* The host's first address as the network sees it. */
const struct wzp_addr *wzp_sim_address(const struct wzp_sim_host *host);

#endif
