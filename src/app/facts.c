/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Queries: copies of sessions, contacts, history, settings. */
#include <string.h>
#include <strings.h>

#include "app/audio_spec.h"
#include "app/home_relays.h"
#include "app/internal.h"
#include "app/metered.h"
#include "app/saving.h"
#include "app/store.h"
#include "app/trust.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "nat/race_reason.h"

/* The caller may have been compiled with an older, shorter form of these structs (size). A field
 * that was added later is written only where size reaches beyond it. */

void wzp_app_facts_sized(const struct wzp_app *app, struct wzp_app_facts *out, size_t size)
{
    memset(out, 0, size);
    out->registered = wzp_phone_registered(app->phone);
    out->stopping = app->stopping;
    memcpy(out->fingerprint, app->identity.fingerprint_text, sizeof out->fingerprint);
    if (app->settings.alias[0])
        wzp_text_copy(out->alias, sizeof out->alias, app->settings.alias);
    else
        wzp_identity_alias(out->alias, &app->identity);
    wzp_text_copy(out->relay, sizeof out->relay, wzp_home_relay(app));
    while (wzp_phone_session(app->phone, out->sessions))
        out->sessions++;
    const char *barred_by = wzp_trust_barred_by(app);
    if (size >= offsetof(struct wzp_app_facts, barred_by) + sizeof out->barred_by)
        wzp_text_copy(out->barred_by, sizeof out->barred_by, barred_by ? barred_by : "");
    if (size >= offsetof(struct wzp_app_facts, file_lost) + sizeof out->file_lost)
        out->file_lost = app->file_lost;
}

/* ---- sessions ---- */

const char *wzp_session_state_name(enum wzp_session_state state)
{
    static const char *const names[] = {"calling", "ringing", "incoming", "joining", "up"};
    return names[state];
}

static const char *name_of(const struct wzp_app *app, const char *peer)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    if (!peer[0] || wzp_fingerprint_parse(fingerprint, peer, strlen(peer)))
        return "";
    const struct wzp_contact *contact = wzp_contacts_by_fingerprint(&app->contacts, fingerprint);
    return contact ? contact->name : "";
}

bool wzp_app_session_find_sized(const struct wzp_app *app, wzp_session_id id,
                                struct wzp_app_session *out, size_t size)
{
    memset(out, 0, size);
    /* Every version of the struct had all fields before `stats`. */
    if (!id || size < offsetof(struct wzp_app_session, stats) ||
        wzp_phone_session_stats_sized(app->phone, id, &out->stats,
                                      size - offsetof(struct wzp_app_session, stats),
                                      wzp_app_now(app)))
        return false;
    out->id = id;
    out->state = out->stats.up ? WZP_SESSION_UP : WZP_SESSION_JOINING;
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++)
        if (app->talks[i].id == id)
            out->state = app->talks[i].state;
    wzp_text_copy(out->name, sizeof out->name, name_of(app, out->stats.peer));
    return true;
}

bool wzp_app_session_sized(const struct wzp_app *app, size_t i, struct wzp_app_session *out,
                           size_t size)
{
    return wzp_app_session_find_sized(app, wzp_phone_session(app->phone, i), out, size);
}

/* ---- contacts ---- */

bool wzp_app_contact_sized(const struct wzp_app *app, size_t i, struct wzp_app_contact *out,
                           size_t size)
{
    if (i >= app->contacts.count)
        return false;
    const struct wzp_contact *contact = &app->contacts.items[i];
    const struct wzp_peer_pin *pin = wzp_pins_peer(&app->known.pins, contact->fingerprint);
    memset(out, 0, size);
    out->presence = wzp_phone_presence(app->phone, contact->fingerprint);
    out->encrypted = pin && pin->used_e2e;
    out->verified = pin && pin->verified;
    out->verified_at = pin ? pin->verified_at : 0;
    wzp_text_copy(out->name, sizeof out->name, contact->name);
    wzp_fingerprint_format(out->fingerprint, contact->fingerprint);
    return true;
}

/* ---- history ---- */

const char *wzp_path_reason_text(const char *word)
{
    for (int i = 0; i < WZP_RACE_REASONS; i++)
        if (strcmp(wzp_race_reason_word((enum wzp_race_reason)i), word) == 0)
            return wzp_race_reason_text((enum wzp_race_reason)i);
    return NULL;
}

int wzp_app_history(const struct wzp_app *app, size_t most,
                    void (*each)(void *context, const struct wzp_history_entry *entry,
                                 const char *name),
                    void *context, struct wzp_error *err)
{
    char *text;
    int result = wzp_store_history_read(&text, &app->host, err);
    if (result)
        return result;
    for (size_t i = app->unsaved_count; i-- > 0 && most > 0; most--) {
        const struct wzp_history_entry *entry = &app->unsaved[i];
        each(context, entry, entry->kind == WZP_HISTORY_ROOM ? "" : name_of(app, entry->peer));
    }
    for (char *end = text + strlen(text); most > 0 && end > text;) {
        struct wzp_history_entry entry;
        if (end[-1] == '\n')
            *--end = 0;
        char *line = end;
        while (line > text && line[-1] != '\n')
            line--;
        if (wzp_history_parse(&entry, line, (size_t)(end - line)) == 0 &&
            !wzp_saving_has(app, &entry)) {
            each(context, &entry, entry.kind == WZP_HISTORY_ROOM ? "" : name_of(app, entry.peer));
            most--;
        }
        *line = 0;
        end = line;
    }
    wzp_free(text);
    return 0;
}

