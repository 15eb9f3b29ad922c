/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Other devices in the middle of a call, and devices in trouble: the other side hears what is
 * there, a person is told, and the call goes on. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "base/time.h"
#include "media/level.h"
#include "sim/lib_machine.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wzp/app.h"

#define SECOND_SAMPLES 48000

static struct wzp_sim *sim;
static struct machine_relay relay;

static struct person {
    struct wzp_sim_machine machine;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_listener listener;
    bool registered, media, ended;
    char said[2048]; /* notices and errors */
} ann, bob;

static void hear(void *context, const struct wzp_event *event)
{
    struct person *p = context;
    size_t at = strlen(p->said);
    const char *text = event->type == WZP_EVENT_NOTICE  ? event->u.notice.text
                       : event->type == WZP_EVENT_ERROR ? event->u.error.text
                                                        : NULL;
    p->registered |= event->type == WZP_EVENT_REGISTERED;
    p->media |= event->type == WZP_EVENT_MEDIA;
    p->ended |= event->type == WZP_EVENT_ENDED;
    if (text)
        snprintf(p->said + at, sizeof p->said - at, "%s|", text);
}

static bool is_true(void *context)
{
    return *(const bool *)context;
}

static void open_person(struct person *p, const char *name, const char *address)
{
    struct wzp_settings settings;
    machine_open(sim, &p->machine, &p->host, name, address);
    p->listener = (struct wzp_listener){.event = hear, .context = p};
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* how it sounds is not the question */
    wzp_settings_set(&settings, "relay", MACHINE_RELAY_IP, NULL);
    wzp_settings_set(&settings, "auto_answer", "all", NULL);
    wzp_settings_set(&settings, "denoise", "false", NULL); /* the voice is a steady tone */
    wzp_settings_set(&settings, "direct", "false", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER, .answers = true};
    p->app = machine_start_app(&p->host, &config, &p->listener, true);
    wzp_sim_run_for(sim, is_true, &p->registered, 10 * WZP_SECOND);
}

static void say(struct person *p, const char *line, int want)
{
    struct wzp_error err = {0};
    p->said[0] = 0;
    is_int(wzp_app_run(p->app, line, NULL, &err), want, "%s: %s", line, err.text);
}

/* What came out of a card in the last so many samples. */
static const int16_t *last(const struct person *p, size_t samples)
{
    const struct wzp_sim_recording *r = &p->machine.card.heard;
    if (r->samples < samples)
        bail("nothing was played");
    return r->pcm + r->samples - samples;
}

static double share(const struct person *p, double hz)
{
    return wzp_level_tone_share(last(p, SECOND_SAMPLES / 2), SECOND_SAMPLES / 2, hz);
}

static void test_change(void)
{
    ok(share(&bob, 300) > 0.9, "the first microphone is heard");
    say(&ann, "set in tone:600", 0);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(share(&bob, 600) > 0.9, "the next one is heard");
    unsigned gap = voice_longest_gap_ms(last(&bob, 2 * SECOND_SAMPLES), 2 * SECOND_SAMPLES);
    ok(gap <= 100, "with a gap of %u ms between the two", gap);
    say(&bob, "set out null", 0);
    size_t before = bob.machine.card.heard.samples;
    wzp_sim_run(sim, WZP_SECOND);
    ok(bob.machine.card.heard.samples - before < SECOND_SAMPLES / 10,
       "another loudspeaker: the first is silent");
    say(&bob, "set out alsa:default", 0);
    wzp_sim_run(sim, WZP_SECOND);
    ok(share(&bob, 600) > 0.9, "and back");
    say(&ann, "set in file:missing.wav", 0);
    ok(strstr(ann.said, "missing.wav"), "what cannot be opened is told: %s", ann.said);
    say(&ann, "set in nonsense:1", WZP_E_SYNTAX);
    say(&ann, "set in alsa:default", 0);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(share(&bob, 300) > 0.9, "the first microphone again");
}

static void test_busy(void)
{
    say(&ann, "set in tone:600", 0);
    ann.machine.card.busy = true;
    say(&ann, "set in alsa:other", 0);
    wzp_sim_run(sim, 5 * WZP_SECOND);
    const char *told = strstr(ann.said, "busy");
    ok(told && !strstr(told + 1, "busy"), "a busy device is told once: %s", ann.said);
    ok(!ann.ended && !bob.ended, "the call lives");
    ann.machine.card.busy = false;
    ann.said[0] = 0;
    wzp_sim_run(sim, 3 * WZP_SECOND);
    is_str(ann.said, "the sound devices are there|", "and the device is ours when it is free");
    ok(share(&bob, 300) > 0.9, "and heard");
}

static void test_vanished(void)
{
    ann.said[0] = 0;
    ann.machine.card.capture_lost = ann.machine.card.playback_lost = true;
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(strstr(ann.said, "microphone alsa:other is lost") &&
           strstr(ann.said, "loudspeaker alsa:default is lost"),
       "unplugged devices are told: %s", ann.said);
    ok(!ann.ended && !bob.ended, "the call lives");
    ann.said[0] = 0;
    ann.machine.card.capture_lost = ann.machine.card.playback_lost = false;
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(strstr(ann.said, "microphone alsa:other is back"), "plugged in again: %s", ann.said);
    ok(share(&bob, 300) > 0.9, "and heard");
}

/* Gain is for microphones: it comes and goes with them. */
static void test_processing(void)
{
    size_t samples, half = 2 * SECOND_SAMPLES;
    int16_t *quiet = voice_speech(&samples);
    for (size_t i = 0; i < samples; i++)
        quiet[i] /= 16;
    double said = wzp_level_rms_dbfs(quiet, samples);
    say(&ann, "set in tone:600", 0);
    wzp_sim_run(sim, WZP_SECOND);
    ann.machine.card.voice = quiet;
    ann.machine.card.voice_samples = samples;
    ann.machine.card.voice_at = 0;
    say(&ann, "set in alsa:default", 0);
    wzp_sim_run(sim, 9 * WZP_SECOND);
    double heard = wzp_level_rms_dbfs(last(&bob, half), half);
    ok(heard > said + 10, "a quiet microphone that comes later is turned up: %.1f dB",
       heard - said);
    ann.machine.card.voice = NULL;
    wzp_free(quiet);
}

TAP_MAIN
{
    struct wzp_error err = {0};
    struct wzp_app_facts facts;
    if (wzp_sim_new(&sim, 17))
        bail("no world");
    machine_open_relay(sim, &relay);
    open_person(&ann, "ann", "10.0.0.2");
    open_person(&bob, "bob", "10.0.0.3");
    int16_t *tone = voice_tone(300, -20, 4 * SECOND_SAMPLES);
    ann.machine.card.voice = tone;
    ann.machine.card.voice_samples = 4 * SECOND_SAMPLES;
    wzp_app_facts(bob.app, &facts);
    is_int(wzp_app_call(ann.app, NULL, facts.fingerprint, &err), 0, "a call: %s", err.text);
    wzp_sim_run_for(sim, is_true, &bob.media, 10 * WZP_SECOND);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    test_change();
    test_busy();
    test_vanished();
    test_processing();
    ok(!ann.ended && !bob.ended, "it is still the same call");
    wzp_app_stop(ann.app);
    wzp_app_stop(bob.app);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    wzp_app_free(ann.app);
    wzp_app_free(bob.app);
    wzp_free(tone);
    machine_close_relay(&relay);
    wzp_sim_machine_fini(&ann.machine);
    wzp_sim_machine_fini(&bob.machine);
    wzp_sim_free(sim);
}
