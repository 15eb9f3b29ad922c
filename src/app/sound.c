/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connects the host's sound devices with the phone: when they are open, reports about them, the
 * ring tone. */
#include <string.h>

#include "app/audio_spec.h"
#include "app/internal.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

#define LOOK_PERIOD (1 * WZP_SECOND)
#define RETRY_PERIOD (1 * WZP_SECOND)
/* The ring tone: two tones together, for 2 s of every 6 s, with soft edges. */
#define RING_DBFS (-20.0)
#define RING_BLOCKS 200
#define RING_PERIOD 600
#define RING_RAMP 5

bool wzp_sound_news(struct wzp_error *out, const struct wzp_audio_spec *spec, bool is_source,
                    bool was_lost, bool is_lost)
{
    const char *what = is_source ? "microphone" : "loudspeaker";
    char name[128];
    if (was_lost == is_lost)
        return false;
    wzp_text_filter(name, sizeof name, spec->name, strlen(spec->name));
    if (spec->kind == WZP_AUDIO_FILE && is_source)
        wzp_error_set(out, WZP_E_SYNTAX,
                      "%s holds no WAV, which is all that a pipe may hold: nothing is said",
                      strcmp(name, "-") == 0 ? "standard input" : name);
    else if (spec->kind == WZP_AUDIO_FILE && strcmp(name, "-") == 0)
        wzp_error_set(out, WZP_E_IO, "nothing more is written to standard output: nobody reads it");
    else if (spec->kind == WZP_AUDIO_FILE)
        wzp_error_set(out, WZP_E_IO,
                      "nothing more is written to file:%s (disk full, or nobody reads it?)", name);
    else if (is_lost)
        wzp_error_set(out, WZP_E_DEVICE, "the %s alsa:%s is lost; trying again each second", what,
                      name);
    else
        wzp_error_set(out, 0, "the %s alsa:%s is back", what, name);
    return true;
}

bool wzp_sound_is_live(const struct wzp_app *app)
{
    return app->config.sound != WZP_SOUND_NONE && app->sound.devices.source.kind == WZP_AUDIO_ALSA;
}

/* ---- while they run ---- */

static void tell(struct wzp_app *app, const struct wzp_error *news)
{
    if (news->code)
        wzp_app_tell_error(app, NULL, news);
    else
        wzp_app_tell_notice(app, news->text);
}

static void tell_news(struct wzp_app *app, const struct wzp_audio_stats *stats)
{
    struct wzp_app_sound_state *s = &app->sound;
    struct wzp_error capture, playback;
    bool is_capture =
        wzp_sound_news(&capture, &s->source, true, s->capture_lost, stats->capture_lost);
    bool is_playback =
        wzp_sound_news(&playback, &s->sink, false, s->playback_lost, stats->playback_lost);
    s->capture_lost = stats->capture_lost;
    s->playback_lost = stats->playback_lost;
    app->file_lost |= (is_capture && s->source.kind == WZP_AUDIO_FILE) ||
                      (is_playback && s->sink.kind == WZP_AUDIO_FILE);
    if (is_capture)
        tell(app, &capture);
    if (is_playback)
        tell(app, &playback);
}

/* Looks whether devices were lost or came back. The host keeps calling us in either case, because
 * blocks move without devices as well. */
static void look_at_devices(struct wzp_app *app, uint64_t now)
{
    struct wzp_app_sound_state *s = &app->sound;
    struct wzp_audio_stats stats;
    if (wzp_time_since(now, s->looked_at) < LOOK_PERIOD)
        return;
    s->looked_at = now;
    WZP_HOST(app, audio_stats, s->audio, &stats);
    tell_news(app, &stats);
}

