/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Table of loss states of a network, and what is sent in each: rate, frame length and redundancy,
 * with the measured effect. t/bench/media_profiles measures it anew. On a wide line redundancy is
 * sent in addition to the rate; on any other the rate is what the line carries (control.h). */
#ifndef WZP_MEDIA_PROFILE_H
#define WZP_MEDIA_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wzp_line_profile {
    const char *name;
    bool wide; /* for lines with room for copies */
    /* The state: a loss (percent) from loss_from up to loss_to (0: any); for bursty losses also a
     * mean run (packets) of at least run_from. */
    double loss_from, run_from, loss_to;
    bool together;    /* bursty: longer runs than random loss of the same rate */
    bool plain;       /* caps the tier's bitrate at this one: copies cost as much again */
    uint32_t bitrate; /* bitrate of the measurement, without copies */
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
/* The profile for this loss (percent) in runs of that mean length; wide: for a line with room for
 * copies. */
const struct wzp_line_profile *wzp_line_profile_for(double loss_percent, double run, bool wide);

#endif
