/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ALSA devices: opening, negotiating the format, listing. Through the real library, so that every
 * plug-in (plug, dmix, pulse, pipewire) works. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audio/internal.h"
#include "base/alloc.h"

/* Otherwise the library writes messages to stderr, in the middle of our screen. */
__attribute__((format(printf, 5, 6))) static void be_silent(const char *file, int line,
                                                            const char *function, int error,
                                                            const char *format, ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)error;
    (void)format;
}

int wzp_alsa_explain(struct wzp_error *err, const struct wzp_alsa *s, int error)
{
    const char *what = s->is_playback ? "loudspeaker" : "microphone";
    switch (-error) {
    case EBUSY:
        return wzp_error_set(err, WZP_E_DEVICE, "%s alsa:%s is busy: another program uses it", what,
                             s->name);
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return wzp_error_set(
            err, WZP_E_DEVICE, "%s alsa:%s: no such device (no sound card? then use %s)", what,
            s->name, s->is_playback ? "file:x.wav or null" : "file:x.wav or silence");
    case EACCES:
    case EPERM:
        return wzp_error_set(err, WZP_E_DEVICE,
                             "%s alsa:%s: permission denied (is this user in the group audio?)",
                             what, s->name);
    case ECONNREFUSED:
        return wzp_error_set(err, WZP_E_DEVICE, "%s alsa:%s: the sound server does not answer",
                             what, s->name);
    case ENOMEM: return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    case EINVAL:
        return wzp_error_set(err, WZP_E_DEVICE,
                             "%s alsa:%s: the sound system refuses it (a mistake in ~/.asoundrc?)",
                             what, s->name);
    default:
        return wzp_error_set(err, WZP_E_DEVICE, "%s alsa:%s: %s", what, s->name,
                             snd_strerror(error));
    }
}

static int set_format(struct wzp_alsa *s, snd_pcm_hw_params_t *hw)
{
    static const struct {
        snd_pcm_format_t theirs;
        enum wzp_sample_format ours;
    } formats[] = {{SND_PCM_FORMAT_S16, WZP_SAMPLE_S16},
                   {SND_PCM_FORMAT_S32, WZP_SAMPLE_S32},
                   {SND_PCM_FORMAT_FLOAT, WZP_SAMPLE_FLOAT}};
    int result = -EINVAL;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0] && result < 0; i++) {
        result = snd_pcm_hw_params_set_format(s->pcm, hw, formats[i].theirs);
        s->format = formats[i].ours;
    }
    return result;
}

/* 48 kHz mono if the device supports it, otherwise the nearest format. */
static int agree_on_form(struct wzp_alsa *s)
{
    snd_pcm_hw_params_t *hw;
    snd_pcm_hw_params_alloca(&hw);
    int result = snd_pcm_hw_params_any(s->pcm, hw);
    if (result < 0)
        return result;
    s->channels = 1;
    s->rate = WZP_AUDIO_RATE;
    (void)snd_pcm_hw_params_set_rate_resample(s->pcm, hw, 1);
    if ((result = snd_pcm_hw_params_set_access(s->pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED)) < 0 ||
        (result = set_format(s, hw)) < 0 ||
        (result = snd_pcm_hw_params_set_channels_near(s->pcm, hw, &s->channels)) < 0 ||
        (result = snd_pcm_hw_params_set_rate_near(s->pcm, hw, &s->rate, NULL)) < 0)
        return result;
    if (s->channels == 0 || s->channels > WZP_ALSA_CHANNELS_MAX || s->rate < 8000 ||
        s->rate > 192000)
        return -EINVAL;
    s->period = s->rate * s->period_ms / 1000;
    s->buffer = s->period * 4;
    (void)snd_pcm_hw_params_set_period_size_near(s->pcm, hw, &s->period, NULL);
    (void)snd_pcm_hw_params_set_buffer_size_near(s->pcm, hw, &s->buffer);
    if ((result = snd_pcm_hw_params(s->pcm, hw)) < 0)
        return result;
    if ((result = snd_pcm_hw_params_get_period_size(hw, &s->period, NULL)) < 0)
        return result;
    return snd_pcm_hw_params_get_buffer_size(hw, &s->buffer);
}

/* Sets when the device wakes us. Playback: when the queue has fallen one step below the target, not
 * as soon as there is room, since samples queued in the device add delay. */
static int set_wake_up(struct wzp_alsa *s)
{
    snd_pcm_sw_params_t *sw;
    snd_pcm_sw_params_alloca(&sw);
    s->step = s->rate / 100;
    s->target = 3 * s->step;
    if (s->target < 2 * s->period)
        s->target = 2 * s->period;
    if (s->target > s->buffer)
        s->target = s->buffer;
    int result = snd_pcm_sw_params_current(s->pcm, sw);
    if (result < 0)
        return result;
    snd_pcm_uframes_t low = s->target > s->step ? s->target - s->step : 1;
    snd_pcm_uframes_t avail = s->is_playback ? s->buffer - low : s->period;
    result = snd_pcm_sw_params_set_avail_min(s->pcm, sw, avail > 0 ? avail : 1);
    if (result == 0)
        result = snd_pcm_sw_params_set_start_threshold(s->pcm, sw, s->is_playback ? low : 1);
    return result < 0 ? result : snd_pcm_sw_params(s->pcm, sw);
}

static void free_memory(struct wzp_alsa *s)
{
    wzp_resampler_free(s->resampler);
    wzp_free(s->frames);
    wzp_free(s->mono);
    wzp_free(s->fifo);
    s->resampler = NULL;
    s->frames = NULL;
    s->mono = s->fifo = NULL;
    s->fifo_length = 0;
}

