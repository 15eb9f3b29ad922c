/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/sender.h"

#include <string.h>

#include <opus.h>

#include "base/alloc.h"
#include "media/copies.h"
#include "media/level.h"

#define SENT_FRAMES 16 /* more than copies reach back */
#define PROBE_FRAMES 5 /* the first ones, to see how wide the line is; ... */
#define PROBE_LONG 3   /* ... the padded one, counted from the last of them */
#define PROBE_BYTES 200

/* A frame that was sent, for copies of it. */
struct sent {
    uint16_t sequence, length; /* 0 = not to be copied */
    uint32_t timestamp;
    uint8_t bare[WZP_FRAME_BYTES_MAX];
};

struct wzp_sender {
    struct wzp_encoder *encoder;
    int16_t frame[WZP_FRAME_SAMPLES_MAX];
    size_t filled;
    uint8_t payload[WZP_FRAME_BYTES_MAX];
    uint16_t sequence;
    uint32_t timestamp;
    uint8_t fec_block, fec_symbol;
    bool has_next; /* a plan waits for the end of the frame */
    struct wzp_encoder_plan next;
    unsigned silent_frames; /* frames in a row that only continue a silence (DTX) */
    bool muted, sparse;
    bool has_toc; /* the first byte of the last packet, and its codec */
    uint8_t toc;
    enum wzp_codec toc_codec;
    bool report_set;
    struct wzp_quality_report report;
    unsigned since_report;         /* 20 ms */
    bool hurried;                  /* the report goes out at once */
    unsigned probing;              /* so many of the first frames are still to come */
    struct sent sent[SENT_FRAMES]; /* by number modulo SENT_FRAMES */
    uint64_t frames, bytes;
    struct wzp_meter meter;
};

int wzp_sender_new(struct wzp_sender **out, enum wzp_codec codec)
{
    struct wzp_sender *s = wzp_calloc(1, sizeof *s);
    int result;

    *out = NULL;
    if (!s)
        return WZP_E_MEMORY;
    result = wzp_encoder_new(&s->encoder, codec);
    if (result != 0) {
        wzp_free(s);
        return result;
    }
    *out = s;
    return 0;
}

void wzp_sender_free(struct wzp_sender *s)
{
    if (!s)
        return;
    wzp_encoder_free(s->encoder);
    wzp_free(s);
}

/* Block and symbol numbers of a Codec2 source packet; zero on Opus. Source: wzp-protocol(7), Media
 * header. */
static void number_block(struct wzp_sender *s, struct wzp_media_header *header)
{
    unsigned per_block = wzp_encoder_codec(s->encoder) == WZP_CODEC_CODEC2_1200 ? 8 : 5;

    if (wzp_codec_info(header->codec)->is_opus)
        return;
    header->fec_block = s->fec_block;
    header->fec_symbol = s->fec_symbol;
    if (++s->fec_symbol >= per_block) {
        s->fec_symbol = 0;
        s->fec_block++;
    }
}

/* The first few DTX packets are sent, in case one is lost; those that only continue the silence are
 * not: the coder refreshes the background noise every 400 ms. */
#define SILENCE_TOLD 2
#define SAYS_NOTHING 2  /* bytes */
#define COPY_AGE_MS 200 /* what is older was played long ago */

static bool worth_sending(struct wzp_sender *s, enum wzp_codec codec, int length)
{
    if (!wzp_codec_info(codec)->is_opus || length > SAYS_NOTHING) {
        s->silent_frames = 0;
        return true;
    }
    return ++s->silent_frames <= SILENCE_TOLD || !s->sparse || s->hurried || s->probing > 0;
}

static void emit_packet(struct wzp_sender *s, uint32_t timestamp, size_t length,
                        wzp_sender_emit emit, void *context)
{
    struct wzp_media_packet packet;

    memset(&packet, 0, sizeof packet);
    packet.header.codec = (uint8_t)wzp_encoder_codec(s->encoder);
    packet.header.sequence = s->sequence++;
    packet.header.timestamp = timestamp;
    number_block(s, &packet.header);
    packet.payload = s->payload;
    packet.payload_length = length;
    if (s->report_set && s->since_report >= WZP_REPORT_INTERVAL_FRAMES) {
        packet.header.has_report = true;
        packet.report = s->report;
        s->report_set = false;
        s->since_report = 0;
        s->hurried = false;
    }
    s->bytes += (uint64_t)length;
    emit(context, &packet);
}

