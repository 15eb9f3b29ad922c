/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound files of every kind that libsndfile knows, as mono samples. All memory of the library is
 * taken at opening; it reads and writes through our descriptor. */
#include "audio/internal.h"

#include "base/alloc.h"

#if WZP_WITH_SNDFILE

#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <strings.h>

#define CHANNELS_MAX 8
#define RATE_MIN 8000
#define RATE_MAX 192000
#define SURROUND 0.70710678f /* -3 dB */

struct wzp_sndfile {
    SNDFILE *file;
    SF_INFO info;
    float weights[CHANNELS_MAX];
    float frames[WZP_FILE_CHUNK_FRAMES * CHANNELS_MAX];
};

/* ITU-R BS.775: left and right as they are, the centre in both at -3 dB, a surround channel in its
 * side at -3 dB, low frequencies left out; and mono is the middle of both. */
static float weight_of(int channel)
{
    switch (channel) {
    case SF_CHANNEL_MAP_MONO: return 1;
    case SF_CHANNEL_MAP_LEFT:
    case SF_CHANNEL_MAP_RIGHT:
    case SF_CHANNEL_MAP_FRONT_LEFT:
    case SF_CHANNEL_MAP_FRONT_RIGHT: return 0.5f;
    case SF_CHANNEL_MAP_CENTER:
    case SF_CHANNEL_MAP_FRONT_CENTER: return SURROUND;
    case SF_CHANNEL_MAP_LFE: return 0;
    case SF_CHANNEL_MAP_REAR_LEFT:
    case SF_CHANNEL_MAP_REAR_RIGHT:
    case SF_CHANNEL_MAP_SIDE_LEFT:
    case SF_CHANNEL_MAP_SIDE_RIGHT: return SURROUND / 2;
    case SF_CHANNEL_MAP_REAR_CENTER: return 0.5f;
    default: return -1; /* unknown */
    }
}

/* Channels without names are as loud as each other. A single one is all there is, whatever it is
 * called. */
static void set_weights(struct wzp_sndfile *f)
{
    int map[CHANNELS_MAX] = {0};
    int channels = f->info.channels;
    bool known = channels > 1 && sf_command(f->file, SFC_GET_CHANNEL_MAP_INFO, map,
                                            channels * (int)sizeof map[0]) == SF_TRUE;
    for (int i = 0; known && i < channels; i++)
        known = (f->weights[i] = weight_of(map[i])) >= 0;
    for (int i = 0; !known && i < channels; i++)
        f->weights[i] = 1 / (float)channels;
}

static int check_info(const SF_INFO *info, struct wzp_error *err)
{
    if (info->channels < 1 || info->channels > CHANNELS_MAX)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "%d channels are not supported (1 to %d)",
                             info->channels, CHANNELS_MAX);
    if (info->samplerate < RATE_MIN || info->samplerate > RATE_MAX)
        return wzp_error_set(err, WZP_E_UNSUPPORTED,
                             "a sample rate of %d Hz is not supported (%d to %d)", info->samplerate,
                             RATE_MIN, RATE_MAX);
    return 0;
}

static int make(struct wzp_sndfile **out, int fd, int mode, const SF_INFO *info,
                struct wzp_error *err)
{
    *out = NULL;
    struct wzp_sndfile *f = wzp_calloc(1, sizeof *f);
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->info = *info;
    f->file = sf_open_fd(fd, mode, &f->info, SF_FALSE);
    if (!f->file) {
        const char *why = sf_strerror(NULL);
        wzp_free(f);
        return wzp_error_set(err, WZP_E_SYNTAX, "this is no sound file: %.120s", why);
    }
    *out = f;
    return 0;
}

int wzp_sndfile_open(struct wzp_sndfile **out, int fd, unsigned *rate, struct wzp_error *err)
{
    const SF_INFO unknown = {0};
    int result = make(out, fd, SFM_READ, &unknown, err);
    if (result)
        return result;
    result = check_info(&(*out)->info, err);
    if (result) {
        wzp_sndfile_close(*out);
        *out = NULL;
        return result;
    }
    set_weights(*out);
    *rate = (unsigned)(*out)->info.samplerate;
    return 0;
}

size_t wzp_sndfile_read(struct wzp_sndfile *f, int16_t *mono, size_t frames)
{
    size_t most = frames < WZP_FILE_CHUNK_FRAMES ? frames : WZP_FILE_CHUNK_FRAMES;
    sf_count_t got = sf_readf_float(f->file, f->frames, (sf_count_t)most);
    size_t channels = (size_t)f->info.channels, count = got > 0 ? (size_t)got : 0;
    for (size_t i = 0; i < count; i++) {
        float sum = 0;
        for (size_t c = 0; c < channels; c++)
            sum += f->weights[c] * f->frames[i * channels + c];
        sum = isfinite(sum) ? sum * 32768 : 0;
        mono[i] = (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : lrintf(sum));
    }
    return count;
}

int wzp_sndfile_create(struct wzp_sndfile **out, int fd, const char *path, struct wzp_error *err)
{
    static const struct {
        const char *suffix;
        int format;
    } rows[] = {{".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
                {".ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS},
                {".opus", SF_FORMAT_OGG | SF_FORMAT_OPUS}};
    const char *dot = strrchr(path, '.');
    *out = NULL;
    for (size_t i = 0; dot && i < sizeof rows / sizeof rows[0]; i++) {
        const SF_INFO info = {
            .samplerate = WZP_AUDIO_RATE, .channels = 1, .format = rows[i].format};
        if (strcasecmp(dot, rows[i].suffix) == 0)
            return make(out, fd, SFM_WRITE, &info, err);
    }
    return 0;
}

bool wzp_sndfile_write(struct wzp_sndfile *f, const int16_t *mono, size_t frames)
{
    return sf_writef_short(f->file, mono, (sf_count_t)frames) == (sf_count_t)frames;
}

void wzp_sndfile_close(struct wzp_sndfile *f)
{
    if (!f)
        return;
    sf_close(f->file);
    wzp_free(f);
}

#else

#include <string.h>
#include <strings.h>

int wzp_sndfile_open(struct wzp_sndfile **out, int fd, unsigned *rate, struct wzp_error *err)
{
    *out = NULL;
    *rate = 0;
    (void)fd;
    return wzp_error_set(err, WZP_E_UNSUPPORTED, "this program reads WAV files only");
}

size_t wzp_sndfile_read(struct wzp_sndfile *f, int16_t *mono, size_t frames)
{
    (void)f;
    (void)mono;
    (void)frames;
    return 0;
}

/* A file that is called so and holds WAV would deceive whoever gets it. */
int wzp_sndfile_create(struct wzp_sndfile **out, int fd, const char *path, struct wzp_error *err)
{
    const char *dot = strrchr(path, '.');
    *out = NULL;
    (void)fd;
    if (dot && (!strcasecmp(dot, ".flac") || !strcasecmp(dot, ".ogg") || !strcasecmp(dot, ".opus")))
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "this program writes WAV files only");
    return 0;
}

bool wzp_sndfile_write(struct wzp_sndfile *f, const int16_t *mono, size_t frames)
{
    (void)f;
    (void)mono;
    (void)frames;
    return false;
}

void wzp_sndfile_close(struct wzp_sndfile *f)
{
    (void)f;
}

#endif
