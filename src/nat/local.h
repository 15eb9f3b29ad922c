/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The machine's own addresses as candidates: the host lists its networks (NULL: none are known),
 * this picks those a peer could reach, best first. Source: wzp-protocol(7), Addresses. */
#ifndef WZP_NAT_LOCAL_H
#define WZP_NAT_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "wzp/networks.h"

#define WZP_HOST_CANDIDATES_MAX 8 /* addresses of this machine that a peer is told */

/* Fills out (room for WZP_HOST_CANDIDATES_MAX) with the addresses to announce: the ranges of
 * wzp-protocol(7), Addresses; down, virtual and point-to-point interfaces left out unless the
 * default route is theirs; default route first, otherwise in the order given; v4 with port4, v6
 * with port6, a family with port 0 left out. Returns how many. */
size_t wzp_local_candidates(struct wzp_addr *out, const struct wzp_networks *networks,
                            uint16_t port4, uint16_t port6);
/* The v4 address that a router on this network sees (wzp-protocol(7), Addresses): a private address
 * of the default route's interface, else the first private one that may be announced. false when
 * there is none. */
bool wzp_local_lan_address(struct wzp_addr *out, const struct wzp_networks *networks);
/* True when an interface that is up has addr in its subnet. */
bool wzp_local_on_link(const struct wzp_networks *networks, const struct wzp_addr *addr);
/* True when the default route's interface is metered. */
bool wzp_local_metered(const struct wzp_networks *networks);
/* True when the default route of the address's family leaves by this interface. */
bool wzp_local_is_default(const struct wzp_interface *interface, const struct wzp_addr *addr);

#endif
