/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Codec and profile tables. Source: wzp-protocol(7), Codecs, Media header, Structures. */
#include "wire/codec.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

static const struct wzp_codec_info codecs[WZP_CODEC_COUNT] = {
    [WZP_CODEC_OPUS_24K] = {"Opus24k", 24000, 20, true},
    [WZP_CODEC_OPUS_16K] = {"Opus16k", 16000, 20, true},
    [WZP_CODEC_OPUS_6K] = {"Opus6k", 6000, 40, true},
    [WZP_CODEC_CODEC2_3200] = {"Codec2_3200", 3200, 20, false},
    [WZP_CODEC_CODEC2_1200] = {"Codec2_1200", 1200, 40, false},
    [WZP_CODEC_COMFORT_NOISE] = {"ComfortNoise", 0, 20, false},
    [WZP_CODEC_OPUS_32K] = {"Opus32k", 32000, 20, true},
    [WZP_CODEC_OPUS_48K] = {"Opus48k", 48000, 20, true},
    [WZP_CODEC_OPUS_64K] = {"Opus64k", 64000, 20, true},
};

static const struct {
    const char *name;
    struct wzp_profile profile;
} tiers[WZP_TIER_COUNT] = {
    [WZP_TIER_CATASTROPHIC] = {"Catastrophic", {WZP_CODEC_CODEC2_1200, 1.0f, 40, 8}},
    [WZP_TIER_DEGRADED] = {"Degraded", {WZP_CODEC_OPUS_6K, 0.5f, 40, 10}},
    [WZP_TIER_GOOD] = {"Good", {WZP_CODEC_OPUS_24K, 0.2f, 20, 5}},
    [WZP_TIER_STUDIO_32K] = {"Studio32k", {WZP_CODEC_OPUS_32K, 0.1f, 20, 5}},
    [WZP_TIER_STUDIO_48K] = {"Studio48k", {WZP_CODEC_OPUS_48K, 0.1f, 20, 5}},
    [WZP_TIER_STUDIO_64K] = {"Studio64k", {WZP_CODEC_OPUS_64K, 0.1f, 20, 5}},
};

const struct wzp_codec_info *wzp_codec_info(unsigned codec)
{
    return codec < WZP_CODEC_COUNT ? &codecs[codec] : NULL;
}

int wzp_codec_parse(enum wzp_codec *out, const char *name, size_t length)
{
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++) {
        if (strlen(codecs[i].name) == length && memcmp(codecs[i].name, name, length) == 0) {
            *out = (enum wzp_codec)i;
            return 0;
        }
    }
    return WZP_E_UNKNOWN;
}

const struct wzp_profile *wzp_tier_profile(enum wzp_tier tier)
{
    return (unsigned)tier < WZP_TIER_COUNT ? &tiers[tier].profile : NULL;
}

const char *wzp_tier_name(enum wzp_tier tier)
{
    return (unsigned)tier < WZP_TIER_COUNT ? tiers[tier].name : "unknown";
}

uint8_t wzp_fec_ratio_encode(float ratio)
{
    float scaled = ratio * 63.5f; /* in 32 bits, as the other side computes it */
    if (!(scaled > 0.0f))         /* also NaN */
        return 0;
    return scaled >= 127.0f ? 127 : (uint8_t)roundf(scaled);
}

float wzp_fec_ratio_decode(uint8_t bits)
{
    return (float)(bits & 0x7f) / 63.5f;
}
