/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Changes of codec, rate or frame length, and lost frames: a sine continues without a gap and
 * without a click. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "media/level.h"
#include "media/receiver.h"
#include "media/sender.h"
#include "tap.h"

#define BLOCK 480
#define SECONDS 8
#define TOTAL (SECONDS * 48000)
#define FROM 48000 /* the coder and the buffer have settled */
#define DELAY (30 * WZP_MILLISECOND)
#define QUEUE 64

static struct wzp_receiver *receiver;
static uint64_t now;
static int16_t heard[TOTAL];

/* The line is a queue: what is sent arrives DELAY later. */
static struct {
    struct wzp_media_header header;
    uint8_t data[WZP_FRAME_BYTES_MAX];
    size_t length;
    uint64_t at;
} queue[QUEUE];
static unsigned first, last;
static double hertz = 440;
static unsigned lost_each; /* one of so many packets is lost */

static void emit(void *context, const struct wzp_media_packet *packet)
{
    (void)context;
    if (lost_each > 0 && packet->header.sequence % lost_each == lost_each - 1)
        return;
    unsigned i = last++ % QUEUE;

    queue[i].header = packet->header;
    queue[i].length = packet->payload_length;
    queue[i].at = now + DELAY;
    memcpy(queue[i].data, packet->payload, packet->payload_length);
}

static void arrive(void)
{
    for (; first != last && queue[first % QUEUE].at <= now; first++) {
        unsigned i = first % QUEUE;
        struct wzp_media_packet packet = {
            .header = queue[i].header, .payload = queue[i].data, .payload_length = queue[i].length};

        wzp_receiver_put(receiver, &packet, queue[i].at);
    }
}

/* Largest jump of the second difference: a sine's own is small, a click's is not. */
static double roughness(void)
{
    double most = 0;

    for (size_t i = FROM + 2; i < TOTAL; i++)
        most = fmax(most, fabs(heard[i] - 2.0 * heard[i - 1] + heard[i - 2]));
    return most;
}

static unsigned longest_gap_ms(void)
{
    unsigned longest = 0, gap = 0;

    for (size_t at = FROM; at + 48 <= TOTAL; at += 48) {
        /* A millisecond around a zero crossing of 440 Hz is still louder than this. */
        gap = wzp_level_rms_dbfs(heard + at, 48) < -40 ? gap + 1 : 0;
        longest = gap > longest ? gap : longest;
    }
    return longest;
}

static void run(const struct wzp_encoder_plan *a, const struct wzp_encoder_plan *b,
                struct wzp_playout_stats *stats)
{
    struct wzp_sender *sender;
    struct wzp_tone tone;
    int16_t block[BLOCK];

    if (wzp_sender_new(&sender, a->codec) < 0 || wzp_receiver_new(&receiver) < 0)
        bail("no memory");
    wzp_receiver_set_expected(receiver, 1);
    wzp_tone_init(&tone, hertz, -12);
    first = last = 0;
    now = WZP_SECOND;
    for (size_t at = 0; at < TOTAL; at += BLOCK) {
        /* Back and forth, at varying points of a frame. */
        if (at % (48000 * 3 / 4) == 0)
            (void)wzp_sender_set_plan(sender, at / (48000 * 3 / 4) % 2 ? b : a);
        wzp_tone_fill(&tone, block, BLOCK);
        (void)wzp_sender_push(sender, block, BLOCK, emit, NULL);
        now += 10 * WZP_MILLISECOND;
        arrive();
        (void)wzp_receiver_pull(receiver, heard + at, BLOCK, now + WZP_MILLISECOND);
    }
    wzp_receiver_stats(receiver, stats, now);
    wzp_sender_free(sender);
    wzp_receiver_free(receiver);
}

static void play(const char *what, const struct wzp_encoder_plan *a,
                 const struct wzp_encoder_plan *b)
{
    struct wzp_playout_stats stats;

    run(a, b, &stats);
    unsigned gap = longest_gap_ms();
    double rough = roughness();
    ok(gap <= 20, "%s: no gap above a frame (%u ms)", what, gap);
    /* Roughness of a sine of 440 Hz at -12 dBFS is 34; of a step by a twentieth of its amplitude,
     * 400. */
    ok(rough < 400, "%s: no click (%.0f)", what, rough);
    is_int(stats.jitter.lost, 0, "%s: no number is left out", what);
}

/* Lost frames, which only the decoder conceals. */
static void lose(const char *what, const struct wzp_encoder_plan *plan)
{
    struct wzp_playout_stats stats;

    lost_each = 7;
    run(plan, plan, &stats);
    double rough = roughness();
    ok(rough < 400, "%s, of which one in seven is lost: no click (%.0f)", what, rough);
    lost_each = 0;
}

TAP_MAIN
{
    static const struct wzp_encoder_plan wide = {
        .codec = WZP_CODEC_OPUS_32K, .bitrate = 32000, .frame_ms = 20};
    static const struct wzp_encoder_plan rich = {
        .codec = WZP_CODEC_OPUS_64K, .bitrate = 64000, .frame_ms = 20};
    static const struct wzp_encoder_plan safe = {.codec = WZP_CODEC_OPUS_32K,
                                                 .bitrate = 48000,
                                                 .frame_ms = 20,
                                                 .fec = true,
                                                 .expected_loss = 25,
                                                 .dred_units = 40};
    static const struct wzp_encoder_plan longer = {
        .codec = WZP_CODEC_OPUS_6K, .bitrate = 26000, .frame_ms = 40};
    static const struct wzp_encoder_plan longest = {
        .codec = WZP_CODEC_OPUS_6K, .bitrate = 10000, .frame_ms = 120};
    static const struct wzp_encoder_plan thin = {
        .codec = WZP_CODEC_OPUS_6K, .bitrate = 10000, .frame_ms = 60};
    static const struct wzp_encoder_plan thinner = {
        .codec = WZP_CODEC_OPUS_6K, .bitrate = 10000, .frame_ms = 80};
    static const struct wzp_encoder_plan fuller = {
        .codec = WZP_CODEC_OPUS_6K, .bitrate = 26000, .frame_ms = 60};

    play("32 and 64 kbit/s", &wide, &rich);
    play("redundancy on and off", &wide, &safe);
    play("20 and 40 ms", &wide, &longer);
    play("40 and 120 ms", &longer, &longest);
    play("20 and 120 ms", &wide, &longest);
    play("60 and 80 ms", &thin, &thinner);
    play("60 and 120 ms", &thin, &longest);
    play("80 and 120 ms", &thinner, &longest);
    play("all of the band and half of it", &fuller, &thin);
    play("32 kbit/s and the row of a line that is told to be thin", &wide, &thin);
    /* A low pitch, like a voice: in a smoother wave a click stands out more. */
    hertz = 200;
    play("60 and 80 ms, 200 Hz", &thin, &thinner);
    play("60 and 120 ms, 200 Hz", &thin, &longest);
    lose("32 kbit/s at 20 ms", &wide);
    lose("26 kbit/s at 40 ms", &longer);
    lose("10 kbit/s at 60 ms", &thin);
}
