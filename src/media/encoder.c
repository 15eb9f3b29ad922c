/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/encoder.h"

#include "base/alloc.h"
#include "media/codec2.h"
#include "media/opus_dred.h"

#define ENCODER_COMPLEXITY 10
#define LOW_ENCODER_COMPLEXITY 0
#define DRED_UNITS_MAX 104

/* DTX replaces the background behind a voice by comfort noise, which sounds wrong where the
 * background is audible. So it is only used when the background is quiet (RMS of samples, -58
 * dBFS), for muted microphones, and on very narrow lines. */
#define QUIET_RMS 41.0f
#define QUIET_MS 100
#define DTX_BELOW 8000 /* bit/s */

struct wzp_encoder {
    OpusEncoder *opus;         /* initialised in a block of ours */
    struct wzp_codec2 *codec2; /* NULL when not built in */
    struct wzp_encoder_plan plan;
    unsigned quiet_ms; /* up to QUIET_MS */
    bool dtx;
};

/* Start value of the DRED duration: wzp-protocol(7), Codecs. */
static uint8_t dred_units_of(enum wzp_codec codec)
{
    switch (codec) {
    case WZP_CODEC_OPUS_32K:
    case WZP_CODEC_OPUS_48K:
    case WZP_CODEC_OPUS_64K: return 10;
    case WZP_CODEC_OPUS_24K:
    case WZP_CODEC_OPUS_16K: return 20;
    case WZP_CODEC_OPUS_6K: return 104;
    default: return 0;
    }
}

/* The voice coder alone would go down to narrow band below this; wide band sounds better. */
#define WIDE_BAND_BELOW 14000

static int apply(struct wzp_encoder *e)
{
    const struct wzp_encoder_plan *plan = &e->plan;

    if (!wzp_codec_info(plan->codec)->is_opus)
        return 0;
    opus_int32 band = plan->bitrate < WIDE_BAND_BELOW && plan->bitrate > 8000
                          ? OPUS_BANDWIDTH_WIDEBAND
                          : OPUS_AUTO;
    if (opus_encoder_ctl(e->opus, OPUS_SET_BITRATE((opus_int32)plan->bitrate)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_PACKET_LOSS_PERC(plan->expected_loss)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_INBAND_FEC(plan->fec ? 1 : 0)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_BANDWIDTH(band)) != OPUS_OK)
        return WZP_E_INTERNAL;
    /* A libopus without DRED refuses this one; speech still works. */
    WZP_OPUS_SET_DRED(e->opus, plan->dred_units);
    return 0;
}

static int prepare_opus(struct wzp_encoder *e)
{
    if (opus_encoder_init(e->opus, WZP_SAMPLE_RATE, 1, OPUS_APPLICATION_VOIP) != OPUS_OK)
        return WZP_E_INTERNAL;
    if (opus_encoder_ctl(e->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(ENCODER_COMPLEXITY)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_DTX(1)) != OPUS_OK)
        return WZP_E_INTERNAL;
    e->dtx = true;
    return 0;
}

/* Switches DTX on while the input is quiet, or when the bitrate is very low. */
static void watch_silence(struct wzp_encoder *e, const int16_t *pcm, size_t samples)
{
    float sum = 0;

    for (size_t i = 0; i < samples; i += 2)
        sum += (float)pcm[i] * (float)pcm[i];
    if (sum * 2 >= QUIET_RMS * QUIET_RMS * (float)samples)
        e->quiet_ms = 0;
    else if (e->quiet_ms < QUIET_MS)
        e->quiet_ms += e->plan.frame_ms;
    bool dtx = e->quiet_ms >= QUIET_MS || e->plan.bitrate < DTX_BELOW;
    if (dtx != e->dtx && opus_encoder_ctl(e->opus, OPUS_SET_DTX(dtx ? 1 : 0)) == OPUS_OK)
        e->dtx = dtx;
}

