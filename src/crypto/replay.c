/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Sealed packets. */
#include "crypto/replay.h"

#include <string.h>

#include "base/error.h"

static bool bit_get(const struct wzp_replay *w, uint64_t index)
{
    unsigned bit = (unsigned)(index % WZP_REPLAY_WINDOW);
    return (w->seen[bit / 64] >> (bit % 64)) & 1;
}

static void bit_set(struct wzp_replay *w, uint64_t index, bool value)
{
    unsigned bit = (unsigned)(index % WZP_REPLAY_WINDOW);
    uint64_t mask = UINT64_C(1) << (bit % 64);
    if (value)
        w->seen[bit / 64] |= mask;
    else
        w->seen[bit / 64] &= ~mask;
}

int wzp_replay_check(const struct wzp_replay *w, uint64_t index)
{
    if (!w->started || index > w->highest)
        return 0;
    if (w->highest - index >= WZP_REPLAY_WINDOW)
        return WZP_E_REPLAY;
    return bit_get(w, index) ? WZP_E_REPLAY : 0;
}

void wzp_replay_mark(struct wzp_replay *w, uint64_t index)
{
    if (!w->started || index > w->highest) {
        if (!w->started || index - w->highest >= WZP_REPLAY_WINDOW) {
            memset(w->seen, 0, sizeof w->seen);
        } else {
            for (uint64_t i = w->highest + 1; i < index; i++)
                bit_set(w, i, false);
        }
        w->highest = index;
        w->started = true;
    } else if (w->highest - index >= WZP_REPLAY_WINDOW) {
        return; /* not checked first: its bit now belongs to a newer index */
    }
    bit_set(w, index, true);
}
