/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a listener hears over bad lines, in virtual time: samples through encoder, simulated line
 * and receiver, with the receiver's reports going back to the sender as in a call. The same seed
 * gives the same result, bit for bit.
 *
 * Without arguments: made-up speech over every line, one JSON object each. With them (see
 * contrib/quality): --line NAME --seed N --in FILE --out FILE [--trace FILE] [--mode MODE]
 * [--plan PLAN]; files are raw 16 bit mono samples at 48 kHz. MODE is "call" (all that a call
 * does), "plain" (no redundancy, no reports) or "fixed" (always PLAN). --list names the lines. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Benchmarks are built from one file each; this includes the tests' voice. */
#include "../media/lib_speech.c"
#include "base/random.h"
#include "base/time.h"
#include "media/control.h"
#include "media/feedback.h"
#include "media/receiver.h"
#include "media/sender.h"

#define MS WZP_MILLISECOND
#define START WZP_SECOND
#define NETWORK_MS 30.0
#define PULL 480       /* samples */
#define PULL_PHASE 62  /* samples after the grid of arrivals, 1.3 ms */
#define OVERHEAD 96    /* bytes around a payload: IP, UDP, QUIC, media header, seals */
#define FLIGHT_MAX 512 /* packets under way */
#define SYNTHETIC_SECONDS 24
#define SETTLE_SECONDS 5

enum mode { MODE_CALL, MODE_PLAIN, MODE_FIXED };

/* One network. Times in ms. */
struct line {
    const char *name;
    double loss;             /* probability */
    double bad_from, bad_to; /* Gilbert-Elliott: chance per packet to enter and to leave */
    unsigned burst_ms;       /* bursts of that length ... */
    double burst_share;      /* ... until this share is lost */
    double every, length;    /* blackouts */
    double pareto_p95;       /* extra delay, Pareto (Lomax, shape 3) with this quantile */
    double uniform;          /* extra delay, in order */
    double hold_every, hold; /* the network stalls and then delivers everything */
    double kbps, queue;      /* bottleneck and its queue */
    bool downlink; /* the bottleneck is behind a relay, so the sender's own path does not show it */
    bool step;     /* loss only in the second third */
};
static const struct line lines[] = {
    {.name = "clean"},
    {.name = "loss1", .loss = 0.01},
    {.name = "loss10", .loss = 0.10},
    {.name = "loss20", .loss = 0.20},
    {.name = "loss30", .loss = 0.30},
    {.name = "ge20", .bad_from = 1.0 / 12, .bad_to = 1.0 / 3},
    {.name = "burst100", .burst_ms = 100, .burst_share = 0.30},
    {.name = "blackout100", .every = 4000, .length = 100},
    {.name = "blackout400", .every = 4000, .length = 400},
    {.name = "starlink", .every = 15000, .length = 150, .uniform = 6},
    {.name = "pareto30", .pareto_p95 = 30},
    {.name = "pareto60", .pareto_p95 = 60},
    {.name = "pareto100", .pareto_p95 = 100},
    {.name = "lte", .hold_every = 8000, .hold = 300},
    {.name = "link64", .kbps = 64, .queue = 200},
    {.name = "link48", .kbps = 48, .queue = 200},
    {.name = "link32", .kbps = 32, .queue = 200},
    {.name = "link24", .kbps = 24, .queue = 200},
    {.name = "link16", .kbps = 16, .queue = 200},
    {.name = "down48", .kbps = 48, .queue = 200, .downlink = true},
    {.name = "down24", .kbps = 24, .queue = 200, .downlink = true},
    {.name = "step20", .loss = 0.20, .step = true},
};

struct flight {
    bool used;
    uint64_t at, sent;
    struct wzp_media_header header;
    struct wzp_quality_report report;
    size_t length;
    uint8_t data[WZP_FRAME_BYTES_MAX];
};

