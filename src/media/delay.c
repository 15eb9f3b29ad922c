/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/delay.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "media/jitter.h"

/* Share of packets that may come too late. While few packets are known, the most delayed one still
 * counts. But the target is at most a few times what 95 of 100 packets (or all but two or three of
 * a few) need: beyond that each single packet would move the target, which is more audible than
 * losing it. */
#define TAIL 0.002f
#define TAIL_PACKETS 0.7f
#define MANY 0.95f
#define MANY_PACKETS 2.5f
#define MANY_TIMES 3.1
/* Late packets of the last fifty or so: when there are too many, the network has changed, and older
 * observations count for less. */
#define LATE_KEPT 0.98f
#define LATE_MANY 2.5f
#define COMMON 0.9f
#define FAR 0.98f
#define STRAGGLER_TIMES 2.5 /* times the far quantile: a packet beyond it is an outlier */
#define STRAGGLER_MS 40
/* Added to the spread, where there is any: what playout lets a stream run early before it sets that
 * right (pace.h). */
#define MARGIN_MS 3.5
#define TARGET_START_MS 12.0
#define WEIGHT (1.0f / 1500) /* a memory of half a minute */
#define STAY_BELOW 1.15
#define STAY_ABOVE 0.82
#define STAY_MS 2.0
#define YOUNG 120 /* packets; with fewer the tail of the distribution is not fully known */
#define YOUNG_PART 0.2
#define CALM_SECONDS 3
#define CALM_PACKETS 15 /* in them */
#define CALM_MS                                                                                    \
    8.0 /* calm when the target exceeds a multiple of the greatest delay by this many ms */
#define CALM_LEFT 1.3  /* times the greatest delay: what is kept in the distribution then */
#define PEAK_PACKETS 3 /* in one heap */
#define PEAK_APART_MS 300.0
#define PEAK_ONCE_MS 12000.0  /* how long a further stall is expected after one ... */
#define PEAK_OFTEN_MS 30000.0 /* ... and after several */
#define SECOND_MS 1000.0
#define STREAK_MAX 8
#define STREAK_MS 300.0
#define HEAP_MS 5.0 /* packets that arrive closer than this belong to one heap */
#define DRIFT_POINTS_MIN 10
#define DRIFT_ERROR_MAX 16.0 /* mean square, ms */
/* Crystals are within 0.0005; a program that sleeps 20 ms after each frame is some percent slow,
 * one that sleeps 25 ms a third. The steeper the line the fewer seconds show it. */
#define DRIFT_MAX 0.4
#define DRIFT_STEEP 0.05
#define DRIFT_STEEP_POINTS 4
#define KEPT_POINTS 3 /* when the path may have changed */

/* The times of CALM_MS: after one, two and three seconds. */
static const double calm_times[CALM_SECONDS] = {10.0, 4.0, 3.0};

/* Upper edge in ms above the base of the bin where `share` of the weight is reached. A quarter of a
 * bin is for what all packets of a calm network have in common. */
static double quantile(const struct wzp_delay *d, float share)
{
    float sum = 0;
    unsigned i = 0;

    while (i < WZP_DELAY_BINS - 1) {
        sum += d->bins[i];
        if (sum >= share)
            break;
        i++;
    }
    double edge = i == 0 ? 0.25 : i + 1;
    double above = d->origin - d->base + edge * WZP_DELAY_BIN_MS;
    return above > 0 ? above : 0;
}

static void find_target(struct wzp_delay *d)
{
    float few = MANY_PACKETS / (float)d->entries;
    float tail = TAIL_PACKETS / (float)d->entries;
    double target = quantile(d, 1 - fmaxf(tail, TAIL));

    d->common = quantile(d, COMMON);
    d->far = quantile(d, FAR);
    if (d->entries < YOUNG)
        target *= 1 + YOUNG_PART * (1 - (double)d->entries / YOUNG);
    target = fmin(target, quantile(d, 1 - fmaxf(few, 1 - MANY)) * MANY_TIMES);
    target += fmin(target, MARGIN_MS);
    if (target < WZP_JITTER_TARGET_MIN_MS)
        target = WZP_JITTER_TARGET_MIN_MS;
    if (target > WZP_JITTER_TARGET_MAX_MS)
        target = WZP_JITTER_TARGET_MAX_MS;
    /* The tail of the distribution rests on a handful of packets, each of which moves it. Following
     * every move would be more audible than what it gains. */
    if (d->target <= 0 || target > d->target * STAY_BELOW + STAY_MS ||
        target < d->target * STAY_ABOVE - STAY_MS)
        d->target = target;
}

/* More packets come too late than a good target lets: it is found anew, quickly. */
static void watch_late(struct wzp_delay *d, double above)
{
    d->late = d->late * LATE_KEPT + (d->target > 0 && above > d->target ? 1.0f : 0.0f);
    if (d->late < LATE_MANY)
        return;
    d->late = 0;
    if (d->entries > YOUNG)
        d->entries = YOUNG;
}

