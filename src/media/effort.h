/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How much work decoding may be, by what the machine can: the share of real time that playback
 * takes, as whoever drives us measured it, chooses what libopus does beyond decoding. Less at once
 * when it is too much, more after a while of ease, later and later where that was too much before.
 * Two others have a say, and less wins: the user's setting bounds it from the beginning (low), and
 * a receiver gives a crowd plain voices (receiver.h). Pure arithmetic. */
#ifndef WZP_MEDIA_EFFORT_H
#define WZP_MEDIA_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

struct wzp_effort {
    unsigned least;         /* step that is never gone below */
    unsigned step;          /* 0 = all there is */
    uint64_t spent, played; /* ns, of the look under way */
    uint64_t ease;          /* ns played without strain */
    uint64_t patience;      /* ns of ease that more work asks for */
    uint64_t since_more;    /* ns played since more was tried */
};

/* All there is, until it shows that this is too much; low: no more than WZP_DECODER_LOW. */
void wzp_effort_init(struct wzp_effort *e, bool low);
/* Playing `played` ns of sound took `spent` ns of processor time. Returns what
 * wzp_decoder_set_complexity takes. */
unsigned wzp_effort_spent(struct wzp_effort *e, uint64_t spent, uint64_t played);
/* What it returned last. */
unsigned wzp_effort_complexity(const struct wzp_effort *e);

#endif
