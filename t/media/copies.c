/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies of earlier frames in Opus packets: what is put in comes out, decoders that do not know
 * them hear no difference, and what was lost is played as if it had come. */
#include "media/copies.h"

#include <opus.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "lib_speech.h"
#include "media/decoder.h"
#include "media/intake.h"
#include "media/receiver.h"
#include "media/sender.h"
#include "tap.h"

#define PACKETS 150
#define FRAME 960

static int16_t speech[PACKETS * FRAME];

struct kept {
    struct wzp_media_header header;
    size_t length;
    uint8_t data[WZP_FRAME_BYTES_MAX];
};
/* The packets that a sender made of the speech. */
struct stream {
    size_t count;
    struct kept packets[PACKETS];
};
static struct stream with, without;

static void emit(void *context, const struct wzp_media_packet *packet)
{
    struct stream *s = context;
    struct kept *k = &s->packets[s->count < PACKETS - 1 ? s->count++ : s->count];

    k->header = packet->header;
    k->length = packet->payload_length;
    memcpy(k->data, packet->payload, packet->payload_length);
}

static struct wzp_sender *new_sender(uint8_t frame_ms, uint8_t copies, uint8_t dred)
{
    struct wzp_encoder_plan plan = {.codec = WZP_CODEC_OPUS_32K,
                                    .bitrate = 32000,
                                    .frame_ms = frame_ms,
                                    .expected_loss = dred ? 5 : 0,
                                    .dred_units = dred,
                                    .copies = copies};
    struct wzp_sender *s;

    if (wzp_sender_new(&s, WZP_CODEC_OPUS_32K) != 0)
        bail("no sender");
    if (wzp_sender_set_plan(s, &plan) != 0)
        bail("no plan");
    return s;
}

static void speak(struct stream *out, uint8_t copies, uint8_t dred)
{
    struct wzp_sender *s = new_sender(20, copies, dred);

    memset(out, 0, sizeof *out);
    for (size_t at = 0; at < PACKETS * FRAME; at += FRAME)
        wzp_sender_push(s, speech + at, FRAME, emit, out);
    wzp_sender_free(s);
}

/* --- the form ------------------------------------------------------------------------------ */

static void fill(uint8_t *to, size_t length, uint8_t first)
{
    for (size_t i = 0; i < length; i++)
        to[i] = (uint8_t)(i * 7 + 3);
    to[0] = first;
}

static void test_lengths(void)
{
    uint8_t packet[WZP_FRAME_BYTES_MAX], before[WZP_FRAME_BYTES_MAX], out[WZP_FRAME_BYTES_MAX];
    uint8_t frame[WZP_FRAME_BYTES_MAX];
    struct wzp_copy copies[2], found[WZP_COPIES_MAX];
    unsigned wrong = 0;
    unsigned wrote = 0;

    for (unsigned code = 0; code < 3; code++)
        for (size_t length = 1; length < 200; length += 3)
            for (size_t other = 1; other < 300; other++) {
                fill(before, length, (uint8_t)(0x78 | code));
                fill(frame, other, 0x7a);
                memcpy(packet, before, length);
                copies[0] = (struct wzp_copy){1, 20, frame, other};
                copies[1] = (struct wzp_copy){255, 2550, frame, other / 2 + 1};
                size_t total = wzp_copies_write(packet, length, sizeof packet, copies, 2);
                size_t count = wzp_copies_read(found, packet, total);
                wrote += (unsigned)count;
                for (size_t i = 0; i < count; i++)
                    wrong += found[i].numbers != copies[i].numbers ||
                             found[i].back_ms != copies[i].back_ms ||
                             found[i].length != copies[i].length ||
                             memcmp(found[i].data, frame, found[i].length) != 0;
                wrong += wzp_copies_strip(out, packet, total) != length ||
                         memcmp(out, before, length) != 0;
                wrong += total > sizeof packet;
            }
    is_int(wrong, 0, "copies of any length come out again, and the packet without is as before");
    ok(wrote > 100000, "%u of them", wrote);
}