/* Silence and what is not Opus is not worth a copy. */
static void keep_sent(struct wzp_sender *s, uint32_t timestamp, size_t length)
{
    struct sent *kept = &s->sent[s->sequence % SENT_FRAMES];

    kept->sequence = s->sequence;
    kept->timestamp = timestamp;
    kept->length = 0;
    if (wzp_codec_info(wzp_encoder_codec(s->encoder))->is_opus)
        kept->length = (uint16_t)wzp_copies_bare(kept->bare, s->payload, length);
    if (kept->length <= SAYS_NOTHING)
        kept->length = 0;
}

/* Adds copies of earlier frames, as the plan says, in the room left in the packet; the nearest
 * first. */
static size_t add_copies(struct wzp_sender *s, uint32_t timestamp, size_t length)
{
    unsigned wanted = wzp_encoder_plan(s->encoder)->copies;
    struct wzp_copy copies[WZP_COPIES_MAX];
    size_t count = 0;

    if (!wzp_codec_info(wzp_encoder_codec(s->encoder))->is_opus)
        return length;
    for (unsigned back = 1; back <= WZP_COPIES_MAX; back++) {
        uint16_t number = (uint16_t)(s->sequence - back);
        const struct sent *of = &s->sent[number % SENT_FRAMES];

        if ((wanted >> (back - 1) & 1) && of->sequence == number && of->length > 0 &&
            timestamp - of->timestamp <= COPY_AGE_MS)
            copies[count++] =
                (struct wzp_copy){back, timestamp - of->timestamp, of->bare, of->length};
    }
    return wzp_copies_write(s->payload, length, sizeof s->payload, copies, count);
}

/* Sends short packets, a long (padded) one, and short ones again. The receiver measures relative to
 * the first one; the narrowest lines have no time for more than one long packet. */
static size_t probe(struct wzp_sender *s, size_t length)
{
    bool is_long = s->probing == PROBE_LONG;

    if (s->probing > 0)
        s->probing--;
    if (!is_long || length >= PROBE_BYTES ||
        !wzp_codec_info(wzp_encoder_codec(s->encoder))->is_opus ||
        opus_packet_pad(s->payload, (opus_int32)length, PROBE_BYTES) != OPUS_OK)
        return length;
    return PROBE_BYTES;
}

static int finish_frame(struct wzp_sender *s, size_t samples, wzp_sender_emit emit, void *context)
{
    enum wzp_codec codec = wzp_encoder_codec(s->encoder);
    int length = wzp_encoder_encode(s->encoder, s->payload, sizeof s->payload, s->frame, samples);
    uint32_t timestamp = s->timestamp;

    /* The clock of the stream goes on even when a frame could not be coded. */
    s->timestamp += (uint32_t)(samples / WZP_SAMPLES_PER_MS);
    s->since_report += (unsigned)(samples / 960);
    if (length < 0)
        return length;
    s->frames++;
    s->toc = length > 0 ? s->payload[0] : 0;
    s->toc_codec = codec;
    s->has_toc = length > 0;
    if (worth_sending(s, codec, length)) {
        keep_sent(s, timestamp, (size_t)length);
        size_t whole = probe(s, add_copies(s, timestamp, (size_t)length));
        emit_packet(s, timestamp, whole, emit, context);
    }
    return 0;
}

