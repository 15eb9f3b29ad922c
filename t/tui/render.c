/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The output for a terminal, interpreted by a small terminal emulator: after every picture the
 * terminal shows what the canvas holds, whatever it showed before, and few bytes are sent. */
#include "tui/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "tap.h"
#include "tui/width.h"

/* ---- a terminal ---- */

#define WIDE 60
#define HIGH 12
static struct {
    uint32_t cells[HIGH][WIDE];
    int x, y;
    unsigned strange; /* sequences that the emulator does not understand */
    bool colour, bold;
} screen;

static void erase(int from_y, int from_x, int to_y)
{
    for (int y = from_y; y <= to_y && y < HIGH; y++)
        for (int x = y == from_y ? from_x : 0; x < WIDE; x++)
            screen.cells[y][x] = ' ';
}

static const char *take_sequence(const char *p)
{
    int values[4] = {0}, count = 0;
    bool private = *p == '?';
    for (p += private; (*p >= '0' && *p <= '9') || *p == ';'; p++) {
        if (*p == ';')
            count = count < 3 ? count + 1 : 3;
        else
            values[count] = values[count] * 10 + *p - '0';
    }
    switch (*p) {
    case 'H':
        screen.y = values[0] ? values[0] - 1 : 0;
        screen.x = values[1] ? values[1] - 1 : 0;
        break;
    case 'G': screen.x = values[0] ? values[0] - 1 : 0; break;
    case 'J': erase(values[0] == 2 ? 0 : screen.y, values[0] == 2 ? 0 : screen.x, HIGH - 1); break;
    case 'K': erase(screen.y, screen.x, screen.y); break;
    case 'm':
        screen.colour |= values[0] >= 30 && values[0] < 50;
        screen.colour |= values[0] >= 90;
        screen.bold |= values[0] == 1;
        break;
    case 'c': /* shape of the cursor */
    case 'h':
    case 'l':
    case 'u':
    case 't': break;
    default: screen.strange++;
    }
    return p + 1;
}

static void show(const char *bytes)
{
    for (const char *p = bytes; *p;) {
        uint32_t code;
        if (p[0] == 27 && p[1] == '[') {
            p = take_sequence(p + 2);
            continue;
        }
        if (p[0] == 27 && p[1] == '(') { /* character set, as in sgr0 of some terminals */
            p += 3;
            continue;
        }
        if (p[0] == 15) { /* shift in, as in sgr0 of some terminals */
            p++;
            continue;
        }
        size_t n = wzp_width_next(&code, p);
        int width = wzp_width_of(code);
        p += n;
        if (width == 0)
            continue;
        if (width < 0 || screen.y >= HIGH || screen.x + width > WIDE) {
            screen.strange++;
            continue;
        }
        screen.cells[screen.y][screen.x] = code;
        if (width == 2)
            screen.cells[screen.y][screen.x + 1] = 0;
        screen.x += width;
    }
}

static bool agrees(const struct wzp_canvas *c)
{
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++)
            if (screen.cells[y][x] != c->cells[y * c->width + x].codes[0]) {
                note("row %d column %d: %x instead of %x", y, x, (unsigned)screen.cells[y][x],
                     (unsigned)c->cells[y * c->width + x].codes[0]);
                return false;
            }
    return true;
}

/* ---- pictures ---- */

static struct wzp_canvas canvas;

static size_t frame(struct wzp_render *r, const struct wzp_theme *theme)
{
    struct wzp_buffer b;
    wzp_buffer_init(&b, 1 << 20);
    if (wzp_render_frame(r, &b, &canvas, theme, -1, 0) == 0)
        show(b.text);
    size_t n = b.length;
    wzp_buffer_fini(&b);
    return n;
}

static void scribble(struct wzp_random *random)
{
    static const char *const texts[] = {"abc",          "渡辺 さ", "e\xcc\x81", "שלום", "▌▏",
                                        "            ", "x",       "─────",     "😀"};
    uint8_t dice[4];
    random->fill(random->context, dice, sizeof dice);
    wzp_draw_text(wzp_area_whole(&canvas), dice[0] % (WIDE + 4) - 2, dice[1] % HIGH,
                  dice[2] % WZP_STYLE_COUNT, texts[dice[3] % (sizeof texts / sizeof texts[0])]);
}

static void test_pictures(const char *term, const char *theme_name)
{
    struct wzp_render *r;
    struct wzp_error err = {0};
    struct wzp_random_seeded seeded;
    wzp_random_seeded_init(&seeded, 5);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    int result = wzp_render_new(&r, term, 1, true, &err);
    if (result == WZP_E_UNSUPPORTED) {
        skip(2, "no description of %s here", term);
        return;
    }
    if (result || wzp_canvas_resize(&canvas, WIDE, HIGH))
        bail("no memory");
    erase(0, 0, HIGH - 1);
    screen.strange = 0;
    bool all = true;
    for (int i = 0; all && i < 500; i++) {
        for (int n = 0; n < i % 7; n++)
            scribble(&random);
        if (i % 50 == 49)
            wzp_canvas_clear(&canvas);
        if (i % 90 == 89)
            wzp_render_forget(r);
        frame(r, wzp_theme_find(theme_name));
        all = agrees(&canvas);
    }
    if (!tap_oom_mode()) {
        ok(all, "%s shows every picture, theme %s", term, theme_name);
        is_int(screen.strange, 0, "and understands everything");
    }
    wzp_render_free(r);
}