static int take_memory(struct wzp_alsa *s)
{
    free_memory(s);
    /* Capture: less than a block, and 10 ms more. Playback: a step, and what the resampler adds. */
    size_t step = s->step > WZP_AUDIO_BLOCK ? s->step : WZP_AUDIO_BLOCK;
    s->fifo_capacity = 4 * step + 64;
    s->frames = wzp_alloc(s->step * s->channels * wzp_sample_bytes(s->format));
    s->mono = wzp_alloc(s->step * sizeof(int16_t));
    s->fifo = wzp_alloc(s->fifo_capacity * sizeof(int16_t));
    if (!s->frames || !s->mono || !s->fifo)
        return -ENOMEM;
    if (s->rate == WZP_AUDIO_RATE)
        return 0;
    int result = s->is_playback ? wzp_resampler_new(&s->resampler, WZP_AUDIO_RATE, s->rate)
                                : wzp_resampler_new(&s->resampler, s->rate, WZP_AUDIO_RATE);
    return result == 0 ? 0 : result == WZP_E_MEMORY ? -ENOMEM : -EINVAL;
}

static int prepare(struct wzp_alsa *s)
{
    unsigned old_rate = s->rate, old_channels = s->channels;
    enum wzp_sample_format old_format = s->format;
    int result = agree_on_form(s);
    if (result == 0)
        result = set_wake_up(s);
    if (result == 0 &&
        (!s->fifo || old_rate != s->rate || old_channels != s->channels || old_format != s->format))
        result = take_memory(s);
    if (result < 0)
        return result;
    s->fifo_length = 0;
    s->fd_count = snd_pcm_poll_descriptors_count(s->pcm);
    if (s->fd_count < 0 || s->fd_count > WZP_ALSA_FDS)
        return -EINVAL;
    s->fd_count = snd_pcm_poll_descriptors(s->pcm, s->fds, (unsigned)s->fd_count);
    if (s->fd_count < 0)
        return s->fd_count;
    return wzp_alsa_start(s);
}

int wzp_alsa_open(struct wzp_alsa *s, struct wzp_error *err)
{
    snd_lib_error_set_handler(be_silent);
    int result = snd_pcm_open(&s->pcm, s->name,
                              s->is_playback ? SND_PCM_STREAM_PLAYBACK : SND_PCM_STREAM_CAPTURE,
                              SND_PCM_NONBLOCK);
    if (result < 0) {
        s->pcm = NULL;
        return wzp_alsa_explain(err, s, result);
    }
    result = prepare(s);
    if (result < 0) {
        wzp_alsa_fini(s); /* a half-negotiated format may not match the buffers */
        return wzp_alsa_explain(err, s, result);
    }
    return 0;
}

void wzp_alsa_release(struct wzp_alsa *s)
{
    if (!s->pcm)
        return;
    (void)snd_pcm_drop(s->pcm);
    (void)snd_pcm_close(s->pcm);
    s->pcm = NULL;
    s->fd_count = 0;
}

void wzp_alsa_fini(struct wzp_alsa *s)
{
    wzp_alsa_release(s);
    free_memory(s);
}

/* ---- what there is ---- */

/* The usual one, devices of cards, and plug-ins that only convert or discard. */
enum rank { RANK_DEFAULT, RANK_CARD, RANK_OTHER, RANK_COUNT };

static enum rank rank_of(const char *name)
{
    if (strcmp(name, "default") == 0)
        return RANK_DEFAULT;
    return strstr(name, "CARD=") ? RANK_CARD : RANK_OTHER;
}

struct listing {
    void (*each)(void *context, const char *name, const char *description, bool capture,
                 bool playback);
    void *context;
    bool has_default;
};

static void tell_device(struct listing *l, const void *hint, enum rank rank)
{
    /* The library's malloc, not ours. */
    char *name = snd_device_name_get_hint(hint, "NAME");
    char *description = snd_device_name_get_hint(hint, "DESC");
    char *direction = snd_device_name_get_hint(hint, "IOID"); /* NULL: both */
    if (name && rank_of(name) == rank) {
        for (char *at = description; at && *at; at++)
            if (*at == '\n')
                *at = ',';
        l->has_default = l->has_default || rank == RANK_DEFAULT;
        l->each(l->context, name, description ? description : "",
                !direction || strcmp(direction, "Input") == 0,
                !direction || strcmp(direction, "Output") == 0);
    }
    free(name);
    free(description);
    free(direction);
}

bool wzp_audio_has_card(void)
{
    int card = -1;
    return snd_card_next(&card) == 0 && card >= 0;
}

int wzp_audio_list(void (*each)(void *context, const char *name, const char *description,
                                bool capture, bool playback),
                   void *context, struct wzp_error *err)
{
    struct listing listing = {.each = each, .context = context};
    void **hints = NULL;
    snd_lib_error_set_handler(be_silent);
    int result = snd_device_name_hint(-1, "pcm", &hints);
    if (result < 0)
        return wzp_error_set(err, WZP_E_DEVICE,
                             "the sound system's configuration cannot be read (%s); a mistake in "
                             "~/.asoundrc?",
                             snd_strerror(result));
    for (int rank = 0; rank < RANK_COUNT; rank++) {
        for (void **hint = hints; *hint; hint++)
            tell_device(&listing, *hint, (enum rank)rank);
        /* Every configuration has one, named or not. */
        if (rank == RANK_DEFAULT && !listing.has_default)
            each(context, "default", "the usual device of this machine", true, true);
    }
    snd_device_name_free_hint(hints);
    return 0;
}
