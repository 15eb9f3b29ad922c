/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sliding window against replay, over the 64-bit indexes of sealed packets: checked first, marked
 * only after authentication. Source: wzp-protocol(7), Sealed packets. */
#ifndef WZP_CRYPTO_REPLAY_H
#define WZP_CRYPTO_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_REPLAY_WINDOW 1024

/* Caller owned, no pointers; all zero is a fresh window. */
struct wzp_replay {
    uint64_t highest;
    uint64_t seen[WZP_REPLAY_WINDOW / 64]; /* ring: bit (index mod 1024) */
    bool started;
};
/* 0 when index is new and inside the window (1023 behind at most), else WZP_E_REPLAY. Changes
 * nothing. */
int wzp_replay_check(const struct wzp_replay *w, uint64_t index);
/* Marks an index that was checked and authenticated. */
void wzp_replay_mark(struct wzp_replay *w, uint64_t index);

#endif
