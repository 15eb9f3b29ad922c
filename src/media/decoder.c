/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/decoder.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "media/codec2.h"
#include "media/opus_dred.h"

#define DTX_BYTES 2 /* packets this short say "silence goes on" */
#define DRED_CACHE 4
#define DRED_SAMPLES_MAX 48000

/* Concealment: full until FADE_FROM, noise only from FADE_TO. */
#define FADE_FROM (120 * WZP_SAMPLES_PER_MS)
#define FADE_TO (WZP_DECODER_FADED_MS * WZP_SAMPLES_PER_MS)

#define NOISE_RMS_MAX 60.0f
#define NOISE_RISE 1.004f /* per frame: the estimate forgets a quiet moment in about ten seconds */

struct parsed {
    OpusDRED *state;
    uint64_t packet_id;
    uint64_t used; /* for the oldest-first choice; 0 = empty */
    int reach;     /* samples */
    int silence;   /* samples right before the packet that are not in it */
    bool processed;
};

struct wzp_decoder {
    OpusDecoder *opus;
    unsigned complexity;
    OpusDREDDecoder *dred_decoder; /* NULL when libopus has no DRED */
    struct parsed parsed[DRED_CACHE];
    struct parsed *current;
    uint64_t clock; /* counts parses */
    struct wzp_codec2 *codec2;
    enum { NOTHING, OPUS, CODEC2 } last; /* what was decoded last */
    size_t concealed;                    /* samples since the last packet */
    float noise_rms;                     /* background estimate; 0 = none yet */
    float noise_low_pass;
    uint32_t noise_seed;
};

static int new_dred(struct wzp_decoder *d)
{
    int size = opus_dred_decoder_get_size();
    int state_size = opus_dred_get_size();

    if (size <= 0 || state_size <= 0)
        return 0;
    d->dred_decoder = wzp_calloc(1, (size_t)size);
    if (!d->dred_decoder)
        return WZP_E_MEMORY;
    for (int i = 0; i < DRED_CACHE; i++) {
        d->parsed[i].state = wzp_calloc(1, (size_t)state_size);
        if (!d->parsed[i].state)
            return WZP_E_MEMORY;
    }
    if (opus_dred_decoder_init(d->dred_decoder) != OPUS_OK) {
        /* A libopus built without DRED: everything else works. */
        wzp_free(d->dred_decoder);
        d->dred_decoder = NULL;
    }
    return 0;
}

bool wzp_decoder_can_rebuild(void)
{
    if (WZP_WITH_DRED) /* it was asked when this program was made */
        return true;
    struct wzp_decoder *d;
    bool can = wzp_decoder_new(&d) == 0 && d->dred_decoder;
    wzp_decoder_free(d);
    return can;
}

int wzp_decoder_new(struct wzp_decoder **out)
{
    struct wzp_decoder *d = wzp_calloc(1, sizeof *d);
    int result = 0;

    *out = NULL;
    if (!d)
        return WZP_E_MEMORY;
    d->opus = wzp_calloc(1, (size_t)opus_decoder_get_size(1));
    if (!d->opus)
        result = WZP_E_MEMORY;
    else if (opus_decoder_init(d->opus, WZP_SAMPLE_RATE, 1) != OPUS_OK)
        result = WZP_E_INTERNAL;
    if (result == 0)
        result = new_dred(d);
    if (result == 0 && wzp_codec2_available())
        result = wzp_codec2_new(&d->codec2, false);
    if (result != 0) {
        wzp_decoder_free(d);
        return result;
    }
    wzp_decoder_set_complexity(d, WZP_DECODER_FULL);
    d->noise_seed = 1;
    *out = d;
    return 0;
}

void wzp_decoder_free(struct wzp_decoder *d)
{
    if (!d)
        return;
    for (int i = 0; i < DRED_CACHE; i++)
        wzp_free(d->parsed[i].state);
    wzp_free(d->dred_decoder);
    wzp_codec2_free(d->codec2);
    wzp_free(d->opus);
    wzp_free(d);
}

void wzp_decoder_set_complexity(struct wzp_decoder *d, unsigned complexity)
{
    d->complexity = complexity;
    opus_decoder_ctl(d->opus, OPUS_SET_COMPLEXITY((opus_int32)complexity));
}

unsigned wzp_decoder_complexity(const struct wzp_decoder *d)
{
    return d->complexity;
}

void wzp_decoder_reset(struct wzp_decoder *d)
{
    opus_decoder_ctl(d->opus, OPUS_RESET_STATE);
    for (int i = 0; i < DRED_CACHE; i++)
        d->parsed[i].used = 0;
    d->current = NULL;
    d->concealed = 0;
    d->last = NOTHING;
    d->noise_rms = 0;
}

