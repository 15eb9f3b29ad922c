/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Differences between the senders of the network: silence suppression, comfort noise, DTX, Codec2
 * with repairs, in-band redundancy; and small pulls. */
#include "tap.h"

#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "lib_network.h"
#include "lib_speech.h"
#include "media/codec2.h"
#include "media/level.h"

#define BASE (1000 * WZP_SECOND)

static struct source talk;

static struct wzp_playout *new_playout(void)
{
    struct wzp_playout *p;

    if (wzp_playout_new(&p) != 0)
        bail("no playout");
    return p;
}

/* A hand-made stream: packets are put when they are 20 or 40 ms old, and as much is pulled. */
struct stream {
    struct wzp_playout *playout;
    uint64_t now;
    uint16_t sequence;
    uint32_t timestamp;
    int16_t *pcm;
    size_t samples;
    unsigned voiced;
};

static void pull(struct stream *s, unsigned ms)
{
    for (unsigned at = 0; at < ms; at += 20) {
        s->voiced += (unsigned)wzp_playout_pull(s->playout, s->pcm + s->samples, 960,
                                                s->now + 11 * WZP_MILLISECOND);
        s->samples += 960;
        s->now += 20 * WZP_MILLISECOND;
    }
}

static void put(struct stream *s, unsigned codec, const uint8_t *data, size_t length,
                uint32_t timestamp, bool repair)
{
    struct wzp_media_packet packet;

    memset(&packet, 0, sizeof packet);
    packet.header.codec = (uint8_t)codec;
    packet.header.sequence = s->sequence++;
    packet.header.timestamp = timestamp;
    packet.header.is_repair = repair;
    packet.payload = data;
    packet.payload_length = length;
    wzp_playout_put(s->playout, &packet, s->now);
}

static void put_talk(struct stream *s, unsigned i)
{
    put(s, talk.codec, talk.packets[i % talk.count], talk.lengths[i % talk.count], s->timestamp,
        false);
    s->timestamp += 20;
    pull(s, 20);
}

static void open_stream(struct stream *s, unsigned seconds)
{
    memset(s, 0, sizeof *s);
    s->playout = new_playout();
    s->now = BASE;
    s->pcm = calloc(seconds * 48000, sizeof *s->pcm);
    if (!s->pcm)
        bail("no memory");
}

static void close_stream(struct stream *s)
{
    free(s->pcm);
    wzp_playout_free(s->playout);
}

/* Speech, then 2 s without packets but for comfort noise each 200 ms (or none at all), then
 * speech. */
static void test_suppression(bool comfort)
{
    static const uint8_t level = 50;
    struct stream s;
    struct wzp_playout_stats stats;
    unsigned i = 0;

    open_stream(&s, 8);
    while (i < 100)
        put_talk(&s, i++);
    for (int frame = 1; frame <= 100; frame++) {
        s.timestamp += 20;
        if (comfort && frame % 10 == 0)
            put(&s, WZP_CODEC_COMFORT_NOISE, &level, 1, s.timestamp, false);
        pull(&s, 20);
    }
    while (i < 200)
        put_talk(&s, i++);
    wzp_playout_stats(s.playout, &stats, s.now);
    note("decoded %ju concealed %ju silence %ju underruns %ju lost %ju delay %u resets %ju",
         (uintmax_t)stats.frames_decoded, (uintmax_t)stats.frames_concealed,
         (uintmax_t)stats.frames_silence, (uintmax_t)stats.underruns, (uintmax_t)stats.jitter.lost,
         stats.delay_ms, (uintmax_t)stats.jitter.resets);
    is_int(stats.jitter.lost, 0, "a pause is no loss");
    is_int(stats.jitter.resets, 0, "nor a new sender");
    ok(stats.frames_decoded >= 198, "all speech is played");
    ok(stats.frames_silence >= 85, "the pause is silence");
    ok(stats.frames_concealed <= 6, "not concealment (%ju)", (uintmax_t)stats.frames_concealed);
    ok(stats.delay_ms < 50, "the delay is what it was (%u ms)", stats.delay_ms);
    is_near(s.voiced, 208, 16, "voice is told from silence");
    ok(wzp_level_rms_dbfs(s.pcm + 150 * 960, 40 * 960) < -45, "the pause is quiet");
    close_stream(&s);
}

/* A sender that is muted and sends comfort noise only: five packets a second, steps of 200 ms, as
 * the existing program in its signal mode. The packets are no late speech. */
