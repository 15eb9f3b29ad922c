/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Changing sound devices during a call, and devices that fail: the other side hears what is
 * available, the user is told, and the call continues. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/internal.h"
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
    settings.low_complexity = true; /* sound quality is not tested here */
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

/* The last samples that the card played. */
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

static struct wzp_session_stats stats_of(const struct person *p)
{
    struct wzp_app_session session;
    if (!wzp_app_session(p->app, 0, &session))
        bail("no call");
    return session.stats;
}

static unsigned told(const struct person *p, const char *words)
{
    unsigned times = 0;
    for (const char *at = p->said; (at = strstr(at, words)); at++)
        times++;
    return times;
}

/* Checks that a call continues without sound on one side. */
static void lives(const char *what)
{
    struct wzp_session_stats a = stats_of(&ann), b = stats_of(&bob);
    ok(!ann.ended && !bob.ended, "%s: the call lives", what);
    ok(b.heard.jitter.loss_percent_5s < 5 && a.heard.jitter.loss_percent_5s < 5,
       "%s: nothing is lost either way (%.0f and %.0f %%)", what, b.heard.jitter.loss_percent_5s,
       a.heard.jitter.loss_percent_5s);
    ok(a.heard.jitter.buffered_ms < 600 && b.heard.jitter.buffered_ms < 600,
       "%s: nothing piles up (%u and %u ms)", what, (unsigned)a.heard.jitter.buffered_ms,
       (unsigned)b.heard.jitter.buffered_ms);
}

/* No devices can be opened when the call is answered. */
static void test_answered_without(void)
{
    wzp_sim_run(sim, 15 * WZP_SECOND);
    lives("answered without a card");
    is_int(told(&bob, "microphone alsa:default is busy"), 1, "whose microphone is missing is told");
    is_int(told(&bob, "loudspeaker alsa:default is busy"), 1,
           "and whose loudspeaker is, once each");
    ok(stats_of(&ann).e2e_confirmed && !strstr(ann.said, "sealed"),
       "who hears silence is told nothing of keys: %s", ann.said);
    bob.said[0] = 0;
    bob.machine.card.busy = false;
    wzp_sim_run(sim, 3 * WZP_SECOND);
    is_str(bob.said, "the microphone alsa:default is back|the loudspeaker alsa:default is back|",
           "the card is free: it is used");
}

static void test_microphone_missing(void)
{
    say(&ann, "set in tone:600", 0);
    wzp_sim_run(sim, WZP_SECOND);
    double before = stats_of(&ann).level_in_dbfs;
    ann.machine.card.no_capture = true;
    int16_t *other = voice_tone(700, -20, 4 * SECOND_SAMPLES);
    bob.machine.card.voice = other;
    bob.machine.card.voice_samples = 4 * SECOND_SAMPLES;
    say(&ann, "set in alsa:other", 0);
    wzp_sim_run(sim, 8 * WZP_SECOND);
    lives("a microphone that is not there");
    is_int(told(&ann, "microphone alsa:other: no such device"), 1, "it is told once: %s", ann.said);
    ok(share(&ann, 700) > 0.9, "the loudspeaker goes on");
    double after = stats_of(&ann).level_in_dbfs;
    ok(before > -30 && after < -80, "the meter falls (%.0f to %.0f dB)", before, after);
    ann.said[0] = 0;
    ann.machine.card.no_capture = false;
    wzp_sim_run(sim, 3 * WZP_SECOND);
    is_str(ann.said, "the microphone alsa:other is back|", "plugged in: told");
    ok(share(&bob, 300) > 0.9, "and heard");
    bob.machine.card.voice = NULL;
    wzp_free(other);
}

static void test_loudspeaker_missing(void)
{
    ann.machine.card.no_playback = true;
    say(&ann, "set out alsa:other", 0);
    wzp_sim_run(sim, 8 * WZP_SECOND);
    lives("a loudspeaker that is not there");
    is_int(told(&ann, "loudspeaker alsa:other: no such device"), 1, "it is told once: %s",
           ann.said);
    ok(share(&bob, 300) > 0.9, "the microphone goes on");
    ann.machine.card.no_playback = false;
    say(&ann, "set out alsa:default", 0);
    wzp_sim_run(sim, WZP_SECOND);
    say(&ann, "set out file:/nowhere/x.wav", 0);
    say(&ann, "set in file:missing.wav", 0);
    wzp_sim_run(sim, 4 * WZP_SECOND);
    lives("a file that is not there");
    say(&ann, "set out alsa:default", 0);
}

