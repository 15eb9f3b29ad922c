/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/codec2.h"

#include "base/alloc.h"
#include "base/error.h"

#if WZP_WITH_CODEC2

#include <codec2/codec2.h>
#include <speex/speex_resampler.h>
#include <string.h>

#define RATE_FACTOR 6          /* 48 kHz over 8 kHz */
#define NARROW_SAMPLES_MAX 320 /* 40 ms at 8 kHz */
#define RESAMPLER_QUALITY 4
#define FRAME_BYTES_MAX 8

struct wzp_codec2 {
    struct CODEC2 *fast; /* 3200 bit/s, 20 ms */
    struct CODEC2 *slow; /* 1200 bit/s, 40 ms */
    SpeexResamplerState *resampler;
    /* The last frame, and the part of its repeated decoding that was not used yet (concealment). */
    enum wzp_codec last_codec;
    uint8_t last[FRAME_BYTES_MAX];
    size_t last_length; /* 0: none */
    int16_t more[NARROW_SAMPLES_MAX * RATE_FACTOR];
    size_t more_at, more_count;
};

bool wzp_codec2_available(void)
{
    return true;
}

int wzp_codec2_new(struct wzp_codec2 **out, bool encode)
{
    struct wzp_codec2 *c = wzp_calloc(1, sizeof *c);

    *out = NULL;
    if (!c)
        return WZP_E_MEMORY;
    c->fast = codec2_create(CODEC2_MODE_3200);
    c->slow = codec2_create(CODEC2_MODE_1200);
    c->resampler = speex_resampler_init(1, encode ? 48000 : 8000, encode ? 8000 : 48000,
                                        RESAMPLER_QUALITY, NULL);
    if (!c->fast || !c->slow || !c->resampler) {
        wzp_codec2_free(c);
        return WZP_E_MEMORY;
    }
    *out = c;
    return 0;
}

void wzp_codec2_free(struct wzp_codec2 *c)
{
    if (!c)
        return;
    if (c->fast)
        codec2_destroy(c->fast);
    if (c->slow)
        codec2_destroy(c->slow);
    if (c->resampler)
        speex_resampler_destroy(c->resampler);
    wzp_free(c);
}

static struct CODEC2 *mode_of(const struct wzp_codec2 *c, enum wzp_codec codec, size_t *narrow,
                              size_t *bytes)
{
    if (codec == WZP_CODEC_CODEC2_3200) {
        *narrow = 160;
        *bytes = 8;
        return c->fast;
    }
    if (codec == WZP_CODEC_CODEC2_1200) {
        *narrow = 320;
        *bytes = 6;
        return c->slow;
    }
    return NULL;
}

int wzp_codec2_encode(struct wzp_codec2 *c, uint8_t *out, size_t capacity, enum wzp_codec codec,
                      const int16_t *pcm, size_t samples)
{
    int16_t narrow[NARROW_SAMPLES_MAX] = {0};
    size_t count = 0;
    size_t bytes = 0;
    struct CODEC2 *mode = mode_of(c, codec, &count, &bytes);
    spx_uint32_t in = (spx_uint32_t)samples;
    spx_uint32_t made = NARROW_SAMPLES_MAX;

    if (!mode || samples != count * RATE_FACTOR)
        return WZP_E_ARGUMENT;
    if (capacity < bytes)
        return WZP_E_TOO_BIG;
    speex_resampler_process_int(c->resampler, 0, pcm, &in, narrow, &made);
    codec2_encode(mode, out, narrow);
    return (int)bytes;
}

static int decode(struct wzp_codec2 *c, int16_t *pcm, enum wzp_codec codec, const uint8_t *data,
                  size_t length)
{
    int16_t narrow[NARROW_SAMPLES_MAX];
    size_t count = 0;
    size_t bytes = 0;
    struct CODEC2 *mode = mode_of(c, codec, &count, &bytes);
    spx_uint32_t in;
    spx_uint32_t made;

    if (!mode || length != bytes)
        return WZP_E_SYNTAX;
    codec2_decode(mode, narrow, data);
    in = (spx_uint32_t)count;
    made = (spx_uint32_t)(count * RATE_FACTOR);
    speex_resampler_process_int(c->resampler, 0, narrow, &in, pcm, &made);
    if (made < count * RATE_FACTOR)
        memset(pcm + made, 0, (count * RATE_FACTOR - made) * sizeof *pcm);
    return (int)(count * RATE_FACTOR);
}

int wzp_codec2_decode(struct wzp_codec2 *c, int16_t *pcm, enum wzp_codec codec, const uint8_t *data,
                      size_t length)
{
    int made = decode(c, pcm, codec, data, length);

    if (made > 0) {
        c->last_codec = codec;
        memcpy(c->last, data, length);
        c->last_length = length;
        c->more_at = c->more_count = 0;
    }
    return made;
}

int wzp_codec2_conceal(struct wzp_codec2 *c, int16_t *pcm, size_t samples)
{
    size_t done = 0;

    if (c->last_length == 0)
        return WZP_E_STATE;
    while (done < samples) {
        if (c->more_at == c->more_count) {
            c->more_at = 0;
            c->more_count = (size_t)decode(c, c->more, c->last_codec, c->last, c->last_length);
        }
        size_t take = c->more_count - c->more_at;
        if (take > samples - done)
            take = samples - done;
        memcpy(pcm + done, c->more + c->more_at, take * sizeof *pcm);
        c->more_at += take;
        done += take;
    }
    return (int)samples;
}

#else

bool wzp_codec2_available(void)
{
    return false;
}

int wzp_codec2_new(struct wzp_codec2 **out, bool encode)
{
    (void)encode;
    *out = NULL;
    return WZP_E_UNSUPPORTED;
}

void wzp_codec2_free(struct wzp_codec2 *c)
{
    (void)c;
}

int wzp_codec2_encode(struct wzp_codec2 *c, uint8_t *out, size_t capacity, enum wzp_codec codec,
                      const int16_t *pcm, size_t samples)
{
    (void)c, (void)out, (void)capacity, (void)codec, (void)pcm, (void)samples;
    return WZP_E_UNSUPPORTED;
}

int wzp_codec2_decode(struct wzp_codec2 *c, int16_t *pcm, enum wzp_codec codec, const uint8_t *data,
                      size_t length)
{
    (void)c, (void)pcm, (void)codec, (void)data, (void)length;
    return WZP_E_UNSUPPORTED;
}

int wzp_codec2_conceal(struct wzp_codec2 *c, int16_t *pcm, size_t samples)
{
    (void)c, (void)pcm, (void)samples;
    return WZP_E_UNSUPPORTED;
}

#endif
