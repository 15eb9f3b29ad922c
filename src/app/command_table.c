/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands of a running softphone, one row each: words on a terminal, `:` commands, keys,
 * functions of scripts and requests of the control socket are all made from these rows. */
#include <stdlib.h>
#include <string.h>

#include "app/internal.h"
#include "app/keep.h"
#include "app/saving.h"
#include "app/store.h"
#include "app/trust.h"
#include "base/error.h"
#include "wire/codec.h"

static int of_phone(struct wzp_app *app, int result, struct wzp_error *err)
{
    wzp_app_kick(app);
    if (result && (!err || !err->text[0]))
        wzp_error_set(err, result, "%s", wzp_strerror(result));
    return result;
}

static wzp_session_id session_of(const char *argument)
{
    return (wzp_session_id)strtoul(argument, NULL, 10);
}

/* ---- in a call ---- */

static int mute(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_phone_mute(app->phone, session_of(a[0]), true, wzp_app_now(app)), err);
}

static int unmute(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_phone_mute(app->phone, session_of(a[0]), false, wzp_app_now(app)),
                    err);
}

static int hold(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_phone_hold(app->phone, session_of(a[0]), true, wzp_app_now(app)), err);
}

static int resume(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_phone_hold(app->phone, session_of(a[0]), false, wzp_app_now(app)),
                    err);
}

static int verify(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    int result = wzp_phone_verify_peer(app->phone, session_of(a[0]), wzp_app_now(app));
    if (result == WZP_E_STATE)
        return wzp_error_set(err, result,
                             "there is no safety code: nothing encrypted has come yet");
    return of_phone(app, result, err);
}

static int hangup(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_phone_hangup(app->phone, session_of(a[0]), wzp_app_now(app), err),
                    err);
}

/* Reads "50", "50%", or "+10" and "-10" relative to the present value. */
static int percent_of(unsigned *out, const char *text, unsigned now, struct wzp_error *err)
{
    char *end;
    bool step = text[0] == '+' || text[0] == '-';
    long value = strtol(text, &end, 10);
    if (end == text || (*end && strcmp(end, "%") != 0))
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "a volume is a number of percent, or +10, or -10");
    if (step && value > -1000 && value < 1000)
        value += (long)now;
    if (step)
        value = value < 0 ? 0 : value > WZP_VOLUME_MOST ? WZP_VOLUME_MOST : value;
    if (value < 0 || value > WZP_VOLUME_MOST)
        return wzp_error_set(err, WZP_E_RANGE, "a volume is 0 to %d percent", WZP_VOLUME_MOST);
    *out = (unsigned)value;
    return 0;
}

/* A contact is named by our name for it; others by their alias. */
static int volume(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    wzp_session_id id = session_of(a[2]);
    char contact[WZP_FINGERPRINT_TEXT_MAX];
    const char *who = a[1] ? a[1] : "";
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    unsigned percent = 100;
    const char *names[] = {who, NULL};
    if (who[0] && wzp_contacts_resolve(fingerprint, &app->contacts, who, NULL) == 0) {
        wzp_fingerprint_format(contact, fingerprint);
        names[0] = contact;
        names[1] = who;
    }
    int result = WZP_E_NOT_FOUND;
    for (size_t i = 0; i < 2 && names[i] && result == WZP_E_NOT_FOUND; i++) {
        result = percent_of(&percent, a[0], wzp_phone_volume(app->phone, id, names[i]), err);
        if (result)
            return result;
        result = wzp_phone_set_volume(app->phone, id, names[i], percent);
    }
    if (result == WZP_E_NOT_FOUND && !who[0] && wzp_app_talk(app, id))
        return wzp_error_set(err, WZP_E_ARGUMENT, "in a room, say whose: volume PERCENT WHO");
    if (result == WZP_E_NOT_FOUND)
        return wzp_error_set(err, result, "nobody here is called \"%.60s\"", who);
    return of_phone(app, result, err);
}

static const char *file_of(const char *argument)
{
    return strcmp(argument, "off") == 0 ? NULL : argument;
}

static int play(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_tapes_play(app, session_of(a[1]), file_of(a[0]), err), err);
}

static int record(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_tapes_record(app, session_of(a[1]), file_of(a[0]), err), err);
}

static int capture(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(app, wzp_tapes_capture(app, session_of(a[1]), file_of(a[0]), err), err);
}

/* ---- somebody calls ---- */

static int answer(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    bool trusted = app->settings.answer_mode != WZP_ANSWER_GENERIC;
    return of_phone(
        app, wzp_phone_answer(app->phone, session_of(a[0]), trusted, wzp_app_now(app), err), err);
}

static int private(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(
        app, wzp_phone_answer(app->phone, session_of(a[0]), false, wzp_app_now(app), err), err);
}

