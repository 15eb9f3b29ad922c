/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_demo.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/addr.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "media/level.h"

#define CALL_AFTER (10 * WZP_SECOND)
#define SPEECH_MAX (48000 * 60)
/* Recordings of a human voice; package alsa-utils. */
#define VOICES "/usr/share/sounds/alsa/"

static const char *const names[WZP_DEMO_PARTIES] = {"Echo of you", "Voice that speaks",
                                                    "Friend who calls"};

/* ---- what they say ---- */

static void make_tone(struct wzp_wave *wave)
{
    struct wzp_tone tone;
    int16_t pcm[480];
    wzp_tone_init(&tone, 440, -24);
    for (size_t at = 0; at < 48000 * 20; at += 480) {
        wzp_tone_fill(&tone, pcm, 480);
        if (at / 24000 % 2)
            memset(pcm, 0, sizeof pcm);
        wzp_wave_add(wave, pcm, 480, SPEECH_MAX);
    }
}

static void prepare_speech(struct wzp_demo_party *p)
{
    static const char *const files[] = {"Front_Center.wav", "Front_Left.wav", "Front_Right.wav",
                                        "Rear_Center.wav",  "Rear_Left.wav",  "Rear_Right.wav",
                                        "Side_Left.wav",    "Side_Right.wav"};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            char path[128];
            snprintf(path, sizeof path, VOICES "%s", files[i]);
            wzp_wave_load(&p->said, &p->demo->host, path, SPEECH_MAX, NULL);
        }
    if (p->said.samples < 48000)
        make_tone(&p->said);
}

/* Each call hears the recording from its beginning. */
static void on_party(void *context, const struct wzp_event *event)
{
    struct wzp_demo_party *p = context;
    bool begins = event->type == WZP_EVENT_ANSWERED || event->type == WZP_EVENT_JOINED;
    if (!begins || !event->session || p->said.samples == 0)
        return;
    p->said.at = 0;
    p->tape = (struct wzp_tape){.said = &p->said};
    struct wzp_session_audio audio = wzp_tape_audio(&p->tape);
    wzp_phone_set_audio(wzp_app_phone(p->app), event->session, &audio, event->at);
}

/* ---- who they are ---- */

static int open_party(struct wzp_tui_demo *d, int i, const char *build, struct wzp_error *err)
{
    struct wzp_demo_party *p = &d->parties[i];
    struct wzp_settings settings;
    p->demo = d;
    wzp_settings_default(&settings);
    wzp_text_copy(settings.relay, sizeof settings.relay, d->relay_text);
    wzp_text_copy(settings.alias, sizeof settings.alias, names[i]);
    settings.auto_answer = WZP_AUTO_ALL;
    struct wzp_app_config config = {.settings = &settings,
                                    .build = build,
                                    .throw_away = true,
                                    .answers = true,
                                    .echo = i == WZP_DEMO_ECHO};
    if (i != WZP_DEMO_ECHO)
        prepare_speech(p);
    int result = wzp_app_new(&p->app, &d->host, &config, err);
    if (result)
        return result;
    p->listener = (struct wzp_listener){.event = on_party, .context = p};
    wzp_app_listen(p->app, &p->listener);
    result = wzp_app_register(p->app, err);
    return result ? result : wzp_app_start(p->app, err);
}

static int start_relay(struct wzp_tui_demo *d, const char *build, struct wzp_error *err)
{
    uint8_t seed[WZP_SEED_SIZE];
    wzp_relay_config_default(&d->relay_config);
    wzp_text_copy(d->relay_config.listen_addr, sizeof d->relay_config.listen_addr, "127.0.0.1:0");
    wzp_random_bytes(&d->host.random, seed, sizeof seed);
    int result =
        wzp_relay_service_start(&d->relay, &d->host, &d->relay_config, seed, build, NULL, err);
    wzp_wipe(seed, sizeof seed);
    if (!result)
        wzp_addr_format(d->relay_text, &d->relay.listen);
    return result;
}

int wzp_tui_demo_open(struct wzp_tui_demo *d, struct wzp_loop *l, const struct wzp_log *log,
                      const char *build, struct wzp_error *err)
{
    *d = (struct wzp_tui_demo){0};
    int result = wzp_process_demo_folder(d->folder, err);
    if (result)
        return result;
    wzp_loop_host_at(&d->host, &d->place, l, d->folder, log);
    result = start_relay(d, build, err);
    for (int i = 0; !result && i < WZP_DEMO_PARTIES; i++)
        result = open_party(d, i, build, err);
    return result;
}

/* ---- the person ---- */

static void on_timer(void *owner, uint64_t now)
{
    struct wzp_tui_demo *d = owner;
    struct wzp_app_facts facts;
    struct wzp_error err = {0};
    (void)now;
    wzp_app_facts(d->person, &facts);
    if (!d->called && facts.registered)
        d->called =
            wzp_app_call(d->parties[WZP_DEMO_CALLER].app, NULL, facts.fingerprint, &err) == 0;
    if (!d->called) /* not registered yet */
        d->host.calls->timer_set(d->host.context, d->timer,
                                 wzp_time_add(d->host.calls->now(d->host.context), WZP_SECOND));
}

int wzp_tui_demo_meet(struct wzp_tui_demo *d, struct wzp_app *person, struct wzp_error *err)
{
    d->person = person;
    int result = 0;
    for (int i = 0; !result && i < WZP_DEMO_PARTIES; i++) {
        struct wzp_app_facts facts;
        char line[160];
        wzp_app_facts(d->parties[i].app, &facts);
        snprintf(line, sizeof line, "add \"%s\" %s", names[i], facts.fingerprint);
        result = wzp_app_run(person, line, NULL, err);
    }
    if (!result)
        result = d->host.calls->timer_new(d->host.context, &d->timer, on_timer, d);
    if (!result)
        d->host.calls->timer_set(d->host.context, d->timer,
                                 wzp_time_add(d->host.calls->now(d->host.context), CALL_AFTER));
    return result;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

void wzp_tui_demo_close(struct wzp_tui_demo *d)
{
    if (d->timer)
        d->host.calls->timer_free(d->host.context, d->timer);
    for (int i = 0; i < WZP_DEMO_PARTIES; i++) {
        wzp_app_free(d->parties[i].app);
        wzp_wave_fini(&d->parties[i].said);
    }
    wzp_relay_service_stop(&d->relay);
    if (d->folder[0])
        (void)nftw(d->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    *d = (struct wzp_tui_demo){0};
}
