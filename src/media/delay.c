/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/delay.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "media/jitter.h"

#define QUANTILE 0.97f
#define MARGIN_MS 6.0
#define TARGET_START_MS 12.0
#define WEIGHT_SLOW 0.002f /* memory of about 500 packets: slow fall */
#define WEIGHT_FAST 0.006f /* what came too late counts more: fast rise */
#define SECOND_MS 1000.0
#define STREAK_MAX 8
#define STREAK_MS 300.0
#define HEAP_MS 5.0 /* packets closer than this came in one heap */
#define DRIFT_POINTS_MIN 10
#define DRIFT_ERROR_MAX 16.0 /* mean square, ms */
/* Crystals are within 0.0005; a program that sleeps 20 ms after each frame is some percent slow. */
#define DRIFT_MAX 0.08

static void find_target(struct wzp_delay *d)
{
    float sum = 0;
    unsigned i = 0;
    double target;

    while (i < WZP_DELAY_BINS) {
        sum += d->bins[i++];
        if (sum >= QUANTILE)
            break;
    }
    target = d->origin - d->base + i * WZP_DELAY_BIN_MS + MARGIN_MS;
    if (target < WZP_JITTER_TARGET_MIN_MS)
        target = WZP_JITTER_TARGET_MIN_MS;
    d->target = target > WZP_JITTER_TARGET_MAX_MS ? WZP_JITTER_TARGET_MAX_MS : target;
}

static void add_entry(struct wzp_delay *d, double delay)
{
    double above = (delay - d->origin) / WZP_DELAY_BIN_MS;
    unsigned bin = above < 0 ? 0 : above >= WZP_DELAY_BINS ? WZP_DELAY_BINS - 1 : (unsigned)above;
    float weight = delay - d->base > wzp_delay_target(d) ? WEIGHT_FAST : WEIGHT_SLOW;
    float first = 1.0f / (float)(d->entries + 1);

    if (weight < first)
        weight = first;
    else if (d->entries > 1000)
        d->entries = 1000;
    d->entries++;
    for (size_t i = 0; i < WZP_DELAY_BINS; i++)
        d->bins[i] *= 1.0f - weight;
    d->bins[bin] += weight;
    find_target(d);
}

/* Bins hold absolute delays: when the base moves, the origin follows and the weights are carried
 * over. */
static void move_origin(struct wzp_delay *d)
{
    double distance = (d->base - d->origin) / WZP_DELAY_BIN_MS;
    size_t bins;

    if (fabs(distance) < 1)
        return;
    if (fabs(distance) >= WZP_DELAY_BINS) {
        memset(d->bins, 0, sizeof d->bins);
        d->entries = 0;
        d->origin = d->base;
        return;
    }
    bins = (size_t)fabs(distance);
    if (distance > 0) {
        for (size_t i = 0; i < bins; i++)
            d->bins[bins] += d->bins[i];
        memmove(d->bins, d->bins + bins, (WZP_DELAY_BINS - bins) * sizeof *d->bins);
        memset(d->bins + WZP_DELAY_BINS - bins, 0, bins * sizeof *d->bins);
        d->origin += (double)bins * WZP_DELAY_BIN_MS;
    } else {
        float lost = 0;

        for (size_t i = WZP_DELAY_BINS - bins; i < WZP_DELAY_BINS; i++)
            lost += d->bins[i];
        memmove(d->bins + bins, d->bins, (WZP_DELAY_BINS - bins) * sizeof *d->bins);
        memset(d->bins, 0, bins * sizeof *d->bins);
        d->bins[WZP_DELAY_BINS - 1] += lost;
        d->origin -= (double)bins * WZP_DELAY_BIN_MS;
    }
}

/* Least squares over the closed seconds. Points far above the line (a second in which nothing came
 * through undelayed) are left out in a second pass. What does not lie on a line, a change of path
 * for one, is no drift. */
static void find_drift(struct wzp_delay *d)
{
    double slope = 0;
    double offset = 0;
    double error = 0;

    d->has_drift = false;
    if (d->point_count < DRIFT_POINTS_MIN)
        return;
    for (int pass = 0; pass < 2; pass++) {
        double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
        double origin = d->points[0].at;

        for (unsigned i = 0; i < d->point_count; i++) {
            double x = d->points[i].at - origin;
            double y = d->points[i].minimum - d->points[0].minimum;

            if (pass == 1 && y > offset + slope * x + 3.0)
                continue;
            n += 1;
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
            syy += y * y;
        }
        if (n < DRIFT_POINTS_MIN || n * sxx - sx * sx < 1)
            return;
        slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
        offset = (sy - slope * sx) / n;
        error = (syy - offset * sy - slope * sxy) / n;
    }
    if (error > DRIFT_ERROR_MAX)
        return;
    d->drift = slope;
    d->has_drift = fabs(slope) <= DRIFT_MAX;
}