int wzp_sender_idle(struct wzp_sender *s, unsigned ms, wzp_sender_emit emit, void *context)
{
    enum wzp_codec codec = wzp_encoder_codec(s->encoder);
    unsigned frame_ms = wzp_codec_info(codec)->frame_ms;
    int length = 1;

    s->filled = 0;
    if (wzp_codec_info(codec)->is_opus && s->has_toc && s->toc_codec == codec) {
        s->payload[0] = s->toc & 0xfc; /* RFC 6716 3.1: one frame, of no bytes */
    } else {
        memset(s->frame, 0, sizeof s->frame);
        length = wzp_encoder_encode(s->encoder, s->payload, sizeof s->payload, s->frame,
                                    wzp_encoder_frame_samples(s->encoder));
        s->toc = length > 0 ? s->payload[0] : 0;
        s->toc_codec = codec;
        s->has_toc = length > 0;
    }
    s->timestamp += ms < frame_ms ? frame_ms : ms;
    s->since_report += ms / 20;
    if (length < 0)
        return length;
    s->frames++;
    emit_packet(s, s->timestamp - frame_ms, (size_t)length, emit, context);
    return 0;
}

void wzp_sender_note(struct wzp_sender *s, const uint8_t *words, size_t length,
                     wzp_sender_emit emit, void *context)
{
    const struct wzp_media_packet packet = {.header = {.codec = WZP_CODEC_OPUS_64K,
                                                       .is_repair = true,
                                                       .sequence = s->sequence++,
                                                       .timestamp = s->timestamp},
                                            .payload = words,
                                            .payload_length = length};

    emit(context, &packet);
}

static void take_next(struct wzp_sender *s)
{
    if (!s->has_next)
        return;
    s->has_next = false;
    if (s->next.codec != wzp_encoder_codec(s->encoder)) {
        s->fec_symbol = 0;
        s->fec_block++;
    }
    (void)wzp_encoder_set_plan(s->encoder, &s->next); /* it was checked */
}

int wzp_sender_push(struct wzp_sender *s, const int16_t *pcm, size_t samples, wzp_sender_emit emit,
                    void *context)
{
    int result = 0;

    if (samples > WZP_FRAME_SAMPLES_MAX)
        return WZP_E_ARGUMENT;
    wzp_meter_feed(&s->meter, pcm, samples);
    while (samples > 0) {
        size_t need = wzp_encoder_frame_samples(s->encoder);
        size_t take = need - s->filled < samples ? need - s->filled : samples;

        if (s->muted)
            memset(s->frame + s->filled, 0, take * sizeof *pcm);
        else
            memcpy(s->frame + s->filled, pcm, take * sizeof *pcm);
        s->filled += take;
        pcm += take;
        samples -= take;
        if (s->filled == need) {
            int one = finish_frame(s, need, emit, context);

            s->filled = 0;
            take_next(s);
            if (one < 0)
                result = one;
        }
    }
    return result;
}

void wzp_sender_set_low_complexity(struct wzp_sender *s, bool low)
{
    wzp_encoder_set_low_complexity(s->encoder, low);
}

void wzp_sender_set_sparse(struct wzp_sender *s, bool sparse)
{
    s->sparse = sparse;
}

void wzp_sender_set_muted(struct wzp_sender *s, bool muted)
{
    s->muted = muted;
}

void wzp_sender_set_report(struct wzp_sender *s, const struct wzp_quality_report *report)
{
    s->report = *report;
    s->report_set = true;
}

void wzp_sender_report_soon(struct wzp_sender *s)
{
    s->since_report = WZP_REPORT_INTERVAL_FRAMES;
    s->hurried = true;
}

void wzp_sender_probe(struct wzp_sender *s)
{
    s->probing = PROBE_FRAMES;
}

int wzp_sender_set_plan(struct wzp_sender *s, const struct wzp_encoder_plan *plan)
{
    int result = wzp_encoder_check_plan(s->encoder, plan);

    if (result < 0)
        return result;
    s->next = *plan;
    s->has_next = true;
    if (s->filled == 0)
        take_next(s);
    return 0;
}

const struct wzp_encoder *wzp_sender_encoder(const struct wzp_sender *s)
{
    return s->encoder;
}

void wzp_sender_stats(const struct wzp_sender *s, uint64_t *frames, uint64_t *bytes,
                      double *level_dbfs)
{
    if (frames)
        *frames = s->frames;
    if (bytes)
        *bytes = s->bytes;
    if (level_dbfs)
        *level_dbfs = wzp_meter_dbfs(&s->meter);
}
