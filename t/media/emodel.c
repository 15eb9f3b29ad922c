/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <math.h>

#include "media/emodel.h"

static double mos(enum wzp_codec codec, uint32_t bitrate, double delay, double lost, double run)
{
    struct wzp_emodel_input in = {codec, bitrate, delay, lost, run};

    return wzp_emodel_mos(wzp_emodel_r(&in));
}

TAP_MAIN
{
    ok(mos(WZP_CODEC_OPUS_64K, 0, 60, 0, 0) > 4.3, "a good call");
    ok(mos(WZP_CODEC_OPUS_32K, 0, 60, 0, 0) > mos(WZP_CODEC_OPUS_24K, 0, 60, 0, 0) &&
           mos(WZP_CODEC_OPUS_24K, 0, 60, 0, 0) > mos(WZP_CODEC_OPUS_6K, 0, 60, 0, 0),
       "more bits are better");
    is_near(mos(WZP_CODEC_OPUS_6K, 12000, 60, 0, 0), mos(WZP_CODEC_OPUS_16K, 12000, 60, 0, 0), 1e-9,
            "what counts is the rate, not the id");
    double codec2 = mos(WZP_CODEC_CODEC2_1200, 0, 80, 0, 0);
    ok(codec2 < 2.5, "Codec2 at 1200 bit/s is no 4.4 (%.2f)", codec2);
    ok(mos(WZP_CODEC_CODEC2_3200, 0, 80, 0, 0) > codec2, "3200 are better");
    ok(mos(WZP_CODEC_OPUS_32K, 0, 400, 0, 0) < mos(WZP_CODEC_OPUS_32K, 0, 150, 0, 0) - 0.3,
       "a long delay counts");
    double random = mos(WZP_CODEC_OPUS_32K, 0, 60, 5, 1);
    ok(random < 3.6 && random > 2.5, "five percent unheard (%.2f)", random);
    ok(mos(WZP_CODEC_OPUS_32K, 0, 60, 5, 4) < random, "in runs it is worse");
    double before = 5;
    for (double lost = 0; lost <= 100; lost += 5) {
        double value = mos(WZP_CODEC_OPUS_24K, 0, 100, lost, 0);
        ok(value <= before && value >= 1 && value <= 4.5, "%.0f %% lost: %.2f", lost, value);
        before = value;
    }
    is_near(
        wzp_emodel_mos(wzp_emodel_r(&(struct wzp_emodel_input){WZP_CODEC_OPUS_24K, 0, -5, NAN, 0})),
        mos(WZP_CODEC_OPUS_24K, 0, 0, 0, 0), 1e-9, "nonsense counts as nothing");
    is_near(wzp_emodel_mos(-3), 1, 1e-9, "R below zero");
    is_near(wzp_emodel_mos(120), 4.5, 1e-9, "and beyond all");
    is_near(wzp_emodel_codec_delay_ms(WZP_CODEC_OPUS_32K, 20), 26.5, 1e-9, "delay of the coder");
}
