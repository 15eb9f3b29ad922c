/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keeps a stream at its target delay: watches how late each frame is played and makes frames a
 * little shorter or longer, pitch by pitch, until the least lag of the last time is the target.
 * Allows for samples being pulled in steps. Pure arithmetic. */
#ifndef WZP_MEDIA_PACE_H
#define WZP_MEDIA_PACE_H

#include <stddef.h>
#include <stdint.h>

struct wzp_pace {
    double lag_now, lag_before; /* least of the running and of the last half window, ms */
    double base_ms;             /* what they are counted from */
    int window_left;            /* ms */
    unsigned since_stretch_ms;
    unsigned early_ms, late_ms; /* for how long it has played too early, too late */
    uint64_t pull_now; /* when the last pull was, and what was pulled in that instant before */
    size_t pull_samples;
    double grid_ms;  /* time between the instants of pulling */
    double ahead_ms; /* how long after that instant the next chunk will be heard */
    uint64_t stretched_samples, squeezed_samples;
};

/* Lags in ms: the one to play at, and the one below which redundancy comes too late. And what they
 * are counted from: when it moves, all lags of before do. */
struct wzp_pace_goal {
    double target_ms, least_ms, base_ms;
};
/* All zero, then this: nothing is known of the lag (a start, a jump). */
void wzp_pace_forget(struct wzp_pace *p);
/* The stream stood still for so long: all that comes is later by that. */
void wzp_pace_held(struct wzp_pace *p, unsigned ms);
/* `samples` are pulled now. */
void wzp_pace_pull(struct wzp_pace *p, size_t samples, uint64_t now);
/* The next chunk will be heard after what was pulled in this instant and `done` samples more. */
void wzp_pace_chunk(struct wzp_pace *p, size_t done);
/* pcm[samples] is played next, at this lag (ms at the instant of the pull): makes it shorter or
 * longer towards the target. Room for samples + WZP_STRETCH_STEP_MAX. Returns the new count. */
size_t wzp_pace_adjust(struct wzp_pace *p, int16_t *pcm, size_t samples, unsigned frame_ms,
                       double lag_ms, const struct wzp_pace_goal *goal);

#endif
