/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A pair of sound devices as the loop thread sees it. */
#include "audio/audio.h"

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/internal.h"
#include "base/alloc.h"

/* 170 ms each: what the loop may be late by before samples are lost. */
#define RING_SAMPLES 8192
#define TONE_DBFS (-18.0)

/* False when a file that was written is not whole. */
static bool free_parts(struct wzp_audio *a)
{
    wzp_alsa_fini(&a->capture_device);
    wzp_alsa_fini(&a->playback_device);
    wzp_file_source_close(a->source);
    bool whole = wzp_file_sink_close(a->sink);
    wzp_ring_fini(&a->capture);
    wzp_ring_fini(&a->playback);
    if (a->stop_fd >= 0)
        close(a->stop_fd);
    wzp_free(a);
    return whole;
}

static int open_device(struct wzp_audio *a, struct wzp_alsa *s, const struct wzp_audio_spec *spec,
                       bool is_playback, struct wzp_error *err)
{
    s->name = spec->name;
    s->is_playback = is_playback;
    s->period_ms = a->options.period_ms > 0 ? a->options.period_ms : 10;
    s->counters = &a->counters;
    return wzp_alsa_open(s, err);
}

static int open_source(struct wzp_audio *a, struct wzp_error *err)
{
    const struct wzp_audio_spec *spec = &a->options.source;
    if (a->source) /* of the pair whose place this one takes */
        return 0;
    switch (spec->kind) {
    case WZP_AUDIO_ALSA: return open_device(a, &a->capture_device, spec, false, err);
    case WZP_AUDIO_FILE: return wzp_file_source_open(&a->source, spec->name, err);
    case WZP_AUDIO_TONE: wzp_tone_init(&a->tone, spec->frequency, TONE_DBFS); return 0;
    case WZP_AUDIO_SILENCE: return 0;
    case WZP_AUDIO_NULL: break;
    }
    return wzp_error_set(err, WZP_E_ARGUMENT, "null is no sound source");
}

/* Through whatever links: writing would destroy what is read. */
static bool is_same_file(const struct wzp_audio *a)
{
    struct stat from, to;
    return a->options.source.kind == WZP_AUDIO_FILE && a->options.sink.kind == WZP_AUDIO_FILE &&
           stat(a->options.source.name, &from) == 0 && stat(a->options.sink.name, &to) == 0 &&
           S_ISREG(to.st_mode) && from.st_dev == to.st_dev && from.st_ino == to.st_ino;
}

static int open_sink(struct wzp_audio *a, struct wzp_error *err)
{
    const struct wzp_audio_spec *spec = &a->options.sink;
    if (a->sink) /* likewise */
        return 0;
    if (is_same_file(a))
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "file:%s is read and would be overwritten: name another file to write",
                             spec->name);
    switch (spec->kind) {
    case WZP_AUDIO_ALSA: return open_device(a, &a->playback_device, spec, true, err);
    case WZP_AUDIO_FILE: return wzp_file_sink_open(&a->sink, spec->name, err);
    case WZP_AUDIO_NULL: return 0;
    case WZP_AUDIO_TONE:
    case WZP_AUDIO_SILENCE: break;
    }
    return wzp_error_set(err, WZP_E_ARGUMENT, "tone and silence are no sound destinations");
}

int wzp_audio_check(const struct wzp_audio_options *options, struct wzp_error *err)
{
    struct wzp_audio *a = wzp_calloc(1, sizeof *a);
    if (!a)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    a->options = *options;
    a->stop_fd = -1;
    bool is_in =
        options->source.kind == WZP_AUDIO_FILE && wzp_stream_is_meant(options->source.name);
    bool is_out = options->sink.kind == WZP_AUDIO_FILE && wzp_stream_is_meant(options->sink.name);
    int result = is_in ? wzp_stream_check(options->source.name, true, err) : open_source(a, err);
    if (!result)
        result = is_out ? wzp_stream_check(options->sink.name, false, err) : open_sink(a, err);
    if (!free_parts(a) && !result)
        result = wzp_error_set(err, WZP_E_IO, "cannot write %s", options->sink.name);
    return result;
}

/* The pair runs without a side that cannot be opened, if its owner allows that. Out of memory
 * remains an error. */
static int without(struct wzp_audio *a, bool is_source, int result, const struct wzp_error *why)
{
    struct wzp_alsa *s = is_source ? &a->capture_device : &a->playback_device;
    atomic_bool *flag = is_source ? &a->counters.capture_lost : &a->counters.playback_lost;
    enum wzp_audio_kind kind = is_source ? a->options.source.kind : a->options.sink.kind;
    if (!a->options.refused || result == WZP_E_MEMORY)
        return result;
    if (kind == WZP_AUDIO_ALSA)
        wzp_audio_lose(s, flag, wzp_audio_clock());
    atomic_store_explicit(flag, true, memory_order_relaxed);
    a->options.refused(a->options.owner, is_source, why);
    return 0;
}

