/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/render.h"

#include <curses.h>
#include <string.h>
#include <term.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tui/width.h"

/* Macros of the terminfo headers. */
#undef clear
#undef move
#undef bell

enum capability {
    CURSOR_ADDRESS,
    COLUMN_ADDRESS,
    CLEAR_SCREEN,
    CLEAR_TO_END,
    ENTER,
    LEAVE,
    HIDE,
    SHOW,
    PLAIN,
    BOLD,
    DIM,
    REVERSE,
    UNDERLINE,
    FOREGROUND,
    BACKGROUND,
    CAPABILITIES
};
static const char *const names[CAPABILITIES] = {"cup",   "hpa",   "clear", "el",    "smcup",
                                                "rmcup", "civis", "cnorm", "sgr0",  "bold",
                                                "dim",   "rev",   "smul",  "setaf", "setab"};

struct wzp_render {
    char *text[CAPABILITIES]; /* terminfo strings, NULL: not available */
    int colours;
    bool mouse;  /* mouse reports were asked for */
    bool modern; /* understands OSC titles, notifications, bracketed paste */
    bool corner; /* the last cell can be written without scrolling */
    bool releases;
    struct wzp_canvas shown;
    const struct wzp_theme *theme; /* of the picture shown */
    bool known;
    bool cursor_shown;
    int x, y;  /* the terminal's cursor position; x < 0: unknown */
    int style; /* style in effect; < 0: unknown */
};

/* Is this one of the terminals that understand, or at least ignore, xterm's sequences? */
static bool is_modern(const char *term)
{
    static const char *const families[] = {
        "xterm", "rxvt",    "screen",  "tmux",    "alacritty", "foot",  "kitty", "st-",   "vte",
        "gnome", "konsole", "wezterm", "ghostty", "contour",   "iterm", "putty", "mintty"};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strncmp(term, families[i], strlen(families[i])) == 0)
            return true;
    return false;
}

static int read_capabilities(struct wzp_render *r, const char *term, int fd, bool colours,
                             struct wzp_error *err)
{
    int problem = 0;
    char safe[48];
    wzp_text_filter(safe, sizeof safe, term, strlen(term));
    if (setupterm(term, fd, &problem) != OK)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "the terminal \"%s\" is not known here", safe);
    for (int i = 0; i < CAPABILITIES; i++) {
        char *text = tigetstr(names[i]);
        r->text[i] = text == (char *)-1 ? NULL : text;
    }
    if (!r->text[CURSOR_ADDRESS] || !r->text[CLEAR_SCREEN])
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "the terminal \"%s\" cannot place its cursor",
                             safe);
    int count = tigetnum("colors");
    r->colours = !colours || count < 8 || !r->text[FOREGROUND] || !r->text[BACKGROUND] ? 0 : count;
    r->corner = tigetflag("xenl") == 1 || tigetflag("am") != 1;
    return 0;
}

int wzp_render_new(struct wzp_render **out, const char *term, int fd, bool colours,
                   struct wzp_error *err)
{
    *out = NULL;
    struct wzp_render *r = wzp_calloc(1, sizeof *r);
    if (!r)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    int result = read_capabilities(r, term, fd, colours, err);
    if (result) {
        wzp_render_free(r);
        return result;
    }
    r->modern = is_modern(term);
    r->x = r->style = -1;
    *out = r;
    return 0;
}

void wzp_render_free(struct wzp_render *r)
{
    if (!r)
        return;
    if (cur_term)
        del_curterm(cur_term);
    wzp_canvas_fini(&r->shown);
    wzp_free(r);
}

int wzp_render_colours(const struct wzp_render *r)
{
    return r->colours;
}

/* Writes a terminfo string without the padding delays for very old terminals. */
static void say(struct wzp_buffer *out, const char *text)
{
    for (; text && *text; text++) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end)
            text = end;
        else
            wzp_buffer_char(out, *text);
    }
}

void wzp_render_enter(struct wzp_render *r, struct wzp_buffer *out)
{
    if (r->modern)
        wzp_buffer_text(out, "\033[22;2t"); /* saves the title */
    say(out, r->text[ENTER]);
    if (r->modern)
        /* bracketed paste; asks whether it can report key releases */
        wzp_buffer_text(out, "\033[?2004h\033[?u");
    if (r->mouse)
        wzp_buffer_text(out, "\033[?1000h\033[?1006h");
    r->releases = false;
    wzp_render_forget(r);
}

void wzp_render_mouse(struct wzp_render *r)
{
    r->mouse = r->modern;
}

