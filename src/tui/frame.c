/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The parts of every screen: the bar with identity, relay and call, the names of the screens, the
 * line for notices and typing, the hints; and the overlays on top. */
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"
#include "tui/layout.h"
#include "tui/width.h"

const struct wzp_tui_screen *const wzp_screens[WZP_SCREEN_COUNT] = {
    [WZP_SCREEN_CONTACTS] = &wzp_screen_contacts, [WZP_SCREEN_CALL] = &wzp_screen_call,
    [WZP_SCREEN_ROOM] = &wzp_screen_room,         [WZP_SCREEN_HISTORY] = &wzp_screen_history,
    [WZP_SCREEN_NETCHECK] = &wzp_screen_netcheck, [WZP_SCREEN_DEVICES] = &wzp_screen_devices,
    [WZP_SCREEN_RELAYS] = &wzp_screen_relays,     [WZP_SCREEN_SETTINGS] = &wzp_screen_settings,
    [WZP_SCREEN_SCRIPTS] = &wzp_screen_scripts,   [WZP_SCREEN_LOG] = &wzp_screen_log,
};

const char *wzp_tui_screen_name(size_t i)
{
    return i < WZP_SCREEN_COUNT ? wzp_screens[i]->name : NULL;
}

const char *wzp_tui_screen_title(size_t i)
{
    return i < WZP_SCREEN_COUNT ? wzp_screens[i]->title : NULL;
}

/* ---- the bar at the top ---- */

struct item {
    char text[160];
    enum wzp_style style;
};
enum {
    ITEM_NAME,
    ITEM_RELAY,
    ITEM_EXTRAS,
    ITEM_GAP,
    ITEM_CALLS,
    ITEM_CALL,
    ITEM_PATH,
    ITEM_MUTED,
    ITEMS
};

static void call_items(struct wzp_tui *t, struct item *items)
{
    struct wzp_view_session s, other;
    size_t count = 0;
    if (!wzp_tui_focused(t, &s))
        return;
    while (t->view->session(t->view->context, count, &other))
        count++;
    char who[128], duration[16];
    if (s.stats.up)
        snprintf(items[ITEM_CALL].text, sizeof items[0].text, "%.60s %s",
                 wzp_tui_who(who, sizeof who, &s), wzp_tui_duration(duration, s.stats.duration_ms));
    else
        snprintf(items[ITEM_CALL].text, sizeof items[0].text, "%.60s: %s",
                 wzp_tui_who(who, sizeof who, &s), wzp_tui_state(duration, sizeof duration, &s));
    if (count > 1)
        snprintf(items[ITEM_CALLS].text, sizeof items[0].text, "%zu calls", count);
    if (s.stats.up)
        snprintf(items[ITEM_PATH].text, sizeof items[0].text, "%s, %s",
                 s.stats.direct ? "direct" : "relay",
                 s.stats.e2e_confirmed ? "sealed" : "hop-by-hop");
    if (t->talking)
        snprintf(items[ITEM_MUTED].text, sizeof items[0].text, "TALKING");
    else if (s.stats.held)
        snprintf(items[ITEM_MUTED].text, sizeof items[0].text, "ON HOLD");
    else if (s.stats.muted)
        snprintf(items[ITEM_MUTED].text, sizeof items[0].text, "MUTED");
    items[ITEM_MUTED].style = WZP_STYLE_BAR_HERE;
}

