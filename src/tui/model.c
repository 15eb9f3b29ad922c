/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/internal.h"

#define DEAD_TIME (300 * WZP_MILLISECOND) /* of the keys of an incoming call */
#define LEVELS_EVERY (200 * WZP_MILLISECOND)
#define NOTICE_TIME (8 * WZP_SECOND)
#define NOTICE_LEAST (2 * WZP_SECOND)

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
    /* one that talks, before one that rings */
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
        snprintf(out, capacity, "\"%s\"", alias);
    else
        snprintf(out, capacity, "%s", wzp_tui_short(brief, s->stats.peer));
    return out;
}

bool wzp_screen_offered(const struct wzp_tui *t, enum wzp_screen_id id)
{
    return !wzp_screens[id]->offered || wzp_screens[id]->offered(t->view);
}

/* Who looks at something else does not try the microphone any more. */
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

/* ---- telling ---- */

void wzp_tui_log(struct wzp_tui *t, enum wzp_log_level level, const char *line, uint64_t now)
{
    static const uint8_t styles[] = {WZP_STYLE_BAD, WZP_STYLE_WARN, WZP_STYLE_NORMAL,
                                     WZP_STYLE_DIM};
    (void)now;
    struct wzp_list_state *list = &t->lists[WZP_SCREEN_LOG];
    bool at_end = list->selected + 1 >= t->log_count; /* then the newest stays in sight */
    if (t->log_count == WZP_LOG_ROWS) {
        t->log_first = (t->log_first + 1) % WZP_LOG_ROWS;
        t->log_count--;
        if (!at_end && list->selected > 0)
            list->selected--;
    }
    struct wzp_log_row *row = &t->log[(t->log_first + t->log_count++) % WZP_LOG_ROWS];
    row->wall_ms = t->view->wall_ms(t->view->context);
    row->style = styles[level];
    wzp_text_filter(row->text, sizeof row->text, line, strlen(line));
    if (at_end)
        list->selected = t->log_count - 1;
    if (t->screen == WZP_SCREEN_LOG)
        wzp_tui_changed(t);
}

static void show_notice(struct wzp_tui *t, const struct wzp_notice *notice, uint64_t now)
{
    t->notice = *notice;
    t->notice_since = now;
    t->notice_until = wzp_time_add(now, NOTICE_TIME);
    wzp_tui_touch(t);
}

static void show_next(struct wzp_tui *t, uint64_t now)
{
    show_notice(t, &t->waiting[0], now);
    memmove(t->waiting, t->waiting + 1, --t->waiting_count * sizeof t->waiting[0]);
}

/* Each is seen long enough to be read before the next takes its place. */
static void add_notice(struct wzp_tui *t, enum wzp_style style, wzp_session_id path_of,
                       const char *text, uint64_t now)
{
    struct wzp_notice notice = {.style = style, .path_of = path_of};
    enum wzp_log_level level = style == WZP_STYLE_BAD    ? WZP_LOG_ERROR
                               : style == WZP_STYLE_WARN ? WZP_LOG_WARN
                                                         : WZP_LOG_INFO;
    wzp_text_filter(notice.text, sizeof notice.text, text, strcspn(text, "\n"));
    while (*text) { /* there is one row for a notice, but the log has them all */
        char line[sizeof notice.text];
        size_t length = strcspn(text, "\n");
        wzp_text_filter(line, sizeof line, text, length);
        wzp_tui_log(t, level, line, now);
        text += length + (text[length] == '\n');
    }
    /* What one key led to: good news do not hide the bad. */
    bool worse = t->notice.text[0] && t->notice_since == now && t->notice.style > style;
    bool at_once = t->in_key && !worse;
    bool read = !t->notice.text[0] || at_once || now >= t->notice_since + NOTICE_LEAST;
    if (read && t->waiting_count == 0) {
        show_notice(t, &notice, now);
        return;
    }
    bool full = t->waiting_count == WZP_NOTICES_WAITING; /* all stand in the log anyway */
    if (full && style == WZP_STYLE_NORMAL && !at_once)
        return;
    if (full)
        memmove(t->waiting, t->waiting + 1, --t->waiting_count * sizeof t->waiting[0]);
    t->waiting[t->waiting_count++] = notice;
    if (at_once) {
        t->waiting_count = 0;
        show_notice(t, &notice, now);
    }
}