static void add_entry(struct wzp_delay *d, double delay)
{
    double above = (delay - d->origin) / WZP_DELAY_BIN_MS;
    unsigned bin = above < 0 ? 0 : above >= WZP_DELAY_BINS ? WZP_DELAY_BINS - 1 : (unsigned)above;
    float weight = WEIGHT;
    watch_late(d, delay - d->base);
    float first = 1.0f / (float)(d->entries + 1);
    if (weight < first)
        weight = first;
    else if (d->entries > 2000)
        d->entries = 2000;
    d->entries++;
    if (bin > d->top)
        d->top = bin;
    while (d->top > 0 && d->bins[d->top] <= 0 && d->top > bin)
        d->top--;
    for (size_t i = 0; i <= d->top; i++)
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
    d->top = WZP_DELAY_BINS - 1; /* found again by the next entry */
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

/* Only the newest seconds still count. */
static void keep_newest(struct wzp_delay *d)
{
    struct wzp_delay_point kept[KEPT_POINTS];

    if (d->point_count <= KEPT_POINTS)
        return;
    for (unsigned i = 0; i < KEPT_POINTS; i++)
        kept[i] = d->points[(d->point_next + WZP_DELAY_DRIFT_POINTS - KEPT_POINTS + i) %
                            WZP_DELAY_DRIFT_POINTS];
    memcpy(d->points, kept, sizeof kept);
    d->point_count = d->point_next = KEPT_POINTS;
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
    if (d->point_count < DRIFT_STEEP_POINTS)
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
        if (n < DRIFT_STEEP_POINTS || n * sxx - sx * sx < 1)
            return;
        slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
        offset = (sy - slope * sx) / n;
        error = (syy - offset * sy - slope * sxy) / n;
    }
    if (error > DRIFT_ERROR_MAX) {
        if (d->point_count <= DRIFT_POINTS_MIN)
            keep_newest(d);
        return;
    }
    if (d->point_count < DRIFT_POINTS_MIN && slope < DRIFT_STEEP)
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
            value += d->drift * (now_ms - (d->drift > DRIFT_STEEP ? d->buckets[i].when
                                                                  : d->buckets[i].at + SECOND_MS));
        if (!found || value < base)
            base = value;
        found = true;
    }
    return base;
}

/* Forgets what lies beyond `limit` ms above the base. */
static void forget_beyond(struct wzp_delay *d, double limit, unsigned packets)
{
    float lost = 0;

    double from = (d->base + limit - d->origin) / WZP_DELAY_BIN_MS + 1;
    for (unsigned i = from > 0 ? (unsigned)from : 0; i < WZP_DELAY_BINS; i++) {
        lost += d->bins[i];
        d->bins[i] = 0;
    }
    for (unsigned i = 0; lost < 1 && i < WZP_DELAY_BINS; i++)
        d->bins[i] /= 1 - lost;
    /* New packets count for more; the kept range already leaves room, so no further margin is
     * added. */
    if (packets < YOUNG)
        packets = YOUNG;
    if (d->entries > packets)
        d->entries = packets;
    find_target(d);
}

/* The delays of the last seconds stayed far below the target: the jitter, or the queue, is over.
 * The farther below, the sooner that is concluded. */
static void forget_far(struct wzp_delay *d)
{
    double most = 0;
    unsigned packets = 0;

    for (unsigned back = 1; back <= CALM_SECONDS; back++) {
        unsigned i = (d->bucket + WZP_DELAY_BUCKETS - back) % WZP_DELAY_BUCKETS;

        most = fmax(most, d->seconds[i].most);
        packets += d->seconds[i].packets;
        if (packets < CALM_PACKETS * back / CALM_SECONDS ||
            most * calm_times[back - 1] + CALM_MS > d->target)
            continue;
        forget_beyond(d, most * CALM_LEFT, packets);
        return;
    }
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
    forget_far(d);
    d->seconds[d->bucket].most = 0;
    d->seconds[d->bucket].packets = 0;
    d->buckets[d->bucket].used = false;
    d->buckets[d->bucket].at = now_ms;
}

/* All of the last packets came far later than the base: the path has changed, or the first packet's
 * delay was misleading. */
static void start_over(struct wzp_delay *d, double minimum, double since_ms)
{
    for (unsigned i = 0; i < WZP_DELAY_BUCKETS; i++)
        d->buckets[i].used = false;
    d->buckets[d->bucket].used = true;
    d->buckets[d->bucket].minimum = minimum;
    d->buckets[d->bucket].at = d->buckets[d->bucket].when = since_ms;
    /* Or the sender's clock is so slow that delays drift away from the base: the last seconds show
     * it. */
    keep_newest(d);
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
        start_over(d, d->high_minimum, d->high_since);
}

/* Does this delay say something about how long to wait? Not when no buffer of ours could wait that
 * long, nor when one packet strays in long after its neighbours (it counts as lost); and when a
 * stalled network lets a heap of packets go at once, that is one event, not one per packet. */
