/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen as a grid of cells in memory, and rectangles (areas) of it that are drawn into.
 * Everything is clipped, so any position and size is valid. Texts are UTF-8; for a terminal that
 * cannot show it, the canvas itself replaces lines, blocks and dots by ASCII. */
#ifndef WZP_TUI_CANVAS_H
#define WZP_TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "tui/theme.h"

#define WZP_CELL_CODES 4 /* a character and three that combine with it; more are left out */
#define WZP_CANVAS_SIDE_MAX 1000

/* A cell. A wide character is in its left cell; the right one has width 0 and no codes. */
struct wzp_cell {
    uint32_t codes[WZP_CELL_CODES]; /* 0 after the last */
    uint8_t width;
    uint8_t style; /* enum wzp_style */
};
/* Owned by the caller; all zero is an empty canvas. */
struct wzp_canvas {
    struct wzp_cell *cells; /* height rows of width */
    int width, height;
    size_t capacity; /* cells allocated */
    bool ascii;      /* only ASCII may be drawn */
};
/* Changes the size (cut to WZP_CANVAS_SIDE_MAX) and clears. WZP_E_MEMORY: the old size stays. */
int wzp_canvas_resize(struct wzp_canvas *c, int width, int height);
void wzp_canvas_fini(struct wzp_canvas *c);
/* Clears to blanks in the normal style. */
void wzp_canvas_clear(struct wzp_canvas *c);
/* Writes the contents as text, row by row without trailing blanks: for tests and for people. */
void wzp_canvas_sheet(const struct wzp_canvas *c, struct wzp_buffer *out);
bool wzp_cell_equal(const struct wzp_cell *a, const struct wzp_cell *b);

/* A rectangle of a canvas; positions inside it are relative to its own corner. */
struct wzp_area {
    struct wzp_canvas *canvas;
    int x, y, width, height;
};
struct wzp_area wzp_area_whole(struct wzp_canvas *c);
/* A part of an area, clipped to it. */
struct wzp_area wzp_area_part(struct wzp_area a, int x, int y, int width, int height);

/* Draws a text and returns the column after it (also when it was clipped). Control characters
 * become '?'. */
int wzp_draw_text(struct wzp_area a, int x, int y, enum wzp_style style, const char *text);
int wzp_draw_format(struct wzp_area a, int x, int y, enum wzp_style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Draws a text up to the end of the area, cut with an ellipsis. Draws nothing where fewer than
 * eight columns are left, which are too few to read. */
void wzp_draw_aside(struct wzp_area a, int x, int y, enum wzp_style style, const char *text);
/* Draws a text in exactly `width` columns: cut with an ellipsis, or padded with blanks. Returns x +
 * width. */
int wzp_draw_fit(struct wzp_area a, int x, int y, int width, enum wzp_style style,
                 const char *text);
/* Draws a text right-aligned, ending before column `end`. Returns its first column. */
int wzp_draw_right(struct wzp_area a, int end, int y, enum wzp_style style, const char *text);
/* Draws a text wrapped at the area's width, from row y. Returns the number of rows used, also those
 * beyond the area. */
int wzp_draw_paragraph(struct wzp_area a, int y, enum wzp_style style, const char *text);
/* Fills one row, or all rows, with blanks of a style; or changes only the style of what is
 * there. */
void wzp_draw_blank(struct wzp_area a, int y, enum wzp_style style);
void wzp_draw_fill(struct wzp_area a, enum wzp_style style);
void wzp_draw_tint(struct wzp_area a, int y, enum wzp_style style);
/* Draws a horizontal line; draws a frame around the area, with a title, and returns the inside. */
void wzp_draw_rule(struct wzp_area a, int y, enum wzp_style style);
struct wzp_area wzp_draw_box(struct wzp_area a, enum wzp_style style, const char *title);

/* Draws a level from 0 to 1 as a bar, in eighths of a column, with a mark at the peak (below 0:
 * none). */
void wzp_draw_meter(struct wzp_area a, int x, int y, int width, double value, double peak,
                    enum wzp_style style);
/* Draws values as a curve that fills the area, the newest at its right end; NAN is a gap. The scale
 * is 0 to `most`; in braille, two values per column. */
void wzp_draw_graph(struct wzp_area a, enum wzp_style style, const float *values, size_t count,
                    double most);

#endif
