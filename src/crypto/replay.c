/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Sealed packets. */
#include "crypto/replay.h"

#include <string.h>

#include "base/error.h"

/* Where v1 numbers live among 64-bit indexes: far enough up that "a little before the first" does
 * not wrap, and a multiple of 65536 so that the low 16 bits stay the sequence number. */
#define V1_ORIGIN (UINT64_C(1) << 32)

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

bool wzp_replay_v1(struct wzp_replay *w, uint16_t sequence)
{
    uint64_t index = V1_ORIGIN + sequence;
    if (w->started) {
        uint16_t ahead = (uint16_t)(sequence - (uint16_t)w->highest);
        /* Exactly half way round counts as behind. */
        index = ahead < 0x8000 ? w->highest + ahead : w->highest - (UINT64_C(65536) - ahead);
    }
    if (wzp_replay_check(w, index) < 0)
        return false;
    wzp_replay_mark(w, index);
    return true;
}
