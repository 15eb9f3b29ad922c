/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/pace.h"

#include <math.h>
#include <stdbool.h>

#include "base/time.h"
#include "media/encoder.h"
#include "media/level.h"
#include "media/stretch.h"

#define WINDOW_MS 400 /* half of the window of lags looked at */
#define QUIET_RMS 200.0
#define PIECE 960 /* samples shortened at once */

/* Errors of the lag (ms) that are corrected: too late in near silence, too late in voice, too
 * early; and the error from which on corrections are quick (HURRY). */
#define LATE_QUIET 3.0
#define LATE_VOICE 10.0
#define LATE_PART 1.0 /* share of the target: a smaller error is not corrected during speech ... */
#define LATE_MS 3000  /* ... until the voice has had no pause for so long; then this share counts */
#define LATE_LONG 0.25
#define EARLY 3.0
#define EARLY_PART 0.5 /* share of the target, likewise during speech ... */
#define EARLY_MS 3000  /* ... until there was no pause for so long */
#define HURRY 60.0
#define RUSH 150.0      /* takes a period out even if no period matches well */
#define EARLY_REACH 8.0 /* ms more than needed: leaves room for one period of a voice */
#define STRETCH_PAUSE_MS 60
#define GRID_MAX_MS 60.0 /* longer between pulls is a stall, not a period */
#define GRID_FALL 0.02

void wzp_pace_forget(struct wzp_pace *p)
{
    p->lag_now = p->lag_before = INFINITY;
    p->window_left = WINDOW_MS;
    p->since_stretch_ms = p->early_ms = p->late_ms = 0;
}

void wzp_pace_held(struct wzp_pace *p, unsigned ms)
{
    p->lag_now += ms;
    p->lag_before += ms;
}

/* The caller may pull several pieces in one instant (a sound card's period): what counts is the
 * time between instants, because only then new packets can have arrived. */
void wzp_pace_pull(struct wzp_pace *p, size_t samples, uint64_t now)
{
    double ms = (double)samples / WZP_SAMPLES_PER_MS;
    double gap = (double)wzp_time_since(now, p->pull_now) / (double)WZP_MILLISECOND;

    if (gap >= ms / 4) {
        if (p->pull_now == 0 || gap > GRID_MAX_MS)
            gap = ms;
        p->grid_ms = gap > p->grid_ms ? gap : p->grid_ms + GRID_FALL * (gap - p->grid_ms);
        if (p->grid_ms < ms)
            p->grid_ms = ms;
        p->pull_now = now;
        p->pull_samples = 0;
    }
    p->pull_samples += samples;
}

void wzp_pace_chunk(struct wzp_pace *p, size_t done)
{
    p->ahead_ms = (double)done / WZP_SAMPLES_PER_MS;
}

/* Audio is pulled only at certain instants. When one of frame length and pull interval is a
 * multiple of the other, the lag moves in steps of the shorter of both. Returns this step, or 0
 * when the lag moves freely. */
static double step_ms(const struct wzp_pace *p, unsigned frame_ms)
{
    double shorter = fmin(p->grid_ms, frame_ms);
    double ratio = fmax(p->grid_ms, frame_ms) / shorter;

    return fabs(ratio - round(ratio)) < 0.05 ? shorter : 0;
}

/* A chunk of `before` ms will be `after` ms long: by how much does that move the lag? */
static void moved(struct wzp_pace *p, double step, double before, double after)
{
    double by = after - before;

    if (step > 0)
        by = step * (floor((p->ahead_ms + after) / step) - floor((p->ahead_ms + before) / step));
    p->lag_now += by;
    p->lag_before += by;
    p->since_stretch_ms = 0;
}

/* The lags so far are relative to the base of their time: adjusts them to the new base. A short
 * packet crosses a narrow line faster than long ones, so the base falls with it, although playout
 * has not changed. */
static void follow_base(struct wzp_pace *p, double base_ms)
{
    p->lag_now -= base_ms - p->base_ms;
    p->lag_before -= base_ms - p->base_ms;
    p->base_ms = base_ms;
}

