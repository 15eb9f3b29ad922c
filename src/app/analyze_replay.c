/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/analyze_replay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/time.h"
#include "media/level.h"

#define PULL_TIME (20 * WZP_MILLISECOND)
#define PULL_SAMPLES 960
#define IDLE (6 * WZP_SECOND) /* after this time without packets playout stops */
#define HOLE_MAX 3000         /* packets; a larger gap of sequence numbers is a restart */
/* of the timestamp against the clock; more means that the sender's count was restarted */
#define JUMP_MS 5000.0

/* ---- bins ---- */

static int make_bins(struct wzp_analysis *a, struct wzp_error *err)
{
    static const double widths[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300};
    size_t at = 0;

    while (a->seconds / widths[at] > WZP_ANALYSIS_BINS_MAX - 1)
        at++;
    a->bin_seconds = widths[at];
    a->bin_count = (size_t)(a->seconds / a->bin_seconds) + 1;
    for (size_t i = 0; i < a->stream_count; i++) {
        struct wzp_analysis_bin *bins = wzp_calloc(a->bin_count, sizeof *bins);
        if (!bins)
            return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
        a->streams[i].bins = bins;
        for (size_t k = 0; k < a->bin_count; k++) {
            bins[k].spread_low_ms = bins[k].spread_high_ms = bins[k].delay_ms = -1;
            bins[k].target_ms = bins[k].buffered_ms = bins[k].rtt_ms = bins[k].mos = -1;
            bins[k].level_dbfs = (float)WZP_LEVEL_SILENCE;
        }
    }
    return 0;
}

static double seconds_of(const struct wzp_replay *p)
{
    return (double)(p->now - WZP_REPLAY_AHEAD) / 1e9;
}

static struct wzp_analysis_bin *bin_of(const struct wzp_replay *p,
                                       const struct wzp_replay_source *s)
{
    size_t at = (size_t)(seconds_of(p) / p->a->bin_seconds);

    return &p->a->streams[s - p->sources].bins[at < p->a->bin_count ? at : p->a->bin_count - 1];
}

static void note(struct wzp_replay_histogram *h, double ms)
{
    double place = ms < 0 ? 0 : ms;

    h->counts[place < WZP_REPLAY_HISTOGRAM ? (size_t)place : WZP_REPLAY_HISTOGRAM]++;
    h->total++;
}

static double percentile(const struct wzp_replay_histogram *h, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)h->total), sum = 0;
    size_t at = 0;

    while (at < WZP_REPLAY_HISTOGRAM && (sum += h->counts[at]) <= wanted)
        at++;
    return h->total ? (double)at : -1;
}

static void mark(struct wzp_replay *p, const struct wzp_replay_source *s, const char *what,
                 const char *value)
{
    struct wzp_analysis_stream *stream = &p->a->streams[s - p->sources];
    struct wzp_analysis_mark *m = &stream->marks[stream->mark_count];

    if (stream->mark_count == WZP_ANALYSIS_MARKS_MAX)
        return;
    stream->mark_count++;
    m->seconds = seconds_of(p);
    snprintf(m->text, sizeof m->text, "%s%s", what, value);
}

/* ---- the replay ---- */

/* Late packets have arrived after all: takes them off the most recent losses. */
static void take_back(struct wzp_analysis_bin *first, struct wzp_analysis_bin *bin, uint64_t count)
{
    for (; count > 0; bin--) {
        uint32_t some = bin->lost < count ? bin->lost : (uint32_t)count;
        bin->lost -= some;
        count -= some;
        if (bin == first)
            return;
    }
}