static int open_sides(struct wzp_audio *a, struct wzp_error *err)
{
    struct wzp_error why = {0};
    int result = open_source(a, &why);
    if (result)
        result = without(a, true, result, &why);
    if (!result && (result = open_sink(a, &why)) != 0)
        result = without(a, false, result, &why);
    return result ? wzp_error_set(err, result, "%s", why.text) : 0;
}

/* Signals are the loop thread's business. */
static int start_thread(struct wzp_audio *a)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&a->thread, NULL, wzp_audio_thread, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void stop_thread(struct wzp_audio *a)
{
    uint64_t one = 1;
    if (!a->runs)
        return;
    a->runs = false;
    atomic_store(&a->stop, true);
    if (write(a->stop_fd, &one, sizeof one) < 0) {
        /* A full counter wakes the thread as well. */
    }
    pthread_join(a->thread, NULL);
}

/* The old pair's devices are closed first, since the new pair may open the same ones. */
static void take_over(struct wzp_audio *a, struct wzp_audio *from)
{
    if (!from)
        return;
    stop_thread(from);
    wzp_alsa_fini(&from->capture_device);
    wzp_alsa_fini(&from->playback_device);
    if (wzp_audio_spec_same_file(&a->options.source, &from->options.source)) {
        a->source = from->source;
        from->source = NULL;
    }
    if (wzp_audio_spec_same_file(&a->options.sink, &from->options.sink)) {
        a->sink = from->sink;
        from->sink = NULL;
    }
}

int wzp_audio_open(struct wzp_audio **out, const struct wzp_audio_options *options,
                   struct wzp_error *err)
{
    *out = NULL;
    struct wzp_audio *a = wzp_calloc(1, sizeof *a);
    if (!a)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    a->options = *options;
    a->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int result = 0;
    if (a->stop_fd < 0)
        result = wzp_error_set(err, WZP_E_IO, "cannot make an eventfd");
    if (result == 0 && (wzp_ring_init(&a->capture, RING_SAMPLES) < 0 ||
                        wzp_ring_init(&a->playback, RING_SAMPLES) < 0))
        result = wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    if (result == 0)
        take_over(a, options->replaces);
    if (result == 0)
        result = open_sides(a, err);
    if (result == 0 && !(a->runs = start_thread(a) == 0))
        result = wzp_error_set(err, WZP_E_IO, "cannot start the audio thread");
    if (result < 0) {
        (void)free_parts(a);
        return result;
    }
    *out = a;
    return 0;
}

int wzp_audio_close(struct wzp_audio *a)
{
    if (!a)
        return 0;
    stop_thread(a);
    return free_parts(a) ? 0 : WZP_E_IO;
}

size_t wzp_audio_playback_wanted(const struct wzp_audio *a)
{
    size_t have = wzp_ring_readable(&a->playback) / WZP_AUDIO_BLOCK;
    return have < WZP_AUDIO_TARGET_BLOCKS ? WZP_AUDIO_TARGET_BLOCKS - have : 0;
}

int wzp_audio_read(struct wzp_audio *a, int16_t *pcm)
{
    if (wzp_ring_readable(&a->capture) < WZP_AUDIO_BLOCK)
        return WZP_E_AGAIN;
    wzp_ring_read(&a->capture, pcm, WZP_AUDIO_BLOCK);
    return 0;
}

int wzp_audio_write(struct wzp_audio *a, const int16_t *pcm)
{
    if (wzp_ring_writable(&a->playback) < WZP_AUDIO_BLOCK)
        return WZP_E_AGAIN;
    wzp_ring_write(&a->playback, pcm, WZP_AUDIO_BLOCK);
    return 0;
}

void wzp_audio_stats(const struct wzp_audio *a, struct wzp_audio_stats *out)
{
    const struct wzp_audio_counters *c = &a->counters;
    memset(out, 0, sizeof *out);
#define COPY(name) out->name = atomic_load_explicit(&c->name, memory_order_relaxed)
    COPY(blocks_in);
    COPY(blocks_out);
    COPY(capture_overruns);
    COPY(playback_underruns);
    COPY(xruns);
    COPY(suspends);
    COPY(reopens);
    COPY(capture_lost);
    COPY(playback_lost);
    COPY(source_ended);
#undef COPY
    out->playback_queue_ms = (unsigned)(wzp_ring_readable(&a->playback) * 1000 / WZP_AUDIO_RATE) +
                             atomic_load_explicit(&c->device_queue_ms, memory_order_relaxed);
}
