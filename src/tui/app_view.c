/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/app_view.h"

#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "base/text.h"

static uint64_t wall_ms(void *context)
{
    struct wzp_app_view *v = context;
    return v->host.calls->wall_ms(v->host.context);
}

static void facts(void *context, struct wzp_view_facts *out)
{
    struct wzp_app_view *v = context;
    struct wzp_app_facts f;
    wzp_app_facts(v->app, &f);
    *out = (struct wzp_view_facts){
        .registered = f.registered, .first_run = v->first_run, .demo = v->demo};
    wzp_text_copy(out->fingerprint, sizeof out->fingerprint, f.fingerprint);
    wzp_text_copy(out->alias, sizeof out->alias, f.alias);
    wzp_text_copy(out->relay, sizeof out->relay, f.relay);
    wzp_text_copy(out->barred_by, sizeof out->barred_by, f.barred_by);
    wzp_text_copy(out->build, sizeof out->build, v->build);
}

static bool session(void *context, size_t i, struct wzp_view_session *out)
{
    static const enum wzp_view_state states[] = {[WZP_SESSION_CALLING] = WZP_VIEW_CALLING,
                                                 [WZP_SESSION_RINGING] = WZP_VIEW_RINGING,
                                                 [WZP_SESSION_INCOMING] = WZP_VIEW_INCOMING,
                                                 [WZP_SESSION_JOINING] = WZP_VIEW_JOINING,
                                                 [WZP_SESSION_UP] = WZP_VIEW_UP};
    struct wzp_app_view *v = context;
    struct wzp_app_session s;
    if (!wzp_app_session(v->app, i, &s))
        return false;
    *out = (struct wzp_view_session){.id = s.id, .state = states[s.state], .stats = s.stats};
    wzp_text_copy(out->name, sizeof out->name, s.name);
    return true;
}

static bool voice(void *context, wzp_session_id id, size_t i, struct wzp_voice *out)
{
    struct wzp_app_view *v = context;
    return wzp_phone_voice(wzp_app_phone(v->app), id, i, out, v->host.calls->now(v->host.context));
}

static unsigned volume(void *context, wzp_session_id id, const char *who)
{
    struct wzp_app_view *v = context;
    return wzp_phone_volume(wzp_app_phone(v->app), id, who);
}

static void sound(void *context, struct wzp_view_sound *out)
{
    struct wzp_app_view *v = context;
    struct wzp_app_trial trial;
    wzp_app_sound_trial(v->app, &trial);
    *out = (struct wzp_view_sound){.running = trial.running,
                                   .hears = trial.hears,
                                   .tone = trial.tone,
                                   .capture_lost = trial.capture_lost,
                                   .playback_lost = trial.playback_lost,
                                   .level_in_dbfs = trial.level_in_dbfs,
                                   .level_out_dbfs = trial.level_out_dbfs};
}

/* ---- history ---- */

static void take_past(void *context, const struct wzp_history_entry *entry, const char *name)
{
    static const unsigned kinds[] = {[WZP_HISTORY_OUT] = WZP_VIEW_OUT,
                                     [WZP_HISTORY_IN] = WZP_VIEW_IN,
                                     [WZP_HISTORY_ROOM] = WZP_VIEW_ROOM};
    struct wzp_app_view *v = context;
    if (v->past_count == WZP_VIEW_PASTS_MAX)
        return;
    struct wzp_view_past *p = &v->pasts[v->past_count++];
    *p = (struct wzp_view_past){.at_seconds = entry->at_seconds,
                                .duration_seconds = entry->duration_seconds,
                                .reason = entry->reason,
                                .e2e = entry->e2e,
                                .direct = entry->direct,
                                .claimed =
                                    entry->kind == WZP_HISTORY_IN && name[0] && !entry->proven,
                                .why = wzp_path_reason_text(entry->why)};
    p->kind = kinds[entry->kind];
    wzp_text_copy(p->peer, sizeof p->peer, entry->peer);
    if (name[0] || !entry->alias[0])
        wzp_text_copy(p->name, sizeof p->name, name);
    else
        wzp_text_quote(p->name, sizeof p->name, entry->alias);
}

static void read_pasts(struct wzp_app_view *v)
{
    struct wzp_error err = {0};
    if (v->pasts_known)
        return;
    v->pasts_known = true;
    v->past_count = 0;
    if (!v->pasts)
        v->pasts = wzp_alloc(WZP_VIEW_PASTS_MAX * sizeof *v->pasts);
    if (v->pasts)
        wzp_app_history(v->app, WZP_VIEW_PASTS_MAX, take_past, v, &err);
}

static size_t pasts(void *context)
{
    struct wzp_app_view *v = context;
    read_pasts(v);
    return v->past_count;
}

static bool past(void *context, size_t i, struct wzp_view_past *out)
{
    struct wzp_app_view *v = context;
    if (i >= pasts(v))
        return false;
    *out = v->pasts[i];
    return true;
}

bool wzp_view_was_missed(const struct wzp_view_past *p)
{
    return p->kind == WZP_VIEW_IN && p->duration_seconds == 0 &&
           (p->reason == WZP_END_CANCELLED || p->reason == WZP_END_TIMEOUT ||
            p->reason == WZP_END_BUSY);
}

/* ---- contacts ---- */

