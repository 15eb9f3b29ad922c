/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound of a machine: its virtual card, tones, silence, and WAV files in memory. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "media/level.h"
#include "media/wav.h"
#include "sim/machine_internal.h"

#define TONE_DBFS (-18.0)
#define SPREAD 37 /* us: cards start at different moments, the same in each run */

struct wzp_host_audio {
    struct wzp_sim_item item;
    struct wzp_host_audio_options options;
    struct wzp_sim_timer clock;
    struct wzp_tone tone;
    int16_t *file; /* of a file source, mono 48 kHz */
    size_t file_samples, file_at;
    struct wzp_sim_recording sink; /* of a file sink */
    struct wzp_audio_stats stats;
    bool lacks_source, lacks_sink; /* done without: could not be opened */
    bool busy, closed;
};

static struct wzp_sim_machine *machine(struct wzp_host_audio *a)
{
    return a->item.machine;
}

/* ---- files ---- */

static int load_file(struct wzp_host_audio *a, struct wzp_sim_machine *m, struct wzp_error *err)
{
    const struct wzp_audio_spec *spec = &a->options.source;
    const struct wzp_sim_file *file = wzp_sim_machine_file(m, WZP_PLACE_PATH, spec->name);
    struct wzp_wav_format format;
    if (!file)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "cannot open %s: No such file", spec->name);
    const uint8_t *data = (const uint8_t *)file->text;
    int result = wzp_wav_parse(&format, data, file->length, file->length, err);
    if (!result && format.rate != 48000)
        result = wzp_error_set(err, WZP_E_UNSUPPORTED, "%s is not at 48 kHz", spec->name);
    if (result)
        return result;
    size_t frames = (size_t)format.data_length / (format.channels * format.bits / 8u);
    a->file = wzp_alloc(frames * sizeof *a->file);
    if (!a->file)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    a->file_samples = wzp_wav_to_mono(&(struct wzp_downmix){0}, a->file, frames, &format,
                                      data + format.data_offset, (size_t)format.data_length);
    return 0;
}

static void save_file(struct wzp_host_audio *a, struct wzp_sim_machine *m)
{
    size_t size = WZP_WAV_HEADER_SIZE + a->sink.samples * 2;
    uint8_t *text = wzp_alloc(size);
    if (!text || m->disk_full) {
        wzp_free(text);
        return;
    }
    wzp_wav_header(text, (uint32_t)a->sink.samples);
    wzp_wav_samples(text + WZP_WAV_HEADER_SIZE, a->sink.pcm, a->sink.samples);
    wzp_sim_machine_put(m, WZP_PLACE_PATH, a->options.sink.name, (const char *)text, size);
    wzp_free(text);
}

/* ---- moving samples ---- */

static void take(struct wzp_host_audio *a, int16_t *pcm)
{
    struct wzp_sim_machine *m = machine(a);
    memset(pcm, 0, WZP_AUDIO_BLOCK * sizeof *pcm);
    switch (a->options.source.kind) {
    case WZP_AUDIO_ALSA:
        a->lacks_source = a->lacks_source && (m->card.busy || m->card.no_capture);
        a->stats.capture_lost = m->card.capture_lost || a->lacks_source;
        if (!a->stats.capture_lost)
            wzp_sim_card_speak(&m->card, pcm, WZP_AUDIO_BLOCK);
        break;
    case WZP_AUDIO_TONE: wzp_tone_fill(&a->tone, pcm, WZP_AUDIO_BLOCK); break;
    case WZP_AUDIO_FILE:
        for (size_t i = 0; i < WZP_AUDIO_BLOCK && a->file_at < a->file_samples; i++)
            pcm[i] = a->file[a->file_at++];
        a->stats.source_ended = a->file_at == a->file_samples;
        break;
    case WZP_AUDIO_SILENCE:
    case WZP_AUDIO_NULL: break;
    }
    a->stats.blocks_in++;
}

