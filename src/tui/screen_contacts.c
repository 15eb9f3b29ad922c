/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of contacts: presence, how well each is verified, the last call. */
#include <stdio.h>

#include "tui/internal.h"
#include "tui/layout.h"
#include "tui/width.h"

static size_t count(struct wzp_tui *t)
{
    return t->view->contacts(t->view->context);
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    static const struct {
        const char *sign, *word;
        enum wzp_style style;
    } looks[] = {[WZP_VIEW_UNKNOWN] = {"·", "", WZP_STYLE_DIM},
                 [WZP_VIEW_OFFLINE] = {"○", "offline", WZP_STYLE_DIM},
                 [WZP_VIEW_ONLINE] = {"●", "online", WZP_STYLE_GOOD},
                 [WZP_VIEW_UNPROVEN] = {"?", "unproven", WZP_STYLE_WARN}};
    struct wzp_view_contact c;
    (void)selected;
    if (!t->view->contact(t->view->context, i, &c))
        return;
    enum { NAME, PRESENCE, KNOWN, LAST, FINGERPRINT, PIECES };
    struct wzp_piece pieces[PIECES] = {[NAME] = {.least = 13, .weight = 1, .most = 40, .rank = 0},
                                       [PRESENCE] = {.least = 8, .rank = 1},
                                       [KNOWN] = {.least = 13, .rank = 3},
                                       [LAST] = {.least = 24, .rank = 2},
                                       [FINGERPRINT] = {.least = 39, .rank = 4}};
    struct wzp_area line = wzp_area_part(a, 2, 0, a.width - 2, 1);
    wzp_layout(pieces, PIECES, line.width, 2);
    wzp_draw_text(a, 0, 0, looks[c.presence].style, looks[c.presence].sign);
    wzp_draw_fit(line, pieces[NAME].at, 0, pieces[NAME].length, WZP_STYLE_NORMAL, c.name);
    if (pieces[PRESENCE].at >= 0)
        wzp_draw_text(line, pieces[PRESENCE].at, 0, looks[c.presence].style,
                      looks[c.presence].word);
    if (pieces[KNOWN].at >= 0)
        wzp_draw_text(line, pieces[KNOWN].at, 0, c.verified ? WZP_STYLE_GOOD : WZP_STYLE_DIM,
                      c.verified    ? "✓ compared"
                      : c.encrypted ? "sealed before"
                                    : "");
    if (pieces[LAST].at >= 0 && c.last_call) {
        char when[32], text[64];
        snprintf(text, sizeof text, "%s %s",
                 c.last_outgoing ? "→"
                 : c.last_missed ? "✗"
                                 : "←",
                 wzp_tui_when(when, t->view, c.last_call));
        wzp_draw_fit(line, pieces[LAST].at, 0, pieces[LAST].length,
                     c.last_missed ? WZP_STYLE_WARN : WZP_STYLE_DIM, text);
    }
    if (pieces[FINGERPRINT].at >= 0)
        wzp_draw_text(line, pieces[FINGERPRINT].at, 0, WZP_STYLE_DIM, c.fingerprint);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    size_t n = count(t);
    if (n == 0)
        wzp_tui_empty(a, "No contacts yet. Press + and type a name and the fingerprint that your "
                         "friend gave you, or c to call a fingerprint at once. C shows your own.");
    wzp_tui_list(t, WZP_SCREEN_CONTACTS, a, n, draw_row);
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_contact c;
    char line[96];
    if (!t->view->contact(t->view->context, t->lists[WZP_SCREEN_CONTACTS].selected, &c))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no contact is selected");
    snprintf(line, sizeof line, "call %s", c.fingerprint);
    int result = wzp_tui_run(t, line, now, err);
    if (result == 0)
        wzp_tui_show(t, WZP_SCREEN_CALL);
    return result;
}

static enum wzp_match matches(struct wzp_tui *t, size_t i, const char *text)
{
    struct wzp_view_contact c;
    return t->view->contact(t->view->context, i, &c)
               ? wzp_tui_answers_to(c.name, c.fingerprint, text)
               : WZP_MATCH_NONE;
}

const struct wzp_tui_screen wzp_screen_contacts = {
    .name = "contacts",
    .title = "Contacts",
    .context = WZP_CONTEXT_CONTACTS,
    .hints = "open=call|type call =dial|type add =add|search=search|show-contact=my contact|"
             "help=help|quit=leave",
    .count = count,
    .draw = draw,
    .open = open_row,
    .matches = matches,
};
