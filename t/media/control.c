/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rate controller against an arithmetic model of a line: a bottleneck with a queue, and loss.
 */
#include "tap.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "media/control.h"

#define TICK (100 * WZP_MILLISECOND)

#define WAY_MS 60.0
#define HISTORY 16 /* longest round trip, in ticks */

struct line {
    double kbps; /* 0 = wide */
    double queue_ms;
    double loss, run;
    bool seen_by_path; /* otherwise only the peer's report shows it */
};
struct state {
    struct wzp_control control;
    struct wzp_encoder_plan plan;
    struct line line;
    double waiting_ms;           /* in the queue */
    double history[HISTORY];     /* likewise, of the last ticks */
    double dropped, sent, delay; /* delay: sum over the ticks */
    unsigned changes, ticks;
    uint64_t now;
    uint64_t young_until; /* until then the peer reports the line's rate */
};

static void begin(struct state *s, bool long_frames)
{
    memset(s, 0, sizeof *s);
    s->now = 50 * WZP_SECOND;
    s->line.seen_by_path = true;
    wzp_control_init(&s->control, WZP_CODEC_OPUS_32K, long_frames, s->now);
    wzp_control_decide(&s->control, &s->plan, s->now);
}

static double wire_kbps(const struct wzp_encoder_plan *plan)
{
    return 0.9 * plan->bitrate / 1000 * (1 + __builtin_popcount(plan->copies)) +
           WZP_PACKET_OVERHEAD * 8.0 / plan->frame_ms;
}

/* The report has only classes of rates. */
static void tell_limit(struct wzp_feedback *feedback, unsigned kbps)
{
    struct wzp_playout_stats heard = {.jitter.limit_kbps = kbps};
    struct wzp_quality_report report;
    struct wzp_feedback told;

    wzp_feedback_write(&report, &heard, 60);
    wzp_feedback_read(&told, &report);
    feedback->limit_kbps = told.limit_kbps;
    feedback->limit_next = told.limit_next;
}

/* The newest completed round trip. */
static double rtt_ms(const struct state *s)
{
    for (unsigned ago = 0; ago < HISTORY && ago < s->ticks; ago++) {
        double rtt = WAY_MS + s->history[(s->ticks - ago) % HISTORY];
        if (rtt <= ago * 100)
            return s->line.seen_by_path ? rtt : WAY_MS;
    }
    return 0;
}

static void run(struct state *s, double seconds)
{
    for (int i = 0; i < (int)(seconds * 10); i++) {
        double rate = wire_kbps(&s->plan);
        double lost = s->line.loss;

        s->now += TICK;
        s->ticks++;
        for (unsigned ms = 0; ms < 100; ms += s->plan.frame_ms)
            wzp_control_sent(&s->control,
                             (size_t)(rate * s->plan.frame_ms / 8) - WZP_PACKET_OVERHEAD, s->now);
        s->sent += rate;
        if (s->line.kbps > 0) {
            s->waiting_ms += 100 * (rate - s->line.kbps) / s->line.kbps;
            if (s->waiting_ms < 0)
                s->waiting_ms = 0;
            if (s->waiting_ms > s->line.queue_ms) {
                double share = (rate - s->line.kbps) / rate;
                s->waiting_ms = s->line.queue_ms;
                s->dropped += share * rate;
                lost += 100 * share;
            }
        }
        s->delay += s->waiting_ms;
        s->history[s->ticks % HISTORY] = s->waiting_ms;
        wzp_control_path(&s->control, rtt_ms(s), s->now);
        if (s->ticks % 10 == 0) {
            struct wzp_feedback feedback = {.loss_percent = lost, .extended = true};
            feedback.run = lost > 0 ? s->line.run > 0 ? s->line.run : 1 : 0;
            /* While there is a queue the line is full, whatever is sent. */
            bool told = s->waiting_ms > 45 || s->now < s->young_until;
            tell_limit(&feedback, told ? (unsigned)s->line.kbps : 0);
            wzp_control_report(&s->control, &feedback, s->now);
        }
        s->changes += wzp_control_decide(&s->control, &s->plan, s->now);
    }
}

static void test_clean(void)
{
    struct state s;

    begin(&s, true);
    run(&s, 10);
    is_int(s.plan.codec, WZP_CODEC_OPUS_32K, "a clean line: the tier asked for");
    is_int(s.plan.frame_ms, 20, "in frames of 20 ms");
    is_int(s.plan.expected_loss + s.plan.dred_units + s.plan.fec, 0, "without redundancy");
    s.changes = 0;
    run(&s, 600);
    is_int(s.changes, 0, "and ten minutes without a change");
}

