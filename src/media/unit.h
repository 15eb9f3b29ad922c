/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Does a sender's timestamp count samples or milliseconds? Nothing says so; steps of exactly one
 * frame tell. Source: wzp-protocol(7), Media header. */
#ifndef WZP_MEDIA_UNIT_H
#define WZP_MEDIA_UNIT_H

#include <stdbool.h>
#include <stdint.h>

/* All zero, with per_ms = 1, is the initial state. */
struct wzp_unit {
    unsigned per_ms; /* 1 = ms, 48 = samples */
    bool sure;
    unsigned doubts;
};
/* A packet whose number is so much greater than that of the newest before it, and its timestamp, in
 * the sender's unit; that one lasted frame_ms, and came elapsed_ms ago. True when the unit was
 * changed. */
bool wzp_unit_infer(struct wzp_unit *u, int distance, int32_t step, unsigned frame_ms,
                    double elapsed_ms);

#endif
