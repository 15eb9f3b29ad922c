/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/ip.h"

#include <string.h>

#include "base/error.h"

#define V4_HEADER 20
#define V6_HEADER 40
#define UDP_HEADER 8
#define UDP 17
#define TTL 64

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* ---- reading ---- */

/* What follows the IP header. Ports are those of the addresses; the payload ends where the UDP
 * header says. */
static int parse_udp(struct wzp_sim_ip *out, const uint8_t *udp, size_t length)
{
    if (length < UDP_HEADER)
        return WZP_E_SYNTAX;
    size_t whole = get16(udp + 4);
    if (whole < UDP_HEADER || whole > length)
        return WZP_E_SYNTAX;
    wzp_addr_set_port(&out->from, (uint16_t)get16(udp));
    wzp_addr_set_port(&out->to, (uint16_t)get16(udp + 2));
    out->data = udp + UDP_HEADER;
    out->length = whole - UDP_HEADER;
    return 0;
}

static int parse_v4(struct wzp_sim_ip *out, const uint8_t *packet, size_t length)
{
    size_t header = (size_t)(packet[0] & 15) * 4;
    if (length < V4_HEADER || header < V4_HEADER || header > length)
        return WZP_E_SYNTAX;
    size_t whole = get16(packet + 2);
    if (whole < header || whole > length)
        return WZP_E_SYNTAX;
    if (packet[9] != UDP || (get16(packet + 6) & 0x3fff)) /* more fragments, or an offset */
        return WZP_E_UNSUPPORTED;
    out->ecn = packet[1] & 3;
    wzp_addr_from_ip4(&out->from, packet + 12, 0);
    wzp_addr_from_ip4(&out->to, packet + 16, 0);
    return parse_udp(out, packet + header, whole - header);
}

static int parse_v6(struct wzp_sim_ip *out, const uint8_t *packet, size_t length)
{
    if (length < V6_HEADER)
        return WZP_E_SYNTAX;
    size_t whole = get16(packet + 4);
    if (whole > length - V6_HEADER)
        return WZP_E_SYNTAX;
    if (packet[6] != UDP) /* or a header between, which our sockets do not send */
        return WZP_E_UNSUPPORTED;
    out->ecn = (packet[1] >> 4) & 3;
    wzp_addr_from_ip6(&out->from, packet + 8, 0);
    wzp_addr_from_ip6(&out->to, packet + 24, 0);
    return parse_udp(out, packet + V6_HEADER, whole);
}

int wzp_sim_ip_parse(struct wzp_sim_ip *out, const uint8_t *packet, size_t length)
{
    memset(out, 0, sizeof *out);
    if (length == 0)
        return WZP_E_SYNTAX;
    if (packet[0] >> 4 == 4)
        return parse_v4(out, packet, length);
    return packet[0] >> 4 == 6 ? parse_v6(out, packet, length) : WZP_E_UNSUPPORTED;
}

/* ---- writing ---- */

static uint32_t add_up(uint32_t sum, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += get16(data + i);
    if (length % 2)
        sum += (uint32_t)data[length - 1] << 8;
    return sum;
}

static unsigned folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

/* Over the pseudo header too (RFC 768; RFC 8200 8.1); 0 is written as all ones. */
static void seal_udp(uint8_t *udp, size_t length, const uint8_t *addresses, size_t addresses_length)
{
    uint32_t sum = add_up(UDP + (uint32_t)length, addresses, addresses_length);
    unsigned checksum = folded(add_up(sum, udp, length));
    put16(udp + 6, checksum ? checksum : 0xffff);
}

static uint8_t *write_v4(uint8_t *out, const struct wzp_sim_ip *packet, size_t udp_length)
{
    memset(out, 0, V4_HEADER);
    out[0] = 0x45;
    out[1] = packet->ecn & 3;
    put16(out + 2, (unsigned)(V4_HEADER + udp_length));
    put16(out + 6, 0x4000); /* is not to be fragmented */
    out[8] = TTL;
    out[9] = UDP;
    memcpy(out + 12, &packet->from.u.in.sin_addr, 4);
    memcpy(out + 16, &packet->to.u.in.sin_addr, 4);
    put16(out + 10, folded(add_up(0, out, V4_HEADER)));
    return out + V4_HEADER;
}

static uint8_t *write_v6(uint8_t *out, const struct wzp_sim_ip *packet, size_t udp_length)
{
    memset(out, 0, V6_HEADER);
    out[0] = 0x60;
    out[1] = (uint8_t)((packet->ecn & 3) << 4);
    put16(out + 4, (unsigned)udp_length);
    out[6] = UDP;
    out[7] = TTL;
    memcpy(out + 8, &packet->from.u.in6.sin6_addr, 16);
    memcpy(out + 24, &packet->to.u.in6.sin6_addr, 16);
    return out + V6_HEADER;
}

size_t wzp_sim_ip_write(uint8_t *out, size_t capacity, const struct wzp_sim_ip *packet)
{
    bool v6 = wzp_addr_is_v6(&packet->from);
    size_t header = v6 ? V6_HEADER : V4_HEADER, udp_length = UDP_HEADER + packet->length;
    if (v6 != wzp_addr_is_v6(&packet->to) || packet->length > 65535 - UDP_HEADER - header ||
        header + udp_length > capacity)
        return 0;
    uint8_t *udp = v6 ? write_v6(out, packet, udp_length) : write_v4(out, packet, udp_length);
    put16(udp, wzp_addr_port(&packet->from));
    put16(udp + 2, wzp_addr_port(&packet->to));
    put16(udp + 4, (unsigned)udp_length);
    put16(udp + 6, 0);
    if (packet->length > 0)
        memcpy(udp + UDP_HEADER, packet->data, packet->length);
    seal_udp(udp, udp_length, out + (v6 ? 8 : 12), v6 ? 32 : 8);
    return header + udp_length;
}
