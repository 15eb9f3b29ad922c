/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/wave.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "media/dsp.h"
#include "media/soundfile.h"
#include "media/wav.h"

#define FILE_MAX_BYTES (64 * 1024 * 1024)
#define RATE 48000

void wzp_wave_fini(struct wzp_wave *w)
{
    wzp_free(w->pcm);
    *w = (struct wzp_wave){0};
}

static int reserve(struct wzp_wave *w, size_t more)
{
    if (w->samples + more <= w->capacity)
        return 0;
    size_t capacity = w->capacity ? 2 * w->capacity : RATE;
    while (capacity < w->samples + more)
        capacity *= 2;
    int16_t *grown = wzp_realloc(w->pcm, capacity * sizeof *grown);
    if (!grown)
        return WZP_E_MEMORY;
    w->pcm = grown;
    w->capacity = capacity;
    return 0;
}

void wzp_wave_add(struct wzp_wave *w, const int16_t *pcm, size_t samples, size_t most)
{
    if (w->samples >= most)
        return;
    if (samples > most - w->samples)
        samples = most - w->samples;
    if (samples == 0 || reserve(w, samples))
        return;
    memcpy(w->pcm + w->samples, pcm, samples * sizeof *pcm);
    w->samples += samples;
}

/* ---- files ---- */

/* Adds a piece of the file, resampled. */
static void add_piece(struct wzp_wave *w, struct wzp_resampler *resampler, const int16_t *pcm,
                      size_t samples, size_t most)
{
    int16_t out[WZP_SOUNDFILE_FRAMES * 6 + 64];
    if (!resampler) {
        wzp_wave_add(w, pcm, samples, most);
        return;
    }
    for (size_t at = 0, used = 1; at < samples && used > 0; at += used) {
        size_t made = wzp_resampler_process(resampler, out, sizeof out / sizeof out[0], pcm + at,
                                            samples - at, &used);
        wzp_wave_add(w, out, made, most);
    }
}

static int add_file(struct wzp_wave *w, const char *data, size_t length, size_t most,
                    struct wzp_error *err)
{
    struct wzp_soundfile *sound;
    struct wzp_resampler *resampler = NULL;
    int16_t mono[WZP_SOUNDFILE_FRAMES];
    unsigned rate;
    int result = wzp_soundfile_open_memory(&sound, data, length, &rate, err);
    if (result)
        return result;
    if (rate != RATE && (result = wzp_resampler_new(&resampler, rate, RATE)) != 0)
        wzp_error_set(err, result, "%s", wzp_strerror(result));
    size_t count;
    while (!result && w->samples < most &&
           (count = wzp_soundfile_read(sound, mono, WZP_SOUNDFILE_FRAMES)) > 0)
        add_piece(w, resampler, mono, count, most);
    wzp_resampler_free(resampler);
    (void)wzp_soundfile_close(sound);
    return result;
}

int wzp_wave_load(struct wzp_wave *w, const struct wzp_host *host, const char *path, size_t most,
                  struct wzp_error *err)
{
    const struct wzp_host_file file = {WZP_PLACE_PATH, path, FILE_MAX_BYTES, false};
    char *data;
    size_t length;
    int result = host->calls->file_read(host->context, &data, &length, &file, err);
    if (result)
        return result;
    result = add_file(w, data, length, most, err);
    wzp_free(data);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

static int write_file(void *owner, char **out, size_t *out_length, const char *old,
                      size_t old_length, struct wzp_error *err)
{
    const struct wzp_wave *w = owner;
    (void)old;
    (void)old_length;
    *out_length = WZP_WAV_HEADER_SIZE + w->samples * 2;
    uint8_t *data = wzp_alloc(*out_length);
    if (!data)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    wzp_wav_header(data, (uint32_t)w->samples);
    wzp_wav_samples(data + WZP_WAV_HEADER_SIZE, w->pcm, w->samples);
    *out = (char *)data;
    return 0;
}

int wzp_wave_save(const struct wzp_wave *w, const struct wzp_host *host, const char *path,
                  struct wzp_error *err)
{
    const struct wzp_host_file file = {WZP_PLACE_PATH, path, FILE_MAX_BYTES, false};
    struct wzp_wave copy = *w;
    return host->calls->file_update(host->context, &file, write_file, &copy, err);
}

/* ---- a session's sound ---- */

static size_t say(void *context, int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_wave *w = ((struct wzp_tape *)context)->said;
    size_t count = w->samples - w->at < samples ? w->samples - w->at : samples;
    (void)now;
    if (count > 0)
        memcpy(pcm, w->pcm + w->at, count * sizeof *pcm);
    w->at += count;
    return count;
}

static void hear(void *context, const int16_t *pcm, size_t samples, uint64_t now)
{
    const struct wzp_tape *tape = context;
    (void)now;
    wzp_wave_add(tape->heard, pcm, samples, tape->most);
}

struct wzp_session_audio wzp_tape_audio(struct wzp_tape *tape)
{
    return (struct wzp_session_audio){
        .say = tape->said ? say : NULL, .hear = tape->heard ? hear : NULL, .context = tape};
}
