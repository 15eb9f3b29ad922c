/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The network interfaces of a machine, for tests, added one address at a time. */
#ifndef WZP_T_NAT_LIB_NETWORKS_H
#define WZP_T_NAT_LIB_NETWORKS_H

#include "wzp/networks.h"

/* Adds an address ("192.168.1.10" or "2001:db8::1") to the interface of that name, which is created
 * with these flags when there is none. Returns the interface. Bails when there is no room. */
struct wzp_interface *networks_add(struct wzp_networks *n, const char *name, const char *address,
                                   unsigned prefix, unsigned flags);

#endif
