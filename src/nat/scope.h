/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an address is good for: the ranges that the choice of candidates, the NAT classification and
 * the mapping service tell apart. Source: wzp-protocol(7), Addresses; RFC 6890. */
#ifndef WZP_NAT_SCOPE_H
#define WZP_NAT_SCOPE_H

#include <stdbool.h>

#include "base/addr.h"

enum wzp_scope {
    WZP_SCOPE_NONE,        /* no address */
    WZP_SCOPE_UNSPECIFIED, /* 0.0.0.0, :: */
    WZP_SCOPE_LOOPBACK,
    WZP_SCOPE_LINK_LOCAL,
    WZP_SCOPE_PRIVATE, /* RFC 1918 */
    WZP_SCOPE_CGNAT,   /* 100.64.0.0/10, RFC 6598 */
    WZP_SCOPE_UNIQUE,  /* fc00::/7, RFC 4193 */
    WZP_SCOPE_MULTICAST,
    WZP_SCOPE_BROADCAST,
    WZP_SCOPE_DOCUMENTATION, /* RFC 5737, RFC 3849: public in every laboratory */
    WZP_SCOPE_RESERVED,      /* no host has it: 0/8, 240/4, v6 outside the ranges in use */
    WZP_SCOPE_PUBLIC
};

enum wzp_scope wzp_scope_of(const struct wzp_addr *addr);

/* True when it is routed globally, as far as the number tells: public and documentation
 * addresses. */
bool wzp_scope_is_global(const struct wzp_addr *addr);
/* True for the address of a host behind a NAT: private, CGNAT or unique local. */
bool wzp_scope_is_inner(const struct wzp_addr *addr);
/* The rule of the classifier, which keeps fc00::/7 and 0.0.0.0. */
bool wzp_scope_counts_as_public(const struct wzp_addr *addr);
/* True when a router must not report it as its external address (wzp-protocol(7), Addresses): 0/8,
 * 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.168/16, and what no host has. */
bool wzp_scope_refused_external(const struct wzp_addr *addr);

/* True when both are of one family and equal in their first `prefix` bits. */
bool wzp_scope_same_subnet(const struct wzp_addr *a, const struct wzp_addr *b, unsigned prefix);

#endif