double wzp_delay_base(const struct wzp_delay *d, double now_ms)
{
    double base = 0;
    bool found = false;

    for (unsigned i = 0; i < WZP_DELAY_BUCKETS; i++) {
        double value;

        if (!d->buckets[i].used)
            continue;
        value = d->buckets[i].minimum;
        /* Only a base that creeps away is corrected; one that falls shows in the newest second by
         * itself. */
        if (d->has_drift && d->drift > 0)
            value += d->drift * (now_ms - d->buckets[i].at - SECOND_MS);
        if (!found || value < base)
            base = value;
        found = true;
    }
    return base;
}

static void close_bucket(struct wzp_delay *d, double now_ms)
{
    unsigned old = d->bucket;

    if (d->buckets[old].used) {
        d->points[d->point_next].at = d->buckets[old].at;
        d->points[d->point_next].minimum = d->buckets[old].minimum;
        d->point_next = (d->point_next + 1) % WZP_DELAY_DRIFT_POINTS;
        if (d->point_count < WZP_DELAY_DRIFT_POINTS)
            d->point_count++;
        find_drift(d);
    }
    d->bucket = (old + 1) % WZP_DELAY_BUCKETS;
    d->buckets[d->bucket].used = false;
    d->buckets[d->bucket].at = now_ms;
}

/* All of the last packets came far later than the base says: the path has changed, or the first
 * packet lied. */
static void start_over(struct wzp_delay *d, double minimum, double now_ms)
{
    for (unsigned i = 0; i < WZP_DELAY_BUCKETS; i++)
        d->buckets[i].used = false;
    d->buckets[d->bucket].used = true;
    d->buckets[d->bucket].minimum = minimum;
    d->buckets[d->bucket].at = now_ms;
    d->point_count = d->point_next = 0;
    d->has_drift = false;
    d->high_streak = 0;
}

static void watch_streak(struct wzp_delay *d, double delay, double now_ms)
{
    if (delay - d->base < WZP_DELAY_BINS * WZP_DELAY_BIN_MS) {
        d->high_streak = 0;
        return;
    }
    if (d->high_streak == 0)
        d->high_since = now_ms;
    if (d->high_streak == 0 || delay < d->high_minimum)
        d->high_minimum = delay;
    if (++d->high_streak >= STREAK_MAX && now_ms - d->high_since >= STREAK_MS)
        start_over(d, d->high_minimum, now_ms);
}

/* Does this delay say something about how long to wait? Not when no buffer of ours could wait that
 * long; and when a stalled network lets a heap of packets go at once, that is one event, not one
 * per packet. */
static bool counts(const struct wzp_delay *d, double delay, double arrival_ms)
{
    double above = delay - d->base;

    if (above >= WZP_DELAY_BINS * WZP_DELAY_BIN_MS)
        return false;
    return !(d->has_last && arrival_ms - d->last_arrival < HEAP_MS && delay < d->last_delay &&
             above > wzp_delay_target(d));
}

void wzp_delay_packet(struct wzp_delay *d, double arrival_ms, double audio_end_ms, bool in_order)
{
    double delay = arrival_ms - audio_end_ms;

    if (!d->has_base) {
        d->has_base = true;
        d->base = d->origin = delay;
        d->buckets[d->bucket].at = arrival_ms;
    }
    if (arrival_ms - d->buckets[d->bucket].at >= SECOND_MS)
        close_bucket(d, arrival_ms);
    if (!d->buckets[d->bucket].used || delay < d->buckets[d->bucket].minimum) {
        d->buckets[d->bucket].used = true;
        d->buckets[d->bucket].minimum = delay;
    }
    watch_streak(d, delay, arrival_ms);
    /* All delays seen so far creep along with the clocks. */
    if (d->has_drift)
        d->origin += d->drift * (arrival_ms - d->last_arrival);
    d->base = wzp_delay_base(d, arrival_ms);
    move_origin(d);
    if (counts(d, delay, arrival_ms))
        add_entry(d, delay);
    d->last_arrival = arrival_ms;
    if (in_order) {
        if (d->has_last)
            d->jitter += (fabs(delay - d->last_delay) - d->jitter) / 16;
        d->last_delay = delay;
        d->has_last = true;
    }
}

void wzp_delay_rescue(struct wzp_delay *d, double extra_ms)
{
    if (d->has_last && d->last_delay - d->base + extra_ms < WZP_JITTER_TARGET_MAX_MS)
        add_entry(d, d->last_delay + extra_ms);
}

double wzp_delay_target(const struct wzp_delay *d)
{
    return d->target > 0 ? d->target : TARGET_START_MS;
}

double wzp_delay_drift_ppm(const struct wzp_delay *d)
{
    return d->has_drift ? -d->drift * 1e6 : 0;
}
