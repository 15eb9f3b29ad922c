/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound files in a call between two whole softphones: played instead of the microphone, recorded on
 * both sides, never overwritten. In virtual time with files in memory, and on loopback with real
 * ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/analyze.h"
#include "app/relay_service.h"
#include "app/internal.h"
#include "app/settings.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"
#include "loop/files.h"
#include "loop/host.h"
#include "loop/loop.h"
#include "media/level.h"
#include "media/soundfile.h"
#include "media/wav.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wzp/app.h"

#define SECOND_SAMPLES 48000
#define PATIENCE (30 * WZP_SECOND)
#define FILE_LIMIT (16 * 1024 * 1024)

struct person {
    struct wzp_host host;
    struct wzp_loop_place place;
    struct wzp_sim_machine machine;
    struct wzp_app *app;
    struct wzp_listener listener;
    char folder[600], notices[2048];
    bool registered, media, ended;
};

static struct wzp_loop *loop; /* NULL: virtual time */
static struct wzp_sim *sim;
static struct wzp_host relay_host;
static struct wzp_sim_machine relay_machine;
static struct wzp_relay_service relay;
static struct wzp_relay_config relay_config;
static struct person ann, bob;

/* ---- time ---- */

static const bool *awaited;

static bool is_there(void *context)
{
    (void)context;
    return awaited && *awaited;
}

static void look(void *context)
{
    if (is_there(context))
        wzp_loop_stop(loop);
}

static void give_up(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

/* Runs until *what is true, at most for that time; NULL: for all of that time. */
static void pass(const bool *what, uint64_t time)
{
    struct wzp_timer *often, *late;
    awaited = what;
    if (!loop) {
        wzp_sim_run_for(sim, is_there, NULL, time);
        return;
    }
    if (wzp_timer_start(&often, loop, WZP_MILLISECOND, 2 * WZP_MILLISECOND, look, NULL))
        return;
    if (wzp_timer_start(&late, loop, time, 0, give_up, NULL) == 0) {
        wzp_loop_run(loop);
        wzp_timer_close(late);
    }
    wzp_timer_close(often);
}

/* ---- people ---- */

static void hear(void *context, const struct wzp_event *event)
{
    struct person *p = context;
    size_t at = strlen(p->notices);
    p->registered = p->registered || event->type == WZP_EVENT_REGISTERED;
    p->media = p->media || event->type == WZP_EVENT_MEDIA;
    p->ended = p->ended || event->type == WZP_EVENT_ENDED;
    if (event->type == WZP_EVENT_NOTICE)
        snprintf(p->notices + at, sizeof p->notices - at, "%s|", event->u.notice.text);
}

static void open_person(struct person *p, const char *name, const char *address, const char *in)
{
    struct wzp_settings settings;
    struct wzp_error err = {0};
    char text[WZP_ADDR_TEXT_MAX];
    *p = (struct person){.listener = {.event = hear, .context = p}};
    if (loop) {
        snprintf(p->folder, sizeof p->folder, "%s/%s-", tap_temporary_folder(), name);
        wzp_loop_host_at(&p->host, &p->place, loop, p->folder, NULL);
    } else {
        machine_open(sim, &p->machine, &p->host, name, address);
    }
    wzp_settings_default(&settings);
    settings.low_complexity = true; /* so that a busy machine keeps up with real time */
    wzp_settings_set(&settings, "relay", wzp_addr_format(text, &relay.listen), NULL);
    wzp_settings_set(&settings, "in", in, NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "auto_answer", "all", NULL);
    wzp_settings_set(&settings, "direct", "false", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER, .answers = true};
    if (wzp_app_new(&p->app, &p->host, &config, &err))
        bail("%s has no softphone: %s", name, err.text);
    wzp_app_listen(p->app, &p->listener);
    int result = wzp_app_start(p->app, &err);
    if (!result)
        result = wzp_app_register(p->app, &err);
    is_int(result, 0, "%s's softphone starts: %s", name, err.text);
    pass(&p->registered, PATIENCE);
}

static const char *path_of(const struct person *p, const char *name)
{
    static char path[700];
    snprintf(path, sizeof path, "%s%s", p->folder, name);
    return path;
}

static void say(struct person *p, const char *command, const char *file, int want)
{
    struct wzp_error err = {0};
    char line[900];
    snprintf(line, sizeof line, "%s %s%s", command, strncmp(command, "set", 3) == 0 ? "file:" : "",
             strcmp(file, "off") == 0 ? file : path_of(p, file));
    is_int(wzp_app_run(p->app, line, NULL, &err), want, "%s %s: %s", command, file, err.text);
}

static void notices_are(struct person *p, const char *before, const char *file, const char *after)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "%s%s%s|", before, path_of(p, file), after);
    is_str(p->notices, whole, "which is told");
    p->notices[0] = 0;
}

