/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The machine's own addresses as candidates: the host lists its interfaces, this picks those a peer
 * could reach, best first. Source: wzp-protocol(7), Addresses. */
#ifndef WZP_NAT_LOCAL_H
#define WZP_NAT_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

#define WZP_LOCAL_NAME_MAX 32      /* with final 0 */
#define WZP_HOST_CANDIDATES_MAX 8  /* addresses of this machine that a peer is told */
#define WZP_LOCAL_ADDRESSES_MAX 64 /* addresses looked at; a machine full of containers has many   \
                                    */

/* One address of one interface, as the host found it. */
struct wzp_local_address {
    char name[WZP_LOCAL_NAME_MAX];
    struct wzp_addr addr; /* port unused */
    unsigned prefix;      /* bits of the subnet */
    bool up, running, loopback, point_to_point;
    bool default_route; /* the default route of the address's family leaves here */
    bool temporary;     /* v6 privacy address: preferred to the lasting one */
    bool metered;
};

/* True for interfaces of containers, virtual machines and tunnels, by their names. */
bool wzp_local_is_virtual(const char *name);
/* Fills out (room for WZP_HOST_CANDIDATES_MAX) with the addresses to announce: the ranges of
 * wzp-protocol(7), Addresses; down, virtual and point-to-point interfaces left out unless the
 * default route is theirs; default route first, otherwise in the order given; v4 with port4, v6
 * with port6, a family with port 0 left out. Returns how many. */
size_t wzp_local_candidates(struct wzp_addr *out, const struct wzp_local_address *interfaces,
                            size_t count, uint16_t port4, uint16_t port6);
/* The v4 address that a router on this network sees (wzp-protocol(7), Addresses): a private address
 * of the default route's interface, else the first private one that may be announced. false when
 * there is none. */
bool wzp_local_lan_address(struct wzp_addr *out, const struct wzp_local_address *interfaces,
                           size_t count);
/* True when an interface that is up has addr in its subnet. */
bool wzp_local_on_link(const struct wzp_local_address *interfaces, size_t count,
                       const struct wzp_addr *addr);
/* True when the default route's interface is metered. */
bool wzp_local_metered(const struct wzp_local_address *interfaces, size_t count);

#endif