static void test_capacity(void)
{
    uint8_t packet[WZP_FRAME_BYTES_MAX], frame[80];
    struct wzp_copy copies[2] = {{1, 20, frame, sizeof frame}, {2, 40, frame, 30}};
    struct wzp_copy found[WZP_COPIES_MAX];
    unsigned seen[3] = {0};
    unsigned wrong = 0;

    fill(frame, sizeof frame, 0x78);
    for (size_t capacity = 40; capacity < 180; capacity++) {
        fill(packet, 40, 0x78);
        size_t total = wzp_copies_write(packet, 40, capacity, copies, 2);
        size_t count = wzp_copies_read(found, packet, total);
        seen[count]++;
        wrong += total > capacity || (count == 0) != (total == 40) ||
                 (count == 1 && found[0].length != (capacity < 129 ? 30 : 80));
    }
    is_int(wrong, 0, "a packet never grows beyond its capacity, and unchanged when none fits");
    ok(seen[0] > 30 && seen[1] > 50 && seen[2] > 10, "none, the smaller or all (%u, %u, %u)",
       seen[0], seen[1], seen[2]);
}

static void test_none(void)
{
    static const struct {
        uint8_t bytes[16];
        size_t length;
        const char *what;
    } forged[] = {
        {{0}, 0, "no packet"},
        {{0x78}, 1, "silence"},
        {{0x7b}, 1, "no count"},
        {{0x7b, 0x41, 200, 1, 2}, 5, "more padding than packet"},
        {{0x7b, 0x41, 255, 255, 255}, 5, "padding without end"},
        {{0x7b, 0x40, 2, 0xf3, 0}, 5, "no frames"},
        {{0x7b, 0x41, 2, 0xf3, 0}, 5, "no content"},
        {{0x7b, 0x41, 3, 0xf3, 200, 'C'}, 6, "an extension that runs beyond the end"},
        {{0x7b, 0x41, 6, 0xf3, 4, 'D', 1, 1, 2}, 9, "somebody else's extension"},
        {{0x7b, 0x41, 6, 0xf3, 4, 'C', 2, 1, 2}, 9, "another version"},
        {{0x7b, 0x41, 8, 0xf3, 6, 'C', 1, 1, 2, 9, 0x78}, 11, "a copy that runs beyond the end"},
        {{0x7b, 0x41, 8, 0xf3, 6, 'C', 1, 1, 2, 0, 0x78}, 11, "an empty copy"},
        {{0x7b, 0x41, 8, 0xf3, 6, 'C', 1, 0, 2, 1, 0x78}, 11, "a copy of itself"},
        {{0x7b, 0x41, 8, 0xf3, 6, 'C', 1, 1, 0, 1, 0x78}, 11, "a copy of no time ago"},
        {{0x7b, 0x41, 11, 0xf3, 9, 'C', 1, 1, 2, 4, 0x7b, 0x41, 1, 0}, 14, "padding in a copy"},
        {{0x7b, 0x41, 9, 0, 0xf3, 6, 'C', 1, 1, 2, 1, 0x78}, 12, "behind plain padding"}};
    struct wzp_copy found[WZP_COPIES_MAX];
    uint8_t out[16];

    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        is_int(wzp_copies_read(found, forged[i].bytes, forged[i].length), 0, "no copy: %s",
               forged[i].what);
        if (wzp_copies_strip(out, forged[i].bytes, forged[i].length) > forged[i].length)
            ok(false, "%s grows", forged[i].what);
    }
}

/* --- decoders that do not know copies ------------------------------------------------------ */

static void test_other_decoders(void)
{
    int error = 0;
    OpusDecoder *a = opus_decoder_create(48000, 1, &error);
    OpusDecoder *b = opus_decoder_create(48000, 1, &error);
    struct wzp_decoder *d = NULL;
    static int16_t x[FRAME], y[FRAME];
    unsigned different = 0, carry = 0, less = 0;

    if (!a || !b || wzp_decoder_new(&d) != 0)
        bail("no decoder");
    speak(&with, 3, 30);
    speak(&without, 0, 30);
    is_int(with.count, without.count, "as many packets");
    for (size_t i = 0; i < with.count; i++) {
        struct wzp_copy found[WZP_COPIES_MAX];
        const struct kept *p = &with.packets[i], *q = &without.packets[i];

        carry += wzp_copies_read(found, p->data, p->length) == 2;
        different += opus_decode(a, p->data, (opus_int32)p->length, x, FRAME, 0) != FRAME;
        different += opus_decode(b, q->data, (opus_int32)q->length, y, FRAME, 0) != FRAME;
        different += memcmp(x, y, sizeof x) != 0;
        less += wzp_decoder_dred_reach(d, 2 * i + 1, p->data, p->length) !=
                wzp_decoder_dred_reach(d, 2 * i + 2, q->data, q->length);
    }
    ok(carry > with.count - 10, "%u of %zu packets carry copies", carry, with.count);
    is_int(different, 0, "a plain libopus plays them as if they carried none");
    is_int(less, 0, "and finds DRED behind them");
    wzp_decoder_free(d);
    opus_decoder_destroy(a);
    opus_decoder_destroy(b);
}

