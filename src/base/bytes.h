/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bytes: big-endian numbers, hexadecimal, constant-time comparison, wiping, bounded reader and
 * writer. Nothing here allocates. */
#ifndef WZP_BASE_BYTES_H
#define WZP_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t wzp_get_be16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}
static inline uint32_t wzp_get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t wzp_get_be64(const uint8_t *p)
{
    return (uint64_t)wzp_get_be32(p) << 32 | wzp_get_be32(p + 4);
}
static inline void wzp_put_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void wzp_put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}
static inline void wzp_put_be64(uint8_t *p, uint64_t v)
{
    wzp_put_be32(p, (uint32_t)(v >> 32));
    wzp_put_be32(p + 4, (uint32_t)v);
}

/* Overwrites secrets in a way the compiler keeps. */
void wzp_wipe(void *p, size_t length);

/* True when both blocks are equal; time does not depend on the contents. */
bool wzp_equal_constant_time(const void *a, const void *b, size_t length);

/* True when every byte is zero; time does not depend on the contents. */
bool wzp_is_zero_constant_time(const void *p, size_t length);

/* Writes 2 * length lower-case digits and a final 0 into out (2 * length + 1 bytes). */
void wzp_hex_encode(char *out, const uint8_t *in, size_t length);

/* 0 to 15, -1 for what is no hexadecimal digit. */
int wzp_hex_digit(char c);
/* Reads exactly 2 * length hexadecimal digits of either case from text (text_length characters).
 * 0, WZP_E_SHORT/WZP_E_TOO_BIG (other length) or WZP_E_SYNTAX (not a digit). */
int wzp_hex_decode(uint8_t *out, size_t length, const char *text, size_t text_length);

/* Bounded writer over caller's memory: writing past the end sets `failed` and writes nothing
 * more. */
struct wzp_writer {
    uint8_t *data;
    size_t capacity;
    size_t length;
    bool failed;
};
void wzp_writer_init(struct wzp_writer *w, void *data, size_t capacity);
void wzp_writer_bytes(struct wzp_writer *w, const void *data, size_t length);
void wzp_writer_u8(struct wzp_writer *w, uint8_t v);
void wzp_writer_be16(struct wzp_writer *w, uint16_t v);
void wzp_writer_be32(struct wzp_writer *w, uint32_t v);

/* Bounded reader: reading past the end sets `failed` and gives zeros (or NULL for bytes). */
struct wzp_reader {
    const uint8_t *data;
    size_t length;
    size_t offset;
    bool failed;
};
void wzp_reader_init(struct wzp_reader *r, const void *data, size_t length);
const uint8_t *wzp_reader_bytes(struct wzp_reader *r, size_t length);
uint8_t wzp_reader_u8(struct wzp_reader *r);
uint16_t wzp_reader_be16(struct wzp_reader *r);
size_t wzp_reader_left(const struct wzp_reader *r);

/* Serial arithmetic on wrapping 16-bit numbers (RFC 1982): -32768..32767, the signed distance a
 * - b. */
static inline int wzp_serial16(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}
/* The same on 32 bits. */
static inline int32_t wzp_serial32(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
