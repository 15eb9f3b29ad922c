/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Blocks and options of pcapng files, read and written in memory; their contents are not
 * interpreted. Written files are little-endian. Source: draft-ietf-opsawg-pcapng, sections 3 and
 * 4. */
#ifndef WZP_WIRE_PCAPNG_H
#define WZP_WIRE_PCAPNG_H

#include "base/bytes.h"

#define WZP_PCAPNG_MAGIC 0x1a2b3c4du
#define WZP_PCAPNG_BLOCK_MAX (16u * 1024 * 1024) /* bytes; longer blocks are malformed */
enum { WZP_PCAPNG_INTERFACE = 1, WZP_PCAPNG_PACKET = 6 };
#define WZP_PCAPNG_SECTION 0x0a0d0d0au
enum {
    WZP_PCAPNG_INTERFACE_NAME = 2,
    WZP_PCAPNG_PACKET_FLAGS = 2,
    WZP_PCAPNG_INTERFACE_DESCRIPTION = 3,
    WZP_PCAPNG_USER_APPLICATION = 4,
    WZP_PCAPNG_INTERFACE_RESOLUTION = 9
};

/* A block being written into the caller's memory. */
struct wzp_pcapng_writer {
    struct wzp_writer w;
    bool has_options;
};
/* begin, then the fixed fields, then options, then end, which returns the block's length or
 * WZP_E_TOO_BIG. */
void wzp_pcapng_begin(struct wzp_pcapng_writer *w, uint8_t *out, size_t capacity, uint32_t type);
void wzp_pcapng_u16(struct wzp_pcapng_writer *w, uint16_t value);
void wzp_pcapng_u32(struct wzp_pcapng_writer *w, uint32_t value);
/* Writes a timestamp as two 32-bit halves, the upper one first. */
void wzp_pcapng_time(struct wzp_pcapng_writer *w, uint64_t at);
void wzp_pcapng_bytes(struct wzp_pcapng_writer *w, const void *data, size_t length);
/* Rounds up to a multiple of four. */
void wzp_pcapng_pad(struct wzp_pcapng_writer *w);
void wzp_pcapng_option(struct wzp_pcapng_writer *w, uint16_t code, const void *value,
                       size_t length);
int wzp_pcapng_end(struct wzp_pcapng_writer *w);

struct wzp_pcapng_block {
    uint32_t type;
    const uint8_t *body; /* between the two lengths */
    size_t length;
};
/* Reads the block at *offset, which moves past it; a section header sets the byte order. 1, 0 at
 * the end, WZP_E_SHORT (the file is cut), WZP_E_SYNTAX (not a block). */
int wzp_pcapng_block(struct wzp_pcapng_block *out, const uint8_t *data, size_t length,
                     size_t *offset, bool *is_big_endian);
struct wzp_pcapng_option {
    unsigned code;
    const uint8_t *value;
    size_t length;
};
/* Reads the option at *offset of the block's body. False: no more, or malformed. */
bool wzp_pcapng_next_option(struct wzp_pcapng_option *out, const struct wzp_pcapng_block *block,
                            size_t *offset, bool is_big_endian);
/* Read numbers in the section's byte order. */
uint16_t wzp_pcapng_get16(const uint8_t *p, bool is_big_endian);
uint32_t wzp_pcapng_get32(const uint8_t *p, bool is_big_endian);

#endif
