/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/browser.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/host_call.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "media/wav.h"
#include "wire/name.h"
#include "wzp/phone.h"

#define CODEC WZP_CODEC_OPUS_24K
#define FRAME 960       /* samples of 20 ms */
#define PASSWORDS_MAX 3 /* that the browser may try */
#define WANTED "a message {\"type\":\"auth\",\"token\":...} comes first"

struct wzp_browser {
    struct wzp_host host;
    struct wzp_browser_options options;
    char room[WZP_SNI_MAX + 1];
    struct wzp_phone *phone;
    struct wzp_host_port *port;
    struct wzp_host_timer *timer; /* time limit of the first message; later: the end */
    struct wzp_listener listener;
    wzp_session_id session; /* 0: no session yet */
    struct wzp_browser_stats stats;
    unsigned tries; /* attempts with a password */
    bool is_in;     /* the room was joined */
    bool is_over, is_leaving;
    char why[192];
    size_t count, first; /* ring buffer of samples that wait to be sent */
    int16_t backlog[WZP_BROWSER_BACKLOG_MAX];
};

/* ---- the end ---- */

/* Reported from the timer: the listener may free us, and the phone may be on the stack now. */
static void end(struct wzp_browser *b, const char *why)
{
    if (b->is_over)
        return;
    b->is_over = true;
    wzp_text_filter(b->why, sizeof b->why, why, strlen(why));
    WZP_HOST(b, timer_set, b->timer, WZP_HOST(b, now));
}

static void tell_error(struct wzp_browser *b, const char *why)
{
    char text[256];
    json_t *message = json_pack("{s:s, s:s}", "type", "auth_error", "error", why);
    size_t length = message ? json_dumpb(message, text, sizeof text, JSON_COMPACT) : 0;
    if (length > 0 && length <= sizeof text && !b->is_over)
        b->options.calls->text(b->options.context, text, length);
    json_decref(message);
}

static void refuse(struct wzp_browser *b, const char *why)
{
    tell_error(b, why);
    end(b, why);
}

static void browser_free(struct wzp_browser *b)
{
    WZP_HOST(b, port_close, b->port);
    WZP_HOST(b, timer_free, b->timer);
    wzp_phone_free(b->phone);
    wzp_free(b);
}

static void on_timer(void *owner, uint64_t now)
{
    struct wzp_browser *b = owner;
    (void)now;
    if (b->is_leaving) {
        browser_free(b);
        return;
    }
    if (!b->is_over) {
        refuse(b, "no message of type auth came in time");
        return;
    }
    b->options.calls->ended(b->options.context, b->why);
}

/* ---- sound ---- */

/* Gives the samples that came from the browser; if there are too few, the rest is silence. */
static size_t say(void *context, int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_browser *b = context;
    size_t n = samples < b->count ? samples : b->count;
    (void)now;
    for (size_t i = 0; i < n; i++)
        pcm[i] = b->backlog[(b->first + i) % WZP_BROWSER_BACKLOG_MAX];
    b->first = (b->first + n) % WZP_BROWSER_BACKLOG_MAX;
    b->count -= n;
    return n;
}

static void hear(void *context, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_browser *b = context;
    uint8_t frame[2 * FRAME];
    size_t count = samples < FRAME ? samples : FRAME;
    (void)now;
    if (b->is_over)
        return;
    b->stats.frames_out++;
    wzp_wav_samples(frame, pcm, count);
    b->options.calls->sound(b->options.context, frame, 2 * count);
}

void wzp_browser_sound(struct wzp_browser *b, const uint8_t *data, size_t length)
{
    if (b->is_over || b->session == 0)
        return; /* the browser may send sound before it is in the room; it is dropped */
    if (length % 2 != 0 || length > WZP_BROWSER_SOUND_MAX) {
        end(b, "frames are 48 kHz PCM of 16 bits, 20 ms each");
        return;
    }
    b->stats.frames_in++;
    for (size_t i = 0; i < length / 2; i++) {
        if (b->count == WZP_BROWSER_BACKLOG_MAX) {
            b->first = (b->first + 1) % WZP_BROWSER_BACKLOG_MAX;
            b->count--;
            b->stats.samples_dropped++;
        }
        b->backlog[(b->first + b->count++) % WZP_BROWSER_BACKLOG_MAX] =
            (int16_t)(data[2 * i] | data[2 * i + 1] << 8);
    }
}

/* ---- the room ---- */

static void await(struct wzp_browser *b)
{
    WZP_HOST(b, timer_set, b->timer,
             wzp_time_add(WZP_HOST(b, now), WZP_BROWSER_FIRST_TIME_S * WZP_SECOND));
}

/* Only the relay knows whether token and password are valid, and whether a password is required. */
static void welcome(struct wzp_browser *b)
{
    static const char ok[] = "{\"type\":\"auth_ok\"}";
    b->is_in = true;
    b->options.calls->text(b->options.context, ok, sizeof ok - 1);
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_browser *b = context;
    if (event->session == 0 || event->session != b->session)
        return;
    if (event->type == WZP_EVENT_JOINED && !b->is_in)
        welcome(b);
    if (event->type != WZP_EVENT_ENDED)
        return;
    b->stats.token_refused |= event->u.ended.token_wanted;
    if (event->u.ended.password_wanted && ++b->tries < PASSWORDS_MAX) {
        b->session = 0;
        tell_error(b, event->u.ended.text);
        await(b);
    } else if (event->u.ended.token_wanted || event->u.ended.password_wanted) {
        refuse(b, event->u.ended.text);
    } else {
        end(b, event->u.ended.text);
    }
}