int wzp_encoder_new(struct wzp_encoder **out, enum wzp_codec codec)
{
    int size = opus_encoder_get_size(1);
    struct wzp_encoder *e;
    int result;

    *out = NULL;
    if (size <= 0)
        return WZP_E_INTERNAL;
    e = wzp_calloc(1, sizeof *e);
    if (!e)
        return WZP_E_MEMORY;
    e->opus = wzp_calloc(1, (size_t)size);
    result = e->opus ? prepare_opus(e) : WZP_E_MEMORY;
    if (result == 0 && wzp_codec2_available())
        result = wzp_codec2_new(&e->codec2, true);
    if (result == 0)
        result = wzp_encoder_set_codec(e, codec);
    if (result != 0) {
        wzp_encoder_free(e);
        return result;
    }
    *out = e;
    return 0;
}

void wzp_encoder_free(struct wzp_encoder *e)
{
    if (!e)
        return;
    wzp_codec2_free(e->codec2);
    wzp_free(e->opus);
    wzp_free(e);
}

void wzp_encoder_set_low_complexity(struct wzp_encoder *e, bool low)
{
    opus_encoder_ctl(e->opus,
                     OPUS_SET_COMPLEXITY(low ? LOW_ENCODER_COMPLEXITY : ENCODER_COMPLEXITY));
}

void wzp_encoder_plan_of(struct wzp_encoder_plan *out, enum wzp_codec codec)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);

    *out = (struct wzp_encoder_plan){.codec = codec,
                                     .bitrate = info ? info->bitrate : 0,
                                     .frame_ms = info ? info->frame_ms : 20,
                                     .expected_loss = WZP_EXPECTED_LOSS_FLOOR,
                                     .dred_units = dred_units_of(codec)};
}

int wzp_encoder_set_codec(struct wzp_encoder *e, enum wzp_codec codec)
{
    struct wzp_encoder_plan plan;

    if (!wzp_codec_info(codec))
        return WZP_E_ARGUMENT;
    wzp_encoder_plan_of(&plan, codec);
    return wzp_encoder_set_plan(e, &plan);
}

int wzp_encoder_check_plan(const struct wzp_encoder *e, const struct wzp_encoder_plan *plan)
{
    const struct wzp_codec_info *info = wzp_codec_info(plan->codec);

    if (!info)
        return WZP_E_ARGUMENT;
    if (!info->is_opus && (plan->codec == WZP_CODEC_COMFORT_NOISE || !e->codec2))
        return WZP_E_UNSUPPORTED;
    if (plan->frame_ms != info->frame_ms &&
        (!info->is_opus || (plan->frame_ms != 20 && plan->frame_ms != 40 && plan->frame_ms != 60 &&
                            plan->frame_ms != 80 && plan->frame_ms != 120)))
        return WZP_E_ARGUMENT;
    return 0;
}

int wzp_encoder_set_plan(struct wzp_encoder *e, const struct wzp_encoder_plan *plan)
{
    int result = wzp_encoder_check_plan(e, plan);

    if (result < 0)
        return result;
    e->plan = *plan;
    if (e->plan.dred_units > DRED_UNITS_MAX)
        e->plan.dred_units = DRED_UNITS_MAX;
    if (e->plan.expected_loss > 100)
        e->plan.expected_loss = 100;
    return apply(e);
}

const struct wzp_encoder_plan *wzp_encoder_plan(const struct wzp_encoder *e)
{
    return &e->plan;
}

enum wzp_codec wzp_encoder_codec(const struct wzp_encoder *e)
{
    return e->plan.codec;
}

size_t wzp_encoder_frame_samples(const struct wzp_encoder *e)
{
    return (size_t)e->plan.frame_ms * WZP_SAMPLES_PER_MS;
}

int wzp_encoder_encode(struct wzp_encoder *e, uint8_t *out, size_t capacity, const int16_t *pcm,
                       size_t samples)
{
    int length;

    if (samples != wzp_encoder_frame_samples(e) || capacity == 0)
        return WZP_E_ARGUMENT;
    if (!wzp_codec_info(e->plan.codec)->is_opus)
        return wzp_codec2_encode(e->codec2, out, capacity, e->plan.codec, pcm, samples);
    if (capacity > WZP_FRAME_BYTES_MAX)
        capacity = WZP_FRAME_BYTES_MAX;
    watch_silence(e, pcm, samples);
    length = opus_encode(e->opus, pcm, (int)samples, out, (opus_int32)capacity);
    return length > 0 ? length : WZP_E_INTERNAL;
}
