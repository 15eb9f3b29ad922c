/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scripts: which run, what each is for. */
#include <stdio.h>

#include "tui/internal.h"

static bool offered(const struct wzp_view *view)
{
    return view->script != NULL;
}

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_script s;
    size_t n = 0;
    while (n < 200 && t->view->script(t->view->context, n, &s))
        n++;
    return n;
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct wzp_view_script s;
    (void)selected;
    if (!t->view->script(t->view->context, i, &s))
        return;
    int x = wzp_draw_fit(a, 2, 0, a.width >= 60 ? 28 : a.width / 2, WZP_STYLE_NORMAL, s.name);
    x = wzp_draw_fit(a, x + 1, 0, 12, WZP_STYLE_ACCENT, s.state);
    wzp_draw_fit(a, x + 1, 0, a.width - x - 1, WZP_STYLE_DIM, s.help);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    size_t n = count(t);
    if (n == 0)
        wzp_tui_empty(a, "No scripts. What stands in init.lua beside the configuration is run at "
                         "the start; :run FILE runs another.");
    wzp_tui_list(t, WZP_SCREEN_SCRIPTS, a, n, draw_row);
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_script s;
    char line[80];
    if (!t->view->script(t->view->context, t->lists[WZP_SCREEN_SCRIPTS].selected, &s))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no script is selected");
    snprintf(line, sizeof line, "run %s", s.name);
    return wzp_tui_run(t, line, now, err);
}

const struct wzp_tui_screen wzp_screen_scripts = {
    .name = "scripts",
    .title = "Scripts",
    .context = WZP_CONTEXT_SCRIPTS,
    .hints = "open=run|help=help|quit=leave",
    .offered = offered,
    .count = count,
    .draw = draw,
    .open = open_row,
};
