/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "lib_network.h"
#include "lib_speech.h"
#include "media/level.h"

static struct source talk;
static struct source talk20; /* for a network that loses a fifth */

static struct wzp_playout *new_playout(void)
{
    struct wzp_playout *p;

    if (wzp_playout_new(&p) != 0)
        bail("no playout");
    return p;
}

static bool timing; /* only times are tested, not the decoded sound */

static void tell(const char *name, const struct played *r)
{
    const struct wzp_playout_stats *s = &r->stats;
    const struct wzp_jitter_stats *j = &s->jitter;

    note("%s: decoded %ju dred %ju lbrr %ju concealed %ju silence %ju underruns %ju skipped %ju "
         "stretched %ju squeezed %ju",
         name, (uintmax_t)s->frames_decoded, (uintmax_t)s->frames_dred, (uintmax_t)s->frames_lbrr,
         (uintmax_t)s->frames_concealed, (uintmax_t)s->frames_silence, (uintmax_t)s->underruns,
         (uintmax_t)s->skipped_frames, (uintmax_t)s->stretched_samples,
         (uintmax_t)s->squeezed_samples);
    note("    target %u delay %u (%.0f..%.0f) jitter %.1f loss %.1f/%.1f %% lost %ju late %ju dup "
         "%ju reordered %ju stray %ju overflow %ju resets %ju drift %.0f ppm, voiced %u of %u",
         j->target_ms, s->delay_ms, r->least_delay, r->most_delay, j->jitter_ms, j->loss_percent_1s,
         j->loss_percent_5s, (uintmax_t)j->lost, (uintmax_t)j->late, (uintmax_t)j->duplicate,
         (uintmax_t)j->reordered, (uintmax_t)j->stray, (uintmax_t)j->overflow, (uintmax_t)j->resets,
         j->drift_ppm, r->voiced, r->pulls);
}

static void run(struct played *r, const char *name, const struct network *n, const struct source *s,
                unsigned ms, size_t step)
{
    struct wzp_playout *p = new_playout();
    size_t count = 0;
    struct arrival *list = network_run(n, s, (size_t)ms * 48 / s->frame, &count);

    wzp_playout_set_complexity(p, timing ? WZP_DECODER_LOW : WZP_DECODER_FULL);
    play(r, p, list, count, s, ms, step);
    tell(name, r);
    is_int(r->allocations, 0, "%s: no allocation while playing", name);
    free(list);
    wzp_playout_free(p);
}

/* Longest run of near-zero samples in ms after the first second. */
static unsigned longest_silence(const struct played *r)
{
    size_t longest = 0;
    size_t at = 0;

    for (size_t i = 48000; i < r->samples; i++) {
        at = abs(r->pcm[i]) < 3 ? at + 1 : 0;
        if (at > longest)
            longest = at;
    }
    return (unsigned)(longest / 48);
}

static double likeness(const struct played *r, const struct source *s, size_t *lag_ms)
{
    double correlation = 0;
    size_t all = s->count * s->frame;
    size_t lag = wzp_level_align(&correlation, s->pcm, all < r->samples ? all : r->samples, r->pcm,
                                 r->samples, 48000);

    *lag_ms = lag / 48;
    return correlation;
}

static void test_clean(void)
{
    struct network n = {.seed = 1, .delay_ms = 30, .jitter_ms = 1};
    struct played r;
    size_t lag;

    for (size_t step = 480; step <= 960; step += 480) {
        run(&r, "clean", &n, &talk, 8000, step);
        ok(likeness(&r, &talk, &lag) > 0.9, "clean: the sound comes through");
        /* 20 ms framing, 30 ms network, 6.5 ms look-ahead. */
        ok(lag >= 56 && lag <= 56 + 26, "clean: after %zu ms", lag);
        is_int(r.stats.frames_concealed + r.stats.frames_dred, 0, "clean: nothing made up");
        is_int(r.stats.underruns, 0, "clean: never dry");
        ok(r.stats.jitter.target_ms <= 20, "clean: target %u ms", r.stats.jitter.target_ms);
        ok(r.most_delay <= 45, "clean: delay at most %.0f ms", r.most_delay);
        free(r.pcm);
    }
}

