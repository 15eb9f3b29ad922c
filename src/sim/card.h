/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A virtual sound card: its own clock, which may drift; a voice signal as microphone input; a
 * recording of what it played. */
#ifndef WZP_SIM_CARD_H
#define WZP_SIM_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_SIM_RECORDING_MAX (48000 * 120) /* samples kept: two minutes */

/* Samples that grow up to that limit. All zero is empty; released with fini. */
struct wzp_sim_recording {
    int16_t *pcm;
    size_t samples, capacity;
};
/* Samples beyond the limit, or without memory, are dropped. */
void wzp_sim_recording_add(struct wzp_sim_recording *r, const int16_t *pcm, size_t samples);
void wzp_sim_recording_fini(struct wzp_sim_recording *r);

/* Tests may set voice, drift and faults at any time. */
struct wzp_sim_card {
    const int16_t *voice; /* the caller's; repeated when it ends; NULL = silence */
    size_t voice_samples, voice_at;
    struct wzp_sim_recording heard;
    double drift_ppm;             /* against virtual time, + = fast */
    bool busy;                    /* cannot be opened: another program has it */
    bool no_capture, no_playback; /* that half does not exist and cannot be opened */
    bool capture_lost, playback_lost;
};
/* The next samples of the microphone. */
void wzp_sim_card_speak(struct wzp_sim_card *card, int16_t *pcm, size_t samples);
/* ns that 10 ms of the card take. */
uint64_t wzp_sim_card_period(const struct wzp_sim_card *card);

#endif
