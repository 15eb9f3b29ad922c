/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "lib_speech.h"
#include "media/codec2.h"
#include "media/sender.h"

struct seen {
    unsigned packets, reports, tiny, out_of_line;
    unsigned report_at[8];
    struct wzp_media_header last;
    size_t bytes;
    struct wzp_quality_report report;
    unsigned frame_ms; /* when it differs from that of the codec */
    bool last_tiny;
};
static int16_t speech[48000 * 4 + WZP_FRAME_SAMPLES_MAX];

static int set_codec(struct wzp_sender *s, enum wzp_codec codec)
{
    struct wzp_encoder_plan plan;
    wzp_encoder_plan_of(&plan, codec);
    return wzp_sender_set_plan(s, &plan);
}

static void emit(void *context, const struct wzp_media_packet *packet)
{
    struct seen *s = context;
    const struct wzp_media_header *h = &packet->header;

    unsigned frame_ms = s->frame_ms ? s->frame_ms : wzp_codec_info(s->last.codec)->frame_ms;
    uint32_t step = h->timestamp - s->last.timestamp;

    /* Time goes on by whole frames; by more than one only after a packet that said "silence". */
    if (s->packets > 0 && (h->sequence != (uint16_t)(s->last.sequence + 1) || step < frame_ms ||
                           (step > frame_ms && (!s->last_tiny || step % 20 != 0))))
        s->out_of_line++;
    s->last_tiny = packet->payload_length <= 2;
    if (h->has_report && s->reports < 8) {
        s->report_at[s->reports++] = s->packets;
        s->report = packet->report;
    }
    s->tiny += packet->payload_length <= 2;
    s->bytes += packet->payload_length;
    s->last = *h;
    s->packets++;
}

static struct wzp_sender *new_sender(void)
{
    struct wzp_sender *s;

    if (wzp_sender_new(&s, WZP_CODEC_OPUS_24K) != 0)
        bail("no sender");
    return s;
}

static void push(struct wzp_sender *s, struct seen *seen, size_t samples, size_t piece)
{
    for (size_t at = 0; at < samples; at += piece) {
        size_t count = samples - at < piece ? samples - at : piece;

        wzp_sender_push(s, speech + at % (sizeof speech / sizeof *speech - piece), count, emit,
                        seen);
    }
}

static void test_cadence(void)
{
    struct wzp_sender *s = new_sender();
    struct seen seen = {0};
    struct wzp_quality_report report = {.loss = 9, .rtt_4ms = 8, .jitter_ms = 7};
    uint64_t frames = 0;
    uint64_t bytes = 0;
    double level = 0;
    uint64_t calls;

    calls = wzp_alloc_calls();
    wzp_sender_set_report(s, &report);
    is_int(wzp_sender_push(s, speech, WZP_FRAME_SAMPLES_MAX + 1, emit, &seen), WZP_E_ARGUMENT,
           "too much at once");
    push(s, &seen, 959, 959);
    is_int(seen.packets, 0, "no packet before 20 ms");
    push(s, &seen, 1, 1);
    is_int(seen.packets, 1, "one at 20 ms");
    is_int(seen.last.sequence, 0, "number 0");
    is_int(seen.last.timestamp, 0, "time 0");
    is_int(seen.last.codec, WZP_CODEC_OPUS_24K, "codec");
    is_int(seen.last.fec_block + seen.last.fec_symbol + seen.last.fec_ratio + seen.last.sender, 0,
           "Opus carries no FEC fields");
    for (int second = 0; second < 3; second++) {
        wzp_sender_set_report(s, &report);
        push(s, &seen, 48000, 333);
    }
    is_int(seen.packets, 151, "50 a second");
    is_int(seen.out_of_line, 0, "numbers and times in line");
    is_int(seen.reports, 3, "a report each 50 frames");
    is_int(seen.report_at[0], 49, "the first on frame 50");
    is_int(seen.report_at[1], 99, "then on 100");
    is_int(seen.report.loss, 9, "with its contents");
    is_int(wzp_alloc_calls(), calls, "no allocation");
    wzp_sender_stats(s, &frames, &bytes, &level);
    is_int(frames, 151, "frames counted");
    is_int(bytes, seen.bytes, "bytes counted");
    ok(level > -40 && level < -10, "level %.1f dBFS", level);
    wzp_sender_free(s);
}

