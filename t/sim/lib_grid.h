/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every kind of router against every other: whole phones, a relay and STUN servers in virtual time.
 * Direct wherever theory allows, over the relay and heard everywhere else, and never one side
 * alone. The table goes to the notes. */
#ifndef WZP_T_SIM_LIB_GRID_H
#define WZP_T_SIM_LIB_GRID_H

#include "sim/nat.h"

struct grid {
    const char *name;
    enum wzp_sim_ports ports;                  /* of routers whose mappings depend on the peer */
    const struct wzp_sim_nat_config *provider; /* a second router before both; NULL: none */
    bool caller_v6, callee_v6; /* IPv6, too, behind firewalls that let in what was asked for */
    bool portmap;              /* the caller's router opens ports */
};
void grid_play(const struct grid *grid);

#endif
