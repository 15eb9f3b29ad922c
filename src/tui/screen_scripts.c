/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of scripts: which ones run, and their purpose. */
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

/* Draws the scripts above, and below them the output of the selected one, the newest line last. */
static void draw(struct wzp_tui *t, struct wzp_area a)
{
    size_t n = count(t);
    size_t selected = t->lists[WZP_SCREEN_SCRIPTS].selected;
    char line[160];
    if (n == 0) {
        wzp_tui_empty(a, "No scripts. What stands in init.lua beside the configuration is run at "
                         "the start; files in its folder scripts stand here; :run FILE runs "
                         "another, :lua CODE a line.");
        return;
    }
    int rows = (int)n < a.height / 2 ? (int)n : a.height / 2;
    if (!t->view->script_line || a.height < 8)
        rows = a.height;
    wzp_tui_list(t, WZP_SCREEN_SCRIPTS, wzp_area_part(a, 0, 0, a.width, rows), n, draw_row);
    if (rows == a.height)
        return;
    wzp_draw_rule(a, rows, WZP_STYLE_DIM);
    int room = a.height - rows - 1, lines = 0;
    while (lines < room &&
           t->view->script_line(t->view->context, selected, (size_t)lines, line, sizeof line))
        lines++;
    for (int i = 0; i < lines; i++)
        if (t->view->script_line(t->view->context, selected, (size_t)(lines - 1 - i), line,
                                 sizeof line))
            wzp_draw_fit(a, 0, rows + 1 + i, a.width, WZP_STYLE_NORMAL, line);
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
    .hints = "open=run|stop-script=stop|command=run another|help=help|quit=leave",
    .offered = offered,
    .count = count,
    .draw = draw,
    .open = open_row,
};