/* Attributes what the last step did, from the counters before and after it. */
static void take_changes(struct wzp_replay *p, struct wzp_replay_source *s, bool is_pull)
{
    struct wzp_analysis_bin *bin = bin_of(p, s);
    struct wzp_playout_stats after, *before = &s->before;

    wzp_receiver_stats(s->receiver, &after, p->now);
    const uint64_t frames[WZP_ORIGIN_COUNT][2] = {
        [WZP_ORIGIN_PACKET] = {before->frames_decoded, after.frames_decoded},
        [WZP_ORIGIN_LBRR] = {before->frames_lbrr, after.frames_lbrr},
        [WZP_ORIGIN_DRED] = {before->frames_dred, after.frames_dred},
        [WZP_ORIGIN_REPAIRED] = {before->frames_repaired, after.frames_repaired},
        [WZP_ORIGIN_CONCEALED] = {before->frames_concealed, after.frames_concealed},
        [WZP_ORIGIN_SILENCE] = {before->frames_silence, after.frames_silence}};
    for (int i = 0; i < WZP_ORIGIN_COUNT; i++)
        if (frames[i][1] > frames[i][0])
            bin->origin_ms[i] += 20 * (float)(frames[i][1] - frames[i][0]);
    if (after.jitter.lost > before->jitter.lost)
        bin->lost += (uint32_t)(after.jitter.lost - before->jitter.lost);
    else
        take_back(p->a->streams[s - p->sources].bins, bin, before->jitter.lost - after.jitter.lost);
    if (is_pull) {
        float share = 1 / (float)++bin->pulls;
        bin->target_ms = (float)after.jitter.target_ms;
        if (bin->pulls == 1)
            bin->buffered_ms = 0;
        bin->buffered_ms += ((float)after.jitter.buffered_ms - bin->buffered_ms) * share;
        if (after.delay_ms > 0) {
            note(&s->delay, after.delay_ms);
            bin->delay_ms = fmaxf(bin->delay_ms, (float)after.delay_ms);
        }
    }
    s->before = after;
}

static void pull(struct wzp_replay *p, struct wzp_replay_source *s, size_t samples)
{
    struct wzp_analysis_bin *bin = bin_of(p, s);

    wzp_receiver_pull(s->receiver, p->pcm, samples, p->now);
    double level = wzp_level_rms_dbfs(p->pcm, samples);
    if (level > bin->level_dbfs)
        bin->level_dbfs = (float)level;
    take_changes(p, s, true);
}

/* A capture without the times of playout: pulls 20 ms of audio every 20 ms, as long as there is
 * any. */
static void pull_until(struct wzp_replay *p, struct wzp_replay_source *s, uint64_t until)
{
    uint64_t now = p->now;

    while (s->next_pull != 0 && s->next_pull <= until) {
        p->now = s->next_pull;
        pull(p, s, PULL_SAMPLES);
        s->next_pull += PULL_TIME;
        if (wzp_time_since(s->next_pull, s->last_packet) > IDLE)
            s->next_pull = 0;
    }
    p->now = now;
}

/* Plays what is left in the buffer of a sender that has stopped; this is no gap. */
static void play_rest(struct wzp_replay *p, struct wzp_replay_source *s)
{
    while (s->next_pull != 0 && s->before.jitter.buffered_ms > 0 && s->next_pull <= p->end)
        pull_until(p, s, s->next_pull);
}

/* The packet's transit time minus that of the fastest packets. */
static void take_transit(struct wzp_replay *p, struct wzp_replay_source *s,
                         const struct wzp_media_header *h)
{
    struct wzp_analysis_bin *bin = bin_of(p, s);
    double arrival = (double)p->now / WZP_MILLISECOND;
    double step = s->has_time ? wzp_serial32(h->timestamp, s->raw) : 0;
    bool is_newest = !s->has_time || wzp_serial16(h->sequence, s->sequence) > 0;

    if (!s->has_time || fabs(arrival - s->arrival - step) > JUMP_MS) {
        memset(&s->transit, 0, sizeof s->transit);
        s->timestamp = step = 0;
        s->has_time = is_newest = true;
    }
    double timestamp = s->timestamp + step;
    wzp_delay_packet(&s->transit, arrival, timestamp, is_newest);
    float beyond = (float)(arrival - timestamp - wzp_delay_base(&s->transit, arrival));
    if (beyond < 0)
        beyond = 0;
    note(&s->spread, (double)beyond);
    if (bin->spread_low_ms < 0 || beyond < bin->spread_low_ms)
        bin->spread_low_ms = beyond;
    if (beyond > bin->spread_high_ms)
        bin->spread_high_ms = beyond;
    if (!is_newest)
        return;
    s->timestamp = timestamp;
    s->raw = h->timestamp;
    s->arrival = arrival;
}

