/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls between every kind of NAT (RFC 4787) and every other: whole phones, a relay and STUN
 * servers in virtual time. Checks that the path is direct wherever that is theoretically possible,
 * and over the relay elsewhere; that both sides agree; and that both are heard. The table is
 * printed as notes. */
#ifndef WZP_T_SIM_LIB_GRID_H
#define WZP_T_SIM_LIB_GRID_H

#include "sim/nat.h"

struct grid {
    const char *name;
    enum wzp_sim_ports ports; /* of routers whose mappings depend on the destination */
    /* a second router (carrier-grade NAT) between each home and the internet; NULL: none */
    const struct wzp_sim_nat_config *provider;
    bool caller_v6, callee_v6; /* IPv6 in addition, behind firewalls that let in only answers */
    bool portmap;              /* the caller's router offers port mapping */
};
void grid_play(const struct grid *grid);

#endif
