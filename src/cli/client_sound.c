/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/client.h"

#include <string.h>

#include "app/audio_spec.h"
#include "base/text.h"
#include "base/time.h"

#define DEVICES_PERIOD (1 * WZP_SECOND)

bool wzp_client_sound_news(struct wzp_error *out, const struct wzp_audio_spec *spec, bool is_source,
                           bool was_lost, bool is_lost)
{
    const char *what = is_source ? "microphone" : "loudspeaker";
    char name[128];
    if (was_lost == is_lost)
        return false;
    wzp_text_filter(name, sizeof name, spec->name, strlen(spec->name));
    if (spec->kind == WZP_AUDIO_FILE)
        wzp_error_set(out, WZP_E_IO, "nothing more is written to file:%s (disk full?)", name);
    else if (is_lost)
        wzp_error_set(out, WZP_E_DEVICE, "the %s alsa:%s is lost; trying again each second", what,
                      name);
    else
        wzp_error_set(out, 0, "the %s alsa:%s is back", what, name);
    return true;
}

/* The audio thread keeps the blocks moving without devices, and we are called. */
static void look_at_devices(struct wzp_client *c, uint64_t now)
{
    struct wzp_audio_stats stats;
    struct wzp_error err;
    if (wzp_time_since(now, c->devices_seen) < DEVICES_PERIOD)
        return;
    c->devices_seen = now;
    wzp_audio_stats(c->audio, &stats);
    if (wzp_client_sound_news(&err, &c->source, true, c->capture_lost, stats.capture_lost))
        wzp_client_tell(c, &err);
    if (wzp_client_sound_news(&err, &c->sink, false, c->playback_lost, stats.playback_lost))
        wzp_client_tell(c, &err);
    c->capture_lost = stats.capture_lost;
    c->playback_lost = stats.playback_lost;
}

/* Moves blocks between the audio thread's rings and the phone. An event of the phone may close the
 * devices meanwhile. */
static void pump(void *context)
{
    struct wzp_client *c = context;
    int16_t pcm[WZP_AUDIO_BLOCK];
    uint64_t now = wzp_loop_now(c->loop);
    if (!c->audio)
        return;
    look_at_devices(c, now);
    while (c->audio && wzp_audio_read(c->audio, pcm) == 0)
        wzp_phone_capture(c->phone, pcm, WZP_AUDIO_BLOCK, now);
    size_t wanted = c->audio ? wzp_audio_playback_wanted(c->audio) : 0;
    for (; wanted > 0; wanted--) {
        wzp_phone_playback(c->phone, pcm, WZP_AUDIO_BLOCK, now);
        if (!c->audio || wzp_audio_write(c->audio, pcm))
            break;
    }
    wzp_client_kick(c);
}

static void ring_wake(void *context)
{
    wzp_wake_ring(context);
}

static int open_devices(struct wzp_client *c, struct wzp_error *err)
{
    const struct wzp_audio_options options = {
        .source = c->source, .sink = c->sink, .wake = ring_wake, .context = c->wake};
    c->capture_lost = c->playback_lost = false;
    c->devices_seen = wzp_loop_now(c->loop);
    return wzp_audio_open(&c->audio, &options, err);
}

/* A file begins when the call does, and an idle microphone is closed. */
static bool stays_open(const struct wzp_client *c)
{
    return c->sound == WZP_SOUND_SOON && c->source.kind != WZP_AUDIO_FILE &&
           c->sink.kind != WZP_AUDIO_FILE;
}

static void close_devices(struct wzp_client *c)
{
    if (c->audio)
        wzp_audio_close(c->audio);
    c->audio = NULL;
}

int wzp_client_sound_open(struct wzp_client *c, struct wzp_error *err)
{
    int result = wzp_audio_spec_parse(&c->source, c->settings.in, true, err);
    if (!result)
        result = wzp_audio_spec_parse(&c->sink, c->settings.out, false, err);
    if (!result && (result = wzp_wake_new(&c->wake, c->loop, pump, c)) != 0)
        wzp_error_set(err, result, "%s", wzp_strerror(result));
    if (!result)
        result = open_devices(c, err);
    if (!result && !stays_open(c))
        close_devices(c);
    return result;
}

int wzp_client_sound_start(struct wzp_client *c, struct wzp_error *err)
{
    return c->sound == WZP_SOUND_NONE || c->audio ? 0 : open_devices(c, err);
}

void wzp_client_sound_rest(struct wzp_client *c)
{
    if (!stays_open(c) && !wzp_phone_wants_audio(c->phone))
        close_devices(c);
}

void wzp_client_sound_close(struct wzp_client *c)
{
    close_devices(c);
    if (c->wake)
        wzp_wake_close(c->wake);
    c->wake = NULL;
}