struct run {
    const struct line *line;
    enum mode mode;
    struct wzp_random random;
    struct wzp_random_seeded seeded;
    struct wzp_sender *sender;
    struct wzp_receiver *receiver;
    struct flight flights[FLIGHT_MAX];
    bool bad;            /* Gilbert-Elliott */
    double burst_until;  /* ms */
    double link_free;    /* ms: when the bottleneck has sent all it holds */
    double last_arrival; /* ms */
    double total_ms;
    uint64_t now;
    uint64_t sent, lost, bytes;
    uint64_t sent_before, lost_before; /* counted until the call has settled */
    struct wzp_encoder_plan plan;      /* of MODE_FIXED */
    struct wzp_control control;
    struct wzp_quality_report report;
    bool report_waits;
    double loss_told; /* percent */
    bool has_told;
    size_t told_at; /* sample of the last report */
    double rtt_ms;  /* of the packet last acknowledged */
    bool rtt_fresh;
    double cpu_before; /* s */
};

static void fail(const char *what)
{
    fprintf(stderr, "media_quality: %s\n", what);
    exit(1);
}

static double chance(struct run *r)
{
    return wzp_random_unit(&r->random);
}

/* Does the line lose what is sent now? */
static bool is_lost(struct run *r, double at_ms)
{
    const struct line *l = r->line;
    double share = at_ms / r->total_ms;
    double first = chance(r);
    double second = chance(r);

    if (l->loss > 0 && (!l->step || (share >= 1.0 / 3 && share < 2.0 / 3)))
        return first < l->loss;
    if (l->bad_from > 0) {
        r->bad = r->bad ? first >= l->bad_to : first < l->bad_from;
        return r->bad;
    }
    if (l->burst_ms > 0) {
        double mean_gap = l->burst_ms * (1 - l->burst_share) / l->burst_share;
        if (at_ms >= r->burst_until && first < 20.0 / (mean_gap + 20.0))
            r->burst_until = at_ms + l->burst_ms;
        return at_ms < r->burst_until;
    }
    (void)second;
    return l->every > 0 && at_ms > l->every / 2 && fmod(at_ms - l->every / 2, l->every) < l->length;
}

/* When a packet sent at `at_ms` arrives; negative: it is dropped, since the queue is full. */
static double arrival_of(struct run *r, double at_ms, size_t bytes)
{
    const struct line *l = r->line;
    double at = at_ms + NETWORK_MS;
    double unit = chance(r);

    if (l->kbps > 0) {
        double start = fmax(at_ms, r->link_free);
        if (start - at_ms > l->queue)
            return -1;
        r->link_free = start + (double)(bytes + OVERHEAD) * 8 / l->kbps;
        return r->link_free + NETWORK_MS;
    }
    if (l->pareto_p95 > 0)
        return at + l->pareto_p95 / (cbrt(20) - 1) * (pow(1 - unit, -1.0 / 3) - 1);
    if (l->uniform > 0)
        at = fmax(at + unit * l->uniform, r->last_arrival);
    if (l->hold > 0 && at_ms > l->hold_every / 2) {
        double into = fmod(at_ms - l->hold_every / 2, l->hold_every);
        if (into < l->hold)
            at += l->hold - into;
    }
    r->last_arrival = at;
    return at;
}

static void emit(void *context, const struct wzp_media_packet *packet)
{
    struct run *r = context;
    double at_ms = (double)(r->now - START) / (double)MS;

    r->sent++;
    r->bytes += packet->payload_length;
    wzp_control_sent(&r->control, packet->payload_length, r->now);
    bool lost = is_lost(r, at_ms);
    double at = lost ? -1 : arrival_of(r, at_ms, packet->payload_length);
    if (at < 0) {
        r->lost++;
        return;
    }
    for (size_t i = 0; i < FLIGHT_MAX; i++) {
        struct flight *f = &r->flights[i];
        if (f->used)
            continue;
        f->used = true;
        f->at = START + (uint64_t)(at * (double)MS);
        f->sent = r->now;
        f->header = packet->header;
        f->report = packet->report;
        f->length = packet->payload_length;
        memcpy(f->data, packet->payload, packet->payload_length);
        return;
    }
    fail("too many packets under way");
}

