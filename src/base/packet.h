/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One thing to send, and the four calls of a sans-I/O object (a phone, a relay) as its drivers hold
 * it: loop/ drives it in real time over sockets, sim/ in virtual time over made-up links. Source:
 * design.md 3. */
#ifndef WZP_BASE_PACKET_H
#define WZP_BASE_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define WZP_PACKET_MAX 1452 /* bytes, the largest UDP payload we send */

/* `length` bytes in `data` that form UDP payloads of `segment` bytes each (the last may be shorter)
 * to one peer: one sendmsg with UDP_SEGMENT, or several. */
struct wzp_packet {
    struct wzp_addr local, remote;
    uint8_t *data;   /* in: caller's buffer */
    size_t capacity; /* in: at least WZP_PACKET_MAX; up to 64 KiB to allow several segments */
    size_t length;
    size_t segment;
    uint8_t ecn; /* the two bits of RFC 3168 */
};

/* local is the address a payload came to, remote where from. expiry: when handle_expiry wants to be
 * called next, WZP_NEVER for no appointment. next_packet: 1 with a packet, 0 when there is nothing
 * to send now; it is called until 0 after every batch of receives, after handle_expiry and after
 * commands to the object. None of them fails. */
struct wzp_driver {
    void *object;
    void (*receive)(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now);
    uint64_t (*expiry)(const void *object);
    void (*handle_expiry)(void *object, uint64_t now);
    int (*next_packet)(void *object, struct wzp_packet *out, uint64_t now);
};

#endif
