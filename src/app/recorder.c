/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/recorder.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "media/soundfile.h"
#include "media/wav.h"

#define RATE 48000
#define CHANNELS 2
#define FRAME_BYTES (2 * CHANNELS)
#define BUFFER (2 * RATE)     /* frames in memory */
#define DUE (RATE + RATE / 2) /* from this fill level on, a second is written */
#define HOLE_SECONDS 60
#define SLACK (RATE / 10) /* a side may be this late or early without being moved */
#define FRAMES_MAX ((UINT32_MAX - WZP_WAV_HEADER_SIZE) / FRAME_BYTES - BUFFER)

struct wzp_recorder {
    struct wzp_host host;
    char path[WZP_PATH_MAX];
    struct wzp_soundfile *sound; /* NULL: WAV */
    struct wzp_error failure;    /* of the coder's last write */
    bool made;                   /* the file was created */
    uint64_t began;
    uint64_t written;            /* frames in the file, which is the buffer's start */
    uint64_t position[CHANNELS]; /* position of each side's next sample, from the beginning */
    int16_t frames[BUFFER][CHANNELS];
    uint8_t bytes[RATE * FRAME_BYTES];
};

static struct wzp_host_file file_of(const struct wzp_recorder *r)
{
    return (struct wzp_host_file){WZP_PLACE_PATH, r->path, 0, true};
}

static int put(struct wzp_recorder *r, bool fresh, uint64_t offset, const uint8_t *data,
               size_t length, struct wzp_error *err)
{
    const struct wzp_host_file file = file_of(r);
    return r->host.calls->file_extend(r->host.context, &file, fresh, offset, data, length, err);
}

static int put_header(struct wzp_recorder *r, bool fresh, struct wzp_error *err)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    if (r->sound)
        return 0;
    wzp_wav_header_channels(header, CHANNELS, (uint32_t)r->written);
    return put(r, fresh, 0, header, sizeof header, err);
}

/* Writes the coder's output; the first bytes create the file. */
static bool put_coded(void *context, uint64_t offset, const void *data, size_t length)
{
    struct wzp_recorder *r = context;
    bool fresh = !r->made;
    if (r->failure.code || put(r, fresh, offset, data, length, &r->failure))
        return false;
    r->made = true;
    return true;
}

static int failed(struct wzp_recorder *r, struct wzp_error *err)
{
    return r->failure.code ? wzp_error_set(err, r->failure.code, "%s", r->failure.text)
                           : wzp_error_set(err, WZP_E_IO, "%s cannot be written", r->path);
}

/* Creates the file now: some coders write nothing before the first samples. */
static int begin(struct wzp_recorder *r, struct wzp_error *err)
{
    const struct wzp_soundfile_bytes bytes = {.write = put_coded, .context = r};
    int result = wzp_soundfile_create(&r->sound, &bytes, r->path, CHANNELS, err);
    if (r->failure.code)
        return failed(r, err);
    if (result)
        return result;
    if (!r->sound)
        return put_header(r, true, err);
    return put_coded(r, 0, "", 0) ? 0 : failed(r, err);
}

int wzp_recorder_new(struct wzp_recorder **out, const struct wzp_host *host, const char *path,
                     uint64_t now, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_recorder *r = wzp_calloc(1, sizeof *r);
    if (!r)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    r->host = *host;
    r->began = now;
    int result = wzp_text_copy(r->path, sizeof r->path, path)
                     ? begin(r, err)
                     : wzp_error_set(err, WZP_E_TOO_BIG, "the path is too long");
    if (result)
        wzp_recorder_free(r);
    else
        *out = r;
    return result;
}

void wzp_recorder_free(struct wzp_recorder *r)
{
    if (r)
        (void)wzp_soundfile_close(r->sound);
    wzp_free(r);
}

/* ---- samples ---- */