/* --- lost frames --------------------------------------------------------------------------- */

static struct wzp_media_packet packet_of(const struct kept *k)
{
    return (struct wzp_media_packet){
        .header = k->header, .payload = k->data, .payload_length = k->length};
}

/* Takes in all packets that are not lost, then decodes frame by frame. Returns how many frames
 * differ from the stream without loss and without copies. */
static unsigned decode_all(bool (*lost)(size_t), unsigned *repaired)
{
    struct wzp_jitter *jitter = NULL;
    struct wzp_decoder *a = NULL, *b = NULL;
    struct wzp_intake intake = {0};
    static int16_t x[WZP_FRAME_SAMPLES_MAX], y[WZP_FRAME_SAMPLES_MAX];
    unsigned different = 0;

    *repaired = 0;
    if (wzp_jitter_new(&jitter) != 0 || wzp_decoder_new(&a) != 0 || wzp_decoder_new(&b) != 0)
        bail("no memory");
    for (size_t i = 0, next = 0; i < with.count; i++) {
        struct wzp_media_packet packet = packet_of(&with.packets[i]);

        if (!lost(i))
            wzp_intake_put(&intake, jitter, b, &packet, WZP_SECOND + i * 20 * WZP_MILLISECOND);
        /* Playout is four frames behind. */
        for (; next + 4 <= i; next++) {
            const struct kept *q = &without.packets[next];
            const struct wzp_jitter_packet *p = wzp_jitter_find(jitter, q->header.timestamp);

            wzp_decoder_decode(a, x, q->header.codec, q->data, q->length);
            if (!p || wzp_decoder_decode(b, y, p->codec, p->data, p->length) != FRAME)
                memset(y, 1, sizeof y);
            *repaired += p && p->is_repaired;
            different += memcmp(x, y, FRAME * sizeof *x) != 0;
            wzp_jitter_release(jitter, (int64_t)q->header.timestamp + 20);
        }
    }
    wzp_jitter_free(jitter);
    wzp_decoder_free(a);
    wzp_decoder_free(b);
    return different;
}

static bool each_third(size_t i)
{
    return i % 3 == 2;
}

static bool pairs(size_t i)
{
    return i > 0 && (i % 10 == 4 || i % 10 == 5);
}

static void test_exact(void)
{
    unsigned repaired = 0;

    speak(&with, 1, 0);
    speak(&without, 0, 0);
    is_int(decode_all(each_third, &repaired), 0,
           "of each third packet lost, all is decoded bit for bit as if it had come");
    is_int(repaired, 48, "48 frames from copies");
    speak(&with, 3, 0);
    is_int(decode_all(pairs, &repaired), 0, "likewise two in a row, from two copies");
    speak(&with, 2, 0);
    is_int(decode_all(pairs, &repaired), 0, "and from one copy of the frame but one before");
}

/* --- the sender ---------------------------------------------------------------------------- */

