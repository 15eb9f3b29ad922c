/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From microphone samples to media packets: framing, sequence numbers, timestamps, quality reports,
 * mute. The payload is plain here; the call encrypts it. */
#ifndef WZP_MEDIA_SENDER_H
#define WZP_MEDIA_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/encoder.h"
#include "wire/media.h"

#define WZP_REPORT_INTERVAL_FRAMES 50

struct wzp_sender;
/* Errors of wzp_encoder_new. The caller frees; nothing but new allocates. */
int wzp_sender_new(struct wzp_sender **out, enum wzp_codec codec);
void wzp_sender_free(struct wzp_sender *s);
/* Gets each finished packet; it and its payload are valid during the call. */
typedef void (*wzp_sender_emit)(void *context, const struct wzp_media_packet *packet);
/* Takes any number of samples up to 1920 and calls emit for each finished frame. Errors of
 * wzp_encoder_encode; the timestamp then advances without a packet. */
int wzp_sender_push(struct wzp_sender *s, const int16_t *pcm, size_t samples, wzp_sender_emit emit,
                    void *context);
/* For a stream that got no samples for the last `ms` ms (at least a frame): the timestamp advances,
 * a partly filled frame is dropped, and one packet with the time of the last frame says that it was
 * silence (the smallest packet there is; Opus: DTX of one byte). Costs no encoding when the codec
 * knows DTX. Errors of wzp_encoder_encode. */
int wzp_sender_idle(struct wzp_sender *s, unsigned ms, wzp_sender_emit emit, void *context);
/* Sends a message from program to program in a media packet (no sound): a repair packet of Opus64k,
 * since relays allow those to be long. At most WZP_FRAME_BYTES_MAX bytes. The timestamp does not
 * advance. */
void wzp_sender_note(struct wzp_sender *s, const uint8_t *words, size_t length,
                     wzp_sender_emit emit, void *context);
/* Whether packets that only continue a silence (DTX) are left out (initially not). Background noise
 * is still refreshed every 400 ms. For receivers that tell a pause from a loss by the sequence
 * number, as ours and the existing programs do. */
void wzp_sender_set_sparse(struct wzp_sender *s, bool sparse);
/* See wzp_encoder_set_low_complexity. */
void wzp_sender_set_low_complexity(struct wzp_sender *s, bool low);
/* While muted, silence is encoded: DTX keeps the packets tiny, and the stream stays alive. */
void wzp_sender_set_muted(struct wzp_sender *s, bool muted);
/* Sets the quality report for the next packet that is due to carry one (every
 * WZP_REPORT_INTERVAL_FRAMES frames). */
void wzp_sender_set_report(struct wzp_sender *s, const struct wzp_quality_report *report);
/* The report is urgent: the next packet carries it. */
void wzp_sender_report_soon(struct wzp_sender *s);
/* Call it before the first push. One of the first packets is padded, so that the receiver can
 * measure how wide the line is (width.h), and none of them is left out for silence. */
void wzp_sender_probe(struct wzp_sender *s);
/* Sets another plan, which applies after the frame being filled. No sample is lost or repeated;
 * sequence numbers and timestamps go on. Errors of wzp_encoder_set_plan, found at once. */
int wzp_sender_set_plan(struct wzp_sender *s, const struct wzp_encoder_plan *plan);
/* The sender's encoder, to ask for its plan and abilities. */
const struct wzp_encoder *wzp_sender_encoder(const struct wzp_sender *s);
/* Frames and payload bytes so far, level of the microphone in dBFS. */
void wzp_sender_stats(const struct wzp_sender *s, uint64_t *frames, uint64_t *bytes,
                      double *level_dbfs);

#endif