static void test_jitter(void)
{
    struct network n = {.seed = 2, .delay_ms = 40, .jitter_ms = 60};
    struct played r;
    size_t lag;

    run(&r, "jitter", &n, &talk, 20000, 960);
    ok(likeness(&r, &talk, &lag) > 0.6, "jitter: the sound comes through");
    ok(r.stats.frames_concealed < 20, "jitter: few frames made up");
    ok(r.stats.jitter.target_ms >= 50 && r.stats.jitter.target_ms <= 90, "jitter: target %u",
       r.stats.jitter.target_ms);
    ok(r.most_delay < 130, "jitter: delay stays bounded");
    ok(longest_silence(&r) < 20, "jitter: no hole");
    free(r.pcm);
}

static void test_reorder_and_duplicates(void)
{
    struct network n = {
        .seed = 3, .delay_ms = 20, .jitter_ms = 2, .reorder = 0.08, .duplicate = 0.1};
    struct played r;
    size_t lag;

    run(&r, "reorder", &n, &talk, 10000, 960);
    ok(likeness(&r, &talk, &lag) > 0.7, "reorder: the sound comes through");
    ok(r.stats.jitter.duplicate > 20, "duplicates counted");
    ok(r.stats.jitter.reordered > 10, "reordering counted");
    is_int(r.stats.jitter.lost, 0, "nothing counts as lost");
    ok(r.stats.frames_concealed < 25, "few frames made up");
    ok(r.stats.frames_decoded + r.stats.frames_dred > 490, "every packet is played once");
    free(r.pcm);
}

static void test_random_loss(void)
{
    struct network n = {.seed = 4, .delay_ms = 30, .jitter_ms = 5, .loss = 0.20};
    struct played r;
    size_t lag;
    uint64_t rebuilt;

    run(&r, "20 % loss", &n, &talk20, 20000, 960);
    ok(likeness(&r, &talk20, &lag) > 0.6, "loss: the sound comes through");
    rebuilt = r.stats.frames_dred;
    ok((double)rebuilt >= 0.9 * (double)r.stats.jitter.lost, "loss: %ju of %ju lost frames rebuilt",
       (uintmax_t)rebuilt, (uintmax_t)r.stats.jitter.lost);
    ok(r.stats.frames_concealed < 40, "loss: little concealed (%ju of 1000)",
       (uintmax_t)r.stats.frames_concealed);
    ok(longest_silence(&r) < 20, "loss: no stall (%u ms)", longest_silence(&r));
    ok(r.voiced > r.pulls * 95 / 100, "loss: voice all the time");
    is_near(r.stats.jitter.loss_percent_5s, 20, 6, "loss is measured");
    ok(r.most_delay < 200, "loss: delay bounded");
    free(r.pcm);
}

static void test_bursts(void)
{
    for (unsigned burst = 2; burst <= 4; burst++) {
        struct network n = {.seed = 5, .delay_ms = 30, .jitter_ms = 5, .burst = burst};
        struct played r;

        run(&r, "bursts", &n, &talk20, 15000, 480);
        /* The first bursts make the buffer wait for what follows a burst. */
        ok((double)r.stats.frames_dred >= (burst < 4 ? 0.9 : 0.85) * (double)r.stats.jitter.lost,
           "bursts of %u: %ju of %ju rebuilt", burst, (uintmax_t)r.stats.frames_dred,
           (uintmax_t)r.stats.jitter.lost);
        ok(longest_silence(&r) < 20, "bursts of %u: no stall", burst);
        ok(r.most_delay < 200, "bursts of %u: delay bounded", burst);
        free(r.pcm);
    }
}

static void test_outage(void)
{
    struct network n = {
        .seed = 6, .delay_ms = 30, .jitter_ms = 5, .outage_from_ms = 4000, .outage_to_ms = 9000};
    struct played r;
    double late;

    run(&r, "outage", &n, &talk, 14000, 960);
    /* Within 200 ms of the first packet after it there is sound, and the delay is back. */
    late = wzp_level_rms_dbfs(r.pcm + 9250 * 48, 48000);
    ok(late > -35, "outage: it is back at once (%.1f dBFS)", late);
    ok(wzp_level_rms_dbfs(r.pcm + 6000 * 48, 48000) < -45, "outage: quiet meanwhile");
    ok(r.stats.delay_ms < 60, "outage: delay %u", r.stats.delay_ms);
    ok(r.stats.frames_decoded > 420, "outage: all the rest decoded");
    free(r.pcm);
}