static void draw_status(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_facts facts;
    struct item items[ITEMS] = {0};
    char name[WZP_ALIAS_MAX], brief[24];
    t->view->facts(t->view->context, &facts);
    wzp_text_filter(name, sizeof name, facts.alias, strlen(facts.alias));
    snprintf(items[ITEM_NAME].text, sizeof items[0].text, "%s%s", facts.demo ? "demo: " : "",
             name[0] ? name : wzp_tui_short(brief, facts.fingerprint));
    if (facts.relay[0])
        snprintf(items[ITEM_RELAY].text, sizeof items[0].text, "%s %.100s",
                 facts.registered ? "● on" : "○ not on", facts.relay);
    else
        snprintf(items[ITEM_RELAY].text, sizeof items[0].text, "○ no relay");
    for (size_t i = 0; i < WZP_EXTRAS_MAX; i++) {
        char *text = items[ITEM_EXTRAS].text;
        size_t used = strlen(text);
        if (t->extras[i].text[0] && used + 68 < sizeof items[0].text)
            snprintf(text + used, sizeof items[0].text - used, "%s%.64s", used ? "  " : "",
                     t->extras[i].text);
    }
    call_items(t, items);
    struct wzp_piece pieces[ITEMS] = {0};
    static const int ranks[ITEMS] = {
        [ITEM_NAME] = 5,  [ITEM_RELAY] = 3, [ITEM_EXTRAS] = 6, [ITEM_GAP] = 0,
        [ITEM_CALLS] = 4, [ITEM_CALL] = 1,  [ITEM_PATH] = 2,   [ITEM_MUTED] = 0};
    for (int i = 0; i < ITEMS; i++) {
        int width = wzp_width_text(items[i].text);
        pieces[i] = (struct wzp_piece){.least = width ? width + 2 : 0, .rank = ranks[i]};
    }
    pieces[ITEM_GAP].weight = 1;
    wzp_layout(pieces, ITEMS, a.width, 0);
    wzp_draw_blank(a, 0, WZP_STYLE_BAR);
    for (int i = 0; i < ITEMS; i++)
        if (items[i].text[0] && pieces[i].at >= 0) {
            enum wzp_style style = items[i].style ? items[i].style : WZP_STYLE_BAR;
            wzp_draw_format(a, pieces[i].at, 0, style, " %s ", items[i].text);
        }
}

static void draw_tabs(struct wzp_tui *t, struct wzp_area a)
{
    int all = 0;
    for (int i = 0; i < WZP_SCREEN_COUNT; i++)
        if (wzp_screen_offered(t, (enum wzp_screen_id)i))
            all += 2 + wzp_width_text(wzp_screens[i]->title);
    int x = 1;
    memset(t->tabs, 0, sizeof t->tabs);
    t->tabs_y = a.y;
    for (int i = 0; i < WZP_SCREEN_COUNT; i++) {
        if (!wzp_screen_offered(t, (enum wzp_screen_id)i) || a.height < 1)
            continue;
        t->tabs[i].from = a.x + x;
        bool here = i == (int)t->screen;
        enum wzp_style style = here ? WZP_STYLE_BAR_HERE : WZP_STYLE_DIM;
        x = wzp_draw_format(a, x, 0, here ? WZP_STYLE_BAR_HERE : WZP_STYLE_ACCENT, "%d",
                            (i + 1) % 10);
        if (here || all + 1 <= a.width)
            x = wzp_draw_text(a, x, 0, style, wzp_screens[i]->title);
        t->tabs[i].to = a.x + x;
        x++;
    }
}

/* ---- the bottom ---- */

static const struct wzp_binding *key_for(struct wzp_tui *t, const char *command)
{
    struct wzp_view_session s;
    const enum wzp_key_context places[] = {
        t->overlay ? WZP_CONTEXT_OVERLAY : wzp_screens[t->screen]->context,
        t->overlay ? WZP_CONTEXT_OVERLAY : WZP_CONTEXT_LIST,
        t->overlay ? WZP_CONTEXT_OVERLAY : WZP_CONTEXT_GLOBAL, WZP_CONTEXT_ALWAYS};
    const struct wzp_binding *b = NULL;
    if (t->typing != WZP_TYPING_NOT)
        return wzp_keymap_key_of(&t->keymap, WZP_CONTEXT_TYPING, command);
    if (wzp_tui_incoming(t, &s))
        b = wzp_keymap_key_of(&t->keymap, WZP_CONTEXT_INCOMING, command);
    for (size_t i = 0; !b && i < sizeof places / sizeof places[0]; i++)
        b = wzp_keymap_key_of(&t->keymap, places[i], command);
    return b;
}

