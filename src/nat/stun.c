/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/stun.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define TYPE_REQUEST 0x0001
#define TYPE_SUCCESS 0x0101
#define TYPE_ERROR 0x0111
#define ATTRIBUTE_MAPPED 0x0001
#define ATTRIBUTE_CHANGE_REQUEST 0x0003
#define ATTRIBUTE_ERROR_CODE 0x0009
#define ATTRIBUTE_XOR_MAPPED 0x0020
#define ATTRIBUTE_RESPONSE_PORT 0x0027
#define ATTRIBUTE_SOFTWARE 0x8022
#define ATTRIBUTE_OTHER_ADDRESS 0x802c
#define FAMILY_IP4 1
#define FAMILY_IP6 2

const char *const wzp_stun_servers[WZP_STUN_SERVERS] = {
    "stun.l.google.com:19302",
    "stun1.l.google.com:19302",
    "stun.cloudflare.com:3478",
};

void wzp_stun_error_text(char *out, size_t capacity, enum wzp_stun_error kind, const char *text,
                         unsigned number)
{
    switch (kind) {
    case WZP_STUN_OK: snprintf(out, capacity, "ok"); break;
    case WZP_STUN_IO: snprintf(out, capacity, "input/output error: %s", text); break;
    case WZP_STUN_TIMEOUT: snprintf(out, capacity, "timeout: no answer came"); break;
    case WZP_STUN_MALFORMED: snprintf(out, capacity, "malformed answer: %s", text); break;
    case WZP_STUN_MISMATCH: snprintf(out, capacity, "transaction mismatch"); break;
    case WZP_STUN_ERROR_RESPONSE: snprintf(out, capacity, "error response %u", number); break;
    case WZP_STUN_NO_ADDRESS: snprintf(out, capacity, "no MAPPED-ADDRESS in the answer"); break;
    case WZP_STUN_DNS: snprintf(out, capacity, "name not resolved: %s", text); break;
    }
}

void wzp_stun_id(uint8_t id[WZP_STUN_ID_SIZE], const struct wzp_random *random)
{
    wzp_random_bytes(random, id, WZP_STUN_ID_SIZE);
}

static void write_header(uint8_t *out, unsigned type, size_t body,
                         const uint8_t id[WZP_STUN_ID_SIZE])
{
    wzp_put_be16(out, (uint16_t)type);
    wzp_put_be16(out + 2, (uint16_t)body);
    wzp_put_be32(out + 4, WZP_STUN_COOKIE);
    memcpy(out + 8, id, WZP_STUN_ID_SIZE);
}

void wzp_stun_write_request(uint8_t out[WZP_STUN_HEADER_SIZE], const uint8_t id[WZP_STUN_ID_SIZE])
{
    write_header(out, TYPE_REQUEST, 0, id);
}

void wzp_stun_write_padded_request(uint8_t out[WZP_STUN_RESPONSE_MAX],
                                   const uint8_t id[WZP_STUN_ID_SIZE])
{
    static const char software[] = "wzp: room for you...";
    size_t size = sizeof software - 1;
    write_header(out, TYPE_REQUEST, 4 + size, id);
    wzp_put_be16(out + WZP_STUN_HEADER_SIZE, ATTRIBUTE_SOFTWARE);
    wzp_put_be16(out + WZP_STUN_HEADER_SIZE + 2, (uint16_t)size);
    memcpy(out + WZP_STUN_HEADER_SIZE + 4, software, size);
}

