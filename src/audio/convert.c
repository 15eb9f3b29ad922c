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

void wzp_frames_to_mono(int16_t *out, const void *frames, size_t count, unsigned channels,
                        enum wzp_sample_format format)
{
    if (channels == 0)
        return;
    const uint8_t *p = frames;
    if (format == WZP_SAMPLE_S16 && channels == 1) {
        memcpy(out, frames, count * sizeof(int16_t));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t sum = 0;
        float sum_float = 0;
        for (unsigned c = 0; c < channels; c++) {
            int16_t s16;
            int32_t s32;
            float f;
            switch (format) {
            case WZP_SAMPLE_S16:
                memcpy(&s16, p, 2);
                sum += s16;
                p += 2;
                break;
            case WZP_SAMPLE_S32:
                memcpy(&s32, p, 4);
                sum += s32 / 65536;
                p += 4;
                break;
            case WZP_SAMPLE_FLOAT:
                memcpy(&f, p, 4);
                sum_float += f;
                p += 4;
                break;
            }
        }
        if (format == WZP_SAMPLE_FLOAT)
            out[i] = clip(sum_float / (float)channels * 32768.0f);
        else
            out[i] = (int16_t)(sum / (int32_t)channels);
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