static void test_frame_lengths(void)
{
    struct wzp_sender *s = new_sender(20, 3, 0);
    struct wzp_encoder_plan plan = *wzp_encoder_plan(wzp_sender_encoder(s));
    unsigned wrong = 0, found_all = 0;

    memset(&with, 0, sizeof with);
    for (size_t at = 0; at + 2 * FRAME <= 60 * FRAME; at += 2 * FRAME) {
        plan.frame_ms = at / FRAME % 20 < 10 ? 20 : 40;
        wzp_sender_set_plan(s, &plan);
        wzp_sender_push(s, speech + at, 2 * FRAME, emit, &with);
    }
    for (size_t i = 0; i < with.count; i++) {
        const struct kept *k = &with.packets[i];
        struct wzp_copy found[WZP_COPIES_MAX];
        size_t count = wzp_copies_read(found, k->data, k->length);
        uint8_t bare[WZP_FRAME_BYTES_MAX];

        found_all += (unsigned)count;
        for (size_t c = 0; c < count; c++) {
            const struct kept *of = &with.packets[i - found[c].numbers];
            size_t length = wzp_copies_bare(bare, of->data, of->length);
            wrong += k->header.timestamp - of->header.timestamp != found[c].back_ms ||
                     found[c].length != length || memcmp(found[c].data, bare, length) != 0;
        }
    }
    ok(found_all > with.count, "%u copies in %zu packets of changing length", found_all,
       with.count);
    is_int(wrong, 0, "each is what was sent then, with its time");
    wzp_sender_free(s);
}

static void test_silence(void)
{
    struct wzp_sender *s = new_sender(20, 3, 0);
    unsigned copies = 0, late = 0;
    struct wzp_copy found[WZP_COPIES_MAX];

    memset(&with, 0, sizeof with);
    wzp_sender_set_muted(s, true);
    for (size_t at = 0; at < 50 * FRAME; at += FRAME)
        wzp_sender_push(s, speech + at, FRAME, emit, &with);
    for (size_t i = 20; i < with.count; i++)
        copies += with.packets[i].length > 20 &&
                  wzp_copies_read(found, with.packets[i].data, with.packets[i].length) > 0;
    ok(copies <= 2, "a muted microphone sends no copies of silence, %u of what is left of sound",
       copies);
    wzp_sender_idle(s, 1000, emit, &with);
    wzp_sender_set_muted(s, false);
    wzp_sender_push(s, speech, FRAME, emit, &with);
    late = (unsigned)wzp_copies_read(found, with.packets[with.count - 1].data,
                                     with.packets[with.count - 1].length);
    is_int(late, 0, "nor of what was before a long pause");
    wzp_sender_free(s);
}

/* --- all of the receive side --------------------------------------------------------------- */

struct room {
    struct wzp_receiver *receiver;
    uint8_t number;
    unsigned count;
    uint64_t now;
};

static void to_room(void *context, const struct wzp_media_packet *packet)
{
    struct room *r = context;
    struct wzp_media_packet stamped = *packet;

    stamped.header.sender = r->number;
    if ((r->count++ * 7 + r->number) % 10 != 3)
        wzp_receiver_put(r->receiver, &stamped, r->now);
}

static void test_room(void)
{
    struct wzp_sender *a = new_sender(20, 1, 0), *b = new_sender(20, 1, 0);
    struct room first = {.number = 4}, second = {.number = 5};
    struct wzp_playout_stats stats;
    int16_t heard[FRAME];
    uint64_t calls = 0;

    if (wzp_receiver_new(&first.receiver) != 0)
        bail("no receiver");
    second.receiver = first.receiver;
    for (size_t i = 0; i < 10 * 50; i++) {
        first.now = second.now = WZP_SECOND + i * 20 * WZP_MILLISECOND;
        wzp_sender_push(a, speech + i % (PACKETS - 1) * FRAME, FRAME, to_room, &first);
        wzp_sender_push(b, speech + (i + 70) % (PACKETS - 1) * FRAME, FRAME, to_room, &second);
        wzp_receiver_pull(first.receiver, heard, FRAME, first.now + WZP_MILLISECOND);
        if (i == 10)
            calls = wzp_alloc_calls();
    }
    is_int(wzp_receiver_stream_count(first.receiver), 2, "two speakers, a tenth is lost");
    is_int(wzp_alloc_calls(), calls, "no allocation");
    for (size_t i = 0; i < 2; i++) {
        wzp_receiver_stream_stats(first.receiver, i, NULL, &stats, first.now);
        is_near(stats.jitter.loss_percent_5s, 10, 1, "speaker %zu: loss is told as it is", i);
        ok(stats.frames_repaired >= 35 && stats.frames_concealed <= 12,
           "what was lost is played from copies (%llu, made up %llu)",
           (unsigned long long)stats.frames_repaired, (unsigned long long)stats.frames_concealed);
        ok(stats.jitter.target_ms >= 20 && stats.jitter.target_ms <= 30,
           "and waited for: %u ms", stats.jitter.target_ms);
    }
    wzp_receiver_free(first.receiver);
    wzp_sender_free(a);
    wzp_sender_free(b);
}