/* Follows the quietest moments of what was decoded. */
static void watch_background(struct wzp_decoder *d, const int16_t *pcm, size_t samples)
{
    float sum = 0;
    float rms;

    for (size_t i = 0; i < samples; i += 4)
        sum += (float)pcm[i] * (float)pcm[i];
    rms = sqrtf(sum * 4 / (float)samples);
    if (d->noise_rms <= 0 || rms < d->noise_rms)
        d->noise_rms = d->noise_rms <= 0 ? rms : 0.7f * d->noise_rms + 0.3f * rms;
    else
        d->noise_rms = d->noise_rms * NOISE_RISE + 0.01f;
    if (d->noise_rms > NOISE_RMS_MAX)
        d->noise_rms = NOISE_RMS_MAX;
}

unsigned wzp_decoder_packet_ms(unsigned codec, const uint8_t *data, size_t length)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);
    int samples;

    if (!info)
        return 0;
    if (!info->is_opus)
        return info->frame_ms;
    if (length == 0 || length > WZP_FRAME_BYTES_MAX)
        return 0;
    samples = opus_packet_get_nb_samples(data, (opus_int32)length, WZP_SAMPLE_RATE);
    if (samples <= 0 || samples > WZP_FRAME_SAMPLES_MAX || samples % 480 != 0)
        return 0;
    return (unsigned)samples / WZP_SAMPLES_PER_MS;
}

bool wzp_decoder_has_lbrr(unsigned codec, const uint8_t *data, size_t length)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);

    return info && info->is_opus && length > DTX_BYTES && length <= WZP_FRAME_BYTES_MAX &&
           opus_packet_has_lbrr(data, (opus_int32)length) == 1;
}

static int decode_opus(struct wzp_decoder *d, int16_t *pcm, size_t samples, const uint8_t *data,
                       size_t length)
{
    int made;

    /* Silence needs no neural model: libopus treats these packets like lost ones. */
    if (length <= DTX_BYTES)
        opus_decoder_ctl(d->opus, OPUS_SET_COMPLEXITY(0));
    made = opus_decode(d->opus, data, (opus_int32)length, pcm, (int)samples, 0);
    if (length <= DTX_BYTES)
        wzp_decoder_set_complexity(d, d->complexity);
    return made == (int)samples ? made : WZP_E_SYNTAX;
}

int wzp_decoder_decode(struct wzp_decoder *d, int16_t *pcm, enum wzp_codec codec,
                       const uint8_t *data, size_t length)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);
    size_t samples;
    int made;

    if (!info || length > INT32_MAX)
        return WZP_E_UNSUPPORTED;
    samples = (size_t)wzp_decoder_packet_ms(codec, data, length) * WZP_SAMPLES_PER_MS;
    if (samples == 0)
        return WZP_E_SYNTAX;
    if (codec == WZP_CODEC_COMFORT_NOISE) {
        wzp_decoder_noise(d, pcm, samples, length > 0 ? data[0] : -1);
        d->concealed = FADE_TO;
        return (int)samples;
    }
    if (info->is_opus)
        made = decode_opus(d, pcm, samples, data, length);
    else if (d->codec2)
        made = wzp_codec2_decode(d->codec2, pcm, codec, data, length);
    else
        return WZP_E_UNSUPPORTED;
    if (made < 0)
        return made;
    d->last = info->is_opus ? OPUS : CODEC2;
    d->concealed = 0;
    watch_background(d, pcm, (size_t)made);
    return made;
}

/* Uniform in -1 .. 1. */
static float noise_next(struct wzp_decoder *d)
{
    d->noise_seed = d->noise_seed * 1664525u + 1013904223u;
    return (float)(int32_t)d->noise_seed / 2147483648.0f;
}

void wzp_decoder_noise(struct wzp_decoder *d, int16_t *pcm, size_t samples, int level)
{
    /* Uniform noise of amplitude a has an RMS of a / sqrt(3); the low pass of pole 0.6 halves
     * that, gain 2 undoes it. */
    float amplitude = level >= 0 ? (float)level : d->noise_rms * 1.732f;

    for (size_t i = 0; i < samples; i++) {
        d->noise_low_pass = 0.6f * d->noise_low_pass + 0.4f * noise_next(d);
        pcm[i] = (int16_t)(2.0f * amplitude * d->noise_low_pass);
    }
}

