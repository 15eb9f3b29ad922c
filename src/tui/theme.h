/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Styles: the meaning of a piece of the screen, and how each theme shows it. A style is never the
 * only sign of something: a word or a symbol says the same. */
#ifndef WZP_TUI_THEME_H
#define WZP_TUI_THEME_H

#include <stddef.h>
#include <stdint.h>

enum wzp_style {
    WZP_STYLE_NORMAL,
    WZP_STYLE_DIM,    /* labels, less important text */
    WZP_STYLE_STRONG, /* names, values to look at */
    WZP_STYLE_TITLE,
    WZP_STYLE_BAR,      /* the bars at top and bottom */
    WZP_STYLE_BAR_HERE, /* the current place in a bar */
    WZP_STYLE_SELECTED,
    WZP_STYLE_GOOD,
    WZP_STYLE_WARN,
    WZP_STYLE_BAD,
    WZP_STYLE_ACCENT, /* keys, graphs */
    WZP_STYLE_ALARM,  /* somebody calls */
    WZP_STYLE_QR,     /* black on white, whatever the theme */
    WZP_STYLE_COUNT
};

enum { WZP_LOOK_BOLD = 1, WZP_LOOK_DIM = 2, WZP_LOOK_REVERSE = 4, WZP_LOOK_UNDERLINE = 8 };
/* Colours 0 to 15 of the terminal's own palette, -1: its default. */
struct wzp_look {
    int8_t foreground, background;
    uint8_t flags;
};
struct wzp_theme {
    const char *name, *help;
    struct wzp_look looks[WZP_STYLE_COUNT];
};
/* Row i; NULL past the end. By name; NULL when there is none. */
const struct wzp_theme *wzp_theme(size_t i);
const struct wzp_theme *wzp_theme_find(const char *name);

#endif
