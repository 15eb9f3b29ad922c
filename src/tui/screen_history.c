/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of the history: past calls, newest first; Enter calls again. */
#include <stdio.h>

#include "tui/internal.h"
#include "tui/layout.h"

static size_t count(struct wzp_tui *t)
{
    return t->view->pasts(t->view->context);
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct wzp_view_past p;
    char when[32], brief[24], duration[16], end[48], path[32];
    char who[WZP_ROOM_TEXT_MAX + 16];
    (void)selected;
    if (!t->view->past(t->view->context, i, &p))
        return;
    enum { WHEN, SIGN, WHO, LENGTH, END, PATH, PIECES };
    struct wzp_piece pieces[PIECES] = {[WHEN] = {.least = 16, .rank = 1},
                                       [SIGN] = {.least = 1},
                                       [WHO] = {.least = 8, .weight = 1, .most = 40},
                                       [LENGTH] = {.least = 8, .rank = 2},
                                       [END] = {.least = 11, .rank = 3},
                                       [PATH] = {.least = 18, .rank = 4}};
    wzp_layout(pieces, PIECES, a.width, 1);
    bool missed = wzp_view_was_missed(&p);
    const char *sign = p.kind == WZP_VIEW_OUT    ? "→"
                       : p.kind == WZP_VIEW_ROOM ? "◆"
                       : missed                  ? "✗"
                                                 : "←";
    if (pieces[WHEN].at >= 0)
        wzp_draw_fit(a, pieces[WHEN].at, 0, pieces[WHEN].length, WZP_STYLE_DIM,
                     wzp_tui_when(when, t->view, p.at_seconds));
    if (pieces[SIGN].at >= 0)
        wzp_draw_text(a, pieces[SIGN].at, 0, missed ? WZP_STYLE_WARN : WZP_STYLE_DIM, sign);
    snprintf(who, sizeof who, "%s%s", p.claimed ? "(not proven) " : "",
             p.name[0]                 ? p.name
             : p.kind == WZP_VIEW_ROOM ? p.peer
                                       : wzp_tui_short(brief, p.peer));
    wzp_draw_fit(a, pieces[WHO].at, 0, pieces[WHO].length,
                 p.claimed ? WZP_STYLE_WARN : WZP_STYLE_NORMAL, who);
    if (pieces[LENGTH].at >= 0 && p.duration_seconds)
        wzp_draw_right(a, pieces[LENGTH].at + 8, 0, WZP_STYLE_NORMAL,
                       wzp_tui_duration(duration, UINT64_C(1000) * p.duration_seconds));
    snprintf(end, sizeof end, "%s",
             missed                       ? "missed"
             : p.reason == WZP_END_NORMAL ? ""
                                          : wzp_end_reason_name(p.reason));
    if (pieces[END].at >= 0)
        wzp_draw_text(a, pieces[END].at, 0, WZP_STYLE_WARN, end);
    snprintf(path, sizeof path, "%s%s",
             !p.why     ? ""
             : p.direct ? "direct, "
                        : "relay, ",
             p.e2e ? "end to end" : "hop by hop");
    if (pieces[PATH].at >= 0 && p.duration_seconds && p.kind != WZP_VIEW_ROOM)
        wzp_draw_text(a, pieces[PATH].at, 0, p.e2e ? WZP_STYLE_DIM : WZP_STYLE_WARN, path);
}

/* Draws the list and, if a row is left, why the selected call took its path. */
static void draw(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_past p;
    size_t n = count(t);
    int foot = a.height >= 8 ? 2 : 0;
    if (n == 0)
        wzp_tui_empty(a, "No calls yet.");
    wzp_tui_list(t, WZP_SCREEN_HISTORY, wzp_area_part(a, 0, 0, a.width, a.height - foot), n,
                 draw_row);
    if (foot && t->view->past(t->view->context, t->lists[WZP_SCREEN_HISTORY].selected, &p) && p.why)
        wzp_draw_fit(a, 0, a.height - 1, a.width, WZP_STYLE_DIM, p.why);
}

bool wzp_tui_history_peer(struct wzp_tui *t, char peer[WZP_ROOM_TEXT_MAX])
{
    struct wzp_view_past p;
    if (!t->view->past(t->view->context, t->lists[WZP_SCREEN_HISTORY].selected, &p))
        return false;
    wzp_text_copy(peer, WZP_ROOM_TEXT_MAX, p.peer);
    return true;
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_past p;
    char line[WZP_ROOM_TEXT_MAX + 8];
    if (!t->view->past(t->view->context, t->lists[WZP_SCREEN_HISTORY].selected, &p))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no call is selected");
    snprintf(line, sizeof line, "%s %s", p.kind == WZP_VIEW_ROOM ? "room" : "call", p.peer);
    int result = wzp_tui_run(t, line, now, err);
    if (result == 0)
        wzp_tui_show(t, p.kind == WZP_VIEW_ROOM ? WZP_SCREEN_ROOM : WZP_SCREEN_CALL);
    return result;
}

static enum wzp_match matches(struct wzp_tui *t, size_t i, const char *text)
{
    struct wzp_view_past p;
    if (!t->view->past(t->view->context, i, &p))
        return WZP_MATCH_NONE;
    return p.kind == WZP_VIEW_ROOM ? wzp_tui_match(p.peer, text)
                                   : wzp_tui_answers_to(p.name, p.peer, text);
}

const struct wzp_tui_screen wzp_screen_history = {
    .name = "history",
    .title = "History",
    .context = WZP_CONTEXT_HISTORY,
    .hints =
        "open=call again|forget-selected=forget|search=search|type call =dial|help=help|quit=leave",
    .count = count,
    .draw = draw,
    .open = open_row,
    .matches = matches,
};
