/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of settings: every key of the configuration, changed in place. */
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_setting s;
    size_t n = 0;
    while (n < 500 && t->view->setting(t->view->context, n, &s))
        n++;
    return n;
}

static bool offered(const struct wzp_view *view)
{
    return view->setting != NULL;
}

/* Does the setting have its default value? A text that is not set has it, whatever words describe
 * that default. */
static bool is_standard(const struct wzp_view_setting *s)
{
    return !s->value[0] || strcmp(s->value, s->standard) == 0;
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct wzp_view_setting s;
    (void)selected;
    if (!t->view->setting(t->view->context, i, &s))
        return;
    int column = a.width >= 60 ? 22 : 14;
    int width = a.width >= 76 ? 24 : a.width - column;
    wzp_draw_text(a, 0, 0, WZP_STYLE_ACCENT, is_standard(&s) ? " " : "*");
    int x = wzp_draw_fit(a, 2, 0, column - 3, WZP_STYLE_NORMAL, s.name);
    x = wzp_draw_fit(a, x + 1, 0, width, is_standard(&s) ? WZP_STYLE_DIM : WZP_STYLE_STRONG,
                     s.value[0] ? s.value : "(not set)");
    wzp_draw_aside(a, x + 1, 0, WZP_STYLE_DIM, s.help);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_setting s;
    int foot = a.height >= 8 ? 2 : 0;
    wzp_tui_list(t, WZP_SCREEN_SETTINGS, wzp_area_part(a, 0, 0, a.width, a.height - foot), count(t),
                 draw_row);
    if (foot == 0 ||
        !t->view->setting(t->view->context, t->lists[WZP_SCREEN_SETTINGS].selected, &s))
        return;
    char text[256];
    snprintf(text, sizeof text, "%s (%s; standard %s)", s.help, s.type,
             s.standard[0] ? s.standard : "none");
    wzp_draw_fit(a, 0, a.height - 1, a.width, WZP_STYLE_DIM, text);
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_setting s;
    (void)now;
    if (!t->view->setting(t->view->context, t->lists[WZP_SCREEN_SETTINGS].selected, &s))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no setting is selected");
    wzp_text_copy(t->setting, sizeof t->setting, s.name);
    wzp_tui_type(t, WZP_TYPING_SETTING, s.value);
    return 0;
}

static enum wzp_match matches(struct wzp_tui *t, size_t i, const char *text)
{
    struct wzp_view_setting s;
    if (!t->view->setting(t->view->context, i, &s))
        return WZP_MATCH_NONE;
    enum wzp_match match = wzp_tui_match(s.name, text);
    return match == WZP_MATCH_NONE && wzp_tui_contains(s.help, text) ? WZP_MATCH_INSIDE : match;
}

const struct wzp_tui_screen wzp_screen_settings = {
    .name = "settings",
    .title = "Settings",
    .context = WZP_CONTEXT_SETTINGS,
    .hints = "open=change|search=search|help=help|quit=leave",
    .offered = offered,
    .count = count,
    .draw = draw,
    .open = open_row,
    .matches = matches,
};
