/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The server name in a ClientHello. */
#include "quic/sni.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define EXTENSION_SERVER_NAME 0

/* Steps over a vector with a length of `bytes` bytes. */
static bool skip_vector(struct wzp_reader *r, int bytes)
{
    size_t n = bytes == 1 ? wzp_reader_u8(r) : wzp_reader_be16(r);
    return wzp_reader_bytes(r, n) || n == 0;
}

uint8_t *wzp_quic_sni_find(uint8_t *hello, size_t length, size_t *name_length)
{
    struct wzp_reader r;
    wzp_reader_init(&r, hello, length);
    wzp_reader_bytes(&r, 2 + 32); /* version, random */
    if (!skip_vector(&r, 1) || !skip_vector(&r, 2) || !skip_vector(&r, 1))
        return NULL;
    size_t extensions = wzp_reader_be16(&r);
    if (r.failed || extensions > wzp_reader_left(&r))
        return NULL;
    while (!r.failed && wzp_reader_left(&r) >= 4) {
        unsigned type = wzp_reader_be16(&r);
        size_t size = wzp_reader_be16(&r);
        size_t at = r.offset;
        if (!wzp_reader_bytes(&r, size) || type != EXTENSION_SERVER_NAME || size < 5)
            continue;
        size_t n = wzp_get_be16(hello + at + 3);
        if (hello[at + 2] != 0 || n > size - 5)
            return NULL;
        *name_length = n;
        return hello + at + 5;
    }
    return NULL;
}

static bool is_literal(const char *name)
{
    uint8_t ip[16];
    return inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
}

int wzp_quic_sni_take(char out[WZP_SNI_MAX + 1], const uint8_t *name, size_t length)
{
    char text[WZP_SNI_MAX + 1];
    out[0] = '\0';
    if (length > WZP_SNI_MAX || memchr(name, 0, length))
        return WZP_E_SYNTAX;
    memcpy(text, name, length);
    text[length] = '\0';
    if (is_literal(text))
        return 0;
    if (!wzp_sni_valid(text, length))
        return WZP_E_SYNTAX;
    wzp_sni_lower(text);
    memcpy(out, text, length + 1);
    return 0;
}
