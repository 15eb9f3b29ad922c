/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Codec2 (ids 3 and 4) behind a 48 kHz interface: libcodec2 works on 8 kHz, SpeexDSP converts. One
 * object serves one direction of one stream. Optional at build time: without libcodec2
 * (WZP_WITH_CODEC2 = 0) everything answers WZP_E_UNSUPPORTED. Source: wzp-protocol(7), Codecs. */
#ifndef WZP_MEDIA_CODEC2_H
#define WZP_MEDIA_CODEC2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/codec.h"

struct wzp_codec2;
/* True when this program was built with libcodec2. */
bool wzp_codec2_available(void);
/* For both rates; encode: 48 -> 8 kHz, else 8 -> 48 kHz. WZP_E_MEMORY, WZP_E_UNSUPPORTED. */
int wzp_codec2_new(struct wzp_codec2 **out, bool encode);
void wzp_codec2_free(struct wzp_codec2 *c);
/* One frame (960 samples for id 3, 1920 for id 4) becomes 8 or 6 bytes; returns them,
 * WZP_E_ARGUMENT, WZP_E_TOO_BIG. */
int wzp_codec2_encode(struct wzp_codec2 *c, uint8_t *out, size_t capacity, enum wzp_codec codec,
                      const int16_t *pcm, size_t samples);
/* One frame becomes 960 or 1920 samples; WZP_E_SYNTAX when the length is not the codec's. */
int wzp_codec2_decode(struct wzp_codec2 *c, int16_t *pcm, enum wzp_codec codec, const uint8_t *data,
                      size_t length);
/* Conceals a lost frame: repeats the sound of the last one, as is usual for vocoders. Any number of
 * samples; WZP_E_STATE: no frame yet. */
int wzp_codec2_conceal(struct wzp_codec2 *c, int16_t *pcm, size_t samples);

#endif
