/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/continuity.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"

#define SAMPLES_PER_MS 48
#define EARLY_MAX_MS 250  /* a sender's packet is never earlier than its fastest by more */
#define EARLY_SURE_MS 15  /* after a gap it is hardly ever earlier by more than this */
#define LATE_MAX_MS 6000  /* a stalled network delivers this late */
#define SWITCH_LATE_MS 40 /* a codec change with more delay needs another packet's confirmation */
#define SWITCH_BACK 8     /* so many numbers from before a change of codec may still arrive */
#define BACK_MAX_MS 2000  /* reordering looks back this far */
#define BASE_RISE 0.005   /* ms per ms: forgets a moment of low delay, follows any clock drift */
#define FNV_START 2166136261u
#define FNV_PRIME 16777619u

static uint32_t hash_of(const struct wzp_media_packet *packet)
{
    uint32_t hash = FNV_START ^ packet->header.codec;

    for (size_t i = 0; i < packet->payload_length; i++)
        hash = (hash ^ packet->payload[i]) * FNV_PRIME;
    return hash;
}

static double milliseconds(uint64_t now)
{
    return (double)now / (double)WZP_MILLISECOND;
}

/* Guesses the timestamp unit when it is not known yet: the step per sequence number is one frame,
 * in ms or in samples. */
static unsigned unit_of_step(const struct wzp_continuity *c, int distance, int64_t step)
{
    const struct wzp_codec_info *info = wzp_codec_info(c->codec);
    int64_t frames = (int64_t)distance * (info ? info->frame_ms : 20);

    if (distance > 0 && distance <= 16 && step == frames * SAMPLES_PER_MS)
        return SAMPLES_PER_MS;
    return 1;
}

static bool in_time(const struct wzp_continuity *c, unsigned per_ms, int64_t step, double early,
                    double late, uint64_t now)
{
    double timestamp = (double)(c->unwrapped + step) / per_ms;
    double elapsed = milliseconds(wzp_time_since(now, c->arrival));
    double base = c->base;

    /* c->base was computed in the unit assumed so far. */
    if (per_ms != c->per_ms)
        base = milliseconds(c->arrival) - (double)c->unwrapped / per_ms;
    timestamp = milliseconds(now) - timestamp - base;
    return timestamp >= -early - BASE_RISE * elapsed && timestamp <= late;
}

static bool is_codec2(unsigned codec)
{
    return codec == WZP_CODEC_CODEC2_1200 || codec == WZP_CODEC_CODEC2_3200;
}

/* Codec2 senders count blocks of at least five frames, and repair packets are of the newest. */
static bool block_fits(const struct wzp_continuity *c, const struct wzp_media_header *h,
                       int distance)
{
    if (!is_codec2(h->codec) || h->codec != c->codec)
        return true;
    uint8_t ahead = (uint8_t)(h->fec_block - c->block);
    int blocks = ahead < 128 ? ahead : ahead - 256;
    return distance > 0 ? blocks >= 0 && blocks * 5 <= distance + 9
                        : blocks <= 0 && blocks * 5 >= distance - 9;
}

/* A packet older than the newest one: it fits only where a number is still missing. */
static int match_behind(const struct wzp_continuity *c, const struct wzp_media_packet *packet,
                        int distance, unsigned per_ms, uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;
    size_t place = h->sequence % WZP_CONTINUITY_NUMBERS;
    int64_t raw = wzp_serial32(h->timestamp, c->timestamp), size = -raw / (int64_t)per_ms;
    bool is_noise = h->codec == WZP_CODEC_COMFORT_NOISE || c->codec == WZP_CODEC_COMFORT_NOISE;
    bool may_stand = is_noise || h->is_repair || c->is_repair;
    if (c->seen[place].used && c->seen[place].sequence == h->sequence)
        return c->seen[place].hash == hash_of(packet) ? 1 - distance : -1;
    if (distance <= -WZP_CONTINUITY_NUMBERS || raw > 0 || size > BACK_MAX_MS ||
        (raw == 0 && !may_stand) || -distance > 3 * size / 20 + 24)
        return -1;
    if (!is_noise && h->codec != c->codec && -distance > SWITCH_BACK)
        return -1;
    if (!c->is_long && wzp_serial16(h->sequence, c->first) < 0)
        return -1;
    return in_time(c, per_ms, raw, EARLY_MAX_MS, LATE_MAX_MS, now) ? 1 - distance : -1;
}

int wzp_continuity_match(const struct wzp_continuity *c, const struct wzp_media_packet *packet,
                         bool is_sure, uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;
    int distance = wzp_serial16(h->sequence, c->sequence);
    int64_t raw = wzp_serial32(h->timestamp, c->timestamp);
    unsigned per_ms = c->unit_sure ? c->per_ms : unit_of_step(c, distance, raw);
    int64_t step = raw / (int64_t)per_ms;
    bool is_noise = h->codec == WZP_CODEC_COMFORT_NOISE || c->codec == WZP_CODEC_COMFORT_NOISE;
    if (!c->started || !block_fits(c, h, distance))
        return -1;
    if (distance <= 0)
        return match_behind(c, packet, distance, per_ms, now);
    /* Comfort noise and repair packets carry the timestamp of the frame that follows them. */
    if (step < 0 || (step == 0 && !is_noise && !h->is_repair && !c->is_repair) ||
        distance > 3 * step / 20 + 24)
        return -1;
    /* The very next number with a timestamp one frame later is accepted whatever its arrival time,
     * unless the codec differs: another sender may be at that number. */
    bool is_other = is_sure && !is_noise && h->codec != c->codec;
    if (distance == 1 && step <= 40 && !is_other)
        return 0;
    if (is_other && distance > 1)
        return -1;
    return in_time(c, per_ms, raw, is_sure ? EARLY_SURE_MS : EARLY_MAX_MS,
                   is_other ? SWITCH_LATE_MS : LATE_MAX_MS, now)
               ? distance
               : -1;
}

void wzp_continuity_take(struct wzp_continuity *c, const struct wzp_media_packet *packet,
                         uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;
    int distance = wzp_serial16(h->sequence, c->sequence);
    int64_t step = wzp_serial32(h->timestamp, c->timestamp);
    size_t place = h->sequence % WZP_CONTINUITY_NUMBERS;
    double transit;

    if (!c->started) {
        memset(c, 0, sizeof *c);
        c->started = true;
        c->per_ms = 1;
        c->first = h->sequence;
        c->unwrapped = h->timestamp;
        c->base = milliseconds(now) - (double)h->timestamp;
        distance = 1;
        step = 0;
    } else if (!c->unit_sure && distance > 0 && step > 0) {
        c->per_ms = unit_of_step(c, distance, step);
        c->unit_sure = true;
        if (c->per_ms != 1)
            c->base = milliseconds(c->arrival) - (double)c->unwrapped / c->per_ms;
    }
    transit = milliseconds(now) - (double)(c->unwrapped + step) / c->per_ms;
    c->base += BASE_RISE * milliseconds(wzp_time_since(now, c->arrival));
    if (transit < c->base)
        c->base = transit;
    c->seen[place].used = true;
    c->seen[place].sequence = h->sequence;
    c->seen[place].hash = hash_of(packet);
    if (distance > 0) {
        c->sequence = h->sequence;
        c->timestamp = h->timestamp;
        c->unwrapped += step;
        c->codec = h->codec;
        c->is_repair = h->is_repair;
        c->block = h->fec_block;
        c->is_long |= (uint16_t)(h->sequence - c->first) >= WZP_CONTINUITY_NUMBERS;
        c->arrival = now;
    }
}