/* Draws hints, given as "command=label|command=label": those that have a key, while they fit. */
static void draw_hints(struct wzp_tui *t, struct wzp_area a, const char *hints)
{
    char copy[256];
    wzp_text_copy(copy, sizeof copy, hints);
    char *rest = copy;
    int x = 1;
    for (char *item; (item = strsep(&rest, "|"));) {
        char *label = strchr(item, '=');
        if (!label)
            continue;
        *label++ = '\0';
        const struct wzp_binding *b = key_for(t, item);
        char key[WZP_KEY_NAME_MAX];
        if (!b)
            continue;
        wzp_key_name(key, b->key);
        int width = wzp_width_text(key) + 1 + wzp_width_text(label);
        if (x + width > a.width)
            break;
        wzp_draw_text(a, x, 0, WZP_STYLE_ACCENT, key);
        wzp_draw_text(a, x + wzp_width_text(key) + 1, 0, WZP_STYLE_DIM, label);
        x += width + 2;
    }
}

static const char *hints_of(struct wzp_tui *t)
{
    struct wzp_view_session s;
    if (t->typing == WZP_TYPING_COMMAND)
        return "confirm=do it|edit complete=complete|close=never mind";
    if (t->typing != WZP_TYPING_NOT)
        return "confirm=done|close=never mind";
    if (wzp_tui_incoming(t, &s))
        return "answer-call=answer|answer-privately=answer privately|decline-call=decline|"
               "ignore-call=ignore";
    switch (t->overlay) {
    case WZP_OVERLAY_HELP: return "search=search|page-down=more|close=close";
    case WZP_OVERLAY_QUIT: return "confirm=hang up and leave|close=stay";
    case WZP_OVERLAY_WELCOME: return "confirm=show the 24 words|close=later";
    case WZP_OVERLAY_WORDS: return "confirm=they are on paper|close=later";
    case WZP_OVERLAY_CONTACT: return "close=close";
    case WZP_OVERLAY_NONE: break;
    }
    const struct wzp_tui_screen *screen = wzp_screens[t->screen];
    return screen->is_idle && screen->is_idle(t) ? screen->idle_hints : screen->hints;
}

static void draw_notice(struct wzp_tui *t, struct wzp_area a)
{
    static const char *const marks[WZP_STYLE_COUNT] = {
        [WZP_STYLE_BAD] = "✗ ", [WZP_STYLE_WARN] = "! ", [WZP_STYLE_GOOD] = "✓ "};
    const char *mark = marks[t->notice.style];
    int x = mark ? wzp_draw_text(a, 1, 0, t->notice.style, mark) : 1;
    wzp_draw_fit(a, x, 0, a.width - x, t->notice.style, t->notice.text);
}

/* ---- a relay that is not used ---- */

/* Has the relay's certificate changed? False: it is a new one, about which the person is asked. */
static bool is_changed(struct wzp_tui *t, const char *relay)
{
    struct wzp_view_relay r;
    for (size_t i = 0; t->view->relay && t->view->relay(t->view->context, i, &r); i++)
        if (strcmp(r.name, relay) == 0)
            return r.changed;
    return true;
}

/* Draws the warning about a certificate on every screen until a person decides; returns its rows.
 * On a narrow screen it leaves out the relay's name, which the bar shows. */
static int draw_barred(struct wzp_tui *t, const struct wzp_view_facts *facts, struct wzp_area a)
{
    char text[WZP_RELAY_TEXT_MAX + 256], name[64];
    if (!facts->barred_by[0])
        return 0;
    bool changed = is_changed(t, facts->barred_by);
    wzp_text_filter(name, sizeof name, facts->barred_by, strlen(facts->barred_by));
    if (a.width < 60)
        snprintf(text, sizeof text,
                 "✗ %s: not connected. Its operator confirms it: :accept; else :set relay HOST",
                 changed ? "The relay's certificate changed" : "The relay is new");
    else
        snprintf(text, sizeof text,
                 "✗ %s %s: not connected. If its operator confirms the certificate, type :accept "
                 "and Enter; otherwise use another relay, :set relay HOST",
                 name, changed ? "shows another certificate than before" : "is new here");
    return wzp_draw_paragraph(wzp_area_part(a, 1, 0, a.width - 2, a.height), 0, WZP_STYLE_BAD,
                              text);
}

