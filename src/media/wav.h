/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* WAV headers: reading (PCM 8/16/24/32 bit, float 32; 1..8 channels; 8..192 kHz) and writing (PCM
 * 16 mono 48 kHz). It works on bytes; src/audio opens the files. */
#ifndef WZP_MEDIA_WAV_H
#define WZP_MEDIA_WAV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/downmix.h"

#define WZP_WAV_HEADER_SIZE 44
struct wzp_wav_format {
    uint16_t encoding; /* 1 PCM, 3 float */
    uint16_t channels, bits;
    uint32_t rate;
    size_t data_offset;
    uint64_t data_length; /* bytes; clipped to what the file can hold */
};
/* Looks for fmt and data chunks in the first bytes of a file. WZP_E_SHORT: give more bytes (up to
 * 64 KiB are worth it); WZP_E_SYNTAX, WZP_E_UNSUPPORTED with a sentence. */
int wzp_wav_parse(struct wzp_wav_format *out, const uint8_t *data, size_t length,
                  uint64_t file_length, struct wzp_error *err);
/* Converts whole sample frames to mono 16 bit: two channels through mix (all zero at the beginning
 * of a file), more are averaged. Returns frames written. */
size_t wzp_wav_to_mono(struct wzp_downmix *mix, int16_t *out, size_t out_capacity,
                       const struct wzp_wav_format *format, const uint8_t *data, size_t length);
void wzp_wav_header(uint8_t out[WZP_WAV_HEADER_SIZE], uint32_t samples);
/* The same for 1 to 8 channels; frames: samples of each. */
void wzp_wav_header_channels(uint8_t out[WZP_WAV_HEADER_SIZE], unsigned channels, uint32_t frames);
/* The bytes of so many samples, two each, as they follow the header. */
void wzp_wav_samples(uint8_t *out, const int16_t *pcm, size_t count);

#endif
