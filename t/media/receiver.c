/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several speakers at once: told apart by number or by continuity, mixed; one speaker is never
 * taken for two. */
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/time.h"
#include "lib_network.h"
#include "media/level.h"
#include "media/mixer.h"
#include "media/receiver.h"

#define SPEAKERS_MAX 4
#define BASE (1000 * WZP_SECOND)

static struct source talk;
static struct source slow; /* 40 ms frames */
static struct source other;
static struct source tone;

struct speaker {
    struct network network;
    const struct source *source;
    struct arrival *list;
    size_t count, next;
};

static struct wzp_receiver *new_receiver(void)
{
    struct wzp_receiver *r;

    if (wzp_receiver_new(&r) != 0)
        bail("no receiver");
    wzp_receiver_set_complexity(r, WZP_DECODER_LOW); /* who is heard is tested, not the quality */
    return r;
}

/* Runs the speakers for that long. Returns the most voices heard at once; *streams gets the most
 * streams. pcm (or NULL) gets the mix. */
static int run(struct wzp_receiver *r, struct speaker *speakers, size_t count, unsigned ms,
               size_t *streams, int16_t *pcm)
{
    int16_t block[960];
    int heard = 0;

    *streams = 0;
    for (size_t i = 0; i < count; i++) {
        struct speaker *s = &speakers[i];

        s->list = network_run(&s->network, s->source, ms * 48 / s->source->frame, &s->count);
        s->next = 0;
    }
    for (unsigned at = 0; at < ms; at += 20) {
        uint64_t now = BASE + at * WZP_MILLISECOND;
        int voices;

        for (;;) {
            struct speaker *first = NULL;
            struct wzp_media_packet packet;

            for (size_t i = 0; i < count; i++)
                if (speakers[i].next < speakers[i].count &&
                    speakers[i].list[speakers[i].next].at <= now &&
                    (!first || speakers[i].list[speakers[i].next].at < first->list[first->next].at))
                    first = &speakers[i];
            if (!first)
                break;
            packet =
                arrival_packet(&first->list[first->next], first->source, first->network.sender);
            wzp_receiver_put(r, &packet, first->list[first->next++].at);
        }
        voices = wzp_receiver_pull(r, pcm ? pcm + (size_t)at * 48 : block, 960, now);
        heard = voices > heard ? voices : heard;
        if (wzp_receiver_stream_count(r) > *streams)
            *streams = wzp_receiver_stream_count(r);
    }
    for (size_t i = 0; i < count; i++)
        free(speakers[i].list);
    return heard;
}

static void test_one_is_never_split(void)
{
    static const struct {
        const char *name;
        struct network network;
    } rows[] = {
        {"loss", {.seed = 1, .delay_ms = 30, .jitter_ms = 5, .loss = 0.3}},
        {"jitter", {.seed = 2, .delay_ms = 30, .jitter_ms = 150}},
        {"long tails", {.seed = 3, .delay_ms = 30, .jitter_ms = 60, .tail = true}},
        {"reordering", {.seed = 4, .delay_ms = 30, .jitter_ms = 5, .reorder = 0.3}},
        {"duplicates", {.seed = 5, .delay_ms = 30, .jitter_ms = 5, .duplicate = 0.5}},
        {"wraps", {.seed = 6, .first_sequence = 65500, .first_timestamp = 4294967000u}},
        {"an outage of 5 s", {.seed = 7, .outage_from_ms = 3000, .outage_to_ms = 8000}},
        {"a stall of 3 s", {.seed = 8, .loss = 0.1, .stall_from_ms = 3000, .stall_to_ms = 6000}},
        {"samples", {.seed = 9, .delay_ms = 30, .jitter_ms = 20, .counts_samples = true}},
        {"samples, wrap", {.seed = 9, .counts_samples = true, .first_timestamp = 4294900000u}},
        {"drift", {.seed = 10, .jitter_ms = 10, .drift_ppm = 5000}},
        {"all of it",
         {.seed = 11,
          .delay_ms = 80,
          .jitter_ms = 100,
          .loss = 0.2,
          .reorder = 0.1,
          .duplicate = 0.1,
          .burst = 10,
          .first_sequence = 65400,
          .stall_from_ms = 5000,
          .stall_to_ms = 5800}}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wzp_receiver *r = new_receiver();
        struct speaker one = {.network = rows[i].network, .source = i % 2 ? &slow : &talk};
        struct wzp_playout_stats stats;
        size_t streams;

        run(r, &one, 1, 12000, &streams, NULL);
        is_int(streams, 1, "%s: one stream", rows[i].name);
        wzp_receiver_stats(r, &stats, BASE + 12 * WZP_SECOND);
        ok(stats.jitter.received + stats.jitter.duplicate + stats.jitter.late +
                   stats.jitter.stray >=
               one.count * 98 / 100,
           "%s: it gets all packets", rows[i].name);
        wzp_receiver_free(r);
    }
}

