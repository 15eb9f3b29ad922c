/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen as a grid of cells in memory, and rectangles of it that are drawn into. Everything is
 * clipped: no place and no size is wrong. Texts are UTF-8; where the terminal cannot show it, the
 * canvas itself turns lines, blocks and dots into ASCII. */
#ifndef WZP_TUI_CANVAS_H
#define WZP_TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "tui/theme.h"

#define WZP_CELL_CODES 4 /* a character and three that combine with it; more are left out */
#define WZP_CANVAS_SIDE_MAX 1000

/* A wide character stands in its left cell; the right one has width 0 and no codes. */
struct wzp_cell {
    uint32_t codes[WZP_CELL_CODES]; /* 0 behind the last */
    uint8_t width;
    uint8_t style; /* enum wzp_style */
};
/* Caller owned; all zero is an empty canvas. */
struct wzp_canvas {
    struct wzp_cell *cells; /* height rows of width */
    int width, height;
    size_t capacity; /* cells allocated */
    bool ascii;      /* nothing but ASCII may be drawn */
};
/* New size (cut to WZP_CANVAS_SIDE_MAX), cleared. WZP_E_MEMORY: the old size stays. */
int wzp_canvas_resize(struct wzp_canvas *c, int width, int height);
void wzp_canvas_fini(struct wzp_canvas *c);
/* All blank, in the normal style. */
void wzp_canvas_clear(struct wzp_canvas *c);
/* What is seen, row by row without blanks at the ends: for tests and for a person to look at. */
void wzp_canvas_sheet(const struct wzp_canvas *c, struct wzp_buffer *out);
bool wzp_cell_equal(const struct wzp_cell *a, const struct wzp_cell *b);

/* A rectangle of a canvas; places inside it count from its own corner. */
struct wzp_area {
    struct wzp_canvas *canvas;
    int x, y, width, height;
};
struct wzp_area wzp_area_whole(struct wzp_canvas *c);
/* A part of an area, clipped to it. */
struct wzp_area wzp_area_part(struct wzp_area a, int x, int y, int width, int height);

/* Draws a text, returns the column behind it (also when it was clipped). Control characters become
 * '?'. */
int wzp_draw_text(struct wzp_area a, int x, int y, enum wzp_style style, const char *text);
int wzp_draw_format(struct wzp_area a, int x, int y, enum wzp_style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* To the end of the area, cut with an ellipsis; nothing where fewer than eight columns are left, in
 * which no text says anything. */
void wzp_draw_aside(struct wzp_area a, int x, int y, enum wzp_style style, const char *text);
/* In exactly `width` columns: cut with an ellipsis, or followed by blanks. Returns x + width. */
int wzp_draw_fit(struct wzp_area a, int x, int y, int width, enum wzp_style style,
                 const char *text);
/* So that it ends before column `end`. Returns where it begins. */
int wzp_draw_right(struct wzp_area a, int end, int y, enum wzp_style style, const char *text);
/* Words wrapped at the area's width, from row y. Returns the rows used, also beyond the area. */
int wzp_draw_paragraph(struct wzp_area a, int y, enum wzp_style style, const char *text);
/* One row, or all, in blanks of a style; only the style of what is there. */
void wzp_draw_blank(struct wzp_area a, int y, enum wzp_style style);
void wzp_draw_fill(struct wzp_area a, enum wzp_style style);
void wzp_draw_tint(struct wzp_area a, int y, enum wzp_style style);
/* A horizontal line. A frame around the area, with a title; returns what is inside. */
void wzp_draw_rule(struct wzp_area a, int y, enum wzp_style style);
struct wzp_area wzp_draw_box(struct wzp_area a, enum wzp_style style, const char *title);

/* A level from 0 to 1 as a bar, in eighths of a column, with a mark where the peak was (below 0:
 * none). */
void wzp_draw_meter(struct wzp_area a, int x, int y, int width, double value, double peak,
                    enum wzp_style style);
/* Values as a curve that fills the area, the newest at its right end; NAN is a gap. From 0 to
 * `most`; braille, two values a column. */
void wzp_draw_graph(struct wzp_area a, enum wzp_style style, const float *values, size_t count,
                    double most);

#endif
