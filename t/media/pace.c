/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When playback that is too early is stretched, and playback that is too late is shortened: in a
 * pause at once, in speech reluctantly. */
#include "tap.h"

#include <math.h>
#include <string.h>

#include "media/pace.h"
#include "media/stretch.h"

#define FRAME 960

/* Plays for so long at this lag, until something is stretched (+1) or shortened (-1). */
static int change(double height, double lag_ms, const struct wzp_pace_goal *goal, unsigned ms)
{
    static int16_t pcm[FRAME + WZP_STRETCH_STEP_MAX];
    struct wzp_pace pace;
    uint64_t now = 0;

    memset(&pace, 0, sizeof pace);
    wzp_pace_forget(&pace);
    for (unsigned at = 0; at < ms; at += 20) {
        for (unsigned i = 0; i < FRAME; i++)
            pcm[i] = (int16_t)lrint(height * sin(2 * M_PI * 200 * i / 48000.0));
        now += 20000000;
        wzp_pace_pull(&pace, FRAME, now);
        wzp_pace_chunk(&pace, 0);
        size_t count = wzp_pace_adjust(&pace, pcm, FRAME, 20, lag_ms, goal);
        if (count != FRAME)
            return count > FRAME ? 1 : -1;
    }
    return 0;
}

static bool is_drawn_out(double height, double lag_ms, const struct wzp_pace_goal *goal,
                         unsigned ms)
{
    return change(height, lag_ms, goal, ms) > 0;
}

static bool is_hurried(double height, double lag_ms, const struct wzp_pace_goal *goal, unsigned ms)
{
    return change(height, lag_ms, goal, ms) < 0;
}

/* Plays too early, stops for a moment, and continues that much later, which is the wanted lag. */
static bool is_drawn_out_after(unsigned held_ms)
{
    static int16_t pcm[FRAME + WZP_STRETCH_STEP_MAX];
    struct wzp_pace_goal goal = {.target_ms = 1};
    struct wzp_pace pace = {0};
    uint64_t now = 0;

    wzp_pace_forget(&pace);
    for (unsigned at = 0; at < 2000; at += 20) {
        memset(pcm, 0, sizeof pcm);
        now += 20000000;
        wzp_pace_pull(&pace, FRAME, now);
        wzp_pace_chunk(&pace, 0);
        if (at == 1000) {
            wzp_pace_held(&pace, held_ms);
            goal.target_ms = 20;
        }
        if (wzp_pace_adjust(&pace, pcm, FRAME, 20, at < 1000 ? 1 : 1 + held_ms, &goal) > FRAME)
            return true;
    }
    return false;
}

/* Plays at the target; then the base of all lags moves back by by_ms, and the target grows by as
 * much. */
static bool is_drawn_out_after_move(double by_ms)
{
    static int16_t pcm[FRAME + WZP_STRETCH_STEP_MAX];
    struct wzp_pace_goal goal = {.target_ms = 30, .base_ms = 1000};
    struct wzp_pace pace = {0};
    double lag_ms = 31;
    uint64_t now = 0;

    wzp_pace_forget(&pace);
    for (unsigned at = 0; at < 4000; at += 20) {
        memset(pcm, 0, sizeof pcm);
        now += 20000000;
        wzp_pace_pull(&pace, FRAME, now);
        wzp_pace_chunk(&pace, 0);
        if (at == 2000) {
            goal.base_ms -= by_ms;
            goal.target_ms += by_ms;
            lag_ms += by_ms;
        }
        if (wzp_pace_adjust(&pace, pcm, FRAME, 20, lag_ms, &goal) > FRAME)
            return true;
    }
    return false;
}

TAP_MAIN
{
    static const struct wzp_pace_goal jitter = {.target_ms = 100};
    static const struct wzp_pace_goal rescue = {.target_ms = 100, .least_ms = 90};

    ok(is_drawn_out(100, 70, &jitter, 500), "30 of 100 ms too early: a pause is drawn out");
    ok(!is_drawn_out(8000, 70, &jitter, 2000), "speech is not");
    ok(is_drawn_out(8000, 70, &jitter, 5000), "unless no pause comes in seconds");
    ok(is_drawn_out(8000, 30, &jitter, 500), "nor when packets hardly come in time any more");
    ok(is_drawn_out(8000, 70, &rescue, 500), "nor when what rebuilds lost ones comes too late");
    ok(!is_drawn_out(100, 99, &jitter, 5000), "a little too early is good enough");
    ok(is_hurried(100, 150, &jitter, 1500), "50 ms more than 100 too late: a pause is shortened");
    ok(!is_hurried(8000, 150, &jitter, 2500), "speech is not");
    ok(is_hurried(8000, 150, &jitter, 5000), "unless no pause comes in seconds");
    ok(is_hurried(8000, 230, &jitter, 1500), "nor when it plays at more than twice the delay");
    ok(is_drawn_out_after(0), "the target grows: drawn out up to it");
    ok(!is_drawn_out_after(20), "but not after the stream has stood still for as long");
    ok(!is_drawn_out_after_move(30), "nor when lags are counted from earlier: it plays as late");
}
