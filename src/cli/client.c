/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/client.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/options.h"
#include "loop/files.h"
#include "loop/host.h"
#include "wzp_build.h"

#define TOKEN_MAX 4096
#define PARTING_POLL (10 * WZP_MILLISECOND)

void wzp_client_kick(struct wzp_client *c)
{
    wzp_udp_kick(c->udp);
}

/* ---- events ---- */

int wzp_client_status_of_end(enum wzp_end_reason reason)
{
    switch (reason) {
    case WZP_END_NORMAL:
    case WZP_END_CANCELLED: return WZP_EXIT_DONE;
    case WZP_END_BUSY:
    case WZP_END_DECLINED:
    case WZP_END_REFUSED:
    case WZP_END_OFFLINE: return WZP_EXIT_REFUSED;
    case WZP_END_TIMEOUT: return WZP_EXIT_TIMEOUT;
    case WZP_END_LOST: return WZP_EXIT_LOST;
    default: return WZP_EXIT_NETWORK;
    }
}

/* Also of calls that were turned away, which have no statistics. */
static void remember(struct wzp_client *c, const struct wzp_event *event)
{
    struct wzp_session_stats stats;
    struct wzp_error err = {0};
    uint64_t duration_ms = 0;
    struct wzp_history_entry entry = {.reason = event->u.ended.reason};
    bool is_call = event->about.peer[0];
    if (wzp_phone_session_stats(c->phone, event->session, &stats, wzp_loop_now(c->loop)) == 0) {
        duration_ms = stats.duration_ms;
        entry.e2e = stats.e2e_confirmed;
    }
    entry.at_seconds = (wzp_wall_ms() - duration_ms) / 1000;
    entry.duration_seconds = (uint32_t)(duration_ms / 1000);
    entry.kind = !is_call                ? WZP_HISTORY_ROOM
                 : event->about.outgoing ? WZP_HISTORY_OUT
                                         : WZP_HISTORY_IN;
    wzp_text_copy(entry.peer, sizeof entry.peer, is_call ? event->about.peer : event->about.room);
    wzp_text_copy(entry.alias, sizeof entry.alias, event->about.alias);
    if (wzp_store_history_add(&entry, &c->host, &err) ||
        wzp_known_relays_write(&c->known, &c->host, &err))
        fprintf(stderr, "wzp %s: %s\n", c->command, err.text);
}

static void print_stats(struct wzp_client *c, wzp_session_id session)
{
    struct wzp_event event = {.type = WZP_EVENT_STATS, .session = session};
    uint64_t now = wzp_loop_now(c->loop);
    if (wzp_phone_session_stats(c->phone, session, &event.u.stats, now) == 0 &&
        (event.u.stats.up || event.u.stats.frames_sent > 0))
        wzp_events_print(&c->events, &event, now);
}

void wzp_client_tell(struct wzp_client *c, const struct wzp_error *err)
{
    wzp_events_error(&c->events, err, NULL, wzp_loop_now(c->loop));
}

/* ---- --duration ---- */

static void end_limit(struct wzp_client_limit *limit)
{
    if (limit->timer)
        wzp_timer_close(limit->timer);
    *limit = (struct wzp_client_limit){0};
}

static void on_limit(void *context)
{
    struct wzp_client_limit *limit = context;
    struct wzp_client *c = limit->client;
    wzp_session_id session = limit->session;
    end_limit(limit);
    wzp_phone_hangup(c->phone, session, wzp_loop_now(c->loop), NULL);
    wzp_client_kick(c);
}

static struct wzp_client_limit *find_limit(struct wzp_client *c, wzp_session_id session)
{
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++)
        if (c->limits[i].session == session)
            return &c->limits[i];
    return NULL;
}

/* Media may come up several times in a call; the first time counts. */
static void begin_limit(struct wzp_client *c, wzp_session_id session)
{
    struct wzp_client_limit *limit = find_limit(c, 0);
    if (c->options.duration <= 0 || find_limit(c, session) || !limit)
        return;
    *limit = (struct wzp_client_limit){.client = c, .session = session};
    if (wzp_timer_start(&limit->timer, c->loop, (uint64_t)(c->options.duration * 1e9), 0, on_limit,
                        limit)) {
        struct wzp_error err;
        wzp_error_set(&err, WZP_E_MEMORY, "out of memory");
        wzp_client_tell(c, &err);
        wzp_client_stop(c, WZP_EXIT_USAGE);
    }
}

