/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/receiver.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/time.h"
#include "media/continuity.h"
#include "media/level.h"
#include "media/loudness.h"
#include "media/mixer.h"

#define SILENT_FOR (30 * WZP_SECOND) /* a stream without packets for this long is forgotten */
/* Decoders are expensive: beyond the initial allowance, one new stream is admitted per this
 * time. */
#define NEWCOMER_TIME (250 * WZP_MILLISECOND)
#define SPEAKING_DBFS (-50.0)
#define SPEAKING_TIME (500 * WZP_MILLISECOND) /* without packets somebody does not speak */
/* With more simultaneous voices than this, decoder enhancement is inaudible and costs too much. */
#define CROWD 4
#define CROWD_TIME (2 * WZP_SECOND)
#define CANDIDATES 8 /* unknown senders of whom one packet was seen */
#define CANDIDATE_TIME (2 * WZP_SECOND)

struct stream {
    struct wzp_playout *playout;
    uint8_t sender; /* stamped number, 0 = told apart by continuity */
    uint8_t volume; /* percent, of one that has no number */
    unsigned voice; /* the number of one that has none */
    struct wzp_loudness loudness;
    float gain; /* it was mixed with last */
    uint64_t last_packet;
    struct wzp_continuity continuity;
};

/* One packet that fits no stream, kept until a second one goes with it. */
struct candidate {
    struct wzp_continuity continuity;
    struct wzp_media_header header;
    uint16_t length;
    uint64_t arrival;
    uint8_t data[WZP_FRAME_BYTES_MAX];
};

struct wzp_receiver {
    struct stream *streams[WZP_RECEIVER_STREAMS_MAX];
    size_t count;
    uint64_t newcomers; /* when the allowance of new streams is full again */
    unsigned expected;
    unsigned complexity; /* wished for */
    bool crowded;        /* more than CROWD voices: no decoder enhancement */
    uint64_t crowded_at; /* when that was so last */
    bool last_header_zero;
    struct candidate candidates[CANDIDATES];
    struct wzp_mixer mixer;
    struct wzp_meter meter;
    struct wzp_playout_stats ended; /* counters of forgotten streams */
    int16_t one[WZP_MIXER_SAMPLES_MAX];
    uint8_t volumes[256]; /* percent, by stamped number; [0]: of the other one in a call */
    unsigned unstamped;   /* voices without a number so far */
};

int wzp_receiver_new(struct wzp_receiver **out)
{
    struct wzp_receiver *r = *out = wzp_calloc(1, sizeof *r);
    if (!r)
        return WZP_E_MEMORY;
    memset(r->volumes, 100, sizeof r->volumes);
    r->complexity = WZP_DECODER_FULL;
    return 0;
}

void wzp_receiver_free(struct wzp_receiver *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++) {
        wzp_playout_free(r->streams[i]->playout);
        wzp_free(r->streams[i]);
    }
    wzp_free(r);
}

void wzp_receiver_set_expected(struct wzp_receiver *r, unsigned people)
{
    r->expected = people;
}

static unsigned complexity_now(const struct wzp_receiver *r)
{
    return r->crowded && r->complexity > WZP_DECODER_LOW ? WZP_DECODER_LOW : r->complexity;
}

void wzp_receiver_set_complexity(struct wzp_receiver *r, unsigned complexity)
{
    r->complexity = complexity;
    for (size_t i = 0; i < r->count; i++)
        wzp_playout_set_complexity(r->streams[i]->playout, complexity_now(r));
}

/* Adds the counters of one stream; the rest is taken from whoever is worst. */
static void add_stats(struct wzp_playout_stats *sum, const struct wzp_playout_stats *one)
{
    struct wzp_jitter_stats *a = &sum->jitter;
    const struct wzp_jitter_stats *b = &one->jitter;

    sum->frames_decoded += one->frames_decoded;
    sum->frames_dred += one->frames_dred;
    sum->frames_lbrr += one->frames_lbrr;
    sum->frames_repaired += one->frames_repaired;
    sum->frames_concealed += one->frames_concealed;
    sum->frames_silence += one->frames_silence;
    sum->underruns += one->underruns;
    sum->skipped_frames += one->skipped_frames;
    sum->stretched_samples += one->stretched_samples;
    sum->squeezed_samples += one->squeezed_samples;
    a->received += b->received;
    a->late += b->late;
    a->duplicate += b->duplicate;
    a->reordered += b->reordered;
    a->overflow += b->overflow;
    a->resets += b->resets;
    a->stray += b->stray;
    a->expected += b->expected;
    a->lost += b->lost;
}

