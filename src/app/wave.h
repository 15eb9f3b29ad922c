/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound in memory: loading and saving WAV files through a host, and a player and recorder for one
 * session. */
#ifndef WZP_APP_WAVE_H
#define WZP_APP_WAVE_H

#include "wzp/host.h"
#include "wzp/phone.h"

/* Samples of 48 kHz mono. All zero is empty; released with fini. */
struct wzp_wave {
    int16_t *pcm;
    size_t samples, capacity;
    size_t at; /* of a player: the next sample to send */
};
void wzp_wave_fini(struct wzp_wave *w);
/* Appends a sound file of any rate, until there are `most` samples in all. Errors of the host's
 * file_read and of wzp_soundfile_open with the file's name. */
int wzp_wave_load(struct wzp_wave *w, const struct wzp_host *host, const char *path, size_t most,
                  struct wzp_error *err);
/* Writes a WAV file, 16 bit. */
int wzp_wave_save(const struct wzp_wave *w, const struct wzp_host *host, const char *path,
                  struct wzp_error *err);
/* Appends samples; those beyond `most`, or for which there is no memory, are left out. */
void wzp_wave_add(struct wzp_wave *w, const int16_t *pcm, size_t samples, size_t most);

/* A sound source and sink for a session that plays `said` once and records what is received into
 * `heard` (either may be NULL). Both must outlive the session. */
struct wzp_tape {
    struct wzp_wave *said, *heard;
    size_t most; /* the most samples that are recorded */
};
struct wzp_session_audio wzp_tape_audio(struct wzp_tape *tape);

#endif
