/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound files as sources and sinks. Read and written piece by piece on the audio thread, through
 * memory taken at opening. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/internal.h"
#include "base/alloc.h"

/* The header's sizes have 32 bits: 12 hours. */
#define SINK_SAMPLES_MAX ((UINT32_MAX - 1024) / 2)

/* ---- bytes of a regular file ---- */

static size_t read_at(void *context, uint64_t offset, void *out, size_t length)
{
    int fd = *(const int *)context;
    size_t have = 0;
    while (have < length) {
        ssize_t n = pread(fd, (uint8_t *)out + have, length - have, (off_t)(offset + have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    return have;
}

static bool write_at(void *context, uint64_t offset, const void *data, size_t length)
{
    int fd = *(const int *)context;
    const uint8_t *p = data;
    while (length > 0) {
        ssize_t n = pwrite(fd, p, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return true;
}

/* ---- source ---- */

/* Converts from that rate from now on. */
static int set_rate(struct wzp_file_source *f, unsigned rate, struct wzp_error *err)
{
    f->rate = rate;
    if (rate == 0 || rate == WZP_AUDIO_RATE)
        return 0;
    int result = wzp_resampler_new(&f->resampler, rate, WZP_AUDIO_RATE);
    return result ? wzp_error_set(err, result, "cannot convert from %u Hz: %s", rate,
                                  wzp_strerror(result))
                  : 0;
}

/* The header may arrive later, and may require a resampler: making that is the only allocation of
 * the audio thread. */
static int open_stream(struct wzp_file_source *f, const char *path, struct wzp_error *err)
{
    f->stream = wzp_calloc(1, sizeof *f->stream);
    if (!f->stream)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->fd = wzp_stream_open(path, true, err);
    return f->fd < 0 ? f->fd : 0;
}

static int open_source(struct wzp_file_source *f, const char *path, struct wzp_error *err)
{
    struct stat facts;
    if (wzp_stream_is_meant(path))
        return open_stream(f, path, err);
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &facts) < 0)
        return wzp_error_set(err, errno == ENOENT ? WZP_E_NOT_FOUND : WZP_E_IO,
                             "cannot open %s: %s", path, strerror(errno));
    const struct wzp_soundfile_bytes bytes = {
        .read = read_at, .context = &f->fd, .length = (uint64_t)facts.st_size};
    unsigned rate = 0;
    int result = wzp_soundfile_open(&f->sound, &bytes, &rate, err);
    if (!result)
        result = set_rate(f, rate, err);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

int wzp_file_source_open(struct wzp_file_source **out, const char *path, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_file_source *f = wzp_calloc(1, sizeof *f);
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->fd = -1;
    int result = open_source(f, path, err);
    if (result < 0)
        wzp_file_source_close(f);
    else
        *out = f;
    return result;
}

void wzp_file_source_close(struct wzp_file_source *f)
{
    if (!f)
        return;
    (void)wzp_soundfile_close(f->sound);
    if (f->fd >= 0)
        close(f->fd);
    wzp_resampler_free(f->resampler);
    wzp_free(f->stream);
    wzp_free(f);
}

/* The next frames as mono; 0 when there are none, or none yet. */
static size_t take_frames(struct wzp_file_source *f)
{
    if (f->sound)
        return wzp_soundfile_read(f->sound, f->mono, WZP_SOUNDFILE_FRAMES);
    if (f->rate == 0 && set_rate(f, wzp_stream_rate(f->stream, f->fd), NULL))
        f->stream->ended = true;
    return f->rate ? wzp_stream_read(f->stream, f->fd, f->mono, WZP_SOUNDFILE_FRAMES) : 0;
}

/* Moves them into the fifo. False when there are none. */
static bool refill(struct wzp_file_source *f)
{
    size_t frames = take_frames(f);
    if (frames == 0)
        return false;
    if (!f->resampler) {
        memcpy(f->fifo + f->fifo_length, f->mono, frames * sizeof(int16_t));
        f->fifo_length += frames;
        return true;
    }
    for (size_t at = 0; at < frames;) {
        size_t used = 0;
        size_t made =
            wzp_resampler_process(f->resampler, f->fifo + f->fifo_length,
                                  WZP_FILE_FIFO - f->fifo_length, f->mono + at, frames - at, &used);
        f->fifo_length += made;
        at += used;
        if (used == 0 && made == 0)
            break;
    }
    return true;
}

bool wzp_file_source_read(struct wzp_file_source *f, int16_t *block)
{
    while (f->fifo_length < WZP_AUDIO_BLOCK && refill(f))
        ;
    size_t n = f->fifo_length < WZP_AUDIO_BLOCK ? f->fifo_length : WZP_AUDIO_BLOCK;
    memcpy(block, f->fifo, n * sizeof(int16_t));
    memset(block + n, 0, (WZP_AUDIO_BLOCK - n) * sizeof(int16_t));
    f->fifo_length -= n;
    memmove(f->fifo, f->fifo + n, f->fifo_length * sizeof(int16_t));
    return n > 0 || (f->stream && !f->stream->ended);
}

bool wzp_file_source_is_none(const struct wzp_file_source *f)
{
    return f->stream && f->stream->ended && !f->stream->is_parsed;
}

/* ---- sink ---- */

static bool update_header(struct wzp_file_sink *f)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    wzp_wav_header(header, f->samples);
    f->samples_in_header = f->samples;
    return write_at(&f->fd, 0, header, sizeof header);
}

/* The length is not known, so the largest stands there. */
static int open_stream_sink(struct wzp_file_sink *f, const char *path, struct wzp_error *err)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    f->is_stream = true;
    f->fd = wzp_stream_open(path, false, err);
    if (f->fd < 0)
        return f->fd;
    wzp_wav_header(header, UINT32_MAX);
    return wzp_stream_write(f->fd, header, sizeof header)
               ? 0
               : wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(errno));
}

static int open_sink(struct wzp_file_sink *f, const char *path, struct wzp_error *err)
{
    if (wzp_stream_is_meant(path))
        return open_stream_sink(f, path, err);
    /* Recordings must not be readable by other users of the machine. */
    f->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (f->fd < 0)
        return wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(errno));
    const struct wzp_soundfile_bytes bytes = {
        .read = read_at, .write = write_at, .context = &f->fd};
    int result = wzp_soundfile_create(&f->sound, &bytes, path, 1, err);
    if (result)
        wzp_error_prefix(err, path);
    else if (!f->sound && !update_header(f))
        result = wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(errno));
    return result;
}

