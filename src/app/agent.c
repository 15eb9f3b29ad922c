/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Life of the softphone: reads the person's files, creates the phone, opens the port, ends all
 * sessions and closes. */
#include <inttypes.h>
#include <string.h>

#include "app/audio_spec.h"
#include "app/home_relays.h"
#include "app/internal.h"
#include "app/router.h"
#include "app/saving.h"
#include "app/store.h"
#include "app/trust.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "media/decoder.h"

#define PARTING_POLL (10 * WZP_MILLISECOND)
#define PARTING_TIME (2 * WZP_SECOND)

/* ---- files ---- */

static void add_note(struct wzp_app *app, const struct wzp_error *note)
{
    if (note->text[0] && app->note_count < sizeof app->notes / sizeof app->notes[0])
        app->notes[app->note_count++] = *note;
}

static int load_identity(struct wzp_app *app, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    bool created = false;
    struct wzp_error note = {0};
    if (app->config.seed) {
        wzp_identity_from_seed(&app->identity, app->config.seed);
        app->config.seed = NULL;
        return 0;
    }
    if (app->config.throw_away) {
        wzp_identity_new(&app->identity, &app->host.random);
        return 0;
    }
    int result = wzp_store_identity(&app->identity, path, &app->host, true, &created, err);
    if (!result && created) {
        wzp_error_set(&note, 0, "made a new identity, %s, kept in %.120s",
                      app->identity.fingerprint_text, path);
        add_note(app, &note);
    }
    return result;
}

static int load_files(struct wzp_app *app, struct wzp_error *err)
{
    struct wzp_error note = {0};
    bool person = !app->config.throw_away;
    int result = load_identity(app, err);
    if (!result && (person || app->config.know_relays))
        result = wzp_known_relays_read(&app->known, &app->host, &note, err);
    add_note(app, &note);
    for (size_t i = 0; i < app->known.pins.relay_count; i++)
        wzp_relays_know(&app->relays, app->known.pins.relays[i].relay);
    note.text[0] = 0;
    if (!result && person)
        result = wzp_store_contacts_read(&app->contacts, &app->host, &note, err);
    add_note(app, &note);
    app->known.read_only = !person;
    return result;
}

