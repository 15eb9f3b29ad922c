/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/soundfile.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"

#define CHANNELS_MAX 8

static size_t read_memory(void *context, uint64_t offset, void *out, size_t length)
{
    if (length > 0)
        memcpy(out, (const uint8_t *)context + offset, length);
    return length;
}

int wzp_soundfile_open_memory(struct wzp_soundfile **out, const void *data, size_t length,
                              unsigned *rate, struct wzp_error *err)
{
    const struct wzp_soundfile_bytes bytes = {
        .read = read_memory, .context = (void *)(uintptr_t)data, .length = length};
    return wzp_soundfile_open(out, &bytes, rate, err);
}

#if WZP_WITH_SNDFILE

#include <math.h>
#include <sndfile.h>

#include "media/downmix.h"
#include "media/sample.h"

#define RATE_MIN 8000
#define RATE_MAX 192000
#define SURROUND 0.70710678f /* -3 dB */

struct wzp_soundfile {
    SNDFILE *file;
    SF_INFO info;
    struct wzp_soundfile_bytes bytes;
    bool failed; /* bytes could not be written: coders do not always say so */
    uint64_t at;
    float weights[CHANNELS_MAX];
    bool is_weighed; /* else the channels are alike */
    struct wzp_downmix downmix;
    float frames[WZP_SOUNDFILE_FRAMES * CHANNELS_MAX];
};

/* ---- what the library asks for ---- */

static sf_count_t bytes_length(void *user)
{
    return (sf_count_t)((const struct wzp_soundfile *)user)->bytes.length;
}

static sf_count_t bytes_seek(sf_count_t offset, int whence, void *user)
{
    struct wzp_soundfile *f = user;
    sf_count_t from = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? (sf_count_t)f->at
                                           : (sf_count_t)f->bytes.length;
    if (offset < -from)
        return -1;
    f->at = (uint64_t)(from + offset);
    return (sf_count_t)f->at;
}

static sf_count_t bytes_read(void *out, sf_count_t count, void *user)
{
    struct wzp_soundfile *f = user;
    if (count <= 0 || f->at >= f->bytes.length)
        return 0;
    uint64_t left = f->bytes.length - f->at;
    size_t wanted = (uint64_t)count < left ? (size_t)count : (size_t)left;
    size_t got = f->bytes.read(f->bytes.context, f->at, out, wanted);
    f->at += got;
    return (sf_count_t)got;
}

static sf_count_t bytes_write(const void *data, sf_count_t count, void *user)
{
    struct wzp_soundfile *f = user;
    if (count <= 0 || !f->bytes.write)
        return 0;
    if (!f->bytes.write(f->bytes.context, f->at, data, (size_t)count)) {
        f->failed = true;
        return 0;
    }
    f->at += (uint64_t)count;
    if (f->at > f->bytes.length)
        f->bytes.length = f->at;
    return count;
}

static sf_count_t bytes_tell(void *user)
{
    return (sf_count_t)((const struct wzp_soundfile *)user)->at;
}

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
static void set_weights(struct wzp_soundfile *f)
{
    int map[CHANNELS_MAX] = {0};
    int channels = f->info.channels;
    bool known = channels > 1 && sf_command(f->file, SFC_GET_CHANNEL_MAP_INFO, map,
                                            channels * (int)sizeof map[0]) == SF_TRUE;
    for (int i = 0; known && i < channels; i++)
        known = (f->weights[i] = weight_of(map[i])) >= 0;
    f->is_weighed = known && (channels != 2 || f->weights[0] != f->weights[1]);
}

static float mix_frame(const struct wzp_soundfile *f, const float *frame)
{
    float sum = 0;
    for (int c = 0; c < f->info.channels; c++)
        sum += f->weights[c] * frame[c];
    return sum;
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

static int make(struct wzp_soundfile **out, const struct wzp_soundfile_bytes *bytes, int mode,
                const SF_INFO *info, struct wzp_error *err)
{
    SF_VIRTUAL_IO calls = {bytes_length, bytes_seek, bytes_read, bytes_write, bytes_tell};
    *out = NULL;
    struct wzp_soundfile *f = wzp_calloc(1, sizeof *f);
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->info = *info;
    f->bytes = *bytes;
    f->file = sf_open_virtual(&calls, mode, &f->info, f);
    if (!f->file) {
        const char *why = sf_strerror(NULL);
        wzp_free(f);
        return wzp_error_set(err, WZP_E_SYNTAX, "this is no sound file: %.120s", why);
    }
    *out = f;
    return 0;
}

int wzp_soundfile_open(struct wzp_soundfile **out, const struct wzp_soundfile_bytes *bytes,
                       unsigned *rate, struct wzp_error *err)
{
    const SF_INFO unknown = {0};
    int result = make(out, bytes, SFM_READ, &unknown, err);
    if (result)
        return result;
    result = check_info(&(*out)->info, err);
    if (result) {
        (void)wzp_soundfile_close(*out);
        *out = NULL;
        return result;
    }
    set_weights(*out);
    *rate = (unsigned)(*out)->info.samplerate;
    return 0;
}

size_t wzp_soundfile_read(struct wzp_soundfile *f, int16_t *mono, size_t frames)
{
    size_t most = frames < WZP_SOUNDFILE_FRAMES ? frames : WZP_SOUNDFILE_FRAMES;
    sf_count_t got = sf_readf_float(f->file, f->frames, (sf_count_t)most);
    size_t channels = (size_t)f->info.channels, count = got > 0 ? (size_t)got : 0;
    for (size_t i = 0; i < count * channels; i++)
        f->frames[i] = isfinite(f->frames[i]) ? f->frames[i] * 32768 : 0;
    if (!f->is_weighed)
        wzp_downmix(&f->downmix, mono, f->frames, count, (unsigned)channels);
    for (size_t i = 0; f->is_weighed && i < count; i++)
        mono[i] = wzp_sample_of(mix_frame(f, f->frames + i * channels));
    return count;
}

int wzp_soundfile_create(struct wzp_soundfile **out, const struct wzp_soundfile_bytes *bytes,
                         const char *path, unsigned channels, struct wzp_error *err)
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
            .samplerate = WZP_SOUNDFILE_RATE, .channels = (int)channels, .format = rows[i].format};
        if (strcasecmp(dot, rows[i].suffix) == 0)
            return make(out, bytes, SFM_WRITE, &info, err);
    }
    return 0;
}

