/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms of relays that add no sender numbers: each talker is recognized as one speaker, also with
 * Codec2's repair packets and over pauses, and no packets are assigned to another talker, whenever
 * they began. */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "lib_network.h"
#include "media/codec2.h"
#include "media/receiver.h"

#define BASE (1000 * WZP_SECOND)
#define TALKERS_MAX 4
#define SETTLE_MS 500

static struct source opus, opus_b, slow, codec2;

/* One sender: numbers and times from 0 when it began. */
struct talker {
    const struct source *source;
    double began_ms; /* before (or, negative, after) we joined */
    double jitter_ms, loss;
    unsigned frame;
    double next_ms; /* of the next frame, since it began */
    uint16_t sequence;
    unsigned sent; /* to us, in the time that counts */
};

static struct wzp_random_seeded seeded;
static struct wzp_random random_source;

static double chance(void)
{
    return wzp_random_unit(&random_source);
}

/* A packet under way. */
struct flight {
    uint64_t at;
    struct wzp_media_packet packet;
    struct talker *talker;
};
static struct flight flights[4096];
static size_t flight_count;

static void launch(struct talker *t, double ms, const struct wzp_media_packet *packet)
{
    if (ms < 0 || flight_count == sizeof flights / sizeof flights[0])
        return;
    if (chance() < t->loss)
        return;
    flights[flight_count++] = (struct flight){BASE + (uint64_t)(ms * 1e6), *packet, t};
}

static const uint8_t repair[256] = {1};

/* All that a talker sends up to `end` ms after we joined: block and symbol numbers and repairs as
 * the existing programs send them with Codec2. */
static void speak(struct talker *t, double end)
{
    const struct source *s = t->source;
    bool has_repairs = s->codec == WZP_CODEC_CODEC2_1200;
    unsigned frame_ms = (unsigned)(s->frame / 48);
    for (t->frame = 0; t->next_ms - t->began_ms < end; t->frame++, t->next_ms += frame_ms) {
        double ms = t->next_ms - t->began_ms + chance() * t->jitter_ms;
        struct wzp_media_packet packet = {.payload = s->packets[t->frame % s->count],
                                          .payload_length = s->lengths[t->frame % s->count]};
        packet.header.codec = (uint8_t)s->codec;
        packet.header.sequence = t->sequence++;
        packet.header.timestamp = t->frame * frame_ms;
        if (has_repairs) {
            packet.header.fec_ratio = 64;
            packet.header.fec_block = (uint8_t)(t->frame / 8);
            packet.header.fec_symbol = (uint8_t)(t->frame % 8);
        }
        launch(t, ms, &packet);
        for (unsigned k = 0; has_repairs && t->frame % 8 == 7 && k < 8; k++) {
            packet.header.is_repair = true;
            packet.header.sequence = t->sequence++;
            packet.header.timestamp = (t->frame + 1) * frame_ms;
            packet.header.fec_symbol = (uint8_t)(8 + k);
            packet.payload = repair;
            packet.payload_length = sizeof repair;
            launch(t, ms + 0.1 * k, &packet);
        }
    }
}