/* The first half second of a call that begins at a low rate and waits for the peer, who then
 * reports this rate. */
static void begin_told(struct state *s, unsigned kbps)
{
    struct wzp_feedback feedback = {.extended = true};

    begin(s, true);
    wzp_control_begin_small(&s->control, s->now);
    wzp_control_decide(&s->control, &s->plan, s->now);
    tell_limit(&feedback, kbps);
    s->now += 5 * TICK;
    wzp_control_report(&s->control, &feedback, s->now);
    wzp_control_decide(&s->control, &s->plan, s->now);
}

static void test_beginning(void)
{
    static const unsigned lines[] = {64, 48, 32, 24, 16};
    struct wzp_feedback wide = {.extended = true};
    struct state s;

    begin(&s, true);
    wzp_control_begin_small(&s.control, s.now);
    wzp_control_decide(&s.control, &s.plan, s.now);
    ok(s.plan.bitrate < 32000 && s.plan.frame_ms == 20, "a beginning that waits sends less");
    s.now += WZP_SECOND;
    wzp_control_decide(&s.control, &s.plan, s.now);
    ok(s.plan.bitrate < 32000, "while nothing is told");
    s.now += 3 * TICK;
    wzp_control_decide(&s.control, &s.plan, s.now);
    is_int(s.plan.bitrate, 32000, "but hardly longer than a second");
    begin_told(&s, 0);
    is_int(s.plan.bitrate, 32000, "all, once a wide line is told");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        begin_told(&s, lines[i]);
        ok(wire_kbps(&s.plan) <= lines[i] && wire_kbps(&s.plan) > 0.7 * lines[i],
           "%u kbit/s that are told first get %.0f at once", lines[i], wire_kbps(&s.plan));
        s.line.kbps = lines[i];
        s.line.queue_ms = 200;
        s.young_until = s.now + 2 * WZP_SECOND;
        run(&s, 60);
        ok(s.dropped <= 0, "and lose nothing in a minute");
    }
    begin_told(&s, 32);
    s.now += 5 * TICK;
    wzp_control_report(&s.control, &wide, s.now);
    wzp_control_decide(&s.control, &s.plan, s.now);
    is_int(s.plan.frame_ms, 20, "what a second report takes back was jitter");
}

/* A pause while the initial queue drains: little is sent, but the line's rate has not become lower.
 */
static void test_queue_of_beginning(void)
{
    struct wzp_feedback feedback = {.extended = true};
    struct state s;

    begin_told(&s, 16);
    uint32_t bitrate = s.plan.bitrate;
    tell_limit(&feedback, 16);
    wzp_control_path(&s.control, WAY_MS, s.now);
    for (int i = 0; i < 17; i++) {
        s.now += TICK;
        wzp_control_sent(&s.control, 10, s.now);
        wzp_control_path(&s.control, WAY_MS + 250, s.now);
        if (i % 10 == 9)
            wzp_control_report(&s.control, &feedback, s.now);
        wzp_control_decide(&s.control, &s.plan, s.now);
    }
    ok(s.plan.bitrate < bitrate, "less is sent until the queue is gone");
    s.line.kbps = 16;
    s.line.queue_ms = 200;
    run(&s, 3);
    is_int(s.plan.bitrate, bitrate, "and then what was told at first");
}

/* A tier that was chosen is used: additional bits are only for loss. */
static void test_tiers(void)
{
    static const uint8_t tiers[] = {WZP_CODEC_OPUS_16K, WZP_CODEC_OPUS_24K, WZP_CODEC_OPUS_64K};
    for (size_t i = 0; i < sizeof tiers; i++) {
        struct state s;
        begin(&s, false);
        wzp_control_init(&s.control, tiers[i], false, s.now);
        run(&s, 20);
        is_int(s.plan.bitrate, wzp_codec_info(tiers[i])->bitrate, "a clean line carries the tier");
        s.line.loss = 2;
        s.line.run = 1;
        run(&s, 20);
        is_int(s.plan.bitrate, wzp_codec_info(tiers[i])->bitrate, "one with single losses too");
    }
}