static void test_stall(void)
{
    struct network n = {
        .seed = 7, .delay_ms = 30, .jitter_ms = 2, .stall_from_ms = 4000, .stall_to_ms = 5000};
    struct played r;

    run(&r, "stall", &n, &talk, 14000, 960);
    ok(wzp_level_rms_dbfs(r.pcm + 5150 * 48, 48000) > -35, "stall: sound again at once");
    ok(r.stats.delay_ms < 120, "stall: delay comes back down (%u)", r.stats.delay_ms);
    free(r.pcm);
}

static void test_drift(void)
{
    static const double rates[] = {200, -200, 5000, -5000};

    for (size_t i = 0; i < 4; i++) {
        bool fast = fabs(rates[i]) > 1000;
        unsigned ms = fast ? 60000 : 600000;
        struct network n = {.seed = 8, .delay_ms = 30, .jitter_ms = 4, .drift_ppm = rates[i]};
        struct played r;

        timing = true;
        run(&r, "drift", &n, &talk, ms, 960);
        timing = false;
        ok(r.most_delay < (fast ? 110 : 70), "drift %.0f ppm: delay at most %.0f ms", rates[i],
           r.most_delay);
        ok(r.stats.frames_concealed < (fast ? 60 : 10), "drift %.0f ppm: %ju concealed", rates[i],
           (uintmax_t)r.stats.frames_concealed);
        is_near(r.stats.jitter.drift_ppm, rates[i], fast ? 1000 : 60, "drift is measured");
        free(r.pcm);
    }
}

/* The existing command line tool sleeps 20 ms after each frame: its clock is some percent slow. */
static void test_slow_sender(void)
{
    static const double rates[] = {-30000, -60000};

    for (size_t i = 0; i < 2; i++) {
        struct network n = {.seed = 8, .delay_ms = 30, .jitter_ms = 4, .drift_ppm = rates[i]};
        struct played r;

        run(&r, "slow sender", &n, &talk, 30000, 960);
        ok(longest_silence(&r) < 20, "%.0f %% slow: no hole", -rates[i] / 1e4);
        ok(r.stats.frames_concealed < 100, "%.0f %% slow: %ju of 1500 made up", -rates[i] / 1e4,
           (uintmax_t)r.stats.frames_concealed);
        ok(r.voiced > 1480, "%.0f %% slow: voice all the time", -rates[i] / 1e4);
        free(r.pcm);
    }
}

static void test_wraps(void)
{
    struct network n = {.seed = 9,
                        .delay_ms = 30,
                        .jitter_ms = 2,
                        .first_sequence = 65436,
                        .first_timestamp = 4294965296u};
    struct played r;
    size_t lag;

    run(&r, "wrap", &n, &talk, 8000, 960);
    ok(likeness(&r, &talk, &lag) > 0.9, "wraps: the sound comes through");
    is_int(r.stats.frames_concealed + r.stats.frames_dred, 0, "wraps: nothing made up");
    is_int(r.stats.jitter.resets, 0, "wraps: no reset");
    is_int(r.stats.jitter.lost, 0, "wraps: nothing lost");
    free(r.pcm);
    n.counts_samples = true;
    run(&r, "samples", &n, &talk, 8000, 960);
    ok(likeness(&r, &talk, &lag) > 0.9, "a sender that counts samples is understood");
    is_int(r.stats.frames_concealed + r.stats.frames_dred, 0, "samples: nothing made up");
    free(r.pcm);
}

static void test_tone(void)
{
    struct source tone;
    struct network n = {.seed = 10, .delay_ms = 30, .jitter_ms = 2};
    struct played r;

    source_make(&tone, WZP_CODEC_OPUS_24K, SOUND_TONE, 4, 15);
    run(&r, "tone", &n, &tone, 5000, 960);
    ok(wzp_level_tone_share(r.pcm + 48000, 3 * 48000, 1000) > 0.9, "a tone of 1000 Hz: share %.3f",
       wzp_level_tone_share(r.pcm + 48000, 3 * 48000, 1000));
    free(r.pcm);
    source_free(&tone);
}

