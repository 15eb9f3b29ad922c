/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/stun.h"

#include <string.h>

#include "base/bytes.h"

#define COOKIE 0x2112a442
#define HEADER 20
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define CHANGE_REQUEST 0x0003
#define XOR_MAPPED_ADDRESS 0x0020
#define RESPONSE_PORT 0x0027
#define RESPONSE_ORIGIN 0x802b
#define OTHER_ADDRESS 0x802c
#define CHANGE_IP 0x04
#define CHANGE_PORT 0x02
#define ADDRESSES_MAX 16

/* The flags of CHANGE-REQUEST, 0 without; -1 when this is no binding request. A RESPONSE-PORT goes
 * to *port. */
static int read_request(uint16_t *port, const uint8_t *data, size_t length)
{
    int change = 0;
    if (length < HEADER || wzp_get_be16(data) != BINDING_REQUEST ||
        wzp_get_be32(data + 4) != COOKIE || wzp_get_be16(data + 2) + (size_t)HEADER != length)
        return -1;
    for (size_t at = HEADER; at + 4 <= length;) {
        size_t size = wzp_get_be16(data + at + 2);
        if (size > length - at - 4)
            return -1;
        if (wzp_get_be16(data + at) == CHANGE_REQUEST && size == 4)
            change = data[at + 7] & (CHANGE_IP | CHANGE_PORT);
        else if (wzp_get_be16(data + at) == RESPONSE_PORT && size >= 2)
            *port = wzp_get_be16(data + at + 4);
        at += 4 + (size + 3) / 4 * 4;
    }
    return change;
}

/* Appends an attribute with an address, XORed with cookie and transaction when told so. */
static size_t put_address(uint8_t *out, size_t at, uint16_t type, const struct wzp_addr *a)
{
    bool v6 = wzp_addr_is_v6(a);
    size_t size = v6 ? 16 : 4;
    uint8_t *value = out + at + 4;
    wzp_put_be16(out + at, type);
    wzp_put_be16(out + at + 2, (uint16_t)(4 + size));
    value[0] = 0;
    value[1] = v6 ? 2 : 1;
    wzp_put_be16(value + 2, wzp_addr_port(a));
    if (v6)
        memcpy(value + 4, &a->u.in6.sin6_addr, 16);
    else
        memcpy(value + 4, &a->u.in.sin_addr, 4);
    if (type == XOR_MAPPED_ADDRESS) {
        value[2] ^= out[4];
        value[3] ^= out[5];
        for (size_t i = 0; i < size; i++)
            value[4 + i] ^= out[4 + i];
    }
    return at + 4 + 4 + size;
}

/* The server's address that is not this one. False when it has only one. */
static bool other_address(const struct wzp_sim_stun *stun, struct wzp_addr *out,
                          const struct wzp_addr *local)
{
    struct wzp_sim_host_view views[ADDRESSES_MAX];
    size_t count = wzp_sim_host_addresses(stun->host, views, ADDRESSES_MAX);
    *out = *local;
    for (size_t i = 0; i < count; i++)
        if (wzp_addr_is_v6(&views[i].address) == wzp_addr_is_v6(local) &&
            !wzp_addr_equal_ip(&views[i].address, local)) {
            *out = views[i].address;
            return true;
        }
    return false;
}

static void answer(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                   const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                   uint64_t now)
{
    struct wzp_sim_stun *stun = context;
    uint16_t port = wzp_addr_port(remote);
    int change = read_request(&port, data, length);
    uint8_t out[HEADER + 3 * 24];
    (void)ecn;
    (void)now;
    if (change < 0) {
        stun->rejected++;
        return;
    }
    stun->asked++;
    struct wzp_addr other, from = *local;
    bool has_other = other_address(stun, &other, local);
    uint16_t other_port = wzp_addr_port(local) == stun->port ? stun->other_port : stun->port;
    wzp_addr_set_port(&other, other_port);
    if (stun->silent || (change && !has_other))
        return;
    if (change & CHANGE_IP)
        from = other;
    wzp_addr_set_port(&from, change & CHANGE_PORT ? other_port : wzp_addr_port(local));
    wzp_put_be16(out, BINDING_SUCCESS);
    memcpy(out + 4, data + 4, HEADER - 4);
    size_t at = put_address(out, HEADER, XOR_MAPPED_ADDRESS, remote);
    at = put_address(out, at, RESPONSE_ORIGIN, &from);
    if (has_other)
        at = put_address(out, at, OTHER_ADDRESS, &other);
    wzp_put_be16(out + 2, (uint16_t)(at - HEADER));
    struct wzp_addr to = *remote;
    wzp_addr_set_port(&to, port);
    wzp_sim_host_send(host, &from, &to, out, at);
}

int wzp_sim_stun_start(struct wzp_sim_stun *stun, struct wzp_sim_host *host, uint16_t port,
                       uint16_t other_port)
{
    *stun = (struct wzp_sim_stun){.host = host, .port = port, .other_port = other_port};
    int result = wzp_sim_host_serve(host, port, answer, stun);
    if (result)
        return result;
    result = wzp_sim_host_serve(host, other_port, answer, stun);
    if (result)
        wzp_sim_host_unbind(host, port);
    return result;
}

void wzp_sim_stun_stop(struct wzp_sim_stun *stun)
{
    wzp_sim_host_unbind(stun->host, stun->port);
    wzp_sim_host_unbind(stun->host, stun->other_port);
}
