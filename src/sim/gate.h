/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A gate: it connects a host of the simulated network to a real network interface that carries IP
 * packets (a TUN device in a network namespace). A packet from the interface enters the simulation
 * by the host's line, as if the host had sent it; a packet to the host's addresses goes out by the
 * interface. Simulated lines, filters and routes apply to both. The simulation must then run in
 * real time. */
#ifndef WZP_SIM_GATE_H
#define WZP_SIM_GATE_H

#include "sim/network.h"

/* Caller owned; stays until closed. */
struct wzp_sim_gate {
    struct wzp_sim_host *host;
    /* Sends a whole IP packet to the machine; it is valid during the call. */
    void (*deliver)(void *context, const uint8_t *packet, size_t length);
    void *context;
    uint64_t in, out; /* packets passed in each direction */
    uint64_t
        strange; /* not UDP of one of the host's addresses (ICMP, multicast, fragments): dropped */
};
/* Opens a gate at a host, which may get its addresses before or later. WZP_E_MEMORY,
 * WZP_E_DUPLICATE. */
int wzp_sim_gate_open(struct wzp_sim_gate *gate, struct wzp_sim_host *host,
                      void (*deliver)(void *context, const uint8_t *packet, size_t length),
                      void *context);
/* Before the host is removed. Harmless on one that was never opened (all zero). */
void wzp_sim_gate_close(struct wzp_sim_gate *gate);
/* A packet from the machine enters the simulation now. */
void wzp_sim_gate_receive(struct wzp_sim_gate *gate, const uint8_t *packet, size_t length);

#endif
