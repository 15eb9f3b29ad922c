/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keeps a stream at its target delay by time stretching: watches the lag (jitter.h) at which each
 * frame is played, and makes frames a little shorter or longer, by whole pitch periods, until the
 * least lag of the last 400 to 800 ms equals the target. Allows for samples being pulled in steps.
 * Pure arithmetic. */
#ifndef WZP_MEDIA_PACE_H
#define WZP_MEDIA_PACE_H

#include <stddef.h>
#include <stdint.h>

struct wzp_pace {
    double lag_now, lag_before; /* least lag of the running and of the last half window, ms */
    double base_ms;             /* what they are counted from */
    int window_left;            /* ms */
    unsigned since_stretch_ms;
    unsigned early_ms, late_ms; /* for how long it has played too early, too late */
    uint64_t pull_now;          /* instant of the last pull, and samples already pulled in it */
    size_t pull_samples;
    double grid_ms;  /* time between instants of pulling */
    double ahead_ms; /* time from that instant until the next chunk is heard */
    uint64_t stretched_samples, squeezed_samples;
};

/* Lags in ms: target_ms is the one to play at; below least_ms redundancy comes too late. base_ms is
 * the base they are counted from: when it moves, all earlier lags move too. */
struct wzp_pace_goal {
    double target_ms, least_ms, base_ms;
};
/* Forgets all lags (at a start, after a jump). A new struct is zeroed and then passed to this. */
void wzp_pace_forget(struct wzp_pace *p);
/* Playout of the stream stood still for `ms`: all later lags grow by that. */
void wzp_pace_held(struct wzp_pace *p, unsigned ms);
/* `samples` are pulled now. */
void wzp_pace_pull(struct wzp_pace *p, size_t samples, uint64_t now);
/* The next chunk will be heard `done` samples after the beginning of the current pull's instant. */
void wzp_pace_chunk(struct wzp_pace *p, size_t done);
/* pcm[samples] is played next, at lag_ms (at the instant of the pull): makes it shorter or longer,
 * so that the lag approaches the target. Room for samples + WZP_STRETCH_STEP_MAX. Returns the new
 * count. */
size_t wzp_pace_adjust(struct wzp_pace *p, int16_t *pcm, size_t samples, unsigned frame_ms,
                       double lag_ms, const struct wzp_pace_goal *goal);

#endif
