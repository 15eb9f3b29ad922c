/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trial of microphone and loudspeaker outside of calls: a test tone, and one's own voice a second
 * later. The devices are open during the trial only, and a call takes them over. */
#include <string.h>

#include "app/internal.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "media/level.h"

/* one second: long enough to distinguish it from one's own voice */
#define DELAY_SAMPLES 48000
#define TRIAL_MOST (120 * WZP_SECOND) /* time limit, so that no microphone stays open by mistake */
#define TONE_TIME (1500 * WZP_MILLISECOND)
#define TONE_HZ 440
#define TONE_DBFS (-20.0)

struct wzp_sound_trial {
    bool hears; /* the microphone is played a second later */
    uint64_t tone_until, until;
    struct wzp_tone tone;
    struct wzp_meter in, out;
    size_t at;
    int16_t said[DELAY_SAMPLES];
};

void wzp_sound_trial_exchange(struct wzp_app *app, const int16_t *in, int16_t *out, uint64_t now)
{
    struct wzp_sound_trial *t = app->sound.trial;
    int16_t *place = t->said + t->at;
    if (out && now < t->tone_until)
        wzp_tone_fill(&t->tone, out, WZP_AUDIO_BLOCK);
    else if (out && t->hears)
        memcpy(out, place, WZP_AUDIO_BLOCK * sizeof *out);
    else if (out)
        memset(out, 0, WZP_AUDIO_BLOCK * sizeof *out);
    if (out)
        wzp_meter_feed(&t->out, out, WZP_AUDIO_BLOCK);
    if (!in)
        return;
    wzp_meter_feed(&t->in, in, WZP_AUDIO_BLOCK);
    for (size_t i = 0; i < WZP_AUDIO_BLOCK; i++)
        place[i] = (int16_t)(in[i] / 2); /* half the level, to avoid acoustic feedback */
    t->at = (t->at + WZP_AUDIO_BLOCK) % DELAY_SAMPLES;
}

bool wzp_sound_trial_is_over(const struct wzp_app *app, uint64_t now)
{
    return app->sound.trial && now >= app->sound.trial->until;
}

void wzp_sound_trial_end(struct wzp_app *app)
{
    struct wzp_sound_trial *t = app->sound.trial;
    if (!t)
        return;
    wzp_wipe(t->said, sizeof t->said);
    wzp_free(t);
    app->sound.trial = NULL;
}

static int begin(struct wzp_app *app, struct wzp_error *err)
{
    struct wzp_app_sound_state *s = &app->sound;
    if (s->devices.source.kind == WZP_AUDIO_FILE || s->devices.sink.kind == WZP_AUDIO_FILE)
        return wzp_error_set(err, WZP_E_STATE, "only devices can be tried, not files");
    s->trial = wzp_calloc(1, sizeof *s->trial);
    if (!s->trial)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    int result = wzp_sound_trial_open(app, err);
    if (result)
        wzp_sound_trial_end(app);
    return result;
}

int wzp_sound_try(struct wzp_app *app, const char *what, struct wzp_error *err)
{
    struct wzp_app_sound_state *s = &app->sound;
    bool tone = strcmp(what, "tone") == 0, hear = strcmp(what, "hear") == 0;
    if (strcmp(what, "off") == 0) {
        wzp_sound_trial_end(app);
        wzp_sound_arrange(app);
        return 0;
    }
    if (!tone && !hear && strcmp(what, "levels") != 0)
        return wzp_error_set(err, WZP_E_ARGUMENT, "try levels, tone, hear or off, not \"%.40s\"",
                             what);
    if (app->config.sound == WZP_SOUND_NONE)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "there is no sound here");
    if (wzp_phone_wants_audio(app->phone) || wzp_answering_rings(app))
        return wzp_error_set(err, WZP_E_STATE, "a call is using the devices: watch its meters");
    int result = s->trial ? 0 : begin(app, err);
    if (result)
        return result;
    uint64_t now = wzp_app_now(app);
    s->trial->until = wzp_time_add(now, TRIAL_MOST);
    s->trial->hears = hear;
    s->trial->tone_until = tone ? wzp_time_add(now, TONE_TIME) : 0;
    if (tone)
        wzp_tone_init(&s->trial->tone, TONE_HZ, TONE_DBFS);
    return 0;
}

void wzp_app_sound_trial_sized(const struct wzp_app *app, struct wzp_app_trial *out, size_t size)
{
    const struct wzp_sound_trial *t = app->sound.trial;
    memset(out, 0, size);
    out->level_in_dbfs = out->level_out_dbfs = WZP_LEVEL_SILENCE;
    if (!t)
        return;
    out->running = true;
    out->hears = t->hears;
    out->tone = wzp_app_now(app) < t->tone_until;
    out->capture_lost = app->sound.capture_lost;
    out->playback_lost = app->sound.playback_lost;
    out->level_in_dbfs = wzp_meter_dbfs(&t->in);
    out->level_out_dbfs = wzp_meter_dbfs(&t->out);
}