int wzp_file_sink_open(struct wzp_file_sink **out, const char *path, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_file_sink *f = wzp_calloc(1, sizeof *f);
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->fd = -1;
    int result = open_sink(f, path, err);
    if (result == 0) {
        *out = f;
        return 0;
    }
    if (f->fd >= 0)
        close(f->fd);
    wzp_free(f);
    return result;
}

bool wzp_file_sink_close(struct wzp_file_sink *f)
{
    if (!f)
        return true;
    bool whole = !f->failed;
    if (f->sound)
        whole = wzp_soundfile_close(f->sound) && whole;
    else if (!f->is_stream)
        whole = update_header(f) && whole;
    whole = close(f->fd) == 0 && whole; /* a network file system may report an error only at
                                           close */
    wzp_free(f);
    return whole;
}

bool wzp_file_sink_write(struct wzp_file_sink *f, const int16_t *block)
{
    const size_t bytes = WZP_AUDIO_BLOCK * sizeof(int16_t);
    /* WAV is little-endian, and so is every machine this is built for: checked here, once, by the
     * compiler. */
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are written as they are");
    if (f->failed)
        return false;
    if (f->sound)
        f->failed = !wzp_soundfile_write(f->sound, block, WZP_AUDIO_BLOCK);
    else if (f->is_stream)
        f->failed = !wzp_stream_write(f->fd, block, bytes);
    else if (f->samples > SINK_SAMPLES_MAX - WZP_AUDIO_BLOCK)
        return false;
    else
        f->failed = !write_at(&f->fd, WZP_WAV_HEADER_SIZE + (uint64_t)f->samples * sizeof(int16_t),
                              block, bytes);
    if (f->failed)
        return false;
    f->samples += WZP_AUDIO_BLOCK;
    if (!f->is_stream && !f->sound && f->samples - f->samples_in_header >= WZP_AUDIO_RATE)
        (void)update_header(f);
    return true;
}
