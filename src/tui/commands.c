/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands that act on the screen, and the lookup of a line's command. Keys and the line at the
 * bottom both run lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/internal.h"

/* ---- moving about ---- */

static int do_screen(struct wzp_tui *t, const char *rest, uint64_t now, struct wzp_error *err)
{
    (void)now;
    int i = 0;
    while (i < WZP_SCREEN_COUNT && strcmp(wzp_screens[i]->name, rest) != 0)
        i++;
    if (i == WZP_SCREEN_COUNT)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no screen \"%.40s\"", rest);
    if (!wzp_screen_offered(t, (enum wzp_screen_id)i)) {
        struct wzp_view_facts facts = {0};
        t->view->facts(t->view->context, &facts);
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "screen %s is not offered %s", rest,
                             facts.demo ? "in a demonstration" : "here");
    }
    wzp_tui_show(t, (enum wzp_screen_id)i);
    return 0;
}

static int step_screen(struct wzp_tui *t, int step)
{
    int i = (int)t->screen;
    do {
        i = (i + step + WZP_SCREEN_COUNT) % WZP_SCREEN_COUNT;
    } while (!wzp_screen_offered(t, (enum wzp_screen_id)i));
    wzp_tui_show(t, (enum wzp_screen_id)i);
    return 0;
}

#define COMMAND(name)                                                                              \
    static int do_##name(struct wzp_tui *t, const char *rest, uint64_t now, struct wzp_error *err)
#define UNUSED (void)rest, (void)now, (void)err

COMMAND(next_screen)
{
    UNUSED;
    return step_screen(t, 1);
}

COMMAND(previous_screen)
{
    UNUSED;
    return step_screen(t, -1);
}

static int move(struct wzp_tui *t, long step)
{
    if (t->overlay == WZP_OVERLAY_NONE) {
        wzp_tui_list_move(t, step);
        return 0;
    }
    if (t->overlay != WZP_OVERLAY_HELP)
        return 0;
    long top = (long)t->overlay_top + step, rows = (long)t->help_rows;
    if (rows > 0 && top >= rows) /* other excess is corrected when drawing */
        top = rows - 1;
    t->overlay_top = top < 0 ? 0 : (size_t)top;
    wzp_tui_touch(t);
    return 0;
}

static long page_of(const struct wzp_tui *t)
{
    long page =
        t->overlay != WZP_OVERLAY_NONE ? t->canvas.height - 6 : (long)t->lists[t->screen].page - 1;
    return page > 1 ? page : 1;
}

COMMAND(up)
{
    UNUSED;
    return move(t, -1);
}

COMMAND(down)
{
    UNUSED;
    return move(t, 1);
}

COMMAND(page_up)
{
    UNUSED;
    return move(t, -page_of(t));
}

COMMAND(page_down)
{
    UNUSED;
    return move(t, page_of(t));
}

COMMAND(first)
{
    UNUSED;
    return move(t, -1000000000);
}

COMMAND(last)
{
    UNUSED;
    return move(t, 1000000000);
}

COMMAND(open)
{
    (void)rest;
    const struct wzp_tui_screen *s = wzp_screens[t->screen];
    return s->open ? s->open(t, now, err) : 0;
}

COMMAND(find_next)
{
    UNUSED;
    if (!wzp_tui_list_next(t, 1))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "nothing more is found");
    return 0;
}

COMMAND(find_previous)
{
    UNUSED;
    if (!wzp_tui_list_next(t, -1))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "nothing more is found");
    return 0;
}

COMMAND(search)
{
    UNUSED;
    wzp_tui_list_search_begin(t);
    wzp_tui_type(t, WZP_TYPING_SEARCH, "");
    return 0;
}

COMMAND(command)
{
    UNUSED;
    wzp_tui_type(t, WZP_TYPING_COMMAND, "");
    return 0;
}

COMMAND(type)
{
    (void)now;
    (void)err;
    char text[WZP_KEYMAP_COMMAND_MAX + 2];
    snprintf(text, sizeof text, "%.90s ", rest);
    wzp_tui_type(t, WZP_TYPING_COMMAND, text);
    return 0;
}

