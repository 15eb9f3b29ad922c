/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/internal.h"

#define LEVELS_EVERY (200 * WZP_MILLISECOND)

int wzp_tui_new(struct wzp_tui **out, const struct wzp_tui_config *config, uint64_t now)
{
    *out = NULL;
    struct wzp_tui *t = wzp_calloc(1, sizeof *t);
    if (!t)
        return WZP_E_MEMORY;
    t->config = *config;
    t->view = config->view;
    t->now = now;
    t->releases = config->releases;
    t->canvas.ascii = config->ascii;
    t->theme = config->theme ? wzp_theme_find(config->theme) : NULL;
    if (!t->theme)
        t->theme = wzp_theme(0);
    t->log = wzp_calloc(WZP_LOG_ROWS, sizeof *t->log);
    int result = t->log ? wzp_keymap_init(&t->keymap) : WZP_E_MEMORY;
    if (result) {
        wzp_tui_free(t);
        return result;
    }
    t->urgent = true;
    snprintf(t->signal.title, sizeof t->signal.title, "wzp");
    t->signal.title_changed = true;
    *out = t;
    return 0;
}

void wzp_tui_free(struct wzp_tui *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < WZP_SESSIONS_SHOWN; i++)
        if (t->sessions[i])
            wzp_remember_forget(t, t->sessions[i]->id);
    wzp_keymap_fini(&t->keymap);
    wzp_line_fini(&t->line);
    wzp_line_fini(&t->search_line);
    wzp_canvas_fini(&t->canvas);
    wzp_free(t->log);
    wzp_free(t);
}

void wzp_tui_touch(struct wzp_tui *t)
{
    t->urgent = true;
}

void wzp_tui_changed(struct wzp_tui *t)
{
    t->dirty = true;
}

int wzp_tui_resize(struct wzp_tui *t, int width, int height)
{
    int result = wzp_canvas_resize(&t->canvas, width, height);
    wzp_tui_touch(t);
    return result;
}

/* ---- sessions ---- */

bool wzp_tui_session(struct wzp_tui *t, wzp_session_id id, struct wzp_view_session *out)
{
    for (size_t i = 0; t->view->session(t->view->context, i, out); i++)
        if (out->id == id)
            return true;
    return false;
}

static bool is_shown(struct wzp_tui *t, const struct wzp_view_session *s)
{
    return s->state != WZP_VIEW_INCOMING || !wzp_tui_remembered(t, s->id, false) ||
           !wzp_tui_remembered(t, s->id, false)->ignored;
}

bool wzp_tui_focused(struct wzp_tui *t, struct wzp_view_session *out)
{
    if (t->focus && wzp_tui_session(t, t->focus, out))
        return true;
    /* prefers a session that is up to one that rings */
    for (int want_up = 1; want_up >= 0; want_up--)
        for (size_t i = 0; t->view->session(t->view->context, i, out); i++)
            if ((out->state != WZP_VIEW_INCOMING && (out->stats.up || !want_up))) {
                t->focus = out->id;
                return true;
            }
    return t->view->session(t->view->context, 0, out);
}

bool wzp_tui_incoming(struct wzp_tui *t, struct wzp_view_session *out)
{
    struct wzp_view_session s;
    bool found = false;
    for (size_t i = 0; t->view->session(t->view->context, i, &s); i++)
        if (s.state == WZP_VIEW_INCOMING && is_shown(t, &s)) {
            *out = s;
            found = true;
        }
    return found;
}

const char *wzp_tui_who(char *out, size_t capacity, const struct wzp_view_session *s)
{
    char alias[WZP_ALIAS_MAX], brief[24];
    wzp_text_filter(alias, sizeof alias, s->stats.alias, strlen(s->stats.alias));
    if (s->stats.is_room)
        snprintf(out, capacity, "%s", s->stats.room);
    else if (s->name[0])
        snprintf(out, capacity, "%s", s->name);
    else if (alias[0])
        wzp_text_quote(out, capacity, alias);
    else
        snprintf(out, capacity, "%s", wzp_tui_short(brief, s->stats.peer));
    return out;
}

bool wzp_screen_offered(const struct wzp_tui *t, enum wzp_screen_id id)
{
    return !wzp_screens[id]->offered || wzp_screens[id]->offered(t->view);
}

/* Ends a trial of the microphone when its screen is left. */
static void end_trial(struct wzp_tui *t)
{
    struct wzp_view_sound sound = {0};
    char told[64];
    if (t->view->sound)
        t->view->sound(t->view->context, &sound);
    if (sound.running)
        (void)t->view->run(t->view->context, "try off", told, sizeof told, NULL);
}

void wzp_tui_show(struct wzp_tui *t, enum wzp_screen_id screen)
{
    if (t->screen == WZP_SCREEN_DEVICES && screen != t->screen)
        end_trial(t);
    t->screen = screen;
    t->search[0] = '\0';
    wzp_tui_touch(t);
}

void wzp_tui_first_run(struct wzp_tui *t)
{
    t->first_run = true;
    t->overlay = WZP_OVERLAY_WELCOME;
    wzp_tui_touch(t);
}

/* ---- programs beside the screen ---- */