/* Corrects a side's position by the clock: a device's clock drifts against ours, and a side that
 * was silent for a while gave no samples in that time. False: the samples are too early and are
 * left out. */
static bool align(struct wzp_recorder *r, unsigned side, size_t samples, uint64_t now)
{
    uint64_t time = wzp_time_since(now, r->began) / 1000 * (RATE / 1000) / 1000;
    uint64_t *position = &r->position[side];
    if (*position + samples + SLACK < time)
        *position = time - samples;
    if (*position < r->written)
        *position = r->written;
    return *position <= time + SLACK;
}

static uint64_t end_of(const struct wzp_recorder *r)
{
    return r->position[0] > r->position[1] ? r->position[0] : r->position[1];
}

static bool is_due(const struct wzp_recorder *r)
{
    return end_of(r) - r->written >= DUE;
}

bool wzp_recorder_add(struct wzp_recorder *r, bool heard, const int16_t *pcm, size_t samples,
                      uint64_t now)
{
    unsigned side = heard ? 1 : 0;
    if (!align(r, side, samples, now))
        return is_due(r);
    /* A gap longer than the buffer waits for the next write, which makes space. */
    uint64_t from = r->position[side] - r->written;
    for (size_t i = 0; i < samples && from + i < BUFFER; i++)
        r->frames[from + i][side] = pcm[i];
    r->position[side] += samples;
    return is_due(r);
}

/* ---- writing ---- */

static int write_wav(struct wzp_recorder *r, size_t count, struct wzp_error *err)
{
    if (r->written + count > FRAMES_MAX)
        return wzp_error_set(err, WZP_E_TOO_BIG, "%s is full: no WAV file holds more", r->path);
    wzp_wav_samples(r->bytes, r->frames[0], count * CHANNELS);
    return put(r, false, WZP_WAV_HEADER_SIZE + r->written * FRAME_BYTES, r->bytes,
               count * FRAME_BYTES, err);
}

/* Writes the first frames of the buffer, a second at most. */
static int write_frames(struct wzp_recorder *r, size_t count, struct wzp_error *err)
{
    int result = !r->sound                                            ? write_wav(r, count, err)
                 : wzp_soundfile_write(r->sound, r->frames[0], count) ? 0
                                                                      : failed(r, err);
    if (result)
        return result;
    r->written += count;
    memmove(r->frames, r->frames + count, (BUFFER - count) * sizeof *r->frames);
    memset(r->frames + BUFFER - count, 0, count * sizeof *r->frames);
    return 0;
}

int wzp_recorder_write(struct wzp_recorder *r, struct wzp_error *err)
{
    int result = 0;
    if (!is_due(r))
        return 0;
    /* With a coder the silence of a gap has to be written: this much of a long gap at a time. */
    int seconds = r->sound ? HOLE_SECONDS : BUFFER / RATE;
    for (int i = 0; !result && i < seconds && is_due(r); i++)
        result = write_frames(r, RATE, err);
    /* In a WAV file the rest of a long gap is skipped: the file system fills it with zeros. */
    if (!result && !r->sound && is_due(r))
        r->written = end_of(r) - RATE;
    return result ? result : put_header(r, false, err);
}

int wzp_recorder_finish(struct wzp_recorder *r, struct wzp_error *err)
{
    int result = wzp_recorder_write(r, err);
    while (!result && end_of(r) > r->written) {
        uint64_t left = end_of(r) - r->written;
        result = write_frames(r, left < RATE ? (size_t)left : RATE, err);
    }
    if (!result && r->sound) {
        bool whole = wzp_soundfile_close(r->sound);
        r->sound = NULL;
        return whole ? 0 : failed(r, err);
    }
    return result ? result : put_header(r, false, err);
}

unsigned wzp_recorder_seconds(const struct wzp_recorder *r)
{
    return (unsigned)(r->written / RATE);
}

const char *wzp_recorder_path(const struct wzp_recorder *r)
{
    return r->path;
}
