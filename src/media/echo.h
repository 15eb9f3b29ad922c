/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Acoustic echo canceller: removes the loudspeaker's signal from the microphone's. The delay
 * between the two is measured and tracked (echo_delay.h), the echo path is learnt by an adaptive
 * filter (echo_filter.h), and residual echo is suppressed (echo_residue.h). */
#ifndef WZP_MEDIA_ECHO_H
#define WZP_MEDIA_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "media/echo_residue.h"
#include "media/split.h"

#define WZP_ECHO_BLOCK WZP_SPLIT_BLOCK /* 10 ms of 48 kHz */
/* Delay that this adds to the microphone's signal, in samples: 4 ms. */
#define WZP_ECHO_LATE (WZP_SPLIT_DELAY + WZP_RESIDUE_DELAY * WZP_SPLIT_RATIO)

struct wzp_echo;
/* WZP_E_MEMORY. Nothing after this allocates. */
int wzp_echo_new(struct wzp_echo **out);
void wzp_echo_free(struct wzp_echo *e);
/* A block for the loudspeaker. There is one for each block of the microphone; the two kinds of call
 * may be up to 300 ms apart. */
void wzp_echo_playback(struct wzp_echo *e, const int16_t pcm[WZP_ECHO_BLOCK]);
/* Processes a block of the microphone in place. True: it held little but echo. */
bool wzp_echo_capture(struct wzp_echo *e, int16_t pcm[WZP_ECHO_BLOCK]);

struct wzp_echo_state {
    unsigned delay_ms; /* from playback to microphone */
    bool delay_known;
    double erle_db; /* by how much the filter alone makes echo quieter, over the last second */
};
void wzp_echo_state(const struct wzp_echo *e, struct wzp_echo_state *out);

#endif
