/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The room in focus: who is in it, by relay, who speaks, how loud each is here. */
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"
#include "tui/layout.h"

/* The room that keys mean: the session in focus when it is one, else the first there is. */
static bool room_of(struct wzp_tui *t, struct wzp_view_session *out)
{
    if (wzp_tui_focused(t, out) && out->stats.is_room)
        return true;
    for (size_t i = 0; t->view->session(t->view->context, i, out); i++)
        if (out->stats.is_room)
            return true;
    return false;
}

static const struct wzp_remembered *members_of(struct wzp_tui *t, struct wzp_view_session *s)
{
    return room_of(t, s) ? wzp_tui_remembered(t, s->id, false) : NULL;
}

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_session s;
    const struct wzp_remembered *r = members_of(t, &s);
    return r ? r->member_count : 0;
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct wzp_view_session s;
    struct wzp_view_facts facts;
    struct wzp_view_speaker voice = {.volume_percent = 100, .level_dbfs = -127};
    const struct wzp_remembered *r = members_of(t, &s);
    (void)selected;
    if (!r || i >= r->member_count)
        return;
    const struct wzp_member *m = &r->members[i];
    t->view->facts(t->view->context, &facts);
    bool you = m->self || strcmp(facts.fingerprint, m->fingerprint) == 0;
    bool known = t->view->speaker && !you &&
                 t->view->speaker(t->view->context, s.id, m->fingerprint, &voice);
    bool voices = t->view->speaker != NULL;
    char brief[24], name[sizeof m->alias + 16];
    snprintf(name, sizeof name, "%s%s", m->unproven && !you ? "(unproven) " : "",
             m->alias[0] ? m->alias : "Anonymous");
    enum { SIGN, NAME, METER, STATE, RELAY, FINGER, PIECES };
    struct wzp_piece pieces[PIECES] = {
        [SIGN] = {.least = 1},
        /* a name with its mark */
        [NAME] = {.least = a.width >= 70 ? 22 : 8, .weight = 2, .most = 32},
        [METER] = {.least = voices ? 10 : 0, .weight = voices, .most = 24, .rank = 2},
        [STATE] = {.least = 6, .rank = 1},
        [RELAY] = {.least = 14, .weight = 1, .most = 24, .rank = 3},
        [FINGER] = {.least = 10, .rank = 4}};
    wzp_layout(pieces, PIECES, a.width, 1);
    wzp_draw_text(a, 0, 0, WZP_STYLE_GOOD, known && voice.speaking ? "●" : " ");
    wzp_draw_fit(a, pieces[NAME].at, 0, pieces[NAME].length,
                 known && voice.speaking ? WZP_STYLE_STRONG : WZP_STYLE_NORMAL, name);
    if (known && pieces[METER].at >= 0)
        wzp_draw_meter(a, pieces[METER].at, 0, pieces[METER].length,
                       voice.muted_here ? 0 : wzp_tui_meter(voice.level_dbfs), -1, WZP_STYLE_GOOD);
    if (pieces[STATE].at >= 0 && you)
        wzp_draw_text(a, pieces[STATE].at, 0, WZP_STYLE_ACCENT, "you");
    else if (pieces[STATE].at >= 0 && known && voice.muted_here)
        wzp_draw_text(a, pieces[STATE].at, 0, WZP_STYLE_WARN, "muted");
    else if (pieces[STATE].at >= 0 && known)
        wzp_draw_format(a, pieces[STATE].at, 0, WZP_STYLE_DIM, "%3u %%", voice.volume_percent);
    if (pieces[RELAY].at >= 0)
        wzp_draw_fit(a, pieces[RELAY].at, 0, pieces[RELAY].length, WZP_STYLE_DIM,
                     m->relay_label[0] ? m->relay_label : "this relay");
    if (pieces[FINGER].at >= 0)
        wzp_draw_text(a, pieces[FINGER].at, 0, WZP_STYLE_DIM, wzp_tui_short(brief, m->fingerprint));
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_session s;
    if (!room_of(t, &s)) {
        wzp_tui_empty(a, "You are in no room. Press j and type a room's name: whoever joins the "
                         "same name on the same relay is in it, too.");
        return;
    }
    size_t n = count(t);
    char text[WZP_ROOM_TEXT_MAX + 64], duration[16];
    snprintf(text, sizeof text, "Room %s", s.stats.room);
    int x = wzp_draw_fit(a, 0, 0, a.width - 30, WZP_STYLE_TITLE, text);
    snprintf(text, sizeof text, "%zu here, %s%s", n,
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

static bool matches(struct wzp_tui *t, size_t i, const char *text)
{
    struct wzp_view_session s;
    const struct wzp_remembered *r = members_of(t, &s);
    return r && i < r->member_count &&
           (wzp_tui_contains(r->members[i].alias, text) ||
            wzp_tui_contains(r->members[i].fingerprint, text));
}

const struct wzp_tui_screen wzp_screen_room = {
    .name = "room",
    .title = "Rooms",
    .context = WZP_CONTEXT_ROOM,
    .hints = "type room =join|toggle-mute=mute|end-call=leave|talk=push to talk|search=search|"
             "help=help",
    .count = count,
    .draw = draw,
    .matches = matches,
};