const char *wzp_app_relay(const struct wzp_app *app, size_t i)
{
    return i < app->known.pins.relay_count ? app->known.pins.relays[i].relay : NULL;
}

bool wzp_app_relay_state_sized(struct wzp_app *app, size_t i, struct wzp_app_relay_state *out,
                               size_t size)
{
    const char *home = wzp_home_relay(app);
    bool registered = wzp_phone_registered(app->phone);
    memset(out, 0, size);
    wzp_relays_know(&app->relays, home); /* home is in the list from the beginning */
    if (i >= app->relays.count)
        return false;
    struct wzp_app_relay_state state = app->relays.items[i];
    state.home = strcasecmp(state.relay, home) == 0;
    state.registered = state.home && registered;
    state.preferred = wzp_relays_preferred(&app->relays, home, registered, wzp_app_now(app)) ==
                      &app->relays.items[i];
    memcpy(out, &state, size < sizeof state ? size : sizeof state);
    return true;
}

/* ---- settings ---- */

const struct wzp_settings *wzp_app_settings(const struct wzp_app *app)
{
    return &app->settings;
}

static int change_dsp(struct wzp_app *app, const struct wzp_settings *s, struct wzp_error *err)
{
    bool live = wzp_sound_is_live(app);
    bool card = live && app->sound.devices.sink.kind == WZP_AUDIO_ALSA;
    int result = wzp_phone_set_dsp(app->phone, live && s->auto_gain, live && s->denoise,
                                   card && s->echo_cancel);
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int change_sound(struct wzp_app *app, const struct wzp_settings *new_settings,
                        struct wzp_error *err)
{
    struct wzp_app_devices devices;
    int result = wzp_sound_parse(&devices, new_settings, err);
    if (!result && devices.sink.kind == WZP_AUDIO_FILE && wzp_tapes_uses(app, devices.sink.name))
        result = wzp_error_set(err, WZP_E_REFUSED, "%.160s is played or recorded just now",
                               devices.sink.name);
    if (!result)
        result = wzp_sound_check_change(app, &devices, err);
    if (result || !app->sound.checked)
        return result;
    const struct wzp_app_devices before = app->sound.devices;
    app->sound.devices = devices;
    /* The source may have changed between file and microphone, which needs other processing. */
    result = change_dsp(app, new_settings, err);
    if (result) {
        app->sound.devices = before;
        return result;
    }
    wzp_sound_note_left(app, &before);
    wzp_sound_reopen(app);
    return 0;
}

static int change_codec(struct wzp_app *app, const struct wzp_settings *s, struct wzp_error *err)
{
    int result = wzp_phone_set_codec(app->phone, 0, (enum wzp_codec)s->codec, wzp_app_now(app));
    return result ? wzp_error_set(err, result, "codec: %s", wzp_strerror(result)) : 0;
}

static int change_alias(struct wzp_app *app, const struct wzp_settings *s, struct wzp_error *err)
{
    char own[WZP_ALIAS_MAX];
    wzp_identity_alias(own, &app->identity);
    return wzp_phone_set_alias(app->phone, s->alias[0] ? s->alias : own, wzp_app_now(app), err);
}

static int change_rule(struct wzp_app *app, const struct wzp_settings *s, struct wzp_error *err)
{
    (void)app;
    (void)s;
    (void)err;
    return 0; /* takes effect at the next call */
}

static int change_metered(struct wzp_app *app, const struct wzp_settings *s, struct wzp_error *err)
{
    (void)err;
    app->settings.metered = s->metered;
    wzp_home_tell_networks(app, wzp_app_now(app));
    wzp_app_metered_ask(app);
    return 0;
}

int wzp_app_set(struct wzp_app *app, const char *key, const char *text, bool *at_once,
                struct wzp_error *err)
{
    static const struct {
        const char *key;
        int (*change)(struct wzp_app *app, const struct wzp_settings *s, struct wzp_error *err);
    } rows[] = {
        {"in", change_sound},         {"out", change_sound},        {"ring", change_sound},
        {"hook", change_rule},        {"codec", change_codec},      {"auto_gain", change_dsp},
        {"denoise", change_dsp},      {"echo_cancel", change_dsp},  {"alias", change_alias},
        {"auto_answer", change_rule}, {"answer_mode", change_rule}, {"metered", change_metered}};
    struct wzp_settings changed = app->settings;
    bool now = false;
    int result = wzp_settings_set(&changed, key, text, err);
    for (size_t i = 0; !result && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].key, key) != 0)
            continue;
        result = rows[i].change(app, &changed, err);
        now = true;
    }
    if (result)
        return result;
    app->settings = changed;
    if (at_once)
        *at_once = now;
    wzp_app_kick(app);
    return 0;
}
