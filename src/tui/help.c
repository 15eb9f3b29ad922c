/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Help, generated from the current tables: the keys of every context with their commands, then all
 * commands. A search keeps the rows that contain the text. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/internal.h"
#include "tui/width.h"

#define BORDERS 4 /* columns that the box around it takes */

struct row {
    bool heading;
    char keys[64];
    const char *command;
    const char *help, *origin;
    char text[160]; /* headings */
};
/* A function that is called for every row. */
typedef void (*row_handler)(void *owner, const struct row *row);

/* The script's description of a key, from "script-key 0 3 says hello". */
static const char *help_of_script(const char *line)
{
    const char *help = line + strcspn(line, " ");
    for (int i = 0; i < 2; i++) {
        help += strspn(help, " ");
        help += strspn(help, "0123456789");
    }
    help += strspn(help, " ");
    return *help ? help : "a key of a script";
}

static const char *help_of(struct wzp_tui *t, const char *line)
{
    if (strncmp(line, "script-key ", 11) == 0)
        return help_of_script(line);
    struct wzp_view_command app; /* a row of the view; its texts are static */
    char name[32];
    if (strncmp(line, "type ", 5) == 0)
        line += 5;
    if (strncmp(line, "screen ", 7) == 0)
        for (size_t i = 0; i < WZP_SCREEN_COUNT; i++)
            if (strcmp(line + 7, wzp_tui_screen_name(i)) == 0 &&
                wzp_screen_offered(t, (enum wzp_screen_id)i))
                return wzp_key_context_help(wzp_screens[i]->context);
    size_t n = strcspn(line, " ");
    if (n >= sizeof name)
        return "";
    memcpy(name, line, n);
    name[n] = '\0';
    const struct wzp_tui_command *c;
    for (size_t i = 0; (c = wzp_tui_command(i)); i++)
        if (strcmp(c->name, name) == 0)
            return c->help;
    for (size_t i = 0; t->view->command && t->view->command(t->view->context, i, &app); i++)
        if (strcmp(app.name, name) == 0)
            return app.help;
    return "";
}

static bool wanted(const struct wzp_tui *t, const struct row *row)
{
    return !t->help_search[0] || wzp_tui_contains(row->command, t->help_search) ||
           wzp_tui_contains(row->keys, t->help_search) ||
           wzp_tui_contains(row->help, t->help_search);
}

/* Writes all keys of one command of a context; false unless `place` is the first of them, whose row
 * shows them all. */
static bool keys_of(struct wzp_tui *t, char *out, size_t capacity, size_t place)
{
    const struct wzp_binding *first = &t->keymap.items[place];
    out[0] = '\0';
    for (size_t i = 0; i < t->keymap.count; i++) {
        const struct wzp_binding *b = &t->keymap.items[i];
        char name[WZP_KEY_NAME_MAX];
        if (b->context != first->context || strcmp(b->command, first->command) != 0)
            continue;
        if (i < place)
            return false;
        size_t n = strlen(out);
        snprintf(out + n, capacity - n, "%s%s", n ? " " : "", wzp_key_name(name, b->key));
    }
    return true;
}

static void walk_context(struct wzp_tui *t, enum wzp_key_context context, row_handler each,
                         void *owner)
{
    static const char *const origins[] = {
        [WZP_KEY_BUILT_IN] = "", [WZP_KEY_FROM_FILE] = "keys.conf", [WZP_KEY_TYPED] = "typed"};
    bool headed = false;
    for (size_t i = 0; i < t->keymap.count; i++) {
        const struct wzp_binding *b = &t->keymap.items[i];
        struct row row = {.command = b->command, .origin = origins[b->origin]};
        if (b->context != context || !keys_of(t, row.keys, sizeof row.keys, i))
            continue;
        row.help = help_of(t, b->command);
        if (!row.help[0] || !wanted(t, &row)) /* a command that this softphone does not have */
            continue;
        if (!headed) {
            struct row heading = {.heading = true, .command = "", .help = "", .origin = ""};
            snprintf(heading.text, sizeof heading.text, "Keys: %s", wzp_key_context_help(context));
            each(owner, &heading);
            headed = true;
        }
        each(owner, &row);
    }
}