static int join(struct wzp_browser *b, const char *token, const char *password,
                struct wzp_error *err)
{
    struct wzp_relay_entry relay = {.count = 1};
    const struct wzp_session_audio audio = {.say = say, .hear = hear, .context = b};
    wzp_session_id session;
    relay.addresses[0] = b->options.relay;
    wzp_addr_format(relay.name, &b->options.relay);
    uint64_t now = WZP_HOST(b, now);
    int result = wzp_phone_set_relays(b->phone, &relay, 1, token, err);
    if (!result)
        result = wzp_phone_join_locked(b->phone, &session, b->room, password, now, err);
    if (result)
        return result;
    b->session = session;
    (void)wzp_phone_set_audio(b->phone, session, &audio, now);
    WZP_HOST(b, timer_set, b->timer, WZP_NEVER);
    WZP_HOST(b, port_kick, b->port);
    return 0;
}

/* The password came before the relay had asked for one: joins the room again with it. Each attempt
 * costs the relay a handshake, so it counts as a try. */
static void start_over(struct wzp_browser *b)
{
    wzp_session_id session = b->session;
    if (++b->tries >= PASSWORDS_MAX) {
        refuse(b, "these are too many passwords");
        return;
    }
    b->session = 0;
    (void)wzp_phone_hangup(b->phone, session, WZP_HOST(b, now), NULL);
}

/* Carries out an auth message, or refuses it. */
static void take_auth(struct wzp_browser *b, const char *token, const char *password,
                      const char *alias)
{
    struct wzp_error err = {0};
    if (b->options.wants_token && (!token || !token[0]))
        refuse(b, WANTED);
    else if (alias && wzp_phone_set_alias(b->phone, alias, WZP_HOST(b, now), &err))
        refuse(b, err.text);
    else if (join(b, b->options.wants_token ? token : NULL, password, &err))
        refuse(b, err.text);
}

/* {"type":"auth","token":...}; ours: also "password" of the room and "alias". */
void wzp_browser_text(struct wzp_browser *b, const char *text, size_t length)
{
    if (b->is_over || b->is_in)
        return; /* messages after the first are ignored */
    json_t *message = json_loadb(text, length, 0, NULL);
    const char *type = json_string_value(json_object_get(message, "type"));
    const char *token = json_string_value(json_object_get(message, "token"));
    const char *password = json_string_value(json_object_get(message, "password"));
    const char *alias = json_string_value(json_object_get(message, "alias"));
    bool is_auth = type && strcmp(type, "auth") == 0;
    if (is_auth && password && b->session && !b->options.wants_token)
        start_over(b);
    if (is_auth && !b->session)
        take_auth(b, token, password, alias);
    else if (!is_auth && !b->session)
        refuse(b, WANTED);
    json_decref(message);
}

/* ---- life ---- */

static int open_phone(struct wzp_browser *b, struct wzp_error *err)
{
    struct wzp_phone_config config = {.alias = "browser",
                                      .e2e = WZP_E2E_PREFER,
                                      .codec = CODEC,
                                      .accept_new_relays = true,
                                      .relay_only = true,
                                      .hidden = true,
                                      .random = b->host.random,
                                      .log = b->host.log,
                                      .wall_seconds = WZP_HOST(b, wall_ms) / 1000};
    struct wzp_driver driver;
    uint64_t now = WZP_HOST(b, now);
    (void)wzp_text_copy(config.build, sizeof config.build, b->options.build);
    wzp_random_bytes(&b->host.random, config.seed, sizeof config.seed);
    int result = wzp_phone_new(&b->phone, &config, now, err);
    wzp_wipe(config.seed, sizeof config.seed);
    if (result)
        return result;
    b->listener = (struct wzp_listener){.event = on_event, .context = b};
    wzp_phone_listen(b->phone, &b->listener);
    wzp_phone_driver(&driver, b->phone);
    result = WZP_HOST(b, port_open, &b->port, &b->options.from, &driver, err);
    if (result)
        return result;
    struct wzp_addr local4 = WZP_HOST(b, port_local, b->port, AF_INET);
    struct wzp_addr local6 = WZP_HOST(b, port_local, b->port, AF_INET6);
    wzp_phone_set_networks(b->phone, NULL, &local4, &local6, now);
    return 0;
}

int wzp_browser_new(struct wzp_browser **out, const struct wzp_host *host,
                    const struct wzp_browser_options *options, struct wzp_error *err)
{
    char room[WZP_SNI_MAX + 1];
    *out = NULL;
    int result = wzp_room_name_choose(room, options->room, err);
    if (result)
        return result;
    struct wzp_browser *b = wzp_calloc(1, sizeof *b);
    if (!b)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for a browser");
    b->host = *host;
    b->options = *options;
    memcpy(b->room, room, sizeof room);
    result = WZP_HOST(b, timer_new, &b->timer, on_timer, b);
    if (!result)
        result = open_phone(b, err);
    if (!result && options->wants_token)
        await(b);
    else if (!result)
        result = join(b, NULL, NULL, err);
    if (result && err && !err->text[0])
        wzp_error_set(err, result, "%s", wzp_strerror(result));
    if (result)
        browser_free(b);
    else
        *out = b;
    return result;
}

void wzp_browser_stats(const struct wzp_browser *b, struct wzp_browser_stats *out)
{
    *out = b->stats;
}

void wzp_browser_leave(struct wzp_browser *b)
{
    if (!b || b->is_leaving)
        return;
    uint64_t now = WZP_HOST(b, now);
    b->is_over = b->is_leaving = true;
    wzp_phone_unlisten(b->phone, &b->listener);
    wzp_phone_shutdown(b->phone, now);
    WZP_HOST(b, port_kick, b->port);
    WZP_HOST(b, timer_set, b->timer, wzp_time_add(now, WZP_BROWSER_PARTING_MS * WZP_MILLISECOND));
}
