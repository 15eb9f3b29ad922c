/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of the network check: its findings, while it runs and afterwards. */
#include <stdio.h>

#include "tui/internal.h"

static bool offered(const struct wzp_view *view)
{
    return view->check && view->finding;
}

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_finding f;
    size_t n = 0;
    while (n < 200 && t->view->finding(t->view->context, n, &f))
        n++;
    return n;
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    static const struct {
        const char *sign;
        enum wzp_style style;
    } looks[] = {[WZP_VIEW_PLAIN] = {" ", WZP_STYLE_NORMAL},
                 [WZP_VIEW_GOOD] = {"✓", WZP_STYLE_GOOD},
                 [WZP_VIEW_DOUBT] = {"!", WZP_STYLE_WARN},
                 [WZP_VIEW_BAD] = {"✗", WZP_STYLE_BAD}};
    struct wzp_view_finding f;
    (void)selected;
    if (!t->view->finding(t->view->context, i, &f))
        return;
    int column = a.width >= 60 ? 24 : 14, end = a.width;
    wzp_draw_text(a, 0, 0, looks[f.verdict].style, looks[f.verdict].sign);
    wzp_draw_fit(a, 2, 0, column - 3, WZP_STYLE_DIM, f.name);
    if (f.milliseconds >= 0) {
        int width = a.width >= 60 ? 20 : 8;
        end = a.width - width - 9;
        /* 300 ms and more fill the bar */
        wzp_draw_meter(a, end + 1, 0, width, f.milliseconds / 300.0, -1, looks[f.verdict].style);
        wzp_draw_format(a, end + width + 2, 0, WZP_STYLE_NORMAL, "%4d ms", f.milliseconds);
    }
    wzp_draw_fit(a, column, 0, end - column, looks[f.verdict].style, f.value);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_check c;
    t->view->check(t->view->context, &c);
    size_t n = count(t);
    int y = 0;
    if (c.running) {
        wzp_draw_text(a, 0, y, WZP_STYLE_TITLE, "Looking at the network");
        wzp_draw_meter(a, 24, y, a.width - 24 < 30 ? a.width - 24 : 30, c.percent / 100.0, -1,
                       WZP_STYLE_ACCENT);
        y += 2;
    } else if (c.verdict[0]) {
        y += wzp_draw_paragraph(a, y, WZP_STYLE_STRONG, c.verdict) + (a.height > 10);
    } else if (n == 0) {
        wzp_tui_empty(a, "What stands between you and others: press r to look. It takes two "
                         "seconds and changes nothing.");
    }
    wzp_tui_list(t, WZP_SCREEN_NETCHECK, wzp_area_part(a, 0, y, a.width, a.height - y), n,
                 draw_row);
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    return wzp_tui_run(t, "netcheck", now, err);
}

const struct wzp_tui_screen wzp_screen_netcheck = {
    .name = "netcheck",
    .title = "Net",
    .context = WZP_CONTEXT_NETCHECK,
    .hints = "netcheck=look|help=help|quit=leave",
    .offered = offered,
    .count = count,
    .draw = draw,
    .open = open_row,
};
