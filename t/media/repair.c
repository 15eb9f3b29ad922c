/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Existing senders on the lowest tiers: Codec2 with repair packets over a line that loses half of
 * them, through the whole receive side: what repairs restore, and what forged ones cost. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "lib_speech.h"
#include "media/codec2.h"
#include "media/encoder.h"
#include "media/receiver.h"
#include "media/repair.h"
#include "tap.h"

#define SECONDS 60

/* A sender as the existing ones are: frames of a block, then its repairs, each 256 bytes. */
struct old_sender {
    enum wzp_codec codec;
    unsigned count, repairs, bytes, frame_ms;
    struct wzp_encoder *encoder;
    struct wzp_raptorq block;
    uint16_t sequence;
    uint32_t timestamp;
    uint8_t number;
    unsigned at; /* in the block */
    uint8_t repair[256];
    int16_t speech[48000 * 4];
    size_t spoken;
};

static void begin_sender(struct old_sender *s, enum wzp_codec codec)
{
    memset(s, 0, sizeof *s);
    bool slow = codec == WZP_CODEC_CODEC2_1200;
    s->codec = codec;
    s->count = slow ? 8 : 5;
    s->repairs = slow ? 8 : 3;
    s->bytes = slow ? 6 : 8;
    s->frame_ms = slow ? 40 : 20;
    speech_fill(s->speech, sizeof s->speech / sizeof *s->speech, 3, 0);
    if (wzp_encoder_new(&s->encoder, codec))
        bail("no encoder");
}

/* One packet after the other: a frame, or a repair when the block is full. */
static void next_packet(struct old_sender *s, struct wzp_media_packet *out)
{
    size_t samples = s->frame_ms * 48u;
    *out = (struct wzp_media_packet){.header = {.codec = (uint8_t)s->codec,
                                                .sequence = s->sequence++,
                                                .timestamp = s->timestamp,
                                                .fec_block = s->number,
                                                .fec_symbol = (uint8_t)s->at,
                                                .fec_ratio = 64}};
    if (s->at < s->count) {
        uint8_t *symbol = s->block.sources[s->at];
        memset(symbol, 0, WZP_RAPTORQ_SYMBOL_MAX);
        if (s->spoken + samples > sizeof s->speech / sizeof *s->speech)
            s->spoken = 0;
        if (wzp_encoder_encode(s->encoder, symbol + 2, s->bytes, s->speech + s->spoken, samples) !=
            (int)s->bytes)
            bail("no frame");
        symbol[0] = (uint8_t)s->bytes;
        s->spoken += samples;
        s->timestamp += s->frame_ms;
        out->payload = symbol + 2;
        out->payload_length = s->bytes;
    } else {
        s->block.count = s->count;
        wzp_raptorq_repair(s->repair, &s->block, s->at - s->count);
        out->header.is_repair = true;
        out->payload = s->repair;
        out->payload_length = sizeof s->repair;
    }
    if (++s->at == s->count + s->repairs) {
        s->at = 0;
        s->number++;
    }
}

/* ---- blocks alone ---- */

static void blocks(void)
{
    static struct old_sender s;
    struct wzp_repair r = {0};
    struct wzp_media_packet packet, found[WZP_RAPTORQ_SOURCES_MAX];
    uint8_t frames[8][6];
    size_t count = 0;
    begin_sender(&s, WZP_CODEC_CODEC2_1200);
    s.sequence = 65530; /* it wraps inside the block */
    s.timestamp = UINT32_MAX - 100;
    uint32_t first = s.timestamp;
    for (unsigned i = 0; i < 16; i++) {
        next_packet(&s, &packet);
        if (i < 8)
            memcpy(frames[i], packet.payload, 6);
        if (i == 1 || i == 2 || i == 7 || i == 8 || i == 10)
            continue;
        if (count == 0)
            count = wzp_repair_put(&r, &packet, found);
        else if (wzp_repair_put(&r, &packet, found) != 0)
            ok(false, "a solved block gives nothing more");
    }
    is_int(count, 3, "three frames of a block are lost, and known from three repairs");
    static const unsigned lost[] = {1, 2, 7};
    for (size_t i = 0; i < count && i < 3; i++)
        ok(found[i].header.sequence == (uint16_t)(65530 + lost[i]) &&
               found[i].header.timestamp == first + 40 * lost[i] && found[i].payload_length == 6 &&
               memcmp(found[i].payload, frames[lost[i]], 6) == 0,
           "frame %u is as it was, with its number and time", lost[i]);
    wzp_encoder_free(s.encoder);
}