/* ---- events ---- */

static void print_event(struct wzp_client *c, const struct wzp_event *event)
{
    const struct wzp_contact *contact = NULL;
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    const char *peer = event->about.peer;
    if (wzp_fingerprint_parse(fingerprint, peer, strlen(peer)) == 0)
        contact = wzp_contacts_by_fingerprint(&c->contacts, fingerprint);
    struct wzp_event named = *event;
    if (contact)
        named.about.name = contact->name;
    wzp_events_print(&c->events, &named, wzp_loop_now(c->loop));
    if (ferror(c->events.out) && !c->stopping) {
        fprintf(stderr, "wzp %s: cannot write to standard output\n", c->command);
        wzp_client_stop(c, WZP_EXIT_USAGE);
    }
}

/* Gives the session an echo, or takes it away when it ended. */
static void set_echo(struct wzp_client *c, wzp_session_id session, bool on)
{
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++) {
        if (c->echoes[i].session != (on ? 0 : session))
            continue;
        memset(&c->echoes[i], 0, sizeof c->echoes[i]);
        if (on) {
            struct wzp_session_audio audio = wzp_echo_audio(&c->echoes[i].sound);
            c->echoes[i].session = session;
            wzp_phone_set_audio(c->phone, session, &audio, wzp_loop_now(c->loop));
        }
        return;
    }
}

static void begin_talk(struct wzp_client *c, wzp_session_id session)
{
    struct wzp_error err = {0};
    begin_limit(c, session);
    if (wzp_client_sound_start(c, &err)) {
        wzp_client_tell(c, &err);
        wzp_client_stop(c, WZP_EXIT_USAGE);
    }
}

static void end_talk(struct wzp_client *c, const struct wzp_event *event)
{
    struct wzp_client_limit *limit = find_limit(c, event->session);
    if (limit)
        end_limit(limit);
    wzp_client_sound_rest(c);
    if (!c->throw_away)
        remember(c, event);
}

/* True when our relay's certificate keeps us out until a person says yes. */
static bool is_barred(const struct wzp_client *c, const struct wzp_event *event)
{
    if (event->type != WZP_EVENT_RELAY_PIN ||
        strcasecmp(event->u.relay_pin.relay, c->settings.relay) != 0)
        return false;
    return event->u.relay_pin.pin == WZP_PIN_MISMATCH ||
           (event->u.relay_pin.pin == WZP_PIN_NEW && !c->settings.accept_new_relays);
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_client *c = context;
    if (event->type == WZP_EVENT_ENDED && c->options.stats > 0)
        print_stats(c, event->session);
    /* That a new relay is remembered would not be true of a client that writes nothing. */
    bool moot = c->throw_away && event->type == WZP_EVENT_RELAY_PIN &&
                event->u.relay_pin.pin == WZP_PIN_NEW;
    if (!c->quiet && !moot)
        print_event(c, event);
    if (event->type == WZP_EVENT_REGISTERED)
        c->was_registered = true;
    if (c->echo && event->type == WZP_EVENT_INCOMING)
        set_echo(c, event->session, true);
    if (c->echo && event->type == WZP_EVENT_ENDED)
        set_echo(c, event->session, false);
    if (event->type == WZP_EVENT_JOINED)
        begin_talk(c, event->session);
    if (event->type == WZP_EVENT_ENDED)
        end_talk(c, event);
    if (is_barred(c, event)) {
        fprintf(stderr, "wzp %s: if its owner confirms the certificate, use --accept-relay\n",
                c->command);
        wzp_client_stop(c, WZP_EXIT_REFUSED);
    }
    if (c->event)
        c->event(c, event);
}

/* ---- life ---- */

