/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Chooses the decoder's complexity (what libopus does beyond decoding) by the load of the machine:
 * the share of real time that playback takes, which the caller measures. It goes down at once when
 * the load is too high, and up after a time of low load; the wait grows where going up was too much
 * before. Two other bounds apply, and the lowest wins: the user's setting bounds it from the
 * beginning (low), and a receiver gives many simultaneous voices a lower complexity (receiver.h).
 * Pure arithmetic. */
#ifndef WZP_MEDIA_EFFORT_H
#define WZP_MEDIA_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

struct wzp_effort {
    unsigned least;         /* lower bound of step */
    unsigned step;          /* 0 = highest complexity */
    uint64_t spent, played; /* ns, of the measurement under way */
    uint64_t ease;          /* ns played at low load */
    uint64_t patience;      /* ns at low load before more work is tried */
    uint64_t since_more;    /* ns played since more was tried */
};

/* Begins with the highest complexity, or with WZP_DECODER_LOW as the bound when `low`. */
void wzp_effort_init(struct wzp_effort *e, bool low);
/* Playing `played` ns of sound took `spent` ns of processor time. Returns what
 * wzp_decoder_set_complexity takes. */
unsigned wzp_effort_spent(struct wzp_effort *e, uint64_t spent, uint64_t played);
/* What it returned last. */
unsigned wzp_effort_complexity(const struct wzp_effort *e);

#endif