static int decline(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return of_phone(
        app, wzp_phone_reject(app->phone, session_of(a[0]), false, wzp_app_now(app), err), err);
}

static int ignore(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    struct wzp_app_talk *talk = wzp_app_talk(app, session_of(a[0]));
    if (!talk)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such call");
    talk->ignored = true;
    wzp_sound_arrange(app);
    return 0;
}

/* ---- at any time ---- */

static int call(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return wzp_app_call(app, NULL, a[0], err);
}

static int room(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return wzp_app_join_locked(app, NULL, a[0], a[1], err);
}

static int ping(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return wzp_app_ping(app, a[0] ? a[0] : app->settings.relay, err);
}

static int try(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return wzp_sound_try(app, a[0], err);
}

static int accept_shown(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    (void)a;
    return of_phone(app, wzp_trust_accept(app, err), err);
}

static int codec(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return wzp_app_set(app, "codec", a[0], NULL, err);
}

static int set(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    return wzp_app_set(app, a[0], a[1] ? a[1] : "", NULL, err);
}

static int keep(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    int result = a[1] ? wzp_app_set(app, a[0], a[1], NULL, err) : 0;
    if (!result)
        result = wzp_sound_can_keep(app, a[0], err);
    if (result)
        return result;
    return wzp_settings_keep(&app->settings, &app->host, app->config.config_file, a[0], err);
}

static int add(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    if (wzp_fingerprint_parse(fingerprint, a[1], strlen(a[1])))
        return wzp_error_set(err, WZP_E_ARGUMENT, "a fingerprint has 32 hexadecimal digits");
    int result = wzp_store_contacts_add(&app->contacts, &app->host, a[0], fingerprint, err);
    return result ? result : wzp_app_watch_contacts(app, err);
}

static int drop(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    int result = wzp_store_contacts_remove(&app->contacts, &app->host, a[0], err);
    return result ? result : wzp_app_watch_contacts(app, err);
}

static int forget(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    int result = wzp_contacts_resolve(fingerprint, &app->contacts, a[0], err);
    if (result)
        return result;
    if (!wzp_pins_forget_peer(&app->known.pins, fingerprint))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "that this peer encrypts is not remembered");
    return wzp_saving_known_now(app, err);
}

static int forget_calls(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    char text[WZP_FINGERPRINT_TEXT_MAX];
    if (!a[0])
        return wzp_saving_forget(app, NULL, err);
    if (wzp_contacts_resolve(fingerprint, &app->contacts, a[0], NULL))
        return wzp_saving_forget(app, a[0], err); /* a room */
    wzp_fingerprint_format(text, fingerprint);
    return wzp_saving_forget(app, text, err);
}

static int forget_relay(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    if (!wzp_pins_forget_relay(&app->known.pins, a[0]))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no relay \"%.80s\" is remembered", a[0]);
    wzp_relays_forget(&app->relays, a[0]);
    return wzp_saving_known_now(app, err);
}

static int quit(struct wzp_app *app, const char *const *a, struct wzp_error *err)
{
    (void)a;
    (void)err;
    wzp_app_stop(app);
    return 0;
}

#define SESSION                                                                                    \
    {                                                                                              \
        "session", WZP_ARGUMENT_SESSION, true                                                      \
    }
