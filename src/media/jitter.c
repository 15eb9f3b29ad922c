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
#include "media/numbers.h"
#include "media/rescues.h"
#include "media/strays.h"
#include "media/unit.h"

#define FORWARD_SLACK_MS 2000 /* a timestamp may run ahead of the wall clock by this much */
#define BACKWARD_MAX_MS 3000
#define OLD_STREAK 10
#define OLD_TIME (160 * WZP_MILLISECOND)
#define COPIES_ENDED (1 * WZP_SECOND)
#define COUNTED_JUMP_MAX 3000 /* packets; a larger hole is a pause, not loss */

struct wzp_jitter {
    struct wzp_slots slots;
    struct wzp_strays strays;
    uint64_t epoch, next_id;
    /* The newest packet of the timeline. */
    uint16_t newest_sequence;
    uint32_t newest_raw;
    int64_t newest_unwrapped; /* in the sender's unit */
    uint8_t newest_codec, newest_frame_ms;
    uint64_t newest_arrival;
    struct wzp_unit unit;
    bool released;
    int64_t released_to;
    unsigned old_streak;
    uint16_t old_sequence;
    uint64_t old_since;
    unsigned gap_ms;     /* before the packet last stored */
    uint64_t copied_at;  /* when a packet brought a copy last; 0 = never */
    uint64_t gap_packet; /* its id, 0 = none */
    struct wzp_numbers numbers;
    struct wzp_arrivals arrivals;
    struct wzp_rescues rescues;
    struct wzp_delay delay;
    struct wzp_wait wait;
    unsigned wait_ms, repair_wait_ms;
    struct wzp_jitter_stats stats;
};

