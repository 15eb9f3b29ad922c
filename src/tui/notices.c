/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages to the person: the log, notices that are shown one after the other, events, the
 * terminal's title. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "tui/internal.h"

#define NOTICE_TIME (8 * WZP_SECOND)
#define NOTICE_LEAST (2 * WZP_SECOND)

void wzp_tui_log(struct wzp_tui *t, enum wzp_log_level level, const char *line)
{
    static const uint8_t styles[] = {WZP_STYLE_BAD, WZP_STYLE_WARN, WZP_STYLE_NORMAL,
                                     WZP_STYLE_DIM};
    struct wzp_list_state *list = &t->lists[WZP_SCREEN_LOG];
    bool at_end = list->selected + 1 >= t->log_count; /* then the newest line stays visible */
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

/* Adds a notice. Each is shown long enough to be read before the next one replaces it. */
static void add_notice(struct wzp_tui *t, const struct wzp_notice *kind, const char *text,
                       uint64_t now)
{
    struct wzp_notice notice = *kind;
    enum wzp_style style = kind->style;
    enum wzp_log_level level = style == WZP_STYLE_BAD    ? WZP_LOG_ERROR
                               : style == WZP_STYLE_WARN ? WZP_LOG_WARN
                                                         : WZP_LOG_INFO;
    wzp_text_filter(notice.text, sizeof notice.text, text, strcspn(text, "\n"));
    while (*text) { /* a notice has one row, but the log gets all lines */
        char line[sizeof notice.text];
        size_t length = strcspn(text, "\n");
        wzp_text_filter(line, sizeof line, text, length);
        wzp_tui_log(t, level, line);
        text += length + (text[length] == '\n');
    }
    /* Of several notices caused by one key, a good one must not hide a bad one. */
    bool worse = t->notice.text[0] && t->notice_since == now && t->notice.style > style;
    bool at_once = t->in_key && !worse;
    bool read = !t->notice.text[0] || at_once || now >= t->notice_since + NOTICE_LEAST;
    if (read && t->waiting_count == 0) {
        show_notice(t, &notice, now);
        return;
    }
    bool full = t->waiting_count == WZP_NOTICES_WAITING; /* the log has all of them anyway */
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
    const struct wzp_notice kind = {.style = style};
    add_notice(t, &kind, text, now);
}

/* Drops notices about a call's path, or that it rings, which are no longer true and would
 * contradict the display. */
static void forget_passing(struct wzp_tui *t, wzp_session_id session, bool only_rings)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->waiting_count; i++)
        if (t->waiting[i].passing_of != session || (only_rings && !t->waiting[i].rings))
            t->waiting[kept++] = t->waiting[i];
    t->waiting_count = kept;
    if (t->notice.passing_of != session || !t->notice.text[0] || (only_rings && !t->notice.rings))
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
    wzp_tui_log(t, WZP_LOG_WARN, text);
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

void wzp_tui_set_title(struct wzp_tui *t)
{
    char who[128], title[sizeof t->signal.title];
    struct wzp_view_session s;
    if (wzp_tui_incoming(t, &s)) {
        const struct wzp_remembered *r = wzp_tui_remembered(t, s.id, false);
        bool is_claim = s.name[0] && !(r && r->proven);
        snprintf(title, sizeof title, "%.90s%s is calling - wzp", wzp_tui_who(who, sizeof who, &s),
                 is_claim ? " (not proven)" : "");
    } else if (wzp_tui_focused(t, &s))
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
    /* Events that are visible on the screen anyway need no notice. */
    bool quiet = event->type == WZP_EVENT_MEMBERS || event->type == WZP_EVENT_PONG ||
                 event->type == WZP_EVENT_INCOMING || event->type == WZP_EVENT_CONNECTING ||
                 event->type == WZP_EVENT_MUTED || event->type == WZP_EVENT_PRESENCE;
    bool path = event->type == WZP_EVENT_PATH && event->session;
    bool rings = event->type == WZP_EVENT_RINGING && event->session;
    if (path || (event->type == WZP_EVENT_ENDED && event->session))
        forget_passing(t, event->session, false);
    else if (event->type == WZP_EVENT_ANSWERED || event->type == WZP_EVENT_JOINED)
        forget_passing(t, event->session, true);
    const struct wzp_notice kind = {
        .style = style, .passing_of = path || rings ? event->session : 0, .rings = rings};
    if (text[0] && quiet)
        wzp_tui_log(t, WZP_LOG_INFO, text);
    else if (text[0])
        add_notice(t, &kind, text, now);
    if (event->type == WZP_EVENT_INCOMING)
        tell_incoming(t);
    if (event->type == WZP_EVENT_ENDED)
        wzp_remember_forget(t, event->session);
    if (event->type == WZP_EVENT_ENDED && event->u.ended.password_wanted)
        wzp_tui_room_locked(t, event->about.room);
    /* Keys act on a session that the person has just started. */
    if (is_new && (event->about.outgoing || event->about.is_room) && event->type != WZP_EVENT_ENDED)
        t->focus = event->session;
    /* Nobody waits for these events, and frequent ones (somebody who keeps changing the alias) must
     * not cause a picture each. */
    if (event->type == WZP_EVENT_STATS || event->type == WZP_EVENT_PRESENCE ||
        event->type == WZP_EVENT_MEMBERS)
        wzp_tui_changed(t);
    else
        wzp_tui_touch(t);
    wzp_tui_set_title(t);
}

uint64_t wzp_tui_notices_expiry(const struct wzp_tui *t)
{
    if (!t->notice.text[0])
        return WZP_NEVER;
    return t->waiting_count ? t->notice_since + NOTICE_LEAST : t->notice_until;
}

void wzp_tui_notices_tick(struct wzp_tui *t, uint64_t now)
{
    if (t->waiting_count > 0 && now >= t->notice_since + NOTICE_LEAST) {
        show_next(t, now);
    } else if (t->notice.text[0] && now >= t->notice_until) {
        t->notice.text[0] = '\0';
        wzp_tui_changed(t);
    }
}
