/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/wait.h"

#define FAST 600  /* frames remembered */
#define SLOW 1500 /* likewise */
#define YOUNG 100 /* frames before which one burst says little */
#define STAY 0.7f /* share of its price that a step must earn to be kept */

/* Worths relative to LIKENESS. Losing the speech at the end of an outage loses a word instead of
 * blurring it. */
static const float worths[] = {
    [WZP_WAIT_LIKENESS] = 1.0f, [WZP_WAIT_WHOLE] = 2.0f, [WZP_WAIT_SPEECH] = 16.0f};

/* Share of frames that each further step of waiting must rebuild. 20 ms cost half a point of R in
 * the E-model and one percent of concealed frames about four, so that little would do; but a
 * buffer that breathes with each stray loss is worse than either. More delay costs more and
 * more. */
static const float prices[WZP_WAIT_STEPS] = {0.004f, 0.006f, 0.011f, 0.028f, 0.050f,
                                             0.045f, 0.045f, 0.045f, 0.045f, 0.045f};

void wzp_wait_frames(struct wzp_wait *w, unsigned count)
{
    while (count-- > 0) {
        for (unsigned i = 0; i < WZP_WAIT_STEPS; i++) {
            w->fast[i] -= w->fast[i] / FAST;
            w->slow[i] -= w->slow[i] / SLOW;
        }
        if (w->frames < SLOW)
            w->frames++;
    }
}

void wzp_wait_rescue(struct wzp_wait *w, unsigned wait_ms, enum wzp_wait_worth worth)
{
    unsigned step = (wait_ms + WZP_WAIT_STEP_MS - 1) / WZP_WAIT_STEP_MS;

    if (step < 1 || step > WZP_WAIT_STEPS)
        return;
    w->fast[step - 1] += worths[worth] / FAST;
    w->slow[step - 1] += worths[worth] / SLOW;
}

unsigned wzp_wait_ms(struct wzp_wait *w)
{
    /* The long memory is not full in the beginning. */
    float scale = (float)SLOW / (float)(w->frames < YOUNG ? YOUNG : w->frames);
    float gain = 0;
    float best = 0;
    unsigned steps = 0;

    for (unsigned i = 0; i < WZP_WAIT_STEPS; i++) {
        /* Subtracts half an event, so that a single one does not count much. */
        float slow = (w->slow[i] - 0.5f / SLOW) * scale;
        float fast = w->fast[i] - 0.5f / FAST;
        float share = fast > slow ? fast : slow;

        if (share < 0)
            share = 0;

        gain += share - prices[i] * (i < w->steps ? STAY : 1);
        if (gain > best) {
            best = gain;
            steps = i + 1;
        }
    }
    w->steps = steps;
    return steps * WZP_WAIT_STEP_MS;
}
