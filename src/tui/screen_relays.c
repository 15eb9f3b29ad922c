/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of relays: the one in use, the known ones, their round-trip times, and a certificate
 * that waits for a decision. */
#include <stdio.h>

#include "tui/internal.h"
#include "tui/layout.h"

static bool offered(const struct wzp_view *view)
{
    return view->relay != NULL;
}

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_relay r;
    size_t n = 0;
    while (n < 200 && t->view->relay(t->view->context, n, &r))
        n++;
    return n;
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct wzp_view_relay r;
    char text[WZP_ERROR_TEXT_MAX];
    (void)selected;
    if (!t->view->relay(t->view->context, i, &r))
        return;
    enum { SIGN, NAME, RTT, STATE, PIECES };
    struct wzp_piece p[PIECES] = {[SIGN] = {.least = 1},
                                  [NAME] = {.least = 12, .weight = 2, .most = 44},
                                  [RTT] = {.least = 7, .rank = 1},
                                  [STATE] = {.least = 12, .weight = 3, .rank = 2}};
    wzp_layout(p, PIECES, a.width, 1);
    wzp_draw_text(a, 0, 0, r.registered ? WZP_STYLE_GOOD : WZP_STYLE_DIM,
                  r.registered ? "●"
                  : r.home     ? "○"
                               : " ");
    wzp_draw_fit(a, p[NAME].at, 0, p[NAME].length, WZP_STYLE_NORMAL, r.name);
    if (p[RTT].at >= 0 && r.measured)
        wzp_draw_format(a, p[RTT].at, 0, WZP_STYLE_NORMAL, "%4u ms", (unsigned)r.rtt_ms);
    enum wzp_style style = WZP_STYLE_DIM;
    if (r.changed) {
        style = WZP_STYLE_BAD;
        snprintf(text, sizeof text, "✗ its certificate changed; :accept");
    } else if (r.error[0]) {
        style = WZP_STYLE_WARN;
        snprintf(text, sizeof text, "! %.200s", r.error);
    } else {
        snprintf(text, sizeof text, "%s%s%.60s%s", r.home ? "home" : "",
                 r.home && r.build[0] ? ", " : "", r.build, r.proven ? ", identity proven" : "");
    }
    if (p[STATE].at >= 0)
        wzp_draw_fit(a, p[STATE].at, 0, p[STATE].length, style, text);
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    size_t n = count(t);
    if (n == 0)
        wzp_tui_empty(a, "No relay is known. Press u and type HOST or HOST:PORT; whoever runs one "
                         "tells you its name.");
    wzp_tui_list(t, WZP_SCREEN_RELAYS, a, n, draw_row);
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_relay r;
    char line[WZP_RELAY_TEXT_MAX + 8];
    if (!t->view->relay(t->view->context, t->lists[WZP_SCREEN_RELAYS].selected, &r))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no relay is selected");
    snprintf(line, sizeof line, "ping %s", r.name);
    return wzp_tui_run(t, line, now, err);
}

static enum wzp_match matches(struct wzp_tui *t, size_t i, const char *text)
{
    struct wzp_view_relay r;
    return t->view->relay(t->view->context, i, &r) ? wzp_tui_match(r.name, text) : WZP_MATCH_NONE;
}

const struct wzp_tui_screen wzp_screen_relays = {
    .name = "relays",
    .title = "Relays",
    .context = WZP_CONTEXT_RELAYS,
    .hints =
        "open=measure|ping-all=measure all|use-relay=use|type ping =add|forget-selected=forget|"
        "help=help|quit=leave",
    .offered = offered,
    .count = count,
    .draw = draw,
    .open = open_row,
    .matches = matches,
};
