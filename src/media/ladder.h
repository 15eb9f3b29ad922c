/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rates and frame lengths that lines of all widths get, from the richest to the poorest; the
 * first row (0) is the tier of the user's choice. Pure. */
#ifndef WZP_MEDIA_LADDER_H
#define WZP_MEDIA_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"

/* Which one: that below this tier, for a peer that looks into packets (long_frames) or believes the
 * id. */
struct wzp_ladder {
    enum wzp_codec best;
    bool long_frames;
};

/* Rows of it, the first one included. */
unsigned wzp_ladder_count(const struct wzp_ladder *l);
/* bit/s and ms of a row. */
uint32_t wzp_ladder_bitrate(const struct wzp_ladder *l, unsigned row);
uint8_t wzp_ladder_frame_ms(const struct wzp_ladder *l, unsigned row);
/* kbit/s on the wire. The coder's rate varies with the voice; a tenth below the nominal one is what
 * steady speech takes. */
double wzp_ladder_kbps(const struct wzp_ladder *l, unsigned row);
/* A row that is no cheaper than the tier of the user's choice is none. */
bool wzp_ladder_is_dearer(const struct wzp_ladder *l, unsigned row);
/* The richest row of those from `from` on that a line of so many kbit/s carries; the last one when
 * none does. */
unsigned wzp_ladder_fitting(const struct wzp_ladder *l, unsigned from, double kbps);

#endif