void wzp_tui_notice(struct wzp_tui *t, enum wzp_style style, const char *text, uint64_t now)
{
    add_notice(t, style, 0, text, now);
}

/* What was said of a call's path holds no more: it would contradict what stands above it. */
static void forget_path(struct wzp_tui *t, wzp_session_id session)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->waiting_count; i++)
        if (t->waiting[i].path_of != session)
            t->waiting[kept++] = t->waiting[i];
    t->waiting_count = kept;
    if (t->notice.path_of != session || !t->notice.text[0])
        return;
    t->notice.text[0] = '\0';
    wzp_tui_changed(t);
    if (t->waiting_count > 0)
        show_next(t, t->now);
}

static void warn_key(void *context, const char *sentence)
{
    struct wzp_tui *t = context;
    char text[WZP_ERROR_TEXT_MAX + 40];
    snprintf(text, sizeof text, "keys.conf %s", sentence);
    wzp_tui_log(t, WZP_LOG_WARN, text, t->now);
}

void wzp_tui_keys(struct wzp_tui *t, const char *text, size_t length, uint64_t now)
{
    t->now = now;
    size_t wrong = wzp_keymap_parse(&t->keymap, text, length, warn_key, t);
    char sentence[96];
    snprintf(sentence, sizeof sentence, "%zu %s wrong: see the log", wrong,
             wzp_plural(wrong, "line of keys.conf is", "lines of keys.conf are"));
    if (wrong > 0)
        wzp_tui_notice(t, WZP_STYLE_WARN, sentence, now);
}

static void set_title(struct wzp_tui *t)
{
    char who[128], title[sizeof t->signal.title];
    struct wzp_view_session s;
    if (wzp_tui_incoming(t, &s))
        snprintf(title, sizeof title, "%.90s is calling - wzp", wzp_tui_who(who, sizeof who, &s));
    else if (wzp_tui_focused(t, &s))
        snprintf(title, sizeof title, "%.90s - wzp", wzp_tui_who(who, sizeof who, &s));
    else
        snprintf(title, sizeof title, "wzp");
    if (strcmp(title, t->signal.title) != 0) {
        wzp_text_filter(t->signal.title, sizeof t->signal.title, title, strlen(title));
        t->signal.title_changed = true;
    }
}

static void tell_incoming(struct wzp_tui *t)
{
    char who[128];
    struct wzp_view_session s;
    if (!wzp_tui_incoming(t, &s))
        return;
    t->signal.bell = true;
    snprintf(t->signal.notification, sizeof t->signal.notification, "Incoming call from %.100s",
             wzp_tui_who(who, sizeof who, &s));
}

