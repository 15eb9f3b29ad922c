/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Cells, widths, clipping, meters and curves; the solver that shares a row. */
#include "tui/canvas.h"

#include <math.h>
#include <string.h>

#include "tap.h"
#include "tui/layout.h"
#include "tui/width.h"

static struct wzp_canvas canvas;

static void is_sheet(const char *want, const char *name)
{
    struct wzp_buffer b;
    wzp_buffer_init(&b, 1 << 16);
    wzp_canvas_sheet(&canvas, &b);
    if (!tap_oom_mode())
        is_str(b.text, want, "%s", name);
    wzp_buffer_fini(&b);
}

static struct wzp_area fresh(int width, int height)
{
    if (wzp_canvas_resize(&canvas, width, height))
        bail("no memory");
    return wzp_area_whole(&canvas);
}

static void test_widths(void)
{
    is_int(wzp_width_of('a'), 1, "a letter takes one column");
    is_int(wzp_width_of(0x6e21), 2, "an ideograph takes two");
    is_int(wzp_width_of(0x1f600), 2, "so does a face");
    is_int(wzp_width_of(0x301), 0, "a combining accent takes none");
    is_int(wzp_width_of(0x200d), 0, "nor does a joiner");
    is_int(wzp_width_of(0x7), -1, "a control character is not to be drawn");
    is_int(wzp_width_of(0x9b), -1, "nor one of the upper half");
    is_int(wzp_width_text("e\xcc\x81t渡"), 4, "a text is the sum of its characters");
    is_int(wzp_width_text("\xff\xfe"), 2, "bytes that are no UTF-8 count one each");
}

static void test_clipping(void)
{
    struct wzp_area a = fresh(6, 2);
    wzp_draw_text(a, -2, 0, 0, "abcdefghij");
    wzp_draw_text(a, 0, 5, 0, "below");
    wzp_draw_text(wzp_area_part(a, 4, 1, 50, 50), 0, 0, 0, "xyz");
    is_sheet("cdefgh\n    xy\n", "what sticks out is not seen");
    a = fresh(0, 0);
    wzp_draw_text(a, 0, 0, 0, "a");
    wzp_draw_box(a, 0, "title");
    wzp_draw_meter(a, 0, 0, 10, 0.5, 1, 0);
    is_sheet("", "a canvas without a cell is fine");
}

static void test_pairs(void)
{
    struct wzp_area a = fresh(6, 1);
    wzp_draw_text(a, 0, 0, 0, "渡辺x");
    is_sheet("渡辺x\n", "wide characters stand side by side");
    wzp_draw_text(a, 1, 0, 0, "-");
    is_sheet(" -辺x\n", "who writes over a right half clears the left");
    wzp_draw_text(a, 2, 0, 0, "+");
    is_sheet(" -+ x\n", "and the other way round");
    a = fresh(3, 1);
    wzp_draw_text(a, 0, 0, 0, "ab渡");
    is_sheet("ab\n", "half a character is none");
    a = fresh(4, 1);
    wzp_draw_text(a, 0, 0, 0, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81z");
    is_sheet("e\xcc\x81\xcc\x81\xcc\x81z\n", "no more than three accents on a character");
    a = fresh(4, 1);
    wzp_draw_text(a, 0, 0, 0, "a\x1b\tb");
    is_sheet("a??b\n", "control characters are question marks");
    canvas.ascii = true;
    a = fresh(8, 1);
    wzp_draw_text(a, 0, 0, 0, "é渡…─█⣿");
    is_sheet("???~-##\n", "in ASCII everything has something that stands for it");
    canvas.ascii = false;
}

static void test_texts(void)
{
    struct wzp_area a = fresh(10, 5);
    wzp_draw_fit(a, 0, 0, 5, 0, "abcdefgh");
    wzp_draw_fit(a, 6, 0, 3, 0, "ab");
    wzp_draw_right(a, 10, 1, 0, "end");
    int rows = wzp_draw_paragraph(a, 2, 0, "some words are longer");
    is_sheet("abcd… ab\n       end\nsome words\nare longer\n\n", "fitted, to the right, wrapped");
    is_int(rows, 2, "two rows were used");
    a = fresh(4, 3);
    is_int(wzp_draw_paragraph(a, 0, 0, "abcdefgh i"), 3, "a word that is too long is broken");
    is_sheet("abcd\nefgh\ni\n", "at the edge");
    a = fresh(1, 3);
    is_int(wzp_draw_paragraph(a, 0, 0, "渡辺"), 2, "and ends even where not one character fits");
}

static void test_meters(void)
{
    struct wzp_area a = fresh(8, 1);
    wzp_draw_meter(a, 0, 0, 8, 0.5, 0.8, WZP_STYLE_GOOD);
    is_sheet("████··│·\n", "half a meter with its peak");
    wzp_draw_meter(a, 0, 0, 8, 2, -1, WZP_STYLE_GOOD);
    is_sheet("████████\n", "more than full is full");
    wzp_draw_meter(a, 0, 0, 8, NAN, NAN, WZP_STYLE_GOOD);
    is_sheet("········\n", "what is no number is empty");
    a = fresh(3, 2);
    const float values[] = {0, 10, NAN, 5, 10};
    wzp_draw_graph(a, 0, values, 5, 10);
    is_sheet(" ⡇⣸\n⢀⡇⣿\n", "a curve with a gap, the newest value at its end");
}

static void test_layout(void)
{
    struct wzp_piece p[3] = {{.least = 4, .weight = 1},
                             {.least = 6, .rank = 2},
                             {.least = 5, .weight = 3, .most = 9, .rank = 1}};
    is_int(wzp_layout(p, 3, 40, 1), 40, "all of a row is used");
    ok(p[0].length == 23 && p[1].length == 6 && p[2].length == 9, "shares, with a limit");
    ok(p[0].at == 0 && p[1].at == 24 && p[2].at == 31, "one after the other with a gap");
    wzp_layout(p, 3, 16, 1);
    ok(p[1].at < 0 && p[1].length == 0 && p[0].at == 0 && p[2].at >= 5,
       "the highest rank goes first");
    wzp_layout(p, 3, 4, 1);
    ok(p[2].at < 0 && p[0].length == 4, "then the next");
    for (int length = -1; length < 60; length++) {
        int used = wzp_layout(p, 3, length, 1);
        if (used > (length > 0 ? length : 0))
            ok(false, "never more than there is: %d of %d", used, length);
    }
    is_int(wzp_layout(p, 3, 0, 1), 0, "nothing fits into nothing");
}

TAP_MAIN
{
    test_widths();
    test_clipping();
    test_pairs();
    test_texts();
    test_meters();
    test_layout();
    wzp_canvas_fini(&canvas);
}
