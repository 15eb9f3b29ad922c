/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/continuity.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"

#define SAMPLES_PER_MS 48
#define EARLY_MAX_MS 250 /* no packet of one sender comes earlier than its fastest by more */
#define LATE_MAX_MS 6000 /* a stalled network delivers this late */
#define BACK_MAX_MS 2000 /* reordering looks back this far */
#define BASE_RISE 0.005  /* ms per ms: forgets a fast moment, follows any clock */
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

/* Steps of the timestamp that one number more may bring when nothing is known of the unit: one
 * frame, in ms or in samples. */
static unsigned unit_of_step(const struct wzp_continuity *c, int distance, int64_t step)
{
    const struct wzp_codec_info *info = wzp_codec_info(c->codec);
    int64_t frames = (int64_t)distance * (info ? info->frame_ms : 20);

    if (distance > 0 && distance <= 16 && step == frames * SAMPLES_PER_MS)
        return SAMPLES_PER_MS;
    return 1;
}

static bool in_time(const struct wzp_continuity *c, unsigned per_ms, int64_t step, uint64_t now)
{
    double timestamp = (double)(c->unwrapped + step) / per_ms;
    double elapsed = milliseconds(wzp_time_since(now, c->arrival));
    double base = c->base;

    /* The base was kept in the unit believed so far. */
    if (per_ms != c->per_ms)
        base = milliseconds(c->arrival) - (double)c->unwrapped / per_ms;
    timestamp = milliseconds(now) - timestamp - base;
    return timestamp >= -EARLY_MAX_MS - BASE_RISE * elapsed && timestamp <= LATE_MAX_MS;
}

int wzp_continuity_match(const struct wzp_continuity *c, const struct wzp_media_packet *packet,
                         uint64_t now)
{
    const struct wzp_media_header *h = &packet->header;
    int distance = wzp_serial16(h->sequence, c->sequence);
    int64_t step = wzp_serial32(h->timestamp, c->timestamp);
    unsigned per_ms = c->unit_sure ? c->per_ms : unit_of_step(c, distance, step);
    size_t place = h->sequence % WZP_CONTINUITY_NUMBERS;
    int64_t size;
    bool noise =
        h->codec == WZP_CODEC_COMFORT_NOISE || c->codec == WZP_CODEC_COMFORT_NOISE || h->is_repair;

    if (!c->started)
        return -1;
    step /= (int64_t)per_ms;
    size = step < 0 ? -step : step;
    if (distance <= 0 && c->seen[place].used && c->seen[place].sequence == h->sequence)
        return c->seen[place].hash == hash_of(packet) ? 1 - distance : -1;
    if (distance <= 0) {
        /* A gap is filled from behind: only where there is one. */
        if (distance <= -WZP_CONTINUITY_NUMBERS || step > 0 || size > BACK_MAX_MS ||
            (step == 0 && !noise) || -distance > 3 * size / 20 + 24)
            return -1;
        return in_time(c, per_ms, wzp_serial32(h->timestamp, c->timestamp), now) ? 1 - distance
                                                                                 : -1;
    }
    if (step < 0 || (step == 0 && !noise) || distance > 3 * size / 20 + 24)
        return -1;
    /* The very next number one frame on is its own proof, whatever the network did to the time. */
    if (distance == 1 && step <= 40)
        return 0;
    return in_time(c, per_ms, wzp_serial32(h->timestamp, c->timestamp), now) ? distance : -1;
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
        c->arrival = now;
    }
}
