/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/canvas.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tui/width.h"

static const struct wzp_cell blank = {.codes = {' '}, .width = 1};

int wzp_canvas_resize(struct wzp_canvas *c, int width, int height)
{
    width = width < 0 ? 0 : width > WZP_CANVAS_SIDE_MAX ? WZP_CANVAS_SIDE_MAX : width;
    height = height < 0 ? 0 : height > WZP_CANVAS_SIDE_MAX ? WZP_CANVAS_SIDE_MAX : height;
    size_t count = (size_t)width * (size_t)height;
    if (count > c->capacity) {
        struct wzp_cell *cells = wzp_alloc(count * sizeof *cells);
        if (!cells)
            return WZP_E_MEMORY;
        wzp_free(c->cells);
        c->cells = cells;
        c->capacity = count;
    }
    c->width = width;
    c->height = height;
    wzp_canvas_clear(c);
    return 0;
}

void wzp_canvas_fini(struct wzp_canvas *c)
{
    wzp_free(c->cells);
    *c = (struct wzp_canvas){.ascii = c->ascii};
}

void wzp_canvas_clear(struct wzp_canvas *c)
{
    size_t count = (size_t)c->width * (size_t)c->height;
    for (size_t i = 0; i < count; i++)
        c->cells[i] = blank;
}

bool wzp_cell_equal(const struct wzp_cell *a, const struct wzp_cell *b)
{
    return a->width == b->width && a->style == b->style &&
           memcmp(a->codes, b->codes, sizeof a->codes) == 0;
}

static bool is_blank(const struct wzp_cell *cell)
{
    return cell->codes[0] == ' ' && cell->codes[1] == 0;
}

void wzp_canvas_sheet(const struct wzp_canvas *c, struct wzp_buffer *out)
{
    for (int y = 0; y < c->height; y++) {
        const struct wzp_cell *row = c->cells + (size_t)y * (size_t)c->width;
        int end = c->width;
        while (end > 0 && is_blank(&row[end - 1]))
            end--;
        for (int x = 0; x < end; x++)
            for (int i = 0; i < WZP_CELL_CODES && row[x].codes[i]; i++) {
                char bytes[4];
                wzp_buffer_add(out, bytes, wzp_width_put(bytes, row[x].codes[i]));
            }
        wzp_buffer_char(out, '\n');
    }
}

struct wzp_area wzp_area_whole(struct wzp_canvas *c)
{
    return (struct wzp_area){.canvas = c, .width = c->width, .height = c->height};
}

static void clip(int *from, int *length, int limit)
{
    if (*from < 0) {
        *length += *from;
        *from = 0;
    }
    if (*from > limit)
        *from = limit;
    if (*length > limit - *from)
        *length = limit - *from;
    if (*length < 0)
        *length = 0;
}

struct wzp_area wzp_area_part(struct wzp_area a, int x, int y, int width, int height)
{
    clip(&x, &width, a.width);
    clip(&y, &height, a.height);
    return (struct wzp_area){a.canvas, a.x + x, a.y + y, width, height};
}

/* The cell at a position in an area, NULL outside. */
static struct wzp_cell *at(struct wzp_area a, int x, int y)
{
    if (x < 0 || y < 0 || x >= a.width || y >= a.height)
        return NULL;
    return a.canvas->cells + (size_t)(a.y + y) * (size_t)a.canvas->width + (size_t)(a.x + x);
}

/* Clears the other half of a wide character that a cell belongs to. */
static void part_pair(struct wzp_canvas *c, struct wzp_cell *cell)
{
    size_t column = (size_t)(cell - c->cells) % (size_t)c->width;
    if (cell->width == 0 && column > 0) {
        cell[-1].width = 1;
        memset(cell[-1].codes, 0, sizeof cell->codes);
        cell[-1].codes[0] = ' ';
    } else if (cell->width == 2 && column + 1 < (size_t)c->width) {
        cell[1].width = 1;
        memset(cell[1].codes, 0, sizeof cell->codes);
        cell[1].codes[0] = ' ';
    }
}

static void put(struct wzp_area a, int x, int y, enum wzp_style style, uint32_t code, int width)
{
    struct wzp_cell *cell = at(a, x, y);
    if (!cell)
        return;
    if (width == 2 && !at(a, x + 1, y)) { /* half of the wide character would be outside */
        code = ' ';
        width = 1;
    }
    part_pair(a.canvas, cell);
    *cell = (struct wzp_cell){.codes = {code}, .width = (uint8_t)width, .style = (uint8_t)style};
    if (width == 2) {
        part_pair(a.canvas, cell + 1);
        cell[1] = (struct wzp_cell){.width = 0, .style = (uint8_t)style};
    }
}

static void combine(struct wzp_cell *cell, uint32_t code)
{
    if (!cell || is_blank(cell))
        return;
    for (int i = 1; i < WZP_CELL_CODES; i++)
        if (!cell->codes[i]) {
            cell->codes[i] = code;
            return;
        }
}

/* The ASCII replacement of one of our drawing characters. */
static uint32_t in_ascii(uint32_t code)
{
    static const struct {
        uint16_t code;
        char ascii;
    } table[] = {
        {0x00b7, '.'}, {0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'},
        {0x201d, '"'}, {0x2022, '*'}, {0x2026, '~'}, {0x2190, '<'},  {0x2191, '^'},  {0x2192, '>'},
        {0x2193, 'v'}, {0x25b2, '^'}, {0x25b6, '>'}, {0x25b8, '>'},  {0x25bc, 'v'},  {0x25c0, '<'},
        {0x25c6, '*'}, {0x25cb, 'o'}, {0x25cf, '*'}, {0x2713, '+'},  {0x2717, 'x'},  {0x26a0, '!'},
        {0x2500, '-'}, {0x2502, '|'}, {0x2588, '#'}, {0x2591, '.'},  {0x2592, ':'},  {0x2593, '#'},
        {0x2039, '<'}, {0x203a, '>'}, {0x00ab, '<'}, {0x00bb, '>'},  {0x21ba, '@'},  {0x00b0, '*'},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return (uint32_t)table[i].ascii;
    if (code > 0x2502 && code < 0x2580)
        return '+';
    if (code > 0x2588 && code < 0x2590) /* left eighths: at least half becomes full */
        return code <= 0x258c ? '#' : '.';
    if (code >= 0x2800 && code < 0x2900)
        return (uint32_t) " .:-=+*##"[__builtin_popcount(code & 0xff)];
    return '?';
}

int wzp_draw_text(struct wzp_area a, int x, int y, enum wzp_style style, const char *text)
{
    int last = -1; /* column of the previous character */
    uint32_t code;
    for (size_t n; (n = wzp_width_next(&code, text)); text += n) {
        int width = wzp_width_of(code);
        if (width < 0) {
            code = '?';
            width = 1;
        }
        if (width == 0) {
            if (!a.canvas->ascii && last >= 0)
                combine(at(a, last, y), code);
            continue;
        }
        if (a.canvas->ascii && code > 0x7e) {
            code = in_ascii(code);
            for (int i = 1; i < width; i++)
                put(a, x + i, y, style, code, 1);
            put(a, x, y, style, code, 1);
        } else {
            put(a, x, y, style, code, width);
        }
        last = x;
        x += width;
    }
    return x;
}
