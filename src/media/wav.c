/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/wav.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define CHUNK_HEADER 8
#define ENCODING_PCM 1
#define ENCODING_FLOAT 3
#define ENCODING_EXTENSIBLE 0xfffe
#define PIECE 960 /* samples of all channels, of which there are 8 at most */
#define OUR_RATE 48000u

/* WAV is little-endian throughout. */
static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)v);
    put16(p + 2, (uint16_t)(v >> 16));
}

static int parse_format(struct wzp_wav_format *out, const uint8_t *body, size_t length,
                        struct wzp_error *err)
{
    if (length < 16)
        return wzp_error_set(err, WZP_E_SYNTAX, "the fmt chunk of the WAV file is too short");
    out->encoding = get16(body);
    out->channels = get16(body + 2);
    out->rate = get32(body + 4);
    out->bits = get16(body + 14);
    /* The real encoding begins the sub-format identifier. */
    if (out->encoding == ENCODING_EXTENSIBLE && length >= 26)
        out->encoding = get16(body + 24);
    if (out->encoding != ENCODING_PCM && out->encoding != ENCODING_FLOAT)
        return wzp_error_set(err, WZP_E_UNSUPPORTED,
                             "the WAV file is neither PCM nor float (encoding %u)", out->encoding);
    if (out->encoding == ENCODING_FLOAT
            ? out->bits != 32
            : out->bits != 8 && out->bits != 16 && out->bits != 24 && out->bits != 32)
        return wzp_error_set(err, WZP_E_UNSUPPORTED,
                             "WAV samples of %u bit are not supported (8, 16, 24, 32, float 32)",
                             out->bits);
    if (out->channels < 1 || out->channels > 8)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "%u channels are not supported (1 to 8)",
                             out->channels);
    if (out->rate < 8000 || out->rate > 192000)
        return wzp_error_set(err, WZP_E_UNSUPPORTED,
                             "a sample rate of %u Hz is not supported (8000 to 192000)",
                             (unsigned)out->rate);
    return 0;
}

static size_t frame_bytes(const struct wzp_wav_format *format)
{
    return (size_t)format->channels * (format->bits / 8);
}

int wzp_wav_parse(struct wzp_wav_format *out, const uint8_t *data, size_t length,
                  uint64_t file_length, struct wzp_error *err)
{
    bool have_format = false;
    uint64_t at = 12;

    memset(out, 0, sizeof *out);
    if (length < 12 && file_length > length)
        return wzp_error_set(err, WZP_E_SHORT, "the WAV header is not complete");
    if (length < 12 || memcmp(data, "RIFF", 4) != 0 || memcmp(data + 8, "WAVE", 4) != 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "this is not a WAV file");
    for (;;) {
        const uint8_t *chunk;
        uint32_t size;

        if (at + CHUNK_HEADER > file_length)
            return wzp_error_set(err, WZP_E_SYNTAX, "the WAV file has no data chunk");
        if (at + CHUNK_HEADER > length)
            return wzp_error_set(err, WZP_E_SHORT, "the WAV header is not complete");
        chunk = data + at;
        size = get32(chunk + 4);
        at += CHUNK_HEADER;
        if (memcmp(chunk, "data", 4) == 0)
            break;
        if (memcmp(chunk, "fmt ", 4) == 0) {
            uint64_t need = size < 40 ? size : 40;
            int result;

            if (at + need > file_length)
                return wzp_error_set(err, WZP_E_SYNTAX, "the fmt chunk of the WAV file is cut");
            if (at + need > length)
                return wzp_error_set(err, WZP_E_SHORT, "the WAV header is not complete");
            result = parse_format(out, chunk + CHUNK_HEADER, (size_t)need, err);
            if (result != 0)
                return result;
            have_format = true;
        }
        at += (uint64_t)size + (size & 1);
    }
    if (!have_format)
        return wzp_error_set(err, WZP_E_SYNTAX, "the WAV file has no fmt chunk before its data");
    out->data_offset = (size_t)at;
    out->data_length = get32(data + at - 4);
    /* Programs that write into a pipe do not know the length and leave 0 or the maximum. */
    if (out->data_length == 0 || out->data_length > file_length - at)
        out->data_length = file_length - at;
    size_t step = frame_bytes(out);
    out->data_length -= step ? out->data_length % step : 0;
    return 0;
}

/* One sample as -32768..32767. */
static float sample_at(const struct wzp_wav_format *format, const uint8_t *p)
{
    float value;

    if (format->encoding == ENCODING_FLOAT) {
        uint32_t bits = get32(p);

        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            return 0;
        value = value > 1 ? 1 : value < -1 ? -1 : value;
        return value * 32767;
    }
    switch (format->bits) {
    case 8: return ((float)p[0] - 128) * 256;
    case 16: return (int16_t)get16(p);
    case 24:
        return (float)(int32_t)((uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24) /
               65536;
    default: return (float)(int32_t)get32(p) / 65536;
    }
}

size_t wzp_wav_to_mono(struct wzp_downmix *mix, int16_t *out, size_t out_capacity,
                       const struct wzp_wav_format *format, const uint8_t *data, size_t length)
{
    size_t step = frame_bytes(format);
    size_t frames = step ? length / step : 0;
    float piece[PIECE];

    if (frames > out_capacity)
        frames = out_capacity;
    for (size_t done = 0; done < frames;) {
        size_t most = PIECE / format->channels;
        size_t count = frames - done < most ? frames - done : most;

        for (size_t i = 0; i < count * format->channels; i++, data += format->bits / 8)
            piece[i] = sample_at(format, data);
        wzp_downmix(mix, out + done, piece, count, format->channels);
        done += count;
    }
    return frames;
}

void wzp_wav_header(uint8_t out[WZP_WAV_HEADER_SIZE], uint32_t samples)
{
    wzp_wav_header_channels(out, 1, samples);
}

void wzp_wav_header_channels(uint8_t out[WZP_WAV_HEADER_SIZE], unsigned channels, uint32_t frames)
{
    uint32_t step = 2 * channels;
    uint32_t most = (UINT32_MAX - WZP_WAV_HEADER_SIZE) / step;
    uint32_t bytes = (frames > most ? most : frames) * step;

    memcpy(out, "RIFF", 4);
    put32(out + 4, bytes + WZP_WAV_HEADER_SIZE - CHUNK_HEADER);
    memcpy(out + 8, "WAVEfmt ", 8);
    put32(out + 16, 16);
    put16(out + 20, ENCODING_PCM);
    put16(out + 22, (uint16_t)channels);
    put32(out + 24, OUR_RATE);
    put32(out + 28, OUR_RATE * step);
    put16(out + 32, (uint16_t)step);
    put16(out + 34, 16);
    memcpy(out + 36, "data", 4);
    put32(out + 40, bytes);
}

void wzp_wav_samples(uint8_t *out, const int16_t *pcm, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put16(out + 2 * i, (uint16_t)pcm[i]);
}