/* A switch from 20 ms to 40 ms frames and back in one stream. */
static void test_codec_switch(void)
{
    struct wzp_receiver *r = new_receiver();
    uint16_t sequence = 65530;
    uint32_t timestamp = 4294967000u;
    uint64_t now = BASE;
    size_t most = 0;
    struct wzp_playout_stats stats;
    int16_t block[1920];

    for (unsigned i = 0; i < 300; i++) {
        const struct source *s = i / 50 % 2 ? &slow : &talk;
        struct arrival a = {.sequence = sequence++, .timestamp = timestamp, .index = i};
        struct wzp_media_packet packet = arrival_packet(&a, s, 0);
        unsigned frame_ms = (unsigned)(s->frame / 48);

        now += frame_ms * WZP_MILLISECOND;
        timestamp += frame_ms;
        wzp_receiver_put(r, &packet, now);
        for (unsigned k = 0; k < frame_ms; k += 20)
            wzp_receiver_pull(r, block, 960, now + 500000 + k * WZP_MILLISECOND);
        if (wzp_receiver_stream_count(r) > most)
            most = wzp_receiver_stream_count(r);
    }
    wzp_receiver_stats(r, &stats, now);
    is_int(most, 1, "codec switches: one stream");
    ok(stats.frames_decoded > 290, "codec switches: %ju of 300 packets decoded",
       (uintmax_t)stats.frames_decoded);
    ok(stats.frames_concealed <= 6, "codec switches: %ju frames made up",
       (uintmax_t)stats.frames_concealed);
    is_int(stats.jitter.lost, 0, "codec switches: nothing counts as lost");
    wzp_receiver_free(r);
}

static void test_told_apart(void)
{
    /* Everybody starts at number 0 and time 0; they joined at these times. */
    static const double joined[][SPEAKERS_MAX] = {
        {0, 700, 1900, 6000}, {0, 7, 15, 40}, {0, 100, 200, 300}, {0, 20, 40, 2000}};

    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        struct wzp_receiver *r = new_receiver();
        struct speaker speakers[SPEAKERS_MAX];
        size_t streams;
        int heard;
        struct wzp_playout_stats stats;
        unsigned healthy = 0;

        memset(speakers, 0, sizeof speakers);
        for (size_t k = 0; k < SPEAKERS_MAX; k++) {
            speakers[k].network.seed = 20 + k;
            speakers[k].network.delay_ms = 30 + 10 * (double)k;
            speakers[k].network.jitter_ms = 4;
            speakers[k].network.loss = 0.02;
            speakers[k].network.start_ms = joined[i][k];
            /* Different words: no two payloads are alike. */
            speakers[k].network.first_sequence = 0;
        }
        speakers[0].source = &talk;
        speakers[1].source = &tone;
        speakers[2].source = &slow;
        speakers[3].source = &other;
        heard = run(r, speakers, SPEAKERS_MAX, 16000, &streams, NULL);
        is_int(streams, SPEAKERS_MAX, "joined at %.0f %.0f %.0f %.0f ms: four streams",
               joined[i][0], joined[i][1], joined[i][2], joined[i][3]);
        is_int(heard, SPEAKERS_MAX, "four voices");
        for (size_t k = 0; k < wzp_receiver_stream_count(r); k++) {
            uint8_t sender = 1;

            wzp_receiver_stream_stats(r, k, &sender, &stats, BASE + 16 * WZP_SECOND);
            healthy +=
                stats.frames_decoded > 180 && stats.jitter.loss_percent_5s < 8 && sender == 0;
        }
        is_int(healthy, SPEAKERS_MAX, "each of them whole");
        wzp_receiver_free(r);
    }
}

/* Each with its own number in its packets, from 5 on: the first says a tone, the others talk. */
static void stamp(struct speaker *speakers, size_t count, uint64_t seed)
{
    memset(speakers, 0, count * sizeof *speakers);
    for (size_t k = 0; k < count; k++) {
        speakers[k].network.seed = seed + k;
        speakers[k].network.sender = (uint8_t)(k + 5);
        speakers[k].network.delay_ms = 20;
        speakers[k].source = k == 0 ? &tone : &talk;
    }
}