static void test_noise_only(void)
{
    static const uint8_t level = 50;
    struct stream s;
    struct wzp_playout_stats stats;

    open_stream(&s, 14);
    for (unsigned i = 0; i < 50; i++) {
        put(&s, WZP_CODEC_COMFORT_NOISE, &level, 1, s.timestamp, false);
        s.timestamp += 200;
        pull(&s, 200);
    }
    wzp_playout_stats(s.playout, &stats, s.now);
    ok(stats.delay_ms < 60 && stats.jitter.target_ms < 60,
       "comfort noise alone is no lateness (delay %u, target %u ms)", stats.delay_ms,
       stats.jitter.target_ms);
    is_int(stats.jitter.late, 0, "none of it is late");
    is_int(stats.jitter.lost, 0, "nothing is lost");
    is_int(stats.frames_concealed, 0, "nothing is made up");
    ok(stats.jitter.jitter_ms < 5, "and no jitter (%.1f ms)", stats.jitter.jitter_ms);
    for (unsigned i = 0; i < 50; i++)
        put_talk(&s, i);
    wzp_playout_stats(s.playout, &stats, s.now);
    ok(stats.frames_decoded >= 48 && stats.delay_ms < 60, "speech after it is heard at once");
    close_stream(&s);
}

/* A sender that paces 25.8 ms a frame of 20 ms: every packet is later than the one before, by its
 * timestamp; that must not become a delay that grows. */
static void test_slow_sender(void)
{
    struct network n = {.seed = 9, .delay_ms = 20, .jitter_ms = 2, .drift_ppm = -224806};
    struct wzp_playout *p = new_playout();
    struct played r;
    size_t count = 0;
    struct arrival *list = network_run(&n, &talk, 1200, &count);

    play(&r, p, list, count, &talk, 30000, 960);
    note("target %u delay %.0f..%.0f decoded %ju concealed %ju stretched %ju resets %ju",
         r.stats.jitter.target_ms, r.least_delay, r.most_delay, (uintmax_t)r.stats.frames_decoded,
         (uintmax_t)r.stats.frames_concealed, (uintmax_t)r.stats.stretched_samples,
         (uintmax_t)r.stats.jitter.resets);
    ok(r.most_delay < 120, "a slow sender piles up no delay (%.0f ms)", r.most_delay);
    ok(r.stats.frames_decoded > 1100, "its frames are played (%ju)",
       (uintmax_t)r.stats.frames_decoded);
    free(r.pcm);
    free(list);
    wzp_playout_free(p);
}

/* Codec2 with two repair packets after each block: numbers jump, time does not. */
static void test_codec2(void)
{
    struct source slow;
    struct stream s;
    struct wzp_playout_stats stats;
    uint8_t repair[256] = {0};

    if (!wzp_codec2_available()) {
        skip(4, "Codec2 is not built in");
        return;
    }
    source_make(&slow, WZP_CODEC_CODEC2_1200, SOUND_TALK, 4, 15);
    open_stream(&s, 6);
    for (unsigned i = 0; i < 100; i++) {
        put(&s, slow.codec, slow.packets[i], slow.lengths[i], s.timestamp, false);
        s.timestamp += 40;
        if (i % 8 == 7) {
            for (int k = 0; k < 8; k++)
                put(&s, slow.codec, repair, sizeof repair, s.timestamp, true);
        }
        pull(&s, 40);
    }
    wzp_playout_stats(s.playout, &stats, s.now);
    is_int(stats.jitter.lost, 0, "Codec2: repairs count as received numbers");
    is_int(stats.frames_decoded, 200, "Codec2: every frame is played");
    is_int(stats.frames_concealed, 0, "Codec2: phantom gaps are no gaps");
    ok(wzp_level_rms_dbfs(s.pcm + 48000, 48000) > -30, "Codec2: it is heard");
    close_stream(&s);
    source_free(&slow);
}

/* A sender whose packets carry LBRR and no DRED. */
static void test_lbrr(void)
{
    struct stream s;
    struct wzp_playout_stats stats;
    OpusEncoder *e = calloc(1, (size_t)opus_encoder_get_size(1));
    uint8_t data[WZP_FRAME_BYTES_MAX];
    unsigned lost = 0;

    if (!e || opus_encoder_init(e, 48000, 1, OPUS_APPLICATION_VOIP) != OPUS_OK)
        bail("no encoder");
    opus_encoder_ctl(e, OPUS_SET_BITRATE(24000));
    opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC(25));
    open_stream(&s, 10);
    for (unsigned i = 0; i < 400; i++) {
        int length = opus_encode(e, talk.pcm + i % talk.count * 960, 960, data, sizeof data);

        if (i > 50 && i % 7 == 0) {
            s.sequence++;
            lost++;
        } else {
            put(&s, WZP_CODEC_OPUS_16K, data, (size_t)length, s.timestamp, false);
        }
        s.timestamp += 20;
        pull(&s, 20);
    }
    wzp_playout_stats(s.playout, &stats, s.now);
    note("lost %u lbrr %ju concealed %ju dred %ju", lost, (uintmax_t)stats.frames_lbrr,
         (uintmax_t)stats.frames_concealed, (uintmax_t)stats.frames_dred);
    ok(stats.frames_lbrr >= lost * 8 / 10, "lost frames come out of the next packet's LBRR");
    close_stream(&s);
    free(e);
}