static void walk_commands(struct wzp_tui *t, row_handler each, void *owner)
{
    struct row heading = {.heading = true,
                          .command = "",
                          .help = "",
                          .origin = "",
                          .text = "Commands, typed behind :"};
    struct wzp_view_command app;
    each(owner, &heading);
    for (size_t i = 0; t->view->command && t->view->command(t->view->context, i, &app); i++) {
        struct row row = {.command = app.name, .help = app.help, .origin = ""};
        snprintf(row.keys, sizeof row.keys, "%.20s %.40s", app.name, app.arguments);
        if (wanted(t, &row))
            each(owner, &row);
    }
    const struct wzp_tui_command *c;
    for (size_t i = 0; (c = wzp_tui_command(i)); i++) {
        struct row row = {.command = c->name, .help = c->help, .origin = ""};
        snprintf(row.keys, sizeof row.keys, "%s %s", c->name, c->arguments);
        if (wanted(t, &row))
            each(owner, &row);
    }
}

/* Calls each for all rows; those of the present screen come first. */
static void walk(struct wzp_tui *t, row_handler each, void *owner)
{
    enum wzp_key_context here = wzp_screens[t->screen]->context;
    walk_context(t, here, each, owner);
    walk_context(t, WZP_CONTEXT_GLOBAL, each, owner);
    walk_context(t, WZP_CONTEXT_ALWAYS, each, owner);
    walk_context(t, WZP_CONTEXT_LIST, each, owner);
    for (int i = 0; i < WZP_CONTEXT_COUNT; i++)
        if (i != (int)here && i != WZP_CONTEXT_GLOBAL && i != WZP_CONTEXT_ALWAYS &&
            i != WZP_CONTEXT_LIST)
            walk_context(t, (enum wzp_key_context)i, each, owner);
    walk_commands(t, each, owner);
}

struct drawing {
    struct wzp_area a;
    size_t at, top;
};

/* Draws an entry in as many rows as its text needs. Most rows lie above or below the visible part:
 * they are only counted. */
static void draw_row(void *owner, const struct row *row)
{
    struct drawing *d = owner;
    int y = (int)((long)d->at - (long)d->top);
    bool is_seen = y >= 0 && y < d->a.height;
    if (row->heading) {
        wzp_draw_text(d->a, 0, y, WZP_STYLE_TITLE, row->text);
        d->at++;
        return;
    }
    int column = d->a.width >= 70 ? 24 : d->a.width / 3;
    if (is_seen)
        wzp_draw_fit(d->a, 1, y, column - 2, WZP_STYLE_ACCENT, row->keys);
    int end = d->a.width;
    if (row->origin[0])
        end = wzp_draw_right(d->a, d->a.width, y, WZP_STYLE_DIM, row->origin) - 1;
    const char *text = row->help[0] ? row->help : row->command;
    char both[200];
    /* "join ROOM" of a key that begins to type it */
    bool typed = strncmp(row->command, "type ", 5) == 0;
    snprintf(both, sizeof both, "%s%s%s", typed ? row->command + 5 : "",
             typed && row->help[0] ? "...: " : "", text);
    struct wzp_area right = wzp_area_part(d->a, column, 0, end - column, d->a.height);
    int rows = wzp_draw_paragraph(right, y, WZP_STYLE_NORMAL, both);
    d->at += rows > 0 ? (size_t)rows : 1;
}

/* The number of rows of the help in the width of area a. */
static size_t count_rows(struct wzp_tui *t, struct wzp_area a)
{
    struct drawing nothing = {.a = wzp_area_part(a, 0, 0, a.width - BORDERS, 0)};
    walk(t, draw_row, &nothing);
    return nothing.at;
}

void wzp_tui_draw_help(struct wzp_tui *t, struct wzp_area a)
{
    size_t rows = t->help_rows = count_rows(t, a);
    size_t room = a.height > 2 ? (size_t)a.height - 2 : 1;
    if (t->overlay_top + room > rows)
        t->overlay_top = rows > room ? rows - room : 0;
    char title[120] = "Help";
    if (t->help_search[0])
        snprintf(title, sizeof title, "Help: \"%s\", %zu %s", t->help_search, rows,
                 wzp_plural(rows, "row", "rows"));
    else if (rows > room)
        snprintf(title, sizeof title, "Help, rows %zu to %zu of %zu", t->overlay_top + 1,
                 t->overlay_top + room, rows);
    struct drawing d = {.a = wzp_draw_box(a, WZP_STYLE_ACCENT, title), .top = t->overlay_top};
    if (rows > 0)
        walk(t, draw_row, &d);
}
