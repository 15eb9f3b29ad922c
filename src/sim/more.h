/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Additional ports of an object on a simulated host: what arrives there goes to the object, with
 * the port's number in the local address; what it then wants to send leaves when its first port has
 * its turn. */
#ifndef WZP_SIM_MORE_H
#define WZP_SIM_MORE_H

#include "sim/network.h"

#define WZP_SIM_MORE_MAX 256

/* All zero but these three: no port. Ports of the object are closed before it goes. */
struct wzp_sim_more {
    struct wzp_sim_host *host;
    void (*receive)(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now);
    void (*received)(void *object); /* something came: the object's first port has its turn */
    void *object;
    uint16_t numbers[WZP_SIM_MORE_MAX], last;
    size_t count;
};

/* Opens one, IPv4, at a free number. WZP_E_LIMIT, WZP_E_NETWORK, WZP_E_MEMORY. */
int wzp_sim_more_open(struct wzp_sim_more *more, struct wzp_addr *out);
/* Closes the one that an address names by its port; nothing when there is none. */
void wzp_sim_more_close(struct wzp_sim_more *more, const struct wzp_addr *local);
void wzp_sim_more_close_all(struct wzp_sim_more *more);

#endif