static const struct wzp_app_command rows[] = {
    {"answer", "answers the call", {SESSION}, WZP_WHEN_INCOMING, NULL, answer, WZP_REACH_INSIDE},
    {"private",
     "answers without showing our addresses to the caller",
     {SESSION},
     WZP_WHEN_INCOMING,
     NULL,
     private,
     WZP_REACH_INSIDE},
    {"decline",
     "refuses the call, and the caller is told",
     {SESSION},
     WZP_WHEN_INCOMING,
     NULL,
     decline,
     WZP_REACH_INSIDE},
    {"ignore",
     "silences the call here; the caller still hears it ring",
     {SESSION},
     WZP_WHEN_INCOMING,
     "it no longer rings here",
     ignore,
     WZP_REACH_INSIDE},
    {"mute",
     "nobody hears you",
     {SESSION},
     WZP_WHEN_SESSION,
     "you are muted",
     mute,
     WZP_REACH_INSIDE},
    {"unmute",
     "you are heard again",
     {SESSION},
     WZP_WHEN_SESSION,
     "you are heard",
     unmute,
     WZP_REACH_INSIDE},
    {"hold",
     "you hear nobody, and nobody hears you",
     {SESSION},
     WZP_WHEN_SESSION,
     "the call is on hold",
     hold,
     WZP_REACH_INSIDE},
    {"resume",
     "ends hold",
     {SESSION},
     WZP_WHEN_SESSION,
     "the call goes on",
     resume,
     WZP_REACH_INSIDE},
    {"volume",
     "sets how loud you hear somebody, in percent; 0 is silence",
     {{"percent", WZP_ARGUMENT_PERCENT, false}, {"who", WZP_ARGUMENT_MEMBER, true}, SESSION},
     WZP_WHEN_SESSION,
     "that loud from now on",
     volume,
     WZP_REACH_INSIDE},
    {"verify",
     "you compared the safety code, and it agrees",
     {SESSION},
     WZP_WHEN_SESSION,
     "remembered: you compared the safety code",
     verify,
     WZP_REACH_PERSON},
    {"hangup",
     "ends the call, or leaves the room",
     {SESSION},
     WZP_WHEN_SESSION | WZP_WHEN_INCOMING,
     NULL,
     hangup,
     WZP_REACH_INSIDE},
    {"play",
     "plays a sound file instead of the microphone; off stops it",
     {{"file", WZP_ARGUMENT_FILE, false}, SESSION},
     WZP_WHEN_SESSION,
     NULL,
     play,
     WZP_REACH_FILE},
    {"record",
     "writes both sides into a new file; off ends that",
     {{"file", WZP_ARGUMENT_FILE, false}, SESSION},
     WZP_WHEN_SESSION,
     NULL,
     record,
     WZP_REACH_FILE},
    {"capture",
     "writes the packets into a new file for wzp analyze; off ends that",
     {{"file", WZP_ARGUMENT_FILE, false}, SESSION},
     WZP_WHEN_SESSION,
     NULL,
     capture,
     WZP_REACH_FILE},
    {"codec",
     "sends with another codec",
     {{"codec", WZP_ARGUMENT_CODEC, false}},
     0,
     "your voice is sent with it from now on",
     codec,
     WZP_REACH_INSIDE},
    {"call",
     "calls a contact, a fingerprint, or echo",
     {{"peer", WZP_ARGUMENT_PEER, false}},
     0,
     NULL,
     call,
     WZP_REACH_INSIDE},
    {"room",
     "joins a room",
     {{"room", WZP_ARGUMENT_ROOM, false}, {"password", WZP_ARGUMENT_SECRET, true}},
     0,
     NULL,
     room,
     WZP_REACH_INSIDE},
    {"ping",
     "measures a relay",
     {{"relay", WZP_ARGUMENT_RELAY, true}},
     0,
     NULL,
     ping,
     WZP_REACH_INSIDE},
    {"try",
     "tries the sound devices outside of calls: levels, tone, hear, off",
     {{"what", WZP_ARGUMENT_TRIAL, false}},
     0,
     NULL,
     try,
     WZP_REACH_INSIDE},
    {"accept",
     "accepts the certificate that the relay shows now",
     {{0}},
     0,
     "the relay's certificate is accepted",
     accept_shown,
     WZP_REACH_PERSON},
    {"set",
     "changes a setting until the program ends",
     {{"key", WZP_ARGUMENT_SETTING, false}, {"value", WZP_ARGUMENT_TEXT, true}},
     0,
     "set until the end",
     set,
     WZP_REACH_INSIDE},
    {"keep",
     "writes a setting into the configuration: a new value, or else the present one",
     {{"key", WZP_ARGUMENT_SETTING, false}, {"value", WZP_ARGUMENT_TEXT, true}},
     0,
     "kept for the next time",
     keep,
     WZP_REACH_CONFIGURATION},
    {"add",
     "adds a contact",
     {{"name", WZP_ARGUMENT_NAME, false}, {"fingerprint", WZP_ARGUMENT_PEER, false}},
     0,
     "there is a new contact",
     add,
     WZP_REACH_INSIDE},
    {"remove",
     "removes a contact",
     {{"name", WZP_ARGUMENT_CONTACT, false}},
     0,
     "the contact is gone",
     drop,
     WZP_REACH_INSIDE},
    {"forget",
     "forgets that calls with somebody were encrypted",
     {{"peer", WZP_ARGUMENT_PEER, false}},
     0,
     "forgotten",
     forget,
     WZP_REACH_PERSON},
    {"forget-calls",
     "removes the calls with somebody, or in a room, from the history; without a name, all",
     {{"who", WZP_ARGUMENT_PEER, true}},
     0,
     "taken out of the history",
     forget_calls,
     WZP_REACH_INSIDE},
    {"forget-relay",
     "forgets a relay and its certificate",
     {{"relay", WZP_ARGUMENT_RELAY, false}},
     0,
     "forgotten; met again, it is a new relay",
     forget_relay,
     WZP_REACH_PERSON},
    {"quit", "hangs up and ends", {{0}}, 0, NULL, quit, WZP_REACH_INSIDE},
};

const struct wzp_app_command *wzp_app_command(size_t i)
{
    return i < sizeof rows / sizeof rows[0] ? &rows[i] : NULL;
}

const struct wzp_app_command *wzp_app_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