static void test_narrow(void)
{
    static const double lines[] = {64, 48, 32, 24, 16};

    for (int path = 0; path < 2; path++) {
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            struct state s;

            begin(&s, true);
            s.line.kbps = lines[i];
            s.line.queue_ms = 200;
            s.line.seen_by_path = path == 0;
            run(&s, 5);
            s.dropped = s.sent = s.delay = 0;
            s.changes = s.ticks = 0;
            run(&s, 120);
            ok(s.dropped <= 0.01 * s.sent, "%.0f kbit/s, %s: %.1f %% lost after five seconds",
               lines[i], path == 0 ? "seen" : "told", 100 * s.dropped / s.sent);
            ok(s.delay / s.ticks <= 10, "with a queue of %.0f ms", s.delay / s.ticks);
            ok(s.sent / s.ticks > 0.75 * lines[i], "and %.0f kbit/s used", s.sent / s.ticks);
            ok(s.changes <= (12), "with %u changes in two minutes", s.changes);
            s.line.kbps = 0;
            run(&s, 600);
            is_int(s.plan.frame_ms, 20, "and all of it once the line is wide again");
        }
    }
}

/* Each attempt at a higher rate that fails is audible. */
static void test_tries(void)
{
    static const double lines[] = {64, 48, 24};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct state s;

        begin(&s, true);
        s.line.kbps = lines[i];
        s.line.queue_ms = 200;
        s.line.seen_by_path = true;
        run(&s, 20);
        s.changes = 0;
        run(&s, 45);
        is_int(s.changes, 0, "%.0f kbit/s that are known are not tried against soon", lines[i]);
    }
}

/* The worst result over many lines. */
struct worst {
    double lost, delay, used; /* percent, ms, share of the line */
    double changes;           /* in two minutes */
    double wide, narrow;      /* s until all is used again, and until less is sent */
};

static double uniform(const struct wzp_random *random, double from, double to)
{
    return from + (to - from) * wzp_random_unit(random);
}

static void any_line(const struct wzp_random *random, struct worst *worst)
{
    struct state s;
    double seconds = 0;

    begin(&s, true);
    s.line.kbps = uniform(random, 16, 62);
    s.line.queue_ms = uniform(random, 150, 400);
    s.line.seen_by_path = uniform(random, 0, 1) < 0.5;
    run(&s, 10);
    s.dropped = s.sent = s.delay = 0;
    s.changes = s.ticks = 0;
    run(&s, 120);
    worst->lost = fmax(worst->lost, 100 * s.dropped / s.sent);
    worst->delay = fmax(worst->delay, s.delay / s.ticks);
    worst->used = fmin(worst->used, s.sent / s.ticks / s.line.kbps);
    worst->changes = fmax(worst->changes, s.changes);
    double before = s.line.kbps;
    s.line.kbps = 0;
    for (; s.plan.frame_ms != 20 && seconds < 600; seconds += 0.1)
        run(&s, 0.1);
    worst->wide = fmax(worst->wide, seconds);
    run(&s, 60);
    s.line.kbps = before;
    for (seconds = 0; wire_kbps(&s.plan) > s.line.kbps && seconds < 60; seconds += 0.1)
        run(&s, 0.1);
    worst->narrow = fmax(worst->narrow, seconds);
}

static void test_any_line(void)
{
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    struct worst worst = {.used = 1};

    wzp_random_seeded_init(&seeded, 7);
    random = wzp_random_seeded_source(&seeded);
    for (unsigned i = 0; i < 500; i++)
        any_line(&random, &worst);
    ok(worst.lost <= 1, "500 lines of 16 to 68 kbit/s: at most %.1f %% lost", worst.lost);
    ok(worst.delay <= 20, "and a queue of at most %.0f ms in the mean", worst.delay);
    ok(worst.used >= 0.7, "%.0f %% of the line used, at least", 100 * worst.used);
    ok(worst.changes <= 12, "no flapping: at most %.0f changes in two minutes", worst.changes);
    ok(worst.wide <= 180, "a line that becomes wide is used after at most %.0f s", worst.wide);
    ok(worst.narrow <= 2.5, "one that becomes narrow gets less after at most %.1f s", worst.narrow);
}

static void test_short_frames(void)
{
    struct state s;

    begin(&s, false);
    s.line.kbps = 24;
    s.line.queue_ms = 200;
    run(&s, 20);
    is_int(s.plan.frame_ms, 40, "a peer that believes the id never gets more than 40 ms");
    is_int(s.plan.codec, WZP_CODEC_OPUS_6K, "under the id that says so");
}

/* Jitter of the round trips alone: a wide line is not taken for a full one. */
static void test_jitter(void)
{
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    struct state s;

    wzp_random_seeded_init(&seeded, 5);
    random = wzp_random_seeded_source(&seeded);
    begin(&s, true);
    for (unsigned i = 0; i < 6000; i++) {
        /* Pareto (Lomax, shape 3), 5 % beyond 60 ms; in pauses of speech no packet comes back. */
        double late = 60 / (cbrt(20) - 1) * (pow(1 - wzp_random_unit(&random), -1.0 / 3) - 1);

        s.now += TICK;
        if (i % 40 < 30 || i % 4 == 0)
            wzp_control_path(&s.control, 60 + late, s.now);
        wzp_control_sent(&s.control, 500, s.now);
        s.changes += wzp_control_decide(&s.control, &s.plan, s.now);
    }
    ok(s.changes <= 4 && s.plan.frame_ms == 20,
       "jitter of 60 ms is no queue: %u changes in ten minutes", s.changes);
}

