/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound files of every kind that libsndfile knows, as mono samples; without that library WAV files
 * (media/wav.h). The caller says where the bytes are: in memory, or behind a function. All memory
 * is taken at opening. */
#ifndef WZP_MEDIA_SOUNDFILE_H
#define WZP_MEDIA_SOUNDFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WZP_SOUNDFILE_FRAMES 512 /* read at once at most */
#define WZP_SOUNDFILE_RATE 48000 /* of what is written */

/* The bytes of a file; context is the caller's and outlives the sound file. read gives fewer bytes
 * than asked for only at the end; write may grow the file. */
struct wzp_soundfile_bytes {
    size_t (*read)(void *context, uint64_t offset, void *out, size_t length);
    bool (*write)(void *context, uint64_t offset, const void *data, size_t length);
    void *context;
    uint64_t length; /* at opening */
};

struct wzp_soundfile;
/* Opens for reading; rate in Hz. WZP_E_SYNTAX, WZP_E_UNSUPPORTED, WZP_E_MEMORY with a sentence
 * without the file's name. */
int wzp_soundfile_open(struct wzp_soundfile **out, const struct wzp_soundfile_bytes *bytes,
                       unsigned *rate, struct wzp_error *err);
/* The same for bytes in memory, which stay the caller's and must not move. */
int wzp_soundfile_open_memory(struct wzp_soundfile **out, const void *data, size_t length,
                              unsigned *rate, struct wzp_error *err);
/* The next frames as mono, WZP_SOUNDFILE_FRAMES at most, channels mixed as ITU-R BS.775 says where
 * the file names them; 0: the end. */
size_t wzp_soundfile_read(struct wzp_soundfile *f, int16_t *mono, size_t frames);
/* Writes 48 kHz with 1 or 2 channels, in the format of the path's suffix: .flac, .ogg or .opus.
 * With another suffix *out is NULL, and the caller writes WAV. Errors as of open. */
int wzp_soundfile_create(struct wzp_soundfile **out, const struct wzp_soundfile_bytes *bytes,
                         const char *path, unsigned channels, struct wzp_error *err);
/* Frames: a sample of each channel. False when they could not be written. */
bool wzp_soundfile_write(struct wzp_soundfile *f, const int16_t *samples, size_t frames);
/* Finishes the file. False when not all of it could be written. NULL is fine: true. */
bool wzp_soundfile_close(struct wzp_soundfile *f);

#endif
