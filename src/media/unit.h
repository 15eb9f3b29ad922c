/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Infers whether a sender's timestamps count samples or milliseconds. No header field says so;
 * steps of exactly one frame show it. Source: wzp-protocol(7), Media header. */
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
/* A packet arrived whose sequence number is greater by `distance`, and its timestamp by `step` (in
 * the sender's unit), than those of the newest packet before it. That earlier packet holds frame_ms
 * of audio and came elapsed_ms ago. True when the inferred unit changed. */
bool wzp_unit_infer(struct wzp_unit *u, int distance, int32_t step, unsigned frame_ms,
                    double elapsed_ms);

#endif