/* ---- all of it ---- */

static void draw_overlay(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_session s;
    switch (t->overlay) {
    case WZP_OVERLAY_HELP: wzp_tui_draw_help(t, a); break;
    case WZP_OVERLAY_QUIT: wzp_tui_draw_quit(t, a); break;
    case WZP_OVERLAY_WELCOME:
    case WZP_OVERLAY_WORDS:
    case WZP_OVERLAY_CONTACT: wzp_tui_draw_first_run(t, a); break;
    case WZP_OVERLAY_NONE: break;
    }
    if (wzp_tui_incoming(t, &s))
        wzp_tui_draw_incoming(t, a);
}

static void draw_body(struct wzp_tui *t, struct wzp_area a)
{
    struct wzp_view_session s;
    bool pane =
        a.width >= WZP_TUI_PANE_FROM && t->screen != WZP_SCREEN_CALL && wzp_tui_focused(t, &s);
    int right = pane ? a.width / 2 - 8 : 0;
    if (right > 76)
        right = 76;
    wzp_screens[t->screen]->draw(t, wzp_area_part(a, 1, 0, a.width - right - 2, a.height));
    if (!pane)
        return;
    for (int y = 0; y < a.height; y++)
        wzp_draw_text(a, a.width - right, y, WZP_STYLE_DIM, "│");
    wzp_tui_draw_call(t, wzp_area_part(a, a.width - right + 2, 0, right - 3, a.height), &s);
}

void wzp_tui_draw_frame(struct wzp_tui *t)
{
    struct wzp_area a = wzp_area_whole(&t->canvas);
    enum { STATUS, TABS, BARRED, SPACE, BODY, LINE, HINTS, PIECES };
    struct wzp_view_facts facts;
    t->view->facts(t->view->context, &facts);
    struct wzp_piece rows[PIECES] = {
        [STATUS] = {.least = 1, .rank = 2},
        [TABS] = {.least = 1, .rank = 4},
        [BARRED] = {.least = draw_barred(t, &facts, wzp_area_part(a, 0, 0, a.width, 0)), .rank = 1},
        [SPACE] = {.least = 1, .rank = 6},
        [BODY] = {.least = 1, .weight = 1, .rank = 0},
        [LINE] = {.least = 1, .rank = 3},
        [HINTS] = {.least = 1, .rank = 5}};
    struct wzp_view_session calling;
    /* A question is shown, whose keys must be visible. */
    bool asked = t->overlay != WZP_OVERLAY_NONE || wzp_tui_incoming(t, &calling);
    bool line = t->typing != WZP_TYPING_NOT || (t->notice.text[0] && !asked);
    if (a.height < 16) { /* notices and hints share a row, and blank rows are left out */
        rows[line ? HINTS : LINE].least = 0;
        rows[SPACE].least = 0;
    }
    if (t->typing != WZP_TYPING_NOT)
        rows[LINE].rank = 1;
    /* The body is more important than the parts around it. */
    rows[BODY].least = a.height >= 12 ? 6 : a.height >= 5 ? 2 : 1;
    wzp_layout(rows, PIECES, a.height, 0);
    struct wzp_area parts[PIECES];
    for (int i = 0; i < PIECES; i++)
        parts[i] = wzp_area_part(a, 0, rows[i].at, a.width, rows[i].at < 0 ? 0 : rows[i].length);
    memset(&t->rows, 0, sizeof t->rows);
    draw_status(t, parts[STATUS]);
    draw_tabs(t, parts[TABS]);
    draw_barred(t, &facts, parts[BARRED]);
    draw_body(t, parts[BODY]);
    draw_overlay(t, parts[BODY]);
    if (t->typing != WZP_TYPING_NOT) {
        wzp_tui_draw_typing(t, parts[LINE], 0);
        wzp_tui_draw_completions(t, parts[BODY]);
    } else if (t->notice.text[0]) {
        draw_notice(t, parts[LINE]);
    }
    draw_hints(t, parts[HINTS], hints_of(t));
}
