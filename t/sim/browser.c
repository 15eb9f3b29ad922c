/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A browser in a relay's room, in virtual time: a phone hears its PCM, and the browser hears the
 * phone; tokens, passwords, errors. */
#include "app/browser.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "phone/internal.h"
#include "sim/actors.h"
#include "sim/lib_machine.h"
#include "sim/lib_voice.h"
#include "tap.h"

static struct wzp_sim *sim;
static struct machine_relay relay;
static struct wzp_host host;
static struct wzp_sim_machine machine;
static struct wzp_relay_config config;
static struct wzp_browser *browser;
static struct {
    unsigned texts, frames, ended;
    char text[300], why[200];
    double loudest; /* of the frames */
} heard;

static void on_text(void *context, const char *text, size_t length)
{
    (void)context;
    heard.texts++;
    snprintf(heard.text, sizeof heard.text, "%.*s", (int)length, text);
}

static void on_sound(void *context, const uint8_t *data, size_t length)
{
    int16_t pcm[960];
    size_t samples = 0;
    (void)context;
    heard.frames++;
    for (; samples < 960 && 2 * samples + 1 < length; samples++)
        pcm[samples] = (int16_t)(data[2 * samples] | data[2 * samples + 1] << 8);
    double loudest = voice_loudest(pcm, samples);
    heard.loudest = loudest > heard.loudest ? loudest : heard.loudest;
}

static void on_ended(void *context, const char *why)
{
    (void)context;
    heard.ended++;
    snprintf(heard.why, sizeof heard.why, "%s", why);
}

static int open_browser(const char *room, bool wants_token, struct wzp_error *err)
{
    static const struct wzp_browser_calls calls = {on_text, on_sound, on_ended};
    struct wzp_browser_options o = {
        .room = room, .wants_token = wants_token, .build = "test", .calls = &calls};
    static const char to[] = MACHINE_RELAY_IP ":4433";
    memset(&heard, 0, sizeof heard);
    if (wzp_addr_parse(&o.relay, to, strlen(to)) || wzp_addr_parse(&o.from, "10.0.0.2:0", 10))
        bail("no address");
    return wzp_browser_new(&browser, &host, &o, err);
}

static void must_open(const char *room, bool wants_token, const char *what)
{
    struct wzp_error err = {0};
    if (open_browser(room, wants_token, &err))
        bail("%s", err.text);
    if (what)
        ok(true, "%s", what);
}

static void leave(void)
{
    wzp_browser_leave(browser);
    wzp_sim_run(sim, WZP_SECOND);
}

static void begin(uint64_t seed)
{
    if (wzp_sim_new(&sim, seed))
        bail("no world");
    machine_open_relay_with(sim, &relay, &config);
    machine_open(sim, &machine, &host, "bridge", "10.0.0.2");
}

static void end(void)
{
    machine_close_relay(&relay);
    wzp_sim_machine_fini(&machine);
    wzp_sim_free(sim);
}

/* Sends frames of a tone with that amplitude, at the pace of real time, for so long. */
static void speak(double amplitude, uint64_t time)
{
    uint8_t frame[1920];
    static unsigned at;
    for (uint64_t t = 0; t < time; t += 20 * WZP_MILLISECOND) {
        for (size_t i = 0; i < 960; i++, at++) {
            int16_t sample = (int16_t)(amplitude * sin(2 * 3.14159265358979 * 500 * at / 48000));
            frame[2 * i] = (uint8_t)sample;
            frame[2 * i + 1] = (uint8_t)((uint16_t)sample >> 8);
        }
        wzp_browser_sound(browser, frame, sizeof frame);
        wzp_sim_run(sim, 20 * WZP_MILLISECOND);
    }
}

