/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/pcp.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define ANSWER_BIT 0x80
#define SIZE_MAX_BYTES 1100 /* RFC 6887 7: no message is longer */

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* ::ffff:a.b.c.d; of no address ::ffff:0.0.0.0, which asks for any IPv4 address. */
static void put_address(uint8_t out[16], const struct wzp_addr *addr)
{
    memset(out, 0, 16);
    if (wzp_addr_is_v6(addr)) {
        memcpy(out, addr->u.in6.sin6_addr.s6_addr, 16);
        return;
    }
    memcpy(out, mapped_prefix, sizeof mapped_prefix);
    if (!wzp_addr_is_none(addr))
        memcpy(out + 12, &addr->u.in.sin_addr, 4);
}

static void write_header(uint8_t *out, unsigned opcode, uint32_t lifetime,
                         const struct wzp_addr *client)
{
    out[0] = WZP_PCP_VERSION;
    out[1] = (uint8_t)opcode;
    wzp_put_be16(out + 2, 0);
    wzp_put_be32(out + 4, lifetime);
    put_address(out + 8, client);
}

void wzp_pcp_write_announce(uint8_t out[WZP_PCP_ANNOUNCE_SIZE], const struct wzp_addr *client)
{
    write_header(out, WZP_PCP_OPCODE_ANNOUNCE, 0, client);
}

void wzp_pcp_write_map(uint8_t out[WZP_PCP_MAP_SIZE], const struct wzp_pcp_map *map)
{
    write_header(out, WZP_PCP_OPCODE_MAP, map->lifetime, &map->client);
    memcpy(out + 24, map->nonce, WZP_PCP_NONCE_SIZE);
    out[36] = WZP_PCP_PROTOCOL_UDP;
    memset(out + 37, 0, 3);
    wzp_put_be16(out + 40, map->internal_port);
    wzp_put_be16(out + 42, map->external_port);
    put_address(out + 44, &map->external);
}

static int parse_map(struct wzp_pcp_answer *out, const struct wzp_pcp_map *asked,
                     const uint8_t *data, size_t length)
{
    if (length < WZP_PCP_MAP_SIZE)
        return WZP_E_SHORT;
    if (!asked || memcmp(data + 24, asked->nonce, WZP_PCP_NONCE_SIZE) ||
        data[36] != WZP_PCP_PROTOCOL_UDP || wzp_get_be16(data + 40) != asked->internal_port)
        return WZP_E_NOT_FOUND;
    out->internal_port = wzp_get_be16(data + 40);
    out->external_port = wzp_get_be16(data + 42);
    if (out->result == 0)
        wzp_addr_from_ip6(&out->external, data + 44, out->external_port);
    return 0;
}

int wzp_pcp_parse(struct wzp_pcp_answer *out, const struct wzp_pcp_map *asked, const uint8_t *data,
                  size_t length)
{
    memset(out, 0, sizeof *out);
    if (length < 4)
        return WZP_E_SHORT;
    if (data[0] != WZP_PCP_VERSION)
        return WZP_E_UNSUPPORTED;
    if (length < WZP_PCP_ANNOUNCE_SIZE || length % 4)
        return WZP_E_SHORT;
    if (!(data[1] & ANSWER_BIT) || length > SIZE_MAX_BYTES)
        return WZP_E_SYNTAX;
    out->opcode = data[1] & (uint8_t)~ANSWER_BIT;
    out->result = data[3];
    out->lifetime = wzp_get_be32(data + 4);
    out->epoch = wzp_get_be32(data + 8);
    if (out->opcode == WZP_PCP_OPCODE_ANNOUNCE)
        return 0;
    return out->opcode == WZP_PCP_OPCODE_MAP ? parse_map(out, asked, data, length) : WZP_E_SYNTAX;
}
