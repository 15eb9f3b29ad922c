/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/emodel.h"

#include <stdbool.h>
#include <stddef.h>

#define R_BEST 93.2
#define IE_WORST 95.0
#define DELAY_KNEE_MS 177.3
#define OPUS_LOOK_AHEAD_MS 6.5
#define CODEC2_LOOK_AHEAD_MS 10.0

/* Impairment of Opus voice by its rate, and of Codec2: what listening scores say on the E-model's
 * scale; between rows straight lines. */
static const struct {
    double kbps, ie;
} opus_rows[] = {{6, 32}, {9, 22}, {12, 12}, {16, 8}, {24, 4}, {32, 2}, {48, 1}, {64, 0}};
#define CODEC2_3200_IE 42.0
#define CODEC2_1200_IE 52.0
/* Robustness against loss: neural concealment, and silence in its place. */
#define OPUS_BPL 14.0
#define CODEC2_BPL 4.0

static double opus_ie(double kbps)
{
    size_t last = sizeof opus_rows / sizeof *opus_rows - 1;

    if (kbps <= opus_rows[0].kbps)
        return opus_rows[0].ie;
    for (size_t i = 1; i <= last; i++) {
        double share = (kbps - opus_rows[i - 1].kbps) / (opus_rows[i].kbps - opus_rows[i - 1].kbps);
        if (kbps <= opus_rows[i].kbps)
            return opus_rows[i - 1].ie + share * (opus_rows[i].ie - opus_rows[i - 1].ie);
    }
    return opus_rows[last].ie;
}

static bool is_codec2(enum wzp_codec codec)
{
    return codec == WZP_CODEC_CODEC2_1200 || codec == WZP_CODEC_CODEC2_3200;
}

double wzp_emodel_r(const struct wzp_emodel_input *in)
{
    const struct wzp_codec_info *info = wzp_codec_info(in->codec);
    double kbps = (in->bitrate || !info ? in->bitrate : info->bitrate) / 1000.0;
    double ie = in->codec == WZP_CODEC_CODEC2_1200   ? CODEC2_1200_IE
                : in->codec == WZP_CODEC_CODEC2_3200 ? CODEC2_3200_IE
                                                     : opus_ie(kbps);
    double bpl = is_codec2(in->codec) ? CODEC2_BPL : OPUS_BPL;
    double lost = in->lost_percent > 0 ? in->lost_percent < 100 ? in->lost_percent : 100 : 0;
    double delay = in->delay_ms > 0 ? in->delay_ms : 0;
    /* BurstR: the mean run over that of as many losses at random. */
    double random_run = lost < 99 ? 1 / (1 - lost / 100) : 100;
    double burst = in->run > random_run ? in->run / random_run : 1;
    double by_delay = 0.024 * delay;

    if (delay > DELAY_KNEE_MS)
        by_delay += 0.11 * (delay - DELAY_KNEE_MS);
    double by_loss = lost > 0 ? (IE_WORST - ie) * lost / (lost / burst + bpl) : 0;
    if (ie + by_loss > IE_WORST)
        by_loss = IE_WORST - ie;
    double r = R_BEST - by_delay - ie - by_loss;
    return r > 0 ? r : 0;
}

double wzp_emodel_mos(double r)
{
    if (!(r > 0))
        return 1;
    if (r >= 100)
        return 4.5;
    double mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
    return mos < 1 ? 1 : mos;
}

double wzp_emodel_codec_delay_ms(enum wzp_codec codec, unsigned frame_ms)
{
    return frame_ms + (is_codec2(codec) ? CODEC2_LOOK_AHEAD_MS : OPUS_LOOK_AHEAD_MS);
}
