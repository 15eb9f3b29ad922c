/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of the room in focus: its members, by relay, who speaks, and each one's volume. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "tui/internal.h"
#include "tui/layout.h"
#include "wzp/app.h"

/* The room that keys act on: the session in focus when it is a room, else the first room. */
static bool room_of(struct wzp_tui *t, struct wzp_view_session *out)
{
    if (wzp_tui_focused(t, out) && out->stats.is_room)
        return true;
    for (size_t i = 0; t->view->session(t->view->context, i, out); i++)
        if (out->stats.is_room)
            return true;
    return false;
}

/* A row of the list: a member, or after the members a voice whose owner the relay does not tell. */
struct row {
    wzp_session_id room;
    char who[64]; /* the name for the volume command */
    char name[WZP_NAME_MAX + WZP_ALIAS_MAX + 16], relay[64], fingerprint[64];
    char plain[WZP_ALIAS_MAX]; /* the name without marks and quotes, for searching */
    bool you, heard;           /* heard: `voice` is set */
    unsigned volume_percent;
    struct wzp_voice voice;
};

static bool is_voice_of(const struct wzp_voice *v, const struct wzp_member *m)
{
    return m->fingerprint[0] ? strcmp(v->fingerprint, m->fingerprint) == 0
                             : m->alias[0] && strcmp(v->alias, m->alias) == 0;
}

static bool voice_at(struct wzp_tui *t, wzp_session_id room, size_t i, struct wzp_voice *out)
{
    return t->view->voice && t->view->voice(t->view->context, room, i, out);
}

/* The n-th voice whose owner is not known. */
static bool stray_voice(struct wzp_tui *t, wzp_session_id room, size_t n, struct wzp_voice *out)
{
    for (size_t i = 0; voice_at(t, room, i, out); i++)
        if (!out->fingerprint[0] && !out->alias[0] && n-- == 0)
            return true;
    return false;
}

static void fill_member(struct wzp_tui *t, struct row *row, const struct wzp_member *m)
{
    struct wzp_view_facts facts;
    t->view->facts(t->view->context, &facts);
    row->you = m->self || strcmp(facts.fingerprint, m->fingerprint) == 0;
    /* A contact's name is shown as it is, an alias that somebody chose in quotes, as on other
     * screens. */
    const char *named = m->name && m->name[0] ? m->name : m->alias[0] ? m->alias : "Anonymous";
    char quoted[WZP_ALIAS_MAX + 2];
    wzp_text_quote(quoted, sizeof quoted, named);
    snprintf(row->name, sizeof row->name, "%s%s", m->unproven && !row->you ? "(unproven) " : "",
             row->you || named != m->alias ? named : quoted);
    wzp_text_copy(row->plain, sizeof row->plain, named);
    wzp_text_copy(row->who, sizeof row->who, m->fingerprint[0] ? m->fingerprint : m->alias);
    wzp_text_copy(row->relay, sizeof row->relay, m->relay_label[0] ? m->relay_label : "this relay");
    wzp_text_copy(row->fingerprint, sizeof row->fingerprint, m->fingerprint);
    row->volume_percent =
        t->view->volume && !row->you ? t->view->volume(t->view->context, row->room, row->who) : 100;
    for (size_t i = 0; !row->you && !row->heard && voice_at(t, row->room, i, &row->voice); i++)
        row->heard = is_voice_of(&row->voice, m);
}

static bool row_at(struct wzp_tui *t, size_t i, struct row *row)
{
    struct wzp_view_session s;
    *row = (struct row){0};
    if (!room_of(t, &s))
        return false;
    const struct wzp_remembered *r = wzp_tui_remembered(t, s.id, false);
    size_t members = r ? r->member_count : 0;
    row->room = s.id;
    if (i < members) {
        fill_member(t, row, &r->members[i]);
        return true;
    }
    row->heard = stray_voice(t, s.id, i - members, &row->voice);
    row->volume_percent = row->voice.volume_percent;
    snprintf(row->name, sizeof row->name, "Unknown voice");
    wzp_text_copy(row->plain, sizeof row->plain, row->name);
    snprintf(row->who, sizeof row->who, "#%u", row->voice.number);
    return row->heard;
}

static size_t recent_count(struct wzp_tui *t);

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_session s;
    struct wzp_voice voice;
    if (!room_of(t, &s))
        return recent_count(t);
    const struct wzp_remembered *r = wzp_tui_remembered(t, s.id, false);
    size_t n = 0;
    while (stray_voice(t, s.id, n, &voice))
        n++;
    return n + (r ? r->member_count : 0);
}