void wzp_tui_event(struct wzp_tui *t, const struct wzp_event *event, uint64_t now)
{
    char text[1024] = "";
    t->now = now;
    bool is_new = event->session && !wzp_tui_remembered(t, event->session, false);
    wzp_remember_event(t, event);
    if (t->view->say && event->type != WZP_EVENT_STATS)
        t->view->say(t->view->context, text, sizeof text, event);
    enum wzp_style style = WZP_STYLE_NORMAL;
    if (event->type == WZP_EVENT_ERROR)
        style = WZP_STYLE_BAD;
    else if (event->type == WZP_EVENT_UNREGISTERED || event->type == WZP_EVENT_RELAY_PIN)
        style = WZP_STYLE_WARN;
    /* Seen on the screen anyway. */
    bool quiet = event->type == WZP_EVENT_MEMBERS || event->type == WZP_EVENT_PONG ||
                 event->type == WZP_EVENT_INCOMING || event->type == WZP_EVENT_CONNECTING ||
                 event->type == WZP_EVENT_MUTED || event->type == WZP_EVENT_PRESENCE;
    bool path = event->type == WZP_EVENT_PATH && event->session;
    if (path || (event->type == WZP_EVENT_ENDED && event->session))
        forget_path(t, event->session);
    if (text[0] && quiet)
        wzp_tui_log(t, WZP_LOG_INFO, text, now);
    else if (text[0])
        add_notice(t, style, path ? event->session : 0, text, now);
    if (event->type == WZP_EVENT_INCOMING)
        tell_incoming(t);
    if (event->type == WZP_EVENT_ENDED)
        wzp_remember_forget(t, event->session);
    if (event->type == WZP_EVENT_ENDED && event->u.ended.password_wanted)
        wzp_tui_room_locked(t, event->about.room);
    /* What the person began is what keys mean from now on. */
    if (is_new && (event->about.outgoing || event->about.is_room) && event->type != WZP_EVENT_ENDED)
        t->focus = event->session;
    /* Nobody waits for these, and somebody who changes his name all the time is in no hurry. */
    if (event->type == WZP_EVENT_STATS || event->type == WZP_EVENT_PRESENCE ||
        event->type == WZP_EVENT_MEMBERS)
        wzp_tui_changed(t);
    else
        wzp_tui_touch(t);
    set_title(t);
}

/* ---- keys ---- */

/* While somebody is calling, that comes first; then what lies on top, the screen, the rest. */
static size_t contexts_of(struct wzp_tui *t, enum wzp_key_context out[6])
{
    struct wzp_view_session s;
    size_t n = 0;
    out[n++] = WZP_CONTEXT_ALWAYS;
    if (t->typing != WZP_TYPING_NOT) {
        out[n++] = WZP_CONTEXT_TYPING;
        return n;
    }
    if (wzp_tui_incoming(t, &s))
        out[n++] = WZP_CONTEXT_INCOMING;
    if (t->overlay != WZP_OVERLAY_NONE) {
        out[n++] = WZP_CONTEXT_OVERLAY;
        return n;
    }
    out[n++] = wzp_screens[t->screen]->context;
    out[n++] = WZP_CONTEXT_LIST;
    out[n++] = WZP_CONTEXT_GLOBAL;
    return n;
}

static const struct wzp_binding *binding_of(struct wzp_tui *t, struct wzp_key key)
{
    enum wzp_key_context contexts[6];
    size_t n = contexts_of(t, contexts);
    for (size_t i = 0; i < n; i++) {
        const struct wzp_binding *b = wzp_keymap_find(&t->keymap, contexts[i], key);
        if (b)
            return b;
    }
    return NULL;
}

/* A key that was meant for something else must not answer or decline a call that just appeared. */
static bool is_dead(struct wzp_tui *t, const struct wzp_binding *b)
{
    struct wzp_view_session s;
    bool about_it = b->context == WZP_CONTEXT_INCOMING || strcmp(b->command, "answer-call") == 0 ||
                    strcmp(b->command, "decline-call") == 0;
    if (!about_it || !wzp_tui_incoming(t, &s))
        return false;
    const struct wzp_remembered *r = wzp_tui_remembered(t, s.id, false);
    return r && t->now - r->appeared_at < DEAD_TIME;
}

