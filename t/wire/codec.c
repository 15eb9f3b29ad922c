/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Codec table, profiles, FEC ratio. Source: wzp-protocol(7), Codecs, Media header, Structures. */
#include "wire/codec.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

TAP_MAIN
{
    static const struct {
        const char *name;
        unsigned bitrate, frame_ms;
        bool is_opus;
    } table[] = {
        {"Opus24k", 24000, 20, true},     {"Opus16k", 16000, 20, true},
        {"Opus6k", 6000, 40, true},       {"Codec2_3200", 3200, 20, false},
        {"Codec2_1200", 1200, 40, false}, {"ComfortNoise", 0, 20, false},
        {"Opus32k", 32000, 20, true},     {"Opus48k", 48000, 20, true},
        {"Opus64k", 64000, 20, true},
    };
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++) {
        const struct wzp_codec_info *info = wzp_codec_info(i);
        enum wzp_codec codec = WZP_CODEC_OPUS_24K;
        is_str(info->name, table[i].name, "codec %u", i);
        ok(info->bitrate == table[i].bitrate && info->frame_ms == table[i].frame_ms &&
               info->is_opus == table[i].is_opus,
           "its numbers");
        ok(wzp_codec_parse(&codec, table[i].name, strlen(table[i].name)) == 0 && codec == i,
           "by name");
    }
    for (unsigned i = WZP_CODEC_COUNT; i <= 16; i++)
        ok(wzp_codec_info(i) == NULL, "%u is none", i);
    enum wzp_codec codec;
    is_int(wzp_codec_parse(&codec, "opus24k", 7), WZP_E_UNKNOWN, "case matters");
    is_int(wzp_codec_parse(&codec, "Opus24kx", 8), WZP_E_UNKNOWN, "length matters");
    is_int(wzp_codec_parse(&codec, "Opus24", 6), WZP_E_UNKNOWN, "either way");
    is_int(wzp_codec_parse(&codec, "", 0), WZP_E_UNKNOWN, "nothing");

    static const struct {
        const char *name;
        struct wzp_profile profile;
    } tiers[] = {
        {"Catastrophic", {WZP_CODEC_CODEC2_1200, 1.0f, 40, 8}},
        {"Degraded", {WZP_CODEC_OPUS_6K, 0.5f, 40, 10}},
        {"Good", {WZP_CODEC_OPUS_24K, 0.2f, 20, 5}},
        {"Studio32k", {WZP_CODEC_OPUS_32K, 0.1f, 20, 5}},
        {"Studio48k", {WZP_CODEC_OPUS_48K, 0.1f, 20, 5}},
        {"Studio64k", {WZP_CODEC_OPUS_64K, 0.1f, 20, 5}},
    };
    for (int i = 0; i < WZP_TIER_COUNT; i++) {
        const struct wzp_profile *p = wzp_tier_profile((enum wzp_tier)i);
        is_str(wzp_tier_name((enum wzp_tier)i), tiers[i].name, "tier %d", i);
        ok(p->codec == tiers[i].profile.codec && p->fec_ratio == tiers[i].profile.fec_ratio &&
               p->frame_duration_ms == tiers[i].profile.frame_duration_ms &&
               p->frames_per_block == tiers[i].profile.frames_per_block,
           "its profile");
        is_int(p->frame_duration_ms, wzp_codec_info(p->codec)->frame_ms, "frames as the codec has");
    }
    ok(wzp_tier_profile(WZP_TIER_COUNT) == NULL, "no such tier");
    is_str(wzp_tier_name(WZP_TIER_COUNT), "unknown", "nor name");

    static const struct {
        float ratio;
        int bits;
    } ratios[] = {
        {2.0f, 127},  {1.0f, 64},      {0.5f, 32},     {0.3f, 19},      {0.2f, 13},
        {0.1f, 6},    {0.0f, 0},       {-1.0f, 0},     {(float)NAN, 0}, {2.5f, 127},
        {1e30f, 127}, {INFINITY, 127}, {-INFINITY, 0}, {0.0078f, 0},    {0.0079f, 1},
    };
    for (size_t i = 0; i < sizeof ratios / sizeof ratios[0]; i++)
        is_int(wzp_fec_ratio_encode(ratios[i].ratio), ratios[i].bits, "ratio %g",
               (double)ratios[i].ratio);
    for (unsigned v = 0; v < 128; v++)
        if (wzp_fec_ratio_encode(wzp_fec_ratio_decode((uint8_t)v)) != v)
            ok(false, "ratio bits %u come back", v);
    is_near(wzp_fec_ratio_decode(64), 64 / 63.5, 1e-6, "decode");
}
