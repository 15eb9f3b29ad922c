/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* States of a network, and what is sent in each: rate, frame length and redundancy, with what that
 * was measured to do. t/bench/media_profiles measures it anew. On a wide line redundancy comes on
 * top of the rate; on any other the rate is what the line carries (control.h). */
#ifndef WZP_MEDIA_PROFILE_H
#define WZP_MEDIA_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wzp_line_profile {
    const char *name;
    bool wide; /* for lines with room for copies */
    /* The state: from this loss (percent) and, for losses that lie together, mean run (packets) on,
     * up to that loss (0: any). */
    double loss_from, run_from, loss_to;
    bool together;    /* more than as many at random would */
    bool plain; /* no more than this bitrate, whatever the tier: copies cost as much again */
    uint32_t bitrate; /* measured with; copies come on top of it */
    uint8_t frame_ms;
    bool fec;
    uint8_t expected_loss, dred_units, copies; /* as in struct wzp_encoder_plan */
    /* Measured: at this loss and run, how far DRED reaches back (ms, mean of packets), the share of
     * lost frames that is rebuilt (percent), and the payload of speech without pauses (kbit/s). */
    double loss, run;
    unsigned span_ms, recovered_percent;
    double payload_kbps;
};

/* All of them. */
const struct wzp_line_profile *wzp_line_profiles(size_t *count);
/* The state of so much loss (percent) in runs of that mean length; wide: for a line with room
 * for copies. */
const struct wzp_line_profile *wzp_line_profile_for(double loss_percent, double run, bool wide);

#endif
