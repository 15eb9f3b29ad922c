/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Additional ports of an object on a simulated host. Packets that arrive there go to the object,
 * with the port's number in the local address; its answers are sent when its first port is next
 * driven. */
#ifndef WZP_SIM_MORE_H
#define WZP_SIM_MORE_H

#include "sim/network.h"

#define WZP_SIM_MORE_MAX 256

/* Initially all zero but host, the two functions and object. Close all ports before the object is
 * freed. */
struct wzp_sim_more {
    struct wzp_sim_host *host;
    void (*receive)(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now);
    void (*received)(void *object); /* a packet came: the caller drives the object's first port */
    void *object;
    uint16_t numbers[WZP_SIM_MORE_MAX], last;
    size_t count;
};

/* Opens an IPv4 port with a free number. WZP_E_LIMIT, WZP_E_NETWORK, WZP_E_MEMORY. */
int wzp_sim_more_open(struct wzp_sim_more *more, struct wzp_addr *out);
/* Closes the port of that address; does nothing when there is none. */
void wzp_sim_more_close(struct wzp_sim_more *more, const struct wzp_addr *local);
void wzp_sim_more_close_all(struct wzp_sim_more *more);

#endif
