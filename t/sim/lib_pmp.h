/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A router's NAT-PMP and PCP services (RFC 6886, RFC 6887) in the simulated world. */
#ifndef WZP_T_SIM_LIB_PMP_H
#define WZP_T_SIM_LIB_PMP_H

#include "sim/nat.h"

struct pmp {
    struct wzp_sim *sim;
    struct wzp_sim_nat *box;
    uint64_t booted;  /* its clock shows a day at the world's begin, 0 after a restart set here */
    bool no_pmp, pcp; /* at first it speaks NAT-PMP only */
    uint32_t grant;   /* s at most, 0 = what is asked for */
    unsigned asked, mapped, deleted;
};
/* At port 5351 of the box. Bails when it cannot be. */
void pmp_start(struct pmp *p, struct wzp_sim *sim, struct wzp_sim_nat *box);

#endif