static bool counts(const struct wzp_delay *d, double delay, bool in_order)
{
    double above = delay - d->base;

    if (!in_order && d->entries > YOUNG && above > d->far * STRAGGLER_TIMES + STRAGGLER_MS)
        return false;
    return d->heap <= 1 && above < WZP_DELAY_BINS * WZP_DELAY_BIN_MS;
}

/* A heap: packets at once, each sent later than the one before. Its first one says how long the
 * network stood still. */
static void watch_heap(struct wzp_delay *d, double delay, double arrival_ms, bool in_order)
{
    bool more = d->has_last && in_order && d->last_in_order &&
                arrival_ms - d->last_arrival < HEAP_MS && delay < d->last_delay &&
                delay - d->base > d->common;

    if (!more) {
        d->heap = 1;
        d->heap_height = delay - d->base;
        return;
    }
    if (++d->heap != PEAK_PACKETS || d->heap_height >= WZP_JITTER_TARGET_MAX_MS)
        return;
    unsigned last = (d->peak_count + WZP_DELAY_PEAKS - 1) % WZP_DELAY_PEAKS;
    if (d->peak_count > 0 && arrival_ms - d->peaks[last].at < PEAK_APART_MS) {
        d->peaks[last].height = fmax(d->peaks[last].height, d->heap_height);
        return;
    }
    d->peaks[d->peak_count % WZP_DELAY_PEAKS].at = arrival_ms;
    d->peaks[d->peak_count % WZP_DELAY_PEAKS].height = d->heap_height;
    d->peak_count++;
}

/* The delay that bridges the recent stalls; 0 when there were none. */
static double peak_target(const struct wzp_delay *d, double now_ms)
{
    unsigned count = d->peak_count < WZP_DELAY_PEAKS ? d->peak_count : WZP_DELAY_PEAKS;
    unsigned recent = 0;
    double highest[2] = {0, 0}; /* of the last 12 and the last 30 seconds */

    for (unsigned i = 0; i < count; i++) {
        double age = now_ms - d->peaks[i].at;

        if (age > PEAK_OFTEN_MS)
            continue;
        recent++;
        highest[1] = fmax(highest[1], d->peaks[i].height);
        if (age <= PEAK_ONCE_MS)
            highest[0] = fmax(highest[0], d->peaks[i].height);
    }
    double height = recent > 1 ? highest[1] : highest[0];
    return height > 0 ? height + 2 : 0;
}

void wzp_delay_copied(struct wzp_delay *d, unsigned back_ms)
{
    float alone[WZP_DELAY_BINS]; /* share of packets beyond each bin */
    float sum = 0;

    for (size_t i = WZP_DELAY_BINS; i-- > 0;) {
        alone[i] = sum;
        sum += d->bins[i];
    }
    float before = 1;
    for (size_t i = 0; i < WZP_DELAY_BINS; i++) {
        size_t back = back_ms / WZP_DELAY_BIN_MS;
        float beyond = i < back ? alone[i] : alone[i] * alone[i - back];

        d->bins[i] = before - beyond;
        before = beyond;
    }
    if (d->entries > 0)
        find_target(d);
}

void wzp_delay_forget(struct wzp_delay *d, double most_ms)
{
    if (most_ms * CALM_LEFT + CALM_MS < d->target)
        forget_beyond(d, most_ms * CALM_LEFT, YOUNG);
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
        d->buckets[d->bucket].when = arrival_ms;
    }
    watch_streak(d, delay, arrival_ms);
    d->seconds[d->bucket].most = fmax(d->seconds[d->bucket].most, delay - d->base);
    d->seconds[d->bucket].packets++;
    /* All delays seen so far creep along with the clocks. */
    if (d->has_drift)
        d->origin += d->drift * (arrival_ms - d->last_arrival);
    d->base = wzp_delay_base(d, arrival_ms);
    move_origin(d);
    watch_heap(d, delay, arrival_ms, in_order);
    d->last_in_order = in_order;
    if (counts(d, delay, in_order))
        add_entry(d, delay);
    d->last_arrival = arrival_ms;
    if (in_order) {
        if (d->has_last)
            d->jitter += (fabs(delay - d->last_delay) - d->jitter) / 16;
        d->last_delay = delay;
        d->has_last = true;
    }
}

double wzp_delay_target(const struct wzp_delay *d, double now_ms)
{
    double target = fmax(d->target > 0 ? d->target : TARGET_START_MS, peak_target(d, now_ms));

    return target < WZP_JITTER_TARGET_MAX_MS ? target : WZP_JITTER_TARGET_MAX_MS;
}

double wzp_delay_common(const struct wzp_delay *d)
{
    return d->common;
}

double wzp_delay_drift_ppm(const struct wzp_delay *d)
{
    return d->has_drift ? -d->drift * 1e6 : 0;
}