void wzp_tui_item(struct wzp_tui *t, const char *name, const char *text)
{
    size_t place = WZP_EXTRAS_MAX;
    for (size_t i = WZP_EXTRAS_MAX; i-- > 0;)
        if (!t->extras[i].text[0])
            place = i;
    for (size_t i = 0; i < WZP_EXTRAS_MAX; i++)
        if (strcmp(t->extras[i].name, name) == 0 && t->extras[i].text[0])
            place = i;
    if (place == WZP_EXTRAS_MAX)
        return;
    wzp_text_filter(t->extras[place].name, sizeof t->extras[0].name, name, strlen(name));
    wzp_text_filter(t->extras[place].text, sizeof t->extras[0].text, text, strlen(text));
    wzp_tui_changed(t);
}

void wzp_tui_drop_items(struct wzp_tui *t, const char *begin)
{
    for (size_t i = 0; i < WZP_EXTRAS_MAX; i++)
        if (strncmp(t->extras[i].name, begin, strlen(begin)) == 0)
            t->extras[i].text[0] = '\0';
    wzp_tui_changed(t);
}

wzp_session_id wzp_tui_focus(struct wzp_tui *t)
{
    struct wzp_view_session s;
    return wzp_tui_focused(t, &s) ? s.id : 0;
}

int wzp_tui_bind(struct wzp_tui *t, const char *context, const char *key, const char *command,
                 struct wzp_error *err)
{
    wzp_tui_touch(t);
    return wzp_keymap_bind_name(&t->keymap, context, key, command, WZP_KEY_TYPED, err);
}

void wzp_tui_unbind_line(struct wzp_tui *t, const char *begin)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->keymap.count; i++)
        if (strncmp(t->keymap.items[i].command, begin, strlen(begin)) != 0)
            t->keymap.items[kept++] = t->keymap.items[i];
    t->keymap.count = kept;
}

/* ---- time ---- */

static bool any_session(struct wzp_tui *t, bool *up)
{
    struct wzp_view_session s;
    bool any = false;
    *up = false;
    for (size_t i = 0; t->view->session(t->view->context, i, &s); i++) {
        any = true;
        *up |= s.stats.up;
    }
    return any;
}

/* True when the screen changes by itself although there is no call: a network check runs, or
 * devices are tried. */
static bool is_moving(const struct wzp_tui *t)
{
    struct wzp_view_check check = {0};
    struct wzp_view_sound sound = {0};
    if (t->screen == WZP_SCREEN_NETCHECK && t->view->check) {
        t->view->check(t->view->context, &check);
        return check.running;
    }
    if (t->screen == WZP_SCREEN_DEVICES && t->view->sound) {
        t->view->sound(t->view->context, &sound);
        return sound.running;
    }
    return false;
}

uint64_t wzp_tui_expiry(const struct wzp_tui *t)
{
    uint64_t at = wzp_time_min(wzp_tui_talk_expiry(t), wzp_tui_notices_expiry(t));
    bool up, any = any_session((struct wzp_tui *)(uintptr_t)t, &up);
    if (any)
        at = wzp_time_min(at, t->next_second);
    if (up || is_moving(t))
        at = wzp_time_min(at, t->next_levels);
    return at;
}

void wzp_tui_tick(struct wzp_tui *t, uint64_t now)
{
    struct wzp_view_session s;
    t->now = now;
    wzp_tui_talk_tick(t);
    wzp_tui_notices_tick(t, now);
    bool second = now >= t->next_second, levels = now >= t->next_levels;
    if (second)
        t->next_second = now + WZP_SECOND;
    if (levels)
        t->next_levels = now + LEVELS_EVERY;
    for (size_t i = 0; (second || levels) && t->view->session(t->view->context, i, &s); i++) {
        if (levels && s.stats.up)
            wzp_remember_levels(t, &s);
        if (second)
            wzp_remember_sample(t, &s);
        wzp_tui_changed(t);
    }
    if (levels && is_moving(t))
        wzp_tui_changed(t);
}

uint64_t wzp_tui_due(const struct wzp_tui *t)
{
    if (t->urgent)
        return 0;
    return t->dirty ? t->pace_until : WZP_NEVER;
}

const struct wzp_canvas *wzp_tui_draw(struct wzp_tui *t, uint64_t now)
{
    t->now = now;
    t->urgent = t->dirty = false;
    wzp_canvas_clear(&t->canvas);
    wzp_tui_draw_frame(t);
    return &t->canvas;
}

void wzp_tui_drawn(struct wzp_tui *t, size_t bytes, uint64_t now)
{
    if (t->config.bytes_per_second)
        t->pace_until = now + bytes * WZP_SECOND / t->config.bytes_per_second;
}

const struct wzp_theme *wzp_tui_theme(const struct wzp_tui *t)
{
    return t->theme;
}

bool wzp_tui_cursor(const struct wzp_tui *t, int *x, int *y)
{
    *x = t->cursor_x;
    *y = t->cursor_y;
    return t->typing != WZP_TYPING_NOT && t->cursor_x < t->canvas.width &&
           t->cursor_y < t->canvas.height;
}

bool wzp_tui_signal(struct wzp_tui *t, struct wzp_tui_signal *out)
{
    *out = t->signal;
    t->signal.bell = t->signal.redraw = t->signal.title_changed = false;
    t->signal.notification[0] = '\0';
    return out->bell || out->redraw || out->title_changed || out->notification[0];
}
