/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Speech encoder of one sender: Opus with DRED for ids 0-2 and 6-8, Codec2 for 3 and 4 when the
 * library is there. 48 kHz mono 16 bit in, one codec frame out; headers and encryption are added
 * elsewhere. Source: wzp-protocol(7), Codecs. */
#ifndef WZP_MEDIA_ENCODER_H
#define WZP_MEDIA_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/codec.h"

#define WZP_SAMPLE_RATE 48000
#define WZP_SAMPLES_PER_MS 48
#define WZP_FRAME_SAMPLES_MAX 5760 /* 120 ms, the longest an Opus packet holds */
#define WZP_FRAME_BYTES_MAX 512
#define WZP_PACKET_OVERHEAD 96     /* bytes around a payload: IP, UDP, QUIC, header, seals */
#define WZP_EXPECTED_LOSS_FLOOR 15 /* percent, wzp-protocol(7), Codecs */

/* Settings of the encoder. The codec id in the header fixes only the frame length (20 or 40 ms),
 * and that only for programs that do not read it from the packet itself; the bitrate is free.
 * Source: wzp-protocol(7), Codecs. */
struct wzp_encoder_plan {
    enum wzp_codec codec;
    uint32_t bitrate;      /* bit/s, voice and redundancy together */
    uint8_t frame_ms;      /* 20 or 40, as the id says; 60, 80, 120 for peers that can take them */
    bool fec;              /* LBRR: each packet repeats the frame before it, coarsely */
    uint8_t expected_loss; /* percent, as libopus is told; 0 = neither LBRR nor DRED */
    uint8_t dred_units;    /* 10 ms, 0 to 104 */
    /* Bit i: the frame i + 1 packets before is sent again, whole (copies.h). The sender does this,
     * not the encoder. */
    uint8_t copies;
};

struct wzp_encoder;
/* New encoder on `codec`. WZP_E_MEMORY, WZP_E_UNSUPPORTED (comfort noise, Codec2 not built in). */
int wzp_encoder_new(struct wzp_encoder **out, enum wzp_codec codec);
void wzp_encoder_free(struct wzp_encoder *e);
/* low: encodes with the least computation, which costs some quality at low bitrates and leaves out
 * DRED (libopus makes it from complexity 5 on). Initially false: with the most. */
void wzp_encoder_set_low_complexity(struct wzp_encoder *e, bool low);
/* Switches the codec; all Opus ids share one libopus encoder. Settings return to the tier's start
 * values. */
int wzp_encoder_set_codec(struct wzp_encoder *e, enum wzp_codec codec);
/* The plan that wzp_encoder_set_codec sets: nominal rate, no LBRR, DRED as the other programs send
 * it. */
void wzp_encoder_plan_of(struct wzp_encoder_plan *out, enum wzp_codec codec);
/* Applies all settings at once, from the next frame on; the voice goes on without a break.
 * WZP_E_ARGUMENT (no such frame length), WZP_E_UNSUPPORTED. */
int wzp_encoder_set_plan(struct wzp_encoder *e, const struct wzp_encoder_plan *plan);
/* What wzp_encoder_set_plan would return; changes nothing. */
int wzp_encoder_check_plan(const struct wzp_encoder *e, const struct wzp_encoder_plan *plan);
const struct wzp_encoder_plan *wzp_encoder_plan(const struct wzp_encoder *e);
/* The codec id in use. */
enum wzp_codec wzp_encoder_codec(const struct wzp_encoder *e);
/* 960, 1920; up to WZP_FRAME_SAMPLES_MAX when the plan says so. */
size_t wzp_encoder_frame_samples(const struct wzp_encoder *e);
/* One frame of exactly frame_samples. Returns bytes written (1..capacity), or WZP_E_ARGUMENT /
 * WZP_E_INTERNAL. No allocation. */
int wzp_encoder_encode(struct wzp_encoder *e, uint8_t *out, size_t capacity, const int16_t *pcm,
                       size_t samples);

#endif