bool wzp_soundfile_write(struct wzp_soundfile *f, const int16_t *samples, size_t frames)
{
    return sf_writef_short(f->file, samples, (sf_count_t)frames) == (sf_count_t)frames &&
           !f->failed;
}

bool wzp_soundfile_close(struct wzp_soundfile *f)
{
    if (!f)
        return true;
    int result = sf_close(f->file); /* writes what the coder still holds */
    bool whole = result == 0 && !f->failed;
    wzp_free(f);
    return whole;
}

#else

#include "media/wav.h"

/* Enough for the chunks that programs put before the samples. */
#define HEAD_BYTES (64 * 1024)

struct wzp_soundfile {
    struct wzp_soundfile_bytes bytes;
    struct wzp_wav_format format;
    struct wzp_downmix downmix;
    size_t step; /* bytes of a frame */
    uint64_t at; /* bytes of data taken */
    uint8_t raw[WZP_SOUNDFILE_FRAMES * CHANNELS_MAX * 4];
};

static int parse_head(struct wzp_soundfile *f, struct wzp_error *err)
{
    uint64_t length = f->bytes.length < HEAD_BYTES ? f->bytes.length : HEAD_BYTES;
    uint8_t *head = wzp_alloc((size_t)length);
    if (!head)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    size_t got = f->bytes.read(f->bytes.context, 0, head, (size_t)length);
    int result = wzp_wav_parse(&f->format, head, got, f->bytes.length, err);
    wzp_free(head);
    f->step = (size_t)f->format.channels * (f->format.bits / 8u);
    return result == WZP_E_SHORT ? wzp_error_set(err, WZP_E_SYNTAX, "this is no WAV file") : result;
}

int wzp_soundfile_open(struct wzp_soundfile **out, const struct wzp_soundfile_bytes *bytes,
                       unsigned *rate, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_soundfile *f = wzp_calloc(1, sizeof *f);
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->bytes = *bytes;
    int result = parse_head(f, err);
    if (result) {
        wzp_free(f);
        return result;
    }
    *rate = f->format.rate;
    *out = f;
    return 0;
}

size_t wzp_soundfile_read(struct wzp_soundfile *f, int16_t *mono, size_t frames)
{
    uint64_t left = (f->format.data_length - f->at) / f->step;
    size_t most = frames < WZP_SOUNDFILE_FRAMES ? frames : WZP_SOUNDFILE_FRAMES;
    if (left < most)
        most = (size_t)left;
    size_t got =
        f->bytes.read(f->bytes.context, f->format.data_offset + f->at, f->raw, most * f->step);
    f->at += got;
    return wzp_wav_to_mono(&f->downmix, mono, most, &f->format, f->raw, got);
}

/* Without the library these suffixes are refused: a WAV file under such a name would be
 * misleading. */
int wzp_soundfile_create(struct wzp_soundfile **out, const struct wzp_soundfile_bytes *bytes,
                         const char *path, unsigned channels, struct wzp_error *err)
{
    const char *dot = strrchr(path, '.');
    *out = NULL;
    (void)bytes;
    (void)channels;
    if (dot && (!strcasecmp(dot, ".flac") || !strcasecmp(dot, ".ogg") || !strcasecmp(dot, ".opus")))
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "this program writes WAV files only");
    return 0;
}

bool wzp_soundfile_write(struct wzp_soundfile *f, const int16_t *samples, size_t frames)
{
    (void)f;
    (void)samples;
    (void)frames;
    return false;
}

bool wzp_soundfile_close(struct wzp_soundfile *f)
{
    wzp_free(f);
    return true;
}

#endif