COMMAND(edit)
{
    (void)now;
    wzp_tui_touch(t);
    int result = wzp_tui_edit(t, rest);
    return result == WZP_E_UNKNOWN ? wzp_error_set(err, result, "edit knows no \"%.40s\"", rest)
                                   : 0;
}

static void leave(struct wzp_tui *t)
{
    t->leaving = true;
    if (t->config.quit)
        t->config.quit(t->config.context);
}

/* The next page of the first run: first the recovery words, if the person asks for them, then the
 * devices. */
static void go_on(struct wzp_tui *t, enum wzp_overlay was, uint64_t now)
{
    if (was == WZP_OVERLAY_WELCOME && t->view->words) {
        t->overlay = WZP_OVERLAY_WORDS;
        return;
    }
    t->first_run = false;
    if (!wzp_screen_offered(t, WZP_SCREEN_DEVICES))
        return;
    wzp_tui_show(t, WZP_SCREEN_DEVICES);
    /* a failure is seen when the person tries the devices */
    (void)wzp_tui_run_app(t, "try levels", now, NULL);
}

COMMAND(confirm)
{
    (void)rest;
    if (t->typing != WZP_TYPING_NOT)
        return wzp_tui_accept(t, now, err);
    enum wzp_overlay was = t->overlay;
    t->overlay = WZP_OVERLAY_NONE;
    wzp_tui_touch(t);
    if (was == WZP_OVERLAY_QUIT)
        leave(t);
    else if (t->first_run)
        go_on(t, was, now);
    return 0;
}

COMMAND(close)
{
    UNUSED;
    if (t->typing == WZP_TYPING_ANSWER) {
        wzp_tui_type(t, WZP_TYPING_NOT, "");
        wzp_tui_answer(t, NULL);
    } else if (t->typing != WZP_TYPING_NOT) {
        if (t->typing == WZP_TYPING_SEARCH)
            wzp_tui_list_search_end(t);
        wzp_tui_type(t, WZP_TYPING_NOT, "");
    } else if (t->overlay == WZP_OVERLAY_HELP && t->help_search[0])
        t->help_search[0] = '\0';
    else if (t->first_run && t->overlay != WZP_OVERLAY_HELP) { /* skips the recovery words */
        t->overlay = WZP_OVERLAY_NONE;
        go_on(t, WZP_OVERLAY_WORDS, now);
    } else {
        t->overlay = WZP_OVERLAY_NONE;
    }
    t->notice.text[0] = '\0';
    wzp_tui_touch(t);
    return 0;
}

COMMAND(help)
{
    UNUSED;
    t->overlay = t->overlay == WZP_OVERLAY_HELP ? WZP_OVERLAY_NONE : WZP_OVERLAY_HELP;
    t->overlay_top = 0;
    t->help_search[0] = '\0';
    if (rest[0])
        wzp_text_copy(t->help_search, sizeof t->help_search, rest);
    return 0;
}

COMMAND(show_contact)
{
    UNUSED;
    t->overlay = WZP_OVERLAY_CONTACT;
    return 0;
}

COMMAND(show_words)
{
    UNUSED;
    if (!t->view->words)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "the words cannot be shown here");
    t->overlay = WZP_OVERLAY_WORDS;
    return 0;
}

COMMAND(theme)
{
    (void)now;
    const struct wzp_theme *theme = wzp_theme_find(rest);
    if (!theme)
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "themes are dark, light, mono and contrast, not \"%.40s\"", rest);
    t->theme = theme;
    t->signal.redraw = true;
    return 0;
}

COMMAND(redraw)
{
    UNUSED;
    t->signal.redraw = true;
    return 0;
}

COMMAND(suspend)
{
    UNUSED;
    if (t->config.suspend)
        t->config.suspend(t->config.context);
    return 0;
}

COMMAND(take_over)
{
    (void)rest;
    (void)now;
    return t->config.take_over ? t->config.take_over(t->config.context, err)
                               : wzp_error_set(err, WZP_E_UNSUPPORTED, "that cannot be done here");
}

