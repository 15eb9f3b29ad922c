/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* NAT-PMP packets (RFC 6886): two questions and their answers, checked strictly. Source:
 * wzp-protocol(7), Addresses. */
#ifndef WZP_NAT_NATPMP_H
#define WZP_NAT_NATPMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define WZP_NATPMP_PORT 5351
#define WZP_NATPMP_VERSION 0
#define WZP_NATPMP_OPCODE_EXTERNAL 0
#define WZP_NATPMP_OPCODE_MAP_UDP 1
#define WZP_NATPMP_EXTERNAL_SIZE 2
#define WZP_NATPMP_MAP_SIZE 12

struct wzp_natpmp_answer {
    uint8_t opcode;  /* without the answer bit */
    uint16_t result; /* 0 = success, 1 version, 2 refused, 3 network, 4 resources, 5 opcode */
    uint32_t epoch;  /* seconds since the router's table began */
    struct wzp_addr external; /* of WZP_NATPMP_OPCODE_EXTERNAL; port 0 */
    uint16_t internal_port, external_port;
    uint32_t lifetime; /* seconds */
};

/* Asks for the router's external address. */
void wzp_natpmp_write_external(uint8_t out[WZP_NATPMP_EXTERNAL_SIZE]);
/* Asks to map this UDP port. lifetime 0 (and external 0) removes the mapping. */
void wzp_natpmp_write_map(uint8_t out[WZP_NATPMP_MAP_SIZE], uint16_t internal_port,
                          uint16_t external_port, uint32_t lifetime);
/* Reads an answer; an error result still fills opcode, result, epoch. WZP_E_SHORT,
 * WZP_E_UNSUPPORTED (another version: the router speaks PCP only), WZP_E_SYNTAX (no answer, unknown
 * opcode). */
int wzp_natpmp_parse(struct wzp_natpmp_answer *out, const uint8_t *data, size_t length);

#endif
