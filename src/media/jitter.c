/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/jitter.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/time.h"
#include "media/arrivals.h"
#include "media/decoder.h"
#include "media/delay.h"
#include "media/wait.h"

#define SAMPLES_PER_MS 48
#define SEEN_NUMBERS 128      /* sequence numbers remembered for duplicates */
#define FORWARD_SLACK_MS 2000 /* a timestamp may run ahead of the wall clock by this much */
#define BACKWARD_MAX_MS 3000
#define OLD_STREAK 10
#define OLD_TIME (160 * WZP_MILLISECOND)
#define CANDIDATES 8
#define RESCUES 32
#define RESCUE_SURE_MS 100 /* what has not come by then is lost */
#define FATE_AGE 16        /* numbers after which a missing one counts as lost */
#define COUNTED_JUMP_MAX 3000 /* packets; a larger hole is a pause, not loss */

/* A packet that fitted nothing, kept until the next one confirms or replaces it. */
struct candidate {
    bool used;
    uint64_t arrival;
    struct wzp_media_header header;
    uint16_t length;
    uint8_t data[WZP_FRAME_BYTES_MAX];
};

struct wzp_jitter {
    /* Bit i: slot i holds a packet. Slots are large: only those in use are looked at. */
    uint64_t used;
    struct wzp_jitter_packet slots[WZP_JITTER_SLOTS];
    struct candidate candidates[CANDIDATES];
    unsigned next_candidate;
    uint64_t epoch, next_id;
    /* The newest packet of the timeline. */
    uint16_t newest_sequence;
    uint32_t newest_raw;
    int64_t newest_unwrapped; /* in the sender's unit */
    uint8_t newest_codec, newest_frame_ms;
    uint64_t newest_arrival;
    unsigned per_ms; /* the sender's unit: 1 = ms, 48 = samples */
    bool unit_sure;
    unsigned unit_doubts;
    bool released;
    int64_t released_to;
    unsigned old_streak;
    uint16_t old_sequence;
    uint64_t old_since;
    unsigned gap_ms;            /* before the packet last stored */
    uint64_t gap_packet;        /* its id, 0 = none */
    uint8_t seen[SEEN_NUMBERS]; /* by number modulo SEEN_NUMBERS: 1 = received */
    struct wzp_arrivals arrivals;
    /* Lost frames that something rebuilt; the wait is of the packet that could. */
    struct {
        int64_t timestamp;
        unsigned wait_ms; /* 0 = free */
    } rescues[RESCUES];
    unsigned next_rescue;
    struct wzp_lossrun runs;
    uint64_t numbers; /* gone by since the beginning of the timeline */
    struct wzp_delay delay;
    struct wzp_wait wait;
    unsigned wait_ms, repair_wait_ms;
    struct wzp_jitter_stats stats;
};

_Static_assert(WZP_JITTER_SLOTS == 64, "one bit for each slot");

/* The first slot in use from there on, WZP_JITTER_SLOTS when there is none. */
static size_t first_used(const struct wzp_jitter *j, size_t from)
{
    uint64_t left = from < WZP_JITTER_SLOTS ? j->used >> from : 0;
    return left ? from + (size_t)__builtin_ctzll(left) : WZP_JITTER_SLOTS;
}

int wzp_jitter_new(struct wzp_jitter **out)
{
    *out = wzp_calloc(1, sizeof **out);
    if (!*out)
        return WZP_E_MEMORY;
    (*out)->per_ms = 1;
    return 0;
}

void wzp_jitter_free(struct wzp_jitter *j)
{
    wzp_free(j);
}

static double milliseconds(uint64_t now)
{
    return (double)now / (double)WZP_MILLISECOND;
}

static unsigned frame_ms_of(unsigned codec)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);

    return info ? info->frame_ms : 20;
}

/* An Opus packet says itself how long it is, whatever its id. */
static unsigned frame_ms_in(const struct wzp_media_packet *packet)
{
    unsigned ms =
        wzp_decoder_packet_ms(packet->header.codec, packet->payload, packet->payload_length);

    return ms ? ms : frame_ms_of(packet->header.codec);
}