/* Every four seconds so many packets in a row are lost. */
struct outages {
    struct wzp_receiver *receiver;
    unsigned count, length;
    uint64_t now;
};

static void past_outages(void *context, const struct wzp_media_packet *packet)
{
    struct outages *o = context;

    if (o->count++ % 200 < 200 - o->length)
        wzp_receiver_put(o->receiver, packet, o->now);
}

/* Plays twenty seconds with a copy of the sixth frame before in each packet. */
static struct wzp_playout_stats play_outages(unsigned length)
{
    struct wzp_sender *sender = new_sender(20, 1 << 5, 0);
    struct outages o = {.length = length};
    struct wzp_playout_stats stats;
    int16_t heard[FRAME];

    if (wzp_receiver_new(&o.receiver) != 0)
        bail("no receiver");
    wzp_receiver_set_expected(o.receiver, 1);
    for (size_t i = 0; i < 20 * 50 + 25; i++) {
        o.now = WZP_SECOND + i * 20 * WZP_MILLISECOND;
        wzp_sender_push(sender, speech + i % (PACKETS - 1) * FRAME, FRAME, past_outages, &o);
        wzp_receiver_pull(o.receiver, heard, FRAME, o.now + WZP_MILLISECOND);
    }
    wzp_receiver_stats(o.receiver, &stats, o.now);
    wzp_receiver_free(o.receiver);
    wzp_sender_free(sender);
    return stats;
}

static void test_outages(void)
{
    struct wzp_playout_stats stats = play_outages(20);

    is_int(stats.jitter.target_ms, 120,
           "outages of 400 ms: the copies of their ends are waited for");
    is_int(stats.frames_repaired, 5 * 6, "and played, six frames of each of five");
    ok(stats.frames_concealed <= 5 * 14 + 8, "no more than what is left is made up, %llu frames",
       (unsigned long long)stats.frames_concealed);
    stats = play_outages(5);
    ok(stats.jitter.target_ms < 20, "gaps of 100 ms, which concealment fills, are not: %u ms",
       stats.jitter.target_ms);
}

/* A packet that arrives late, but in time, is not lost, and is better than its copy. */
static void test_overtaken(void)
{
    struct wzp_jitter *jitter = NULL;
    struct wzp_decoder *d = NULL;
    struct wzp_intake intake = {0};
    struct wzp_jitter_stats stats;

    if (wzp_jitter_new(&jitter) != 0 || wzp_decoder_new(&d) != 0)
        bail("no memory");
    speak(&with, 1, 0);
    for (size_t i = 0; i + 1 < 40; i += 2) {
        struct wzp_media_packet later = packet_of(&with.packets[i + 1]);
        struct wzp_media_packet sooner = packet_of(&with.packets[i]);
        uint64_t now = WZP_SECOND + i * 20 * WZP_MILLISECOND;

        wzp_intake_put(&intake, jitter, d, &later, now);
        wzp_intake_put(&intake, jitter, d, &sooner, now + 1);
        const struct wzp_jitter_packet *p = wzp_jitter_find(jitter, sooner.header.timestamp);
        if (i > 0 && (!p || p->is_repaired))
            ok(false, "packet %zu is only a copy", i);
    }
    wzp_jitter_stats(jitter, &stats, WZP_SECOND + 40 * 20 * WZP_MILLISECOND);
    is_int(stats.duplicate + stats.late, 0, "a packet behind its own copy is no duplicate");
    is_int(stats.lost, 0, "and not lost");
    ok(wzp_jitter_rescue_ms(jitter) <= 0, "nothing is waited for");
    wzp_jitter_free(jitter);
    wzp_decoder_free(d);
}

TAP_MAIN
{
    speech_fill(speech, sizeof speech / sizeof *speech, 3, 0);
    test_lengths();
    test_capacity();
    test_none();
    test_other_decoders();
    test_exact();
    test_frame_lengths();
    test_silence();
    test_room();
    test_outages();
    test_overtaken();
}