/* Counts the contacts: doubles an index until it is past the end, then bisects. */
static size_t contacts(void *context)
{
    struct wzp_app_view *v = context;
    struct wzp_app_contact c;
    size_t low = 0, high = 1;
    while (high < (1u << 24) && wzp_app_contact(v->app, high - 1, &c)) {
        low = high;
        high *= 2;
    }
    while (low < high) { /* low exist, high do not */
        size_t middle = low + (high - low) / 2;
        if (wzp_app_contact(v->app, middle, &c))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool contact(void *context, size_t i, struct wzp_view_contact *out)
{
    static const enum wzp_view_presence presences[] = {[WZP_PRESENCE_UNKNOWN] = WZP_VIEW_UNKNOWN,
                                                       [WZP_PRESENCE_OFFLINE] = WZP_VIEW_OFFLINE,
                                                       [WZP_PRESENCE_ONLINE] = WZP_VIEW_ONLINE,
                                                       [WZP_PRESENCE_UNPROVEN] = WZP_VIEW_UNPROVEN};
    struct wzp_app_view *v = context;
    struct wzp_app_contact c;
    if (!wzp_app_contact(v->app, i, &c))
        return false;
    *out = (struct wzp_view_contact){
        .presence = presences[c.presence], .encrypted = c.encrypted, .verified = c.verified};
    wzp_text_copy(out->name, sizeof out->name, c.name);
    wzp_text_copy(out->fingerprint, sizeof out->fingerprint, c.fingerprint);
    read_pasts(v);
    for (size_t p = 0; p < v->past_count; p++)
        if (strcmp(v->pasts[p].peer, c.fingerprint) == 0) {
            out->last_call = v->pasts[p].at_seconds;
            out->last_outgoing = v->pasts[p].kind == WZP_VIEW_OUT;
            out->last_missed = wzp_view_was_missed(&v->pasts[p]);
            break;
        }
    return true;
}

/* ---- relays ---- */

static bool relay(void *context, size_t i, struct wzp_view_relay *out)
{
    const struct wzp_app_view *v = context;
    struct wzp_app_relay_state state;
    if (!wzp_app_relay_state(v->app, i, &state))
        return false;
    *out = (struct wzp_view_relay){.home = state.home,
                                   .registered = state.registered,
                                   .measured = state.measured,
                                   .changed = state.changed,
                                   .rtt_ms = state.rtt_ms,
                                   .proven = state.proven};
    wzp_text_copy(out->name, sizeof out->name, state.relay);
    wzp_text_copy(out->build, sizeof out->build, state.build);
    wzp_text_copy(out->error, sizeof out->error, state.text);
    return true;
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_app_view *v = context;
    if (event->type == WZP_EVENT_ENDED)
        v->pasts_known = false;
}

/* ---- settings, commands ---- */

static bool setting(void *context, size_t i, struct wzp_view_setting *out)
{
    struct wzp_app_view *v = context;
    const struct wzp_setting_row *row = wzp_setting_row(i);
    char value[WZP_SETTING_TEXT_MAX];
    if (!row)
        return false;
    *out = (struct wzp_view_setting){row->name, row->type, row->standard, row->help, ""};
    if (wzp_settings_get(value, wzp_app_settings(v->app), row->name))
        wzp_text_copy(out->value, sizeof out->value, value);
    return true;
}

static bool command(void *context, size_t i, struct wzp_view_command *out)
{
    struct wzp_app_view *v = context;
    const struct wzp_app_command *row = wzp_app_command(i);
    if (!row)
        return false;
    *out = (struct wzp_view_command){
        .name = row->name, .help = row->help, .applies = wzp_app_applies(v->app, row)};
    size_t used = 0;
    for (const struct wzp_argument_row *a = row->arguments; a->name; a++) {
        int n = snprintf(out->arguments + used, sizeof out->arguments - used,
                         a->optional ? "%s[%s]" : "%s%s", used ? " " : "", a->name);
        if (n < 0 || (size_t)n >= sizeof out->arguments - used)
            break;
        used += (size_t)n;
    }
    for (char *p = out->arguments; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
    return true;
}

static int run(void *context, const char *line, char *told, size_t capacity, struct wzp_error *err)
{
    struct wzp_app_view *v = context;
    const struct wzp_app_command *row = NULL;
    told[0] = '\0';
    int result = wzp_app_run(v->app, line, &row, err);
    if (result == 0 && row && row->done)
        wzp_text_copy(told, capacity, row->done);
    if (row && strcmp(row->name, "forget-calls") == 0)
        v->pasts_known = false;
    return result;
}

static size_t complete(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner)
{
    struct wzp_app_view *v = context;
    return wzp_app_complete(v->app, line, each, owner);
}

static size_t say(void *context, char *out, size_t capacity, const struct wzp_event *event)
{
    (void)context;
    return wzp_event_sentence(out, capacity, event);
}

void wzp_app_view_init(struct wzp_app_view *v, struct wzp_app *app, const struct wzp_host *host,
                       const char *build)
{
    *v = (struct wzp_app_view){.app = app, .host = *host, .build = build};
    v->view = (struct wzp_view){.context = v,
                                .wall_ms = wall_ms,
                                .facts = facts,
                                .session = session,
                                .voice = voice,
                                .volume = volume,
                                .contacts = contacts,
                                .contact = contact,
                                .pasts = pasts,
                                .past = past,
                                .relay = relay,
                                .setting = setting,
                                .sound = sound,
                                .command = command,
                                .run = run,
                                .complete = complete,
                                .say = say};
    v->listener = (struct wzp_listener){.event = on_event, .context = v};
    wzp_app_listen(app, &v->listener);
}

void wzp_app_view_fini(struct wzp_app_view *v)
{
    if (v->app)
        wzp_app_unlisten(v->app, &v->listener);
    wzp_free(v->pasts);
    *v = (struct wzp_app_view){0};
}