static bool is_noise(unsigned codec)
{
    return codec == WZP_CODEC_COMFORT_NOISE;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

/* Numbers so old that they will not come any more: what became of them. */
static void note_fates(struct wzp_jitter *j, uint16_t sequence, int distance)
{
    for (int i = 1; i <= distance && i <= SEEN_NUMBERS - FATE_AGE; i++)
        if (j->numbers + (uint64_t)i >= FATE_AGE) /* what was before the beginning was not lost */
            wzp_lossrun_packet(
                &j->runs, j->seen[(uint16_t)(sequence - distance + i - FATE_AGE) % SEEN_NUMBERS]);
    j->numbers += (uint64_t)distance;
}

/* Sequence accounting of a packet that fits. False for a duplicate. */
static bool note_sequence(struct wzp_jitter *j, uint16_t sequence, int distance, uint64_t now)
{
    if (distance > 0) {
        uint32_t counted = distance > COUNTED_JUMP_MAX ? 1 : (uint32_t)distance;

        note_fates(j, sequence, distance);
        for (int i = 1; i <= distance && i <= SEEN_NUMBERS; i++)
            j->seen[(uint16_t)(sequence - distance + i) % SEEN_NUMBERS] = 0;
        if (distance > SEEN_NUMBERS)
            memset(j->seen, 0, sizeof j->seen);
        j->stats.expected += counted;
        wzp_arrivals_number(&j->arrivals, counted, 1, now);
    } else {
        if (-distance >= SEEN_NUMBERS)
            return true; /* too old to know; it will be late anyway */
        if (j->seen[sequence % SEEN_NUMBERS]) {
            j->stats.duplicate++;
            return false;
        }
        j->stats.reordered++;
        wzp_arrivals_number(&j->arrivals, 0, 1, now);
    }
    j->seen[sequence % SEEN_NUMBERS] = 1;
    j->stats.received++;
    return true;
}

/* Another frame length is another plan of the sender: what redundancy was good for before says
 * nothing of it. */
static void forget_rescues(struct wzp_jitter *j)
{
    memset(&j->wait, 0, sizeof j->wait);
    memset(j->rescues, 0, sizeof j->rescues);
    j->wait_ms = 0;
}

static void clear_timeline(struct wzp_jitter *j)
{
    j->used = 0;
    memset(j->seen, 0, sizeof j->seen);
    j->numbers = 0;
    wzp_arrivals_new_sender(&j->arrivals);
    memset(&j->delay, 0, sizeof j->delay);
    forget_rescues(j);
    j->repair_wait_ms = 0;
    j->released = false;
    j->old_streak = 0;
    j->unit_doubts = 0;
    j->gap_packet = 0;
    if (j->epoch > 0)
        j->stats.resets++;
    j->epoch++;
}

/* Where a packet goes: a free slot, else the oldest one's (which counts as overflow).
 * WZP_JITTER_SLOTS when the packet itself is the oldest. */
static size_t slot_for(struct wzp_jitter *j, int64_t timestamp)
{
    size_t oldest = 0;

    if (~j->used)
        return (size_t)__builtin_ctzll(~j->used);
    for (size_t i = 1; i < WZP_JITTER_SLOTS; i++)
        if (j->slots[i].timestamp < j->slots[oldest].timestamp)
            oldest = i;
    j->stats.overflow++;
    return j->slots[oldest].timestamp < timestamp ? oldest : WZP_JITTER_SLOTS;
}

/* WZP_JITTER_SLOTS: none. */
static size_t exact(const struct wzp_jitter *j, int64_t timestamp)
{
    size_t i = first_used(j, 0);

    while (i < WZP_JITTER_SLOTS && j->slots[i].timestamp != timestamp)
        i = first_used(j, i + 1);
    return i;
}

static int store(struct wzp_jitter *j, const struct wzp_media_packet *packet, int64_t timestamp)
{
    size_t at = exact(j, timestamp);
    bool noise = is_noise(packet->header.codec);

    /* A comfort noise packet may carry the timestamp of the speech that follows: speech wins. */
    if (at < WZP_JITTER_SLOTS && (noise || !is_noise(j->slots[at].codec))) {
        j->stats.duplicate += !noise;
        return 0;
    }
    if (at == WZP_JITTER_SLOTS)
        at = slot_for(j, timestamp);
    if (at == WZP_JITTER_SLOTS)
        return 0;
    struct wzp_jitter_packet *p = &j->slots[at];
    j->used |= UINT64_C(1) << at;
    p->codec = packet->header.codec;
    p->frame_ms = (uint8_t)frame_ms_in(packet);
    p->is_repaired = false;
    p->length = (uint16_t)packet->payload_length;
    p->sequence = packet->header.sequence;
    p->timestamp = timestamp;
    p->id = ++j->next_id;
    memcpy(p->data, packet->payload, packet->payload_length);
    return 1;
}

static int begin(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;

    clear_timeline(j);
    j->newest_sequence = h->sequence;
    j->newest_raw = h->timestamp;
    j->newest_unwrapped = h->timestamp;
    j->newest_codec = h->codec;
    j->newest_frame_ms = (uint8_t)frame_ms_in(packet);
    j->newest_arrival = now;
    j->seen[h->sequence % SEEN_NUMBERS] = 1;
    j->stats.received++;
    j->stats.expected++;
    wzp_arrivals_number(&j->arrivals, 1, 1, now);
    if (h->is_repair)
        return 0;
    int64_t timestamp = floor_divide(j->newest_unwrapped, j->per_ms);
    wzp_delay_packet(&j->delay, milliseconds(now), (double)(timestamp + j->newest_frame_ms), true);
    return store(j, packet, timestamp);
}

/* Does the sender count samples where we thought milliseconds, or the other way round? Steps of
 * exactly one frame tell. True when the unit was changed. */
static bool infer_unit(struct wzp_jitter *j, const struct wzp_media_header *h, uint64_t now)
{
    int distance = wzp_serial16(h->sequence, j->newest_sequence);
    int32_t step = wzp_serial32(h->timestamp, j->newest_raw);
    int32_t frames = distance * (int32_t)j->newest_frame_ms;
    int32_t mine = frames * (int32_t)j->per_ms;
    int32_t other = frames * (j->per_ms == 1 ? SAMPLES_PER_MS : 1);
    double elapsed = milliseconds(wzp_time_since(now, j->newest_arrival));

    if (distance < 1 || distance > 4 || is_noise(h->codec) || is_noise(j->newest_codec))
        return false;
    if (step == mine) {
        j->unit_sure = true;
        j->unit_doubts = 0;
        return false;
    }
    /* In milliseconds such a step would be a pause of a second; the clock on the wall knows
     * better. */
    if (step != other || (j->per_ms == 1 && elapsed * 2 > step))
        return false;
    if (++j->unit_doubts < (j->unit_sure ? 3u : 1u))
        return false;
    j->per_ms = j->per_ms == 1 ? SAMPLES_PER_MS : 1;
    j->unit_sure = true;
    return true;
}

/* Could this packet come from the timeline's sender? Both differences must have one sign and go
 * together. */
static bool fits(const struct wzp_jitter *j, const struct wzp_media_header *h, uint64_t now)
{
    int distance = wzp_serial16(h->sequence, j->newest_sequence);
    int64_t step = floor_divide(wzp_serial32(h->timestamp, j->newest_raw), (int64_t)j->per_ms);
    int64_t size = step < 0 ? -step : step;
    int64_t elapsed = (int64_t)milliseconds(wzp_time_since(now, j->newest_arrival));
    bool noise = is_noise(h->codec) || is_noise(j->newest_codec) || h->is_repair;

    if (distance == 0)
        return step == 0;
    if (step == 0 && !noise)
        return false;
    if ((distance > 0 && step < 0) || (distance < 0 && step > 0))
        return false;
    if (step > elapsed + FORWARD_SLACK_MS || step < -BACKWARD_MAX_MS)
        return false;
    /* Repairs and comfort noise use up numbers without using up time: up to three a frame. */
    return (distance < 0 ? -distance : distance) <= 3 * size / 20 + 24;
}

static bool confirms(const struct candidate *c, const struct wzp_media_header *h, uint64_t now)
{
    int distance = wzp_serial16(h->sequence, c->header.sequence);
    int64_t step = wzp_serial32(h->timestamp, c->header.timestamp);

    if (!c->used || wzp_time_since(now, c->arrival) > 2 * WZP_SECOND)
        return false;
    if (distance < 1 || distance > 16)
        return false;
    return (step >= 10 * distance && step <= 80 * distance) ||
           (step >= 10 * SAMPLES_PER_MS * distance && step <= 80 * SAMPLES_PER_MS * distance);
}

static int put_fitting(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now);

static void forget_candidates(struct wzp_jitter *j)
{
    for (size_t i = 0; i < CANDIDATES; i++)
        j->candidates[i].used = false;
}

/* A packet from elsewhere: remembered, and believed once the next one goes with it. */
static int put_stray(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    struct candidate *c;

    for (size_t i = 0; i < CANDIDATES; i++) {
        c = &j->candidates[i];
        if (confirms(c, &packet->header, now)) {
            struct wzp_media_packet first = {
                .header = c->header, .payload = c->data, .payload_length = c->length};
            int64_t step = wzp_serial32(packet->header.timestamp, c->header.timestamp);
            int distance = wzp_serial16(packet->header.sequence, c->header.sequence);

            j->per_ms = step > 80 * distance ? SAMPLES_PER_MS : 1;
            begin(j, &first, c->arrival);
            forget_candidates(j);
            j->stats.stray -= j->stats.stray > 0;
            return put_fitting(j, packet, now);
        }
    }
    j->stats.stray++;
    c = &j->candidates[j->next_candidate++ % CANDIDATES];
    c->used = true;
    c->arrival = now;
    c->header = packet->header;
    c->length = (uint16_t)packet->payload_length;
    memcpy(c->data, packet->payload, packet->payload_length);
    return 0;
}

/* The packet was there before, or lies before what was played. Such packets in a row, in order and
 * in real time, with no good one between, mean that the sender began anew with numbers we take for
 * old ones. */
static int put_old(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    if (j->old_streak > 0 && wzp_serial16(packet->header.sequence, j->old_sequence) <= 0)
        return 0;
    if (j->old_streak == 0)
        j->old_since = now;
    j->old_sequence = packet->header.sequence;
    if (++j->old_streak < OLD_STREAK || wzp_time_since(now, j->old_since) < OLD_TIME)
        return 0;
    return begin(j, packet, now);
}

/* Frames that went by, and of those that were rebuilt the ones that are lost for sure. */
static void note_frames(struct wzp_jitter *j, int distance, int64_t timestamp)
{
    wzp_wait_frames(&j->wait, distance > 64 ? 64 : (unsigned)distance);
    for (size_t i = 0; i < RESCUES; i++) {
        if (j->rescues[i].wait_ms == 0 || timestamp - j->rescues[i].timestamp < RESCUE_SURE_MS)
            continue;
        wzp_wait_rescue(&j->wait, j->rescues[i].wait_ms);
        j->rescues[i].wait_ms = 0;
    }
    j->wait_ms = wzp_wait_ms(&j->wait);
}

/* It was not lost, only late. */
static void take_back_rescue(struct wzp_jitter *j, int64_t timestamp)
{
    for (size_t i = 0; i < RESCUES; i++)
        if (j->rescues[i].timestamp == timestamp)
            j->rescues[i].wait_ms = 0;
}

static int put_fitting(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;
    int distance = wzp_serial16(h->sequence, j->newest_sequence);
    int64_t unwrapped = j->newest_unwrapped + wzp_serial32(h->timestamp, j->newest_raw);
    int64_t timestamp = floor_divide(unwrapped, j->per_ms);
    int64_t expected = floor_divide(j->newest_unwrapped, j->per_ms) + j->newest_frame_ms;
    unsigned frame_ms = frame_ms_in(packet);
    int stored;

    if (!note_sequence(j, h->sequence, distance, now))
        return h->is_repair ? 0 : put_old(j, packet, now);
    if (h->is_repair) {
        if (distance > 0)
            j->newest_sequence = h->sequence;
        return 0;
    }
    if (!is_noise(h->codec)) {
        wzp_delay_packet(&j->delay, milliseconds(now), (double)(timestamp + frame_ms),
                         distance > 0);
        double delay = milliseconds(now) - (double)(timestamp + frame_ms);
        double above = delay - wzp_delay_base(&j->delay, milliseconds(now));
        double most_ms;
        wzp_arrivals_packet(&j->arrivals, packet->payload_length, delay, now);
        /* What a full line made its packets wait says nothing of the time after its queue. */
        if (wzp_arrivals_queue_ended(&j->arrivals, above, j->newest_frame_ms, &most_ms, now))
            wzp_delay_forget(&j->delay, most_ms);
    }
    if (distance > 0) {
        if (frame_ms != j->newest_frame_ms && !is_noise(h->codec))
            forget_rescues(j);
        note_frames(j, distance, timestamp);
        j->newest_sequence = h->sequence;
        j->newest_raw = h->timestamp;
        j->newest_unwrapped = unwrapped;
        j->newest_codec = h->codec;
        j->newest_frame_ms = (uint8_t)frame_ms;
        j->newest_arrival = now;
    } else {
        take_back_rescue(j, timestamp);
    }
    if (j->released && timestamp + frame_ms <= j->released_to) {
        j->stats.late++;
        return put_old(j, packet, now);
    }
    stored = store(j, packet, timestamp);
    if (stored)
        j->old_streak = 0;
    if (stored && distance > 1 && timestamp > expected) {
        j->gap_ms = timestamp - expected > 10000 ? 10000 : (unsigned)(timestamp - expected);
        j->gap_packet = j->next_id;
    }
    return stored;
}

int wzp_jitter_put(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    j->gap_packet = 0;
    if (packet->payload_length == 0 || packet->payload_length > WZP_FRAME_BYTES_MAX ||
        !wzp_codec_info(packet->header.codec)) {
        if (!packet->header.is_repair)
            j->stats.stray++;
        return 0;
    }
    if (j->epoch == 0)
        return packet->header.is_repair ? 0 : begin(j, packet, now);
    if (!packet->header.is_repair && infer_unit(j, &packet->header, now))
        return begin(j, packet, now);
    if (fits(j, &packet->header, now)) {
        forget_candidates(j);
        return put_fitting(j, packet, now);
    }
    return packet->header.is_repair ? 0 : put_stray(j, packet, now);
}

int wzp_jitter_put_repaired(struct wzp_jitter *j, const struct wzp_media_packet *packet)
{
    int32_t step = wzp_serial32(packet->header.timestamp, j->newest_raw);
    int64_t timestamp = floor_divide(j->newest_unwrapped + step, j->per_ms);

    if (j->epoch == 0 || step > FORWARD_SLACK_MS || step < -BACKWARD_MAX_MS ||
        exact(j, timestamp) < WZP_JITTER_SLOTS ||
        (j->released && timestamp + frame_ms_in(packet) <= j->released_to))
        return 0;
    if (!store(j, packet, timestamp))
        return 0;
    j->slots[exact(j, timestamp)].is_repaired = true;
    return 1;
}

void wzp_jitter_set_repair_wait(struct wzp_jitter *j, unsigned wait_ms)
{
    j->repair_wait_ms = wait_ms;
}

uint64_t wzp_jitter_epoch(const struct wzp_jitter *j)
{
    return j->epoch;
}

double wzp_jitter_lag_ms(const struct wzp_jitter *j, int64_t timestamp, uint64_t now)
{
    double now_ms = milliseconds(now);

    return now_ms - (double)timestamp - (double)j->newest_frame_ms -
           wzp_delay_base(&j->delay, now_ms);
}

double wzp_jitter_rescue_ms(const struct wzp_jitter *j)
{
    unsigned wait = j->wait_ms > j->repair_wait_ms ? j->wait_ms : j->repair_wait_ms;

    return wait > 0 ? fmin(wait + wzp_delay_common(&j->delay), WZP_JITTER_TARGET_MAX_MS) : 0;
}

double wzp_jitter_target_ms(const struct wzp_jitter *j)
{
    double jitter = wzp_delay_target(&j->delay, milliseconds(j->newest_arrival));

    return fmax(jitter, wzp_jitter_rescue_ms(j));
}

bool wzp_jitter_ready(const struct wzp_jitter *j, uint64_t now)
{
    int64_t oldest = 0;

    return wzp_jitter_oldest(j, &oldest) &&
           wzp_jitter_lag_ms(j, oldest, now) >= wzp_jitter_target_ms(j);
}

bool wzp_jitter_oldest(const struct wzp_jitter *j, int64_t *timestamp)
{
    bool found = false;

    for (size_t i = first_used(j, 0); i < WZP_JITTER_SLOTS; i = first_used(j, i + 1)) {
        const struct wzp_jitter_packet *p = &j->slots[i];

        if (!found || p->timestamp < *timestamp) {
            *timestamp = p->timestamp;
            found = true;
        }
    }
    return found;
}

const struct wzp_jitter_packet *wzp_jitter_find(const struct wzp_jitter *j, int64_t timestamp)
{
    const struct wzp_jitter_packet *best = NULL;

    for (size_t i = first_used(j, 0); i < WZP_JITTER_SLOTS; i = first_used(j, i + 1)) {
        const struct wzp_jitter_packet *p = &j->slots[i];

        if (p->timestamp <= timestamp && timestamp < p->timestamp + p->frame_ms &&
            (!best || p->timestamp > best->timestamp))
            best = p;
    }
    return best;
}

const struct wzp_jitter_packet *wzp_jitter_next_after(const struct wzp_jitter *j, int64_t timestamp)
{
    const struct wzp_jitter_packet *best = NULL;

    for (size_t i = first_used(j, 0); i < WZP_JITTER_SLOTS; i = first_used(j, i + 1)) {
        const struct wzp_jitter_packet *p = &j->slots[i];

        if (p->timestamp > timestamp && (!best || p->timestamp < best->timestamp))
            best = p;
    }
    return best;
}

const struct wzp_jitter_packet *wzp_jitter_gap(const struct wzp_jitter *j, unsigned *gap_ms)
{
    if (j->gap_packet == 0)
        return NULL;
    for (size_t i = first_used(j, 0); i < WZP_JITTER_SLOTS; i = first_used(j, i + 1)) {
        if (j->slots[i].id == j->gap_packet) {
            *gap_ms = j->gap_ms;
            return &j->slots[i];
        }
    }
    return NULL;
}

void wzp_jitter_note_rescue(struct wzp_jitter *j, unsigned back_ms, unsigned wait_ms)
{
    unsigned place = j->next_rescue++ % RESCUES;

    j->rescues[place].timestamp =
        floor_divide(j->newest_unwrapped, (int64_t)j->per_ms) - (int64_t)back_ms;
    j->rescues[place].wait_ms = wait_ms;
}

void wzp_jitter_release(struct wzp_jitter *j, int64_t timestamp)
{
    if (!j->released || timestamp > j->released_to)
        j->released_to = timestamp;
    j->released = true;
    for (size_t i = first_used(j, 0); i < WZP_JITTER_SLOTS; i = first_used(j, i + 1)) {
        const struct wzp_jitter_packet *p = &j->slots[i];

        if (p->timestamp + p->frame_ms <= timestamp)
            j->used &= ~(UINT64_C(1) << i);
    }
}

void wzp_jitter_stats(const struct wzp_jitter *j, struct wzp_jitter_stats *out, uint64_t now)
{
    unsigned buffered = 0;

    *out = j->stats;
    for (size_t i = first_used(j, 0); i < WZP_JITTER_SLOTS; i = first_used(j, i + 1))
        buffered += j->slots[i].frame_ms;
    out->buffered_ms = buffered;
    out->lost = out->expected > out->received ? out->expected - out->received : 0;
    out->jitter_ms = j->delay.jitter;
    out->loss_percent_1s = wzp_arrivals_loss_percent(&j->arrivals, 2, now);
    out->loss_percent_5s = wzp_arrivals_loss_percent(&j->arrivals, 10, now);
    out->target_ms = (unsigned)lrint(wzp_jitter_target_ms(j));
    wzp_lossrun_metrics(&j->runs, j->newest_frame_ms, &out->runs);
    out->limit_kbps = wzp_arrivals_limit_kbps(&j->arrivals, j->newest_frame_ms, now);
    out->drift_ppm = wzp_delay_drift_ppm(&j->delay);
}