static void take_numbers(struct wzp_replay *p, struct wzp_replay_source *s,
                         const struct wzp_media_packet *packet, bool is_first)
{
    struct wzp_analysis_stream *stream = &p->a->streams[s - p->sources];
    const struct wzp_codec_info *codec = wzp_codec_info(packet->header.codec);
    int ahead = wzp_serial16(packet->header.sequence, s->sequence);

    if (!is_first && ahead > 1 && ahead < HOLE_MAX && (uint64_t)ahead - 1 > stream->longest_hole)
        stream->longest_hole = (uint64_t)ahead - 1;
    if (is_first || ahead > 0 || ahead < -HOLE_MAX)
        s->sequence = packet->header.sequence;
    if (packet->header.codec == WZP_CODEC_COMFORT_NOISE ||
        (!is_first && packet->header.codec == stream->codec))
        return;
    stream->codec = packet->header.codec;
    mark(p, s, "codec ", codec ? codec->name : "?");
}

static void take_path(struct wzp_replay *p, struct wzp_replay_source *s,
                      const struct wzp_addr *remote)
{
    char text[WZP_ADDR_TEXT_MAX];

    if (s->has_path && wzp_addr_equal(&s->path, remote))
        return;
    if (s->has_path)
        mark(p, s, "from ", wzp_addr_format(text, remote));
    s->path = *remote;
    s->has_path = true;
}

static void receive(struct wzp_replay *p, struct wzp_replay_source *s,
                    const struct wzp_capture_record *record, const struct wzp_media_packet *packet)
{
    struct wzp_analysis_stream *stream = &p->a->streams[s - p->sources];
    struct wzp_analysis_bin *bin = bin_of(p, s);
    bool is_first = stream->packets++ == 0;

    stream->bytes += packet->payload_length;
    bin->packets++;
    bin->bytes += (uint32_t)packet->payload_length;
    stream->last = seconds_of(p);
    if (is_first)
        stream->first = stream->last;
    take_path(p, s, &record->remote);
    if (!packet->header.is_repair)
        take_transit(p, s, &packet->header);
    take_numbers(p, s, packet, is_first);
    wzp_receiver_put(s->receiver, packet, p->now);
    s->last_packet = p->now;
    if (s->next_pull == 0 && !p->a->has_pulls && !stream->is_sealed)
        s->next_pull = p->now;
    take_changes(p, s, false);
}

static void take_counts(struct wzp_replay *p, const struct wzp_capture_record *record)
{
    struct wzp_analysis_stream *stream = &p->a->streams[0];
    struct wzp_replay_source *s = &p->sources[0];
    struct wzp_analysis_bin *bin = bin_of(p, s);
    bool direct = record->counts[WZP_COUNT_DIRECT] != 0;

    if (stream->has_counts && direct != s->was_direct)
        mark(p, s, direct ? "direct" : "through the relay", "");
    s->was_direct = direct;
    stream->has_counts = true;
    memcpy(stream->counts, record->counts, sizeof stream->counts);
    if (record->counts[WZP_COUNT_RTT_US] > 0)
        s->rtt_ms = stream->rtt_ms = bin->rtt_ms = (float)record->counts[WZP_COUNT_RTT_US] / 1000;
}

