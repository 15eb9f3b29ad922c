/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a program on a host of the simulated world can learn about the host's networks. */
#ifndef WZP_SIM_NETWORKS_H
#define WZP_SIM_NETWORKS_H

#include "sim/network.h"
#include "wzp/networks.h"

/* As struct wzp_host has it: subnets are 24 bits wide (IPv6: 64), the gateway is the router of the
 * default route. */
void wzp_sim_host_networks(const struct wzp_sim_host *host, struct wzp_networks *out);

#endif