void wzp_render_leave(const struct wzp_render *r, struct wzp_buffer *out)
{
    if (r->releases)
        wzp_buffer_text(out, "\033[<u");
    if (r->mouse)
        wzp_buffer_text(out, "\033[?1006l\033[?1000l");
    if (r->modern)
        wzp_buffer_text(out, "\033[?2004l");
    say(out, r->text[PLAIN]);
    say(out, r->text[SHOW]);
    if (r->text[LEAVE]) {
        say(out, r->text[LEAVE]);
    } else {
        say(out, r->text[CLEAR_SCREEN]);
    }
    if (r->modern)
        wzp_buffer_text(out, "\033[23;2t");
}

void wzp_render_releases(struct wzp_render *r, struct wzp_buffer *out)
{
    if (!r->releases)
        wzp_buffer_text(out, "\033[>15u");
    r->releases = true;
}

void wzp_render_forget(struct wzp_render *r)
{
    r->known = false;
    r->x = r->style = -1;
}

/* ---- styles ---- */

static void set_colour(const struct wzp_render *r, struct wzp_buffer *out, enum capability what,
                       int colour)
{
    if (colour >= 0 && r->colours > 0)
        say(out, tparm(r->text[what], (long)colour, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
}

/* Reduces a style to eight colours. */
static struct wzp_look fewer_colours(struct wzp_look look)
{
    if (look.background == 8) { /* a grey background */
        look.flags |= WZP_LOOK_REVERSE;
        look.foreground = look.background = -1;
    } else if (look.background > 8) {
        look.background = (int8_t)(look.background - 8);
    }
    if (look.foreground > 8)
        look.flags |= WZP_LOOK_BOLD;
    if (look.foreground == 8) /* grey text is often invisible on a terminal without that colour */
        look.foreground = -1;
    else if (look.foreground > 8)
        look.foreground = (int8_t)(look.foreground - 8);
    return look;
}

static void set_style(struct wzp_render *r, struct wzp_buffer *out, int style)
{
    static const struct {
        int flag;
        enum capability capability;
    } flags[] = {{WZP_LOOK_BOLD, BOLD},
                 {WZP_LOOK_DIM, DIM},
                 {WZP_LOOK_REVERSE, REVERSE},
                 {WZP_LOOK_UNDERLINE, UNDERLINE}};
    if (style == r->style)
        return;
    struct wzp_look look = r->theme->looks[style];
    if (r->colours > 0 && r->colours < 16)
        look = fewer_colours(look);
    if (r->style != WZP_STYLE_NORMAL || r->theme->looks[WZP_STYLE_NORMAL].background >= 0)
        say(out, r->text[PLAIN]);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (look.flags & flags[i].flag)
            say(out, r->text[flags[i].capability]);
    set_colour(r, out, FOREGROUND, look.foreground);
    set_colour(r, out, BACKGROUND, look.background);
    r->style = style;
}

/* ---- cells ---- */

static void go_to(struct wzp_render *r, struct wzp_buffer *out, int x, int y)
{
    if (r->x == x && r->y == y)
        return;
    if (r->x >= 0 && r->y == y && r->text[COLUMN_ADDRESS])
        say(out, tparm(r->text[COLUMN_ADDRESS], (long)x, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
    else
        say(out, tparm(r->text[CURSOR_ADDRESS], (long)y, (long)x, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
    r->x = x;
    r->y = y;
}

/* Is it a cell after which all terminals agree on the cursor's position? */
static bool is_plain(const struct wzp_cell *cell)
{
    uint32_t code = cell->codes[0];
    return cell->width == 1 && !cell->codes[1] &&
           (code < 0x7f || (code >= 0xa0 && code < 0x300) || (code >= 0x2500 && code < 0x25a0) ||
            (code >= 0x2800 && code < 0x2900));
}

static void put_cell(struct wzp_render *r, struct wzp_buffer *out, const struct wzp_cell *cell,
                     int x, int y, int width)
{
    go_to(r, out, x, y);
    set_style(r, out, cell->style);
    for (int i = 0; i < WZP_CELL_CODES && cell->codes[i]; i++) {
        char bytes[4];
        wzp_buffer_add(out, bytes, wzp_width_put(bytes, cell->codes[i]));
    }
    r->x = is_plain(cell) && x + cell->width < width ? x + cell->width : -1;
}

/* Has a cell changed? A wide cell and its right half belong together: when either changed, both are
 * written. */
static bool differs(const struct wzp_cell *new_row, const struct wzp_cell *old_row, int x)
{
    return !wzp_cell_equal(&new_row[x], &old_row[x]);
}

static bool is_blank(const struct wzp_cell *cell)
{
    return cell->codes[0] == ' ' && !cell->codes[1] && cell->style == WZP_STYLE_NORMAL;
}

/* Is it cheaper to rewrite the cells in between than to move the cursor over them? */
static bool worth_a_walk(const struct wzp_render *r, const struct wzp_cell *row, int from, int to)
{
    for (int x = from; x < to; x++)
        if (!is_plain(&row[x]) || row[x].codes[0] > 0x7e || row[x].style != r->style)
            return false;
    return to - from <= 4;
}

static void render_row(struct wzp_render *r, struct wzp_buffer *out,
                       const struct wzp_canvas *canvas, int y)
{
    const struct wzp_cell *row = canvas->cells + (size_t)y * (size_t)canvas->width;
    const struct wzp_cell *old = r->shown.cells + (size_t)y * (size_t)canvas->width;
    int width = canvas->width, end = width, changed = 0;
    /* A blank rest of the row is cleared in one go. */
    while (end > 0 && is_blank(&row[end - 1]))
        end--;
    for (int x = end; x < width; x++)
        changed += differs(row, old, x);
    bool ground = r->theme->looks[WZP_STYLE_NORMAL].background >= 0;
    bool clear_rest = changed > 4 && r->text[CLEAR_TO_END] && !ground;
    int last = clear_rest ? end : width;
    if (!r->corner && y == canvas->height - 1 && last == width)
        last--;
    for (int x = 0; x < last; x++) {
        const struct wzp_cell *cell = &row[x];
        bool second_half = cell->width == 2 && x + 1 < width && differs(row, old, x + 1);
        if (cell->width == 0 || (!differs(row, old, x) && !second_half))
            continue;
        if (r->y == y && r->x >= 0 && r->x < x && worth_a_walk(r, row, r->x, x))
            for (int between = r->x; between < x; between++)
                put_cell(r, out, &row[between], between, y, width);
        put_cell(r, out, cell, x, y, width);
    }
    if (clear_rest) {
        go_to(r, out, end, y);
        set_style(r, out, WZP_STYLE_NORMAL);
        say(out, r->text[CLEAR_TO_END]);
    }
}

static int start_over(struct wzp_render *r, struct wzp_buffer *out, const struct wzp_canvas *canvas)
{
    if (wzp_canvas_resize(&r->shown, canvas->width, canvas->height))
        return WZP_E_MEMORY;
    r->style = -1;
    set_style(r, out, WZP_STYLE_NORMAL);
    say(out, r->text[CLEAR_SCREEN]);
    say(out, r->text[HIDE]);
    r->cursor_shown = false;
    r->x = -1;
    r->known = true;
    /* A theme's own background is painted cell by cell: not every terminal clears in colour. */
    if (r->theme->looks[WZP_STYLE_NORMAL].background >= 0)
        for (size_t i = 0; i < (size_t)canvas->width * (size_t)canvas->height; i++)
            r->shown.cells[i].codes[0] = 0;
    return 0;
}

int wzp_render_frame(struct wzp_render *r, struct wzp_buffer *out, const struct wzp_canvas *canvas,
                     const struct wzp_theme *theme, int cursor_x, int cursor_y)
{
    bool same = r->known && r->theme == theme && r->shown.width == canvas->width &&
                r->shown.height == canvas->height;
    r->theme = theme;
    if (!same && start_over(r, out, canvas)) {
        wzp_render_forget(r);
        return WZP_E_MEMORY;
    }
    for (int y = 0; y < canvas->height; y++)
        render_row(r, out, canvas, y);
    size_t cells = (size_t)canvas->width * (size_t)canvas->height;
    if (cells)
        memcpy(r->shown.cells, canvas->cells, cells * sizeof *canvas->cells);
    if (cursor_x >= 0) {
        go_to(r, out, cursor_x, cursor_y);
        if (!r->cursor_shown)
            say(out, r->text[SHOW]);
    } else if (r->cursor_shown) {
        say(out, r->text[HIDE]);
    }
    r->cursor_shown = cursor_x >= 0;
    if (out->result) {
        wzp_render_forget(r);
        return out->result;
    }
    return 0;
}

void wzp_render_signal(const struct wzp_render *r, struct wzp_buffer *out,
                       const struct wzp_tui_signal *signal)
{
    if (signal->title_changed && r->modern)
        wzp_buffer_format(out, "\033]2;%s\a", signal->title);
    if (signal->notification[0] && r->modern)
        wzp_buffer_format(out, "\033]9;%s\a\033]777;notify;wzp;%s\a", signal->notification,
                          signal->notification);
    if (signal->bell)
        wzp_buffer_char(out, '\a');
}