/* The sender restarts with number and time 0. */
static void test_restart(void)
{
    struct network n = {.seed = 11,
                        .delay_ms = 30,
                        .jitter_ms = 2,
                        .first_sequence = 500,
                        .first_timestamp = 10000};
    struct wzp_playout *p = new_playout();
    struct played r;
    size_t first = 0;
    size_t second = 0;
    struct arrival *a = network_run(&n, &talk, 200, &first);
    struct arrival *b;
    struct arrival *both;

    n.first_sequence = 0;
    n.first_timestamp = 0;
    n.start_ms = 4020;
    b = network_run(&n, &talk, 200, &second);
    both = calloc(first + second, sizeof *both);
    if (!both)
        bail("no memory");
    memcpy(both, a, first * sizeof *a);
    memcpy(both + first, b, second * sizeof *b);
    play(&r, p, both, first + second, &talk, 8000, 960);
    tell("restart", &r);
    is_int(r.stats.jitter.resets, 1, "restart: seen once");
    ok(r.stats.frames_decoded >= 390, "restart: nothing is lost by it");
    free(r.pcm);
    free(a);
    free(b);
    free(both);
    wzp_playout_free(p);
}

/* Random headers and bytes among and before good packets. */
static void test_hostile(void)
{
    struct wzp_playout *p = new_playout();
    struct network n = {.seed = 12, .delay_ms = 30, .jitter_ms = 2, .start_ms = 3000};
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    size_t count = 0;
    size_t next = 0;
    struct arrival *list = network_run(&n, &talk, 300, &count);
    int16_t pcm[960];
    double recovered = -1;
    struct wzp_playout_stats stats;

    wzp_random_seeded_init(&seeded, 99);
    random = wzp_random_seeded_source(&seeded);
    for (unsigned ms = 0; ms < 8000; ms += 20) {
        uint64_t now = 1000 * WZP_SECOND + ms * WZP_MILLISECOND;
        uint8_t bytes[300];

        for (int i = 0; i < (ms < 3000 ? 40 : 4); i++) {
            struct wzp_media_packet packet;

            memset(&packet, 0, sizeof packet);
            wzp_random_bytes(&random, bytes, sizeof bytes);
            packet.header.codec = (uint8_t)wzp_random_below(&random, 9);
            packet.header.sequence = (uint16_t)wzp_random_u64(&random);
            packet.header.timestamp = (uint32_t)wzp_random_u64(&random);
            packet.header.is_repair = wzp_random_below(&random, 10) == 0;
            packet.payload = bytes;
            packet.payload_length = wzp_random_below(&random, sizeof bytes);
            wzp_playout_put(p, &packet, now);
        }
        while (next < count && list[next].at <= now) {
            struct wzp_media_packet packet = arrival_packet(&list[next], &talk, 0);

            wzp_playout_put(p, &packet, list[next++].at);
        }
        wzp_playout_pull(p, pcm, 960, now);
        wzp_playout_stats(p, &stats, now);
        if (recovered < 0 && stats.frames_decoded > 20 && ms > 3050)
            recovered = ms - 3050;
    }
    ok(recovered >= 0 && recovered <= 1000,
       "hostile packets: the good sender is heard after %.0f ms", recovered);
    ok(stats.frames_decoded > 200, "and stays heard (%ju)", (uintmax_t)stats.frames_decoded);
    free(list);
    wzp_playout_free(p);
}

TAP_MAIN
{
    source_make(&talk, WZP_CODEC_OPUS_24K, SOUND_TALK, 8, 15);
    source_make(&talk20, WZP_CODEC_OPUS_24K, SOUND_TALK, 8, 20);
    test_clean();
    test_jitter();
    test_reorder_and_duplicates();
    test_random_loss();
    test_bursts();
    test_outage();
    test_stall();
    test_drift();
    test_slow_sender();
    test_wraps();
    test_tone();
    test_restart();
    test_hostile();
    source_free(&talk);
    source_free(&talk20);
}
