/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The acoustic path from loudspeaker to microphone as an adaptive filter: a Kalman filter in the
 * frequency domain, partitioned into parts of 20 ms. It tracks the variance of each coefficient, so
 * it learns fast where it knows nothing and hardly at all while the near talker speaks. Source: G.
 * Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in
 * hands-free telephones", Signal Processing 86 (2006); F. Kuech, E. Mabande and G. Enzner,
 * "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP
 * 2014. */
#ifndef WZP_MEDIA_ECHO_FILTER_H
#define WZP_MEDIA_ECHO_FILTER_H

#include "media/fft.h"
#include "media/split.h"

#define WZP_ECHO_HOP WZP_SPLIT_LOW
#define WZP_ECHO_PARTS 12 /* of two hops: 240 ms */
#define WZP_ECHO_PART_HOPS 2

struct wzp_echo_filter {
    struct wzp_spectrum weights[WZP_ECHO_PARTS];
    float doubt[WZP_ECHO_PARTS][WZP_FFT_BINS]; /* variance of the weights */
    float others[WZP_FFT_BINS];                /* power of all that is not echo */
};
/* Initial state. strength: expected power of the echo relative to that of the signal played. */
void wzp_echo_filter_init(struct wzp_echo_filter *f, float strength);
/* The echo expected in the newest hop. far[p]: spectrum of the WZP_FFT_SIZE samples that ended
 * p parts before it. */
void wzp_echo_filter_guess(const struct wzp_echo_filter *f, const struct wzp_fft *fft,
                           float echo[WZP_ECHO_HOP], const struct wzp_spectrum *const *far);
/* Learns from what is left after the expected echo is subtracted: `error` is its spectrum, with
 * zeros in front. residue: power of the echo that is probably still in it. leak: share of the
 * echo's power that was left lately. */
void wzp_echo_filter_learn(struct wzp_echo_filter *f, const struct wzp_fft *fft,
                           float residue[WZP_FFT_BINS], const struct wzp_spectrum *error,
                           const struct wzp_spectrum *const *far, float leak);
/* The filter begins `parts` parts later than before (earlier when negative): what it knows moves
 * along. */
void wzp_echo_filter_shift(struct wzp_echo_filter *f, int parts, float strength);

#endif
