/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hexadecimal, constant-time comparison, wiping, bounded reader and writer. */
#include "base/bytes.h"

#include <string.h>

#include "base/error.h"

void wzp_wipe(void *p, size_t length)
{
    if (length == 0)
        return;
    memset(p, 0, length);
    /* The compiler must assume that somebody looks at the memory now. */
    __asm__ __volatile__("" : : "r"(p) : "memory");
}

bool wzp_equal_constant_time(const void *a, const void *b, size_t length)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < length; i++)
        difference = (uint8_t)(difference | (x[i] ^ y[i]));
    return difference == 0;
}

bool wzp_is_zero_constant_time(const void *p, size_t length)
{
    const volatile uint8_t *x = p;
    uint8_t any = 0;
    for (size_t i = 0; i < length; i++)
        any = (uint8_t)(any | x[i]);
    return any == 0;
}

void wzp_hex_encode(char *out, const uint8_t *in, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * length] = '\0';
}

int wzp_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int wzp_hex_decode(uint8_t *out, size_t length, const char *text, size_t text_length)
{
    if (text_length / 2 < length)
        return WZP_E_SHORT;
    if (text_length / 2 > length || text_length % 2 != 0)
        return WZP_E_TOO_BIG;
    for (size_t i = 0; i < length; i++) {
        int high = wzp_hex_digit(text[2 * i]);
        int low = wzp_hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return WZP_E_SYNTAX;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

void wzp_writer_init(struct wzp_writer *w, void *data, size_t capacity)
{
    w->data = data;
    w->capacity = capacity;
    w->length = 0;
    w->failed = false;
}

/* Room for length bytes, or NULL and failed; once failed, always failed, so that no hole appears
 * in the output. */
static uint8_t *writer_take(struct wzp_writer *w, size_t length)
{
    if (w->failed || length > w->capacity - w->length) {
        w->failed = true;
        return NULL;
    }
    uint8_t *p = w->data + w->length;
    w->length += length;
    return p;
}

void wzp_writer_bytes(struct wzp_writer *w, const void *data, size_t length)
{
    if (length == 0)
        return;
    uint8_t *p = writer_take(w, length);
    if (p)
        memcpy(p, data, length);
}

void wzp_writer_u8(struct wzp_writer *w, uint8_t v)
{
    uint8_t *p = writer_take(w, 1);
    if (p)
        *p = v;
}

void wzp_writer_be16(struct wzp_writer *w, uint16_t v)
{
    uint8_t *p = writer_take(w, 2);
    if (p)
        wzp_put_be16(p, v);
}

void wzp_writer_be32(struct wzp_writer *w, uint32_t v)
{
    uint8_t *p = writer_take(w, 4);
    if (p)
        wzp_put_be32(p, v);
}

void wzp_reader_init(struct wzp_reader *r, const void *data, size_t length)
{
    r->data = data;
    r->length = length;
    r->offset = 0;
    r->failed = false;
}

const uint8_t *wzp_reader_bytes(struct wzp_reader *r, size_t length)
{
    if (r->failed || length > r->length - r->offset) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *p = r->data + r->offset;
    r->offset += length;
    return p;
}

uint8_t wzp_reader_u8(struct wzp_reader *r)
{
    const uint8_t *p = wzp_reader_bytes(r, 1);
    return p ? *p : 0;
}

uint16_t wzp_reader_be16(struct wzp_reader *r)
{
    const uint8_t *p = wzp_reader_bytes(r, 2);
    return p ? wzp_get_be16(p) : 0;
}

size_t wzp_reader_left(const struct wzp_reader *r)
{
    return r->failed ? 0 : r->length - r->offset;
}