static void waiting(void)
{
    static struct old_sender s;
    struct wzp_repair r = {0};
    struct wzp_media_packet packet, found[WZP_RAPTORQ_SOURCES_MAX];
    begin_sender(&s, WZP_CODEC_CODEC2_1200);
    for (unsigned i = 0; i < 80; i++) {
        next_packet(&s, &packet);
        if (i % 3 != 0)
            wzp_repair_put(&r, &packet, found);
    }
    is_int(wzp_repair_wait_ms(&r), 280, "where a third is lost it pays to wait for repairs");
    for (unsigned i = 0; i < 480; i++) {
        next_packet(&s, &packet);
        wzp_repair_put(&r, &packet, found);
    }
    is_int(wzp_repair_wait_ms(&r), 0, "where nothing is lost any more it does not");
    wzp_encoder_free(s.encoder);
}

/* When a block is broken off at a change of profile, its number is used again. */
static void number_again(void)
{
    static struct old_sender s;
    struct wzp_repair r = {0};
    struct wzp_media_packet packet, found[WZP_RAPTORQ_SOURCES_MAX];
    unsigned wrong = 0;
    size_t count = 0;
    begin_sender(&s, WZP_CODEC_CODEC2_3200);
    for (unsigned i = 0; i < 3; i++) {
        next_packet(&s, &packet);
        wrong += wzp_repair_put(&r, &packet, found) != 0;
    }
    s.at = 0; /* the same number, from the first symbol on */
    for (unsigned i = 0; i < 8; i++) {
        next_packet(&s, &packet);
        if (i != 2)
            count += wzp_repair_put(&r, &packet, found);
    }
    ok(wrong == 0 && count == 1 && r.contradicted == 0,
       "a block number that is used again confuses nobody");
    wzp_encoder_free(s.encoder);
}

