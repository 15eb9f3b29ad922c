/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The delay from a block's way to the loudspeaker to its echo in the microphone: the buffers of two
 * devices, those of a sound server, and the acoustic path. Measured as the lag at which the two
 * spectra are most coherent. */
#ifndef WZP_MEDIA_ECHO_DELAY_H
#define WZP_MEDIA_ECHO_DELAY_H

#include <stdbool.h>

#include "media/fft.h"

#define WZP_ECHO_LAGS 48       /* hops of 10 ms that are looked at */
#define WZP_ECHO_DELAY_BINS 96 /* 31 Hz each, from 190 Hz on */

/* All zero: nothing heard yet. */
struct wzp_echo_delay {
    struct {
        float re[WZP_ECHO_DELAY_BINS], im[WZP_ECHO_DELAY_BINS], far[WZP_ECHO_DELAY_BINS];
    } lags[WZP_ECHO_LAGS];
    float near[WZP_ECHO_DELAY_BINS];
    float score[WZP_ECHO_LAGS]; /* mean coherence, 0..1 */
    unsigned best, votes;
    unsigned fed; /* hops */
};
/* One hop: the microphone's spectrum, and in far[i] that of the loudspeaker i hops before. */
void wzp_echo_delay_feed(struct wzp_echo_delay *d, const struct wzp_spectrum *near,
                         const struct wzp_spectrum *const far[WZP_ECHO_LAGS]);
/* True once one lag stands out for long enough. */
bool wzp_echo_delay_known(const struct wzp_echo_delay *d, unsigned *lag);

#endif
