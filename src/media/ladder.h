/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The ladder: a table of bitrates and frame lengths for lines of all widths, from the highest rate
 * to the lowest. Row 0 is the tier that the user chose. Pure. */
#ifndef WZP_MEDIA_LADDER_H
#define WZP_MEDIA_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"

/* Selects a ladder: the one below this tier, for a peer that reads the frame length from the packet
 * (long_frames) or takes it from the codec id. */
struct wzp_ladder {
    enum wzp_codec best;
    bool long_frames;
};

/* Number of rows, the first one included. */
unsigned wzp_ladder_count(const struct wzp_ladder *l);
/* bit/s and ms of a row. */
uint32_t wzp_ladder_bitrate(const struct wzp_ladder *l, unsigned row);
uint8_t wzp_ladder_frame_ms(const struct wzp_ladder *l, unsigned row);
/* kbit/s on the wire. The coder's rate varies with the voice; steady speech takes a tenth less than
 * the nominal rate. */
double wzp_ladder_kbps(const struct wzp_ladder *l, unsigned row);
/* True when the row takes no less than row 0 does: such a row is skipped. */
bool wzp_ladder_is_dearer(const struct wzp_ladder *l, unsigned row);
/* The row of the highest rate, from row `from` on, that a line of `kbps` kbit/s carries; the last
 * row when none fits. */
unsigned wzp_ladder_fitting(const struct wzp_ladder *l, unsigned from, double kbps);

#endif