static void log_line(void *context, enum wzp_log_level level, const char *line)
{
    (void)context;
    fprintf(stderr, "%s: %s\n", wzp_log_level_name(level), line);
}

/* Everybody has parted: the loop may stop. */
static void leave(struct wzp_client *c)
{
    if (c->owns_loop)
        wzp_loop_stop(c->loop);
}

static bool is_idle(const struct wzp_client *c)
{
    return !c || !c->phone || wzp_phone_idle(c->phone);
}

static void on_parting(void *context)
{
    struct wzp_client *c = context;
    if (is_idle(c) && is_idle(c->companion))
        leave(c);
}

void wzp_client_stop(struct wzp_client *c, int status)
{
    if (c->stopping)
        return;
    c->stopping = true;
    c->status = status;
    wzp_phone_shutdown(c->phone, wzp_loop_now(c->loop));
    wzp_client_kick(c);
    if (c->companion && c->companion->phone)
        wzp_client_stop(c->companion, status);
    if (wzp_timer_start(&c->parting_timer, c->loop, PARTING_POLL, PARTING_POLL, on_parting, c))
        leave(c);
}

static void on_interrupt(void *context, int number)
{
    struct wzp_client *c = context;
    (void)number;
    if (c->stopping)
        leave(c); /* asked twice: go at once */
    wzp_client_stop(c, WZP_EXIT_DONE);
}

static void on_stats(void *context)
{
    struct wzp_client *c = context;
    wzp_session_id session;
    for (size_t i = 0; (session = wzp_phone_session(c->phone, i)) != 0; i++)
        print_stats(c, session);
}

static void tell_note(const struct wzp_client *c, const struct wzp_error *note)
{
    if (note->text[0])
        fprintf(stderr, "wzp %s: %s\n", c->command, note->text);
}

static int load_files(struct wzp_client *c, struct wzp_error *err)
{
    struct wzp_error note = {0};
    if (c->throw_away) {
        struct wzp_random random = wzp_system_random();
        wzp_identity_new(&c->identity, &random);
        return c->know_relays ? wzp_known_relays_read(&c->known, &c->host, &note, err) : 0;
    }
    char path[WZP_PATH_MAX];
    bool created;
    int result = wzp_store_identity(&c->identity, path, &c->host, true, &created, err);
    if (!result && created)
        fprintf(stderr, "wzp: made a new identity, %s, kept in %s\n", c->identity.fingerprint_text,
                path);
    if (!result)
        result = wzp_known_relays_read(&c->known, &c->host, &note, err);
    tell_note(c, &note);
    if (!result)
        result = wzp_store_contacts_read(&c->contacts, &c->host, &note, err);
    tell_note(c, &note);
    return result;
}

static int make_phone(struct wzp_client *c, struct wzp_error *err)
{
    const struct wzp_settings *s = &c->settings;
    bool live = c->sound != WZP_SOUND_NONE && c->source.kind == WZP_AUDIO_ALSA;
    struct wzp_phone_config config = {
        .build = WZP_VERSION,
        .e2e = (enum wzp_e2e_policy)s->e2e,
        .codec = (enum wzp_codec)s->codec,
        .accept_new_relays = s->accept_new_relays,
        /* Files and tones go out as they are; a microphone in a room needs help. */
        .auto_gain = live && s->auto_gain,
        .denoise = live && s->denoise,
        .echo_cancel = live && s->echo_cancel && c->sink.kind == WZP_AUDIO_ALSA,
        .ring_seconds = s->ring_seconds,
        .pins = &c->known.pins,
        .random = wzp_system_random(),
        .log = {.write = log_line, .level = c->options.verbose ? WZP_LOG_DEBUG : WZP_LOG_ERROR},
        .wall_seconds = wzp_wall_ms() / 1000};
    if (s->alias[0])
        wzp_text_copy(config.alias, sizeof config.alias, s->alias);
    else
        wzp_identity_alias(config.alias, &c->identity);
    memcpy(config.seed, c->identity.seed, sizeof config.seed);
    int result = wzp_phone_new(&c->phone, &config, wzp_loop_now(c->loop), err);
    wzp_wipe(config.seed, sizeof config.seed);
    if (result)
        return result;
    c->listener = (struct wzp_listener){.event = on_event, .context = c};
    wzp_phone_listen(c->phone, &c->listener);
    return 0;
}

