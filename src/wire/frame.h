/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Framing of signals on streams: u32 big-endian length, JSON, end of stream. One message per
 * stream. Source: wzp-protocol(7), Streams and frames. */
#ifndef WZP_WIRE_FRAME_H
#define WZP_WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define WZP_FRAME_PREFIX 4
#define WZP_FRAME_MAX 1048576 /* bytes of JSON accepted */

/* Collects one message from stream bytes that arrive in pieces. Grows up to the announced
 * length, never past limit. */
struct wzp_frame {
    uint8_t prefix[WZP_FRAME_PREFIX];
    size_t have;   /* bytes seen, prefix included */
    size_t length; /* of the JSON, known once have >= 4 */
    size_t limit;
    /* length + 1 bytes with final 0, owned by the frame; grown as bytes really arrive, so a lie
     * about length costs nothing */
    char *text;
    size_t capacity;
    int complete;
};
/* limit: WZP_FRAME_MAX, or less for peers that have not proved themselves. */
void wzp_frame_init(struct wzp_frame *f, size_t limit);
void wzp_frame_fini(struct wzp_frame *f);
/* Feeds bytes; bytes after the message are ignored. 1 when the message is complete (f->text,
 * f->length), 0 when more is needed, WZP_E_TOO_BIG (announced more than limit), WZP_E_SYNTAX
 * (length 0), WZP_E_MEMORY. */
int wzp_frame_feed(struct wzp_frame *f, const uint8_t *data, size_t length);

#endif