int wzp_app_watch_contacts(struct wzp_app *app, struct wzp_error *err)
{
    uint8_t(*list)[WZP_FINGERPRINT_SIZE];
    size_t count = app->contacts.count;
    if (!app->config.watches || !app->settings.presence)
        return 0;
    list = wzp_calloc(count + 1, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        memcpy(list[i], app->contacts.items[i].fingerprint, sizeof *list);
    int result = list ? wzp_phone_watch(app->phone, (const uint8_t(*)[WZP_FINGERPRINT_SIZE])list,
                                        count, wzp_app_now(app))
                      : WZP_E_MEMORY;
    wzp_free(list);
    wzp_app_kick(app);
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

/* ---- making ---- */

static void on_qlog(void *context, const void *connection, const void *data, size_t length)
{
    const struct wzp_app *app = context;
    app->config.qlog(app->config.trace, connection, data, length);
}

static void on_keys(void *context, const char *line, size_t length)
{
    const struct wzp_app *app = context;
    app->config.keys(app->config.trace, line, length);
}

static int port_more(void *context, struct wzp_addr *out)
{
    struct wzp_app *app = context;
    return app->port ? WZP_HOST(app, port_more, app->port, out) : WZP_E_STATE;
}

static void port_less(void *context, const struct wzp_addr *local)
{
    struct wzp_app *app = context;
    WZP_HOST(app, port_less, app->port, local);
}

static int make_phone(struct wzp_app *app, struct wzp_error *err)
{
    const struct wzp_settings *s = &app->settings;
    bool live = wzp_sound_is_live(app);
    struct wzp_phone_config config = {
        .e2e = (enum wzp_e2e_policy)s->e2e,
        .codec = (enum wzp_codec)s->codec,
        .accept_new_relays = s->accept_new_relays,
        .relay_only = !s->direct,
        .portmap = s->portmap,
        .hidden = !s->presence,
        .portmap_work = wzp_app_router_work,
        .port_search = s->port_search,
        .port_more = port_more,
        .port_less = port_less,
        /* Files and tones are sent unprocessed; only a real microphone needs gain control and the
         * like. */
        .auto_gain = live && s->auto_gain,
        .denoise = live && s->denoise,
        .echo_cancel = live && s->echo_cancel && app->sound.devices.sink.kind == WZP_AUDIO_ALSA,
        .low_complexity = s->low_complexity,
        .ring_seconds = s->ring_seconds,
        .call_waiting = app->config.call_waiting,
        .pins = &app->known.pins,
        .resolve = wzp_home_resolve,
        .qlog = app->config.qlog ? on_qlog : NULL,
        .keys = app->config.keys ? on_keys : NULL,
        .context = app,
        .random = app->host.random,
        .log = app->host.log,
        .wall_seconds = WZP_HOST(app, wall_ms) / 1000};
    wzp_text_copy(config.build, sizeof config.build, app->config.build ? app->config.build : "");
    if (s->alias[0])
        wzp_text_copy(config.alias, sizeof config.alias, s->alias);
    else
        wzp_identity_alias(config.alias, &app->identity);
    memcpy(config.seed, app->identity.seed, sizeof config.seed);
    int result = wzp_phone_new(&app->phone, &config, wzp_app_now(app), err);
    wzp_wipe(config.seed, sizeof config.seed);
    if (result)
        return result;
    app->phone_listener = (struct wzp_listener){.event = wzp_app_on_phone, .context = app};
    wzp_phone_listen(app->phone, &app->phone_listener);
    return 0;
}

static void on_later(void *context, uint64_t now);
static void on_parting(void *context, uint64_t now);

static int make_timers(struct wzp_app *app, struct wzp_error *err)
{
    int result = WZP_HOST(app, timer_new, &app->stats, wzp_app_on_stats, app);
    if (!result)
        result = WZP_HOST(app, timer_new, &app->limits, wzp_app_on_limits, app);
    if (!result)
        result = WZP_HOST(app, timer_new, &app->parting, on_parting, app);
    if (!result)
        result = WZP_HOST(app, timer_new, &app->later, on_later, app);
    return result ? wzp_error_set(err, result, "a timer: %s", wzp_strerror(result)) : 0;
}

static int check_relay(const struct wzp_app *app, struct wzp_error *err)
{
    if (app->settings.relay[0] || app->config.no_relay)
        return 0;
    return wzp_error_set(err, WZP_E_ARGUMENT,
                         "no relay: use --relay HOST:PORT, or set relay in config.toml");
}

/* Devices are opened last: mistakes in what was typed are reported before that takes time. */
static int check_sound(struct wzp_app *app, struct wzp_error *err)
{
    const char *peer = app->config.peer;
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    int result = 0;
    app->config.peer = NULL;
    if (app->config.sound == WZP_SOUND_NONE)
        return 0;
    if (app->config.sound == WZP_SOUND_SOON && peer && strcmp(peer, "echo") != 0)
        result = wzp_contacts_resolve(fingerprint, &app->contacts, peer, err);
    if (!result && app->config.sound == WZP_SOUND_SOON)
        result = check_relay(app, err);
    return result ? result : wzp_sound_check(app, err);
}

int wzp_app_new_sized(struct wzp_app **out, const struct wzp_host *host,
                      const struct wzp_app_config *config, size_t size, struct wzp_error *err)
{
    *out = NULL;
    if (host->calls->size < sizeof *host->calls)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "the host was compiled for an older library");
    struct wzp_app *app = wzp_calloc(1, sizeof *app);
    if (!app)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    app->host = *host;
    memcpy(&app->config, config, size < sizeof app->config ? size : sizeof app->config);
    if (config->settings)
        app->settings = *config->settings;
    else
        wzp_settings_default(&app->settings);
    app->config.settings = NULL;
    wzp_known_relays_init(&app->known);
    wzp_contacts_init(&app->contacts);
    int result = load_files(app, err);
    if (!result)
        result = make_timers(app, err);
    if (!result)
        result = check_sound(app, err);
    if (!result)
        result = make_phone(app, err);
    if (!result && app->settings.relay[0])
        result = wzp_home_prepare(app, err);
    if (!result)
        wzp_trust_init(app);
    if (!result)
        result = wzp_app_watch_contacts(app, err);
    if (result) {
        wzp_app_free(app);
        return result;
    }
    *out = app;
    return 0;
}

/* ---- start ---- */

static void arm_stats(struct wzp_app *app, uint64_t now)
{
    uint64_t period = (uint64_t)(app->config.stats * 1e9);
    if (period > 0)
        WZP_HOST(app, timer_set, app->stats, wzp_time_add(now, period));
}

int wzp_app_start(struct wzp_app *app, struct wzp_error *err)
{
    struct wzp_driver driver;
    if (app->started || app->stopping)
        return wzp_error_set(err, WZP_E_STATE, "the softphone was started already");
    int result = check_relay(app, err);
    if (result)
        return result;
    wzp_phone_driver(&driver, app->phone);
    result = WZP_HOST(app, port_open, &app->port, NULL, &driver, err);
    if (result)
        return result;
    app->started = true;
    wzp_home_start(app);
    arm_stats(app, wzp_app_now(app));
    for (size_t i = 0; i < app->note_count; i++)
        wzp_app_tell_notice(app, app->notes[i].text);
    app->note_count = 0;
    if (!wzp_decoder_can_rebuild())
        wzp_app_tell_notice(app, "this program was built without DRED: speech lost on the way is "
                                 "concealed, not rebuilt");
    return 0;
}

void wzp_app_kick(struct wzp_app *app)
{
    if (app->port)
        WZP_HOST(app, port_kick, app->port);
}

int wzp_app_register(struct wzp_app *app, struct wzp_error *err)
{
    int result = wzp_phone_register_start(app->phone, wzp_app_now(app), err);
    wzp_app_kick(app);
    return result;
}

void wzp_app_soon(struct wzp_app *app)
{
    WZP_HOST(app, timer_set, app->later, wzp_app_now(app));
}

static void on_later(void *context, uint64_t now)
{
    struct wzp_app *app = context;
    if (app->stopping)
        return;
    (void)now;
    wzp_trust_settle(app);
    wzp_tapes_settle(app);
    wzp_sound_arrange(app);
    wzp_app_kick(app);
}

/* ---- end ---- */

static bool has_parted(const struct wzp_app *app)
{
    return wzp_phone_idle(app->phone) && (!app->echo_peer || app->echo_peer->stopped);
}

static void on_parting(void *context, uint64_t now)
{
    struct wzp_app *app = context;
    struct wzp_event event;
    if (!has_parted(app) && now < app->part_by) {
        WZP_HOST(app, timer_set, app->parting, wzp_time_add(now, PARTING_POLL));
        return;
    }
    wzp_event_init(&event, WZP_EVENT_STOPPED);
    app->stopped = true;
    wzp_app_emit(app, &event);
}

void wzp_app_stop(struct wzp_app *app)
{
    uint64_t now = wzp_app_now(app);
    if (app->stopping)
        return;
    app->stopping = true;
    app->part_by = wzp_time_add(now, PARTING_TIME);
    wzp_phone_shutdown(app->phone, now);
    wzp_app_kick(app);
    if (app->echo_peer)
        wzp_app_stop(app->echo_peer);
    WZP_HOST(app, timer_set, app->parting, wzp_time_add(now, PARTING_POLL));
}

bool wzp_app_stopped(const struct wzp_app *app)
{
    return app->stopped;
}

/* Logs the port's counters, for debugging lost packets. */
static void log_packets(struct wzp_app *app)
{
    struct wzp_port_stats s;
    WZP_HOST(app, port_stats, app->port, &s);
    wzp_log(&app->host.log, WZP_LOG_DEBUG,
            "udp: %" PRIu64 " packets in, %" PRIu64 " out, %" PRIu64 " not sent, %" PRIu64
            " too long",
            s.packets_in, s.packets_out, s.send_errors, s.truncated);
}

static void close_handles(struct wzp_app *app)
{
    wzp_sound_fini(app);
    wzp_home_fini(app);
    WZP_HOST(app, timer_free, app->stats);
    WZP_HOST(app, timer_free, app->limits);
    WZP_HOST(app, timer_free, app->parting);
    WZP_HOST(app, timer_free, app->later);
    if (app->port) {
        log_packets(app);
        WZP_HOST(app, port_close, app->port);
    }
}

void wzp_app_free(struct wzp_app *app)
{
    if (!app)
        return;
    wzp_echo_peer_fini(app);
    wzp_tapes_fini(app);
    close_handles(app);
    wzp_phone_free(app->phone);
    wzp_saving_fini(app);
    wzp_known_relays_fini(&app->known);
    wzp_relays_fini(&app->relays);
    wzp_contacts_fini(&app->contacts);
    wzp_identity_wipe(&app->identity);
    wzp_free(app);
}

struct wzp_phone *wzp_app_phone(struct wzp_app *app)
{
    return app->phone;
}
