/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every kind of router against every other: whole phones, a relay and STUN servers in virtual time.
 * Direct wherever theory allows, over the relay and heard everywhere else, and never one side
 * alone. The table goes to the notes. */
#ifndef WZP_T_SIM_LIB_GRID_H
#define WZP_T_SIM_LIB_GRID_H

#include "sim/nat.h"

/* ports: of routers whose mappings depend on the peer. provider: a second router before the
 * caller's, NULL for none. */
void grid_play(const char *name, enum wzp_sim_ports ports,
               const struct wzp_sim_nat_config *provider);

#endif
