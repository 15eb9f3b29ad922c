/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Strays: packets that do not fit what is known of a stream. They are kept until a following packet
 * confirms them or newer strays replace them. Fixed memory. */
#ifndef WZP_MEDIA_STRAYS_H
#define WZP_MEDIA_STRAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "media/encoder.h"
#include "wire/media.h"

#define WZP_STRAYS 8

struct wzp_stray {
    bool used;
    uint64_t arrival;
    struct wzp_media_header header;
    uint16_t length;
    uint8_t data[WZP_FRAME_BYTES_MAX];
};
/* All zero: none is kept. */
struct wzp_strays {
    struct wzp_stray kept[WZP_STRAYS];
    unsigned next;
};
/* Keeps a copy of the packet (at most WZP_FRAME_BYTES_MAX of payload), in the place of the
 * oldest. */
void wzp_strays_keep(struct wzp_strays *s, const struct wzp_media_packet *packet, uint64_t now);
/* The stray that a packet with this header continues in sequence and time, NULL when there is none.
 * *per_ms: timestamp units per ms, 1 or 48. */
const struct wzp_stray *wzp_strays_confirmed(const struct wzp_strays *s,
                                             const struct wzp_media_header *h, unsigned *per_ms,
                                             uint64_t now);
void wzp_strays_forget(struct wzp_strays *s);

#endif
