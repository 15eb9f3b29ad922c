/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A router's NAT-PMP and PCP services (RFC 6886, RFC 6887) in the simulated world. */
#ifndef WZP_T_SIM_LIB_PMP_H
#define WZP_T_SIM_LIB_PMP_H

#include "sim/nat.h"

struct pmp {
    struct wzp_sim *sim;
    struct wzp_sim_nat *box;
    /* start of its epoch: a day before the simulation begins; set here to simulate a restart */
    uint64_t booted;
    bool no_pmp, pcp; /* by default it offers NAT-PMP only */
    uint32_t grant;   /* longest lifetime that it grants, s; 0 = the requested one */
    unsigned asked, mapped, deleted;
};
/* Starts the services at port 5351 of the NAT. Bails when that fails. */
void pmp_start(struct pmp *p, struct wzp_sim *sim, struct wzp_sim_nat *box);

#endif