/* Delivers what arrived until `until`, in order of arrival. */
static void deliver(struct run *r, uint64_t until)
{
    for (;;) {
        struct flight *first = NULL;
        for (size_t i = 0; i < FLIGHT_MAX; i++) {
            struct flight *f = &r->flights[i];
            if (f->used && f->at <= until &&
                (!first || f->at < first->at ||
                 (f->at == first->at &&
                  (int16_t)(f->header.sequence - first->header.sequence) < 0)))
                first = f;
        }
        if (!first)
            return;
        struct wzp_media_packet packet = {.header = first->header,
                                          .report = first->report,
                                          .payload = first->data,
                                          .payload_length = first->length};
        wzp_receiver_put(r->receiver, &packet, first->at);
        r->rtt_ms = (double)(first->at - first->sent) / (double)MS + NETWORK_MS;
        r->rtt_fresh = true;
        first->used = false;
    }
}

/* As in a call: a report once a second, or at once when it is urgent, but not twice in half a
 * second; the newest round trip and a decision ten times a second. Reports take as long as the way
 * back takes without a queue. */
static void tick(struct run *r, size_t at)
{
    struct wzp_playout_stats stats;
    struct wzp_encoder_plan plan;

    if (r->mode != MODE_CALL)
        return;
    if (r->report_waits) {
        struct wzp_feedback feedback;
        wzp_feedback_read(&feedback, &r->report);
        wzp_control_report(&r->control, &feedback, r->now);
        r->report_waits = false;
    }
    if (r->rtt_fresh && !r->line->downlink)
        wzp_control_path(&r->control, r->rtt_ms, r->now);
    r->rtt_fresh = false;
    wzp_receiver_stats(r->receiver, &stats, r->now);
    bool due = at % WZP_SAMPLE_RATE == 0 || !r->has_told ||
               (at >= r->told_at + WZP_SAMPLE_RATE / 2 &&
                wzp_feedback_is_urgent(&stats, r->loss_told));
    if (due && !wzp_receiver_is_unsure(r->receiver, r->now)) {
        wzp_feedback_write(&r->report, &stats, 60);
        r->told_at = at;
        r->loss_told = wzp_quality_report_loss_percent(&r->report);
        r->has_told = true;
        r->report_waits = true;
    }
    if (wzp_control_decide(&r->control, &plan, r->now) && wzp_sender_set_plan(r->sender, &plan) < 0)
        fail("bad plan");
}

struct sound {
    int16_t *pcm;
    size_t samples;
};

static struct sound read_sound(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct sound s = {0};

    if (!f || fseek(f, 0, SEEK_END) != 0)
        fail(path);
    long size = ftell(f);
    rewind(f);
    s.samples = (size_t)size / sizeof *s.pcm;
    s.pcm = malloc((size_t)size + 1);
    if (!s.pcm || fread(s.pcm, sizeof *s.pcm, s.samples, f) != s.samples)
        fail(path);
    fclose(f);
    return s;
}