bool wzp_tui_room_member(struct wzp_tui *t, wzp_session_id *room, char who[64], unsigned *percent)
{
    struct row row;
    if (!row_at(t, t->lists[WZP_SCREEN_ROOM].selected, &row) || row.you)
        return false;
    *room = row.room;
    *percent = row.volume_percent;
    memcpy(who, row.who, sizeof row.who);
    return true;
}

static void draw_state(struct wzp_area a, int x, const struct row *row)
{
    if (row->you)
        wzp_draw_text(a, x, 0, WZP_STYLE_ACCENT, "you");
    else if (row->volume_percent == 0)
        wzp_draw_text(a, x, 0, WZP_STYLE_WARN, "silent");
    else if (row->heard || row->volume_percent != 100)
        wzp_draw_format(a, x, 0, WZP_STYLE_DIM, "%3u %%", row->volume_percent);
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct row row;
    char brief[24];
    (void)selected;
    if (!row_at(t, i, &row))
        return;
    enum { SIGN, NAME, METER, STATE, RELAY, FINGER, PIECES };
    struct wzp_piece pieces[PIECES] = {
        [SIGN] = {.least = 1},
        /* a name with its mark */
        [NAME] = {.least = a.width >= 70 ? 22 : 8, .weight = 2, .most = 32},
        [METER] = {.least = 10, .weight = 1, .most = 24, .rank = 2},
        [STATE] = {.least = 6, .rank = 1},
        [RELAY] = {.least = 14, .weight = 1, .most = 24, .rank = 3},
        [FINGER] = {.least = 10, .rank = 4}};
    wzp_layout(pieces, PIECES, a.width, 1);
    bool speaks = row.heard && row.voice.speaking;
    wzp_draw_text(a, 0, 0, WZP_STYLE_GOOD, speaks ? "●" : " ");
    wzp_draw_fit(a, pieces[NAME].at, 0, pieces[NAME].length,
                 speaks                                    ? WZP_STYLE_STRONG
                 : row.voice.number && !row.fingerprint[0] ? WZP_STYLE_DIM
                                                           : WZP_STYLE_NORMAL,
                 row.name);
    if (row.heard && pieces[METER].at >= 0)
        wzp_draw_meter(a, pieces[METER].at, 0, pieces[METER].length,
                       row.volume_percent ? wzp_tui_meter(row.voice.level_dbfs) : 0, -1,
                       WZP_STYLE_GOOD);
    if (pieces[STATE].at >= 0)
        draw_state(a, pieces[STATE].at, &row);
    if (pieces[RELAY].at >= 0)
        wzp_draw_fit(a, pieces[RELAY].at, 0, pieces[RELAY].length, WZP_STYLE_DIM, row.relay);
    if (pieces[FINGER].at >= 0 && row.fingerprint[0])
        wzp_draw_text(a, pieces[FINGER].at, 0, WZP_STYLE_DIM,
                      wzp_tui_short(brief, row.fingerprint));
}

/* ---- earlier rooms, while we are in none ---- */

#define RECENT_MAX 5
struct recent {
    char room[WZP_ROOM_TEXT_MAX];
    uint64_t at_seconds;
};

/* The earlier rooms from the history, newest first, each once. */
static size_t recent_rooms(struct wzp_tui *t, struct recent out[RECENT_MAX])
{
    struct wzp_view_past past;
    size_t n = 0;
    for (size_t i = 0; n < RECENT_MAX && t->view->past(t->view->context, i, &past); i++) {
        /* the history keeps only 63 bytes of a name: a longer one would name another room */
        bool new = past.kind == WZP_VIEW_ROOM &&strlen(past.peer) < 63;
        for (size_t k = 0; new &&k < n; k++)
            new = strcmp(out[k].room, past.peer) != 0;
        if (!new)
            continue;
        wzp_text_copy(out[n].room, sizeof out[n].room, past.peer);
        out[n++].at_seconds = past.at_seconds;
    }
    return n;
}

static size_t recent_count(struct wzp_tui *t)
{
    struct recent rooms[RECENT_MAX];
    return recent_rooms(t, rooms);
}

static void draw_recent(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct recent rooms[RECENT_MAX];
    char when[32];
    (void)selected;
    if (i >= recent_rooms(t, rooms))
        return;
    wzp_draw_fit(a, 2, 0, a.width - 22, WZP_STYLE_NORMAL, rooms[i].room);
    wzp_draw_right(a, a.width, 0, WZP_STYLE_DIM, wzp_tui_when(when, t->view, rooms[i].at_seconds));
}