static void forged(void)
{
    static struct old_sender s;
    struct wzp_repair r = {0};
    struct wzp_media_packet packet, found[WZP_RAPTORQ_SOURCES_MAX];
    uint8_t lie[257];
    uint64_t allocations = wzp_alloc_calls();
    size_t given = 0;
    begin_sender(&s, WZP_CODEC_CODEC2_1200);
    allocations = wzp_alloc_calls();
    uint32_t dice = 1;
    for (unsigned i = 0; i < 20000; i++) {
        next_packet(&s, &packet);
        if (packet.header.is_repair) {
            for (size_t k = 0; k < sizeof lie; k++)
                lie[k] = k < 8 ? (uint8_t)((dice = dice * 1664525u + 1013904223u) >> 24) : 0;
            packet.payload = lie;
        } else if (i % 3 == 0) {
            continue;
        }
        given += wzp_repair_put(&r, &packet, found);
    }
    is_int(given, 0, "of thousands of forged repairs none becomes a frame");
    ok(r.contradicted > 1000, "the blocks are given up: %ju", (uintmax_t)r.contradicted);
    is_int(wzp_alloc_calls(), allocations, "nothing is allocated for them");
    uint64_t before = r.rejected;
    packet.header.is_repair = true;
    packet.payload = lie;
    lie[100] = 1;
    const struct {
        unsigned symbol;
        size_t length;
        const char *what;
    } rows[] = {{8, 101, "with bytes where no frame can have any"},
                {7, 8, "with the number of a frame"},
                {24, 8, "with a number beyond all repairs"},
                {255, 8, "with the last number"},
                {8, 0, "without anything"},
                {8, 257, "of 257 bytes"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        packet.header.fec_symbol = (uint8_t)rows[i].symbol;
        packet.payload_length = rows[i].length;
        wzp_repair_put(&r, &packet, found);
        is_int(r.rejected, ++before, "a repair %s is refused", rows[i].what);
    }
    packet.header.codec = WZP_CODEC_OPUS_24K;
    is_int(wzp_repair_put(&r, &packet, found), 0, "Opus has no repairs");
    wzp_encoder_free(s.encoder);
}

/* ---- through the receive side ---- */

struct outcome {
    struct wzp_playout_stats stats;
    double heard_percent; /* of the frames sent */
};

/* Random loss; repairs arrive only when `repairs` is set. Packets take 40 to 50 ms. */
static void talk(struct outcome *out, enum wzp_codec codec, unsigned loss_percent, bool repairs)
{
    static struct old_sender s;
    struct wzp_receiver *receiver;
    struct wzp_media_packet packet;
    uint32_t dice = 7;
    uint64_t frames = 0;
    int16_t pcm[960];
    begin_sender(&s, codec);
    if (wzp_receiver_new(&receiver))
        bail("no receiver");
    wzp_receiver_set_expected(receiver, 1);
    uint64_t now = WZP_SECOND;
    for (unsigned ms = 0; ms < SECONDS * 1000; ms += 20, now += 20 * WZP_MILLISECOND) {
        bool due = ms % s.frame_ms == 0;
        while (due || (s.at >= s.count && s.at != 0)) {
            next_packet(&s, &packet);
            frames += !packet.header.is_repair;
            dice = dice * 1664525u + 1013904223u;
            if ((dice >> 16) % 100 >= loss_percent && (repairs || !packet.header.is_repair))
                wzp_receiver_put(receiver, &packet, now);
            due = false;
        }
        wzp_receiver_pull(receiver, pcm, 960, now);
    }
    wzp_receiver_stats(receiver, &out->stats, now);
    out->heard_percent = 100.0 * (double)(out->stats.frames_decoded + out->stats.frames_repaired) /
                         (double)(frames * s.frame_ms / 20);
    wzp_receiver_free(receiver);
    wzp_encoder_free(s.encoder);
}

static void half_is_lost(void)
{
    static const struct {
        enum wzp_codec codec;
        unsigned loss;
        double least; /* percent heard with repairs */
    } rows[] = {{WZP_CODEC_CODEC2_1200, 50, 70},
                {WZP_CODEC_CODEC2_1200, 30, 92},
                {WZP_CODEC_CODEC2_3200, 30, 80},
                {WZP_CODEC_CODEC2_1200, 10, 98}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome with, without;
        talk(&without, rows[i].codec, rows[i].loss, false);
        talk(&with, rows[i].codec, rows[i].loss, true);
        note("%s, %u %% loss: heard %.1f %% without repairs, %.1f %% with (%ju frames repaired), "
             "delay %u and %u ms",
             wzp_codec_info(rows[i].codec)->name, rows[i].loss, without.heard_percent,
             with.heard_percent, (uintmax_t)with.stats.frames_repaired, without.stats.delay_ms,
             with.stats.delay_ms);
        ok(with.heard_percent >= rows[i].least,
           "%s at %u %% loss: %.1f %% of the frames are heard, not %.1f %%",
           wzp_codec_info(rows[i].codec)->name, rows[i].loss, with.heard_percent,
           without.heard_percent);
        ok(with.stats.jitter.lost > 0, "what was repaired counts as lost on the way all the same");
    }
}

static void clean(void)
{
    struct outcome with;
    talk(&with, WZP_CODEC_CODEC2_1200, 0, true);
    is_int(with.stats.frames_repaired, 0, "without loss nothing is repaired");
    ok(with.stats.delay_ms < 100, "nobody waits for repairs: %u ms", with.stats.delay_ms);
    is_int(with.stats.frames_concealed, 0, "nothing is concealed");
}

TAP_MAIN
{
    if (!wzp_codec2_available())
        skip_all("Codec2 is not built in");
    blocks();
    waiting();
    number_again();
    forged();
    half_is_lost();
    clean();
}
