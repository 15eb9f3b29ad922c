/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* STUN servers of the simulated internet. (Routers' services, NAT-PMP, PCP, UPnP, are functions at
 * a port of a box that open ports: wzp_sim_host_serve, sim/nat.h.) */
#ifndef WZP_SIM_STUN_H
#define WZP_SIM_STUN_H

#include "sim/network.h"

/* A server of RFC 8489 bindings. It answers from the port that was asked; with two addresses of a
 * family it also reports the other one and answers from the address that a request asks for (RFC
 * 5780 7). Caller owned; stays until stopped. */
struct wzp_sim_stun {
    struct wzp_sim_host *host;
    uint16_t port, other_port;
    bool silent;       /* answers nothing */
    uint64_t asked;    /* valid requests */
    uint64_t rejected; /* payloads that are not valid requests */
};
/* Serves at two ports of a host. WZP_E_MEMORY, WZP_E_DUPLICATE. */
int wzp_sim_stun_start(struct wzp_sim_stun *stun, struct wzp_sim_host *host, uint16_t port,
                       uint16_t other_port);
void wzp_sim_stun_stop(struct wzp_sim_stun *stun);

#endif