static void draw_nowhere(struct wzp_tui *t, struct wzp_area a)
{
    static const char text[] = "You are in no room. Press j and type a room's name: whoever joins "
                               "the same name on the same relay is in it, too.";
    struct recent rooms[RECENT_MAX];
    size_t n = recent_rooms(t, rooms);
    if (n == 0) {
        wzp_tui_empty(a, text);
        return;
    }
    int y = wzp_draw_paragraph(a, 0, WZP_STYLE_DIM, text) + (a.height >= 10);
    wzp_draw_text(a, 0, y++, WZP_STYLE_TITLE, "Rooms you were in");
    wzp_tui_list(t, WZP_SCREEN_ROOM, wzp_area_part(a, 0, y, a.width, a.height - y), n, draw_recent);
}

bool wzp_tui_recent_room(struct wzp_tui *t, char room[WZP_ROOM_TEXT_MAX])
{
    struct wzp_view_session s;
    struct recent rooms[RECENT_MAX];
    size_t selected = t->lists[WZP_SCREEN_ROOM].selected;
    if (room_of(t, &s) || selected >= recent_rooms(t, rooms))
        return false;
    wzp_text_copy(room, WZP_ROOM_TEXT_MAX, rooms[selected].room);
    return true;
}

/* Enter: joins the selected one. */
static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    char room[WZP_ROOM_TEXT_MAX], line[WZP_ROOM_TEXT_MAX + 8];
    if (!wzp_tui_recent_room(t, room))
        return 0;
    snprintf(line, sizeof line, "room \"%s\"", room);
    return wzp_tui_run(t, line, now, err);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_session s;
    if (!room_of(t, &s)) {
        draw_nowhere(t, a);
        return;
    }
    size_t n = count(t);
    const struct wzp_remembered *r = wzp_tui_remembered(t, s.id, false);
    char text[WZP_ROOM_TEXT_MAX + 64], duration[16];
    snprintf(text, sizeof text, "Room %s", s.stats.room);
    int x = wzp_draw_fit(a, 0, 0, a.width - 30, WZP_STYLE_TITLE, text);
    snprintf(text, sizeof text, "%zu here, %s%s", r ? r->member_count : 0,
             wzp_tui_duration(duration, s.stats.duration_ms),
             s.stats.muted ? ", you are muted" : "");
    wzp_draw_right(a, a.width, 0, s.stats.muted ? WZP_STYLE_WARN : WZP_STYLE_DIM, text);
    (void)x;
    int top = a.height >= 10 ? 2 : 1;
    if (n == 0)
        wzp_tui_empty(wzp_area_part(a, 0, top, a.width, a.height), "Waiting for participants ...");
    wzp_tui_list(t, WZP_SCREEN_ROOM, wzp_area_part(a, 0, top, a.width, a.height - top), n,
                 draw_row);
}

static enum wzp_match matches(struct wzp_tui *t, size_t i, const char *text)
{
    struct row row;
    return row_at(t, i, &row) ? wzp_tui_answers_to(row.plain, row.fingerprint, text)
                              : WZP_MATCH_NONE;
}

/* ---- a password ---- */

static void on_password(void *context, unsigned number, const char *text)
{
    struct wzp_tui *t = context;
    struct wzp_error err = {0};
    char line[WZP_LINE_MAX + WZP_ROOM_TEXT_MAX];
    (void)number;
    if (!text || !text[0])
        return;
    /* The password may contain blanks: uses a quote that it does not contain. */
    char quote = strchr(text, '"') ? '\'' : '"';
    snprintf(line, sizeof line, "room %s %c%s%c", t->locked_room, quote, text, quote);
    if (strchr(text, quote))
        wzp_tui_notice(t, WZP_STYLE_BAD, "wzp room --password takes a password of both quotes",
                       t->now);
    else if (wzp_tui_run(t, line, t->now, &err))
        wzp_tui_notice(t, WZP_STYLE_BAD, err.text, t->now);
    wzp_wipe(line, sizeof line);
}

void wzp_tui_room_locked(struct wzp_tui *t, const char *room)
{
    char question[80];
    wzp_text_copy(t->locked_room, sizeof t->locked_room, room);
    snprintf(question, sizeof question, "Password of %.60s:", room);
    /* A person who is typing something else sees the error, and can join again. */
    (void)wzp_tui_ask_secret(t, question, 0, on_password, t);
}

static bool is_idle(struct wzp_tui *t)
{
    struct wzp_view_session s;
    return !room_of(t, &s);
}

const struct wzp_tui_screen wzp_screen_room = {
    .name = "room",
    .title = "Rooms",
    .context = WZP_CONTEXT_ROOM,
    .hints = "type room =join|toggle-mute=mute|end-call=leave|louder=louder|quieter=quieter|"
             "silence=silence them|talk=push to talk|search=search|help=help",
    .idle_hints = "type room =join|open=join again|forget-selected=forget|help=help|quit=leave",
    .is_idle = is_idle,
    .count = count,
    .draw = draw,
    .open = open_row,
    .matches = matches,
};
