/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Port Control Protocol packets (RFC 6887): ANNOUNCE and MAP for UDP over IPv4. Source:
 * wzp-protocol(7), Addresses. */
#ifndef WZP_NAT_PCP_H
#define WZP_NAT_PCP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define WZP_PCP_PORT 5351
#define WZP_PCP_VERSION 2
#define WZP_PCP_OPCODE_ANNOUNCE 0
#define WZP_PCP_OPCODE_MAP 1
#define WZP_PCP_ANNOUNCE_SIZE 24
#define WZP_PCP_MAP_SIZE 60
#define WZP_PCP_NONCE_SIZE 12
#define WZP_PCP_PROTOCOL_UDP 17

/* Results that mean something of their own. */
#define WZP_PCP_NOT_AUTHORIZED 2
/* The router sees another client address: a NAT is in between. */
#define WZP_PCP_ADDRESS_MISMATCH 12

struct wzp_pcp_map {
    uint8_t nonce[WZP_PCP_NONCE_SIZE]; /* ties the mapping to us: renewal and delete need it */
    struct wzp_addr client; /* own address as the router should see it; v4, port unused */
    uint16_t internal_port;
    struct wzp_addr external; /* wanted; none = any IPv4 address */
    uint16_t external_port;
    uint32_t lifetime; /* seconds, 0 = remove it */
};
struct wzp_pcp_answer {
    uint8_t opcode;
    uint8_t result; /* 0 = success */
    uint32_t lifetime, epoch;
    uint16_t internal_port, external_port; /* of MAP */
    struct wzp_addr external;              /* of MAP; with external_port */
};

/* ANNOUNCE, which asks whether the service is there, and the request for a mapping. */
void wzp_pcp_write_announce(uint8_t out[WZP_PCP_ANNOUNCE_SIZE], const struct wzp_addr *client);
void wzp_pcp_write_map(uint8_t out[WZP_PCP_MAP_SIZE], const struct wzp_pcp_map *map);
/* Reads an answer. One to MAP must be about `asked`: same nonce, protocol and inner port (asked may
 * be NULL when none was asked for). WZP_E_SHORT, WZP_E_UNSUPPORTED (another version: the router
 * speaks NAT-PMP only), WZP_E_SYNTAX, WZP_E_NOT_FOUND (somebody else's mapping). */
int wzp_pcp_parse(struct wzp_pcp_answer *out, const struct wzp_pcp_map *asked, const uint8_t *data,
                  size_t length);

#endif