static int watch_interrupts(struct wzp_client *c, struct wzp_error *err)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    for (size_t i = 0; c->owns_loop && i < 2; i++) {
        int result =
            wzp_signal_watch_start(&c->interrupts[i], c->loop, numbers[i], on_interrupt, c);
        if (result)
            return wzp_error_set(err, result, "cannot watch for signals: %s", wzp_strerror(result));
    }
    return 0;
}

static int open_all(struct wzp_client *c, struct wzp_error *err)
{
    int result = 0;
    if (!c->loop) {
        c->owns_loop = true;
        result = wzp_loop_new(&c->loop, err);
    }
    if (!result)
        result = wzp_udp_open(&c->udp, c->loop, &(struct wzp_addr){0}, err);
    if (!result && c->sound != WZP_SOUND_NONE)
        result = wzp_client_sound_open(c, err);
    if (!result)
        result = make_phone(c, err);
    if (!result)
        result = watch_interrupts(c, err);
    if (result)
        return result;
    struct wzp_driver driver;
    wzp_phone_driver(&driver, c->phone);
    wzp_udp_attach(c->udp, &driver);
    c->events.began = wzp_loop_now(c->loop);
    uint64_t period = (uint64_t)(c->options.stats * 1e9);
    if (period > 0)
        result = wzp_timer_start(&c->stats_timer, c->loop, period, period, on_stats, c);
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

int wzp_client_open(struct wzp_client *c, const char *command,
                    const struct wzp_client_options *options, struct wzp_loop *loop,
                    enum wzp_app_sound sound, bool echo, struct wzp_error *err)
{
    c->command = command;
    c->options = *options;
    c->loop = loop;
    c->sound = sound;
    c->echo = echo;
    wzp_loop_host(&c->host, loop, NULL);
    c->events = (struct wzp_events){.out = stdout, .command = command, .json = options->json};
    wzp_known_relays_init(&c->known);
    wzp_contacts_init(&c->contacts);
    int result = wzp_client_settings(&c->settings, options, err);
    if (!result)
        result = load_files(c, err);
    if (!result)
        result = open_all(c, err);
    if (result)
        wzp_client_close(c);
    return result;
}

/* ---- the relay ---- */

static int read_token(struct wzp_client *c, struct wzp_error *err)
{
    size_t length;
    if (!c->settings.token_file[0])
        return 0;
    int result = wzp_file_read(&c->token, &length, c->settings.token_file, TOKEN_MAX, true, err);
    if (result)
        return result;
    c->token[strcspn(c->token, "\r\n")] = 0;
    if (!c->token[0])
        return wzp_error_set(err, WZP_E_SYNTAX, "%s holds no token", c->settings.token_file);
    return 0;
}

static void forget_token(struct wzp_client *c)
{
    if (!c->token)
        return;
    wzp_wipe(c->token, strlen(c->token));
    wzp_free(c->token);
    c->token = NULL;
}

static void fail_start(struct wzp_client *c, const struct wzp_error *err, int status)
{
    wzp_client_tell(c, err);
    wzp_client_stop(c, status);
}

int wzp_client_entry(struct wzp_client *c, struct wzp_relay_entry *out, const char *name,
                     const struct wzp_addr *addrs, size_t count, struct wzp_error *err)
{
    struct wzp_addr local4 = wzp_udp_local(c->udp, AF_INET);
    struct wzp_addr local6 = wzp_udp_local(c->udp, AF_INET6);
    memset(out, 0, sizeof *out);
    wzp_text_copy(out->name, sizeof out->name, name);
    for (size_t i = 0; i < count && out->count < WZP_RELAY_PLACES_MAX; i++) {
        const struct wzp_addr *local = wzp_addr_is_v6(&addrs[i]) ? &local6 : &local4;
        if (!wzp_addr_is_none(local) && wzp_addr_port(&addrs[i]) != 0)
            out->addresses[out->count++] = addrs[i];
    }
    wzp_phone_set_networks(c->phone, NULL, &local4, &local6, wzp_loop_now(c->loop));
    if (out->count == 0)
        return wzp_error_set(err, WZP_E_NETWORK, "no address of %s can be reached from here", name);
    return 0;
}

static void on_resolved(void *context, const struct wzp_addr *addrs, size_t count,
                        const struct wzp_error *resolve_error)
{
    struct wzp_client *c = context;
    struct wzp_error err = {0};
    struct wzp_relay_entry relay;
    if (c->stopping)
        return;
    if (resolve_error && resolve_error->code) {
        fail_start(c, resolve_error, WZP_EXIT_NETWORK);
        return;
    }
    if (wzp_client_entry(c, &relay, c->settings.relay, addrs, count, &err)) {
        fail_start(c, &err, WZP_EXIT_NETWORK);
        return;
    }
    int result = wzp_phone_set_relays(c->phone, &relay, 1, c->token, &err);
    forget_token(c);
    if (result) {
        fail_start(c, &err, WZP_EXIT_USAGE);
        return;
    }
    if (c->options.accept_relay)
        wzp_pins_forget_relay(&c->known.pins, c->settings.relay);
    if (c->ready)
        c->ready(c);
    wzp_client_kick(c);
}

int wzp_client_start(struct wzp_client *c, struct wzp_error *err)
{
    if (!c->settings.relay[0])
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "no relay: use --relay HOST:PORT, or set relay in config.toml");
    int result = read_token(c, err);
    if (result)
        return result;
    result = wzp_resolve(c->loop, c->settings.relay, WZP_DEFAULT_PORT, on_resolved, c, err);
    if (result)
        wzp_error_prefix(err, "the relay");
    return result;
}