size_t wzp_stun_write_wish(uint8_t out[WZP_STUN_WISH_MAX], const uint8_t id[WZP_STUN_ID_SIZE],
                           unsigned change, uint16_t response_port)
{
    static const char room[] = "wzp: room for you...";
    size_t at = WZP_STUN_HEADER_SIZE;
    write_header(out, TYPE_REQUEST, WZP_STUN_WISH_MAX - WZP_STUN_HEADER_SIZE, id);
    if (change) {
        wzp_put_be16(out + at, ATTRIBUTE_CHANGE_REQUEST);
        wzp_put_be16(out + at + 2, 4);
        wzp_put_be32(out + at + 4, change);
        at += 8;
    }
    if (response_port) {
        wzp_put_be16(out + at, ATTRIBUTE_RESPONSE_PORT);
        wzp_put_be16(out + at + 2, 4); /* with the two bytes of padding that old servers want */
        wzp_put_be16(out + at + 4, response_port);
        wzp_put_be16(out + at + 6, 0);
        at += 8;
    }
    size_t size = WZP_STUN_WISH_MAX - at - 4;
    wzp_put_be16(out + at, ATTRIBUTE_SOFTWARE);
    wzp_put_be16(out + at + 2, (uint16_t)size);
    memcpy(out + at + 4, room, size);
    return WZP_STUN_WISH_MAX;
}

bool wzp_stun_is_message(const uint8_t *data, size_t length)
{
    return length >= WZP_STUN_HEADER_SIZE && data[0] < 4 &&
           wzp_get_be32(data + 4) == WZP_STUN_COOKIE &&
           wzp_get_be16(data + 2) <= length - WZP_STUN_HEADER_SIZE;
}

bool wzp_stun_is_request(const uint8_t *data, size_t length, uint8_t id[WZP_STUN_ID_SIZE])
{
    if (!wzp_stun_is_message(data, length) || wzp_get_be16(data) != TYPE_REQUEST)
        return false;
    memcpy(id, data + 8, WZP_STUN_ID_SIZE);
    return true;
}

/* XORs an address with the cookie and the transaction id, which follow each other in every message.
 */
static void mask(uint8_t *bytes, size_t count, const uint8_t id[WZP_STUN_ID_SIZE])
{
    uint8_t key[4 + WZP_STUN_ID_SIZE];
    wzp_put_be32(key, WZP_STUN_COOKIE);
    memcpy(key + 4, id, WZP_STUN_ID_SIZE);
    for (size_t i = 0; i < count; i++)
        bytes[i] ^= key[i];
}

/* An address attribute's value; none when it cannot be read. */
static void read_address(struct wzp_addr *out, const uint8_t *value, size_t length, bool masked,
                         const uint8_t id[WZP_STUN_ID_SIZE])
{
    uint8_t ip[16];
    memset(out, 0, sizeof *out);
    if (length < 4)
        return;
    size_t size = value[1] == FAMILY_IP4 ? 4 : value[1] == FAMILY_IP6 ? 16 : 0;
    if (!size || length < 4 + size)
        return;
    uint16_t port = wzp_get_be16(value + 2);
    memcpy(ip, value + 4, size);
    if (masked) {
        port ^= (uint16_t)(WZP_STUN_COOKIE >> 16);
        mask(ip, size, id);
    }
    if (size == 4)
        wzp_addr_from_ip4(out, ip, port);
    else
        wzp_addr_from_ip6(out, ip, port);
}

/* The next attribute's type; -1 at the end, and for one that runs past the end. */
static int next_attribute(struct wzp_reader *r, const uint8_t **value, size_t *length)
{
    unsigned type = wzp_reader_be16(r);
    *length = wzp_reader_be16(r);
    *value = wzp_reader_bytes(r, *length);
    if (r->failed)
        return -1;
    size_t padding = (4 - *length % 4) % 4;
    if (padding > wzp_reader_left(r))
        padding = wzp_reader_left(r);
    wzp_reader_bytes(r, padding);
    return (int)type;
}

static unsigned read_error_code(const uint8_t *data, size_t body)
{
    struct wzp_reader r;
    const uint8_t *value;
    size_t length;
    int type;
    wzp_reader_init(&r, data + WZP_STUN_HEADER_SIZE, body);
    while ((type = next_attribute(&r, &value, &length)) >= 0)
        if (type == ATTRIBUTE_ERROR_CODE && length >= 4 && (value[2] & 7) >= 3 && value[3] < 100)
            return (value[2] & 7u) * 100u + value[3];
    return 0;
}

