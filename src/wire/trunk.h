/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trunk frames (relay `--trunking`, wzp-protocol(7), Trunk) and compact "mini" frames
 * (wzp-protocol(7), Compact frames). No peer of the existing network reads them, and ours do not
 * send them (between two of ours bundle.h serves the purpose of trunks, and can be told from
 * media). They exist for tools that analyse what such a relay sends. No allocation. */
#ifndef WZP_WIRE_TRUNK_H
#define WZP_WIRE_TRUNK_H

#include <stddef.h>
#include <stdint.h>

#include "wire/media.h"

struct wzp_trunk_entry {
    uint8_t session[2];
    const uint8_t *data;
    size_t length;
};
/* Checks the whole frame, then walk with _next. */
struct wzp_trunk_reader {
    const uint8_t *data;
    size_t length;
    size_t offset;
    unsigned left; /* entries not yet read */
};
/* WZP_E_SHORT when the header, an entry head or a body runs past the end: the frame is refused
 * whole. Bytes behind are ignored. */
int wzp_trunk_parse(struct wzp_trunk_reader *r, const uint8_t *data, size_t length);
/* 1 with an entry, 0 at the end. */
int wzp_trunk_next(struct wzp_trunk_reader *r, struct wzp_trunk_entry *out);
/* Writes a frame; returns length or WZP_E_TOO_BIG / WZP_E_RANGE. */
int wzp_trunk_write(uint8_t *out, size_t capacity, const struct wzp_trunk_entry *entries,
                    size_t count);

/* Context of one direction of compact framing: the last full or expanded header. */
struct wzp_mini_context {
    struct wzp_media_header last;
    int valid;
    unsigned since_full; /* packets since the last full header; a full one every 50 */
};
/* Expands a tagged frame (0x00 full, 0x01 mini). WZP_E_STATE for a mini without context,
 * WZP_E_SHORT, WZP_E_SYNTAX (tag). */
int wzp_mini_parse(struct wzp_mini_context *c, struct wzp_media_packet *out, const uint8_t *data,
                   size_t length);
/* Writes full or mini as due (a packet with report, repair flag or changed fields goes full).
 * Returns length or an error. */
int wzp_mini_write(struct wzp_mini_context *c, uint8_t *out, size_t capacity,
                   const struct wzp_media_packet *packet);

#endif
