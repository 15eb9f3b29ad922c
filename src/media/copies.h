/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whole copies of earlier Opus frames inside an Opus packet: an extension in its padding, which
 * decoders that do not know it skip (RFC 6716 3.2.5). It is placed before other extensions, since
 * DRED's may run to the end of the padding. Bounded, no allocation. Source: wzp-protocol(7),
 * Copies; draft-ietf-mlcodec-opus-extension for the form. */
#ifndef WZP_MEDIA_COPIES_H
#define WZP_MEDIA_COPIES_H

#include <stddef.h>
#include <stdint.h>

#define WZP_COPIES_MAX 8 /* in one packet */

struct wzp_copy {
    unsigned numbers;    /* how many sequence numbers before the carrying packet, 1 to 255 */
    unsigned back_ms;    /* ms between the beginnings of both; a multiple of 10, up to 2550 */
    const uint8_t *data; /* a bare Opus packet */
    size_t length;
};
/* Writes the packet without its padding, and so without DRED and copies, in as few bytes as
 * possible: the form that wzp_copies_write takes. out has room for `length` bytes. Returns bytes, 0
 * when it is no Opus packet. */
size_t wzp_copies_bare(uint8_t *out, const uint8_t *packet, size_t length);
/* Puts copies into packet[length], which has room for `capacity`. Copies that do not fit, or that
 * no reader would accept, are left out. Returns the new length. The packet must not hold copies
 * yet. */
size_t wzp_copies_write(uint8_t *packet, size_t length, size_t capacity,
                        const struct wzp_copy *copies, size_t count);
/* The copies in a packet, as views into it. Returns how many. */
size_t wzp_copies_read(struct wzp_copy out[WZP_COPIES_MAX], const uint8_t *packet, size_t length);
/* Writes the packet as it was before wzp_copies_write; a packet without copies is written
 * unchanged. out has room for `length` bytes. Returns bytes. */
size_t wzp_copies_strip(uint8_t *out, const uint8_t *packet, size_t length);

#endif