/* DTX: one or two bytes per frame. */
static void test_dtx(void)
{
    struct stream s;
    struct wzp_playout_stats stats;
    struct wzp_encoder *e;
    int16_t silence[960] = {0};
    uint8_t data[WZP_FRAME_BYTES_MAX];

    if (wzp_encoder_new(&e, WZP_CODEC_OPUS_24K) != 0)
        bail("no encoder");
    open_stream(&s, 6);
    for (unsigned i = 0; i < 250; i++) {
        int length =
            wzp_encoder_encode(e, data, sizeof data, i < 100 ? talk.pcm + i * 960 : silence, 960);

        put(&s, WZP_CODEC_OPUS_24K, data, (size_t)length, s.timestamp, false);
        s.timestamp += 20;
        pull(&s, 20);
    }
    wzp_playout_stats(s.playout, &stats, s.now);
    ok(stats.frames_silence > 100, "DTX frames count as silence (%ju)",
       (uintmax_t)stats.frames_silence);
    is_int(stats.frames_concealed, 0, "not as concealment");
    ok(s.voiced < 150, "a muted talker is not heard (%u of 250)", s.voiced);
    ok(stats.level_dbfs < -50, "level %.1f dBFS", stats.level_dbfs);
    wzp_encoder_free(e);
    close_stream(&s);
}

/* Every size of pull that the interface allows gives the same sound. */
static void test_pull_sizes(void)
{
    static const size_t sizes[] = {48, 144, 240, 480, 720, 960, 1056, 1920};
    struct network n = {.seed = 3, .delay_ms = 20, .jitter_ms = 8};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct wzp_playout *p = new_playout();
        struct played r;
        size_t count = 0;
        struct arrival *list = network_run(&n, &talk, 250, &count);
        double correlation = 0;

        play(&r, p, list, count, &talk, 5000, sizes[i]);
        wzp_level_align(&correlation, talk.pcm, 4 * 48000, r.pcm, r.samples, 24000);
        /* Pulls of two frames need one frame more in store, and stretch to get it. */
        ok(correlation > (sizes[i] > 960 ? 0.5 : 0.8) && r.stats.frames_concealed < 5,
           "pulls of %zu samples: correlation %.2f, concealed %ju, delay %u", sizes[i], correlation,
           (uintmax_t)r.stats.frames_concealed, r.stats.delay_ms);
        free(r.pcm);
        free(list);
        wzp_playout_free(p);
    }
}

/* A sound card that pulls two or four blocks at once, and a sender with another clock: the delay
 * control must not stretch back and forth. */
static void test_pull_bursts(void)
{
    static const unsigned pieces[] = {1, 2, 4, 1, 1, 2};
    static const size_t sizes[] = {480, 480, 480, 1056, 720, 336};
    struct network n = {.seed = 4, .delay_ms = 20, .jitter_ms = 3, .drift_ppm = 500};

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct wzp_playout *p = new_playout();
        struct played r;
        size_t count = 0;
        struct arrival *list = network_run(&n, &talk, 3000, &count);

        wzp_playout_set_complexity(p, WZP_DECODER_LOW); /* timing is tested, not sound */
        play_pieces(&r, p, list, count, &talk, 59900, sizes[i], pieces[i]);
        note(
            "%u pieces of %zu: target %u delay %.0f..%.0f stretched %ju squeezed %ju concealed %ju",
            pieces[i], sizes[i], r.stats.jitter.target_ms, r.least_delay, r.most_delay,
            (uintmax_t)r.stats.stretched_samples, (uintmax_t)r.stats.squeezed_samples,
            (uintmax_t)r.stats.frames_concealed);
        ok(r.stats.frames_concealed < 8, "%u pieces of %zu at once: %ju made up", pieces[i],
           sizes[i], (uintmax_t)r.stats.frames_concealed);
        ok(r.stats.stretched_samples + r.stats.squeezed_samples < 48 * 120,
           "%u pieces of %zu at once: %ju samples moved", pieces[i], sizes[i],
           (uintmax_t)(r.stats.stretched_samples + r.stats.squeezed_samples));
        free(r.pcm);
        free(list);
        wzp_playout_free(p);
    }
}

TAP_MAIN
{
    source_make(&talk, WZP_CODEC_OPUS_24K, SOUND_TALK, 8, 15);
    test_suppression(true);
    test_suppression(false);
    test_noise_only();
    test_slow_sender();
    test_codec2();
    test_lbrr();
    test_dtx();
    test_pull_sizes();
    test_pull_bursts();
    source_free(&talk);
}
