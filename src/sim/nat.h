/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Boxes at the edge of a network: NAT for IPv4, a firewall for both versions, in the terms of
 * RFC 4787 (4: mapping and ports, 5: filtering, 6: hairpin) and RFC 6092 for IPv6. A box is a
 * router node between inner networks and one outer network; NAT behind NAT is a box whose outer
 * network is another box's inner one. Its external address is its first IPv4 address in the outer
 * network, whichever that is at the moment. */
#ifndef WZP_SIM_NAT_H
#define WZP_SIM_NAT_H

#include "sim/network.h"

/* What mappings or filters depend on. */
enum wzp_sim_dependence {
    WZP_SIM_NONE,                 /* addresses stay as they are; everything may pass */
    WZP_SIM_ENDPOINT_INDEPENDENT, /* one mapping for all peers; whoever knows it may send */
    WZP_SIM_ADDRESS_DEPENDENT,
    WZP_SIM_ADDRESS_AND_PORT_DEPENDENT
};
enum wzp_sim_ports {
    WZP_SIM_PORTS_PRESERVING, /* the inner port if it is free, else the next that is */
    WZP_SIM_PORTS_SEQUENTIAL, /* the last one given and a step */
    WZP_SIM_PORTS_RANDOM
};

/* All zero is a plain router. */
struct wzp_sim_nat_config {
    enum wzp_sim_dependence mapping;   /* IPv4 */
    enum wzp_sim_dependence filtering; /* IPv4 */
    enum wzp_sim_dependence filtering6;
    enum wzp_sim_ports ports;
    unsigned step; /* of sequential ports; 0: 1 */
    /* A port may serve several mappings that have different peers (as Linux masquerades: with
     * preserved ports and dependent mappings it looks endpoint-independent). */
    bool overload;
    bool hairpin;
    uint64_t lifetime;              /* of a mapping without traffic from inside, ns; 0: 120 s */
    bool refresh_inbound;           /* traffic from outside prolongs it too */
    uint16_t first_port, last_port; /* external ports; 0: 1024 to 65535 */
    size_t max_mappings;            /* 0: 65536 */
    bool udp_blocked;               /* nothing passes, either way */
    bool blocked6;                  /* nothing of IPv6 does */
};
struct wzp_sim_nat_counters {
    uint64_t mapped;    /* mappings made for traffic */
    uint64_t exhausted; /* packets without a port or a mapping left */
    uint64_t filtered;  /* packets from outside that found no mapping or may not pass */
    uint64_t hairpinned, hairpin_refused, blocked;
};

struct wzp_sim_nat;
/* A box between an inner and the outer network; it gets its addresses by wzp_sim_host_address, and
 * becomes the default route of the inner network for IPv4 and IPv6 (IPv6 from outside needs a route
 * in the outer one). It ends with its host or its world. WZP_E_MEMORY, WZP_E_LIMIT. */
int wzp_sim_nat_add(struct wzp_sim *s, struct wzp_sim_nat **out, const char *name,
                    struct wzp_sim_network *inner, struct wzp_sim_network *outer,
                    const struct wzp_sim_nat_config *config);
/* The box as a host: for its addresses, lines, services. */
struct wzp_sim_host *wzp_sim_nat_host(const struct wzp_sim_nat *nat);
/* Changes its behaviour; existing mappings stay. */
void wzp_sim_nat_set(struct wzp_sim_nat *nat, const struct wzp_sim_nat_config *config);
const struct wzp_sim_nat_config *wzp_sim_nat_config(const struct wzp_sim_nat *nat);
/* Restarts the router: all mappings are lost, those on demand too. */
void wzp_sim_nat_forget(struct wzp_sim_nat *nat);
void wzp_sim_nat_counters(const struct wzp_sim_nat *nat, struct wzp_sim_nat_counters *out);
/* Number of mappings that have not expired. */
size_t wzp_sim_nat_mappings(struct wzp_sim_nat *nat);
/* The external IPv4 address, nothing when it has none. */
struct wzp_addr wzp_sim_nat_external(const struct wzp_sim_nat *nat);

/* ---- port mapping on demand: for services that speak NAT-PMP, PCP or UPnP ---- */

/* Opens an inner endpoint to everybody for that time (ns; WZP_NEVER: for good): the external
 * address goes to `out`. port: the external one that is wished for, 0 any; another one is given
 * when it is taken. An endpoint that has such a mapping gets its time anew and keeps its port.
 * IPv6: a hole in the firewall, `out` is the inner endpoint. WZP_E_STATE (no external address),
 * WZP_E_LIMIT (no port or mapping left), WZP_E_MEMORY. */
int wzp_sim_nat_open_port(struct wzp_sim_nat *nat, struct wzp_addr *out,
                          const struct wzp_addr *inner, uint16_t port, uint64_t lifetime);
/* Closes it. WZP_E_NOT_FOUND. */
int wzp_sim_nat_close_port(struct wzp_sim_nat *nat, const struct wzp_addr *inner);
/* Ports that are open on demand now, in no order; returns how many there are. */
struct wzp_sim_nat_port {
    struct wzp_addr inner, outer;
    uint64_t expires;
};
size_t wzp_sim_nat_open_ports(struct wzp_sim_nat *nat, struct wzp_sim_nat_port *out,
                              size_t capacity);

#endif
