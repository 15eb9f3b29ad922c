/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/intake.h"

#include <string.h>

#include "media/copies.h"
#include "media/wait.h"

#define PIECE_MS 20  /* a gap is rebuilt in pieces of this */
#define WORTH_PART 2 /* of a gap, one in so many parts */

/* Frames rebuilt from repair packets go into the buffer like received ones. */
static void put_repair(struct wzp_intake *in, struct wzp_jitter *jitter,
                       const struct wzp_media_packet *packet)
{
    struct wzp_media_packet found[WZP_RAPTORQ_SOURCES_MAX];

    if (in->repair_epoch != wzp_jitter_epoch(jitter)) {
        in->repair_epoch = wzp_jitter_epoch(jitter);
        memset(&in->repair, 0, sizeof in->repair);
    }
    size_t count = wzp_repair_put(&in->repair, packet, found);
    for (size_t i = 0; i < count; i++)
        wzp_jitter_put_repaired(jitter, &found[i]);
    wzp_jitter_set_repair_wait(jitter, wzp_repair_wait_ms(&in->repair));
}

/* What the packet behind a gap can rebuild would have been in time if playout waited for it. */
static void note_gap(struct wzp_intake *in, struct wzp_jitter *jitter, struct wzp_decoder *decoder)
{
    unsigned gap_ms = 0;
    const struct wzp_jitter_packet *behind = wzp_jitter_gap(jitter, &gap_ms);
    const struct wzp_codec_info *info = behind ? wzp_codec_info(behind->codec) : NULL;

    if (!info || !info->is_opus)
        return;
    unsigned reach_ms =
        (unsigned)wzp_decoder_dred_reach(decoder, behind->id, behind->data, behind->length) /
        WZP_SAMPLES_PER_MS;
    in->dred_reach_ms = reach_ms;
    if (reach_ms < behind->frame_ms &&
        wzp_decoder_has_lbrr(behind->codec, behind->data, behind->length))
        reach_ms = behind->frame_ms;
    if (reach_ms > gap_ms)
        reach_ms = gap_ms;
    /* The end of a long gap alone is not worth a delay. */
    if (reach_ms * WORTH_PART < gap_ms)
        return;
    /* A run counts for the wait that rebuilds all of it: the last of five lost frames alone is not
     * worth a delay. */
    for (unsigned back = PIECE_MS; back <= reach_ms && back <= WZP_WAIT_STEPS * WZP_WAIT_STEP_MS;
         back += PIECE_MS)
        wzp_jitter_note_rescue(jitter, back, reach_ms >= gap_ms ? gap_ms : back);
}

/* Copies are of earlier frames: what the buffer keeps is the packet without them. */
static void put_packet(struct wzp_jitter *jitter, const struct wzp_media_packet *packet,
                       uint64_t now)
{
    const struct wzp_codec_info *info = wzp_codec_info(packet->header.codec);
    struct wzp_copy copies[WZP_COPIES_MAX];
    uint8_t stripped[WZP_FRAME_BYTES_MAX];
    size_t count = 0;

    if (info && info->is_opus && packet->payload_length <= sizeof stripped &&
        !packet->header.is_repair)
        count = wzp_copies_read(copies, packet->payload, packet->payload_length);
    if (count == 0) {
        wzp_jitter_put(jitter, packet, now);
        return;
    }
    struct wzp_media_packet alone = *packet;
    alone.payload = stripped;
    alone.payload_length = wzp_copies_strip(stripped, packet->payload, packet->payload_length);
    if (!wzp_jitter_put(jitter, &alone, now))
        return;
    for (size_t i = 0; i < count; i++)
        wzp_jitter_put_copy(jitter, packet, &copies[i]);
}

void wzp_intake_put(struct wzp_intake *in, struct wzp_jitter *jitter, struct wzp_decoder *decoder,
                    const struct wzp_media_packet *packet, uint64_t now)
{
    put_packet(jitter, packet, now);
    put_repair(in, jitter, packet);
    if (packet->header.is_repair)
        return;
    in->codec = packet->header.codec;
    note_gap(in, jitter, decoder);
}
