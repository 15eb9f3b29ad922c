/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Drawing that is composed from texts: fitted and wrapped lines, frames, meters, curves. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/canvas.h"
#include "tui/width.h"

int wzp_draw_format(struct wzp_area a, int x, int y, enum wzp_style style, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return wzp_draw_text(a, x, y, style, text);
}

int wzp_draw_fit(struct wzp_area a, int x, int y, int width, enum wzp_style style, const char *text)
{
    if (width <= 0)
        return x;
    struct wzp_area cut = wzp_area_part(a, x, y, width, 1);
    int shift = x < 0 ? x : 0; /* the part left of the area is not drawn */
    wzp_draw_blank(cut, 0, style);
    if (wzp_width_text(text) <= width) {
        wzp_draw_text(cut, shift, 0, style, text);
    } else {
        struct wzp_area most = wzp_area_part(cut, 0, 0, width - 1 + shift, 1);
        wzp_draw_text(most, shift, 0, style, text);
        wzp_draw_text(cut, width - 1 + shift, 0, style, "…");
    }
    return x + width;
}

#define ASIDE_LEAST 8

void wzp_draw_aside(struct wzp_area a, int x, int y, enum wzp_style style, const char *text)
{
    if (a.width - x >= ASIDE_LEAST)
        wzp_draw_fit(a, x, y, a.width - x, style, text);
}

int wzp_draw_right(struct wzp_area a, int end, int y, enum wzp_style style, const char *text)
{
    int x = end - wzp_width_text(text);
    wzp_draw_text(a, x, y, style, text);
    return x;
}

/* The number of bytes of the next line that fits `width` columns; *next: the start of the line
 * after. */
static size_t line_of(const char *text, int width, const char **next)
{
    int columns = 0;
    size_t length = 0, space = 0; /* space: the last position where the line can be broken */
    uint32_t code;
    for (size_t n; (n = wzp_width_next(&code, text + length)); length += n) {
        if (code == '\n') {
            *next = text + length + 1;
            return length;
        }
        int wide = wzp_width_of(code);
        if (code == ' ')
            space = length;
        else if (columns + wide > width) {
            if (space == 0 && length == 0)
                length = n; /* not even one character fits: it is clipped */
            else if (space > 0)
                length = space;
            *next = text + length + (text[length] == ' ');
            return length;
        }
        columns += wide < 0 ? 1 : wide;
    }
    *next = text + length;
    return length;
}

int wzp_draw_paragraph(struct wzp_area a, int y, enum wzp_style style, const char *text)
{
    int rows = 0;
    while (*text && rows < WZP_CANVAS_SIDE_MAX) {
        char line[1024];
        const char *next;
        size_t length = line_of(text, a.width < 1 ? 1 : a.width, &next);
        if (length >= sizeof line)
            length = sizeof line - 1;
        if (y + rows >= 0 && y + rows < a.height) {
            memcpy(line, text, length);
            line[length] = '\0';
            wzp_draw_text(a, 0, y + rows, style, line);
        }
        text = next;
        rows++;
    }
    return rows;
}

void wzp_draw_blank(struct wzp_area a, int y, enum wzp_style style)
{
    for (int x = 0; x < a.width; x++)
        wzp_draw_text(a, x, y, style, " ");
}

void wzp_draw_fill(struct wzp_area a, enum wzp_style style)
{
    for (int y = 0; y < a.height; y++)
        wzp_draw_blank(a, y, style);
}

void wzp_draw_tint(struct wzp_area a, int y, enum wzp_style style)
{
    if (y < 0 || y >= a.height)
        return;
    struct wzp_cell *row =
        a.canvas->cells + (size_t)(a.y + y) * (size_t)a.canvas->width + (size_t)a.x;
    for (int x = 0; x < a.width; x++)
        row[x].style = (uint8_t)style;
}

void wzp_draw_rule(struct wzp_area a, int y, enum wzp_style style)
{
    for (int x = 0; x < a.width; x++)
        wzp_draw_text(a, x, y, style, "─");
}

struct wzp_area wzp_draw_box(struct wzp_area a, enum wzp_style style, const char *title)
{
    int right = a.width - 1, bottom = a.height - 1;
    wzp_draw_fill(a, WZP_STYLE_NORMAL);
    wzp_draw_rule(a, 0, style);
    wzp_draw_rule(a, bottom, style);
    for (int y = 1; y < bottom; y++) {
        wzp_draw_text(a, 0, y, style, "│");
        wzp_draw_text(a, right, y, style, "│");
    }
    wzp_draw_text(a, 0, 0, style, "┌");
    wzp_draw_text(a, right, 0, style, "┐");
    wzp_draw_text(a, 0, bottom, style, "└");
    wzp_draw_text(a, right, bottom, style, "┘");
    if (title[0] && a.width > 6)
        wzp_draw_format(wzp_area_part(a, 2, 0, a.width - 4, 1), 0, 0, style, " %s ", title);
    return wzp_area_part(a, 2, 1, a.width - 4, a.height - 2);
}

void wzp_draw_meter(struct wzp_area a, int x, int y, int width, double value, double peak,
                    enum wzp_style style)
{
    static const char *const eighths[] = {"·", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    if (width < 1)
        return;
    double top = fmin(fmax(value, 0), 1);
    int filled = isnan(value) ? 0 : (int)(top * width * 8 + 0.5);
    int mark = isnan(peak) || peak < 0 ? -1 : (int)(fmin(peak, 1) * width - 0.001);
    for (int i = 0; i < width; i++) {
        int part = filled - 8 * i;
        part = part < 0 ? 0 : part > 8 ? 8 : part;
        if (i == mark && part < 8)
            wzp_draw_text(a, x + i, y, WZP_STYLE_STRONG, "│");
        else
            wzp_draw_text(a, x + i, y, part ? style : WZP_STYLE_DIM, eighths[part]);
    }
}

/* The braille dots of one column, from the bottom: `level` of 4 * rows. */
static unsigned dots_of(int level, int row_from_bottom, bool right)
{
    static const uint8_t left_dots[] = {0x40, 0x04, 0x02, 0x01};
    static const uint8_t right_dots[] = {0x80, 0x20, 0x10, 0x08};
    unsigned dots = 0;
    for (int i = 0; i < 4; i++)
        if (level > row_from_bottom * 4 + i)
            dots |= right ? right_dots[i] : left_dots[i];
    return dots;
}

/* The height of a value in dots: 0 is a gap, and every value has at least one. */
static int level_of(const float *values, size_t count, int place, int places, double most, int high)
{
    long index = (long)count - places + place;
    if (index < 0 || isnan(values[index]))
        return 0;
    double share = most > 0 ? (double)values[index] / most : 0;
    int level = 1 + (int)(fmin(fmax(share, 0), 1) * (high - 1) + 0.5);
    return level;
}

void wzp_draw_graph(struct wzp_area a, enum wzp_style style, const float *values, size_t count,
                    double most)
{
    for (int x = 0; x < a.width; x++) {
        int left = level_of(values, count, 2 * x, 2 * a.width, most, 4 * a.height);
        int right = level_of(values, count, 2 * x + 1, 2 * a.width, most, 4 * a.height);
        for (int y = 0; y < a.height; y++) {
            int row = a.height - 1 - y;
            char text[5] = "";
            unsigned dots = dots_of(left, row, false) | dots_of(right, row, true);
            text[wzp_width_put(text, dots ? 0x2800 + dots : ' ')] = '\0';
            wzp_draw_text(a, x, y, style, text);
        }
    }
}
