/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/demo.h"

#include <string.h>

#include "app/host_call.h"
#include "app/relay_service.h"
#include "app/settings.h"
#include "app/wave.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "media/level.h"
#include "phone/event_init.h"

#define SPEECH_MAX (48000 * 20)
#define HEARD_MAX (48000 * 120)
#define TONE_SAMPLES (48000 * 10)
#define ECHO_DELAY_MAX 24000 /* each piece is searched for within half a second */
#define PIECE 48000          /* samples compared at a time */
#define SIMILARITY_MIN 0.8   /* unrelated pieces reach 0.75 */
#define PATIENCE (10 * WZP_SECOND)

struct wzp_demo {
    struct wzp_host host;
    struct wzp_demo_config config;
    struct wzp_relay_config relay_config;
    struct wzp_relay_service relay;
    struct wzp_app *echo, *caller;
    struct wzp_listener echo_listener, caller_listener;
    struct wzp_host_timer *watchdog, *later;
    struct wzp_wave said, heard;
    struct wzp_tape tape;
    struct wzp_demo_result result;
    bool calling, over;
    void (*done)(void *context, const struct wzp_demo_result *result);
    void *context;
};

/* ---- speech ---- */

/* Half a second of tone, half a second of silence: a pattern that can be recognised in the echo. */
static int make_tone(struct wzp_demo *d, struct wzp_error *err)
{
    struct wzp_tone tone;
    int16_t pcm[480];
    wzp_tone_init(&tone, 440, -20);
    for (size_t at = 0; at < TONE_SAMPLES; at += 480) {
        wzp_tone_fill(&tone, pcm, 480);
        if (at / 24000 % 2)
            memset(pcm, 0, sizeof pcm);
        wzp_wave_add(&d->said, pcm, 480, TONE_SAMPLES);
    }
    return d->said.samples == TONE_SAMPLES ? 0 : wzp_error_set(err, WZP_E_MEMORY, "out of memory");
}

static int prepare_speech(struct wzp_demo *d, struct wzp_error *err)
{
    for (size_t i = 0; i < d->config.voice_count; i++) {
        struct wzp_error why = {0};
        int result = wzp_wave_load(&d->said, &d->host, d->config.voices[i], SPEECH_MAX, &why);
        if (result && d->config.required)
            return wzp_error_set(err, result, "%s", why.text);
    }
    d->result.spoken = d->said.samples >= PIECE;
    if (d->result.spoken || d->config.required)
        return 0;
    wzp_wave_fini(&d->said);
    return make_tone(d, err);
}

/* ---- what was heard ---- */

/* Similarity of the sent and the received sound: the median over all pieces. Each piece is searched
 * for behind its own position, since the jitter buffer may change the delay between words.
 * *delay_ms is the delay of the most similar piece. */
static double compare(double *delay_ms, const struct wzp_wave *said, const struct wzp_wave *heard)
{
    double values[SPEECH_MAX / PIECE];
    double best = -1;
    size_t count = 0;
    *delay_ms = 0;
    for (size_t at = 0; count < SPEECH_MAX / PIECE && at + PIECE <= said->samples; at += PIECE) {
        double value;
        if (at + PIECE > heard->samples)
            break;
        if (wzp_level_rms_dbfs(said->pcm + at, PIECE) < -50)
            continue; /* skips pauses: they are all alike */
        size_t lag = wzp_level_align(&value, said->pcm + at, PIECE, heard->pcm + at,
                                     heard->samples - at, ECHO_DELAY_MAX);
        if (value > best) {
            best = value;
            *delay_ms = (double)lag / 48;
        }
        size_t place = count++;
        for (; place > 0 && values[place - 1] > value; place--)
            values[place] = values[place - 1];
        values[place] = value;
    }
    return count > 0 ? values[count / 2] : 0;
}

static void judge(struct wzp_demo *d)
{
    struct wzp_demo_result *r = &d->result;
    r->heard_s = (double)d->heard.samples / 48000;
    r->level_dbfs = wzp_level_rms_dbfs(d->heard.pcm, d->heard.samples);
    r->similarity = compare(&r->echo_ms, &d->said, &d->heard);
    r->recognised = r->heard_media && r->similarity >= SIMILARITY_MIN;
}

/* ---- the call ---- */

static void finish(struct wzp_demo *d)
{
    if (d->over)
        return;
    d->over = true;
    judge(d);
    d->done(d->context, &d->result);
}

/* Reports the error as an event of the caller softphone, to its listeners. */
static void fail(struct wzp_demo *d, const struct wzp_error *err)
{
    struct wzp_event event;
    wzp_event_init(&event, WZP_EVENT_ERROR);
    event.at = WZP_HOST(d, now);
    event.u.error.code = err->code;
    event.u.error.text = err->text;
    if (d->config.listener)
        d->config.listener->event(d->config.listener->context, &event);
    finish(d);
}

/* Starts the caller once the echo peer is registered; not from inside the echo peer's event. */
static void on_echo(void *context, const struct wzp_event *event)
{
    struct wzp_demo *d = context;
    if (event->type != WZP_EVENT_REGISTERED || d->calling)
        return;
    d->calling = true;
    WZP_HOST(d, timer_set, d->later, WZP_HOST(d, now));
}

static void on_later(void *context, uint64_t now)
{
    struct wzp_demo *d = context;
    struct wzp_app_facts echo;
    struct wzp_error err = {0};
    (void)now;
    wzp_app_facts(d->echo, &echo);
    int result = wzp_app_start(d->caller, &err);
    if (!result)
        result = wzp_app_register(d->caller, &err);
    if (!result)
        result = wzp_app_call(d->caller, NULL, echo.fingerprint, &err);
    if (result)
        fail(d, &err);
}