void wzp_tui_key(struct wzp_tui *t, struct wzp_key key, uint64_t now)
{
    struct wzp_error err = {0};
    t->now = now;
    if (key.code == WZP_KEY_RELEASES)
        t->releases = true;
    if (key.code >= WZP_KEY_FOCUS_IN)
        return;
    const struct wzp_binding *b = binding_of(t, key);
    bool talk = b && strcmp(b->command, "talk") == 0;
    if (key.kind == WZP_KEY_RELEASE) {
        if (talk || (t->talking && key.code == WZP_KEY_SPACE))
            wzp_tui_talk_released(t);
        return;
    }
    wzp_tui_touch(t);
    if (!b) {
        if (t->typing != WZP_TYPING_NOT)
            wzp_tui_type_key(t, key);
        return;
    }
    if (is_dead(t, b))
        return;
    char command[WZP_KEYMAP_COMMAND_MAX]; /* the command may unbind its own key */
    wzp_text_copy(command, sizeof command, b->command);
    t->in_key = true;
    if (wzp_tui_run(t, command, now, &err) && err.text[0])
        wzp_tui_notice(t, WZP_STYLE_BAD, err.text, now);
    t->in_key = false;
    set_title(t);
}

/* The row of the screen's list at a place; false: there is none. */
static bool row_at(const struct wzp_tui *t, int x, int y, size_t *row)
{
    const struct wzp_list_state *l = &t->lists[t->screen];
    if (x < t->rows.x || x >= t->rows.x + t->rows.width || y < t->rows.y ||
        y >= t->rows.y + t->rows.height)
        return false;
    *row = l->top + (size_t)(y - t->rows.y);
    return true;
}

static void press_left(struct wzp_tui *t, int x, int y, struct wzp_error *err)
{
    struct wzp_view_session s;
    size_t row;
    for (int i = 0; i < WZP_SCREEN_COUNT; i++)
        if (y == t->tabs_y && x >= t->tabs[i].from && x < t->tabs[i].to) {
            wzp_tui_show(t, (enum wzp_screen_id)i);
            return;
        }
    if (wzp_tui_incoming(t, &s) || !row_at(t, x, y, &row))
        return;
    const struct wzp_tui_screen *screen = wzp_screens[t->screen];
    if (!screen->count || row >= screen->count(t))
        return;
    if (row == t->lists[t->screen].selected && wzp_tui_run(t, "open", t->now, err) && err->text[0])
        wzp_tui_notice(t, WZP_STYLE_BAD, err->text, t->now);
    t->lists[t->screen].selected = row;
}

void wzp_tui_click(struct wzp_tui *t, unsigned button, int x, int y, uint64_t now)
{
    struct wzp_error err = {0};
    t->now = now;
    if (t->typing != WZP_TYPING_NOT)
        return;
    t->in_key = true;
    if (button == 64 || button == 65)
        (void)wzp_tui_run(t, button == 64 ? "up" : "down", now, &err);
    else if (button == 0 && t->overlay == WZP_OVERLAY_NONE)
        press_left(t, x, y, &err);
    t->in_key = false;
    wzp_tui_touch(t);
}

void wzp_tui_paste(struct wzp_tui *t, const char *text, size_t length, uint64_t now)
{
    t->now = now;
    if (t->typing == WZP_TYPING_NOT) {
        wzp_tui_notice(t, WZP_STYLE_NORMAL,
                       "Pasted text is taken where you type: press : or c first", now);
        return;
    }
    struct wzp_line *l = t->typing == WZP_TYPING_SEARCH ? &t->search_line : &t->line;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--; /* a line end at the end is no blank */
    wzp_line_insert(l, text, length);
    t->completing = false;
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

/* Something on the screen moves although nobody calls: a check that runs, devices that are heard.
 * */
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
    uint64_t at = wzp_tui_talk_expiry(t);
    if (t->notice.text[0])
        at = wzp_time_min(at, t->waiting_count ? t->notice_since + NOTICE_LEAST : t->notice_until);
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
    if (t->waiting_count > 0 && now >= t->notice_since + NOTICE_LEAST) {
        show_next(t, now);
    } else if (t->notice.text[0] && now >= t->notice_until) {
        t->notice.text[0] = '\0';
        wzp_tui_changed(t);
    }
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
