/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of the log: events, notices, log lines, and what libraries write to stderr. */
#include "tui/internal.h"
#include "tui/width.h"

#define LEFT 11 /* columns of the clock and the mark */

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

/* The number of rows at the bottom that show the selected line completely, if it does not fit its
 * own row and the window is wide enough for that to help. */
static int foot_of(struct wzp_tui *t, int width)
{
    size_t selected = t->lists[WZP_SCREEN_LOG].selected;
    if (selected >= t->log_count)
        return 0;
    int needed = wzp_width_text(row_of(t, selected)->text);
    return width > 8 && needed + LEFT > width ? 2 + needed / (width - 8) : 0;
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    if (t->log_count == 0)
        wzp_tui_empty(a, "Nothing happened yet.");
    int foot = a.height >= 8 && t->log_count > 0 ? foot_of(t, a.width) : 0;
    wzp_tui_list(t, WZP_SCREEN_LOG, wzp_area_part(a, 0, 0, a.width, a.height - foot), t->log_count,
                 draw_row);
    if (foot == 0)
        return;
    wzp_draw_rule(a, a.height - foot, WZP_STYLE_DIM);
    wzp_draw_paragraph(a, a.height - foot + 1, WZP_STYLE_NORMAL,
                       row_of(t, t->lists[WZP_SCREEN_LOG].selected)->text);
}

/* In the log a search goes to the next match, not to the best one. */
static enum wzp_match matches(struct wzp_tui *t, size_t i, const char *text)
{
    return wzp_tui_contains(row_of(t, i)->text, text) ? WZP_MATCH_INSIDE : WZP_MATCH_NONE;
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
