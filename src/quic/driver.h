/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The four calls of a sans-I/O object (a phone, a relay), as its drivers hold it: loop/ drives it
 * in real time over sockets, sim/ in virtual time over made-up links. Source: design.md 3. */
#ifndef WZP_QUIC_DRIVER_H
#define WZP_QUIC_DRIVER_H

#include "quic/quic.h"

struct wzp_driver {
    void *object;
    void (*receive)(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now);
    uint64_t (*expiry)(const void *object);
    void (*handle_expiry)(void *object, uint64_t now);
    int (*next_packet)(void *object, struct wzp_quic_packet *out, uint64_t now);
};

#endif
