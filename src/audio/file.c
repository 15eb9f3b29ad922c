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

/* The fmt and data chunks are looked for in this much. */
#define HEAD_BYTES (64 * 1024)
/* The header's sizes have 32 bits: 12 hours. */
#define SINK_SAMPLES_MAX ((UINT32_MAX - 1024) / 2)

/* ---- source ---- */

static ssize_t read_at(int fd, void *out, size_t length, uint64_t offset)
{
    size_t have = 0;
    while (have < length) {
        ssize_t n = pread(fd, (uint8_t *)out + have, length - have, (off_t)(offset + have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

static int parse_head(struct wzp_file_source *f, const char *path, uint64_t size,
                      struct wzp_error *err)
{
    struct wzp_error why = {0, ""};
    uint8_t *head = wzp_alloc(HEAD_BYTES);
    if (!head)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    ssize_t n = read_at(f->fd, head, HEAD_BYTES, 0);
    int result = n < 0 ? WZP_E_IO : wzp_wav_parse(&f->format, head, (size_t)n, size, &why);
    wzp_free(head);
    if (n < 0)
        return wzp_error_set(err, WZP_E_IO, "cannot read %s: %s", path, strerror(errno));
    if (result < 0)
        return wzp_error_set(err, result == WZP_E_SHORT ? WZP_E_SYNTAX : result, "%s: %s", path,
                             why.text[0] != '\0' && result != WZP_E_SHORT ? why.text
                                                                          : "not a WAV file");
    f->frame_bytes = (size_t)f->format.channels * (f->format.bits / 8u);
    if (f->frame_bytes == 0 || f->frame_bytes > sizeof f->raw / WZP_FILE_CHUNK_FRAMES)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "%s: too many channels or bits", path);
    return 0;
}

static int open_source(struct wzp_file_source *f, const char *path, struct wzp_error *err)
{
    struct stat facts;
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &facts) < 0)
        return wzp_error_set(err, errno == ENOENT ? WZP_E_NOT_FOUND : WZP_E_IO,
                             "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return wzp_error_set(err, WZP_E_IO, "%s is not a regular file", path);
    unsigned rate = 0;
    int result = WZP_WITH_SNDFILE ? wzp_sndfile_open(&f->sound, f->fd, &rate, err)
                                  : parse_head(f, path, (uint64_t)facts.st_size, err);
    if (result && WZP_WITH_SNDFILE)
        wzp_error_prefix(err, path);
    if (!f->sound)
        rate = f->format.rate;
    if (result == 0 && rate != WZP_AUDIO_RATE) {
        result = wzp_resampler_new(&f->resampler, rate, WZP_AUDIO_RATE);
        if (result < 0)
            wzp_error_set(err, result, "%s: cannot convert from %u Hz: %s", path, rate,
                          wzp_strerror(result));
    }
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
    wzp_sndfile_close(f->sound);
    if (f->fd >= 0)
        close(f->fd);
    wzp_resampler_free(f->resampler);
    wzp_free(f);
}

/* The next frames of the file as mono; 0 at the end of what can be read. */
static size_t take_frames(struct wzp_file_source *f)
{
    if (f->sound)
        return wzp_sndfile_read(f->sound, f->mono, WZP_FILE_CHUNK_FRAMES);
    uint64_t left = f->format.data_length - f->at;
    size_t wanted = WZP_FILE_CHUNK_FRAMES * f->frame_bytes;
    if (left < wanted)
        wanted = (size_t)left - (size_t)left % f->frame_bytes;
    ssize_t n = wanted > 0 ? read_at(f->fd, f->raw, wanted, f->format.data_offset + f->at) : 0;
    size_t bytes = n > 0 ? (size_t)n - (size_t)n % f->frame_bytes : 0;
    f->at += bytes;
    return wzp_wav_to_mono(f->mono, WZP_FILE_CHUNK_FRAMES, &f->format, f->raw, bytes);
}

/* Moves them into the fifo. False at the end. */
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
    return n > 0;
}

/* ---- sink ---- */

static bool write_all(int fd, const void *data, size_t length)
{
    const uint8_t *p = data;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        length -= (size_t)n;
    }
    return true;
}

static bool update_header(struct wzp_file_sink *f)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    wzp_wav_header(header, f->samples);
    f->samples_in_header = f->samples;
    return pwrite(f->fd, header, sizeof header, 0) == (ssize_t)sizeof header;
}

int wzp_file_sink_open(struct wzp_file_sink **out, const char *path, struct wzp_error *err)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    struct stat facts;
    *out = NULL;
    struct wzp_file_sink *f = wzp_calloc(1, sizeof *f);
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    wzp_wav_header(header, 0);
    int result = 0;
    if (f->fd < 0)
        result = wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(errno));
    else if (fstat(f->fd, &facts) < 0 || !S_ISREG(facts.st_mode))
        result = wzp_error_set(err, WZP_E_IO, "cannot write %s: it is not a regular file", path);
    else if ((result = wzp_sndfile_create(&f->sound, f->fd, path, err)) != 0)
        wzp_error_prefix(err, path);
    else if (!f->sound && !write_all(f->fd, header, sizeof header))
        result = wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(errno));
    if (result == 0) {
        *out = f;
        return 0;
    }
    if (f->fd >= 0)
        close(f->fd);
    wzp_free(f);
    return result;
}

void wzp_file_sink_close(struct wzp_file_sink *f)
{
    if (!f)
        return;
    if (f->sound)
        wzp_sndfile_close(f->sound);
    else
        (void)update_header(f);
    close(f->fd);
    wzp_free(f);
}

bool wzp_file_sink_write(struct wzp_file_sink *f, const int16_t *block)
{
    if (f->sound && !f->failed)
        f->failed = !wzp_sndfile_write(f->sound, block, WZP_AUDIO_BLOCK);
    if (f->sound)
        return !f->failed;
    if (f->failed || f->samples > SINK_SAMPLES_MAX - WZP_AUDIO_BLOCK)
        return false;
    /* WAV is little-endian, and so is every machine this is built for: checked here, once, by the
     * compiler. */
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are written as they are");
    if (!write_all(f->fd, block, WZP_AUDIO_BLOCK * sizeof(int16_t))) {
        f->failed = true;
        return false;
    }
    f->samples += WZP_AUDIO_BLOCK;
    if (f->samples - f->samples_in_header >= WZP_AUDIO_RATE)
        (void)update_header(f);
    return true;
}
