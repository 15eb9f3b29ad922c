/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wire/pcapng.h"

#include "base/error.h"

#define BLOCK_MIN 12 /* type and two lengths */
#define OPTION_END 0

/* ---- writing ---- */

void wzp_pcapng_u16(struct wzp_pcapng_writer *w, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    wzp_writer_bytes(&w->w, bytes, sizeof bytes);
}

void wzp_pcapng_u32(struct wzp_pcapng_writer *w, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    wzp_writer_bytes(&w->w, bytes, sizeof bytes);
}

void wzp_pcapng_begin(struct wzp_pcapng_writer *w, uint8_t *out, size_t capacity, uint32_t type)
{
    wzp_writer_init(&w->w, out, capacity);
    w->has_options = false;
    wzp_pcapng_u32(w, type);
    wzp_pcapng_u32(w, 0); /* the length, when it is known */
}

void wzp_pcapng_time(struct wzp_pcapng_writer *w, uint64_t at)
{
    wzp_pcapng_u32(w, (uint32_t)(at >> 32));
    wzp_pcapng_u32(w, (uint32_t)at);
}

void wzp_pcapng_bytes(struct wzp_pcapng_writer *w, const void *data, size_t length)
{
    wzp_writer_bytes(&w->w, data, length);
}

void wzp_pcapng_pad(struct wzp_pcapng_writer *w)
{
    while (w->w.length % 4 != 0 && !w->w.failed)
        wzp_writer_u8(&w->w, 0);
}

void wzp_pcapng_option(struct wzp_pcapng_writer *w, uint16_t code, const void *value, size_t length)
{
    wzp_pcapng_u16(w, code);
    wzp_pcapng_u16(w, (uint16_t)length);
    wzp_pcapng_bytes(w, value, length);
    wzp_pcapng_pad(w);
    w->has_options = true;
}

int wzp_pcapng_end(struct wzp_pcapng_writer *w)
{
    if (w->has_options)
        wzp_pcapng_u32(w, OPTION_END);
    uint32_t length = (uint32_t)w->w.length + 4;
    wzp_pcapng_u32(w, length);
    if (w->w.failed)
        return WZP_E_TOO_BIG;
    for (int i = 0; i < 4; i++)
        w->w.data[4 + i] = (uint8_t)(length >> 8 * i);
    return (int)length;
}

/* ---- reading ---- */

uint16_t wzp_pcapng_get16(const uint8_t *p, bool is_big_endian)
{
    return is_big_endian ? wzp_get_be16(p) : (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

uint32_t wzp_pcapng_get32(const uint8_t *p, bool is_big_endian)
{
    if (is_big_endian)
        return wzp_get_be32(p);
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int wzp_pcapng_block(struct wzp_pcapng_block *out, const uint8_t *data, size_t length,
                     size_t *offset, bool *is_big_endian)
{
    size_t left = length - *offset;
    const uint8_t *p = data + *offset;

    if (left == 0)
        return 0;
    if (left < BLOCK_MIN)
        return WZP_E_SHORT;
    /* The type of a section reads the same both ways; its magic tells the order. */
    if (wzp_get_be32(p) == WZP_PCAPNG_SECTION) {
        *is_big_endian = wzp_get_be32(p + 8) == WZP_PCAPNG_MAGIC;
        if (!*is_big_endian && wzp_pcapng_get32(p + 8, false) != WZP_PCAPNG_MAGIC)
            return WZP_E_SYNTAX;
    }
    uint32_t whole = wzp_pcapng_get32(p + 4, *is_big_endian);
    if (whole < BLOCK_MIN || whole % 4 != 0 || whole > WZP_PCAPNG_BLOCK_MAX)
        return WZP_E_SYNTAX;
    if (whole > left)
        return WZP_E_SHORT;
    if (wzp_pcapng_get32(p + whole - 4, *is_big_endian) != whole)
        return WZP_E_SYNTAX;
    out->type = wzp_pcapng_get32(p, *is_big_endian);
    out->body = p + 8;
    out->length = whole - BLOCK_MIN;
    *offset += whole;
    return 1;
}

bool wzp_pcapng_next_option(struct wzp_pcapng_option *out, const struct wzp_pcapng_block *block,
                            size_t *offset, bool is_big_endian)
{
    size_t at = *offset;

    if (at > block->length || block->length - at < 4)
        return false;
    out->code = wzp_pcapng_get16(block->body + at, is_big_endian);
    out->length = wzp_pcapng_get16(block->body + at + 2, is_big_endian);
    out->value = block->body + at + 4;
    if (out->code == OPTION_END || out->length > block->length - at - 4)
        return false;
    *offset = at + 4 + ((out->length + 3) & ~(size_t)3);
    return true;
}