/* ---- sound ---- */

/* The amplitude of a frequency; full scale is 1. */
static double strength(const int16_t *pcm, size_t samples, size_t step, double hz)
{
    double re = 0, im = 0;
    for (size_t i = 0; i < samples; i++) {
        double angle = 2 * 3.14159265358979 * hz * (double)i / SECOND_SAMPLES;
        re += pcm[i * step] * cos(angle);
        im += pcm[i * step] * sin(angle);
    }
    return samples ? 2 * sqrt(re * re + im * im) / (double)samples / 32768 : 0;
}

/* One second of 1 kHz, at 48 kHz. */
static void put_tone(struct person *p, const char *name)
{
    static uint8_t wav[WZP_WAV_HEADER_SIZE + SECOND_SAMPLES * 2];
    static int16_t pcm[SECOND_SAMPLES];
    struct wzp_tone tone;
    struct wzp_error err = {0};
    wzp_tone_init(&tone, 1000, -6);
    wzp_tone_fill(&tone, pcm, SECOND_SAMPLES);
    wzp_wav_header(wav, SECOND_SAMPLES);
    memcpy(wav + WZP_WAV_HEADER_SIZE, pcm, sizeof pcm);
    int result =
        loop ? wzp_file_write(path_of(p, name), (char *)wav, sizeof wav, false, &err)
             : wzp_sim_machine_put(&p->machine, WZP_PLACE_PATH, name, (char *)wav, sizeof wav);
    is_int(result, 0, "a sound file is there: %s", err.text);
}

struct recording {
    char *data;
    const int16_t *left; /* step 2 */
    size_t frames;
};

static void read_recording(struct recording *r, struct person *p, const char *name)
{
    const struct wzp_host_file file = {WZP_PLACE_PATH, path_of(p, name), FILE_LIMIT, true};
    struct wzp_wav_format format = {0};
    struct wzp_error err = {0};
    size_t length = 0;
    *r = (struct recording){0};
    int result = p->host.calls->file_read(p->host.context, &r->data, &length, &file, &err);
    if (!result)
        result = wzp_wav_parse(&format, (uint8_t *)r->data, length, length, &err);
    ok(!result && format.channels == 2 && format.rate == 48000 && format.bits == 16,
       "the recording is a stereo WAV file for its owner only: %s", err.text);
    if (result)
        return;
    r->left = (const int16_t *)(r->data + format.data_offset);
    r->frames = (size_t)format.data_length / 4;
}

/* Amplitude of a frequency between two moments, in seconds. */
static double between(const struct recording *r, int side, double from, double to, double hz)
{
    size_t first = (size_t)(from * SECOND_SAMPLES), last = (size_t)(to * SECOND_SAMPLES);
    if (last > r->frames || first >= last)
        return -1;
    return strength(r->left + 2 * first + side, last - first, 2, hz);
}

/* ---- the story ---- */

static void call(void)
{
    struct wzp_app_facts facts;
    struct wzp_error err = {0};
    wzp_app_facts(bob.app, &facts);
    is_int(wzp_app_call(ann.app, NULL, facts.fingerprint, &err), 0, "a call: %s", err.text);
    pass(&ann.media, PATIENCE);
    pass(&bob.media, PATIENCE);
    ann.notices[0] = bob.notices[0] = 0;
    ok(ann.media && bob.media, "both hear each other");
}

static void play_and_record(void)
{
    say(&ann, "play", "missing.wav", WZP_E_NOT_FOUND);
    say(&ann, "play", "off", WZP_E_STATE);
    say(&ann, "record", "off", WZP_E_STATE);
    put_tone(&ann, "tone.wav");
    say(&ann, "record", "tone.wav", WZP_E_DUPLICATE);
    say(&ann, "record", "ann.wav", 0);
    notices_are(&ann, "", "ann.wav", " records both sides from now on");
    say(&ann, "record", "again.wav", WZP_E_STATE);
    say(&bob, "record", "bob.wav", 0);
    pass(NULL, WZP_SECOND);
    say(&ann, "play", "tone.wav", 0);
    notices_are(&ann, "", "tone.wav", " is played into the call");
    say(&ann, "record", "tone.wav", WZP_E_STATE);
    say(&ann, "set out", "tone.wav", WZP_E_REFUSED);
    pass(NULL, 2 * WZP_SECOND);
    notices_are(&ann, "", "tone.wav", " was played to its end");
    say(&ann, "record", "off", 0);
    ok(strstr(ann.notices, "3 s of the call are in "), "the length is told: %s", ann.notices);
}