/* Devices are checked once a second: a failure in the last second of a call is reported, too. */
static void test_file_broken_at_the_end(void)
{
    struct wzp_app_facts facts;
    say(&bob, "set out file:heard.wav", 0);
    wzp_sim_run(sim, 2500 * WZP_MILLISECOND);
    wzp_app_facts(bob.app, &facts);
    ok(!facts.file_lost, "a file that is written is whole");
    bob.machine.disk_full = true;
    wzp_sim_run(sim, 30 * WZP_MILLISECOND);
    say(&bob, "set out null", 0);
    wzp_app_facts(bob.app, &facts);
    ok(facts.file_lost && told(&bob, "nothing more is written to file:heard.wav") == 1,
       "on a full disk it is not, which is told when it is closed: %s", bob.said);
    bob.machine.disk_full = false;
    bob.app->file_lost = false;
    say(&bob, "set out file:last.wav", 0);
    wzp_sim_run(sim, 1500 * WZP_MILLISECOND);
    bob.machine.disk_full = true;
    say(&bob, "set out null", 0);
    wzp_app_facts(bob.app, &facts);
    ok(facts.file_lost && told(&bob, "nothing more is written to file:last.wav") == 1,
       "also where the disk was found full by nothing but the closing: %s", bob.said);
    bob.machine.disk_full = false;
}

static double seconds_in(const struct person *p, const char *name)
{
    const struct wzp_sim_file *file = wzp_sim_machine_file(&p->machine, WZP_PLACE_PATH, name);
    return file ? (double)file->length / (2 * SECOND_SAMPLES) : 0;
}

/* A recording continues when the other device is changed, and is not overwritten when its name is
 * given again. */
static void test_recording_goes_on(void)
{
    say(&bob, "set out file:long.wav", 0);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    say(&bob, "set in silence", 0);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    say(&bob, "set in alsa:default", 0);
    say(&bob, "set out file:long.wav", 0);
    wzp_sim_run(sim, WZP_SECOND);
    say(&bob, "set in file:long.wav", WZP_E_ARGUMENT);
    say(&bob, "hold", 0);
    wzp_sim_run(sim, WZP_SECOND);
    say(&bob, "set in silence", 0);
    say(&bob, "resume", 0);
    wzp_sim_run(sim, WZP_SECOND);
    say(&bob, "set in alsa:default", 0);
    say(&bob, "set out null", 0);
    is_near(seconds_in(&bob, "long.wav"), 8, 0.5, "a recording has all of its seconds");
    say(&bob, "set out file:long.wav", WZP_E_REFUSED);
    is_near(seconds_in(&bob, "long.wav"), 8, 0.5, "and keeps them in the same call");
}

static void test_busy(void)
{
    say(&ann, "set in tone:600", 0);
    ann.machine.card.busy = true;
    say(&ann, "set in alsa:other", 0);
    wzp_sim_run(sim, 5 * WZP_SECOND);
    ok(told(&ann, "microphone alsa:other is busy") == 1 && told(&ann, "busy") == 2,
       "busy devices are told once each: %s", ann.said);
    ok(!ann.ended && !bob.ended, "the call lives");
    ann.machine.card.busy = false;
    ann.said[0] = 0;
    wzp_sim_run(sim, 3 * WZP_SECOND);
    is_str(ann.said, "the microphone alsa:other is back|the loudspeaker alsa:default is back|",
           "and they are ours when they are free");
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

/* Automatic gain is for microphones: it is switched on and off with them. */
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
    bob.machine.card.busy = true;
    is_int(wzp_app_call(ann.app, NULL, facts.fingerprint, &err), 0, "a call: %s", err.text);
    wzp_sim_run_for(sim, is_true, &bob.media, 10 * WZP_SECOND);
    test_answered_without();
    test_change();
    test_microphone_missing();
    test_loudspeaker_missing();
    test_busy();
    test_vanished();
    test_processing();
    test_file_broken_at_the_end();
    test_recording_goes_on();
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