static void test_loss(void)
{
    struct state s;
    double seconds = 0;

    begin(&s, true);
    run(&s, 20);
    s.line.loss = 20;
    s.line.run = 1.25;
    while (s.plan.copies != 3 && seconds < 10) {
        run(&s, 0.1);
        seconds += 0.1;
    }
    ok(seconds <= 2, "a fifth lost: protected after %.1f s", seconds);
    is_int(s.plan.fec + s.plan.dred_units, 0, "by two copies, and nothing else");
    s.line.run = 3;
    run(&s, 5);
    is_int(s.plan.copies, 10, "runs of three: by copies from behind the run");
    s.line.run = 20;
    run(&s, 8);
    is_int(s.plan.copies, 32, "outages: by copies of the last that is lost, from far behind it");
    is_int(s.plan.fec + s.plan.dred_units, 0, "and nothing else");
    is_int(s.plan.frame_ms, 20, "loss without a queue is no reason to send less");
    s.line.loss = s.line.run = 0;
    seconds = 0;
    while (s.plan.expected_loss > 0 && seconds < 30) {
        run(&s, 0.1);
        seconds += 0.1;
    }
    ok(seconds <= 10, "and all is as before %.1f s after the last loss", seconds);
}

static void test_hostile(void)
{
    struct state s;
    struct wzp_feedback feedback = {.loss_percent = 100, .extended = true, .run = 20};

    begin(&s, true);
    for (int i = 0; i < 1000; i++) {
        s.now += TICK;
        feedback.limit_kbps = (unsigned)i % 3;
        feedback.loss_percent = i % 2 ? 100 : 0;
        wzp_control_path(&s.control, i % 7 ? 1e300 : -5, s.now);
        wzp_control_report(&s.control, &feedback, s.now);
        wzp_control_decide(&s.control, &s.plan, s.now);
    }
    ok(s.plan.frame_ms >= 20 && s.plan.frame_ms <= 120 && s.plan.bitrate >= 6000,
       "nonsense in, a plan out");
}

static void test_bytes(void)
{
    static const double lossy[] = {1, 1.35, 3, 20};
    struct wzp_quality_report report;
    struct wzp_feedback back;
    struct wzp_playout_stats heard;
    unsigned forbidden = 0;

    memset(&heard, 0, sizeof heard);
    for (unsigned kbps = 0; kbps < 130; kbps++) {
        for (double run_length = 0; run_length < 22; run_length += 0.25) {
            heard.jitter.limit_kbps = kbps;
            heard.jitter.runs.mean_run = run_length;
            wzp_feedback_write(&report, &heard, 60);
            forbidden += report.bitrate_cap_kbps == WZP_FEEDBACK_UNKNOWN;
        }
    }
    is_int(forbidden, 0, "never the byte of those who say nothing");
    for (size_t i = 0; i < 4; i++) {
        heard.jitter.limit_kbps = 34;
        heard.jitter.runs.mean_run = lossy[i];
        heard.jitter.loss_percent_5s = 20;
        wzp_feedback_write(&report, &heard, 60);
        wzp_feedback_read(&back, &report);
        is_near(back.run, lossy[i], 0.01, "a run of %.2f comes back", lossy[i]);
        is_int(back.limit_kbps, 34, "and a limit");
        is_near(back.loss_percent, 20, 0.5, "and the loss");
    }
    heard.jitter.loss_percent_5s = 4;
    heard.jitter.loss_percent_1s = 20;
    wzp_feedback_write(&report, &heard, 60);
    wzp_feedback_read(&back, &report);
    is_near(back.loss_percent, 20, 0.5, "one bad second is told at once");
    report.bitrate_cap_kbps = WZP_FEEDBACK_UNKNOWN;
    wzp_feedback_read(&back, &report);
    ok(!back.extended && back.limit_kbps == 0 && back.run == 0, "an old peer says nothing of it");
}

TAP_MAIN
{
    test_clean();
    test_beginning();
    test_queue_of_beginning();
    test_tiers();
    test_narrow();
    test_jitter();
    test_tries();
    test_any_line();
    test_short_frames();
    test_loss();
    test_hostile();
    test_bytes();
}