static void listen_to_both(void)
{
    struct recording r;
    read_recording(&r, &ann, "ann.wav");
    double seconds = (double)r.frames / SECOND_SAMPLES;
    ok(seconds >= 2.9 && seconds <= 3.3, "it is as long as the time that passed, %zu frames",
       r.frames);
    ok(between(&r, 0, 0.2, 0.8, 300) > 0.05, "first our side is the microphone");
    ok(between(&r, 0, 1.2, 1.8, 1000) > 0.3, "then it is the file");
    ok(between(&r, 0, 1.2, 1.8, 300) < 0.01, "and nothing else");
    ok(between(&r, 0, 2.3, 2.8, 300) > 0.05, "after it the microphone again");
    ok(between(&r, 1, 0.2, 2.8, 440) > 0.02, "and theirs is what they say");
    wzp_free(r.data);
    wzp_app_stop(ann.app);
    pass(&bob.ended, PATIENCE);
    read_recording(&r, &bob, "bob.wav");
    ok(between(&r, 0, 0.2, 2.8, 440) > 0.02, "the other one recorded its own side left");
    ok(between(&r, 1, 1.4, 1.8, 1000) > 0.1, "and heard the file");
    ok(strstr(bob.notices, " s of the call are in "), "the end of the call ended it: %s",
       bob.notices);
    wzp_free(r.data);
}

/* Checks the captured packets of an encrypted call, decrypted. */
static void look_at_packets(struct person *p, const char *name)
{
    const struct wzp_host_file file = {WZP_PLACE_PATH, path_of(p, name), FILE_LIMIT, true};
    struct wzp_analysis *a = NULL;
    struct wzp_error err = {0};
    char *data = NULL;
    size_t length = 0;
    int result = p->host.calls->file_read(p->host.context, &data, &length, &file, &err);
    if (!result)
        result = wzp_analyze(&a, (const uint8_t *)data, length, &err);
    is_int(result, 0, "the capture is its owner's and can be analyzed: %s", err.text);
    wzp_free(data);
    if (result)
        return;
    const struct wzp_analysis_stream *s = &a->streams[0];
    double in_time = -1;
    for (size_t i = 0; wzp_analysis_figure(i); i++)
        if (strcmp(wzp_analysis_figure(i)->key, "in_time_percent") == 0)
            wzp_analysis_figure(i)->value(s, &in_time);
    ok(a->kind == WZP_CAPTURE_CALL && a->has_pulls, "it is a call's own");
    /* In real time a busy machine sends fewer packets in that time, and later. */
    unsigned least = loop ? 30 : 80;
    ok(s->packets > least && s->packets < 120 && s->packets_out > least && s->packets_out < 120,
       "two seconds are in it, both ways: %u in, %u out", (unsigned)s->packets,
       (unsigned)s->packets_out);
    ok(in_time > (loop ? 30 : 90), "the voice is heard: %.1f %%", in_time);
    ok(s->has_counts && s->counts[WZP_COUNT_SEALED] == 1 &&
           s->counts[WZP_COUNT_RECEIVED] >= s->packets,
       "although the call was sealed; what it counted stands beside");
    wzp_analysis_free(a);
}

/* The file that this command writes is on a disk that becomes full. In virtual time only. */
static void breaks_off(const char *command, const char *file, const char *notice)
{
    struct wzp_app_facts facts;
    wzp_app_facts(ann.app, &facts);
    ok(!facts.file_lost, "no file is lost before");
    say(&ann, command, file, 0);
    ann.machine.disk_full = true;
    ann.notices[0] = 0;
    pass(NULL, 3 * WZP_SECOND);
    notices_are(&ann, notice, file, ": No space left on device");
    ann.machine.disk_full = false;
    wzp_app_facts(ann.app, &facts);
    ok(facts.file_lost, "one is: a program may ask for it at its end");
    ann.app->file_lost = false; /* reset for the next case */
}