static void test_stamped(void)
{
    struct wzp_receiver *r = new_receiver();
    struct speaker speakers[3];
    static int16_t pcm[6000 * 48];
    size_t streams;
    struct wzp_playout_stats stats;
    uint64_t calls;

    stamp(speakers, 3, 30);
    is_int(run(r, speakers, 3, 6000, &streams, pcm), 3, "three stamped speakers are heard");
    is_int(streams, 3, "in three streams, though their numbers are equal");
    ok(wzp_level_rms_dbfs(pcm + 96000, 96000) > -25, "mixed");
    is_int(wzp_receiver_stream_stats(r, 3, NULL, &stats, BASE), WZP_E_RANGE, "there is no fourth");
    calls = wzp_alloc_calls();
    speakers[0].network.start_ms = 6000;
    run(r, speakers, 1, 1000, &streams, NULL);
    is_int(wzp_alloc_calls(), calls, "a known speaker allocates nothing");
    wzp_receiver_free(r);
}

/* Two tones, one of them turned down. */
static void test_volume(void)
{
    struct wzp_receiver *r = new_receiver();
    struct speaker speakers[2];
    struct wzp_receiver_voice voice = {0};
    static int16_t pcm[2000 * 48];
    size_t streams;

    stamp(speakers, 2, 50);
    is_int(wzp_receiver_set_volume(r, 5, 0), 0, "a voice is silenced before it speaks");
    is_int(wzp_receiver_set_volume(r, 6, WZP_VOLUME_MAX + 1), WZP_E_RANGE, "there is a most");
    is_int(wzp_receiver_set_volume(r, WZP_VOICE_UNSTAMPED, 50), WZP_E_NOT_FOUND,
           "and no voice without a number yet");
    is_int(run(r, speakers, 2, 2000, &streams, pcm), 2, "both voices come");
    double share = wzp_level_tone_share(pcm + 24000, 48000, 1000);
    ok(share < 0.05, "the silenced one is not heard (%.3f)", share);
    int result = wzp_receiver_voice(r, 0, &voice, BASE + 2 * WZP_SECOND);
    ok(result == 0 && voice.voice == 5 && voice.volume_percent == 0 && voice.speaking &&
           voice.level_dbfs > -40,
       "but seen to speak (%u: %u %%, %.0f dB)", voice.voice, voice.volume_percent,
       voice.level_dbfs);
    ok(wzp_receiver_voice(r, 0, &voice, BASE + 4 * WZP_SECOND) == 0 && !voice.speaking,
       "until nothing comes any more");
    is_int(wzp_receiver_voice(r, 2, &voice, BASE), WZP_E_RANGE, "there is no third");
    wzp_receiver_free(r);
}

/* Plays one voice through a playout of its own. change_ms: switches between full and low complexity
 * so often. */
static void play_alone(int16_t alone[5 * 48000], const struct source *source, bool enhanced,
                       unsigned change_ms)
{
    struct speaker one = {.source = source};
    struct wzp_playout *p;

    if (wzp_playout_new(&p) != 0)
        bail("no playout");
    wzp_playout_set_complexity(p, enhanced ? WZP_DECODER_FULL : WZP_DECODER_LOW);
    one.list = network_run(&one.network, source, 5000 * 48 / source->frame, &one.count);
    for (unsigned at = 0; at < 5000; at += 20) {
        uint64_t now = BASE + at * WZP_MILLISECOND;

        if (change_ms && at % change_ms == 0)
            wzp_playout_set_complexity(p, at / change_ms % 2 ? WZP_DECODER_LOW : WZP_DECODER_FULL);
        for (; one.next < one.count && one.list[one.next].at <= now; one.next++) {
            struct wzp_media_packet packet = arrival_packet(&one.list[one.next], source, 1);

            wzp_playout_put(p, &packet, one.list[one.next].at);
        }
        wzp_playout_pull(p, alone + (size_t)at * 48, 960, now);
    }
    wzp_playout_free(p);
    free(one.list);
}

/* How far the mix is from `speakers` copies of what one playout gives, mean square of the last
 * second. */
static double distance(const int16_t *mix, bool enhanced, unsigned percent)
{
    static int16_t alone[5 * 48000];
    double sum = 0;

    play_alone(alone, &talk, enhanced, 0);
    for (size_t i = 4 * 48000; i < 5 * 48000; i++) {
        double gap = mix[i] - alone[i] * (double)percent / 100;

        sum += gap * gap / 48000;
    }
    return sum;
}

