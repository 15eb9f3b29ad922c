/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sample formats of devices. Pure arithmetic on the audio thread: nothing here allocates. */
#include <string.h>

#include "audio/internal.h"
#include "media/sample.h"

#define PIECE (2 * WZP_AUDIO_BLOCK) /* samples of all channels */
_Static_assert(WZP_ALSA_CHANNELS_MAX <= PIECE, "a piece holds a frame");

size_t wzp_sample_bytes(enum wzp_sample_format format)
{
    return format == WZP_SAMPLE_S16 ? 2 : 4;
}

static float sample_at(const uint8_t *p, enum wzp_sample_format format)
{
    int16_t s16;
    int32_t s32;
    float f;
    switch (format) {
    case WZP_SAMPLE_S16: memcpy(&s16, p, 2); return s16;
    case WZP_SAMPLE_S32: memcpy(&s32, p, 4); return (int16_t)(s32 / 65536);
    case WZP_SAMPLE_FLOAT: memcpy(&f, p, 4); return wzp_sample_of(f * 32768.0f);
    }
    return 0;
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
    float piece[PIECE];
    while (count > 0) {
        size_t n = count < PIECE / channels ? count : PIECE / channels;
        for (size_t i = 0; i < n * channels; i++, p += wzp_sample_bytes(format))
            piece[i] = sample_at(p, format);
        wzp_downmix(m, out, piece, n, channels);
        out += n;
        count -= n;
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