static void forget_stream(struct wzp_receiver *r, size_t i, uint64_t now)
{
    struct stream *s = r->streams[i];
    struct wzp_playout_stats stats;

    wzp_playout_stats(s->playout, &stats, now);
    add_stats(&r->ended, &stats);
    wzp_playout_free(s->playout);
    wzp_free(s);
    r->streams[i] = r->streams[--r->count];
}

static void forget_silent(struct wzp_receiver *r, uint64_t now)
{
    size_t oldest = 0;

    for (size_t i = r->count; i-- > 0;)
        if (wzp_time_since(now, r->streams[i]->last_packet) > SILENT_FOR)
            forget_stream(r, i, now);
    if (r->count < WZP_RECEIVER_STREAMS_MAX)
        return;
    for (size_t i = 1; i < r->count; i++)
        if (r->streams[i]->last_packet < r->streams[oldest]->last_packet)
            oldest = i;
    forget_stream(r, oldest, now);
}

/* A sender that writes another number into each packet must not keep us making decoders. */
static bool admit_newcomer(struct wzp_receiver *r, uint64_t now)
{
    uint64_t from = r->newcomers > now ? r->newcomers : now;

    if (from - now > (WZP_RECEIVER_STREAMS_MAX - 1) * NEWCOMER_TIME)
        return false;
    r->newcomers = from + NEWCOMER_TIME;
    return true;
}

static unsigned volume_of(const struct wzp_receiver *r, const struct stream *s)
{
    return r->expected == 1 ? r->volumes[0] : s->sender ? r->volumes[s->sender] : s->volume;
}

/* NULL when memory lacks or too many came: the packet is lost, the call goes on. */
static struct stream *new_stream(struct wzp_receiver *r, uint8_t sender, uint64_t now)
{
    struct stream *s;

    if (!admit_newcomer(r, now))
        return NULL;
    forget_silent(r, now);
    s = wzp_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (wzp_playout_new(&s->playout) != 0) {
        wzp_free(s);
        return NULL;
    }
    wzp_playout_set_complexity(s->playout, complexity_now(r));
    s->sender = sender;
    s->volume = 100;
    s->gain = (float)volume_of(r, s) / 100;
    if (!sender)
        s->voice = WZP_VOICE_UNSTAMPED + r->unstamped++ % (UINT16_MAX - WZP_VOICE_UNSTAMPED);
    r->streams[r->count++] = s;
    return s;
}

static void give(struct stream *s, const struct wzp_media_packet *packet, uint64_t now)
{
    s->last_packet = now;
    if (s->sender == 0)
        wzp_continuity_take(&s->continuity, packet, now);
    wzp_playout_put(s->playout, packet, now);
}

static struct stream *find_stamped(struct wzp_receiver *r, uint8_t sender)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->streams[i]->sender == sender)
            return r->streams[i];
    return NULL;
}

static struct wzp_media_packet candidate_packet(const struct candidate *c)
{
    return (struct wzp_media_packet){
        .header = c->header, .payload = c->data, .payload_length = c->length};
}

/* The stream told apart by continuity that the packet fits best, NULL when none. quiet_since: only
 * streams that had no packet since. */
static struct stream *find_unstamped(struct wzp_receiver *r, const struct wzp_media_packet *packet,
                                     bool is_sure, uint64_t quiet_since, uint64_t now)
{
    struct stream *best = NULL;
    int best_distance = 0;

    for (size_t i = 0; i < r->count; i++) {
        struct stream *s = r->streams[i];
        if (s->sender != 0 || s->last_packet > quiet_since)
            continue;
        int distance = wzp_continuity_match(&s->continuity, packet, is_sure, now);
        if (distance >= 0 && (!best || distance < best_distance)) {
            best = s;
            best_distance = distance;
        }
    }
    return best;
}

/* Delivers kept candidates that fit, now that more is known of the stream. */
static void give_kept(struct wzp_receiver *r, struct stream *s)
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        struct candidate *c = &r->candidates[i];
        struct wzp_media_packet packet = candidate_packet(c);
        if (!c->continuity.started ||
            wzp_continuity_match(&s->continuity, &packet, true, c->arrival) < 0)
            continue;
        c->continuity.started = false;
        give(s, &packet, c->arrival);
    }
}

/* Two packets that go together: of a stream that has had nothing else meanwhile, or of a new
 * speaker. */