int wzp_jitter_new(struct wzp_jitter **out)
{
    *out = wzp_calloc(1, sizeof **out);
    if (!*out)
        return WZP_E_MEMORY;
    (*out)->unit.per_ms = 1;
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

/* An Opus packet says itself how long it is, whatever its id. */
static unsigned frame_ms_in(const struct wzp_media_packet *packet)
{
    const struct wzp_codec_info *info = wzp_codec_info(packet->header.codec);
    unsigned ms =
        wzp_decoder_packet_ms(packet->header.codec, packet->payload, packet->payload_length);

    return ms ? ms : info ? info->frame_ms : 20;
}

static bool is_noise(unsigned codec)
{
    return codec == WZP_CODEC_COMFORT_NOISE;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

/* Sequence accounting of a packet that fits. False for a duplicate. */
static bool note_sequence(struct wzp_jitter *j, uint16_t sequence, int distance, uint64_t now)
{
    if (!wzp_numbers_take(&j->numbers, sequence, distance)) {
        j->stats.duplicate++;
        return false;
    }
    if (distance > 0) {
        uint32_t counted = distance > COUNTED_JUMP_MAX ? 1 : (uint32_t)distance;

        j->stats.expected += counted;
        wzp_arrivals_number(&j->arrivals, counted, 1, now);
    } else if (-distance < WZP_NUMBERS_SEEN) {
        j->stats.reordered++;
        wzp_arrivals_number(&j->arrivals, 0, 1, now);
    } else {
        return true; /* unknown whether it is a duplicate; it will be late anyway */
    }
    j->stats.received++;
    return true;
}

/* Another frame length means another plan of the sender: earlier experience with its redundancy no
 * longer applies. */
static void forget_rescues(struct wzp_jitter *j)
{
    memset(&j->wait, 0, sizeof j->wait);
    memset(&j->rescues, 0, sizeof j->rescues);
    j->wait_ms = 0;
}

static void clear_timeline(struct wzp_jitter *j)
{
    wzp_slots_clear(&j->slots);
    wzp_arrivals_new_sender(&j->arrivals);
    memset(&j->delay, 0, sizeof j->delay);
    forget_rescues(j);
    j->repair_wait_ms = 0;
    j->copied_at = 0;
    j->released = false;
    j->old_streak = 0;
    j->unit.doubts = 0;
    j->gap_packet = 0;
    if (j->epoch > 0)
        j->stats.resets++;
    j->epoch++;
}

static int store(struct wzp_jitter *j, const struct wzp_media_packet *packet, int64_t timestamp)
{
    struct wzp_jitter_packet *p = wzp_slots_exact(&j->slots, timestamp);
    bool noise = is_noise(packet->header.codec);
    bool overflow = false;

    /* A comfort noise packet may carry the timestamp of the speech that follows: speech replaces
     * it. A late packet replaces its rebuilt content, since it carries redundancy of its own. */
    if (p && (noise || !(is_noise(p->codec) || p->is_repaired))) {
        j->stats.duplicate += !noise;
        return 0;
    }
    if (!p)
        p = wzp_slots_take(&j->slots, timestamp, &overflow);
    j->stats.overflow += overflow;
    if (!p)
        return 0;
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

static void take_newest(struct wzp_jitter *j, const struct wzp_media_header *h, int64_t unwrapped,
                        unsigned frame_ms, uint64_t now)
{
    j->newest_sequence = h->sequence;
    j->newest_raw = h->timestamp;
    j->newest_unwrapped = unwrapped;
    j->newest_codec = h->codec;
    j->newest_frame_ms = (uint8_t)frame_ms;
    j->newest_arrival = now;
}

static int begin(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;

    clear_timeline(j);
    take_newest(j, h, h->timestamp, frame_ms_in(packet), now);
    wzp_numbers_begin(&j->numbers, h->sequence);
    j->stats.received++;
    j->stats.expected++;
    wzp_arrivals_number(&j->arrivals, 1, 1, now);
    if (h->is_repair)
        return 0;
    int64_t timestamp = floor_divide(j->newest_unwrapped, j->unit.per_ms);
    wzp_delay_packet(&j->delay, milliseconds(now), (double)(timestamp + j->newest_frame_ms), true);
    return store(j, packet, timestamp);
}

static bool infer_unit(struct wzp_jitter *j, const struct wzp_media_header *h, uint64_t now)
{
    return !is_noise(h->codec) && !is_noise(j->newest_codec) &&
           wzp_unit_infer(&j->unit, wzp_serial16(h->sequence, j->newest_sequence),
                          wzp_serial32(h->timestamp, j->newest_raw), j->newest_frame_ms,
                          milliseconds(wzp_time_since(now, j->newest_arrival)));
}

/* Could this packet come from the timeline's sender? Both differences must have one sign and go
 * together. */
static bool fits(const struct wzp_jitter *j, const struct wzp_media_header *h, uint64_t now)
{
    int distance = wzp_serial16(h->sequence, j->newest_sequence);
    int64_t step = floor_divide(wzp_serial32(h->timestamp, j->newest_raw), (int64_t)j->unit.per_ms);
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

static int put_fitting(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now);

/* A packet that does not fit the timeline: it is kept, and accepted once a following packet
 * continues it. */
static int put_stray(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    unsigned per_ms;
    const struct wzp_stray *c = wzp_strays_confirmed(&j->strays, &packet->header, &per_ms, now);

    if (!c) {
        j->stats.stray++;
        wzp_strays_keep(&j->strays, packet, now);
        return 0;
    }
    struct wzp_media_packet first = {
        .header = c->header, .payload = c->data, .payload_length = c->length};
    j->unit.per_ms = per_ms;
    begin(j, &first, c->arrival);
    wzp_strays_forget(&j->strays);
    j->stats.stray -= j->stats.stray > 0;
    return put_fitting(j, packet, now);
}

/* The packet was there before, or lies before what was played. Several such packets, in order and
 * in real time, with no fitting one between, mean that the sender restarted with numbers that look
 * old. */
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

/* Counts the frames that passed, and rebuilt frames whose own packet is now certainly lost. */
static void note_frames(struct wzp_jitter *j, int distance, int64_t timestamp)
{
    wzp_wait_frames(&j->wait, distance > 64 ? 64 : (unsigned)distance);
    wzp_rescues_settle(&j->rescues, &j->wait, timestamp);
    j->wait_ms = wzp_wait_ms(&j->wait);
}

/* Records the delay of a packet whose audio ends there. Its frame has been available since
 * `there_ms`, perhaps from a copy: that is how long playout had to wait. */
static void note_delay(struct wzp_jitter *j, const struct wzp_media_packet *packet,
                       int64_t audio_end, double there_ms, bool in_order, uint64_t now)
{
    double delay = milliseconds(now) - (double)audio_end;
    double most_ms;

    wzp_delay_packet(&j->delay, there_ms, (double)audio_end, in_order);
    double above = delay - wzp_delay_base(&j->delay, milliseconds(now));
    /* A copy in the next packet is a frame later, and on its way as long as most. */
    if (!in_order && above > wzp_delay_common(&j->delay) + j->newest_frame_ms)
        wzp_arrivals_behind(&j->arrivals, now);
    wzp_arrivals_packet(&j->arrivals, packet->payload_length, delay, now);
    /* Delays caused by a queue say nothing about the time after the queue. */
    if (wzp_arrivals_queue_ended(&j->arrivals, above, j->newest_frame_ms, &most_ms, now))
        wzp_delay_forget(&j->delay, most_ms);
}

static int put_fitting(struct wzp_jitter *j, const struct wzp_media_packet *packet, uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;
    int distance = wzp_serial16(h->sequence, j->newest_sequence);
    int64_t unwrapped = j->newest_unwrapped + wzp_serial32(h->timestamp, j->newest_raw);
    int64_t timestamp = floor_divide(unwrapped, j->unit.per_ms);
    int64_t expected = floor_divide(j->newest_unwrapped, j->unit.per_ms) + j->newest_frame_ms;
    unsigned frame_ms = frame_ms_in(packet);
    int stored;

    if (!note_sequence(j, h->sequence, distance, now))
        return h->is_repair ? 0 : put_old(j, packet, now);
    if (h->is_repair) {
        if (distance > 0)
            j->newest_sequence = h->sequence;
        return 0;
    }
    double there_ms = milliseconds(now);
    if (distance < 0)
        there_ms = wzp_rescues_take_back(&j->rescues, timestamp, there_ms);
    if (!is_noise(h->codec))
        note_delay(j, packet, timestamp + frame_ms, there_ms, distance > 0, now);
    if (distance > 0) {
        if (frame_ms != j->newest_frame_ms && !is_noise(h->codec))
            forget_rescues(j);
        note_frames(j, distance, timestamp);
        take_newest(j, h, unwrapped, frame_ms, now);
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
        wzp_strays_forget(&j->strays);
        return put_fitting(j, packet, now);
    }
    return packet->header.is_repair ? 0 : put_stray(j, packet, now);
}

int wzp_jitter_put_repaired(struct wzp_jitter *j, const struct wzp_media_packet *packet)
{
    int32_t step = wzp_serial32(packet->header.timestamp, j->newest_raw);
    int64_t timestamp = floor_divide(j->newest_unwrapped + step, j->unit.per_ms);

    if (j->epoch == 0 || step > FORWARD_SLACK_MS || step < -BACKWARD_MAX_MS ||
        wzp_slots_exact(&j->slots, timestamp) ||
        (j->released && timestamp + frame_ms_in(packet) <= j->released_to))
        return 0;
    if (!store(j, packet, timestamp))
        return 0;
    wzp_slots_exact(&j->slots, timestamp)->is_repaired = true;
    return 1;
}

int wzp_jitter_put_copy(struct wzp_jitter *j, const struct wzp_media_packet *carrier,
                        const struct wzp_copy *copy)
{
    struct wzp_media_packet packet = {
        .header = carrier->header, .payload = copy->data, .payload_length = copy->length};

    if (j->copied_at == 0 || wzp_time_since(j->newest_arrival, j->copied_at) > COPIES_ENDED)
        wzp_delay_copied(&j->delay, copy->back_ms);
    j->copied_at = j->newest_arrival;
    if (copy->length == 0 || copy->length > WZP_FRAME_BYTES_MAX)
        return 0;
    packet.header.has_report = false;
    packet.header.sequence = (uint16_t)(packet.header.sequence - copy->numbers);
    packet.header.timestamp -= copy->back_ms * j->unit.per_ms;
    int distance = wzp_serial16(packet.header.sequence, j->newest_sequence);
    int64_t step = wzp_serial32(packet.header.timestamp, j->newest_raw);
    if (!wzp_numbers_know(&j->numbers, packet.header.sequence, distance))
        return 0;
    unsigned long_gap = (WZP_DECODER_FADED_MS + j->newest_frame_ms - 1u) / j->newest_frame_ms;
    enum wzp_wait_worth worth =
        wzp_numbers_are_missing(&j->numbers, packet.header.sequence, distance, long_gap)
            ? WZP_WAIT_SPEECH
            : WZP_WAIT_WHOLE;
    wzp_rescues_note(&j->rescues, floor_divide(j->newest_unwrapped + step, j->unit.per_ms),
                     copy->back_ms, worth, milliseconds(j->newest_arrival));
    return wzp_jitter_put_repaired(j, &packet);
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
    return milliseconds(now) - (double)timestamp - (double)j->newest_frame_ms -
           wzp_jitter_base_ms(j, now);
}

double wzp_jitter_base_ms(const struct wzp_jitter *j, uint64_t now)
{
    return wzp_delay_base(&j->delay, milliseconds(now));
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
    const struct wzp_jitter_packet *oldest = wzp_slots_after(&j->slots, INT64_MIN);

    if (oldest)
        *timestamp = oldest->timestamp;
    return oldest != NULL;
}

const struct wzp_jitter_packet *wzp_jitter_find(const struct wzp_jitter *j, int64_t timestamp)
{
    return wzp_slots_find(&j->slots, timestamp);
}

const struct wzp_jitter_packet *wzp_jitter_next_after(const struct wzp_jitter *j, int64_t timestamp)
{
    return wzp_slots_after(&j->slots, timestamp);
}

const struct wzp_jitter_packet *wzp_jitter_gap(const struct wzp_jitter *j, unsigned *gap_ms)
{
    const struct wzp_jitter_packet *behind =
        j->gap_packet ? wzp_slots_by_id(&j->slots, j->gap_packet) : NULL;

    if (behind)
        *gap_ms = j->gap_ms;
    return behind;
}

void wzp_jitter_note_rescue(struct wzp_jitter *j, unsigned back_ms, unsigned wait_ms)
{
    int64_t newest = floor_divide(j->newest_unwrapped, (int64_t)j->unit.per_ms);

    wzp_rescues_note(&j->rescues, newest - (int64_t)back_ms, wait_ms, WZP_WAIT_LIKENESS,
                     milliseconds(j->newest_arrival));
}

void wzp_jitter_release(struct wzp_jitter *j, int64_t timestamp)
{
    if (!j->released || timestamp > j->released_to)
        j->released_to = timestamp;
    j->released = true;
    wzp_slots_release(&j->slots, timestamp);
}

bool wzp_jitter_is_unsure(const struct wzp_jitter *j, uint64_t now)
{
    return wzp_arrivals_is_unsure(&j->arrivals, now);
}

void wzp_jitter_stats(const struct wzp_jitter *j, struct wzp_jitter_stats *out, uint64_t now)
{
    *out = j->stats;
    out->buffered_ms = wzp_slots_ms(&j->slots);
    out->lost = out->expected > out->received ? out->expected - out->received : 0;
    out->jitter_ms = j->delay.jitter;
    out->loss_percent_1s = wzp_arrivals_loss_percent(&j->arrivals, 2, now);
    out->loss_percent_5s = wzp_arrivals_loss_percent(&j->arrivals, 10, now);
    out->behind_percent_5s = wzp_arrivals_behind_percent(&j->arrivals, 10, now);
    out->target_ms = (unsigned)lrint(wzp_jitter_target_ms(j));
    wzp_lossrun_metrics(&j->numbers.runs, j->newest_frame_ms, &out->runs);
    out->limit_kbps = wzp_arrivals_limit_kbps(&j->arrivals, j->newest_frame_ms, now);
    out->drift_ppm = wzp_delay_drift_ppm(&j->delay);
}
