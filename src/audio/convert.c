/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sample formats of devices. Pure arithmetic on the audio thread: nothing here allocates. */
#include <math.h>
#include <string.h>

#include "audio/internal.h"

size_t wzp_sample_bytes(enum wzp_sample_format format)
{
    return format == WZP_SAMPLE_S16 ? 2 : 4;
}

static int16_t clip(float v)
{
    /* Written so that NaN is silence. */
    if (!(v > -32768.0f))
        return isnan(v) ? 0 : INT16_MIN;
    return v < 32767.0f ? (int16_t)lrintf(v) : INT16_MAX;
}

static float sample_at(const uint8_t *p, enum wzp_sample_format format)
{
    int16_t s16;
    int32_t s32;
    float f;
    switch (format) {
    case WZP_SAMPLE_S16: memcpy(&s16, p, 2); return s16;
    case WZP_SAMPLE_S32: memcpy(&s32, p, 4); return (float)(s32 / 65536);
    case WZP_SAMPLE_FLOAT: memcpy(&f, p, 4); return clip(f * 32768.0f);
    }
    return 0;
}

static void stereo_to_mono(struct wzp_downmix *m, int16_t *out, const uint8_t *p, size_t count,
                           enum wzp_sample_format format)
{
    float pairs[2 * WZP_AUDIO_BLOCK], mono[WZP_AUDIO_BLOCK];
    size_t step = wzp_sample_bytes(format);
    while (count > 0) {
        size_t n = count < WZP_AUDIO_BLOCK ? count : WZP_AUDIO_BLOCK;
        for (size_t i = 0; i < 2 * n; i++, p += step)
            pairs[i] = sample_at(p, format);
        wzp_downmix_stereo(m, mono, pairs, n);
        for (size_t i = 0; i < n; i++)
            *out++ = clip(mono[i]);
        count -= n;
    }
}

void wzp_frames_to_mono(struct wzp_downmix *m, int16_t *out, const void *frames, size_t count,
                        unsigned channels, enum wzp_sample_format format)
{
    const uint8_t *p = frames;
    if (channels == 0)
        return;
    if (format == WZP_SAMPLE_S16 && channels == 1) {
        memcpy(out, frames, count * sizeof(int16_t));
        return;
    }
    if (channels == 2) {
        stereo_to_mono(m, out, p, count, format);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        float sum = 0;
        for (unsigned c = 0; c < channels; c++, p += wzp_sample_bytes(format))
            sum += sample_at(p, format);
        out[i] = clip(sum / (float)channels);
    }
}

void wzp_mono_to_frames(void *frames, const int16_t *in, size_t count, unsigned channels,
                        enum wzp_sample_format format)
{
    uint8_t *p = frames;
    if (format == WZP_SAMPLE_S16 && channels == 1) {
        memcpy(frames, in, count * sizeof(int16_t));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t s32 = in[i] * 65536;
        float f = (float)in[i] / 32768.0f;
        for (unsigned c = 0; c < channels; c++) {
            switch (format) {
            case WZP_SAMPLE_S16: memcpy(p, &in[i], 2); break;
            case WZP_SAMPLE_S32: memcpy(p, &s32, 4); break;
            case WZP_SAMPLE_FLOAT: memcpy(p, &f, 4); break;
            }
            p += wzp_sample_bytes(format);
        }
    }
}