/* Sends the talker's k-th frame: speech, so many times quieter, or silence (0). */
static void say(struct wzp_receiver *r, struct wzp_encoder *e, uint8_t sender, unsigned k,
                int quieter)
{
    int16_t frame[960] = {0};
    uint8_t data[WZP_FRAME_BYTES_MAX];

    for (size_t at = 0; at < 960 && quieter; at++)
        frame[at] = (int16_t)(talk.pcm[(k * 960 + at) % (talk.count * 960)] / quieter);
    struct wzp_media_packet packet = {
        .header = {.codec = WZP_CODEC_OPUS_24K,
                   .sequence = (uint16_t)k,
                   .timestamp = k * 20,
                   .sender = sender},
        .payload = data,
        .payload_length = (size_t)wzp_encoder_encode(e, data, sizeof data, frame, 960)};
    wzp_receiver_put(r, &packet, BASE + k * 20 * WZP_MILLISECOND);
}

/* A quiet talker and a loud one speak in turns of a second. is_call: both at one telephone. Returns
 * how much louder the second one is in the last two seconds, dB. */
static double take_turns(bool is_call)
{
    static int16_t mix[20 * 48000];
    struct wzp_receiver *r = new_receiver();
    struct wzp_encoder *encoders[2];
    double levels[2];

    wzp_receiver_set_expected(r, is_call ? 1 : 2);
    for (unsigned i = 0; i < 2; i++)
        if (wzp_encoder_new(&encoders[i], WZP_CODEC_OPUS_24K) != 0)
            bail("no encoder");
    for (unsigned k = 0; k < 1000; k++) {
        for (unsigned i = 0; i < 2; i++) {
            bool has_word = i == k / 50 % 2;

            if (has_word || !is_call)
                say(r, encoders[i], is_call ? 1 : (uint8_t)(i + 1), k, !has_word ? 0 : i ? 1 : 6);
        }
        wzp_receiver_pull(r, mix + (size_t)k * 960, 960, BASE + (k * 20 + 5) * WZP_MILLISECOND);
    }
    /* Without the edges of the seconds. */
    for (unsigned i = 0; i < 2; i++)
        levels[i] = wzp_level_rms_dbfs(mix + (18 + i) * 48000 + 12000, 30000);
    ok(wzp_level_peak_dbfs(mix, sizeof mix / 2) < 0, "nothing clips");
    for (unsigned i = 0; i < 2; i++)
        wzp_encoder_free(encoders[i]);
    wzp_receiver_free(r);
    return levels[1] - levels[0];
}

static void test_loudness(void)
{
    double room = take_turns(false), call = take_turns(true);

    ok(fabs(room) < 6, "15 dB between two people of a room become %.1f", room);
    ok(call > 12, "in a call nothing is changed (%.1f dB)", call);
}

/* Speech enhancement is used only when there are few voices. */
static void test_crowd(void)
{
    static int16_t mix[5 * 48000];
    struct speaker speakers[6];

    for (unsigned people = 1; people <= 6; people += 5) {
        struct wzp_receiver *r = new_receiver();
        size_t streams;

        wzp_receiver_set_complexity(r, WZP_DECODER_FULL);
        for (unsigned i = 0; i < people; i++) {
            speakers[i] =
                (struct speaker){.source = &talk, .network = {.sender = (uint8_t)(i + 1)}};
            wzp_receiver_set_volume(r, i + 1, 16);
        }
        run(r, speakers, people, 5000, &streams, mix);
        double plain = distance(mix, false, 16 * people), fine = distance(mix, true, 16 * people);
        if (people == 1)
            ok(fine * 10 < plain, "one voice is enhanced (%.1f, %.1f)", fine, plain);
        else
            ok(plain * 10 < fine, "six at once are not (%.1f, %.1f)", fine, plain);
        wzp_receiver_free(r);
    }
}

static void test_crowd_seam(void)
{
    static int16_t heard[5 * 48000];
    double rough = 0;

    play_alone(heard, &tone, true, 500);
    for (size_t i = 24000; i < 5 * 48000; i++)
        rough = fmax(rough, fabs(heard[i] - 2.0 * heard[i - 1] + heard[i - 2]));
    /* Roughness of the sine itself is 56; of a step by a twentieth of its amplitude, 160. */
    ok(rough < 160, "no click where enhancing begins and ends (%.0f)", rough);
}

static void test_call(void)
{
    struct wzp_receiver *r = new_receiver();
    struct speaker one = {.network = {.seed = 40, .delay_ms = 300, .first_sequence = 100},
                          .source = &talk};
    size_t streams;
    struct wzp_playout_stats stats;

    wzp_receiver_set_expected(r, 1);
    run(r, &one, 1, 3000, &streams, NULL);
    /* The path changes: it is much faster, and packets have a sender number. */
    one.network.delay_ms = 5;
    one.network.sender = 9;
    one.network.first_sequence = 250;
    one.network.first_timestamp = 3000;
    run(r, &one, 1, 3000, &streams, NULL);
    is_int(streams, 1, "a call has one stream, whatever the path");
    wzp_receiver_stats(r, &stats, BASE + 3 * WZP_SECOND);
    ok(stats.frames_decoded > 250, "which goes on (%ju frames)", (uintmax_t)stats.frames_decoded);
    wzp_receiver_free(r);
}