static void test_thrift(void)
{
    struct wzp_render *r;
    struct wzp_error err = {0};
    if (wzp_render_new(&r, "xterm-256color", 1, true, &err))
        bail("%s", err.text);
    if (wzp_canvas_resize(&canvas, 80, 12))
        bail("no memory");
    if (wzp_canvas_resize(&canvas, WIDE, HIGH))
        bail("no memory");
    frame(r, wzp_theme(0));
    is_int(frame(r, wzp_theme(0)), 0, "nothing changed, nothing is sent");
    wzp_draw_text(wzp_area_whole(&canvas), 50, 3, 0, "1:23");
    frame(r, wzp_theme(0));
    wzp_draw_text(wzp_area_whole(&canvas), 50, 3, 0, "1:24");
    size_t n = frame(r, wzp_theme(0));
    ok(n > 0 && n <= 10, "one second more costs %zu bytes", n);
    wzp_render_free(r);
}

static void test_colours(void)
{
    struct wzp_render *r;
    struct wzp_error err = {0};
    if (wzp_render_new(&r, "xterm-256color", 1, false, &err) ||
        wzp_canvas_resize(&canvas, WIDE, HIGH))
        bail("%s", err.text);
    is_int(wzp_render_colours(r), 0, "no colours when none are wanted");
    screen.colour = screen.bold = false;
    for (int style = 0; style < WZP_STYLE_COUNT; style++)
        wzp_draw_text(wzp_area_whole(&canvas), 0, style % HIGH, (enum wzp_style)style, "text");
    frame(r, wzp_theme_find("mono"));
    if (!tap_oom_mode()) {
        ok(!screen.colour, "then none are sent");
        ok(screen.bold, "bold stays");
    }
    wzp_render_free(r);
    is_int(wzp_render_new(&r, "dumb", 1, true, &err), WZP_E_UNSUPPORTED, "a dumb terminal: %s",
           err.text);
    is_int(wzp_render_new(&r, "no-such-\x1b[2Jterm", 1, true, &err), WZP_E_UNSUPPORTED,
           "an unknown terminal");
    if (!tap_oom_mode())
        ok(strstr(err.text, "no-such-?[2Jterm"), "is named safely: %s", err.text);
}

static void test_words(void)
{
    struct wzp_render *r;
    struct wzp_error err = {0};
    struct wzp_buffer b;
    struct wzp_tui_signal signal = {.bell = true,
                                    .title_changed = true,
                                    .title = "Ann is calling",
                                    .notification = "Incoming call from Ann"};
    wzp_buffer_init(&b, 4096);
    if (wzp_render_new(&r, "xterm-256color", 1, true, &err))
        bail("%s", err.text);
    wzp_render_enter(r, &b);
    wzp_render_releases(r, &b);
    wzp_render_signal(r, &b, &signal);
    if (!tap_oom_mode()) {
        ok(strstr(b.text, "\033[?2004h"), "bracketed paste is asked for");
        ok(!strstr(b.text, "\033[?100"), "mouse reports are not");
        ok(strstr(b.text, "\033]2;Ann is calling\a") &&
               strstr(b.text, "\033]9;Incoming call from Ann\a") &&
               strstr(b.text, "\033]777;notify;wzp;Incoming call from Ann\a\a"),
           "title, notifications and bell");
    }
    wzp_buffer_clear(&b);
    wzp_render_leave(r, &b);
    if (!tap_oom_mode()) {
        ok(strstr(b.text, "\033[?2004l") && strstr(b.text, "\033[<u") &&
               strstr(b.text, "\033[?1049l"),
           "and all is taken back");
        ok(b.length < 200, "in %zu bytes", b.length);
    }
    wzp_render_free(r);
    if (wzp_render_new(&r, "vt100", 1, true, &err))
        skip(1, "no description of vt100 here");
    else {
        wzp_buffer_clear(&b);
        wzp_render_enter(r, &b);
        wzp_render_signal(r, &b, &signal);
        if (!tap_oom_mode())
            ok(!strchr(b.text, ']') && !strstr(b.text, "?2004"),
               "an old terminal is not asked for news");
        wzp_render_free(r);
    }
    wzp_buffer_fini(&b);
}

TAP_MAIN
{
    test_pictures("xterm-256color", "dark");
    test_pictures("xterm", "contrast");
    test_pictures("linux", "light");
    test_pictures("vt100", "mono");
    test_thrift();
    test_colours();
    test_words();
    wzp_canvas_fini(&canvas);
}
