/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Suppresses the echo that the linear filter leaves (residual echo), where nothing else is heard:
 * by a short filter whose gains follow how much of each frequency is probably echo. It never goes
 * below the noise of the room, so that this noise stays even. */
#ifndef WZP_MEDIA_ECHO_RESIDUE_H
#define WZP_MEDIA_ECHO_RESIDUE_H

#include <stdbool.h>

#include "media/fft.h"
#include "media/split.h"

#define WZP_RESIDUE_DELAY 32 /* delay that this adds, in samples of 16 kHz: 2 ms */

/* All zero: nothing heard yet. */
struct wzp_echo_residue {
    float error[WZP_FFT_BINS], echo[WZP_FFT_BINS], residue[WZP_FFT_BINS]; /* power, smoothed */
    float room[WZP_FFT_BINS];          /* power of the room's noise */
    float together, echo_alone;        /* correlation of the changes of error and echo */
    float leak;                        /* share of the guessed echo that the filter leaves */
    float taps[WZP_RESIDUE_DELAY + 1]; /* half of the (symmetric) filter of the hop before */
    float past[2 * WZP_RESIDUE_DELAY];
};
/* Processes one hop in place. error, echo: spectra of the hop and of the expected echo that was
 * subtracted from it, both with zeros in front. doubt: power of echo that the filter may have left,
 * by its own estimate. */
void wzp_echo_residue_run(struct wzp_echo_residue *r, const struct wzp_fft *fft,
                          float hop[WZP_SPLIT_LOW], const struct wzp_spectrum *error,
                          const struct wzp_spectrum *echo, const float doubt[WZP_FFT_BINS],
                          bool far_speaks);

#endif
