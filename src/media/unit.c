/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/unit.h"

#define SAMPLES_PER_MS 48
#define FRAMES_MOST 4 /* between two packets that tell */
#define DOUBTS 3      /* it takes to give up what was sure */

bool wzp_unit_infer(struct wzp_unit *u, int distance, int32_t step, unsigned frame_ms,
                    double elapsed_ms)
{
    int32_t frames = distance * (int32_t)frame_ms;
    int32_t mine = frames * (int32_t)u->per_ms;
    int32_t other = frames * (u->per_ms == 1 ? SAMPLES_PER_MS : 1);

    if (distance < 1 || distance > FRAMES_MOST)
        return false;
    if (step == mine) {
        u->sure = true;
        u->doubts = 0;
        return false;
    }
    /* In milliseconds such a step would be a pause of a second; the arrival time shows that there
     * was none. */
    if (step != other || (u->per_ms == 1 && elapsed_ms * 2 > step))
        return false;
    if (++u->doubts < (u->sure ? DOUBTS : 1u))
        return false;
    u->per_ms = u->per_ms == 1 ? SAMPLES_PER_MS : 1;
    u->sure = true;
    return true;
}
