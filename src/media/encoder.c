/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/encoder.h"

#include <opus.h>

#include "base/alloc.h"
#include "media/codec2.h"

#define ENCODER_COMPLEXITY 7
#define DRED_UNITS_MAX 104

struct wzp_encoder {
    OpusEncoder *opus;         /* initialised in a block of ours */
    struct wzp_codec2 *codec2; /* NULL when not built in */
    enum wzp_codec codec;
    unsigned expected_loss;
    unsigned dred_units;
};

/* Start value of the DRED duration: media.md 1.4. */
static unsigned dred_units_of(enum wzp_codec codec)
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

static int apply(struct wzp_encoder *e)
{
    const struct wzp_codec_info *info = wzp_codec_info(e->codec);

    if (!info->is_opus)
        return 0;
    if (opus_encoder_ctl(e->opus, OPUS_SET_BITRATE((opus_int32)info->bitrate)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_PACKET_LOSS_PERC((opus_int32)e->expected_loss)) !=
            OPUS_OK)
        return WZP_E_INTERNAL;
    /* A libopus without DRED refuses this one; speech still works. */
    opus_encoder_ctl(e->opus, OPUS_SET_DRED_DURATION((opus_int32)e->dred_units));
    return 0;
}

static int prepare_opus(struct wzp_encoder *e)
{
    if (opus_encoder_init(e->opus, WZP_SAMPLE_RATE, 1, OPUS_APPLICATION_VOIP) != OPUS_OK)
        return WZP_E_INTERNAL;
    if (opus_encoder_ctl(e->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(ENCODER_COMPLEXITY)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_DTX(1)) != OPUS_OK ||
        opus_encoder_ctl(e->opus, OPUS_SET_INBAND_FEC(0)) != OPUS_OK)
        return WZP_E_INTERNAL;
    return 0;
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

int wzp_encoder_set_codec(struct wzp_encoder *e, enum wzp_codec codec)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);

    if (!info)
        return WZP_E_ARGUMENT;
    if (!info->is_opus && (codec == WZP_CODEC_COMFORT_NOISE || !e->codec2))
        return WZP_E_UNSUPPORTED;
    e->codec = codec;
    e->expected_loss = WZP_EXPECTED_LOSS_FLOOR;
    e->dred_units = dred_units_of(codec);
    return apply(e);
}

enum wzp_codec wzp_encoder_codec(const struct wzp_encoder *e)
{
    return e->codec;
}

void wzp_encoder_set_expected_loss(struct wzp_encoder *e, unsigned percent)
{
    e->expected_loss = percent < WZP_EXPECTED_LOSS_FLOOR ? WZP_EXPECTED_LOSS_FLOOR
                       : percent > 100                   ? 100
                                                         : percent;
    apply(e);
}

void wzp_encoder_set_dred_duration(struct wzp_encoder *e, unsigned units)
{
    e->dred_units = units > DRED_UNITS_MAX ? DRED_UNITS_MAX : units;
    apply(e);
}

size_t wzp_encoder_frame_samples(const struct wzp_encoder *e)
{
    return (size_t)wzp_codec_info(e->codec)->frame_ms * WZP_SAMPLES_PER_MS;
}

int wzp_encoder_encode(struct wzp_encoder *e, uint8_t *out, size_t capacity, const int16_t *pcm,
                       size_t samples)
{
    int length;

    if (samples != wzp_encoder_frame_samples(e) || capacity == 0)
        return WZP_E_ARGUMENT;
    if (!wzp_codec_info(e->codec)->is_opus)
        return wzp_codec2_encode(e->codec2, out, capacity, e->codec, pcm, samples);
    if (capacity > WZP_FRAME_BYTES_MAX)
        capacity = WZP_FRAME_BYTES_MAX;
    length = opus_encode(e->opus, pcm, (int)samples, out, (opus_int32)capacity);
    return length > 0 ? length : WZP_E_INTERNAL;
}