static void believe(struct wzp_receiver *r, struct candidate *c,
                    const struct wzp_media_packet *packet, uint64_t now)
{
    struct wzp_media_packet first = candidate_packet(c);
    struct stream *s = find_unstamped(r, &first, false, c->arrival, c->arrival);

    if (!s)
        s = new_stream(r, 0, now);
    c->continuity.started = false;
    if (s) {
        give(s, &first, c->arrival);
        give(s, packet, now);
    }
}

/* A new speaker is believed at the second packet that goes with the first one seen. */
static void consider(struct wzp_receiver *r, const struct wzp_media_packet *packet, uint64_t now)
{
    struct candidate *oldest = &r->candidates[0];

    if (packet->payload_length == 0 || packet->payload_length > WZP_FRAME_BYTES_MAX)
        return;
    for (size_t i = 0; i < CANDIDATES; i++) {
        struct candidate *c = &r->candidates[i];

        if (c->continuity.started && wzp_time_since(now, c->arrival) <= CANDIDATE_TIME &&
            wzp_serial16(packet->header.sequence, c->header.sequence) > 0 &&
            wzp_continuity_match(&c->continuity, packet, true, now) >= 0) {
            believe(r, c, packet, now);
            return;
        }
        if (!c->continuity.started || (oldest->continuity.started && c->arrival < oldest->arrival))
            oldest = c;
    }
    memset(&oldest->continuity, 0, sizeof oldest->continuity);
    wzp_continuity_take(&oldest->continuity, packet, now);
    oldest->header = packet->header;
    oldest->header.has_report = false;
    oldest->arrival = now;
    oldest->length = (uint16_t)packet->payload_length;
    memcpy(oldest->data, packet->payload, packet->payload_length);
}

static bool has_unstamped(const struct wzp_receiver *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->streams[i]->sender == 0)
            return true;
    return false;
}

static void put_unstamped(struct wzp_receiver *r, const struct wzp_media_packet *packet,
                          uint64_t now)
{
    struct stream *best = find_unstamped(r, packet, true, WZP_NEVER, now);

    if (packet->header.is_repair && !best)
        return;
    if (!best && has_unstamped(r)) {
        consider(r, packet, now);
        return;
    }
    if (!best)
        best = new_stream(r, 0, now);
    if (best) {
        give(best, packet, now);
        give_kept(r, best);
    }
}

static bool header_is_zero(const struct wzp_media_header *h)
{
    return !h->version && !h->is_repair && !h->has_report && h->codec == 0 && h->fec_ratio == 0 &&
           h->sequence == 0 && h->timestamp == 0 && h->fec_block == 0 && h->fec_symbol == 0 &&
           h->sender == 0 && h->csrc_count == 0;
}

void wzp_receiver_put(struct wzp_receiver *r, const struct wzp_media_packet *packet, uint64_t now)
{
    bool zero = header_is_zero(&packet->header);
    struct stream *s;

    if (zero && r->last_header_zero)
        return;
    r->last_header_zero = zero;
    if (packet->header.sender == 0 && r->expected != 1) {
        put_unstamped(r, packet, now);
        return;
    }
    /* One person alone may come stamped over the relay and unstamped on a direct path. */
    s = r->expected == 1 && r->count > 0 ? r->streams[0] : find_stamped(r, packet->header.sender);
    if (!s && !packet->header.is_repair)
        s = new_stream(r, packet->header.sender, now);
    if (s)
        give(s, packet, now);
}

static void look_at_crowd(struct wzp_receiver *r, int heard, uint64_t now)
{
    bool crowded = heard > CROWD;

    if (crowded)
        r->crowded_at = now;
    else if (r->crowded && wzp_time_since(now, r->crowded_at) < CROWD_TIME)
        return;
    if (crowded == r->crowded)
        return;
    r->crowded = crowded;
    wzp_receiver_set_complexity(r, r->complexity);
}

int wzp_receiver_pull(struct wzp_receiver *r, int16_t *pcm, size_t samples, uint64_t now)
{
    int heard = 0;

    wzp_mixer_begin(&r->mixer, samples);
    for (size_t i = 0; i < r->count; i++) {
        struct stream *s = r->streams[i];
        float before = s->gain, gain = (float)volume_of(r, s) / 100;

        heard += wzp_playout_pull(s->playout, r->one, samples, now);
        if (r->expected != 1)
            gain *= wzp_loudness_follow(&s->loudness, r->one, samples);
        s->gain = gain;
        if (gain == 1 && before == 1)
            wzp_mixer_add(&r->mixer, r->one, samples);
        else
            wzp_mixer_add_scaled(&r->mixer, r->one, samples, before, gain);
    }
    wzp_mixer_finish(&r->mixer, pcm, samples);
    wzp_meter_feed(&r->meter, pcm, samples);
    look_at_crowd(r, heard, now);
    return heard;
}