static void step(struct wzp_replay *p, const struct wzp_capture_record *record)
{
    struct wzp_media_packet packet;
    struct wzp_replay_source *s;

    if (record->type == WZP_CAPTURE_COUNTS) {
        take_counts(p, record);
        return;
    }
    if (record->type == WZP_CAPTURE_PULL) {
        if (record->samples > 0 && record->samples <= 1920 && record->samples % 48 == 0)
            pull(p, &p->sources[0], record->samples);
        return;
    }
    s = wzp_replay_source_of(p, record, false);
    if (!s || wzp_media_parse(&packet, record->data, record->length) < 0)
        return;
    if (!p->a->has_pulls)
        pull_until(p, s, p->now);
    if (!record->outgoing) {
        receive(p, s, record, &packet);
        return;
    }
    p->a->streams[s - p->sources].packets_out++;
    p->a->streams[s - p->sources].bytes_out += packet.payload_length;
    bin_of(p, s)->bytes_out += (uint32_t)packet.payload_length;
}

static int replay(struct wzp_replay *p, const uint8_t *data, size_t length, struct wzp_error *err)
{
    struct wzp_capture_reader reader;
    struct wzp_capture_record record;

    for (size_t i = 0; i < p->a->stream_count; i++) {
        if (wzp_receiver_new(&p->sources[i].receiver))
            return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
        if (p->a->kind != WZP_CAPTURE_ROOM)
            wzp_receiver_set_expected(p->sources[i].receiver, 1);
    }
    if (wzp_capture_open(&reader, data, length))
        return wzp_error_set(err, WZP_E_SYNTAX, "this is no capture file");
    p->now = WZP_REPLAY_AHEAD;
    while (wzp_capture_next(&reader, &record) == 1) {
        uint64_t at = WZP_REPLAY_AHEAD + wzp_time_since(record.at, p->origin);
        if (at > p->now)
            p->now = at;
        step(p, &record);
    }
    for (size_t i = 0; i < p->a->stream_count && !p->a->has_pulls; i++)
        play_rest(p, &p->sources[i]);
    return 0;
}

static void finish(struct wzp_replay *p)
{
    for (size_t i = 0; i < p->a->stream_count; i++) {
        struct wzp_analysis_stream *stream = &p->a->streams[i];
        const struct wzp_replay_source *s = &p->sources[i];
        wzp_receiver_stats(s->receiver, &stream->heard, p->now);
        stream->spread_p50 = percentile(&s->spread, 0.5);
        stream->spread_p95 = percentile(&s->spread, 0.95);
        stream->spread_p99 = percentile(&s->spread, 0.99);
        stream->delay_p50 = percentile(&s->delay, 0.5);
        stream->delay_p95 = percentile(&s->delay, 0.95);
        wzp_analysis_rate(p->a, stream);
    }
}

int wzp_analyze(struct wzp_analysis **out, const uint8_t *data, size_t length,
                struct wzp_error *err)
{
    struct wzp_replay *p = wzp_calloc(1, sizeof *p);
    struct wzp_analysis *a = wzp_calloc(1, sizeof *a);
    int result = p && a ? 0 : wzp_error_set(err, WZP_E_MEMORY, "out of memory");

    *out = NULL;
    if (!result) {
        p->a = a;
        result = wzp_replay_first_look(p, data, length, err);
    }
    if (!result)
        result = make_bins(a, err);
    if (!result)
        result = replay(p, data, length, err);
    if (!result)
        finish(p);
    for (size_t i = 0; p && i < WZP_ANALYSIS_STREAMS_MAX; i++)
        wzp_receiver_free(p->sources[i].receiver);
    wzp_free(p);
    if (result)
        wzp_analysis_free(a);
    else
        *out = a;
    return result;
}

void wzp_analysis_free(struct wzp_analysis *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < WZP_ANALYSIS_STREAMS_MAX; i++)
        wzp_free(a->streams[i].bins);
    for (size_t i = 0; i < WZP_ANALYSIS_CONNECTIONS_MAX; i++)
        wzp_free(a->connections[i].bins);
    wzp_free(a);
}