static void give(struct wzp_host_audio *a, const int16_t *pcm)
{
    struct wzp_sim_machine *m = machine(a);
    if (a->options.sink.kind == WZP_AUDIO_ALSA) {
        a->lacks_sink = a->lacks_sink && (m->card.busy || m->card.no_playback);
        a->stats.playback_lost = m->card.playback_lost || a->lacks_sink;
        if (!a->stats.playback_lost)
            wzp_sim_recording_add(&m->card.heard, pcm, WZP_AUDIO_BLOCK);
    } else if (a->options.sink.kind == WZP_AUDIO_FILE && !a->lacks_sink) {
        a->stats.playback_lost = m->disk_full;
        wzp_sim_recording_add(&a->sink, pcm, WZP_AUDIO_BLOCK);
    }
    a->stats.blocks_out++;
}

static void dispose(struct wzp_host_audio *a)
{
    if (a->options.sink.kind == WZP_AUDIO_FILE && !a->lacks_sink)
        save_file(a, machine(a));
    wzp_sim_item_remove(&a->item);
    wzp_sim_timer_fini(&a->clock);
    wzp_sim_recording_fini(&a->sink);
    wzp_free(a->file);
    wzp_free(a);
}

static void close_audio(struct wzp_sim_item *item)
{
    struct wzp_host_audio *a = (struct wzp_host_audio *)item;
    a->closed = true;
    if (!a->busy)
        dispose(a);
}

static void on_clock(void *context, uint64_t now)
{
    struct wzp_host_audio *a = context;
    int16_t in[WZP_AUDIO_BLOCK], out[WZP_AUDIO_BLOCK];
    wzp_sim_timer_set(&a->clock, now + wzp_sim_card_period(&machine(a)->card));
    take(a, in);
    memset(out, 0, sizeof out);
    a->busy = true;
    a->options.exchange(a->options.owner, in, out, now);
    if (!a->closed) {
        give(a, out);
        a->options.moved(a->options.owner, now);
    }
    a->busy = false;
    if (a->closed)
        dispose(a);
}

/* ---- opening ---- */

/* Of one half of the card. */
static int check_card(const struct wzp_sim_card *card, const char *name, bool is_source,
                      struct wzp_error *err)
{
    const char *what = is_source ? "microphone" : "loudspeaker";
    if (card->busy)
        return wzp_error_set(err, WZP_E_DEVICE, "%s alsa:%s is busy: another program uses it", what,
                             name);
    if (is_source ? card->no_capture : card->no_playback)
        return wzp_error_set(err, WZP_E_DEVICE, "%s alsa:%s: no such device", what, name);
    return 0;
}

static int open_source(struct wzp_host_audio *a, struct wzp_sim_machine *m, struct wzp_error *err)
{
    const struct wzp_audio_spec *spec = &a->options.source;
    switch (spec->kind) {
    case WZP_AUDIO_ALSA: return check_card(&m->card, spec->name, true, err);
    case WZP_AUDIO_FILE: return a->file ? 0 : load_file(a, m, err);
    case WZP_AUDIO_TONE: wzp_tone_init(&a->tone, spec->frequency, TONE_DBFS); return 0;
    case WZP_AUDIO_SILENCE: return 0;
    case WZP_AUDIO_NULL: break;
    }
    return wzp_error_set(err, WZP_E_ARGUMENT, "null is no sound source");
}

static int open_sink(struct wzp_host_audio *a, struct wzp_sim_machine *m, struct wzp_error *err)
{
    const struct wzp_host_audio_options *o = &a->options;
    if (o->sink.kind == WZP_AUDIO_ALSA)
        return check_card(&m->card, o->sink.name, false, err);
    if (o->sink.kind == WZP_AUDIO_TONE || o->sink.kind == WZP_AUDIO_SILENCE)
        return wzp_error_set(err, WZP_E_ARGUMENT, "tone and silence are no sound destinations");
    if (o->source.kind == WZP_AUDIO_FILE && o->sink.kind == WZP_AUDIO_FILE &&
        strcmp(o->source.name, o->sink.name) == 0)
        return wzp_error_set(err, WZP_E_ARGUMENT, "file:%s is read and would be overwritten",
                             o->sink.name);
    return 0;
}

