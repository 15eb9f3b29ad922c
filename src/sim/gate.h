/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A gate out of the world: behind a host of it stands a machine of another kind, whose network
 * interface speaks IP packets (a network namespace of the kernel). What the machine sends enters
 * the world by the host's line, as if the host had sent it; what comes to the host's addresses goes
 * out to the machine. All that lines, filters and routes do, they do to it too; the world then runs
 * with the machine's clock. */
#ifndef WZP_SIM_GATE_H
#define WZP_SIM_GATE_H

#include "sim/network.h"

/* Caller owned; stays until closed. */
struct wzp_sim_gate {
    struct wzp_sim_host *host;
    /* A whole packet for the machine, valid until it returns. */
    void (*deliver)(void *context, const uint8_t *packet, size_t length);
    void *context;
    uint64_t in, out; /* packets that passed */
    uint64_t
        strange; /* what is no UDP of one of the host's addresses: ICMP, multicast, fragments */
};
/* The host has its addresses already, or gets them later. WZP_E_MEMORY, WZP_E_DUPLICATE. */
int wzp_sim_gate_open(struct wzp_sim_gate *gate, struct wzp_sim_host *host,
                      void (*deliver)(void *context, const uint8_t *packet, size_t length),
                      void *context);
/* Before the host is removed. Harmless on one that was never opened (all zero). */
void wzp_sim_gate_close(struct wzp_sim_gate *gate);
/* A packet of the machine, at the world's present time. */
void wzp_sim_gate_receive(struct wzp_sim_gate *gate, const uint8_t *packet, size_t length);

#endif