/* Plays all of `in` and a second more; out holds in.samples + 48000. */
static void run_line(struct run *r, const struct sound *in, int16_t *out, FILE *trace)
{
    size_t total = in->samples + WZP_SAMPLE_RATE;
    int16_t block[PULL];

    r->random = wzp_random_seeded_source(&r->seeded);
    r->total_ms = (double)in->samples / WZP_SAMPLES_PER_MS;
    if (wzp_sender_new(&r->sender, WZP_CODEC_OPUS_24K) < 0 || wzp_receiver_new(&r->receiver) < 0)
        fail("no memory");
    wzp_receiver_set_expected(r->receiver, 1);
    wzp_sender_set_sparse(r->sender, true);
    wzp_control_init(&r->control, WZP_CODEC_OPUS_32K, true, START);
    if (r->mode == MODE_CALL) {
        wzp_control_begin_small(&r->control, START);
        wzp_sender_probe(r->sender);
    }
    if (r->mode != MODE_CALL && wzp_sender_set_plan(r->sender, &r->plan) < 0)
        fail("bad plan");
    memset(out, 0, total * sizeof *out);
    for (size_t at = 0; at + PULL + PULL_PHASE <= total; at += PULL) {
        uint64_t grid = START + at * WZP_SECOND / WZP_SAMPLE_RATE;
        uint64_t pull = grid + PULL_PHASE * WZP_SECOND / WZP_SAMPLE_RATE;

        r->now = grid;
        if (at > 0) {
            memset(block, 0, sizeof block);
            for (size_t i = 0; i < PULL && at - PULL + i < in->samples; i++)
                block[i] = in->pcm[at - PULL + i];
            (void)wzp_sender_push(r->sender, block, PULL, emit, r);
        }
        deliver(r, pull);
        r->now = pull;
        (void)wzp_receiver_pull(r->receiver, out + at + PULL_PHASE, PULL, pull);
        if (at % (WZP_SAMPLE_RATE / 10) == 0)
            tick(r, at);
        if (at == SETTLE_SECONDS * WZP_SAMPLE_RATE) {
            r->sent_before = r->sent;
            r->lost_before = r->lost;
        }
        if (trace) {
            struct wzp_playout_stats s;
            wzp_receiver_stats(r->receiver, &s, pull);
            fprintf(trace,
                    "%zu,%u,%u,%llu,%llu,%llu,%llu,%llu,%u,%.1f,%u,%llu,%llu,%u,%u,%u,%.1f,%u,%.2f,"
                    "%u,%.1f,%u\n",
                    at / 48, s.delay_ms, s.jitter.target_ms, (unsigned long long)s.frames_decoded,
                    (unsigned long long)s.frames_dred, (unsigned long long)s.frames_lbrr,
                    (unsigned long long)s.frames_concealed, (unsigned long long)s.skipped_frames,
                    s.codec, s.jitter.loss_percent_1s, s.dred_reach_ms,
                    (unsigned long long)r->bytes, (unsigned long long)r->lost,
                    r->control.plan.bitrate, r->control.plan.frame_ms,
                    r->control.plan.expected_loss, r->rtt_ms, r->control.plan.dred_units,
                    s.jitter.runs.mean_run, s.jitter.limit_kbps, r->control.ceiling_kbps,
                    r->control.plan.copies);
        }
    }
}

static void say(const char *line, const char *what, double value, const char *unit)
{
    printf("{\"name\":\"media_quality_%s_%s\",\"value\":%.3f,\"unit\":\"%s\"}\n", line, what, value,
           unit);
}

/* Processor time of this program so far, s: virtual time costs as much work as real time. */
static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void summarize(struct run *r, double seconds)
{
    struct wzp_playout_stats s;

    wzp_receiver_stats(r->receiver, &s, r->now);
    say(r->line->name, "sent_loss", 100.0 * (double)r->lost / (double)r->sent, "percent");
    say(r->line->name, "settled_loss",
        100.0 * (double)(r->lost - r->lost_before) / fmax(1, (double)(r->sent - r->sent_before)),
        "percent");
    say(r->line->name, "payload", (double)r->bytes * 8 / 1000 / seconds, "kbit/s");
    say(r->line->name, "rebuilt_dred", (double)s.frames_dred, "frames");
    say(r->line->name, "rebuilt_fec", (double)s.frames_lbrr, "frames");
    say(r->line->name, "rebuilt_copies", (double)s.frames_repaired, "frames");
    say(r->line->name, "concealed", (double)s.frames_concealed, "frames");
    say(r->line->name, "late", (double)s.jitter.late, "packets");
    say(r->line->name, "skipped", (double)s.skipped_frames, "frames");
    say(r->line->name, "buffer", (double)s.jitter.target_ms, "ms");
    /* One end sends, the other receives: together that is what each end of a call does. */
    say(r->line->name, "cpu", 100 * (cpu_seconds() - r->cpu_before) / seconds, "percent of a core");
}

static void finish(struct run *r)
{
    wzp_sender_free(r->sender);
    wzp_receiver_free(r->receiver);
}

static struct run *new_run(const struct line *line, enum mode mode, unsigned long seed)
{
    struct run *r = calloc(1, sizeof *r);

