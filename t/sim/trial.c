/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The test of microphone and loudspeaker outside of calls: what is heard, what the meters show, and
 * that the card is closed again, in virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "base/time.h"
#include "sim/lib_machine.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wzp/app.h"

static struct wzp_sim *sim;
static struct wzp_host host;
static struct wzp_sim_machine machine;
static struct wzp_app *app;

static int say(const char *line)
{
    struct wzp_error err = {0};
    int result = wzp_app_run(app, line, NULL, &err);
    if (result)
        note("%s: %s", line, err.text);
    return result;
}

static struct wzp_app_trial trial(void)
{
    struct wzp_app_trial t;
    wzp_app_sound_trial(app, &t);
    return t;
}

/* Share of a tone in the last half second that the loudspeaker played. */
static double share_of(double hz)
{
    return voice_share(&machine.card.heard, 24000, hz);
}

static size_t played_in(uint64_t time)
{
    size_t before = machine.card.heard.samples;
    wzp_sim_run(sim, time);
    return machine.card.heard.samples - before;
}

static void open_app(void)
{
    struct wzp_settings settings;
    struct wzp_error err = {0};
    if (wzp_sim_new(&sim, 12))
        bail("no world");
    machine_open(sim, &machine, &host, "ann", "10.0.0.2");
    wzp_settings_default(&settings);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER};
    if (wzp_app_new(&app, &host, &config, &err))
        bail("no softphone: %s", err.text);
}

TAP_MAIN
{
    int16_t *voice = voice_tone(700, -12, 48000);
    open_app();
    machine.card.voice = voice;
    machine.card.voice_samples = 48000;
    is_int(played_in(WZP_SECOND), 0, "at rest the card is closed");
    ok(!trial().running && trial().level_in_dbfs < -100, "and the meters say so");
    is_int(say("try levels"), 0, "the levels are asked for, before any relay is known");
    wzp_sim_run(sim, WZP_SECOND);
    ok(trial().running && trial().level_in_dbfs > -20 && trial().level_out_dbfs < -100,
       "the microphone's moves, nothing is played (%.0f, %.0f dB)", trial().level_in_dbfs,
       trial().level_out_dbfs);
    is_int(say("try hear"), 0, "then to hear oneself");
    wzp_sim_run(sim, 1800 * WZP_MILLISECOND);
    ok(trial().hears && share_of(700) > 0.95, "what is said comes back (%.2f)", share_of(700));
    is_int(say("try tone"), 0, "a test tone");
    wzp_sim_run(sim, 800 * WZP_MILLISECOND);
    ok(trial().tone && share_of(440) > 0.95 && trial().level_out_dbfs > -30,
       "is heard, and nothing else (%.2f)", share_of(440));
    wzp_sim_run(sim, 4 * WZP_SECOND);
    ok(!trial().tone && trial().running && trial().level_out_dbfs < -60, "for a moment");
    is_int(say("try sing"), WZP_E_ARGUMENT, "there is no other trial");
    is_int(say("try off"), 0, "off");
    wzp_sim_run(sim, 100 * WZP_MILLISECOND);
    ok(!trial().running && played_in(WZP_SECOND) == 0, "closes the card");
    is_int(say("try hear"), 0, "once more");
    wzp_sim_run(sim, 119 * WZP_SECOND);
    ok(trial().running, "it lasts");
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(!trial().running && played_in(WZP_SECOND) == 0, "but nobody leaves it open for ever");
    is_int(say("try levels"), 0, "again");
    is_int(say("set in silence"), 0, "another microphone meanwhile");
    wzp_sim_run(sim, WZP_SECOND);
    ok(trial().running && trial().level_in_dbfs < -60, "is the one that is heard then");
    is_int(say("set in file:x.wav"), 0, "a file");
    is_int(say("try off"), 0, "off");
    is_int(say("try hear"), WZP_E_STATE, "is nothing to be tried");
    wzp_app_free(app);
    wzp_sim_machine_fini(&machine);
    wzp_sim_free(sim);
    wzp_free(voice);
}
