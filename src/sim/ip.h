/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Parses and writes UDP/IP packets, for network interfaces (RFC 791, 768, 8200). Pure. */
#ifndef WZP_SIM_IP_H
#define WZP_SIM_IP_H

#include "base/addr.h"

/* Headers of IPv6 and UDP, the longer ones. */
#define WZP_SIM_IP_HEADERS 48

struct wzp_sim_ip {
    struct wzp_addr from, to;
    uint8_t ecn;         /* two bits, RFC 3168 */
    const uint8_t *data; /* the payload, inside of what was parsed */
    size_t length;
};
/* WZP_E_UNSUPPORTED: not UDP, or a fragment; WZP_E_SYNTAX: truncated, or its lengths contradict
 * each other. Checksums are not verified: nothing is damaged between here and the kernel. */
int wzp_sim_ip_parse(struct wzp_sim_ip *out, const uint8_t *packet, size_t length);
/* Writes the packet with correct checksums. Returns its length; 0 when there is no room, when it
 * would be too long for its format, or when the addresses are of two families. */
size_t wzp_sim_ip_write(uint8_t *out, size_t capacity, const struct wzp_sim_ip *packet);

#endif
