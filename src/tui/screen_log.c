/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What happened: events, notices, the log, and what libraries say on stderr. */
#include "tui/internal.h"

static size_t count(struct wzp_tui *t)
{
    return t->log_count;
}

static const struct wzp_log_row *row_of(struct wzp_tui *t, size_t i)
{
    return &t->log[(t->log_first + i) % WZP_LOG_ROWS];
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    static const char marks[WZP_STYLE_COUNT] = {
        [WZP_STYLE_BAD] = 'E', [WZP_STYLE_WARN] = 'W', [WZP_STYLE_DIM] = 'd'};
    const struct wzp_log_row *row = row_of(t, i);
    char clock[16], mark[2] = {marks[row->style] ? marks[row->style] : ' ', '\0'};
    int x = 0;
    (void)selected;
    if (a.width >= 50)
        x = wzp_draw_text(a, 0, 0, WZP_STYLE_DIM, wzp_tui_clock(clock, t->view, row->wall_ms)) + 1;
    x = wzp_draw_text(a, x, 0, row->style, mark) + 1;
    wzp_draw_fit(a, x, 0, a.width - x, row->style, row->text);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    if (t->log_count == 0)
        wzp_tui_empty(a, "Nothing happened yet.");
    wzp_tui_list(t, WZP_SCREEN_LOG, a, t->log_count, draw_row);
}

static bool matches(struct wzp_tui *t, size_t i, const char *text)
{
    return wzp_tui_contains(row_of(t, i)->text, text);
}

const struct wzp_tui_screen wzp_screen_log = {
    .name = "log",
    .title = "Log",
    .context = WZP_CONTEXT_LOG,
    .hints = "search=search|find-next=next|last=newest|help=help|quit=leave",
    .count = count,
    .draw = draw,
    .matches = matches,
};