static int without(struct wzp_host_audio *a, bool is_source, int result,
                   const struct wzp_error *why)
{
    if (!a->options.refused || result == WZP_E_MEMORY)
        return result;
    if (is_source)
        a->lacks_source = a->stats.capture_lost = true;
    else
        a->lacks_sink = a->stats.playback_lost = true;
    a->options.refused(a->options.owner, is_source, why);
    return 0;
}

static int open_sides(struct wzp_host_audio *a, struct wzp_sim_machine *m, struct wzp_error *err)
{
    struct wzp_error why = {0};
    int result = open_source(a, m, &why);
    if (result)
        result = without(a, true, result, &why);
    if (!result && (result = open_sink(a, m, &why)) != 0)
        result = without(a, false, result, &why);
    return result ? wzp_error_set(err, result, "%s", why.text) : 0;
}

/* The new device continues a file of the old one, through which nothing moves any more. */
static void take_over(struct wzp_host_audio *a, struct wzp_host_audio *from)
{
    if (!from)
        return;
    wzp_sim_timer_set(&from->clock, WZP_NEVER);
    if (wzp_audio_spec_same_file(&a->options.source, &from->options.source)) {
        a->file = from->file;
        a->file_samples = from->file_samples;
        a->file_at = from->file_at;
        from->file = NULL;
        from->file_samples = from->file_at = 0;
    }
    if (wzp_audio_spec_same_file(&a->options.sink, &from->options.sink) && !from->lacks_sink) {
        a->sink = from->sink;
        from->sink = (struct wzp_sim_recording){0};
        from->lacks_sink = true;
    }
}

int wzp_sim_audio_open(void *context, struct wzp_host_audio **out,
                       const struct wzp_host_audio_options *options, struct wzp_error *err)
{
    struct wzp_sim_machine *m = context;
    *out = NULL;
    struct wzp_host_audio *a = wzp_calloc(1, sizeof *a);
    if (!a)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    a->options = *options;
    take_over(a, options->replaces);
    int result = open_sides(a, m, err);
    if (!result && (result = wzp_sim_timer_init(&a->clock, m->sim, on_clock, a)) != 0)
        wzp_error_set(err, result, "out of memory");
    if (!result && !options->exchange)
        wzp_sim_timer_fini(&a->clock);
    if (result || !options->exchange) {
        wzp_free(a->file);
        wzp_free(a);
        return result;
    }
    wzp_sim_item_add(m, &a->item, close_audio);
    struct wzp_random random = wzp_sim_random(m->sim);
    uint64_t offset = wzp_random_below(&random, 10000 / SPREAD) * SPREAD * 1000;
    wzp_sim_timer_set(&a->clock, wzp_sim_now(m->sim) + offset);
    *out = a;
    return 0;
}

void wzp_sim_audio_stats(void *context, const struct wzp_host_audio *audio,
                         struct wzp_audio_stats *out)
{
    (void)context;
    *out = audio->stats;
}

int wzp_sim_audio_close(void *context, struct wzp_host_audio *audio)
{
    const struct wzp_sim_machine *m = context;
    if (!audio || audio->closed)
        return 0;
    bool lost = audio->options.sink.kind == WZP_AUDIO_FILE && !audio->lacks_sink && m->disk_full;
    close_audio(&audio->item);
    return lost ? WZP_E_IO : 0;
}

int wzp_sim_audio_list(void *context,
                       void (*each)(void *owner, const char *name, const char *description,
                                    bool capture, bool playback),
                       void *owner, struct wzp_error *err)
{
    (void)context;
    (void)err;
    each(owner, "default", "the virtual sound card", true, true);
    return 0;
}
