/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Services of the simulated internet: STUN servers, and names for addresses. Routers' services
 * (NAT-PMP, PCP, UPnP) are functions at a port of a box (wzp_sim_host_serve) that open ports
 * (sim/nat.h). */
#ifndef WZP_SIM_SERVICE_H
#define WZP_SIM_SERVICE_H

#include "sim/network.h"

/* ---- STUN ---- */

/* A server of RFC 8489 bindings. With two addresses of a family it also tells the other one and
 * answers from where it is asked to (RFC 5780 7). Caller owned; stays until stopped. */
struct wzp_sim_stun {
    struct wzp_sim_host *host;
    uint16_t port, other_port;
    bool silent;       /* answers nothing */
    uint64_t asked;    /* requests that could be read */
    uint64_t rejected; /* payloads that are none */
};
/* Serves at two ports of a host. WZP_E_MEMORY, WZP_E_DUPLICATE. */
int wzp_sim_stun_start(struct wzp_sim_stun *stun, struct wzp_sim_host *host, uint16_t port,
                       uint16_t other_port);
void wzp_sim_stun_stop(struct wzp_sim_stun *stun);

/* ---- names ---- */

/* Gives a name one more address, "192.0.2.1" or "2001:db8::1". WZP_E_SYNTAX, WZP_E_MEMORY,
 * WZP_E_TOO_BIG (a name beyond 255 bytes). */
int wzp_sim_name_add(struct wzp_sim *s, const char *name, const char *address);
/* NULL: all names. */
void wzp_sim_name_remove(struct wzp_sim *s, const char *name);
/* The name's addresses with that port, in the order they were given; upper and lower case are the
 * same. Returns how many there are; 0: no such name. */
size_t wzp_sim_name_find(struct wzp_sim *s, const char *name, uint16_t port, struct wzp_addr *out,
                         size_t capacity);

#endif
