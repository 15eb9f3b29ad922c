/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Takes out of the microphone what the loudspeaker said. The delay between the two is found and
 * followed, the way through the room is learnt, and what is left is turned down. */
#ifndef WZP_MEDIA_ECHO_H
#define WZP_MEDIA_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "media/echo_residue.h"
#include "media/split.h"

#define WZP_ECHO_BLOCK WZP_SPLIT_BLOCK /* 10 ms of 48 kHz */
/* Samples by which the microphone becomes late, 4 ms. */
#define WZP_ECHO_LATE (WZP_SPLIT_DELAY + WZP_RESIDUE_DELAY * WZP_SPLIT_RATIO)

struct wzp_echo;
/* WZP_E_MEMORY. Nothing after this allocates. */
int wzp_echo_new(struct wzp_echo **out);
void wzp_echo_free(struct wzp_echo *e);
/* A block for the loudspeaker. One comes for each of the microphone, in any order within 300 ms. */
void wzp_echo_playback(struct wzp_echo *e, const int16_t pcm[WZP_ECHO_BLOCK]);
/* A block of the microphone, in place. True: there was little in it but echo. */
bool wzp_echo_capture(struct wzp_echo *e, int16_t pcm[WZP_ECHO_BLOCK]);

struct wzp_echo_state {
    unsigned delay_ms; /* from playback to microphone */
    bool delay_known;
    double erle_db; /* by how much the filter alone makes echo quieter, over the last second */
};
void wzp_echo_state(const struct wzp_echo *e, struct wzp_echo_state *out);

#endif