static void test_zero_headers(void)
{
    struct wzp_receiver *r = new_receiver();
    struct wzp_media_packet packet;
    struct wzp_playout_stats stats;

    memset(&packet, 0, sizeof packet);
    packet.payload = talk.packets[50];
    packet.payload_length = talk.lengths[50];
    for (int i = 0; i < 50; i++)
        wzp_receiver_put(r, &packet, BASE + (uint64_t)i * 20 * WZP_MILLISECOND);
    wzp_receiver_stats(r, &stats, BASE + WZP_SECOND);
    is_int(stats.jitter.received + stats.jitter.duplicate, 1,
           "browser packets with an all-zero header are dropped, the first of a stream is not");
    wzp_receiver_free(r);
}

/* Any number of unknown senders: memory is bounded, and a good sender is still heard. */
static void test_hostile(void)
{
    struct wzp_receiver *r = new_receiver();
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    struct wzp_media_packet packet;
    uint8_t bytes[100];
    int16_t block[960];
    unsigned voices = 0;
    long live = wzp_alloc_live();
    long most = 0;
    uint64_t calls = wzp_alloc_calls();

    wzp_random_seeded_init(&seeded, 5);
    random = wzp_random_seeded_source(&seeded);
    for (unsigned ms = 0; ms < 4000; ms += 20) {
        uint64_t now = BASE + ms * WZP_MILLISECOND;
        struct arrival a = {.sequence = (uint16_t)(ms / 20), .timestamp = ms, .index = ms / 20};

        for (int i = 0; i < 5; i++) {
            memset(&packet, 0, sizeof packet);
            wzp_random_bytes(&random, bytes, sizeof bytes);
            packet.header.codec = (uint8_t)wzp_random_below(&random, 9);
            packet.header.sequence = (uint16_t)wzp_random_u64(&random);
            packet.header.timestamp = (uint32_t)wzp_random_u64(&random);
            packet.header.sender = ms < 2000 ? (uint8_t)wzp_random_u64(&random) : 0;
            packet.payload = bytes;
            packet.payload_length = wzp_random_below(&random, sizeof bytes);
            wzp_receiver_put(r, &packet, now);
        }
        if (ms == 1980)
            calls = wzp_alloc_calls() - calls;
        if (ms >= 2000) {
            packet = arrival_packet(&a, &talk, 0);
            wzp_receiver_put(r, &packet, now);
        }
        wzp_receiver_pull(r, block, 960, now);
        most = wzp_alloc_live() > most ? wzp_alloc_live() : most;
        if (ms >= 3000)
            voices += wzp_level_rms_dbfs(block, 960) > -50;
        if (wzp_receiver_stream_count(r) > WZP_RECEIVER_STREAMS_MAX)
            ok(false, "too many streams");
    }
    is_int(wzp_receiver_stream_count(r), WZP_RECEIVER_STREAMS_MAX,
           "the number of streams is bounded");
    ok(most - live < 12 * WZP_RECEIVER_STREAMS_MAX, "and the memory");
    ok(calls < 12 * (WZP_RECEIVER_STREAMS_MAX + 2 * 4 + 1),
       "500 numbers in 2 s do not make 500 decoders (%ju allocations)", (uintmax_t)calls);
    ok(voices > 40, "the good sender is heard (%u of 50)", voices);
    wzp_receiver_free(r);
}

TAP_MAIN
{
    source_make(&talk, WZP_CODEC_OPUS_24K, SOUND_TALK, 8, 15);
    source_make(&slow, WZP_CODEC_OPUS_6K, SOUND_TALK, 8, 15);
    source_make(&other, WZP_CODEC_OPUS_24K, SOUND_OTHER, 8, 15);
    source_make(&tone, WZP_CODEC_OPUS_24K, SOUND_TONE, 8, 15);
    test_one_is_never_split();
    test_codec_switch();
    test_told_apart();
    test_stamped();
    test_volume();
    test_loudness();
    test_crowd();
    test_crowd_seam();
    test_call();
    test_zero_headers();
    test_hostile();
    source_free(&talk);
    source_free(&slow);
    source_free(&other);
    source_free(&tone);
}