/* The least lag of the window. */
static double watch(struct wzp_pace *p, double lag, unsigned ms)
{
    if (lag < p->lag_now)
        p->lag_now = lag;
    double least = fmin(p->lag_now, p->lag_before);
    p->window_left -= (int)ms;
    if (p->window_left <= 0) {
        p->lag_before = p->lag_now;
        p->lag_now = INFINITY;
        p->window_left = WINDOW_MS;
    }
    return least;
}

/* The error from which on a frame that plays too early is made longer. Stretched speech is more
 * audible than an occasional late packet, so the correction waits for a pause; but not when the lag
 * is so short that all redundancy would come too late. */
static double early_from(struct wzp_pace *p, double error, const struct wzp_pace_goal *goal,
                         bool quiet, unsigned ms)
{
    p->early_ms = error < -EARLY ? p->early_ms + ms : 0;
    if (quiet || p->early_ms > EARLY_MS)
        return EARLY;
    return fmax(EARLY, fmin(goal->target_ms * EARLY_PART, goal->target_ms - goal->least_ms));
}

/* The error from which on a frame that plays too late is made shorter, likewise. A target that fell
 * may soon rise again. */
static double late_from(struct wzp_pace *p, double error, double target_ms, bool quiet, unsigned ms)
{
    p->late_ms = error > LATE_VOICE ? p->late_ms + ms : 0;
    if (quiet)
        return LATE_QUIET;
    return fmax(LATE_VOICE, target_ms * (p->late_ms > LATE_MS ? LATE_LONG : LATE_PART));
}

/* Takes `wanted` samples out: one period, or with `hurry` one in each 20 ms. */
static size_t shorten(int16_t *pcm, size_t samples, size_t wanted, bool hurry, bool force)
{
    size_t count = samples;

    for (size_t from = 0; from + PIECE <= count && wanted >= WZP_STRETCH_STEP_MIN;) {
        size_t before = count - from;
        size_t after = wzp_stretch_shorten(pcm + from, before, wanted, force);

        count -= before - after;
        wanted -= before - after;
        if (!hurry)
            break;
        from += PIECE - (before - after > PIECE / 2 ? PIECE / 2 : before - after);
    }
    return count;
}

size_t wzp_pace_adjust(struct wzp_pace *p, int16_t *pcm, size_t samples, unsigned frame_ms,
                       double lag_ms, const struct wzp_pace_goal *goal)
{
    double ms = (double)samples / WZP_SAMPLES_PER_MS;
    follow_base(p, goal->base_ms);
    double error = watch(p, lag_ms, (unsigned)ms) - goal->target_ms;
    bool quiet = wzp_level_rms_dbfs(pcm, samples) < 20 * log10(QUIET_RMS / 32768.0);
    bool hurry = quiet || fabs(error) > HURRY;
    bool force = quiet || error > RUSH || error < -HURRY;
    size_t count = samples;
    double step = step_ms(p, frame_ms);
    double early = early_from(p, error, goal, quiet, (unsigned)ms);
    double late = late_from(p, error, goal->target_ms, quiet, (unsigned)ms);

    p->since_stretch_ms += (unsigned)ms;
    if (samples < PIECE || (!hurry && p->since_stretch_ms < STRETCH_PAUSE_MS))
        return samples;
    if (error < -early) {
        /* Up to the next step, and further by whole steps. */
        double wanted =
            step > 0 ? step - fmod(p->ahead_ms, step) + floor(-error / step) * step : -error;
        count = wzp_stretch_lengthen(pcm, samples,
                                     (size_t)((wanted + EARLY_REACH) * WZP_SAMPLES_PER_MS), force);
        p->stretched_samples += count - samples;
    } else if (error > 0 && isfinite(p->lag_before)) {
        /* The part of a step before the chunk can be removed without changing the lag; whole steps
         * only when the lag exceeds the target by as much. */
        double wanted = step > 0 ? fmod(p->ahead_ms, step) + floor(error / step) * step : error;
        if (wanted >= late)
            count = shorten(pcm, samples, (size_t)(wanted * WZP_SAMPLES_PER_MS), hurry, force);
        p->squeezed_samples += samples - count;
    }
    if (count != samples)
        moved(p, step, ms, (double)count / WZP_SAMPLES_PER_MS);
    return count;
}