static void test_room(void)
{
    static struct wzp_sim_phone ann;
    struct wzp_sim_relay place = {0};
    struct wzp_sim_phone_options o = {.address = "10.0.0.9:5000", .seed = 4, .relay = &place};
    wzp_session_id room;
    place.sim = sim;
    snprintf(place.address, sizeof place.address, "%s", MACHINE_RELAY_IP ":4433");
    if (wzp_sim_phone_start(&ann, sim, &o, false))
        bail("no phone");
    ann.recording = true;
    int16_t *voice = voice_tone(700, -15, 48000);
    ann.card.voice = voice;
    ann.card.voice_samples = 48000;
    wzp_sim_phone_join(&ann, &room, "tea");
    must_open("Tea", false, "a browser opens a room");
    wzp_sim_run(sim, 200 * WZP_MILLISECOND);
    is_str(heard.text, "{\"type\":\"auth_ok\"}",
           "and is welcomed as soon as the relay let it in, as the existing bridge does");
    is_int(heard.texts, 1, "in one message");
    wzp_sim_run(sim, 800 * WZP_MILLISECOND);
    size_t from = ann.card.heard.samples;
    speak(8000, 3 * WZP_SECOND);
    ok(heard.frames > 140 && heard.frames < 210, "a frame comes every 20 ms (%u in 4 s)",
       heard.frames);
    ok(heard.loudest > 1000, "in which the phone is heard (%.0f)", heard.loudest);
    double loudest = voice_loudest(ann.card.heard.pcm + from, ann.card.heard.samples - from);
    ok(loudest > 2000, "and the phone hears the browser (%.0f)", loudest);
    const struct wzp_event *members = wzp_sim_phone_find(&ann, WZP_EVENT_MEMBERS, 0);
    is_int(members ? (int)wzp_sim_phone_count(&ann, WZP_EVENT_MEMBERS) >= 2 : 0, 1,
           "who is told that somebody came");
    leave();
    struct wzp_relay_counters counters;
    wzp_relay_counters(relay.service.relay, &counters);
    is_int((int)counters.active_sessions, 1, "when it goes, the relay knows at once");
    wzp_sim_phone_stop(&ann);
    wzp_free(voice);
}

static void test_bounds(void)
{
    struct wzp_error err = {0};
    struct wzp_browser_stats stats;
    static uint8_t frame[WZP_BROWSER_SOUND_MAX + 2];
    is_int(open_browser("two words", false, &err), WZP_E_SYNTAX, "no room: %s", err.text);
    is_int(open_browser("call-1", false, &err), WZP_E_REFUSED, "a call is none: %s", err.text);
    is_int(open_browser("_signal", false, &err), WZP_E_REFUSED, "nor a service: %s", err.text);
    must_open("tea", false, "a room");
    wzp_sim_run(sim, WZP_SECOND);
    for (int i = 0; i < 20; i++)
        wzp_browser_sound(browser, frame, 1920);
    wzp_browser_stats(browser, &stats);
    is_int((int)stats.samples_dropped, 20 * 960 - WZP_BROWSER_BACKLOG_MAX,
           "who sends faster than sound loses what is old");
    wzp_browser_text(browser, "[1,2", 4);
    wzp_sim_run(sim, WZP_SECOND);
    ok(!heard.ended, "later texts mean nothing");
    wzp_browser_sound(browser, frame, 1921);
    wzp_sim_run(sim, WZP_SECOND);
    ok(heard.ended == 1 && strstr(heard.why, "48 kHz"), "half a sample ends it: %s", heard.why);
    leave();
    must_open("tea", false, NULL);
    wzp_sim_run(sim, WZP_SECOND);
    wzp_browser_sound(browser, frame, sizeof frame);
    wzp_sim_run(sim, WZP_SECOND);
    is_int((int)heard.ended, 1, "as does a frame that is too long");
    leave();
}