static void add_ring(struct wzp_app *app, int16_t *pcm)
{
    struct wzp_app_sound_state *s = &app->sound;
    int16_t low[WZP_AUDIO_BLOCK], high[WZP_AUDIO_BLOCK];
    unsigned at = (unsigned)(s->ring_blocks++ % RING_PERIOD);
    if (at >= RING_BLOCKS)
        return;
    wzp_tone_fill(&s->tones[0], low, WZP_AUDIO_BLOCK);
    wzp_tone_fill(&s->tones[1], high, WZP_AUDIO_BLOCK);
    int loud = at < RING_RAMP                  ? (int)at + 1
               : at >= RING_BLOCKS - RING_RAMP ? (int)(RING_BLOCKS - at)
                                               : RING_RAMP;
    for (size_t i = 0; i < WZP_AUDIO_BLOCK; i++) {
        int sum = pcm[i] + (low[i] + high[i]) * loud / RING_RAMP;
        pcm[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
}

/* An event of the phone may close the devices during this function. */
static void exchange(void *owner, const int16_t *in, int16_t *out, uint64_t now)
{
    struct wzp_app *app = owner;
    if (app->sound.trial) {
        wzp_sound_trial_exchange(app, in, out, now);
        return;
    }
    if (in && !app->sound.ringing_only)
        wzp_phone_capture(app->phone, in, WZP_AUDIO_BLOCK, now);
    if (!out)
        return;
    uint64_t before = WZP_HOST(app, processor_time);
    wzp_phone_playback(app->phone, out, WZP_AUDIO_BLOCK, now);
    wzp_phone_spent(app->phone, WZP_HOST(app, processor_time) - before, WZP_AUDIO_BLOCK);
    if (wzp_answering_rings(app))
        add_ring(app, out);
}

static void moved(void *owner, uint64_t now)
{
    struct wzp_app *app = owner;
    wzp_app_kick(app);
    if (wzp_sound_trial_is_over(app, now)) {
        wzp_sound_trial_end(app);
        wzp_sound_arrange(app);
    }
    if (app->sound.audio)
        look_at_devices(app, now);
}

/* ---- opening and closing ---- */

static void look_last(struct wzp_app *app, struct wzp_audio_stats *stats)
{
    WZP_HOST(app, audio_stats, app->sound.audio, stats);
    wzp_log(&app->host.log, WZP_LOG_DEBUG,
            "app: sound devices are closed: %llu blocks played, %llu came too late, %llu "
            "heard, %llu thrown away",
            (unsigned long long)stats->blocks_out, (unsigned long long)stats->playback_underruns,
            (unsigned long long)stats->blocks_in, (unsigned long long)stats->capture_overruns);
}

static void close_devices(struct wzp_app *app)
{
    struct wzp_host_audio *audio = app->sound.audio;
    struct wzp_audio_stats stats;
    if (!audio)
        return;
    look_last(app, &stats);
    bool whole = WZP_HOST(app, audio_close, audio) == 0;
    app->sound.audio = NULL;
    stats.playback_lost |= !whole; /* the file's last samples could not be written */
    /* Only files are reported: the state of a device that is closed does not matter. */
    if (app->sound.source.kind == WZP_AUDIO_FILE || app->sound.sink.kind == WZP_AUDIO_FILE)
        tell_news(app, &stats);
}

/* One side could not be opened, and the audio runs without it. The error is only stored here: a
 * listener could open other devices, which is not allowed inside audio_open. */
static void on_refused(void *owner, bool is_source, const struct wzp_error *err)
{
    struct wzp_app_sound_state *s = &((struct wzp_app *)owner)->sound;
    if (is_source)
        s->capture_why = *err;
    else
        s->playback_why = *err;
}

/* whole: fails when a side cannot be opened; else the audio runs without it. replaces: the audio
 * whose place it takes, or NULL. */
static int open_devices(struct wzp_app *app, bool ringing_only, bool whole,
                        struct wzp_host_audio *replaces, struct wzp_error *err)
{
    struct wzp_app_sound_state *s = &app->sound;
    struct wzp_host_audio_options options = {.source = s->devices.source,
                                             .sink = s->devices.sink,
                                             .exchange = exchange,
                                             .moved = moved,
                                             .owner = app,
                                             .refused = whole ? NULL : on_refused,
                                             .replaces = replaces};
    if (ringing_only) { /* the microphone stays closed until the call is answered */
        options.source = (struct wzp_audio_spec){.kind = WZP_AUDIO_SILENCE};
        options.sink = s->devices.ring;
    }
    s->source = options.source;
    s->sink = options.sink;
    s->ringing_only = ringing_only;
    s->capture_lost = s->playback_lost = false;
    s->capture_why.code = s->playback_why.code = 0;
    s->looked_at = wzp_app_now(app);
    s->ring_blocks = 0;
    wzp_tone_init(&s->tones[0], 440, RING_DBFS);
    wzp_tone_init(&s->tones[1], 480, RING_DBFS);
    wzp_log(&app->host.log, WZP_LOG_DEBUG, "app: sound devices are opened%s",
            ringing_only ? " to ring" : "");
    return WZP_HOST(app, audio_open, &s->audio, &options, err);
}

static bool uses_files(const struct wzp_app *app)
{
    return app->sound.devices.source.kind == WZP_AUDIO_FILE ||
           app->sound.devices.sink.kind == WZP_AUDIO_FILE;
}

/* Files are opened when a call begins, so that they start with it; otherwise an idle microphone is
 * closed. */
static bool stays_open(const struct wzp_app *app)
{
    return app->config.sound == WZP_SOUND_SOON && !app->stopping && !uses_files(app);
}

/* Checks that both sides can be opened, without reading anything: the data of a pipe comes only
 * once. */
static int look_only(struct wzp_app *app, struct wzp_error *err)
{
    struct wzp_host_audio *none = NULL;
    const struct wzp_host_audio_options options = {.source = app->sound.devices.source,
                                                   .sink = app->sound.devices.sink};
    return WZP_HOST(app, audio_open, &none, &options, err);
}

/* A file must stay open while a call is on hold: opened again, it would start from the
 * beginning. */
static bool must_go_on(const struct wzp_app *app)
{
    return uses_files(app) && !app->sound.ringing_only && wzp_phone_session(app->phone, 0) != 0;
}

static void on_retry(void *context, uint64_t now)
{
    (void)now;
    wzp_sound_arrange(context);
}

int wzp_sound_parse(struct wzp_app_devices *out, const struct wzp_settings *s,
                    struct wzp_error *err)
{
    int result = wzp_audio_spec_parse(&out->source, s->in, true, err);
    if (!result)
        result = wzp_audio_spec_parse(&out->sink, s->out, false, err);
    if (!result)
        result = wzp_audio_spec_parse(&out->ring, s->ring[0] ? s->ring : s->out, false, err);
    if (!result && s->ring[0] && out->ring.kind == WZP_AUDIO_FILE)
        result = wzp_error_set(err, WZP_E_ARGUMENT, "ring: the tone is for ears, not for a file");
    return result;
}

int wzp_sound_check(struct wzp_app *app, struct wzp_error *err)
{
    struct wzp_app_sound_state *s = &app->sound;
    struct wzp_error device = {0};
    int result = wzp_sound_parse(&s->devices, &app->settings, err);
    if (!result && (result = WZP_HOST(app, timer_new, &s->retry, on_retry, app)) != 0)
        wzp_error_set(err, result, "a timer: %s", wzp_strerror(result));
    if (result)
        return result;
    s->checked = true;
    result =
        uses_files(app) ? look_only(app, &device) : open_devices(app, false, true, NULL, &device);
    /* A softphone that waits for calls may start without a device. */
    if (result == WZP_E_DEVICE && app->config.sound == WZP_SOUND_LATER) {
        if (app->note_count < 2)
            app->notes[app->note_count++] = device;
        return 0;
    }
    if (result)
        return wzp_error_set(err, result, "%s", device.text);
    if (!stays_open(app))
        close_devices(app);
    return 0;
}

/* Reports each side that cannot be opened, once until it can be opened again. */
static void tell_refusals(struct wzp_app *app)
{
    struct wzp_app_sound_state *s = &app->sound;
    const struct wzp_error capture = s->capture_why, playback = s->playback_why;
    bool tells_capture = capture.code && !s->capture_told;
    bool tells_playback = playback.code && !s->playback_told;
    s->capture_lost = s->capture_told = capture.code != 0;
    s->playback_lost = s->playback_told = playback.code != 0;
    app->file_lost |=
        !s->ringing_only && ((capture.code && s->devices.source.kind == WZP_AUDIO_FILE) ||
                             (playback.code && s->devices.sink.kind == WZP_AUDIO_FILE));
    if (tells_capture)
        wzp_app_tell_error(app, NULL, &capture);
    if (tells_playback)
        wzp_app_tell_error(app, NULL, &playback);
}

/* Opens the audio. A call's audio always runs: a device that cannot be opened gives silence, or its
 * samples are thrown away, until it can be opened. Only when memory is short does the audio not
 * run; then it is tried again later. */
static void open_or_retry(struct wzp_app *app, bool ringing_only, struct wzp_host_audio *replaces)
{
    struct wzp_app_sound_state *s = &app->sound;
    struct wzp_error err = {0};
    if (open_devices(app, ringing_only, false, replaces, &err) == 0) {
        s->refused = false;
        tell_refusals(app);
        return;
    }
    if (!s->refused)
        wzp_app_tell_error(app, NULL, &err);
    s->refused = true;
    WZP_HOST(app, timer_set, s->retry, wzp_time_add(wzp_app_now(app), RETRY_PERIOD));
}

int wzp_sound_trial_open(struct wzp_app *app, struct wzp_error *err)
{
    return app->sound.audio ? 0 : open_devices(app, false, true, NULL, err);
}

void wzp_sound_arrange(struct wzp_app *app)
{
    struct wzp_app_sound_state *s = &app->sound;
    if (!s->checked)
        return;
    bool talks = wzp_phone_wants_audio(app->phone);
    bool rings = !talks && s->devices.ring.kind == WZP_AUDIO_ALSA && wzp_answering_rings(app);
    if (talks || rings || app->stopping)
        wzp_sound_trial_end(app);
    if (s->audio && s->ringing_only != rings && (talks || rings || s->ringing_only))
        close_devices(app);
    if ((talks || rings || s->trial) && !s->audio)
        open_or_retry(app, rings, NULL);
    else if (!talks && !rings && s->audio && !s->trial && !stays_open(app) && !must_go_on(app))
        close_devices(app);
}

/* Reports the loss of a file that is not used any more. */
static void tell_lost(struct wzp_app *app, const struct wzp_audio_spec *spec, bool is_source,
                      bool was_lost, bool is_lost)
{
    struct wzp_error news;
    if (spec->kind != WZP_AUDIO_FILE || !wzp_sound_news(&news, spec, is_source, was_lost, is_lost))
        return;
    app->file_lost = true;
    tell(app, &news);
}

/* Changes devices in a call: a file that stays configured continues, and none of its samples are
 * lost. */
static void replace_devices(struct wzp_app *app)
{
    struct wzp_app_sound_state *s = &app->sound;
    const struct wzp_audio_spec source = s->source, sink = s->sink;
    bool capture_lost = s->capture_lost, playback_lost = s->playback_lost;
    struct wzp_host_audio *old = s->audio;
    struct wzp_audio_stats stats;
    look_last(app, &stats);
    s->audio = NULL;
    open_or_retry(app, false, old);
    stats.playback_lost |= WZP_HOST(app, audio_close, old) != 0;
    if (wzp_audio_spec_same_file(&source, &s->source))
        s->capture_lost |= capture_lost;
    else
        tell_lost(app, &source, true, capture_lost, stats.capture_lost);
    if (wzp_audio_spec_same_file(&sink, &s->sink))
        s->playback_lost |= playback_lost;
    else
        tell_lost(app, &sink, false, playback_lost, stats.playback_lost);
}

void wzp_sound_reopen(struct wzp_app *app)
{
    struct wzp_app_sound_state *s = &app->sound;
    bool ran = s->audio;
    s->refused = s->capture_told = s->playback_told = false;
    if (ran && !s->ringing_only && (wzp_phone_wants_audio(app->phone) || must_go_on(app)))
        replace_devices(app);
    else
        close_devices(app);
    if (ran && !s->audio && (stays_open(app) || s->trial))
        open_or_retry(app, false, NULL);
    wzp_sound_arrange(app);
}

/* ---- files that a call has left ---- */

int wzp_sound_check_change(struct wzp_app *app, const struct wzp_app_devices *to,
                           struct wzp_error *err)
{
    struct wzp_app_sound_state *s = &app->sound;
    if (wzp_phone_session(app->phone, 0) == 0)
        s->left_count = 0;
    if (to->sink.kind != WZP_AUDIO_FILE)
        return 0;
    if (wzp_audio_spec_same_file(&to->source, &to->sink))
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "%.160s is read and would be overwritten: name another file",
                             to->sink.name);
    for (size_t i = 0; i < s->left_count; i++)
        if (strcmp(s->left[i], to->sink.name) == 0)
            return wzp_error_set(err, WZP_E_REFUSED,
                                 "%.160s holds what this call recorded before: name another file",
                                 to->sink.name);
    return 0;
}

void wzp_sound_note_left(struct wzp_app *app, const struct wzp_app_devices *before)
{
    struct wzp_app_sound_state *s = &app->sound;
    bool wrote = wzp_phone_session(app->phone, 0) != 0 && before->sink.kind == WZP_AUDIO_FILE &&
                 !wzp_audio_spec_same_file(&before->sink, &s->devices.sink);
    if (!wrote)
        return;
    if (s->left_count == WZP_SOUND_LEFT_MAX) { /* the list is full: drop the oldest */
        memmove(s->left[0], s->left[1], sizeof s->left - sizeof s->left[0]);
        s->left_count--;
    }
    wzp_text_copy(s->left[s->left_count++], sizeof s->left[0], before->sink.name);
}

/* Only sound cards are checked: files are opened or created when a call begins. */
int wzp_sound_can_keep(struct wzp_app *app, const char *key, struct wzp_error *err)
{
    struct wzp_app_sound_state *s = &app->sound;
    bool is_source = strcmp(key, "in") == 0, is_ring = strcmp(key, "ring") == 0;
    struct wzp_host_audio_options options = {.source.kind = WZP_AUDIO_SILENCE,
                                             .sink.kind = WZP_AUDIO_NULL};
    struct wzp_host_audio *none = NULL;
    if (!s->checked || (!is_source && !is_ring && strcmp(key, "out") != 0))
        return 0;
    const struct wzp_audio_spec *spec = is_source ? &s->devices.source
                                        : is_ring ? &s->devices.ring
                                                  : &s->devices.sink;
    const struct wzp_audio_spec *used = is_source ? &s->source : &s->sink;
    bool is_lost = is_source ? s->capture_lost : s->playback_lost;
    /* A sound card that we have open cannot always be opened a second time. */
    bool runs =
        s->audio && !is_lost && used->kind == spec->kind && strcmp(used->name, spec->name) == 0;
    if (spec->kind != WZP_AUDIO_ALSA || runs)
        return 0;
    if (is_source)
        options.source = *spec;
    else
        options.sink = *spec;
    struct wzp_error why = {0};
    int result = WZP_HOST(app, audio_open, &none, &options, &why);
    return result ? wzp_error_set(err, result, "not kept: %s", why.text) : 0;
}

void wzp_sound_fini(struct wzp_app *app)
{
    close_devices(app);
    wzp_sound_trial_end(app);
    WZP_HOST(app, timer_free, app->sound.retry);
    app->sound.retry = NULL;
    app->sound.checked = false;
}