static void test_mute_and_switch(void)
{
    struct wzp_sender *s = new_sender();
    struct seen seen = {0};

    push(s, &seen, 48000, 480);
    seen.tiny = 0;
    size_t before = seen.bytes;
    wzp_sender_set_muted(s, true);
    push(s, &seen, 48000, 480);
    is_int(seen.packets, 100, "muted, the packets go on");
    ok(seen.tiny > 30, "but say nothing (%u of 50)", seen.tiny);
    seen.tiny = 0;
    seen.packets = 50;
    before = seen.bytes;
    wzp_sender_set_sparse(s, true);
    push(s, &seen, 96000, 480);
    ok(seen.packets > 55 && seen.packets < 90, "sparse, some packets go on (%u of 100)",
       seen.packets - 50);
    ok(seen.tiny > 3 && seen.tiny < 15, "those that only say \"silence\" are few (%u)", seen.tiny);
    ok(seen.bytes - before < 100 * 15, "%zu bytes in two seconds", seen.bytes - before);
    wzp_sender_set_muted(s, false);
    seen.packets = 150;
    is_int(set_codec(s, WZP_CODEC_OPUS_6K), 0, "40 ms");
    push(s, &seen, 1920 * 2 + 1500, 500);
    is_int(seen.packets, 152, "two frames");
    is_int(set_codec(s, WZP_CODEC_OPUS_24K), 0, "back to 20 ms with 31 ms waiting");
    push(s, &seen, 960 * 5, 480);
    ok(seen.packets >= 157, "on it goes");
    is_int(seen.out_of_line, 0, "sequence and time go on through switches");
    if (wzp_codec2_available()) {
        is_int(set_codec(s, WZP_CODEC_CODEC2_1200), 0, "Codec2");
        push(s, &seen, 1920 * 10, 960);
        is_int(seen.last.codec, WZP_CODEC_CODEC2_1200, "is sent");
        is_int(seen.out_of_line, 0, "in line");
        ok(seen.last.fec_symbol < 8, "symbol in its block");
    } else {
        is_int(set_codec(s, WZP_CODEC_CODEC2_1200), WZP_E_UNSUPPORTED, "no Codec2");
    }
    wzp_sender_free(s);
}

/* A sender in a silent room. */
static void test_probe(void)
{
    static const int16_t silence[960];
    struct wzp_quality_report report = {.loss = 9};
    struct wzp_sender *s = new_sender();
    struct seen seen = {0};
    size_t longest = 0;

    wzp_sender_set_sparse(s, true);
    wzp_sender_probe(s);
    for (unsigned i = 0; i < 5; i++) {
        size_t before = seen.bytes;
        wzp_sender_push(s, silence, 960, emit, &seen);
        longest = seen.bytes - before > longest ? seen.bytes - before : longest;
        if (i == 2)
            is_int(seen.bytes - before, 200, "the third packet of a stream is long");
    }
    is_int(longest, 200, "and no other one is longer");
    is_int(seen.packets, 5, "none of the first five is left out");
    push(s, &seen, 48000, 960);
    unsigned before = seen.packets;
    wzp_sender_set_report(s, &report);
    wzp_sender_report_soon(s);
    wzp_sender_push(s, silence, 960, emit, &seen);
    is_int(seen.packets, before + 1, "a report in a hurry does not wait for a voice");
    is_int(seen.reports, 1, "it goes out with the next frame");
    wzp_sender_free(s);
}

TAP_MAIN
{
    speech_fill(speech, sizeof speech / sizeof *speech, 2, 0);
    test_cadence();
    test_mute_and_switch();
    test_probe();
}
