/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The networks of a machine, made up line by line. */
#ifndef WZP_T_NAT_LIB_NETWORKS_H
#define WZP_T_NAT_LIB_NETWORKS_H

#include "wzp/networks.h"

/* One more address ("192.168.1.10" or "2001:db8::1") of the interface of that name, which is made
 * with these flags where there is none. Returns the interface. Bails when there is no room. */
struct wzp_interface *networks_add(struct wzp_networks *n, const char *name, const char *address,
                                   unsigned prefix, unsigned flags);

#endif
