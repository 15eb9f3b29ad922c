/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lists: the selected row, the visible rows, searching; and labels with values. */
#include <string.h>

#include "tui/internal.h"
#include "tui/width.h"

static size_t count_of(struct wzp_tui *t)
{
    const struct wzp_tui_screen *s = wzp_screens[t->screen];
    return s->count ? s->count(t) : 0;
}

/* Keeps the selected row on the page. */
static void settle(struct wzp_list_state *l, size_t count)
{
    if (l->selected >= count)
        l->selected = count ? count - 1 : 0;
    if (l->page == 0)
        return;
    if (l->selected < l->top)
        l->top = l->selected;
    if (l->selected >= l->top + l->page)
        l->top = l->selected - l->page + 1;
    if (l->top + l->page > count)
        l->top = count > l->page ? count - l->page : 0;
}

void wzp_tui_list(struct wzp_tui *t, enum wzp_screen_id id, struct wzp_area a, size_t count,
                  void (*row)(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected))
{
    struct wzp_list_state *l = &t->lists[id];
    l->page = a.height > 0 ? (size_t)a.height : 0;
    if (id == t->screen) {
        t->rows.x = a.x;
        t->rows.y = a.y;
        t->rows.width = a.width;
        t->rows.height = a.height;
    }
    settle(l, count);
    /* A scroll bar at the right, when there are more rows than fit. */
    bool more = count > l->page && a.width > 20;
    for (size_t i = 0; i < l->page && l->top + i < count; i++) {
        struct wzp_area line = wzp_area_part(a, 0, (int)i, a.width - (more ? 2 : 0), 1);
        bool selected = l->top + i == l->selected;
        row(t, line, l->top + i, selected);
        if (selected)
            wzp_draw_tint(line, 0, WZP_STYLE_SELECTED);
    }
    if (more) {
        size_t span = count - l->page;
        size_t place = (l->top * (l->page - 1) + span / 2) / span;
        for (size_t i = 0; i < l->page; i++)
            wzp_draw_text(a, a.width - 1, (int)i, WZP_STYLE_DIM, i == place ? "█" : "│");
    }
}

void wzp_tui_list_move(struct wzp_tui *t, long step)
{
    struct wzp_list_state *l = &t->lists[t->screen];
    size_t count = count_of(t);
    if (count == 0)
        return;
    if (step < 0 && (size_t)-step > l->selected)
        l->selected = 0;
    else if (step > 0 && (size_t)step >= count - l->selected)
        l->selected = count - 1;
    else
        l->selected = (size_t)((long)l->selected + step);
    settle(l, count);
    wzp_tui_touch(t);
}

static void select_row(struct wzp_tui *t, size_t i)
{
    struct wzp_list_state *l = &t->lists[t->screen];
    l->selected = i;
    settle(l, count_of(t));
    wzp_tui_touch(t);
}

bool wzp_tui_list_next(struct wzp_tui *t, int direction)
{
    const struct wzp_tui_screen *s = wzp_screens[t->screen];
    size_t count = count_of(t);
    if (!s->matches || count == 0 || !t->search[0])
        return false;
    size_t from = t->lists[t->screen].selected;
    for (size_t n = 1; n <= count; n++) {
        size_t i = direction > 0 ? (from + n) % count : (from + count - n % count) % count;
        if (s->matches(t, i, t->search)) {
            select_row(t, i);
            return true;
        }
    }
    return false;
}

bool wzp_tui_list_search(struct wzp_tui *t)
{
    const struct wzp_tui_screen *s = wzp_screens[t->screen];
    size_t count = count_of(t), best = t->search_from;
    enum wzp_match match = WZP_MATCH_NONE;
    if (!s->matches)
        return false;
    for (size_t n = 0; n < count && t->search[0] && match < WZP_MATCH_START; n++) {
        size_t i = (t->search_from + n) % count;
        enum wzp_match here = s->matches(t, i, t->search);
        if (here > match) {
            match = here;
            best = i;
        }
    }
    select_row(t, best);
    return match != WZP_MATCH_NONE;
}

void wzp_tui_list_search_begin(struct wzp_tui *t)
{
    t->search_from = t->lists[t->screen].selected;
}

void wzp_tui_list_search_end(struct wzp_tui *t)
{
    select_row(t, t->search_from);
}

int wzp_tui_field(struct wzp_area a, int y, const char *label, enum wzp_style style,
                  const char *value)
{
    int column = WZP_LABEL_COLUMNS;
    wzp_draw_text(wzp_area_part(a, 0, 0, column - 1, a.height), 0, y, WZP_STYLE_DIM, label);
    wzp_draw_fit(a, column, y, a.width - column, style, value);
    return y + 1;
}

void wzp_tui_empty(struct wzp_area a, const char *text)
{
    struct wzp_area middle = wzp_area_part(a, 2, a.height / 3, a.width - 4, a.height);
    wzp_draw_paragraph(middle, 0, WZP_STYLE_DIM, text);
}