/* ---- end ---- */

/* --verbose: what the sockets did, for whoever looks for lost packets. */
static void log_packets(const struct wzp_client *c)
{
    struct wzp_udp_stats s;
    char line[160];
    if (!c->options.verbose || !c->udp)
        return;
    wzp_udp_stats(c->udp, &s);
    snprintf(line, sizeof line,
             "udp: %" PRIu64 " packets in, %" PRIu64 " out, %" PRIu64 " not sent, %" PRIu64
             " too long",
             s.packets_in, s.packets_out, s.send_errors, s.truncated);
    log_line(NULL, WZP_LOG_DEBUG, line);
}

static void close_handles(struct wzp_client *c)
{
    wzp_client_sound_close(c);
    wzp_lines_close(c->words);
    c->words = NULL;
    if (c->stats_timer)
        wzp_timer_close(c->stats_timer);
    if (c->parting_timer)
        wzp_timer_close(c->parting_timer);
    c->stats_timer = c->parting_timer = NULL;
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++)
        end_limit(&c->limits[i]);
    for (size_t i = 0; i < 2; i++) {
        if (c->interrupts[i])
            wzp_signal_watch_close(c->interrupts[i]);
        c->interrupts[i] = NULL;
    }
    log_packets(c);
    if (c->udp)
        wzp_udp_close(c->udp);
    c->udp = NULL;
}

void wzp_client_close(struct wzp_client *c)
{
    struct wzp_error err = {0};
    close_handles(c);
    wzp_phone_free(c->phone);
    c->phone = NULL;
    if (c->owns_loop)
        wzp_loop_free(c->loop);
    c->loop = NULL;
    c->owns_loop = false;
    forget_token(c);
    if (!c->throw_away && wzp_known_relays_write(&c->known, &c->host, &err))
        fprintf(stderr, "wzp %s: %s\n", c->command, err.text);
    wzp_known_relays_fini(&c->known);
    wzp_contacts_fini(&c->contacts);
    wzp_identity_wipe(&c->identity);
}

int wzp_client_peer(const struct wzp_client *c, char out[WZP_FINGERPRINT_TEXT_MAX],
                    const char *typed, struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    int result = wzp_contacts_resolve(fingerprint, &c->contacts, typed, err);
    if (!result)
        wzp_fingerprint_format(out, fingerprint);
    return result;
}