static void on_caller(void *context, const struct wzp_event *event)
{
    struct wzp_demo *d = context;
    if (event->session && !d->tape.said) { /* the first event of the call */
        d->tape = (struct wzp_tape){&d->said, &d->heard, HEARD_MAX};
        struct wzp_session_audio audio = wzp_tape_audio(&d->tape);
        wzp_phone_set_audio(wzp_app_phone(d->caller), event->session, &audio, event->at);
    }
    if (event->type == WZP_EVENT_MEDIA)
        d->result.heard_media = true;
    if (event->type == WZP_EVENT_SECURITY && event->u.security.confirmed) {
        d->result.e2e = true;
        wzp_text_copy(d->result.sas, sizeof d->result.sas, event->u.security.sas);
    }
    if (event->type == WZP_EVENT_ENDED)
        finish(d);
}

static void on_watchdog(void *context, uint64_t now)
{
    struct wzp_demo *d = context;
    (void)now;
    d->result.timed_out = !d->over;
    finish(d);
}

/* ---- life ---- */

static int start_relay(struct wzp_demo *d, struct wzp_error *err)
{
    uint8_t seed[WZP_SEED_SIZE];
    wzp_relay_config_default(&d->relay_config);
    wzp_text_copy(d->relay_config.listen_addr, sizeof d->relay_config.listen_addr,
                  d->config.listen);
    wzp_random_bytes(&d->host.random, seed, sizeof seed);
    int result = wzp_relay_service_start(&d->relay, &d->host, &d->relay_config, seed,
                                         d->config.build, NULL, err);
    wzp_wipe(seed, sizeof seed);
    return result;
}

/* Uses default settings: those of the person are for other relays and devices. */
static int open_parties(struct wzp_demo *d, struct wzp_error *err)
{
    struct wzp_settings settings;
    char relay[WZP_ADDR_TEXT_MAX];
    wzp_settings_default(&settings);
    wzp_text_copy(settings.relay, sizeof settings.relay, wzp_addr_format(relay, &d->relay.listen));
    struct wzp_app_config echo = {
        .settings = &settings, .build = d->config.build, .throw_away = true, .echo = true};
    struct wzp_app_config caller = {.settings = &settings,
                                    .build = d->config.build,
                                    .throw_away = true,
                                    .duration = d->config.duration,
                                    .stats = d->config.stats};
    int result = wzp_app_new(&d->caller, &d->host, &caller, err);
    if (!result)
        result = wzp_app_new(&d->echo, &d->host, &echo, err);
    if (result)
        return result;
    d->caller_listener = (struct wzp_listener){.event = on_caller, .context = d};
    d->echo_listener = (struct wzp_listener){.event = on_echo, .context = d};
    if (d->config.listener)
        wzp_app_listen(d->caller, d->config.listener);
    wzp_app_listen(d->caller, &d->caller_listener);
    wzp_app_listen(d->echo, &d->echo_listener);
    result = wzp_app_start(d->echo, err);
    return result ? result : wzp_app_register(d->echo, err);
}

static int start_clocks(struct wzp_demo *d, struct wzp_error *err)
{
    int result = WZP_HOST(d, timer_new, &d->watchdog, on_watchdog, d);
    if (!result)
        result = WZP_HOST(d, timer_new, &d->later, on_later, d);
    if (result)
        return wzp_error_set(err, result, "a timer: %s", wzp_strerror(result));
    uint64_t patience = (uint64_t)(d->config.duration * 1e9) + PATIENCE;
    WZP_HOST(d, timer_set, d->watchdog, wzp_time_add(WZP_HOST(d, now), patience));
    return 0;
}

int wzp_demo_start(struct wzp_demo **out, const struct wzp_host *host,
                   const struct wzp_demo_config *config,
                   void (*done)(void *context, const struct wzp_demo_result *result), void *context,
                   struct wzp_error *err)
{
    *out = NULL;
    struct wzp_demo *d = wzp_calloc(1, sizeof *d);
    if (!d)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    d->host = *host;
    d->config = *config;
    d->done = done;
    d->context = context;
    int result = prepare_speech(d, err);
    if (!result)
        result = start_relay(d, err);
    if (!result)
        result = start_clocks(d, err);
    if (!result)
        result = open_parties(d, err);
    if (result) {
        wzp_demo_free(d);
        return result;
    }
    *out = d;
    return 0;
}

void wzp_demo_stop(struct wzp_demo *demo)
{
    finish(demo);
}

int wzp_demo_save(const struct wzp_demo *demo, const char *said, const char *heard,
                  struct wzp_error *err)
{
    int result = wzp_wave_save(&demo->said, &demo->host, said, err);
    return result ? result : wzp_wave_save(&demo->heard, &demo->host, heard, err);
}

void wzp_demo_free(struct wzp_demo *demo)
{
    if (!demo)
        return;
    demo->over = true;
    wzp_app_free(demo->caller);
    wzp_app_free(demo->echo);
    wzp_relay_service_stop(&demo->relay);
    if (demo->watchdog)
        WZP_HOST(demo, timer_free, demo->watchdog);
    if (demo->later)
        WZP_HOST(demo, timer_free, demo->later);
    wzp_wave_fini(&demo->said);
    wzp_wave_fini(&demo->heard);
    wzp_free(demo);
}
