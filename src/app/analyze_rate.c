/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Figures that are computed from a stream's bins after the replay: payload rate, and the E-model's
 * estimate of quality, over time and as a whole. */
#include "app/analyze.h"

#include <math.h>

#include "media/emodel.h"

#define MOS_SECONDS 4 /* the estimate of a bin covers this time before it */

/* Payload rate, averaged over at least a second: over single bins it would alternate with the
 * packets. */
static void rate_payload(const struct wzp_analysis *a, struct wzp_analysis_stream *stream)
{
    size_t side = (size_t)floor(0.5 / a->bin_seconds);

    for (size_t i = 0; i < a->bin_count; i++) {
        size_t from = i > side ? i - side : 0;
        size_t to = i + side < a->bin_count ? i + side : a->bin_count - 1;
        double in = 0, out = 0, seconds = (double)(to - from + 1) * a->bin_seconds;
        for (size_t k = from; k <= to; k++) {
            in += stream->bins[k].bytes;
            out += stream->bins[k].bytes_out;
        }
        stream->bins[i].kbps = (float)(in * 8e-3 / seconds);
        stream->bins[i].kbps_out = (float)(out * 8e-3 / seconds);
    }
}

/* R of the E-model, where made_up ms of voice ms were concealed and the playout delay was this
 * long; rtt_ms 0: not known. */
static double rate(const struct wzp_analysis_stream *stream, double made_up, double voice,
                   double waited_ms, double rtt_ms)
{
    enum wzp_codec codec = (enum wzp_codec)stream->codec;
    const struct wzp_emodel_input input = {.codec = codec,
                                           .delay_ms = rtt_ms / 2 + waited_ms +
                                                       wzp_emodel_codec_delay_ms(codec, 20),
                                           .lost_percent = 100 * made_up / voice,
                                           .run = stream->heard.jitter.runs.mean_run};

    return wzp_emodel_r(&input);
}

/* Estimates each bin over the last MOS_SECONDS. */
static void rate_bins(const struct wzp_analysis *a, struct wzp_analysis_stream *stream)
{
    size_t back = (size_t)ceil(MOS_SECONDS / a->bin_seconds);
    double rtt = 0;

    for (size_t i = 0; i < a->bin_count; i++) {
        struct wzp_analysis_bin *bin = &stream->bins[i];
        double made_up = 0, voice = 0;
        if (bin->rtt_ms >= 0)
            rtt = (double)bin->rtt_ms;
        for (size_t k = i >= back ? i - back + 1 : 0; k <= i; k++) {
            voice += wzp_analysis_voice_ms(&stream->bins[k]);
            made_up += (double)stream->bins[k].origin_ms[WZP_ORIGIN_CONCEALED];
        }
        if (voice > 0 && bin->delay_ms >= 0)
            bin->mos =
                (float)wzp_emodel_mos(rate(stream, made_up, voice, (double)bin->delay_ms, rtt));
    }
}

void wzp_analysis_rate(const struct wzp_analysis *a, struct wzp_analysis_stream *stream)
{
    double voice = 0;

    rate_payload(a, stream);
    rate_bins(a, stream);
    for (size_t i = 0; i < a->bin_count; i++)
        voice += wzp_analysis_voice_ms(&stream->bins[i]);
    if (voice <= 0)
        return;
    stream->r = rate(stream, wzp_analysis_origin_ms(a, stream, WZP_ORIGIN_CONCEALED), voice,
                     fmax(0, stream->delay_p50), stream->rtt_ms);
    stream->mos = wzp_emodel_mos(stream->r);
}
