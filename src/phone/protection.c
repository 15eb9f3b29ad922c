/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/protection.h"

#include "media/encoder.h"

#define EXPECTED_MAX 40
#define EXPECTED_WARNED 25
#define CODEC_LOSS_ROBUSTNESS 10.0 /* Bpl of the E-model, Opus with its own concealment */

unsigned wzp_protection_expected_loss(double peer_percent, double path_percent, bool warned)
{
    double worst = peer_percent > path_percent ? peer_percent : path_percent;
    double wanted = worst * 1.5;
    unsigned floor = warned ? EXPECTED_WARNED : WZP_EXPECTED_LOSS_FLOOR;

    if (wanted >= EXPECTED_MAX)
        return EXPECTED_MAX;
    return wanted > floor ? (unsigned)wanted : floor;
}

unsigned wzp_protection_dred_units(enum wzp_codec codec, unsigned expected_loss)
{
    unsigned start, ceiling;

    switch (codec) {
    case WZP_CODEC_OPUS_32K:
    case WZP_CODEC_OPUS_48K:
    case WZP_CODEC_OPUS_64K:
        start = 10;
        ceiling = 30;
        break;
    case WZP_CODEC_OPUS_16K:
    case WZP_CODEC_OPUS_24K:
        start = 20;
        ceiling = 50;
        break;
    case WZP_CODEC_OPUS_6K: return 104;
    case WZP_CODEC_CODEC2_3200:
    case WZP_CODEC_CODEC2_1200:
    case WZP_CODEC_COMFORT_NOISE:
    case WZP_CODEC_COUNT:
    default: return 0;
    }
    if (expected_loss <= WZP_EXPECTED_LOSS_FLOOR)
        return start;
    if (expected_loss >= EXPECTED_MAX)
        return ceiling;
    return start + (ceiling - start) * (expected_loss - WZP_EXPECTED_LOSS_FLOOR) /
                       (EXPECTED_MAX - WZP_EXPECTED_LOSS_FLOOR);
}

/* Equipment impairment (Ie of ITU-T G.107, scale of G.113): what the codec costs without loss. The
 * values put Opus at 16 kbit/s at 4.3, at 6 kbit/s at 3.7, Codec2 at 2.9 and 2.2, in line with
 * published listening tests of these rates. */
static double impairment(enum wzp_codec codec)
{
    switch (codec) {
    case WZP_CODEC_OPUS_16K: return 4;
    case WZP_CODEC_OPUS_6K: return 21;
    case WZP_CODEC_CODEC2_3200: return 38;
    case WZP_CODEC_CODEC2_1200: return 52;
    case WZP_CODEC_OPUS_24K:
    case WZP_CODEC_OPUS_32K:
    case WZP_CODEC_OPUS_48K:
    case WZP_CODEC_OPUS_64K:
    case WZP_CODEC_COMFORT_NOISE:
    case WZP_CODEC_COUNT:
    default: return 0;
    }
}

double wzp_protection_mos(double delay_ms, double loss_percent, enum wzp_codec codec)
{
    double by_delay = 0.024 * delay_ms;
    if (delay_ms > 177.3)
        by_delay += 0.11 * (delay_ms - 177.3);
    double ie = impairment(codec);
    double by_loss = ie + (95.0 - ie) * loss_percent / (loss_percent + CODEC_LOSS_ROBUSTNESS);
    double r = 93.2 - by_delay - by_loss;

    if (r <= 0)
        return 1.0;
    if (r >= 100)
        return 4.5;
    double mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
    return mos < 1.0 ? 1.0 : mos;
}
