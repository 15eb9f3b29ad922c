/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/client.h"

/* Moves blocks between the audio thread's rings and the phone. An event of the phone may close the
 * devices meanwhile. */
static void pump(void *context)
{
    struct wzp_client *c = context;
    int16_t pcm[WZP_AUDIO_BLOCK];
    uint64_t now = wzp_loop_now(c->loop);
    if (!c->audio)
        return;
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
    int r = wzp_audio_spec_parse(&c->source, c->settings.in, true, err);
    if (!r)
        r = wzp_audio_spec_parse(&c->sink, c->settings.out, false, err);
    if (!r && (r = wzp_wake_new(&c->wake, c->loop, pump, c)) != 0)
        wzp_error_set(err, r, "%s", wzp_strerror(r));
    if (!r)
        r = open_devices(c, err);
    if (!r && !stays_open(c))
        close_devices(c);
    return r;
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
