/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/player.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "media/dsp.h"
#include "media/soundfile.h"

#define FILE_MAX_BYTES (64 * 1024 * 1024)
#define RATE 48000
#define FIFO 4096 /* one piece at 8 kHz becomes 3072 samples at 48 kHz */

struct wzp_player {
    char path[WZP_PATH_MAX];
    char *data; /* the file's bytes */
    struct wzp_soundfile *sound;
    struct wzp_resampler *resampler; /* NULL: the file has 48 kHz */
    int16_t mono[WZP_SOUNDFILE_FRAMES];
    size_t mono_at, mono_length;
    int16_t fifo[FIFO];
    size_t fifo_length;
    bool ended;
};

static int load(struct wzp_player *p, const struct wzp_host *host, struct wzp_error *err)
{
    const struct wzp_host_file file = {WZP_PLACE_PATH, p->path, FILE_MAX_BYTES, false};
    size_t length;
    unsigned rate = RATE;
    int result = host->calls->file_read(host->context, &p->data, &length, &file, err);
    if (result)
        return result;
    result = wzp_soundfile_open_memory(&p->sound, p->data, length, &rate, err);
    if (!result && rate != RATE) {
        result = wzp_resampler_new(&p->resampler, rate, RATE);
        if (result)
            wzp_error_set(err, result, "%s", wzp_strerror(result));
    }
    if (result)
        wzp_error_prefix(err, p->path);
    return result;
}

int wzp_player_new(struct wzp_player **out, const struct wzp_host *host, const char *path,
                   struct wzp_error *err)
{
    *out = NULL;
    struct wzp_player *p = wzp_calloc(1, sizeof *p);
    if (!p)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    int result = wzp_text_copy(p->path, sizeof p->path, path)
                     ? load(p, host, err)
                     : wzp_error_set(err, WZP_E_TOO_BIG, "the path is too long");
    if (result)
        wzp_player_free(p);
    else
        *out = p;
    return result;
}

void wzp_player_free(struct wzp_player *p)
{
    if (!p)
        return;
    (void)wzp_soundfile_close(p->sound);
    wzp_resampler_free(p->resampler);
    wzp_free(p->data);
    wzp_free(p);
}

/* The next frames of the file as mono. False at its end. */
static bool take_chunk(struct wzp_player *p)
{
    p->mono_length = wzp_soundfile_read(p->sound, p->mono, WZP_SOUNDFILE_FRAMES);
    p->mono_at = 0;
    return p->mono_length > 0;
}

/* Fills the fifo from the file. False when nothing was added. */
static bool refill(struct wzp_player *p)
{
    if (p->mono_at == p->mono_length && !take_chunk(p))
        return false;
    int16_t *out = p->fifo + p->fifo_length;
    size_t room = FIFO - p->fifo_length, have = p->mono_length - p->mono_at, used, made;
    if (p->resampler) {
        made = wzp_resampler_process(p->resampler, out, room, p->mono + p->mono_at, have, &used);
    } else {
        made = used = have < room ? have : room;
        memcpy(out, p->mono + p->mono_at, made * sizeof *out);
    }
    p->mono_at += used;
    p->fifo_length += made;
    return used > 0 || made > 0;
}

size_t wzp_player_say(struct wzp_player *p, int16_t *pcm, size_t samples)
{
    size_t given = 0;
    while (given < samples && (p->fifo_length > 0 || refill(p))) {
        size_t count = samples - given < p->fifo_length ? samples - given : p->fifo_length;
        memcpy(pcm + given, p->fifo, count * sizeof *pcm);
        given += count;
        p->fifo_length -= count;
        memmove(p->fifo, p->fifo + count, p->fifo_length * sizeof *p->fifo);
    }
    p->ended = given < samples;
    return given;
}

bool wzp_player_ended(const struct wzp_player *p)
{
    return p->ended;
}

const char *wzp_player_path(const struct wzp_player *p)
{
    return p->path;
}
