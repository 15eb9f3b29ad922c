/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound as data: WAV files through a host, a player and a recorder for one session. */
#ifndef WZP_APP_WAVE_H
#define WZP_APP_WAVE_H

#include "wzp/host.h"
#include "wzp/phone.h"

/* Samples of 48 kHz mono. All zero is empty; released with fini. */
struct wzp_wave {
    int16_t *pcm;
    size_t samples, capacity;
    size_t at; /* of a player: what is said next */
};
void wzp_wave_fini(struct wzp_wave *w);
/* Appends a sound file of any rate, `most` samples in all at the most. Errors of the host's
 * file_read and of wzp_soundfile_open with the file's name. */
int wzp_wave_load(struct wzp_wave *w, const struct wzp_host *host, const char *path, size_t most,
                  struct wzp_error *err);
/* Writes a WAV file, 16 bit. */
int wzp_wave_save(const struct wzp_wave *w, const struct wzp_host *host, const char *path,
                  struct wzp_error *err);
/* Appends samples; what does not fit, in memory or `most`, is left out. */
void wzp_wave_add(struct wzp_wave *w, const int16_t *pcm, size_t samples, size_t most);

/* The sound of a session that says `said` once and keeps what is heard in `heard` (either may be
 * NULL). Both outlive the session. */
struct wzp_tape {
    struct wzp_wave *said, *heard;
    size_t most; /* samples kept */
};
struct wzp_session_audio wzp_tape_audio(struct wzp_tape *tape);

#endif