static void test_password(void)
{
    static const char wrong[] = "{\"type\":\"auth\",\"password\":\"x\"}",
                      right[] =
                          "{\"type\":\"auth\",\"password\":\"correct horse\",\"alias\":\"Eve\"}";
    must_open("board", false, "a room with a password");
    wzp_sim_run(sim, WZP_SECOND);
    is_str(heard.text,
           "{\"type\":\"auth_error\",\"error\":\"the relay did not let us in: this room wants a "
           "password\"}",
           "the browser is told what is missing");
    is_int(heard.texts, 1, "and was not welcomed before");
    ok(!heard.ended, "and may say it");
    wzp_browser_text(browser, wrong, sizeof wrong - 1);
    wzp_sim_run(sim, WZP_SECOND);
    ok(strstr(heard.text, "auth_error") && !heard.ended, "a wrong one is told");
    wzp_browser_text(browser, right, sizeof right - 1);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(!heard.ended && heard.frames > 50, "the right one lets it in");
    ok(heard.texts == 3 && strstr(heard.text, "auth_ok"), "which is told at the end");
    leave();
    must_open("board", false, NULL);
    wzp_browser_text(browser, right, sizeof right - 1);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    ok(!heard.ended && heard.frames > 50 && !strstr(heard.text, "error"),
       "also when it comes before it was asked for");
    leave();
    must_open("board", false, NULL);
    for (int i = 0; i < 3; i++) {
        wzp_sim_run(sim, WZP_SECOND);
        wzp_browser_text(browser, wrong, sizeof wrong - 1);
    }
    wzp_sim_run(sim, WZP_SECOND);
    is_int((int)heard.ended, 1, "three tries are enough");
    leave();
    must_open("board", false, NULL);
    for (int i = 0; i < 200; i++)
        wzp_browser_text(browser, wrong, sizeof wrong - 1);
    wzp_sim_run(sim, WZP_SECOND);
    is_int((int)heard.ended, 1, "also when none of them waits for the relay's word");
    ok(heard.texts < 8, "for each of which it would dial anew (%u answers)", heard.texts);
    leave();
    must_open("board", false, NULL);
    wzp_sim_run(sim, 15 * WZP_SECOND);
    ok(heard.ended == 1 && strstr(heard.why, "in time"), "who never says it is sent away: %s",
       heard.why);
    leave();
}

/* The relay asks for a token: the browser has to send one first, and the relay judges it. */
static void test_token(void)
{
    static const char good[] = "{\"type\":\"auth\",\"token\":\"tok\"}",
                      none[] = "{\"type\":\"auth\"}";
    must_open("tea", true, "a browser where tokens are wanted");
    is_int((int)heard.texts, 0, "is not welcomed yet");
    wzp_browser_text(browser, none, sizeof none - 1);
    wzp_sim_run(sim, WZP_SECOND);
    ok(heard.ended == 1 && strstr(heard.text, "auth_error"), "a message without one ends it");
    leave();
    must_open("tea", true, NULL);
    wzp_browser_text(browser, "\xff\x00nonsense", 10);
    wzp_sim_run(sim, WZP_SECOND);
    is_int((int)heard.ended, 1, "as does nonsense");
    leave();
    must_open("tea", true, NULL);
    wzp_sim_run(sim, 11 * WZP_SECOND);
    is_int((int)heard.ended, 1, "and silence, after ten seconds");
    leave();
    must_open("tea", true, NULL);
    wzp_browser_text(browser, good, sizeof good - 1);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    struct wzp_browser_stats stats;
    wzp_browser_stats(browser, &stats);
    ok(heard.ended == 1 && strstr(heard.text, "auth_error") && stats.token_refused,
       "a token goes on to the relay, which judges it: %s", heard.why);
    is_int(heard.texts, 1, "before a word of welcome");
    leave();
}

TAP_MAIN
{
    wzp_relay_config_default(&config);
    strcpy(config.rooms[0].name, "board");
    strcpy(config.rooms[0].password, "correct horse");
    config.room_count = 1;
    begin(9);
    test_room();
    test_bounds();
    test_password();
    end();
    strcpy(config.auth_url, "https://auth.example/check");
    begin(10);
    test_token();
    end();
}