/* The fade: plain concealment moves over to background noise, sample by sample. */
static void fade_to_noise(struct wzp_decoder *d, int16_t *pcm, size_t samples)
{
    float amplitude = d->noise_rms * 1.732f;

    for (size_t i = 0; i < samples; i++) {
        size_t at = d->concealed + i;
        float share = at <= FADE_FROM ? 0.0f
                      : at >= FADE_TO ? 1.0f
                                      : (float)(at - FADE_FROM) / (float)(FADE_TO - FADE_FROM);

        d->noise_low_pass = 0.6f * d->noise_low_pass + 0.4f * noise_next(d);
        pcm[i] = (int16_t)((1.0f - share) * (float)pcm[i] +
                           share * 2.0f * amplitude * d->noise_low_pass);
    }
}

int wzp_decoder_conceal(struct wzp_decoder *d, int16_t *pcm, size_t samples)
{
    bool voice = d->concealed < FADE_TO;

    if (samples == 0 || samples > WZP_FRAME_SAMPLES_MAX || samples % 480 != 0)
        return WZP_E_ARGUMENT;
    if (!voice) {
        wzp_decoder_noise(d, pcm, samples, -1);
        return 0;
    }
    int made = 0;
    if (d->last == CODEC2)
        made = wzp_codec2_conceal(d->codec2, pcm, samples);
    else if (d->last == OPUS)
        made = opus_decode(d->opus, NULL, 0, pcm, (int)samples, 0);
    if (made != (int)samples)
        memset(pcm, 0, samples * sizeof *pcm);
    if (d->concealed + samples > FADE_FROM)
        fade_to_noise(d, pcm, samples);
    d->concealed += samples;
    return 1;
}

/* The cache place of this packet: its own, an empty one, or the one unused for longest. */
static struct parsed *place_of(struct wzp_decoder *d, uint64_t packet_id)
{
    struct parsed *oldest = &d->parsed[0];

    for (int i = 0; i < DRED_CACHE; i++) {
        if (d->parsed[i].used && d->parsed[i].packet_id == packet_id)
            return &d->parsed[i];
        if (d->parsed[i].used < oldest->used)
            oldest = &d->parsed[i];
    }
    oldest->used = 0;
    return oldest;
}

int wzp_decoder_dred_reach(struct wzp_decoder *d, uint64_t packet_id, const uint8_t *data,
                           size_t length)
{
    struct parsed *place;

    d->current = NULL;
    if (!d->dred_decoder || length <= DTX_BYTES || length > WZP_FRAME_BYTES_MAX)
        return 0;
    place = place_of(d, packet_id);
    if (!place->used) {
        place->silence = 0;
        place->reach = opus_dred_parse(d->dred_decoder, place->state, data, (opus_int32)length,
                                       DRED_SAMPLES_MAX, WZP_SAMPLE_RATE, &place->silence, 1);
        if (place->reach < 0)
            place->reach = 0;
        place->packet_id = packet_id;
        place->processed = false;
    }
    place->used = ++d->clock;
    if (place->reach > 0)
        d->current = place;
    return place->reach;
}

int wzp_decoder_dred(struct wzp_decoder *d, int16_t *pcm, size_t samples, size_t offset)
{
    struct parsed *p = d->current;
    int made;

    if (!p)
        return WZP_E_STATE;
    if (samples == 0 || samples > WZP_FRAME_SAMPLES_MAX || samples % 480 != 0 || offset < samples ||
        offset > (size_t)p->reach || offset <= (size_t)p->silence)
        return WZP_E_RANGE;
    if (!p->processed) {
        if (opus_dred_process(d->dred_decoder, p->state, p->state) != OPUS_OK)
            return WZP_E_INTERNAL;
        p->processed = true;
    }
    made = opus_decoder_dred_decode(d->opus, p->state, (opus_int32)offset, pcm, (int)samples);
    if (made != (int)samples)
        return WZP_E_INTERNAL;
    d->concealed = 0;
    d->last = OPUS;
    return made;
}

int wzp_decoder_lbrr(struct wzp_decoder *d, int16_t *pcm, enum wzp_codec codec, const uint8_t *data,
                     size_t length)
{
    int samples = (int)wzp_decoder_packet_ms(codec, data, length) * WZP_SAMPLES_PER_MS;

    if (samples == 0 || !wzp_decoder_has_lbrr(codec, data, length))
        return WZP_E_NOT_FOUND;
    if (opus_decode(d->opus, data, (opus_int32)length, pcm, samples, 1) != samples)
        return WZP_E_NOT_FOUND;
    d->concealed = 0;
    d->last = OPUS;
    return samples;
}