static void capture(void)
{
    say(&ann, "capture", "off", WZP_E_STATE);
    say(&ann, "capture", "ann.pcapng", 0);
    ann.notices[0] = 0;
    say(&ann, "capture", "again.pcapng", WZP_E_STATE);
    say(&ann, "set out", "ann.pcapng", WZP_E_REFUSED);
    pass(NULL, 2 * WZP_SECOND);
    say(&ann, "capture", "off", 0);
    ok(strstr(ann.notices, " packets of the call are in "), "how many is told: %s", ann.notices);
    ann.notices[0] = 0;
    look_at_packets(&ann, "ann.pcapng");
    if (loop)
        return;
    breaks_off("capture", "full.pcapng", "the capture broke off: cannot write ");
}

/* Records both sides in the format of the suffix, and reads the file back with the player, which
 * mixes them. */
static void record_coded(const char *name, const char *magic)
{
    static int16_t pcm[5 * SECOND_SAMPLES];
    const struct wzp_host_file file = {WZP_PLACE_PATH, path_of(&ann, name), FILE_LIMIT, true};
    struct wzp_error err = {0};
    struct wzp_soundfile *sound = NULL;
    size_t length = 0, frames = 0, got;
    char *data = NULL;
    unsigned rate = 0;
    say(&ann, "record", name, 0);
    pass(NULL, 2 * WZP_SECOND);
    say(&ann, "record", "off", 0);
    say(&ann, "record", name, WZP_E_DUPLICATE);
    int result = ann.host.calls->file_read(ann.host.context, &data, &length, &file, &err);
    ok(!result && length > 4 && memcmp(data, magic, 4) == 0, "%s is what it is called: %s", name,
       err.text);
    if (!result)
        result = wzp_soundfile_open_memory(&sound, data, length, &rate, &err);
    is_int(result, 0, "and a whole file: %s", err.text);
    while (!result && frames + WZP_SOUNDFILE_FRAMES <= sizeof pcm / 2 &&
           (got = wzp_soundfile_read(sound, pcm + frames, WZP_SOUNDFILE_FRAMES)) > 0)
        frames += got;
    ok((double)frames >= 1.9 * SECOND_SAMPLES && (double)frames <= 2.3 * SECOND_SAMPLES,
       "as long as the time that passed, %zu frames", frames);
    size_t from = SECOND_SAMPLES / 2, count = SECOND_SAMPLES;
    ok(strength(pcm + from, count, 1, 300) > 0.03 && strength(pcm + from, count, 1, 440) > 0.01,
       "with both sides in it");
    (void)wzp_soundfile_close(sound);
    wzp_free(data);
    ann.notices[0] = 0;
}

static void full_disk(void)
{
    if (loop)
        return;
    breaks_off("record", "full.wav", "the recording broke off: cannot write ");
    say(&ann, "record", "off", WZP_E_STATE);
    if (!WZP_WITH_SNDFILE)
        return;
    breaks_off("record", "full.flac", "the recording broke off: cannot write ");
}

static void story(void)
{
    struct wzp_error err = {0};
    static const uint8_t seed[32] = {7};
    int result =
        wzp_relay_service_start(&relay, &relay_host, &relay_config, seed, "test", NULL, &err);
    is_int(result, 0, "the relay starts: %s", err.text);
    open_person(&ann, "ann", "10.0.0.2", "tone:300");
    open_person(&bob, "bob", "10.0.0.3", "tone:440");
    call();
    full_disk();
    capture();
    if (WZP_WITH_SNDFILE) {
        record_coded("ann.flac", "fLaC");
        record_coded("ann.opus", "OggS");
    } else {
        say(&ann, "record", "ann.flac", WZP_E_UNSUPPORTED);
    }
    play_and_record();
    listen_to_both();
    wzp_app_free(ann.app);
    wzp_app_free(bob.app);
    wzp_relay_service_stop(&relay);
}

TAP_MAIN
{
    wzp_relay_config_default(&relay_config);
    strcpy(relay_config.listen_addr, "10.0.0.1:4433");
    if (wzp_sim_new(&sim, 6))
        bail("no world");
    machine_open(sim, &relay_machine, &relay_host, "relay", MACHINE_RELAY_IP);
    note("virtual time");
    story();
    wzp_sim_machine_fini(&ann.machine);
    wzp_sim_machine_fini(&bob.machine);
    wzp_sim_machine_fini(&relay_machine);
    wzp_sim_free(sim);

    note("loopback");
    tap_keep_others_out();
    strcpy(relay_config.listen_addr, "127.0.0.1:0");
    if (wzp_loop_new(&loop, NULL))
        bail("no loop");
    wzp_loop_host(&relay_host, loop, NULL);
    story();
    wzp_loop_free(loop);
}