COMMAND(quit)
{
    UNUSED;
    struct wzp_view_session s;
    if (t->leaving || t->overlay == WZP_OVERLAY_QUIT || !wzp_tui_focused(t, &s))
        leave(t);
    else
        t->overlay = WZP_OVERLAY_QUIT;
    return 0;
}

COMMAND(bind)
{
    (void)now;
    char line[256];
    snprintf(line, sizeof line, "bind %.240s", rest);
    return wzp_keymap_line(&t->keymap, line, WZP_KEY_TYPED, err);
}

COMMAND(unbind)
{
    (void)now;
    char line[256];
    snprintf(line, sizeof line, "unbind %.240s", rest);
    return wzp_keymap_line(&t->keymap, line, WZP_KEY_TYPED, err);
}

static const struct wzp_tui_command screen_commands[] = {
    {"screen", "NAME", "shows a screen", do_screen},
    {"next-screen", "", "the screen to the right", do_next_screen},
    {"previous-screen", "", "the screen to the left", do_previous_screen},
    {"up", "", "one row up", do_up},
    {"down", "", "one row down", do_down},
    {"page-up", "", "one page up", do_page_up},
    {"page-down", "", "one page down", do_page_down},
    {"first", "", "to the first row", do_first},
    {"last", "", "to the last row", do_last},
    {"open", "", "does the main action of the selected row", do_open},
    {"search", "", "looks for a text in the list, or in this help", do_search},
    {"find-next", "", "goes to the next row with the text", do_find_next},
    {"find-previous", "", "goes to the previous row with the text", do_find_previous},
    {"command", "", "types a command", do_command},
    {"type", "TEXT", "types a command that begins with TEXT", do_type},
    {"edit", "ACTION", "edits the line: left, word-left, delete-left, complete, older, ...",
     do_edit},
    {"confirm", "", "answers yes, or accepts what you typed", do_confirm},
    {"close", "", "answers no, cancels typing, or closes a window", do_close},
    {"help", "[TEXT]", "lists keys and commands, or those with TEXT", do_help},
    {"show-contact", "", "your own contact, as text and QR code", do_show_contact},
    {"show-words", "", "the 24 words of your identity, to write down", do_show_words},
    {"bind", "CONTEXT KEY COMMAND", "makes a key run a command", do_bind},
    {"unbind", "CONTEXT KEY", "makes a key do nothing", do_unbind},
    {"theme", "NAME", "dark, light, mono, contrast", do_theme},
    {"redraw", "", "draws the whole screen anew", do_redraw},
    {"suspend", "", "goes to the shell; fg comes back here", do_suspend},
    {"take-over", "", "ends another softphone of yours, and takes its place", do_take_over},
    {"quit", "", "hangs up everything and leaves", do_quit},
};
#define SCREEN_COMMANDS (sizeof screen_commands / sizeof screen_commands[0])

const struct wzp_tui_command *wzp_tui_command(size_t i)
{
    if (i < SCREEN_COMMANDS)
        return &screen_commands[i];
    for (const struct wzp_tui_command *c = wzp_tui_app_commands; c->name; c++)
        if (i-- == SCREEN_COMMANDS)
            return c;
    return NULL;
}

int wzp_tui_run(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err)
{
    char copy[WZP_LINE_MAX + 80]; /* the line without surrounding blanks */
    t->now = now;
    line += strspn(line, " :");
    size_t size = strlen(line);
    while (size > 0 && line[size - 1] == ' ')
        size--;
    if (size >= sizeof copy)
        return wzp_error_set(err, WZP_E_TOO_BIG, "the command is too long");
    memcpy(copy, line, size);
    copy[size] = '\0';
    size_t length = strcspn(copy, " ");
    const char *rest = copy + length + strspn(copy + length, " ");
    wzp_tui_touch(t);
    const struct wzp_tui_command *command;
    for (size_t i = 0; (command = wzp_tui_command(i)); i++)
        if (strlen(command->name) == length && strncmp(command->name, copy, length) == 0)
            return command->run(t, rest, now, err);
    return wzp_tui_run_app(t, copy, now, err);
}
