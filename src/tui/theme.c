/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/theme.h"

#include <string.h>

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, BRIGHT = 8, NONE = -1 };
#define BOLD WZP_LOOK_BOLD
#define DIM WZP_LOOK_DIM
#define REVERSE WZP_LOOK_REVERSE
#define UNDERLINE WZP_LOOK_UNDERLINE

static const struct wzp_theme themes[] = {
    {"dark",
     "for a dark background",
     {[WZP_STYLE_NORMAL] = {NONE, NONE, 0},
      [WZP_STYLE_DIM] = {BLACK + BRIGHT, NONE, 0},
      [WZP_STYLE_STRONG] = {NONE, NONE, BOLD},
      [WZP_STYLE_TITLE] = {CYAN, NONE, BOLD},
      [WZP_STYLE_BAR] = {WHITE, BLACK + BRIGHT, 0},
      [WZP_STYLE_BAR_HERE] = {WHITE + BRIGHT, BLUE, BOLD},
      [WZP_STYLE_SELECTED] = {WHITE + BRIGHT, BLUE, 0},
      [WZP_STYLE_GOOD] = {GREEN, NONE, 0},
      [WZP_STYLE_WARN] = {YELLOW, NONE, 0},
      [WZP_STYLE_BAD] = {RED + BRIGHT, NONE, BOLD},
      [WZP_STYLE_ACCENT] = {CYAN, NONE, 0},
      [WZP_STYLE_ALARM] = {BLACK, YELLOW, BOLD},
      [WZP_STYLE_QR] = {BLACK, WHITE + BRIGHT, 0}}},
    {"light",
     "for a light background",
     {[WZP_STYLE_NORMAL] = {NONE, NONE, 0},
      [WZP_STYLE_DIM] = {BLACK + BRIGHT, NONE, 0},
      [WZP_STYLE_STRONG] = {NONE, NONE, BOLD},
      [WZP_STYLE_TITLE] = {BLUE, NONE, BOLD},
      [WZP_STYLE_BAR] = {BLACK, WHITE, 0},
      [WZP_STYLE_BAR_HERE] = {WHITE + BRIGHT, BLUE, BOLD},
      [WZP_STYLE_SELECTED] = {WHITE + BRIGHT, BLUE, 0},
      [WZP_STYLE_GOOD] = {GREEN, NONE, 0},
      [WZP_STYLE_WARN] = {MAGENTA, NONE, 0},
      [WZP_STYLE_BAD] = {RED, NONE, BOLD},
      [WZP_STYLE_ACCENT] = {BLUE, NONE, 0},
      [WZP_STYLE_ALARM] = {WHITE + BRIGHT, RED, BOLD},
      [WZP_STYLE_QR] = {BLACK, WHITE + BRIGHT, 0}}},
    {"mono",
     "no colours",
     {[WZP_STYLE_NORMAL] = {NONE, NONE, 0},
      [WZP_STYLE_DIM] = {NONE, NONE, 0},
      [WZP_STYLE_STRONG] = {NONE, NONE, BOLD},
      [WZP_STYLE_TITLE] = {NONE, NONE, BOLD},
      [WZP_STYLE_BAR] = {NONE, NONE, REVERSE},
      [WZP_STYLE_BAR_HERE] = {NONE, NONE, BOLD | UNDERLINE},
      [WZP_STYLE_SELECTED] = {NONE, NONE, REVERSE},
      [WZP_STYLE_GOOD] = {NONE, NONE, 0},
      [WZP_STYLE_WARN] = {NONE, NONE, BOLD},
      [WZP_STYLE_BAD] = {NONE, NONE, BOLD | UNDERLINE},
      [WZP_STYLE_ACCENT] = {NONE, NONE, BOLD},
      [WZP_STYLE_ALARM] = {NONE, NONE, REVERSE | BOLD},
      [WZP_STYLE_QR] = {NONE, NONE, REVERSE}}},
    {"contrast",
     "high contrast: bright colours on black, nothing dim",
     {[WZP_STYLE_NORMAL] = {WHITE + BRIGHT, BLACK, 0},
      [WZP_STYLE_DIM] = {WHITE + BRIGHT, BLACK, 0},
      [WZP_STYLE_STRONG] = {YELLOW + BRIGHT, BLACK, BOLD},
      [WZP_STYLE_TITLE] = {CYAN + BRIGHT, BLACK, BOLD},
      [WZP_STYLE_BAR] = {BLACK, WHITE + BRIGHT, 0},
      [WZP_STYLE_BAR_HERE] = {YELLOW + BRIGHT, BLACK, BOLD | UNDERLINE},
      [WZP_STYLE_SELECTED] = {BLACK, YELLOW + BRIGHT, BOLD},
      [WZP_STYLE_GOOD] = {GREEN + BRIGHT, BLACK, BOLD},
      [WZP_STYLE_WARN] = {YELLOW + BRIGHT, BLACK, BOLD},
      [WZP_STYLE_BAD] = {WHITE + BRIGHT, RED, BOLD},
      [WZP_STYLE_ACCENT] = {CYAN + BRIGHT, BLACK, BOLD},
      [WZP_STYLE_ALARM] = {BLACK, YELLOW + BRIGHT, BOLD},
      [WZP_STYLE_QR] = {BLACK, WHITE + BRIGHT, 0}}},
};

const struct wzp_theme *wzp_theme(size_t i)
{
    return i < sizeof themes / sizeof themes[0] ? &themes[i] : NULL;
}

const struct wzp_theme *wzp_theme_find(const char *name)
{
    for (size_t i = 0; i < sizeof themes / sizeof themes[0]; i++)
        if (strcmp(themes[i].name, name) == 0)
            return &themes[i];
    return NULL;
}
