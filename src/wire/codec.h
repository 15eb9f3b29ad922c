/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Codec identifiers and quality profiles as they travel. Source: wzp-protocol(7), Codecs,
 * Structures. */
#ifndef WZP_WIRE_CODEC_H
#define WZP_WIRE_CODEC_H

#include "wzp/types.h"

/* One row of the codec table. */
struct wzp_codec_info {
    const char *name; /* JSON spelling */
    uint32_t bitrate; /* nominal bit/s */
    uint8_t frame_ms; /* fixed by the id: 20 or 40 */
    bool is_opus;
};
/* NULL for ids 9..15 and more. */
const struct wzp_codec_info *wzp_codec_info(unsigned codec);
/* By JSON name; WZP_E_UNKNOWN. */
int wzp_codec_parse(enum wzp_codec *out, const char *name, size_t length);

/* What a sender announces; the receiver follows each packet's codec id instead. */
struct wzp_profile {
    enum wzp_codec codec;
    float fec_ratio;
    uint8_t frame_duration_ms;
    uint8_t frames_per_block;
};
/* The named profiles, worst to best as wzp-protocol(7), Quality directive orders the tiers. */
enum wzp_tier {
    WZP_TIER_CATASTROPHIC,
    WZP_TIER_DEGRADED,
    WZP_TIER_GOOD,
    WZP_TIER_STUDIO_32K,
    WZP_TIER_STUDIO_48K,
    WZP_TIER_STUDIO_64K,
    WZP_TIER_COUNT
};
const struct wzp_profile *wzp_tier_profile(enum wzp_tier tier);
/* "Catastrophic", "Degraded", "Good", "Studio32k", ... */
const char *wzp_tier_name(enum wzp_tier tier);

/* FEC ratio to and from its 7 bits (wzp-protocol(7), Media header): min(127, round half away (ratio
 * * 63.5)); negative and NaN give 0. Used by senders of repair packets; our headers say 0. */
uint8_t wzp_fec_ratio_encode(float ratio);
float wzp_fec_ratio_decode(uint8_t bits);

#endif