    if (!r)
        fail("no memory");
    r->line = line;
    r->mode = mode;
    r->cpu_before = cpu_seconds();
    wzp_random_seeded_init(&r->seeded, seed);
    return r;
}

static int bench_all(void)
{
    size_t samples = SYNTHETIC_SECONDS * WZP_SAMPLE_RATE;
    struct sound in = {malloc(samples * sizeof(int16_t)), samples};
    int16_t *out = malloc((samples + WZP_SAMPLE_RATE) * sizeof *out);

    if (!in.pcm || !out)
        fail("no memory");
    speech_fill(in.pcm, samples, 3, 1);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct run *r = new_run(&lines[i], MODE_CALL, 1);
        run_line(r, &in, out, NULL);
        summarize(r, SYNTHETIC_SECONDS);
        finish(r);
        free(r);
    }
    free(in.pcm);
    free(out);
    return 0;
}

/* "codec,bitrate,frame ms,fec,expected loss,DRED in 10 ms,copies" */
static struct wzp_encoder_plan read_plan(const char *text)
{
    unsigned codec, bitrate, frame, fec, loss, dred, copies;

    if (sscanf(text, "%u,%u,%u,%u,%u,%u,%u", &codec, &bitrate, &frame, &fec, &loss, &dred,
               &copies) != 7)
        fail("a plan is seven numbers");
    return (struct wzp_encoder_plan){.codec = (enum wzp_codec)codec,
                                     .bitrate = bitrate,
                                     .frame_ms = (uint8_t)frame,
                                     .fec = fec != 0,
                                     .expected_loss = (uint8_t)loss,
                                     .dred_units = (uint8_t)dred,
                                     .copies = (uint8_t)copies};
}

static const struct line *find_line(const char *name)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strcmp(lines[i].name, name) == 0)
            return &lines[i];
    fail("no such line");
    return NULL;
}

int main(int argc, char **argv)
{
    const char *in_path = NULL, *out_path = NULL, *trace_path = NULL;
    const struct line *line = &lines[0];
    enum mode mode = MODE_CALL;
    unsigned long seed = 1;
    struct wzp_encoder_plan plan;

    wzp_encoder_plan_of(&plan, WZP_CODEC_OPUS_32K);
    if (argc == 1)
        return bench_all();
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--list") == 0) {
            for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
                puts(lines[k].name);
            return 0;
        }
        if (strcmp(argv[i], "--line") == 0)
            line = find_line(value);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--in") == 0)
            in_path = value;
        else if (strcmp(argv[i], "--out") == 0)
            out_path = value;
        else if (strcmp(argv[i], "--plan") == 0)
            plan = read_plan(value);
        else if (strcmp(argv[i], "--trace") == 0)
            trace_path = value;
        else if (strcmp(argv[i], "--mode") == 0)
            mode = strcmp(value, "plain") == 0   ? MODE_PLAIN
                   : strcmp(value, "fixed") == 0 ? MODE_FIXED
                                                 : MODE_CALL;
        else
            fail("unknown argument");
        i++;
    }
    if (!in_path || !out_path)
        fail("--in and --out are needed");
    struct sound in = read_sound(in_path);
    int16_t *out = malloc((in.samples + WZP_SAMPLE_RATE) * sizeof *out);
    FILE *to = fopen(out_path, "wb");
    FILE *trace = trace_path ? fopen(trace_path, "w") : NULL;
    if (!out || !to)
        fail(out_path);
    struct run *r = new_run(line, mode, seed);
    if (mode == MODE_PLAIN)
        plan.expected_loss = plan.dred_units = 0;
    r->plan = plan;
    run_line(r, &in, out, trace);
    summarize(r, (double)in.samples / WZP_SAMPLE_RATE);
    finish(r);
    fwrite(out, sizeof *out, in.samples + WZP_SAMPLE_RATE, to);
    if (fclose(to) != 0 || (trace && fclose(trace) != 0))
        fail(out_path);
    free(in.pcm);
    free(out);
    free(r);
    return 0;
}