int wzp_receiver_set_volume(struct wzp_receiver *r, unsigned voice, unsigned percent)
{
    if (percent > WZP_VOLUME_MAX)
        return WZP_E_RANGE;
    if (voice < WZP_VOICE_UNSTAMPED) {
        r->volumes[voice] = (uint8_t)percent;
        return 0;
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->streams[i]->sender == 0 && r->streams[i]->voice == voice) {
            r->streams[i]->volume = (uint8_t)percent;
            return 0;
        }
    return WZP_E_NOT_FOUND;
}

int wzp_receiver_voice(const struct wzp_receiver *r, size_t i, struct wzp_receiver_voice *out,
                       uint64_t now)
{
    if (i >= r->count)
        return WZP_E_RANGE;
    const struct stream *s = r->streams[i];
    struct wzp_playout_stats stats;
    wzp_playout_stats(s->playout, &stats, now);
    *out = (struct wzp_receiver_voice){.voice = r->expected == 1 ? 0
                                                : s->sender      ? s->sender
                                                                 : s->voice,
                                       .volume_percent = volume_of(r, s),
                                       .level_dbfs = stats.level_dbfs,
                                       .speaking =
                                           stats.level_dbfs > SPEAKING_DBFS &&
                                           wzp_time_since(now, s->last_packet) < SPEAKING_TIME};
    return 0;
}

size_t wzp_receiver_stream_count(const struct wzp_receiver *r)
{
    return r->count;
}

int wzp_receiver_stream_stats(const struct wzp_receiver *r, size_t i, uint8_t *sender,
                              struct wzp_playout_stats *out, uint64_t now)
{
    if (i >= r->count)
        return WZP_E_RANGE;
    if (sender)
        *sender = r->streams[i]->sender;
    wzp_playout_stats(r->streams[i]->playout, out, now);
    return 0;
}

bool wzp_receiver_is_unsure(const struct wzp_receiver *r, uint64_t now)
{
    uint64_t newest = 0;
    bool unsure = true;

    for (size_t i = 0; i < r->count; i++) {
        if (r->streams[i]->last_packet < newest)
            continue;
        newest = r->streams[i]->last_packet;
        unsure = wzp_playout_is_unsure(r->streams[i]->playout, now);
    }
    return unsure;
}

void wzp_receiver_stats(const struct wzp_receiver *r, struct wzp_playout_stats *out, uint64_t now)
{
    uint64_t newest = 0;

    *out = r->ended;
    for (size_t i = 0; i < r->count; i++) {
        struct wzp_playout_stats one;
        struct wzp_jitter_stats *j = &out->jitter;

        wzp_playout_stats(r->streams[i]->playout, &one, now);
        add_stats(out, &one);
        if (one.jitter.jitter_ms > j->jitter_ms)
            j->jitter_ms = one.jitter.jitter_ms;
        if (one.jitter.loss_percent_1s > j->loss_percent_1s)
            j->loss_percent_1s = one.jitter.loss_percent_1s;
        if (one.jitter.loss_percent_5s > j->loss_percent_5s)
            j->loss_percent_5s = one.jitter.loss_percent_5s;
        if (one.jitter.behind_percent_5s > j->behind_percent_5s)
            j->behind_percent_5s = one.jitter.behind_percent_5s;
        if (one.jitter.target_ms > j->target_ms)
            j->target_ms = one.jitter.target_ms;
        if (one.jitter.buffered_ms > j->buffered_ms)
            j->buffered_ms = one.jitter.buffered_ms;
        if (one.delay_ms > out->delay_ms)
            out->delay_ms = one.delay_ms;
        /* Codec, reach and drift: of whoever was heard from last. */
        if (r->streams[i]->last_packet >= newest) {
            newest = r->streams[i]->last_packet;
            out->codec = one.codec;
            out->complexity = one.complexity;
            out->dred_reach_ms = one.dred_reach_ms;
            j->drift_ppm = one.jitter.drift_ppm;
            j->runs = one.jitter.runs;
            j->limit_kbps = one.jitter.limit_kbps;
        }
    }
    out->level_dbfs = wzp_meter_dbfs(&r->meter);
}