static int earlier(const void *x, const void *y)
{
    const struct flight *a = x, *b = y;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* The receiver's results after SETTLE_MS. */
struct outcome {
    size_t streams;
    uint64_t received, lost, strange;
};

static void look(struct outcome *out, const struct wzp_receiver *r, uint64_t now)
{
    struct wzp_playout_stats stats;
    wzp_receiver_stats(r, &stats, now);
    out->streams = wzp_receiver_stream_count(r);
    out->received = stats.jitter.received;
    out->lost = stats.jitter.lost;
    out->strange = stats.jitter.late + stats.jitter.duplicate + stats.jitter.stray +
                   stats.jitter.resets + stats.jitter.overflow;
}

/* Receives the talkers for that long; *end: the results after SETTLE_MS. */
static void hear(struct outcome *end, struct talker *talkers, size_t count, unsigned ms)
{
    static int16_t block[960];
    struct outcome settled = {0};
    struct wzp_receiver *r;
    size_t next = 0;
    if (wzp_receiver_new(&r))
        bail("no receiver");
    wzp_receiver_set_complexity(r, WZP_DECODER_LOW); /* who is heard is tested, not the quality */
    flight_count = 0;
    for (size_t i = 0; i < count; i++)
        speak(&talkers[i], ms);
    qsort(flights, flight_count, sizeof flights[0], earlier);
    for (unsigned at = 0; at < ms; at += 20) {
        uint64_t now = BASE + at * WZP_MILLISECOND;
        for (; next < flight_count && flights[next].at <= now; next++) {
            wzp_receiver_put(r, &flights[next].packet, flights[next].at);
            flights[next].talker->sent += at > SETTLE_MS;
        }
        wzp_receiver_pull(r, block, 960, now);
        if (at == SETTLE_MS)
            look(&settled, r, now);
    }
    look(end, r, BASE + ms * WZP_MILLISECOND);
    end->received -= settled.received;
    end->lost -= settled.lost;
    end->strange -= settled.strange;
    wzp_receiver_free(r);
}

static void test_codec2_is_one(void)
{
    static const struct {
        const char *what;
        double began_ms, jitter_ms, loss;
    } rows[] = {{"from the start", 0, 0, 0},
                {"joined within a block", 1234, 0, 0},
                {"with jitter", 700, 12, 0},
                {"with loss", 700, 12, 0.1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct talker one = {.source = &codec2,
                             .began_ms = rows[i].began_ms,
                             .jitter_ms = rows[i].jitter_ms,
                             .loss = rows[i].loss};
        struct outcome got;
        hear(&got, &one, 1, 8000);
        is_int(got.streams, 1, "Codec2 %s is one speaker", rows[i].what);
        ok(got.received >= one.sent - 2, "with all its packets (%ju of %u)",
           (uintmax_t)got.received, one.sent);
    }
}

/* Talkers who began at random times, and we joined at another. */
static void test_random_starts(const char *what, const struct source *const *sources, size_t count,
                               double spread_ms, unsigned starts)
{
    unsigned good = 0;
    for (unsigned n = 0; n < starts; n++) {
        struct talker talkers[TALKERS_MAX] = {0};
        struct outcome got;
        unsigned sent = 0;
        for (size_t i = 0; i < count; i++)
            talkers[i] = (struct talker){
                .source = sources[i], .began_ms = 300 + chance() * spread_ms, .jitter_ms = 6};
        hear(&got, talkers, count, 2500);
        for (size_t i = 0; i < count; i++)
            sent += talkers[i].sent;
        /* Packets that counted as lost earlier may have arrived since. */
        bool is_good = got.streams == count && (int64_t)got.lost <= 0 && got.strange == 0 &&
                       got.received + 1 >= sent;
        good += is_good;
        if (!is_good)
            note("%s, start %u (%.0f, %.0f ms): %zu streams, received %ju of %u, lost %jd, "
                 "strange %ju",
                 what, n, talkers[0].began_ms, talkers[1].began_ms, got.streams,
                 (uintmax_t)got.received, sent, (intmax_t)got.lost, (uintmax_t)got.strange);
    }
    is_int(good, starts, "%s: all starts apart within %u ms, nothing merged", what, SETTLE_MS);
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 3);
    random_source = wzp_random_seeded_source(&seeded);
    source_make(&opus, WZP_CODEC_OPUS_24K, SOUND_TALK, 4, 15);
    source_make(&opus_b, WZP_CODEC_OPUS_24K, SOUND_OTHER, 4, 15);
    source_make(&slow, WZP_CODEC_OPUS_6K, SOUND_TALK, 4, 15);
    const struct source *same[] = {&opus, &opus_b};
    const struct source *mixed[] = {&opus, &slow, &opus_b};
    test_random_starts("two talkers within 400 ms", same, 2, 400, 50);
    test_random_starts("two talkers within 10 s", same, 2, 10000, 30);
    test_random_starts("three talkers, two codecs", mixed, 3, 3000, 20);
    if (wzp_codec2_available()) {
        source_make(&codec2, WZP_CODEC_CODEC2_1200, SOUND_TALK, 4, 15);
        const struct source *two[] = {&codec2, &opus};
        test_codec2_is_one();
        test_random_starts("Codec2 beside Opus", two, 2, 3000, 20);
        source_free(&codec2);
    }
    source_free(&opus);
    source_free(&opus_b);
    source_free(&slow);
}
