/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a linear filter leaves of an echo, turned down where nothing else is heard: by a short
 * filter whose gains follow how much of each frequency is probably echo. It never goes below the
 * noise of the room, which goes on as it was. */
#ifndef WZP_MEDIA_ECHO_RESIDUE_H
#define WZP_MEDIA_ECHO_RESIDUE_H

#include <stdbool.h>

#include "media/fft.h"
#include "media/split.h"

#define WZP_RESIDUE_DELAY 32 /* samples of 16 kHz by which it is late: 2 ms */

/* All zero: nothing heard yet. */
struct wzp_echo_residue {
    float error[WZP_FFT_BINS], echo[WZP_FFT_BINS], residue[WZP_FFT_BINS]; /* power, smoothed */
    float room[WZP_FFT_BINS];                                             /* power of its noise */
    float together, echo_alone;        /* how the changes of error and echo go together */
    float leak;                        /* share of the guessed echo that the filter leaves */
    float taps[WZP_RESIDUE_DELAY + 1]; /* half of the filter of the hop before */
    float past[2 * WZP_RESIDUE_DELAY];
};
/* One hop in place. error, echo: spectra of it and of the guess that was taken from it, both behind
 * zeros; doubt: power of echo that the filter knows it may have left. */
void wzp_echo_residue_run(struct wzp_echo_residue *r, const struct wzp_fft *fft,
                          float hop[WZP_SPLIT_LOW], const struct wzp_spectrum *error,
                          const struct wzp_spectrum *echo, const float doubt[WZP_FFT_BINS],
                          bool far_speaks);

#endif