uint16_t wzp_stun_response_port(const uint8_t *data, size_t length)
{
    struct wzp_reader r;
    const uint8_t *value;
    size_t size;
    int type;
    uint16_t port = 0;
    if (!wzp_stun_is_message(data, length))
        return 0;
    wzp_reader_init(&r, data + WZP_STUN_HEADER_SIZE, wzp_get_be16(data + 2));
    while ((type = next_attribute(&r, &value, &size)) >= 0)
        if (type == ATTRIBUTE_RESPONSE_PORT && size >= 2)
            port = wzp_get_be16(value);
    return port;
}

static enum wzp_stun_error malformed(struct wzp_stun_answer *out, const char *what)
{
    out->malformed = what;
    return WZP_STUN_MALFORMED;
}

enum wzp_stun_error wzp_stun_parse(struct wzp_stun_answer *out, const uint8_t *data, size_t length,
                                   const uint8_t id[WZP_STUN_ID_SIZE])
{
    memset(out, 0, sizeof *out);
    if (length < WZP_STUN_HEADER_SIZE)
        return malformed(out, "shorter than a header");
    if (wzp_get_be32(data + 4) != WZP_STUN_COOKIE)
        return malformed(out, "no magic cookie");
    size_t body = wzp_get_be16(data + 2);
    unsigned type = wzp_get_be16(data);
    if (type == TYPE_ERROR) {
        size_t there = length - WZP_STUN_HEADER_SIZE;
        out->error_code = read_error_code(data, body < there ? body : there);
        return WZP_STUN_ERROR_RESPONSE;
    }
    if (type != TYPE_SUCCESS)
        return malformed(out, "not a Binding response");
    if (memcmp(data + 8, id, WZP_STUN_ID_SIZE))
        return WZP_STUN_MISMATCH;
    if (body > length - WZP_STUN_HEADER_SIZE)
        return malformed(out, "shorter than its header says");
    struct wzp_reader r;
    struct wzp_addr plain = {0};
    const uint8_t *value;
    size_t size;
    int attribute;
    wzp_reader_init(&r, data + WZP_STUN_HEADER_SIZE, body);
    while ((attribute = next_attribute(&r, &value, &size)) >= 0) {
        if (attribute == ATTRIBUTE_XOR_MAPPED)
            read_address(&out->mapped, value, size, true, id);
        else if (attribute == ATTRIBUTE_MAPPED)
            read_address(&plain, value, size, false, id);
        else if (attribute == ATTRIBUTE_OTHER_ADDRESS)
            read_address(&out->other, value, size, false, id);
    }
    if (wzp_addr_is_none(&out->mapped))
        out->mapped = plain;
    return wzp_addr_is_none(&out->mapped) ? WZP_STUN_NO_ADDRESS : WZP_STUN_OK;
}

size_t wzp_stun_write_response(uint8_t *out, size_t capacity, const uint8_t id[WZP_STUN_ID_SIZE],
                               const struct wzp_addr *addr)
{
    if (wzp_addr_is_none(addr))
        return 0;
    size_t size = wzp_addr_is_v6(addr) ? 16 : 4;
    size_t total = WZP_STUN_HEADER_SIZE + 4 + 4 + size;
    if (capacity < total)
        return 0;
    write_header(out, TYPE_SUCCESS, total - WZP_STUN_HEADER_SIZE, id);
    uint8_t *attribute = out + WZP_STUN_HEADER_SIZE;
    wzp_put_be16(attribute, ATTRIBUTE_XOR_MAPPED);
    wzp_put_be16(attribute + 2, (uint16_t)(4 + size));
    attribute[4] = 0;
    attribute[5] = size == 4 ? FAMILY_IP4 : FAMILY_IP6;
    wzp_put_be16(attribute + 6, wzp_addr_port(addr) ^ (uint16_t)(WZP_STUN_COOKIE >> 16));
    if (size == 4)
        memcpy(attribute + 8, &addr->u.in.sin_addr, 4);
    else
        memcpy(attribute + 8, addr->u.in6.sin6_addr.s6_addr, 16);
    mask(attribute + 8, size, id);
    return total;
}
