/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The ring tone of an incoming call: on a loudspeaker of its own, two tones, for two of every six
 * seconds; the microphone is never opened before the call is answered. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/time.h"
#include "media/level.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wzp/app.h"

static struct wzp_sim *sim;
static struct machine_relay relay;
static struct wzp_sim_machine machines[3]; /* Ann, Bob, Eve */
static struct wzp_host hosts[3];
static struct wzp_app *ann, *bob, *eve;
static struct wzp_listener listener;
static size_t incoming;
static enum wzp_end_reason eve_ended = WZP_END_NORMAL;

static void hear(void *context, const struct wzp_event *event)
{
    if (context == &eve && event->type == WZP_EVENT_ENDED)
        eve_ended = event->u.ended.reason;
    else
        incoming += event->type == WZP_EVENT_INCOMING;
}

static bool rings(void *context)
{
    (void)context;
    return incoming > 0;
}

static struct wzp_app *open_app(int i, const char *ring)
{
    struct wzp_settings settings;
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* sound quality is not tested here */
    wzp_settings_set(&settings, "relay", "10.0.0.1", NULL);
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "ring", ring, NULL);
    const struct wzp_app_config config = {.settings = &settings,
                                          .build = "test",
                                          .sound = WZP_SOUND_LATER,
                                          .answers = true,
                                          .call_waiting = true};
    return machine_start_app(&hosts[i], &config, NULL, true);
}

static double share_of(double hz, size_t from, size_t samples)
{
    const struct wzp_sim_recording *r = &machines[1].card.heard;
    return from + samples > r->samples ? 0 : wzp_level_tone_share(r->pcm + from, samples, hz);
}

static double level_of(size_t from, size_t samples)
{
    const struct wzp_sim_recording *r = &machines[1].card.heard;
    return from + samples > r->samples ? 0 : wzp_level_rms_dbfs(r->pcm + from, samples);
}

/* While Bob talks to Ann there is a second call: automatic answering does not answer it. */
static void test_call_waiting(const char *bob_is)
{
    static struct wzp_listener ear;
    struct wzp_error err = {0};
    struct wzp_app_session session;
    eve = open_app(2, "");
    ear = (struct wzp_listener){.event = hear, .context = &eve};
    wzp_app_listen(eve, &ear);
    wzp_app_run(bob, "set auto_answer all", NULL, &err);
    is_int(wzp_app_call(ann, NULL, bob_is, &err), 0, "Ann calls again");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(wzp_app_session(bob, 0, &session) && session.state == WZP_SESSION_UP,
       "and is answered without asking");
    is_int(wzp_app_call(eve, NULL, bob_is, &err), 0, "another one calls");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    is_int(eve_ended, WZP_END_BUSY, "and is told that Bob is busy");
    wzp_app_run(bob, "set auto_answer contacts", NULL, &err);
    eve_ended = WZP_END_NORMAL;
    incoming = 0;
    is_int(wzp_app_call(eve, NULL, bob_is, &err), 0, "once more");
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(incoming == 1 && wzp_app_session(bob, 1, &session) && session.state == WZP_SESSION_INCOMING,
       "where somebody can be asked it rings");
    is_int(wzp_app_run(bob, "answer", NULL, &err), 0, "who is asked can say yes");
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(wzp_app_session(bob, 1, &session) && session.state == WZP_SESSION_UP, "to both");
    wzp_app_free(eve);
}

TAP_MAIN
{
    struct wzp_error err = {0};
    struct wzp_app_facts facts;
    if (wzp_sim_new(&sim, 12))
        bail("no world");
    machine_open_relay(sim, &relay);
    machine_open(sim, &machines[0], &hosts[0], "ann", "10.0.0.2");
    machine_open(sim, &machines[1], &hosts[1], "bob", "10.0.0.3");
    machine_open(sim, &machines[2], &hosts[2], "eve", "10.0.0.4");
    ann = open_app(0, "");
    bob = open_app(1, "alsa:bell");
    listener = (struct wzp_listener){.event = hear};
    wzp_app_listen(bob, &listener);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    is_int(machines[1].card.heard.samples, 0, "at rest nothing is played");
    wzp_app_facts(bob, &facts);
    is_int(wzp_app_call(ann, NULL, facts.fingerprint, &err), 0, "somebody calls");
    ok(wzp_sim_run_for(sim, rings, NULL, 5 * WZP_SECOND), "it rings");
    wzp_sim_run(sim, 200 * WZP_MILLISECOND);
    ok(machines[1].card.heard.samples > 1000 && level_of(480, 480) > -40,
       "and is heard within 200 ms");
    wzp_sim_run(sim, 6500 * WZP_MILLISECOND);
    double low = share_of(440, 4800, 48000), high = share_of(480, 4800, 48000);
    ok(low > 0.4 && high > 0.4, "two tones (%.2f, %.2f)", low, high);
    ok(level_of(0, 240) < level_of(4800, 4800) - 8, "which begin softly");
    ok(level_of(48000 * 3, 48000 * 2) < -100, "two seconds of six");
    ok(level_of((size_t)(48000 * 6.1), 4800) > -40, "and again");
    is_int(wzp_app_run(bob, "decline", NULL, &err), 0, "declined");
    wzp_sim_run(sim, WZP_SECOND);
    size_t played = machines[1].card.heard.samples;
    wzp_sim_run(sim, WZP_SECOND);
    is_int(machines[1].card.heard.samples - played, 0, "nothing is played any more");
    is_int(wzp_app_run(bob, "set ring file:x.wav", NULL, &err), WZP_E_ARGUMENT,
           "no file can hear it");
    test_call_waiting(facts.fingerprint);
    wzp_app_free(ann);
    wzp_app_free(bob);
    machine_close_relay(&relay);
    for (int i = 0; i < 3; i++)
        wzp_sim_machine_fini(&machines[i]);
    wzp_sim_free(sim);
}
