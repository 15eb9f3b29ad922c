/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/natpmp.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define ANSWER_BIT 0x80

void wzp_natpmp_write_external(uint8_t out[WZP_NATPMP_EXTERNAL_SIZE])
{
    out[0] = WZP_NATPMP_VERSION;
    out[1] = WZP_NATPMP_OPCODE_EXTERNAL;
}

void wzp_natpmp_write_map(uint8_t out[WZP_NATPMP_MAP_SIZE], uint16_t internal_port,
                          uint16_t external_port, uint32_t lifetime)
{
    out[0] = WZP_NATPMP_VERSION;
    out[1] = WZP_NATPMP_OPCODE_MAP_UDP;
    wzp_put_be16(out + 2, 0);
    wzp_put_be16(out + 4, internal_port);
    wzp_put_be16(out + 6, external_port);
    wzp_put_be32(out + 8, lifetime);
}

int wzp_natpmp_parse(struct wzp_natpmp_answer *out, const uint8_t *data, size_t length)
{
    memset(out, 0, sizeof *out);
    if (length < 8)
        return WZP_E_SHORT;
    if (data[0] != WZP_NATPMP_VERSION)
        return WZP_E_UNSUPPORTED;
    if (!(data[1] & ANSWER_BIT))
        return WZP_E_SYNTAX;
    out->opcode = data[1] & (uint8_t)~ANSWER_BIT;
    if (out->opcode > WZP_NATPMP_OPCODE_MAP_UDP)
        return WZP_E_SYNTAX;
    out->result = wzp_get_be16(data + 2);
    out->epoch = wzp_get_be32(data + 4);
    if (out->result)
        return 0; /* after an error some routers leave out the rest */
    if (length < (out->opcode == WZP_NATPMP_OPCODE_EXTERNAL ? 12u : 16u))
        return WZP_E_SHORT;
    if (out->opcode == WZP_NATPMP_OPCODE_EXTERNAL) {
        wzp_addr_from_ip4(&out->external, data + 8, 0);
        return 0;
    }
    out->internal_port = wzp_get_be16(data + 8);
    out->external_port = wzp_get_be16(data + 10);
    out->lifetime = wzp_get_be32(data + 12);
    return 0;
}
