/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of calls: the one in focus in detail, and above it a list when there are several. */
#include <stdio.h>

#include "tui/internal.h"

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_session s;
    size_t n = 0;
    while (t->view->session(t->view->context, n, &s))
        n++;
    return n;
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct wzp_view_session s;
    char who[128], state[32], duration[16] = "";
    (void)selected;
    if (!t->view->session(t->view->context, i, &s))
        return;
    bool here = s.id == t->focus;
    wzp_tui_who(who, sizeof who, &s);
    wzp_tui_state(state, sizeof state, &s);
    if (s.stats.up)
        wzp_tui_duration(duration, s.stats.duration_ms);
    wzp_draw_text(a, 0, 0, WZP_STYLE_ACCENT, here ? "▸" : " ");
    int x = wzp_draw_fit(a, 2, 0, a.width - 28, here ? WZP_STYLE_STRONG : WZP_STYLE_NORMAL, who);
    wzp_draw_format(a, x + 1, 0, s.state == WZP_VIEW_INCOMING ? WZP_STYLE_WARN : WZP_STYLE_DIM,
                    "%s%s", state, s.stats.muted ? ", muted" : "");
    wzp_draw_right(a, a.width, 0, WZP_STYLE_DIM, duration);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_session s;
    size_t n = count(t);
    if (!wzp_tui_focused(t, &s)) {
        wzp_tui_empty(a, "No call. Press c and type whom to call: a contact, a fingerprint, or "
                         "echo to hear yourself. j joins a room.");
        return;
    }
    int rows = n > 1 ? (int)n : 0;
    if (rows > a.height / 3)
        rows = a.height / 3;
    if (rows > 0) {
        wzp_tui_list(t, WZP_SCREEN_CALL, wzp_area_part(a, 0, 0, a.width, rows), n, draw_row);
        if (a.height > rows + 4)
            wzp_draw_rule(a, rows++, WZP_STYLE_DIM);
    }
    wzp_tui_draw_call(t, wzp_area_part(a, 0, rows, a.width, a.height - rows), &s);
}

/* Moves the focus to the selected call and puts the previous one on hold, so that the two peers
 * never hear each other's conversation. */
static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_session s, before;
    char line[32];
    if (!t->view->session(t->view->context, t->lists[WZP_SCREEN_CALL].selected, &s))
        return wzp_error_set(err, WZP_E_STATE, "there is no call");
    if (s.state == WZP_VIEW_INCOMING) {
        snprintf(line, sizeof line, "answer %u", (unsigned)s.id);
        t->focus = s.id;
        return wzp_tui_run(t, line, now, err);
    }
    int result = 0;
    if (t->focus != s.id && wzp_tui_session(t, t->focus, &before) && before.stats.up &&
        !before.stats.held) {
        snprintf(line, sizeof line, "hold %u", (unsigned)before.id);
        result = wzp_tui_run(t, line, now, err);
    }
    t->focus = s.id;
    if (result == 0 && s.stats.held) {
        snprintf(line, sizeof line, "resume %u", (unsigned)s.id);
        result = wzp_tui_run(t, line, now, err);
    }
    return result;
}

static bool is_idle(struct wzp_tui *t)
{
    struct wzp_view_session s;
    return !wzp_tui_focused(t, &s);
}

const struct wzp_tui_screen wzp_screen_call = {
    .name = "call",
    .title = "Calls",
    .context = WZP_CONTEXT_CALL,
    .hints = "end-call=hang up|toggle-mute=mute|toggle-hold=hold|talk=push to talk|"
             "code-agrees=code agrees|next-call=next call|type call =dial|help=help",
    .idle_hints = "type call =dial|type room =join a room|help=help|quit=leave",
    .is_idle = is_idle,
    .count = count,
    .draw = draw,
    .open = open_row,
};
