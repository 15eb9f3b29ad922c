/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The overlay for an incoming call, shown over every screen; and the question before leaving. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/internal.h"
#include "tui/width.h"

#define HALF 20 /* characters of a fingerprint: four groups with their colons */

static bool is_contact(const struct wzp_view_session *s)
{
    return s->name[0] != '\0';
}

/* The form for small screens: one to three rows. */
static void draw_brief(struct wzp_area a, const char *who, bool known, bool proven, bool sealed)
{
    char text[160];
    int rows = a.height < 4 ? 1 : 3;
    wzp_draw_fill(wzp_area_part(a, 0, 0, a.width, rows), WZP_STYLE_NORMAL);
    snprintf(text, sizeof text, " %s%s calls ", who, known && !proven ? " (not proven)" : "");
    wzp_draw_fit(a, 0, 0, a.width, WZP_STYLE_ALARM, text);
    if (rows == 1)
        return;
    snprintf(text, sizeof text, " %s, %s",
             !known   ? "! a stranger"
             : proven ? "your contact"
                      : "! says to be your contact",
             proven ? "✓ proven" : "! not proven");
    wzp_draw_fit(a, 0, 1, a.width, known && proven ? WZP_STYLE_GOOD : WZP_STYLE_WARN, text);
    wzp_draw_fit(a, 0, 2, a.width, sealed ? WZP_STYLE_GOOD : WZP_STYLE_WARN,
                 sealed ? " end to end, if you answer" : " ! encrypted to the relay only");
}

int wzp_tui_draw_fingerprint(struct wzp_area a, int y, enum wzp_style style,
                             const char *fingerprint)
{
    char first[HALF + 1];
    if (a.width >= (int)strlen(fingerprint)) {
        wzp_draw_text(a, 0, y, style, fingerprint);
        return 1;
    }
    (void)wzp_text_copy(first, sizeof first, fingerprint);
    wzp_draw_text(a, 0, y, style, first);
    wzp_draw_text(a, 0, y + 1, style, fingerprint + strlen(first));
    return 2;
}

void wzp_tui_draw_incoming(struct wzp_tui *t, struct wzp_area a)
{
    char who[128];
    struct wzp_view_session s;
    if (!wzp_tui_incoming(t, &s))
        return;
    const struct wzp_remembered *r = wzp_tui_remembered(t, s.id, false);
    wzp_tui_who(who, sizeof who, &s);
    if (a.height < 8 || a.width < 36) {
        draw_brief(a, who, is_contact(&s), r && r->proven, r && r->offers_e2e);
        return;
    }
    int width = a.width < 66 ? a.width : 66, high = a.height < 9 ? a.height : 9;
    struct wzp_area box =
        wzp_area_part(a, (a.width - width) / 2, a.height > 14 ? 1 : 0, width, high);
    struct wzp_area in = wzp_draw_box(box, WZP_STYLE_WARN, "Incoming call");
    struct wzp_area top = wzp_area_part(in, 0, 0, in.width, 1);
    char title[160];
    bool known = is_contact(&s), proven = r && r->proven;
    snprintf(title, sizeof title, " %s%s is calling", who, known && !proven ? " (not proven)" : "");
    wzp_draw_fit(top, 0, 0, in.width, WZP_STYLE_ALARM, title);
    wzp_tui_draw_fingerprint(in, 1, WZP_STYLE_DIM, s.stats.peer);
    int y = 3;
    y = wzp_tui_field(in, y, "Who", known && proven ? WZP_STYLE_GOOD : WZP_STYLE_WARN,
                      !known   ? "a stranger: not in your contacts"
                      : proven ? "one of your contacts"
                               : "! says to be one of your contacts");
    y = wzp_tui_field(in, y, "Identity", proven ? WZP_STYLE_GOOD : WZP_STYLE_WARN,
                      proven ? "✓ proven by its signature"
                             : "! not proven: anybody could say this name");
    bool sealed = r && r->offers_e2e;
    char why[200];
    snprintf(why, sizeof why, "%s%.160s", sealed ? "" : "! only to the relay: ",
             sealed                    ? "end to end, if you answer"
             : r && r->incoming_why[0] ? r->incoming_why
                                       : "the caller cannot do more");
    y = wzp_tui_field(in, y, "Encrypted", sealed ? WZP_STYLE_GOOD : WZP_STYLE_WARN, why);
    bool dead = r && t->now - r->appeared_at < 300 * WZP_MILLISECOND;
    if (y < in.height)
        wzp_draw_text(in, 0, y, WZP_STYLE_DIM, dead ? "keys wait a moment ..." : "");
}

void wzp_tui_draw_quit(struct wzp_tui *t, struct wzp_area a)
{
    size_t count = 0;
    struct wzp_view_session s;
    while (t->view->session(t->view->context, count, &s))
        count++;
    int width = a.width < 50 ? a.width : 50;
    struct wzp_area box = wzp_area_part(a, (a.width - width) / 2, a.height > 8 ? 2 : 0, width,
                                        a.height < 5 ? a.height : 5);
    struct wzp_area in = wzp_draw_box(box, WZP_STYLE_WARN, "Leave?");
    char text[96];
    snprintf(text, sizeof text, "%zu %s still running. Hang up and leave?", count,
             wzp_plural(count, "call is", "calls are"));
    wzp_draw_paragraph(wzp_area_part(in, 0, 1, in.width, in.height), 0, WZP_STYLE_STRONG, text);
}
