/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Input from a person: keys, mouse, pasted text. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "tui/internal.h"

/* time during which the keys of a new incoming call have no effect */
#define DEAD_TIME (300 * WZP_MILLISECOND)

/* The key contexts in order: an incoming call, an overlay, the screen, the rest. */
static size_t contexts_of(struct wzp_tui *t, enum wzp_key_context out[6])
{
    struct wzp_view_session s;
    size_t n = 0;
    out[n++] = WZP_CONTEXT_ALWAYS;
    if (t->typing != WZP_TYPING_NOT) {
        out[n++] = WZP_CONTEXT_TYPING;
        return n;
    }
    if (wzp_tui_incoming(t, &s))
        out[n++] = WZP_CONTEXT_INCOMING;
    if (t->overlay != WZP_OVERLAY_NONE) {
        out[n++] = WZP_CONTEXT_OVERLAY;
        return n;
    }
    out[n++] = wzp_screens[t->screen]->context;
    out[n++] = WZP_CONTEXT_LIST;
    out[n++] = WZP_CONTEXT_GLOBAL;
    return n;
}

static const struct wzp_binding *binding_of(struct wzp_tui *t, struct wzp_key key)
{
    enum wzp_key_context contexts[6];
    size_t n = contexts_of(t, contexts);
    for (size_t i = 0; i < n; i++) {
        const struct wzp_binding *b = wzp_keymap_find(&t->keymap, contexts[i], key);
        if (b)
            return b;
    }
    return NULL;
}

/* True for a key of an incoming call that has only just appeared: the key was probably meant for
 * something else. */
static bool is_dead(struct wzp_tui *t, const struct wzp_binding *b)
{
    struct wzp_view_session s;
    bool about_it = b->context == WZP_CONTEXT_INCOMING || strcmp(b->command, "answer-call") == 0 ||
                    strcmp(b->command, "decline-call") == 0;
    if (!about_it || !wzp_tui_incoming(t, &s))
        return false;
    const struct wzp_remembered *r = wzp_tui_remembered(t, s.id, false);
    return r && t->now - r->appeared_at < DEAD_TIME;
}

void wzp_tui_key(struct wzp_tui *t, struct wzp_key key, uint64_t now)
{
    struct wzp_error err = {0};
    t->now = now;
    if (key.code == WZP_KEY_RELEASES)
        t->releases = true;
    if (key.code >= WZP_KEY_FOCUS_IN)
        return;
    const struct wzp_binding *b = binding_of(t, key);
    bool talk = b && strcmp(b->command, "talk") == 0;
    if (key.kind == WZP_KEY_RELEASE) {
        if (talk || (t->talking && key.code == WZP_KEY_SPACE))
            wzp_tui_talk_released(t);
        return;
    }
    wzp_tui_touch(t);
    if (!b) {
        if (t->typing != WZP_TYPING_NOT)
            wzp_tui_type_key(t, key);
        return;
    }
    if (is_dead(t, b))
        return;
    char command[WZP_KEYMAP_COMMAND_MAX]; /* a copy, because the command may unbind its own key */
    wzp_text_copy(command, sizeof command, b->command);
    t->in_key = true;
    if (wzp_tui_run(t, command, now, &err) && err.text[0])
        wzp_tui_notice(t, WZP_STYLE_BAD, err.text, now);
    t->in_key = false;
    wzp_tui_set_title(t);
}

/* The list row at a position on the screen; false: there is none. */
static bool row_at(const struct wzp_tui *t, int x, int y, size_t *row)
{
    const struct wzp_list_state *l = &t->lists[t->screen];
    if (x < t->rows.x || x >= t->rows.x + t->rows.width || y < t->rows.y ||
        y >= t->rows.y + t->rows.height)
        return false;
    *row = l->top + (size_t)(y - t->rows.y);
    return true;
}

static void press_left(struct wzp_tui *t, int x, int y, struct wzp_error *err)
{
    struct wzp_view_session s;
    size_t row;
    for (int i = 0; i < WZP_SCREEN_COUNT; i++)
        if (y == t->tabs_y && x >= t->tabs[i].from && x < t->tabs[i].to) {
            wzp_tui_show(t, (enum wzp_screen_id)i);
            return;
        }
    if (wzp_tui_incoming(t, &s) || !row_at(t, x, y, &row))
        return;
    const struct wzp_tui_screen *screen = wzp_screens[t->screen];
    if (!screen->count || row >= screen->count(t))
        return;
    if (row == t->lists[t->screen].selected && wzp_tui_run(t, "open", t->now, err) && err->text[0])
        wzp_tui_notice(t, WZP_STYLE_BAD, err->text, t->now);
    t->lists[t->screen].selected = row;
}

void wzp_tui_click(struct wzp_tui *t, unsigned button, int x, int y, uint64_t now)
{
    struct wzp_error err = {0};
    t->now = now;
    if (t->typing != WZP_TYPING_NOT)
        return;
    t->in_key = true;
    if (button == 64 || button == 65)
        (void)wzp_tui_run(t, button == 64 ? "up" : "down", now, &err);
    else if (button == 0 && t->overlay == WZP_OVERLAY_NONE)
        press_left(t, x, y, &err);
    t->in_key = false;
    wzp_tui_touch(t);
}

void wzp_tui_paste(struct wzp_tui *t, const char *text, size_t length, uint64_t now)
{
    t->now = now;
    if (t->typing == WZP_TYPING_NOT) {
        wzp_tui_notice(t, WZP_STYLE_NORMAL,
                       "Pasted text is taken where you type: press : or c first", now);
        return;
    }
    struct wzp_line *l = t->typing == WZP_TYPING_SEARCH ? &t->search_line : &t->line;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--; /* drops line ends at the end instead of turning them into blanks */
    wzp_line_insert(l, text, length);
    t->completing = false;
    wzp_tui_typed(t);
    wzp_tui_touch(t);
}
